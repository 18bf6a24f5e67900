#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <variant>
#include <vector>

#include "agent_manager/agent.h"
#include "agent_manager/blending.h"
#include "model/agent_campaign.h"
#include "model/call.h"
#include "model/lease.h"
#include "model/messages.h"

// What goes into the machine of a zone's agents, and what comes out of it.

namespace everdial::zone {

using ReplyId = uint64_t;  ///< given by the service, to find whom to answer

/// A contact's call that a person has answered, until it has ended; its row is all that must outlive the manager.
struct LiveCall {
  AttemptId attempt;
  std::string phone{};
  Instant live_at{};      ///< a person has been heard
  Instant nuisance_at{};  ///< then it is too late for an agent
  bool nuisance = false;  ///< it was too late
  bool operator==(const LiveCall&) const = default;
};

/// An unfinished job of an agent-based campaign in this zone.
struct AgentJob {
  JobId id;
  std::string campaign;
  bool running = true;  ///< false: it takes no agents, and those it has leave after their call
  AgentSettings settings{};
  bool analyse = true;  ///< answers are classified before an agent hears them
};

/// A promise to call a contact again that is due, or nearly.
struct Callback {
  int64_t id = 0;
  AttemptId attempt;  ///< in which it was promised
  AgentId agent;      ///< who did
  CallbackKind kind = CallbackKind::agent;
  std::string phone;
  Instant due_at, until;
  bool operator==(const Callback&) const = default;
};

/// What a supervisor has asked of an agent from outside a desktop; in the record until it is done, refused or expired.
struct KeptOrder {
  int64_t id = 0;
  AgentId agent;
  AgentOrder order;
  Instant until;
  bool withdrawn = false;  ///< not wanted any more
};

// ---- inputs --------------------------------------------------------------------------------------------------------------------

/// The zone's rows; the first input, once.
struct ZoneLoaded {
  std::vector<Agent> agents;  ///< all of the zone, logged on or not
  std::vector<LiveCall> calls;
  std::vector<AgentJob> jobs;
  std::vector<std::string> mpps;          ///< every MPP that may hold records
  Duration away{};                        ///< how long the zone had no manager
  std::map<JobId, std::string> pacing{};  ///< what was learned of jobs, as SavePacing had it
};
struct JobsSeen {
  std::vector<AgentJob> jobs;
};
/// An agent that was made or changed by an administrator.
struct AgentSeen {
  AgentId agent;
  Skills skills;
  int lines = 0;  ///< numbers used so far, maybe in another zone: they go on
};
/// Removed, or of another zone now.
struct AgentRemoved {
  AgentId agent;
};
/// All MPPs that may hold records.
struct MppsSeen {
  std::vector<std::string> mpps;
};
/// All that are open and due within moments.
struct CallbacksSeen {
  std::vector<Callback> callbacks;
};
/// All that wait, oldest first.
struct OrdersSeen {
  std::vector<KeptOrder> orders;
};
/// All of the zone.
struct QueuesSeen {
  std::vector<InboundQueue> queues;
};
struct MppAnswered {
  std::string mpp;
  std::vector<CallRecord> records;
};
struct CommandArrived {
  ReplyId reply;
  AgentCommand command;
};
struct EventsArrived {
  ReplyId reply;
  CallEvents events;
};
/// The job's owner has claimed a contact for this agent and committed the intent.
struct PreviewClaimed {
  AgentId agent;
  AttemptId attempt;
  std::string phone;
};
/// What was claimed is not to be dialed: the claim is no more, or the rules forbid it.
struct PreviewRefused {
  AttemptId attempt;
  std::string why;
};
/// What a grant has brought; none when there was no answer.
struct GrantAnswered {
  int64_t seq = 0;
  std::vector<AttemptId> placed;
};
/// An order for a line was refused, or could not be given.
struct LineRefused {
  AttemptId line;
  std::string why;
};
/// What was said about these calls does not arrive, and why; without a reason it has arrived, or is said no more.
struct SteeringStalled {
  std::vector<AttemptId> calls;
  std::optional<AgentError> why = std::nullopt;
};
/// By desktops of one server.
struct NoticesAcknowledged {
  std::vector<NoticesTaken> taken;
};
struct TimePassed {};
using Input = std::variant<ZoneLoaded, JobsSeen, AgentSeen, AgentRemoved, MppsSeen, CallbacksSeen, OrdersSeen, QueuesSeen, MppAnswered,
                           CommandArrived, EventsArrived, NoticesAcknowledged, PreviewClaimed, PreviewRefused, GrantAnswered, LineRefused,
                           SteeringStalled, TimePassed>;

// ---- effects: what is saved, in one fenced transaction -------------------------------------------------------------------------

struct SaveAgent {
  Agent agent;
};
/// Added to the agent's time report.
struct SaveTime {
  AgentId agent;
  AgentState state = AgentState::logged_out;
  Instant from, until;
};
/// How long the agent could do nothing, for its manager was taken over ("Total HA time", A-17).
struct SaveAway {
  AgentId agent;
  Duration away{};
  Instant at;
};
struct SaveCall {
  LiveCall call;
};
struct RemoveCall {
  AttemptId attempt;
};
/// The code of a call whose agent's records could not be reconciled; the agent is logged out.
inline constexpr const char* kDesktopError = "desktop_error";
/// How an agent has disposed of a contact, or how the call was taken from it.
struct SaveDisposition {
  AttemptId attempt;
  AgentId agent;
  std::string code;
  std::string note{};
};
struct SaveNote {
  AttemptId attempt;
  AgentId agent;
  std::string text;
};
struct SaveAttribute {
  ContactId contact;
  AgentId agent;
  std::string name, value;
};
struct SaveDnc {
  std::string phone;
  AttemptId attempt;
};
struct SaveCallback {
  AttemptId attempt;
  AgentId agent;
  std::string phone;
  agent_command::CreateCallback callback;
};

/// Dialed, cancelled by an agent, or expired: offered no more.
struct SaveCallbackEnd {
  int64_t id = 0;
  std::string how;
};
/// What a job's pacing has learned.
struct SavePacing {
  JobId job;
  std::string memory;
};
/// What came of a kept order: done, refused (and why), expired, or withdrawn.
struct SaveOrderEnd {
  int64_t id = 0;
  std::string how, why{};
};
/// An agent was moved by the figures of this queue.
struct SaveQueueStep {
  int64_t queue = 0;
  Instant at;
};

// ---- effects: what is done once that is committed ------------------------------------------------------------------------------

struct AskMpp {
  std::string mpp;
};
/// For whoever looks on: so many lines and calls may be carried by MPPs that do not answer; or are given up for lost.
struct MppsSilent {
  std::set<std::string> mpps;
  size_t unheard = 0;
  bool given_up = false;
};
struct PlaceLine {
  CallOrder order;
};
struct Steer {
  SteerCalls request;
};
/// Their results are in our record, the MPPs may forget these lines.
struct ForgetLines {
  std::vector<AttemptId> lines;
};
struct AnswerCommand {
  ReplyId reply;
  AgentAnswer answer;
};
/// What came of it is committed.
struct AcknowledgeEvents {
  ReplyId reply;
};
struct Notify {
  AgentNotices notices;
};
/// To the owner of the job: claim a contact for the agent (this one, for a redial), commit the intent, and tell.
struct AskPreview {
  JobId job;
  AgentId agent;
  std::optional<ContactId> contact = std::nullopt;
  std::string phone{};  ///< with a contact: this number
};
/// To the owner of the job.
struct Grant {
  GrantCalls request;
};
using Effect = std::variant<SaveAgent, SaveTime, SaveAway, SaveCall, RemoveCall, SaveDisposition, SaveNote, SaveAttribute, SaveDnc,
                            SaveCallback, SaveCallbackEnd, SavePacing, SaveOrderEnd, SaveQueueStep, AskMpp, MppsSilent, PlaceLine, Steer,
                            ForgetLines, AnswerCommand, AcknowledgeEvents, Notify, AskPreview, SettlePreview, Grant>;

inline bool is_save(const Effect& effect) { return effect.index() <= 13; }

}  // namespace everdial::zone
