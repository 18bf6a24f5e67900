#pragma once

#include <map>
#include <memory>
#include <vector>

#include "base/result.h"
#include "campaign_manager/job_types.h"

namespace everdial {

namespace pg {
class Pool;
}

/// A job's queue and attempts (schema/0003_campaigns.sql). Blocking; called on store threads.
class AttemptStore {
 public:
  virtual ~AttemptStore() = default;

  /// What a new owner needs, read under its fence.
  virtual Result<JobLoaded> load(const LeaseGrant& grant, JobId job) = 0;
  /// The next contacts that are due at `now`, behind `after`; whether more will come.
  virtual Result<DueFetched> fetch_due(JobId job, const std::optional<DueKey>& after, int limit, Instant now) = 0;
  /// One contact of the job as it is to be dialed; empty: it is in the air, or not of this job.
  virtual Result<std::optional<DueContact>> fetch_contact(JobId job, ContactId contact) = 0;
  /// All saves of one or more steps, in one fenced transaction: all or nothing.
  virtual Status commit(const LeaseGrant& grant, JobId job, const std::vector<JobEffect>& saves, Instant now) = 0;
  /// Those of the attempts whose end is in the record, or that have been purged from it: nobody needs the MPPs' records of them.
  virtual Result<std::vector<AttemptId>> settled(const std::vector<AttemptId>& attempts) = 0;
  /// State and allowance; `asked_at` is left to the caller.
  virtual Result<std::map<JobId, JobStateSeen>> states(const std::vector<JobId>& jobs) = 0;
};

std::unique_ptr<AttemptStore> make_pg_attempt_store(pg::Pool& pool);

}  // namespace everdial
