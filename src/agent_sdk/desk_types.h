#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <variant>
#include <vector>

#include "agent_sdk/json_rpc.h"
#include "model/agent.h"

// What goes into the machine of one desktop's connection, and what comes out of it.

namespace everdial::desk {

/// All that a desktop must know to draw itself anew.
struct Situation {
  AgentStates states{};
  std::string reason{};
  std::optional<JobId> job = std::nullopt;
  std::string campaign{};  ///< with a job
  std::optional<AttemptId> attempt = std::nullopt;
  std::string phone{};
  std::optional<AgentId> other = std::nullopt;
  std::optional<Instant> until = std::nullopt;
  int extensions_left = 0;  ///< with until
  bool leaving = false;
};

/// Pages with what to say; primary empty: none.
struct Scripts {
  std::string primary{}, auxiliary{};
  bool operator==(const Scripts&) const = default;
};

/// A session as the record has it.
struct SessionRow {
  std::string id;
  AgentId agent;
  std::string login{}, name{}, zone{};
  bool supervisor = false;
  /// The agent works, or has worked last, at this session's desktop; what follows is told only then.
  bool owner = false;
  Situation situation{};
  Scripts scripts{};
  int64_t last = 0;                 ///< number of the last notice
  std::vector<AgentNotice> kept{};  ///< the last ones
};

/// Why a zone has no manager.
enum class AwayReason { failed, handed_over, not_reachable };
}  // namespace everdial::desk

namespace everdial {
template <>
inline constexpr auto enum_names<desk::AwayReason> = std::to_array<std::pair<desk::AwayReason, std::string_view>>({
    {desk::AwayReason::failed, "failed"},
    {desk::AwayReason::handed_over, "handed_over"},
    {desk::AwayReason::not_reachable, "not_reachable"},
});
}  // namespace everdial

namespace everdial::desk {

// ---- news of a zone, told to all desktops there ----------------------------------------------------------------------------------

struct ManagerAway {
  AwayReason reason = AwayReason::failed;
  Duration expected_wait{};
};
/// A new manager is taking the zone over, and asks what desktops believe.
struct StatesWanted {};
struct ManagerBack {
  Duration away{};
};
struct ZoneLost {
  std::string reason;
};
using ZoneNews = std::variant<ManagerAway, StatesWanted, ManagerBack, ZoneLost>;

/// How a zone stands for who has just come.
struct ZoneStatus {
  std::optional<ManagerAway> away = std::nullopt;
  bool states_wanted = false;
};

// ---- inputs ----------------------------------------------------------------------------------------------------------------------

struct TextCame {
  std::string text;
};
/// The oldest text of what was said has left.
struct Written {};
/// The record has the session that was asked for.
struct SessionFound {
  SessionRow row;
  std::string token;
  std::string server;
  std::vector<std::string> servers;  ///< addresses, in the order in which this desktop should try them
  ZoneStatus zone;
};
struct SessionRefused {
  Refusal refusal;
};
/// Empty: there was no answer, and it may have been done.
struct CommandAnswered {
  std::string id;
  std::optional<AgentAnswer> answer;
};
struct QuestionAnswered {
  std::string id;
  std::variant<std::string, Refusal> answer;  ///< JSON
};
struct NoticesCame {
  int64_t first = 1;
  std::vector<AgentNotice> notices;
};
struct ServersAre {
  std::vector<std::string> servers;
};
struct ScriptsAre {
  Scripts scripts;
};
/// The session is another connection's or another server's, or has ended.
struct SessionLost {
  int code = 0;
  std::string reason;
};
struct Draining {};
struct TimePassed {
  Instant at;  ///< the wall clock, for the desktop
};
using Input = std::variant<TextCame, Written, SessionFound, SessionRefused, CommandAnswered, QuestionAnswered, NoticesCame, ManagerAway,
                           StatesWanted, ManagerBack, ZoneLost, ServersAre, ScriptsAre, SessionLost, Draining, TimePassed>;

// ---- effects ---------------------------------------------------------------------------------------------------------------------

struct Say {
  std::string text;
};
/// After all that was said.
struct Close {
  int code = 1000;
  std::string reason;
};
/// Of a ticket, which is used up by it, or of a token.
struct FindSession {
  bool begins = false;
  std::string secret;
};
/// Another desktop is the agent's now.
struct EndSession {};
/// Of the job that the agent works for now.
struct FindScripts {};
/// To the zone's manager.
struct SendCommand {
  AgentCommand command;
};
/// To the zone's manager.
struct SendTaken {
  NoticesTaken taken;
};
struct AskRecord {
  std::string id, method, params;
};
using Effect = std::variant<Say, Close, FindSession, EndSession, FindScripts, SendCommand, SendTaken, AskRecord>;

}  // namespace everdial::desk
