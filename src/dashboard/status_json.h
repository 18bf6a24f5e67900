#pragma once

#include <nlohmann/json_fwd.hpp>
#include <string>

#include "dashboard/system_status.h"
#include "dashboard/zone_plan.h"

namespace everdial {

/// The status as the API tells it, from the record.
nlohmann::json status_json(const SystemSeen& seen, const std::string& server, const std::string& version, Instant at);
/// The parts of it that have operations of their own.
nlohmann::json servers_json(const SystemSeen& seen);
nlohmann::json zones_json(const SystemSeen& seen);
nlohmann::json plan_json(const std::vector<PlannedZone>& plan);

}  // namespace everdial
