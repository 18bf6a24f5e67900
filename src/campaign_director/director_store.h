#pragma once

#include <memory>
#include <vector>

#include "base/result.h"
#include "campaign_director/director_types.h"

namespace everdial {

namespace pg {
class Pool;
}

/// Jobs as their director sees them (schema/0003_campaigns.sql). Blocking; called on store threads.
class DirectorStore {
 public:
  virtual ~DirectorStore() = default;

  struct Record {
    std::vector<JobSeen> jobs;  ///< all unfinished ones, and ended ones that are still allotted
    std::vector<ZoneSeen> zones, agent_zones;
    std::vector<ServerSeen> servers;
    std::vector<ScheduleSeen> schedules;  ///< those that are due
    Instant at{};                         ///< the database's clock
  };
  virtual Result<Record> record() = 0;
  /// All effects in one fenced transaction.
  virtual Status commit(const LeaseGrant& grant, const std::vector<DirectorEffect>& effects) = 0;
  /// Puts up to `limit` more contacts of the job's list into its queue; true when the list is exhausted and the job runs. Does nothing
  /// to a job that is not `filtering`, and says true.
  virtual Result<bool> filter_chunk(const LeaseGrant& grant, JobId job, int limit) = 0;
};

std::unique_ptr<DirectorStore> make_pg_director_store(pg::Pool& pool);

}  // namespace everdial
