#pragma once

#include <optional>
#include <string>
#include <variant>
#include <vector>

#include "model/call.h"
#include "model/campaign.h"
#include "model/lease.h"
#include "model/messages.h"

namespace everdial {

/// Where the keyset reading of a job's queue stands.
struct DueKey {
  Instant due_at;
  ContactId contact;
  auto operator<=>(const DueKey&) const = default;
};

/// A contact of the job's queue that is due.
struct DueContact {
  DueKey key;
  std::string phone;
  std::string time_zone;
  int attempts = 0;                   ///< numbers used so far
  std::vector<CompletionCode> codes;  ///< of the attempts that count
};

/// An attempt with a committed intent and no known result, as the store has it.
struct UnsettledAttempt {
  AttemptId attempt;
  std::string phone;
  std::vector<CompletionCode> codes;
  Instant since{};  ///< of its intent
};

// ---- inputs ------------------------------------------------------------------------------------------------------------------

struct JobLoaded {
  Campaign campaign;
  JobState state = JobState::running;
  std::vector<UnsettledAttempt> unsettled;
  std::vector<std::string> mpps;  ///< every MPP that may hold records
  int64_t claimed = 0;            ///< contacts claimed since the job began
  std::string zone = "default";
  std::vector<UnsettledAttempt> unknown{};  ///< settled once every MPP has answered
};
struct JobStateSeen {
  JobState state = JobState::running;
  DialingAllowance allowance{};  ///< the director's last grant
  int64_t allowance_seq = 0;     ///< which one it was; 0: none yet
  Instant asked_at{};            ///< when the record was asked, on the steady clock
};
struct PathSeen {
  bool open = false;  ///< an application server and an MPP are there to place calls
};
struct MppAnswered {
  std::string mpp;
  std::vector<CallRecord> records;
  std::optional<Instant> forgot_at{};  ///< of attempts older than that it knows nothing
};
struct DueFetched {
  std::vector<DueContact> contacts;
  bool exhausted = false;     ///< no more is due now
  bool nothing_left = false;  ///< and nothing will become due
};
struct FetchFailed {};
struct RulesAnswered {
  ContactsChecked checked;
};
struct RulesFailed {};
struct OrdersAnswered {
  std::vector<AttemptId> attempts;
  std::vector<OrderVerdict> verdicts;
};
struct OrdersUnanswered {};  ///< they may or may not be executed
struct ResultsArrived {
  std::vector<CallRecord> records;
};
struct JobTick {
  Instant steady{};
};
using ReplyId = uint64_t;  ///< given by the service, to find whom to answer
struct GrantArrived {
  ReplyId reply;
  GrantCalls grant;
};
struct ClaimArrived {
  ClaimPreview claim;
};
/// A certain contact of the job, to be claimed for an agent; empty: it is in the air, or not of this job.
struct ContactFetched {
  ContactId id;
  std::optional<DueContact> contact;
};
struct SettleArrived {
  ReplyId reply;
  SettlePreview settle;
};
using JobInput =
    std::variant<JobLoaded, JobStateSeen, PathSeen, MppAnswered, DueFetched, FetchFailed, RulesAnswered, RulesFailed, OrdersAnswered,
                 OrdersUnanswered, ResultsArrived, JobTick, GrantArrived, ClaimArrived, ContactFetched, SettleArrived>;

// ---- effects: what is saved, in one fenced transaction -----------------------------------------------------------------------

struct SaveIntent {
  AttemptId attempt;
  std::string phone;
};
struct SaveResult {
  CallRecord record;
  CompletionCode code = CompletionCode::general_failure;
  std::optional<Instant> retry_at;  ///< empty: the contact is done
};
/// Never executed, for sure: the contact goes back to the queue and the attempt does not count.
struct SaveAborted {
  AttemptId attempt;
  std::string reason;
  Instant due_at;
};
struct SaveUnknown {
  AttemptId attempt;
};
struct SaveRestricted {
  ContactId contact;
  CompletionCode code = CompletionCode::restricted_dnc;
  std::optional<Instant> due_at;  ///< empty: never to be dialed in this job
};
/// An agent asks for a contact that may have been done with: it is ready again.
struct SaveReopened {
  ContactId contact;
};
struct SaveDrained {};
/// For the history of failovers: how long it took until all MPPs refused older epochs. Goes with the first intents after it.
struct SaveBarrier {
  Duration took{};
};

// ---- effects: what is done once that is committed ----------------------------------------------------------------------------

struct AskMpp {
  std::string mpp;
};
struct FetchDue {
  std::optional<DueKey> after;
  int limit = 0;
};
struct CheckRules {
  CheckContacts request;
};
struct PlaceOrders {
  std::vector<CallOrder> orders;
};
struct TellSettled {
  std::vector<AttemptId> attempts;
};
struct FetchContact {
  ContactId contact;
};
struct AnswerGrant {
  ReplyId reply;
  GrantUsed used;
};
struct AnswerSettle {
  ReplyId reply;
  Status status;
};
/// To the agents' manager.
struct ShowContact {
  TellPreview request;
};
/// Give the lease back and begin again under a higher epoch: the only way to settle what may be on its way to an MPP.
struct StartOver {
  std::string reason;
};
using JobEffect =
    std::variant<SaveIntent, SaveResult, SaveAborted, SaveUnknown, SaveRestricted, SaveReopened, SaveDrained, SaveBarrier, AskMpp, FetchDue,
                 CheckRules, PlaceOrders, TellSettled, FetchContact, AnswerGrant, AnswerSettle, ShowContact, StartOver>;

inline bool is_save(const JobEffect& effect) { return effect.index() <= 7; }

}  // namespace everdial
