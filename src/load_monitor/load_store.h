#pragma once

#include <memory>

#include "base/result.h"
#include "load_monitor/load_types.h"
#include "model/lease.h"

namespace everdial {

namespace pg {
class Pool;
}

/// load_sample and load_level. Blocking; called on store threads.
class LoadStore {
 public:
  virtual ~LoadStore() = default;

  /// A server's word of itself: no fence, each writes its own row only.
  virtual Status report(const ServerName& server, const HostLoad& load) = 0;
  virtual Result<std::vector<ServerLoad>> loads() = 0;
  virtual Status save_levels(const LeaseGrant& grant, const std::vector<LevelDecided>& levels) = 0;
};

std::unique_ptr<LoadStore> make_pg_load_store(pg::Pool& pool);

}  // namespace everdial
