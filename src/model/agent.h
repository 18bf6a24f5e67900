#pragma once

#include <map>
#include <optional>
#include <string>
#include <variant>
#include <vector>

#include "base/enum_names.h"
#include "base/result.h"
#include "base/time.h"
#include "model/ids.h"

// An agent as all parts know one: four states, what a desktop may ask, and what it is told. docs/design/0002-agents.md is the contract.

namespace everdial {

enum class AgentState {
  logged_out,
  not_ready,
  ready,              ///< waits for work
  busy,               ///< with a call, or on the way to one
  pending_not_ready,  ///< with a call or its work, and not ready after it
  work_not_ready,     ///< the work after a call
};
template <>
inline constexpr auto enum_names<AgentState> = std::to_array<std::pair<AgentState, std::string_view>>({
    {AgentState::logged_out, "logged_out"},
    {AgentState::not_ready, "not_ready"},
    {AgentState::ready, "ready"},
    {AgentState::busy, "busy"},
    {AgentState::pending_not_ready, "pending_not_ready"},
    {AgentState::work_not_ready, "work_not_ready"},
});

/// Whether the agent's phone is on the line: called once and kept, or called anew for each call.
enum class NailState { not_nailed, pending, nailed };
template <>
inline constexpr auto enum_names<NailState> = std::to_array<std::pair<NailState, std::string_view>>({
    {NailState::not_nailed, "not_nailed"},
    {NailState::pending, "pending"},
    {NailState::nailed, "nailed"},
});

enum class AgentCallState {
  idle,
  preview,       ///< shown a contact who is not called yet
  dialing,       ///< the contact previewed is being called
  pending_call,  ///< a call is chosen, and waits for the agent's line
  talking,
  held,
  consult,  ///< the contact is held, the agent talks to somebody else; or is that somebody
  conference_owner,
  conference_passive,
  callback,  ///< shown a callback that is due and promised by this agent
  wrapup,
};
template <>
inline constexpr auto enum_names<AgentCallState> = std::to_array<std::pair<AgentCallState, std::string_view>>({
    {AgentCallState::idle, "idle"},
    {AgentCallState::preview, "preview"},
    {AgentCallState::dialing, "dialing"},
    {AgentCallState::pending_call, "pending_call"},
    {AgentCallState::talking, "talking"},
    {AgentCallState::held, "held"},
    {AgentCallState::consult, "consult"},
    {AgentCallState::conference_owner, "conference_owner"},
    {AgentCallState::conference_passive, "conference_passive"},
    {AgentCallState::callback, "callback"},
    {AgentCallState::wrapup, "wrapup"},
});

enum class AgentJobState {
  detached,
  pending_attach,  ///< a job is chosen, and waits for the agent's line
  attached,
  end,               ///< the job has ended, the agent is still with a call of it
  pending_movement,  ///< to another job after this call
  pending_inbound,   ///< to inbound after this call, by the blender
  inbound,
  pending_manual_inbound,  ///< to inbound after this call, by the agent's or a supervisor's wish
  manual_inbound,
};
template <>
inline constexpr auto enum_names<AgentJobState> = std::to_array<std::pair<AgentJobState, std::string_view>>({
    {AgentJobState::detached, "detached"},
    {AgentJobState::pending_attach, "pending_attach"},
    {AgentJobState::attached, "attached"},
    {AgentJobState::end, "end"},
    {AgentJobState::pending_movement, "pending_movement"},
    {AgentJobState::pending_inbound, "pending_inbound"},
    {AgentJobState::inbound, "inbound"},
    {AgentJobState::pending_manual_inbound, "pending_manual_inbound"},
    {AgentJobState::manual_inbound, "manual_inbound"},
});

struct AgentStates {
  AgentState agent = AgentState::logged_out;
  NailState nail = NailState::not_nailed;
  AgentCallState call = AgentCallState::idle;
  AgentJobState job = AgentJobState::detached;
  bool operator==(const AgentStates&) const = default;
};

/// "Spanish": 1 (little) to 10.
using Skills = std::map<std::string, int>;

/// Whom a callback is promised: this agent or else another, this agent alone, anyone of the campaign, or the dialer as any contact.
enum class CallbackKind { agent, strict_agent, campaign, standard };
template <>
inline constexpr auto enum_names<CallbackKind> = std::to_array<std::pair<CallbackKind, std::string_view>>({
    {CallbackKind::agent, "agent"},
    {CallbackKind::strict_agent, "strict_agent"},
    {CallbackKind::campaign, "campaign"},
    {CallbackKind::standard, "standard"},
});

/// How a supervisor is in somebody's conversation.
enum class Monitoring { none, listen, whisper, barge };
template <>
inline constexpr auto enum_names<Monitoring> = std::to_array<std::pair<Monitoring, std::string_view>>({
    {Monitoring::none, "none"},
    {Monitoring::listen, "listen"},
    {Monitoring::whisper, "whisper"},
    {Monitoring::barge, "barge"},
});

// What a desktop asks of the zone's manager. What only reads (codes, destinations, notes, attributes, time zones, DNC) is not among
// these: agent_sdk answers it from the record on any server.
namespace agent_command {

struct LogOn {
  std::string phone;      ///< E.164, or a SIP address
  bool forced = false;    ///< end another desktop's session of this agent
  bool keep_line = true;  ///< nailed up: called once, kept open
  std::string time_zone = "UTC";
  std::string locale = "en";
  std::optional<Skills> skills = std::nullopt;  ///< empty: as they are recorded
};
struct LogOff {};
/// Log off as soon as the call and its work are done; or not after all.
struct LogOffLater {
  bool wanted = true;
};
struct Ready {};
struct NotReady {
  std::string reason;  ///< a code of the zone's list
};
struct SetSkills {
  Skills skills;
};
/// What a desktop that resumes believes; one of the three records that a new manager reconciles.
struct SayStates {
  AgentStates states;
  std::optional<AttemptId> attempt;
};

struct NailUp {};
struct DropLine {};

struct DialPreview {
  std::string phone;  ///< another number of the contact; empty: the one previewed
};
struct SkipPreview {};    ///< another contact, and this one again later
struct CancelPreview {};  ///< the contact is not to be dialed
struct Hold {};
struct Resume {};
struct SendDigits {
  std::string digits;  ///< 0-9 * # A-D, at most 64
};
/// End the contact's call.
struct Release {};
struct Redial {
  std::string phone;  ///< empty: the number called before
};
/// The contact is held, and another agent asked.
struct Consult {
  AgentId agent;
};
struct CancelConsult {};
/// Whom one consults has the contact from now on.
struct CompleteTransfer {};
/// The contact goes to another agent without asking.
struct Transfer {
  AgentId agent;
};
struct StartConference {};
struct EndConference {};
struct ChangeConferenceOwner {};

struct WrapUp {
  std::string code;  ///< a completion code of the campaign
  std::string note = {};
};
struct ExtendWrapUp {};
struct CreateCallback {
  CallbackKind kind = CallbackKind::agent;
  Instant at;
  Instant until;  ///< then it expires
  std::string phone = {};
  std::string note = {};
};
struct AddToDnc {
  std::string phone;  ///< empty: the contact's number
};
struct SetAttribute {
  std::string name, value;
};
struct AddNote {
  std::string text;
};
struct BlendToInbound {};
struct BlendToOutbound {};

// By supervisors; `AgentCommand::agent` is whom it is done to.
struct MoveToJob {
  JobId job;  ///< 0: away from its job to none, and not ready
};
struct ForceState {
  AgentState state = AgentState::not_ready;  ///< ready, not_ready or logged_out
  std::string reason;
};
struct Monitor {
  AgentId supervisor;  ///< an agent too, whose line hears it
  Monitoring how = Monitoring::listen;
};

}  // namespace agent_command

using AgentOrder =
    std::variant<agent_command::LogOn, agent_command::LogOff, agent_command::LogOffLater, agent_command::Ready, agent_command::NotReady,
                 agent_command::SetSkills, agent_command::SayStates, agent_command::NailUp, agent_command::DropLine,
                 agent_command::DialPreview, agent_command::SkipPreview, agent_command::CancelPreview, agent_command::Hold,
                 agent_command::Resume, agent_command::SendDigits, agent_command::Release, agent_command::Redial, agent_command::Consult,
                 agent_command::CancelConsult, agent_command::CompleteTransfer, agent_command::Transfer, agent_command::StartConference,
                 agent_command::EndConference, agent_command::ChangeConferenceOwner, agent_command::WrapUp, agent_command::ExtendWrapUp,
                 agent_command::CreateCallback, agent_command::AddToDnc, agent_command::SetAttribute, agent_command::AddNote,
                 agent_command::BlendToInbound, agent_command::BlendToOutbound, agent_command::MoveToJob, agent_command::ForceState,
                 agent_command::Monitor>;

/// An order with what makes it safe to repeat.
struct AgentCommand {
  AgentId agent;
  std::string session;  ///< the desktop's; a command of another session is refused (`session_ended`). Empty: a supervisor's
  std::string id;       ///< made by whoever asks, at most 64 characters; a repeated one gets the first one's answer
  AgentOrder order;
  bool late = false;  ///< asked so long after the first time that it is answered if it was done, and else never is done (`not_done`)
};

/// Why a command was refused. Numbers go to desktops: 0 is ok, those of the media path are the reference product's.
enum class AgentError {
  none,
  not_logged_on,
  already_logged_on,
  session_ended,
  wrong_agent_state,
  wrong_call_state,
  not_nailed,
  wrong_job_state,
  no_such_agent,
  no_such_job,
  no_such_code,
  agent_not_free,
  not_allowed,
  invalid,
  manager_not_available,
  call_control_not_available,
  media_server_not_reachable,
  not_done,
};
template <>
inline constexpr auto enum_names<AgentError> = std::to_array<std::pair<AgentError, std::string_view>>({
    {AgentError::none, "none"},
    {AgentError::not_logged_on, "not_logged_on"},
    {AgentError::already_logged_on, "already_logged_on"},
    {AgentError::session_ended, "session_ended"},
    {AgentError::wrong_agent_state, "wrong_agent_state"},
    {AgentError::wrong_call_state, "wrong_call_state"},
    {AgentError::not_nailed, "not_nailed"},
    {AgentError::wrong_job_state, "wrong_job_state"},
    {AgentError::no_such_agent, "no_such_agent"},
    {AgentError::no_such_job, "no_such_job"},
    {AgentError::no_such_code, "no_such_code"},
    {AgentError::agent_not_free, "agent_not_free"},
    {AgentError::not_allowed, "not_allowed"},
    {AgentError::invalid, "invalid"},
    {AgentError::manager_not_available, "manager_not_available"},
    {AgentError::call_control_not_available, "call_control_not_available"},
    {AgentError::media_server_not_reachable, "media_server_not_reachable"},
    {AgentError::not_done, "not_done"},
});
constexpr int number_of(AgentError error) {
  switch (error) {
    case AgentError::none:
      return 0;
    case AgentError::call_control_not_available:
      return 9007;
    case AgentError::media_server_not_reachable:
      return 9009;
    default:
      return 9100 + static_cast<int>(error);
  }
}

struct AgentAnswer {
  AgentError error = AgentError::none;
  std::string text = {};  ///< what was wrong and what to do
  AgentStates states{};   ///< after the command
  bool operator==(const AgentAnswer&) const = default;
};

// What a desktop is told. That the manager is away or back, and that a zone is down, is agent_sdk's to tell.
namespace agent_notice {

struct StatesChanged {
  AgentStates states;
  std::string reason = {};
  bool operator==(const StatesChanged&) const = default;
};
/// With preview, callback and wrapup: when it ends by itself.
struct TimeLimit {
  Instant at;
  int extensions_left = 0;
  bool operator==(const TimeLimit&) const = default;
};
/// A contact to talk to, or to look at before one dials.
struct CallOffered {
  AttemptId attempt;
  std::string phone;
  bool operator==(const CallOffered&) const = default;
};
struct DialFailed {
  AttemptId attempt;
  std::string code;
  bool operator==(const DialFailed&) const = default;
};
/// The contact's call has ended, by whomever.
struct CallEnded {
  AttemptId attempt;
  std::string code;
  bool operator==(const CallEnded&) const = default;
};
struct NailingLost {
  std::string reason;
  bool operator==(const NailingLost&) const = default;
};
struct JobAttached {
  JobId job;
  std::string campaign;
  bool operator==(const JobAttached&) const = default;
};
struct ConsultOffered {
  AgentId from;
  AttemptId attempt;
  bool operator==(const ConsultOffered&) const = default;
};
struct ConsultEnded {
  AgentId other;
  bool operator==(const ConsultEnded&) const = default;
};
struct CallTransferred {
  AgentId from, to;
  AttemptId attempt;
  bool operator==(const CallTransferred&) const = default;
};
struct ConferenceStarted {
  AgentId owner;
  bool operator==(const ConferenceStarted&) const = default;
};
struct ConferenceEnded {
  bool operator==(const ConferenceEnded&) const = default;
};
struct ConferenceOwnerChanged {
  AgentId owner;
  bool operator==(const ConferenceOwnerChanged&) const = default;
};
struct ContactChanged {
  ContactId contact;
  bool operator==(const ContactChanged&) const = default;
};
struct LoggedOff {
  std::string reason;
  bool forced = false;
  bool operator==(const LoggedOff&) const = default;
};

}  // namespace agent_notice

using AgentNotice =
    std::variant<agent_notice::StatesChanged, agent_notice::TimeLimit, agent_notice::CallOffered, agent_notice::DialFailed,
                 agent_notice::CallEnded, agent_notice::NailingLost, agent_notice::JobAttached, agent_notice::ConsultOffered,
                 agent_notice::ConsultEnded, agent_notice::CallTransferred, agent_notice::ConferenceStarted, agent_notice::ConferenceEnded,
                 agent_notice::ConferenceOwnerChanged, agent_notice::ContactChanged, agent_notice::LoggedOff>;

/// {"notice": "states_changed", ...}, as desktops are told.
std::string to_json(const AgentNotice& notice);
Result<AgentNotice> agent_notice_from_json(const std::string& json);

/// {"order": "hold", ...}, as desktops give them; what is left out is as in the struct. Errors say which field was wrong.
std::string to_json(const AgentOrder& order);
Result<AgentOrder> agent_order_from_json(const std::string& json);

/// A desktop has these notices, up to this number.
struct NoticesTaken {
  AgentId agent;
  std::string session;
  int64_t up_to = 0;
  bool again = false;  ///< it has come back, or misses some: all after them are told once more
};

/// Notices of one session, numbered without a gap; kept in the agent's row until acknowledged.
struct AgentNotices {
  AgentId agent;
  std::string session;
  int64_t first = 1;
  std::vector<AgentNotice> notices;
};

}  // namespace everdial
