#pragma once

#include <deque>
#include <map>
#include <set>
#include <unordered_map>
#include <vector>

#include "campaign_manager/job_types.h"

namespace everdial {

/// One job in the hands of its owner: picks contacts, has them checked, writes the attempt ahead, places it, settles the result,
/// retries by the strategy (M-01, M-05, M-06). A job of a campaign with agents places nothing but what their manager has granted, and
/// claims contacts that an agent sees before they are dialed (job_previews.cc). Made anew for each grant of the job's lease. `now` is the
/// wall clock.
class JobMachine {
 public:
  struct Settings {
    Duration order_valid = 5s;     ///< not_after of an order
    Duration fetch_every = 200ms;  ///< when nothing is due
    Duration ask_again = 300ms;    ///< an MPP that has not answered the barrier
    Duration inquire_every = 10s;  ///< ask the MPPs about calls in the air, in case an event was lost with its sender
    Duration unknown_after = 60s;  ///< an MPP that has not answered for so long: its attempts are UNKNOWN until it does
    Duration ask_late = 1s;        ///< an MPP that may still know of an UNKNOWN attempt
    Duration retry_refused = 1s;   ///< until a contact whose order was refused is tried again
    Duration drained_again = 1s;   ///< said to be drained, and still not ended by the director: look again
    Duration show_again = 1s;      ///< a contact claimed for an agent, until it is settled
    Duration claim_within = 2s;    ///< a contact for an agent; the agent's manager asks again
    Duration skipped_for = 60s;    ///< until a contact that an agent has skipped is due again
    int prefetch_most = 500;
    int batch_most = 200;  ///< orders per step
  };

  JobMachine(LeaseGrant grant, JobId job, Settings settings) : grant_(std::move(grant)), job_(job), settings_(settings) {}

  std::vector<JobEffect> step(const JobInput& input, Instant now);

  size_t calls_in_air() const { return in_air_.size(); }
  const Campaign& campaign() const { return campaign_; }

 private:
  struct Call {
    std::string phone;
    std::vector<CompletionCode> codes;
    Instant since;
    bool ordered = false;  ///< an answer to its order has come (or it was found at an MPP)
    /// Claimed for an agent, and not ordered yet.
    struct Shown {
      AgentId agent;
      std::string time_zone;
      Instant told_at;
      std::optional<ReplyId> dial;  ///< to be dialed once the rules allow it: whom to answer
    };
    std::optional<Shown> shown = std::nullopt;
  };
  /// What the agents' manager has granted, until it is used up or has lapsed.
  struct Grant {
    ReplyId reply;
    int64_t left;
    Instant until;
    std::vector<AttemptId> placed;
  };
  /// An agent waits for a contact.
  struct Claim {
    AgentId agent;
    std::optional<ContactId> contact;
    std::string phone;
    Instant until;
  };
  /// Asking every MPP what it has executed: the barrier after the start, later a check on calls in the air.
  struct Inquiry {
    bool barrier = false;
    Instant since;
    Instant asked_at;
    std::set<std::string> unanswered;
    std::set<AttemptId> doubtful;
    Instant forgotten{};  ///< of attempts older than that one of the MPPs knows nothing
  };

  void loaded(const JobLoaded& input, Instant now);
  void seen(const JobStateSeen& input);
  void start_inquiry(bool barrier, std::set<AttemptId> doubtful, Instant now);
  void answered(const MppAnswered& input, Instant now);
  void end_inquiry(Instant now);
  void give_up_inquiry(Instant now);
  void make_unknown(const AttemptId& attempt);
  void settle_doubtful(const Inquiry& inquiry, Instant now);
  void ask_late(Instant now);
  void close(const AttemptId& attempt);
  const Call* open_call(const AttemptId& attempt) const;
  void fetched(const DueFetched& input, Instant now);
  void checked(const RulesAnswered& input, Instant now);
  void orders_answered(const OrdersAnswered& input, Instant now);
  void arrived(const CallRecord& record, Instant now);
  void settle(const CallRecord& record, Instant now);
  void tick(Instant now);
  void dial(Instant now);
  void fetch(Instant now);
  void drop_stale(Instant now);
  AttemptId claim(const DueContact& contact, const std::string& phone, Instant now);
  CallOrder order_of(const AttemptId& attempt, const std::string& phone, Instant now, Instant until) const;
  int64_t granted() const;
  void granted(const GrantArrived& input, Instant now);
  void use_grants(const std::vector<AttemptId>& placed);
  void end_grants(Instant now);

  // Contacts that an agent sees first (job_previews.cc).
  void claim_arrived(const ClaimPreview& claim, Instant now);
  void contact_fetched(const ContactFetched& input, Instant now);
  void settle_arrived(const SettleArrived& input, Instant now);
  void show(const AttemptId& attempt, Call& call, Instant now);
  void claim_for_agents(Instant now);
  void check_shown(Instant now);
  void shown_checked(const ContactsChecked& checked, Instant now);
  void give_back(const AttemptId& attempt, const std::string& reason, Instant due_at);
  void take_from_agents(Instant now);

  void drained_if_so(Instant now);
  bool dialing() const;
  int64_t allowed() const;
  std::optional<Instant> retry_at(CompletionCode code, const std::vector<CompletionCode>& before, Instant ended) const;
  bool known(ContactId contact) const { return buffered_.contains(contact) || contacts_in_air_.contains(contact); }
  void emit(JobEffect effect) { out_.push_back(std::move(effect)); }

  LeaseGrant grant_;
  JobId job_;
  Settings settings_;
  Campaign campaign_;
  std::vector<std::string> mpps_;
  JobState state_ = JobState::queued;
  bool loaded_ = false;
  bool path_open_ = false;
  DialingAllowance allowance_;
  int64_t allowance_seq_ = 0, claimed_ = 0;
  std::optional<Instant> asked_at_;  ///< of the last look at the record
  Instant allowed_until_, steady_;   ///< on the steady clock
  bool over_ = false;                ///< StartOver was emitted: nothing more comes from this machine

  std::unordered_map<AttemptId, Call> in_air_;
  std::set<ContactId> contacts_in_air_;
  std::unordered_map<AttemptId, Call> unknown_;  ///< so in the record, and settled when the MPPs in question can be asked after all
  std::deque<Grant> grants_;
  Epoch grants_epoch_;      ///< of the last grant,
  int64_t grants_seq_ = 0;  ///< and its number
  std::vector<Claim> claims_;
  std::vector<AttemptId> checking_shown_;  ///< asked the rule engine about, before they are dialed
  Instant check_shown_at_;
  std::string zone_;
  std::deque<DueContact> checking_;                   ///< sent to the rule engine, in order
  std::deque<std::pair<DueContact, Instant>> ready_;  ///< allowed, with the instant until which that holds
  std::set<ContactId> buffered_;                      ///< in checking_ or ready_
  std::optional<Inquiry> inquiry_;
  std::vector<Inquiry> late_;  ///< about what is UNKNOWN
  Instant late_asked_at_;
  std::optional<Duration> barrier_took_;  ///< until it is saved
  Instant inquired_at_;

  bool fetching_ = false;
  Instant checking_since_;
  Instant next_fetch_;
  std::optional<DueKey> cursor_;
  bool nothing_left_ = false;
  bool drained_ = false;
  Instant drained_at_;
  double tokens_ = 0;
  Instant tokens_at_;
  std::vector<JobEffect> out_;
};

}  // namespace everdial
