#pragma once

#include <deque>
#include <map>
#include <optional>
#include <string>

#include "model/agent.h"

namespace everdial::zone {

/// One agent as the zone's manager has it: all of it stands in the agent's row.
struct Agent {
  AgentId id;
  Skills skills{};
  AgentStates states{};

  std::string session{};  ///< of the desktop; empty: none
  std::string phone{};
  bool keep_line = true;
  bool leaving = false;  ///< log off when the call and its work are done
  std::string reason{};  ///< of being not ready

  int lines = 0;  ///< numbers of lines used; the last one is the current one
  std::optional<JobId> job = std::nullopt;
  std::optional<JobId> next_job = std::nullopt;     ///< with pending_movement
  std::optional<AttemptId> attempt = std::nullopt;  ///< the contact's call, or who is previewed
  std::string contact_phone{};
  std::optional<int64_t> callback = std::nullopt;    ///< with call state callback: which one
  std::optional<AgentId> other = std::nullopt;       ///< in a consultation: the other one; passive in a conference: its owner
  bool consulted = false;                            ///< in a consultation: the one who is asked
  std::map<AgentId, Monitoring> monitors{};          ///< supervisors in this agent's conversation
  std::optional<AgentId> listens_to = std::nullopt;  ///< of a supervisor: in whose conversation
  std::optional<int64_t> queue = std::nullopt;       ///< with inbound and pending_inbound: for which inbound queue
  std::optional<Instant> came_at = std::nullopt;     ///< to inbound, or to outbound: logged on, or back; empty: long ago

  Instant since{};                              ///< of the agent state
  std::optional<Instant> until = std::nullopt;  ///< with preview, callback and wrapup: ends by itself
  int extensions = 0;                           ///< of this wrap-up, so far

  struct Answered {
    std::string command;
    AgentAnswer answer;
    bool operator==(const Answered&) const = default;
  };
  std::deque<Answered> answered{};  ///< the last few commands
  int64_t next_notice = 1;
  std::deque<AgentNotice> notices{};  ///< not acknowledged; the last one is next_notice - 1
};

/// The call to the agent's phone.
inline AttemptId current_line(const Agent& agent) { return line_of(agent.id, agent.lines); }

}  // namespace everdial::zone
