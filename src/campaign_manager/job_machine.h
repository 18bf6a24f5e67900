#pragma once

#include <deque>
#include <map>
#include <set>
#include <unordered_map>
#include <vector>

#include "campaign_manager/job_types.h"

namespace everdial {

/// One job in the hands of its owner: picks contacts, has them checked, writes the attempt ahead, places it, settles the result,
/// retries by the strategy (M-01, M-05, M-06). Made anew for each grant of the job's lease. `now` is the wall clock.
class JobMachine {
 public:
  struct Settings {
    Duration order_valid = 5s;     ///< not_after of an order
    Duration fetch_every = 200ms;  ///< when nothing is due
    Duration ask_again = 300ms;    ///< an MPP that has not answered the barrier
    Duration inquire_every = 10s;  ///< ask the MPPs about calls in the air, in case an event was lost with its sender
    Duration unknown_after = 60s;  ///< an MPP that has not answered for so long: its attempts are UNKNOWN
    Duration retry_refused = 1s;   ///< until a contact whose order was refused is tried again
    Duration drained_again = 1s;   ///< said to be drained, and still not ended by the director: look again
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
  };
  /// Asking every MPP what it has executed: the barrier after the start, later a check on calls in the air.
  struct Inquiry {
    bool barrier = false;
    Instant since;
    Instant asked_at;
    std::set<std::string> unanswered;
    std::set<AttemptId> doubtful;
  };

  void loaded(const JobLoaded& input, Instant now);
  void seen(const JobStateSeen& input);
  void start_inquiry(bool barrier, std::set<AttemptId> doubtful, Instant now);
  void answered(const MppAnswered& input, Instant now);
  void end_inquiry(Instant now);
  void fetched(const DueFetched& input, Instant now);
  void checked(const RulesAnswered& input, Instant now);
  void orders_answered(const OrdersAnswered& input, Instant now);
  void arrived(const CallRecord& record, Instant now);
  void settle(const CallRecord& record, Instant now);
  void tick(Instant now);
  void dial(Instant now);
  void fetch(Instant now);
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
  std::deque<DueContact> checking_;                   ///< sent to the rule engine, in order
  std::deque<std::pair<DueContact, Instant>> ready_;  ///< allowed, with the instant until which that holds
  std::set<ContactId> buffered_;                      ///< in checking_ or ready_
  std::optional<Inquiry> inquiry_;
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
