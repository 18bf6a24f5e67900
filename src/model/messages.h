#pragma once

#include <optional>
#include <string>
#include <variant>
#include <vector>

#include "base/time.h"
#include "model/agent.h"
#include "model/call.h"
#include "model/ids.h"

// What components say to each other: plain data, grouped by receiver as the files in proto/ are. Each request is safe to repeat.

namespace everdial {

// ---- rule_engine -------------------------------------------------------------------------------------------------------------

/// May these contacts be dialed now? Asked in batches by the owner of a job.
struct CheckContacts {
  struct Contact {
    ContactId contact;
    std::string phone;      ///< E.164
    std::string time_zone;  ///< IANA name; empty: the job's zone default
  };
  std::vector<Contact> contacts;
  int calling_from_minute = 0;
  int calling_until_minute = 0;
};
struct ContactsChecked {
  enum class Verdict { allowed, on_dnc, outside_hours };
  struct Answer {
    Verdict verdict = Verdict::allowed;
    Instant retry_at;  ///< with outside_hours: when calling hours begin there
  };
  std::vector<Answer> answers;  ///< one per contact asked, in order
  Duration valid_for{};         ///< from the asking; an order must not be placed on an older answer
};

// ---- what is asked of calls --------------------------------------------------------------------------------------------------------

struct CallCommand {
  enum class Kind {
    play,     ///< a prompt, heard by this call alone in place of all else until it ends
    hang_up,  ///< with `code` as the result
    press,    ///< keys, heard by the far end as DTMF
  };
  AttemptId attempt;
  Kind kind = Kind::hang_up;
  std::string prompt;                                  ///< with play
  CompletionCode code = CompletionCode::answer_human;  ///< with hang_up: how the attempt is to end
  std::string digits;                                  ///< with press: 0-9 * # A-D, at most 64
};

// ---- application_server ------------------------------------------------------------------------------------------------------

/// Place these calls on some MPP and trunk.
struct PlaceCalls {
  std::vector<CallOrder> orders;
};
struct CallsPlaced {
  std::vector<OrderVerdict> verdicts;  ///< one per order, in order
};

/// What has happened on calls; each carries the whole record, so any application server can take the session on.
struct CallEvents {
  enum class Kind {
    ringing,
    answered,
    classified,
    beep,
    prompt_done,
    digit,
    ended,
    unattended,  ///< a call for agents was answered, and no manager has steered it for too long
  };
  struct Event {
    CallRecord record;
    Kind kind = Kind::ended;
    char digit = 0;
  };
  Address mpp;  ///< where commands for these calls go
  std::vector<Event> events;
};

/// A zone's agent manager says how its lines and its agents' calls go on; handed to the MPPs that carry them. Refused as `fenced` below the
/// highest epoch heard. Of two that concern one call the one with the higher (epoch, seq) counts, however late the other comes; the same
/// one again changes nothing.
struct SteerCalls {
  Resource resource;  ///< "agent_manager/zone/ID"
  Epoch epoch;
  int64_t seq = 0;  ///< counted from 1 in each epoch
  std::vector<Conversation> conversations;
  std::vector<CallCommand> commands;  ///< after the conversations
};

/// The owner has committed these results; the MPP that carried them may forget them.
struct AttemptsSettled {
  std::vector<AttemptId> attempts;
};

// ---- mpp ---------------------------------------------------------------------------------------------------------------------

/// From now on refuse orders and commands for `resource` below `epoch`, durably; answer with every attempt of it not yet forgotten, and
/// with every call for its agents.
struct RaiseBarrier {
  Resource resource;
  Epoch epoch;
};
struct BarrierRaised {
  std::vector<CallRecord> executed;
  std::optional<Instant> forgot_at;  ///< its journal was lost then, by the database's clock: of what is older it knows nothing
};

struct ExecuteCalls {
  struct Order {
    CallOrder order;
    std::vector<std::string> trunks;  ///< in order of preference
  };
  Address application_server;  ///< where events of these calls go first
  std::vector<Order> orders;
};
struct CallsExecuted {
  std::vector<OrderVerdict> verdicts;
  std::vector<std::string> trunks_down;  ///< by this MPP's own OPTIONS checks
};

/// From call control, which steers by the plan, or with `resource` a SteerCalls handed on.
struct ControlCalls {
  std::vector<CallCommand> commands;
  Resource resource;
  Epoch epoch;
  int64_t seq = 0;
  std::vector<Conversation> conversations;
};

struct ForgetCalls {
  std::vector<AttemptId> attempts;
};

// ---- campaign_manager --------------------------------------------------------------------------------------------------------

/// Calls of one job: ended ones to be settled, others for the live view. Answered `Done` once handed to the job's machine;
/// the MPP goes on telling of ended ones until AttemptsSettled.
struct AttemptResults {
  Resource resource;
  std::vector<CallRecord> records;
};

/// An agent manager allows the owner of an agent-based job to place so many calls more within `valid_for`; what is unused then lapses, and
/// a seq that was counted already counts no more. Answered when it is used up or has lapsed, with the calls that were placed.
struct GrantCalls {
  JobId job;
  Resource manager;  ///< "agent_manager/zone/ID"
  Epoch epoch;       ///< the manager's
  int64_t seq = 0;   ///< counted from 1 in each epoch, over all jobs
  int calls = 0;
  Duration valid_for = 1s;
};
struct GrantUsed {
  std::vector<AttemptId> placed;
};
/// Claim a contact for this agent and tell it (TellPreview); it is not dialed yet. A second time for an agent who has one: it is told
/// again.
struct ClaimPreview {
  JobId job;
  Resource manager;
  AgentId agent;
  std::optional<ContactId> contact;  ///< this one, even if it was done with: a callback, or a redial
  std::string phone;                 ///< with a contact: this number
};
/// Dial a contact that was claimed, or give it back. Answered when the order is on its way or the contact is given back; `conflict` when
/// it is not to be dialed: the claim is no more, or the rules forbid it.
struct SettlePreview {
  AttemptId attempt;
  bool dial = false;
  bool again = false;  ///< not dialed: the contact comes up again
};

// ---- agent_manager -----------------------------------------------------------------------------------------------------------------

/// The agent's desktop, or a supervisor, orders something. Answered by AgentAnswer once what follows from it is committed.
struct CommandAgent {
  Resource resource;  ///< of the agent's zone
  AgentCommand command;
  Address notices_to;  ///< the agent_sdk that has the desktop: its notices go there from now on
};
/// Of all desktops of one server that have something to say of it at this moment.
struct TakeNotices {
  Resource resource;
  std::vector<NoticesTaken> taken;
  Address notices_to;
};

/// The owner of a job has claimed a contact for this agent, and committed the intent. Told again each second until it is settled.
struct TellPreview {
  Resource resource;
  AgentId agent;
  AttemptId attempt;
  std::string phone;
};

/// What has happened on the zone's lines and on the calls for its agents. Answered `Done` when what follows from it is committed; the MPPs
/// tell it again each second until then, to whoever is the manager by then.
struct AgentCallEvents {
  Resource resource;
  CallEvents events;
};

// ---- agent_sdk ---------------------------------------------------------------------------------------------------------------------
// AgentNotices of model/agent.h. Answered `Done` when the desktop's session is here; numbers tell what was told before.

// ---- any ---------------------------------------------------------------------------------------------------------------------

struct Done {};

/// What this process counts, for its server's page.
struct ReadMetrics {};
struct MetricsRead {
  std::string text;  ///< Prometheus's text format
};

using Request = std::variant<CheckContacts, PlaceCalls, CallEvents, AttemptsSettled, RaiseBarrier, ExecuteCalls, ControlCalls, ForgetCalls,
                             AttemptResults, SteerCalls, GrantCalls, ClaimPreview, SettlePreview, AgentCallEvents, CommandAgent,
                             TakeNotices, TellPreview, AgentNotices, ReadMetrics>;
using Reply = std::variant<Done, ContactsChecked, CallsPlaced, BarrierRaised, CallsExecuted, GrantUsed, AgentAnswer, MetricsRead>;

}  // namespace everdial
