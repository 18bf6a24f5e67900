#pragma once

#include <memory>

#include "base/result.h"
#include "load_monitor/load_types.h"
#include "model/lease.h"

namespace everdial {

namespace pg {
class Pool;
}

/// load_sample, load_level and load_restriction. Blocking; called on store threads.
class LoadStore {
 public:
  virtual ~LoadStore() = default;

  /// A server's word of itself: no fence, each writes its own row only.
  virtual Status report(const ServerName& server, const HostLoad& load) = 0;
  virtual Result<LoadsSeen> loads() = 0;
  /// All in one fenced transaction.
  virtual Status commit(const LeaseGrant& grant, const std::vector<LoadEffect>& effects) = 0;
};

std::unique_ptr<LoadStore> make_pg_load_store(pg::Pool& pool);

}  // namespace everdial
