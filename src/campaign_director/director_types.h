#pragma once

#include <optional>
#include <string>
#include <variant>
#include <vector>

#include "model/campaign.h"
#include "model/lease.h"
#include "model/server_choice.h"

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

struct ZoneSeen {
  std::string name;
  double weight = 1;
  std::optional<ServerName> home;       ///< ha_lease.preferred of zone_director/NAME
  std::optional<Incarnation> allotted;  ///< ha_lease.desired of it
  std::optional<Incarnation> holder;    ///< whoever has it while it is allotted to nobody
  bool going_home = false;              ///< by order, although its home has not settled
};

/// A server as an administrator has set it, and as the director has judged it before.
using ServerSeen = ServerStanding;

/// One look at the record: unfinished jobs, zones, and the campaign managers and directors that take work.
struct WorldSeen {
  std::vector<JobSeen> jobs;
  std::vector<ZoneSeen> zones;
  std::vector<ServerSeen> servers;
  std::vector<Session> managers;
  std::vector<Session> directors;
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
struct AllotZone {
  std::string zone;
  Incarnation director;
  ServerName server;        ///< becomes the zone's home when it has none
  bool going_home = false;  ///< still to go home by order
};
/// What is thought of a server, for people and for whoever shows them what a change would do.
struct SaveStanding {
  ServerName server;
  bool settled = true, flaps = false;
};
using DirectorEffect = std::variant<SaveJobState, ClearRequest, AllotJob, AllotZone, SaveStanding>;

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
