#pragma once

#include <memory>
#include <string>
#include <vector>

#include "campaign_manager/attempt_store.h"
#include "mpp/trunk.h"
#include "runtime/metrics.h"
#include "runtime/seams.h"

// Seams of services with counters on them, so that the services themselves need not know of any.

namespace everdial {

/// Attempts and contacts by what became of them, as committed; a log line when orders were not executed.
std::unique_ptr<AttemptStore> measured(std::unique_ptr<AttemptStore> store, Metrics& metrics);

/// INVITEs and calls of each of these trunks, and whether it is there.
std::unique_ptr<Trunk> measured(std::unique_ptr<Trunk> trunk, const std::vector<std::string>& names, Metrics& metrics);

/// Orders by verdict, as answered.
RequestHandler measured(RequestHandler handler, Metrics& metrics);

}  // namespace everdial
