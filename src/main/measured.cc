#include "main/measured.h"

#include <chrono>
#include <map>
#include <mutex>
#include <unordered_map>

#include "base/overloaded.h"
#include "runtime/log.h"

namespace everdial {
namespace {

// ---- attempts ------------------------------------------------------------------------------------------------------------------

class MeasuredAttemptStore final : public AttemptStore {
 public:
  MeasuredAttemptStore(std::unique_ptr<AttemptStore> store, Metrics& metrics)
      : store_(std::move(store)),
        metrics_(metrics),
        intents_(metrics.counter("everdial_intents_total", "Attempts written ahead of their calls.")),
        unknown_(metrics.counter("everdial_attempts_unknown_total", "Attempts of which it cannot be found out whether they were dialed.")),
        commit_(metrics.histogram("everdial_attempt_commit_seconds", "Time of a commit of attempts.",
                                  {0.001, 0.002, 0.005, 0.01, 0.02, 0.05, 0.1, 0.2, 0.5, 1, 2, 5})) {
    for (const auto& [code, name] : enum_names<CompletionCode>) done(code).add(0);
  }

  Result<JobLoaded> load(const LeaseGrant& grant, JobId job) override { return store_->load(grant, job); }
  Result<DueFetched> fetch_due(JobId job, const std::optional<DueKey>& after, int limit, Instant now) override {
    return store_->fetch_due(job, after, limit, now);
  }
  Result<std::optional<DueContact>> fetch_contact(JobId job, ContactId contact) override { return store_->fetch_contact(job, contact); }
  Result<std::vector<AttemptId>> settled(const std::vector<AttemptId>& attempts) override { return store_->settled(attempts); }
  Result<std::map<JobId, JobStateSeen>> states(const std::vector<JobId>& jobs) override { return store_->states(jobs); }

  Status commit(const LeaseGrant& grant, JobId job, const std::vector<JobEffect>& saves, Instant now) override {
    const auto begun = std::chrono::steady_clock::now();
    Status committed = store_->commit(grant, job, saves, now);
    commit_.observe(std::chrono::duration<double>(std::chrono::steady_clock::now() - begun).count());
    if (committed.ok()) count(job, saves);
    return committed;
  }

 private:
  Metrics::Counter done(CompletionCode code) {
    return metrics_.counter("everdial_attempts_done_total", "Attempts with a result, by completion code.",
                            {{"code", std::string(to_string(code))}});
  }

  void count(JobId job, const std::vector<JobEffect>& saves) {
    std::map<std::string, int> aborted;
    for (const JobEffect& save : saves)
      std::visit(Overloaded{
                     [&](const SaveIntent&) { intents_.add(); },
                     [&](const SaveResult& e) { done(e.code).add(); },
                     [&](const SaveAborted& e) { ++aborted[e.reason]; },
                     [&](const SaveUnknown&) { unknown_.add(); },
                     [&](const SaveRestricted& e) {
                       metrics_
                           .counter("everdial_contacts_restricted_total", "Contacts that were due and not dialed, by the reason's code.",
                                    {{"code", std::string(to_string(e.code))}})
                           .add();
                     },
                     [](const auto&) {},
                 },
                 save);
    for (const auto& [reason, times] : aborted) {
      metrics_
          .counter("everdial_attempts_aborted_total", "Attempts that were not executed, by the verdict on their order.",
                   {{"reason", reason}})
          .add(times);
      tell_aborted(job, reason, times);
    }
  }

  /// A trunk that is down refuses hundreds a second: one line tells of many.
  void tell_aborted(JobId job, const std::string& reason, int times) {
    constexpr auto kTellEvery = std::chrono::seconds(5);
    const std::lock_guard lock{mutex_};
    auto& [told_at, untold] = aborted_[reason];
    untold += times;
    const auto now = std::chrono::steady_clock::now();
    if (told_at && now - *told_at < kTellEvery) return;
    told_at = now;
    log_warning("orders were not executed; their contacts come again",
                {{"reason", reason}, {"orders", std::to_string(std::exchange(untold, 0))}, {"job", to_string(job)}});
  }

  std::unique_ptr<AttemptStore> store_;
  Metrics& metrics_;
  Metrics::Counter intents_, unknown_;
  Metrics::Histogram commit_;
  std::mutex mutex_;
  std::map<std::string, std::pair<std::optional<std::chrono::steady_clock::time_point>, int>>
      aborted_;  ///< by reason: when told, since then
};

// ---- trunks --------------------------------------------------------------------------------------------------------------------

class MeasuredTrunk final : public Trunk {
 public:
  MeasuredTrunk(std::unique_ptr<Trunk> trunk, const std::vector<std::string>& names, Metrics& metrics)
      : trunk_(std::move(trunk)), metrics_(metrics) {
    for (const std::string& name : names) {
      set_up(name, true);  // it is taken to be there until it does not answer
      invites(name).add(0);
      calls_[name] = 0;
    }
    metrics_.before_text([this] {
      for (const auto& [name, calls] : calls_)
        metrics_.gauge("everdial_calls_in_the_air", "Calls from INVITE to their last event.", {{"trunk", name}}).set(calls);
    });
  }

  void listen(Handler handler, Keep keep) override {
    trunk_->listen(
        [this, handler = std::move(handler)](std::vector<TrunkEvent> events) {
          for (const TrunkEvent& event : events) see(event);
          handler(std::move(events));
        },
        std::move(keep));
  }
  void place(LegOrder order) override {
    invites(order.trunk).add();
    ++calls_[order.trunk];
    legs_[order.attempt] = order.trunk;
    trunk_->place(std::move(order));
  }
  void play(const AttemptId& attempt, const std::string& prompt) override { trunk_->play(attempt, prompt); }
  void converse(const Conversation& conversation) override { trunk_->converse(conversation); }
  void press(const AttemptId& attempt, const std::string& digits) override { trunk_->press(attempt, digits); }
  void hang_up(const AttemptId& attempt) override { trunk_->hang_up(attempt); }
  void end_restored(const AttemptId& attempt, const std::string& snapshot) override {
    over(attempt);
    trunk_->end_restored(attempt, snapshot);
  }

 private:
  void see(const TrunkEvent& event) {
    switch (event.kind) {
      case TrunkEvent::Kind::trunk_up:
      case TrunkEvent::Kind::trunk_down:
        set_up(event.trunk, event.kind == TrunkEvent::Kind::trunk_up);
        break;
      case TrunkEvent::Kind::answered:
        if (const auto leg = legs_.find(event.attempt); leg != legs_.end())
          metrics_.counter("everdial_invites_answered_total", "INVITEs that were answered.", {{"trunk", leg->second}}).add();
        break;
      case TrunkEvent::Kind::failed:
        if (const auto leg = legs_.find(event.attempt); leg != legs_.end())
          metrics_
              .counter("everdial_invites_failed_total", "INVITEs that were not answered, by final SIP status; 0: none came, or not sent.",
                       {{"trunk", leg->second}, {"status", std::to_string(event.sip_status)}})
              .add();
        over(event.attempt);
        break;
      case TrunkEvent::Kind::ended:
        over(event.attempt);
        break;
      default:
        break;
    }
  }
  void over(const AttemptId& attempt) {
    if (const auto leg = legs_.extract(attempt)) --calls_[leg.mapped()];
  }
  void set_up(const std::string& trunk, bool up) {
    metrics_.gauge("everdial_trunk_up", "1: the trunk answers this MPP.", {{"trunk", trunk}}).set(up ? 1 : 0);
  }
  Metrics::Counter invites(const std::string& trunk) {
    return metrics_.counter("everdial_invites_total", "INVITEs sent, not counting those repeated or sent again with credentials.",
                            {{"trunk", trunk}});
  }

  std::unique_ptr<Trunk> trunk_;
  Metrics& metrics_;
  std::unordered_map<AttemptId, std::string> legs_;  ///< whose last event has not come, with their trunks
  std::map<std::string, int> calls_;                 ///< by trunk
};

// ---- orders --------------------------------------------------------------------------------------------------------------------

Metrics::Counter orders(Metrics& metrics, OrderVerdict verdict) {
  return metrics.counter("everdial_orders_total", "Orders to place a call, by verdict.", {{"verdict", std::string(to_string(verdict))}});
}

}  // namespace

std::unique_ptr<AttemptStore> measured(std::unique_ptr<AttemptStore> store, Metrics& metrics) {
  return std::make_unique<MeasuredAttemptStore>(std::move(store), metrics);
}

std::unique_ptr<Trunk> measured(std::unique_ptr<Trunk> trunk, const std::vector<std::string>& names, Metrics& metrics) {
  return std::make_unique<MeasuredTrunk>(std::move(trunk), names, metrics);
}

RequestHandler measured(RequestHandler handler, Metrics& metrics) {
  for (const auto& [verdict, name] : enum_names<OrderVerdict>) orders(metrics, verdict).add(0);
  return [handler = std::move(handler), &metrics](Request request, ReplyFn reply) {
    handler(std::move(request), [&metrics, reply = std::move(reply)](Result<Reply> result) {
      const auto count = [&](const std::vector<OrderVerdict>& verdicts) {
        for (const OrderVerdict verdict : verdicts) orders(metrics, verdict).add();
      };
      if (result.ok())
        std::visit(Overloaded{
                       [&](const CallsPlaced& r) { count(r.verdicts); },
                       [&](const CallsExecuted& r) { count(r.verdicts); },
                       [](const auto&) {},
                   },
                   *result);
      reply(std::move(result));
    });
  };
}

}  // namespace everdial
