#pragma once

#include <memory>
#include <vector>

#include "base/result.h"
#include "ha/leased_work.h"

namespace everdial {

namespace pg {
class Pool;
}

inline const std::string purge_resource_prefix = "purge/";

struct PurgeLimits {
  int contacts_per_step = 1'000;  ///< with all their attempts
  int chunks_per_step = 16;       ///< of files
};

/// Removes what is kept long enough (schema/0020_purge.sql). Blocking; called on store threads.
class PurgeStore {
 public:
  virtual ~PurgeStore() = default;

  /// Purges to be done or under way, oldest first.
  virtual Result<std::vector<LeasedWork::Task>> waiting_purges() = 0;
  /// The next batch, whole contacts always, with its counts, in one transaction fenced by the lease `purge/ID`. True when nothing is left.
  virtual Result<bool> purge_step(const LeaseGrant& grant, const PurgeLimits& limits) = 0;
};

std::unique_ptr<PurgeStore> make_pg_purge_store(pg::Pool& pool);

}  // namespace everdial
