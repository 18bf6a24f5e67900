#pragma once

#include <optional>
#include <set>
#include <string>
#include <variant>
#include <vector>

#include "model/campaign.h"
#include "model/lease.h"
#include "model/schedule.h"
#include "model/server_choice.h"

namespace everdial {

/// An unfinished job as the director reads it.
struct JobSeen {
  JobId id;
  std::string zone;
  JobState state = JobState::queued;
  std::optional<JobRequest> requested;
  bool drained = false;
  std::optional<Incarnation> allotted;        ///< ha_lease.desired of job/ID
  std::optional<FinishReason> finish_reason;  ///< why it is stopping
  /// Of a job with finish criteria: how far it is.
  struct Criteria {
    Finish finish;
    std::optional<Instant> began;  ///< when its queue was begun to be filled
    int64_t reached = 0;           ///< of the goal
    int64_t claimed = 0;           ///< contacts claimed since it began; `in_flight` of them have no result yet
    int64_t in_flight = 0;
    std::optional<int64_t> allowed_claims;
  };
  std::optional<Criteria> criteria;
};

// ---- common director ---------------------------------------------------------------------------------------------------------

/// A zone as one of its leases shows it: zone_director/NAME, or agent_manager/zone/NAME.
struct ZoneSeen {
  std::string name;
  double weight = 1;
  std::optional<ServerName> home;       ///< ha_lease.preferred
  std::optional<Incarnation> allotted;  ///< ha_lease.desired of it
  std::optional<Incarnation> holder;
  bool going_home = false;  ///< by order, although its home has not settled
};

/// A server as an administrator has set it, and as the director has judged it before.
using ServerSeen = ServerStanding;

/// A schedule that is due.
struct ScheduleSeen {
  ScheduleId id;
  Timetable timetable;
  Misfire misfire = Misfire::run_once;
  Duration grace{};
  Instant next_at{};
};

/// One look at the record: unfinished jobs, zones with their directors' leases and with their agent managers', and those who take work.
struct WorldSeen {
  std::vector<JobSeen> jobs;
  std::vector<ZoneSeen> zones, agent_zones;
  std::vector<ServerSeen> servers;
  std::vector<Session> managers, directors, agent_managers;
  std::set<Incarnation> doubted_agent_managers;  ///< that are renewed all the same: they keep their zones, and are given none
  std::vector<ScheduleSeen> schedules;
  Instant at{};  ///< the database's clock at the look
};
using CommonDirectorInput = std::variant<WorldSeen>;

/// Only if the job is still in `from`; `clears_request` when that is what it was for.
struct SaveJobState {
  JobId job;
  JobState from = JobState::queued;
  JobState to = JobState::queued;
  bool clears_request = false;
  std::optional<FinishReason> reason = std::nullopt;  ///< kept when it is given
};
/// While the job fills its queue or runs.
struct GrantAllowance {
  JobId job;
  DialingAllowance allowance;
};
struct ClearRequest {
  JobId job;
  JobRequest request = JobRequest::pause;
};
struct AllotJob {
  JobId job;
  std::optional<Incarnation> manager;  ///< empty: to nobody, the job has ended
};
/// Deals with all due times up to now at once; only if the schedule still stands where it was seen.
struct FireSchedule {
  ScheduleId schedule;
  Instant seen{};               ///< next_at as it was seen
  Instant due{};                ///< the last of the due times
  std::optional<Instant> next;  ///< empty: it is due no more
  int missed = 0;               ///< due times before the last one
  bool run = true;              ///< false: it is too late, and the schedule says to skip
};
struct AllotZone {
  std::string zone;
  Incarnation director;
  ServerName server;        ///< becomes the zone's home when it has none
  bool going_home = false;  ///< still to go home by order
};
/// The agents of a zone move to this manager, or are where they belong (empty).
struct AllotAgents {
  std::string zone;
  std::optional<Incarnation> manager;
  ServerName server;        ///< becomes the agents' home when they have none
  bool going_home = false;  ///< still to go home by order
};
/// What is thought of a server, for people and for whoever shows them what a change would do.
struct SaveStanding {
  ServerName server;
  bool settled = true, flaps = false;
};
using DirectorEffect =
    std::variant<SaveJobState, GrantAllowance, ClearRequest, AllotJob, AllotZone, AllotAgents, SaveStanding, FireSchedule>;

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
