#pragma once

#include <map>
#include <string>
#include <vector>

#include "agent_manager/pacing_machine.h"
#include "agent_manager/zone_types.h"

namespace everdial::zone {

/// How many calls the owners of a zone's jobs may place: one PacingMachine for each job, told of its agents and its calls, and what has
/// been granted and not been heard of yet.
class ZonePacing {
 public:
  /// The jobs there are; `learned` is what was saved of them. A job whose settings have changed keeps what it has learned.
  void jobs_are(const std::map<JobId, AgentJob>& jobs, const std::map<JobId, std::string>& learned);
  /// As the agent is now; `free` for a call.
  void agent_is(const Agent& agent, bool free, Instant now);
  /// As an MPP tells of a call for agents.
  void call_is(const CallRecord& record, Instant now);
  /// Found after a take-over: an agent has it, or it was abandoned; that is in what was learned.
  void settled_before(const CallRecord& record);
  void connected(const AttemptId& attempt, Instant now);
  void abandoned(const AttemptId& attempt, Instant now);
  /// The MPPs know no more of it.
  void gone(const AttemptId& attempt, Instant now);
  /// Calls heard of before then that have not ended, as far as is known.
  std::vector<AttemptId> open_since(Instant before) const;

  /// What may be placed now; `seq` counts on.
  std::vector<GrantCalls> tick(const LeaseGrant& manager, int64_t& seq, Instant now);
  void grant_used(int64_t seq, const std::vector<AttemptId>& placed, Instant now);
  /// What is worth saving of each job.
  std::vector<SavePacing> memories() const;

 private:
  enum class Phase { gone, ready, talking, wrapup };
  struct Member {
    JobId job;
    Phase phase = Phase::gone;
    bool leaving = false;
    Instant since;
  };
  struct Call {
    Instant heard_at, placed_at;
    std::optional<Instant> answered_at;
    std::optional<bool> person;
    bool settled = false;  ///< an agent has it, or none had
  };
  struct Job {
    AgentSettings settings;
    bool analyse = true, running = true;
    PacingMachine machine;
  };
  struct Granted {
    JobId job;
    int calls;
    Instant at;
  };

  static Phase phase_of(const Agent& agent, bool free);
  void note(JobId job, const PacingFact& fact, Instant at);
  void tell_all(JobId job);
  void tell_phase(AgentId agent, const Member& member);
  void place(const AttemptId& attempt, Instant at, Instant now);

  std::map<JobId, Job> jobs_;
  std::map<AgentId, Member> members_;
  std::map<AttemptId, Call> calls_;
  std::map<int64_t, Granted> granted_;
};

}  // namespace everdial::zone
