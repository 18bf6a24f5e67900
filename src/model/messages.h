#pragma once

#include <string>
#include <variant>
#include <vector>

#include "base/time.h"
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
  enum class Kind { ringing, answered, classified, beep, prompt_done, digit, ended };
  struct Event {
    CallRecord record;
    Kind kind = Kind::ended;
    char digit = 0;
  };
  Address mpp;  ///< where commands for these calls go
  std::vector<Event> events;
};

/// The owner has committed these results; the MPP that carried them may forget them.
struct AttemptsSettled {
  std::vector<AttemptId> attempts;
};

// ---- mpp ---------------------------------------------------------------------------------------------------------------------

/// From now on refuse orders for `resource` below `epoch`, durably; answer with every attempt of it not yet forgotten.
struct RaiseBarrier {
  Resource resource;
  Epoch epoch;
};
struct BarrierRaised {
  std::vector<CallRecord> executed;
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

struct ControlCalls {
  enum class Kind { play, hang_up };
  struct Command {
    AttemptId attempt;
    Kind kind = Kind::hang_up;
    std::string prompt;                                  ///< with play
    CompletionCode code = CompletionCode::answer_human;  ///< with hang_up: how the attempt is to end
  };
  std::vector<Command> commands;
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

// ---- any ---------------------------------------------------------------------------------------------------------------------

struct Done {};

/// What this process counts, for its server's page.
struct ReadMetrics {};
struct MetricsRead {
  std::string text;  ///< Prometheus's text format
};

using Request = std::variant<CheckContacts, PlaceCalls, CallEvents, AttemptsSettled, RaiseBarrier, ExecuteCalls, ControlCalls, ForgetCalls,
                             AttemptResults, ReadMetrics>;
using Reply = std::variant<Done, ContactsChecked, CallsPlaced, BarrierRaised, CallsExecuted, MetricsRead>;

}  // namespace everdial
