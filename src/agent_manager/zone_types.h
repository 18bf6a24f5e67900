#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <variant>
#include <vector>

#include "agent_manager/agent.h"
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
};

// ---- inputs --------------------------------------------------------------------------------------------------------------------

/// The zone's rows; the first input, once.
struct ZoneLoaded {
  std::vector<Agent> agents;  ///< all of the zone, logged on or not
  std::vector<LiveCall> calls;
  std::vector<AgentJob> jobs;
  std::vector<std::string> mpps;  ///< every MPP that may hold records
  Duration away{};                ///< how long the zone had no manager
};
struct JobsSeen {
  std::vector<AgentJob> jobs;
};
/// An agent that was made or changed by an administrator.
struct AgentSeen {
  AgentId agent;
  Skills skills;
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
/// The desktop has these notices, up to this number.
struct NoticesTaken {
  AgentId agent;
  std::string session;
  int64_t up_to = 0;
};
/// The job's owner has claimed a contact for this agent and committed the intent.
struct PreviewClaimed {
  AgentId agent;
  AttemptId attempt;
  std::string phone;
};
/// An order for a line was refused, or could not be given.
struct LineRefused {
  AttemptId line;
  std::string why;
};
struct TimePassed {};
using Input = std::variant<ZoneLoaded, JobsSeen, AgentSeen, MppAnswered, CommandArrived, EventsArrived, NoticesTaken, PreviewClaimed,
                           LineRefused, TimePassed>;

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

// ---- effects: what is done once that is committed ------------------------------------------------------------------------------

struct AskMpp {
  std::string mpp;
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
/// To the owner of the job: dial the contact that was claimed, or give it back.
struct SettlePreview {
  AttemptId attempt;
  bool dial = false;
  bool again = false;   ///< not dialed: the contact comes up again
  std::string phone{};  ///< empty: the one that was claimed
};
using Effect =
    std::variant<SaveAgent, SaveTime, SaveAway, SaveCall, RemoveCall, SaveDisposition, SaveNote, SaveAttribute, SaveDnc, SaveCallback,
                 AskMpp, PlaceLine, Steer, ForgetLines, AnswerCommand, AcknowledgeEvents, Notify, AskPreview, SettlePreview>;

inline bool is_save(const Effect& effect) { return effect.index() <= 9; }

}  // namespace everdial::zone
