#pragma once

#include <optional>
#include <string>
#include <variant>
#include <vector>

#include "model/campaign.h"
#include "model/lease.h"

namespace everdial {

/// An unfinished job as the director reads it.
struct JobSeen {
  JobId id;
  std::string zone;
  JobState state = JobState::queued;
  std::optional<JobRequest> requested;
  bool drained = false;
  std::optional<Incarnation> allotted;  ///< ha_lease.desired of job/ID
};

// ---- common director ---------------------------------------------------------------------------------------------------------

/// One look at the record: unfinished jobs, and the campaign managers that take work.
struct WorldSeen {
  std::vector<JobSeen> jobs;
  std::vector<Session> managers;
};
using CommonDirectorInput = std::variant<WorldSeen>;

/// Only if the job is still in `from`; `clears_request` when that is what it was for.
struct SaveJobState {
  JobId job;
  JobState from = JobState::queued;
  JobState to = JobState::queued;
  bool clears_request = false;
};
struct ClearRequest {
  JobId job;
  JobRequest request = JobRequest::pause;
};
struct AllotJob {
  JobId job;
  std::optional<Incarnation> manager;  ///< empty: to nobody, the job has ended
};
using DirectorEffect = std::variant<SaveJobState, ClearRequest, AllotJob>;

// ---- zone director -----------------------------------------------------------------------------------------------------------

struct ZoneJobsSeen {
  std::vector<JobId> filtering;  ///< jobs of the zone whose queue is to be filled
};
struct ChunkFiltered {
  JobId job;
  bool complete = false;
};
struct ChunkFailed {
  JobId job;
};
using ZoneDirectorInput = std::variant<ZoneJobsSeen, ChunkFiltered, ChunkFailed>;

/// Put the next contacts of the job's list into its queue and move the cursor, in one fenced transaction.
struct FilterChunk {
  JobId job;
};
using ZoneDirectorEffect = std::variant<FilterChunk>;

}  // namespace everdial
