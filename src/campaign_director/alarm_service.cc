#include "campaign_director/alarm_service.h"

#include <algorithm>

namespace everdial {

namespace {
// The webhook may be slow; looks do not wait for it.
constexpr uint64_t kAlarmLane = 102, kWebhookLane = 103;
constexpr int kAtATime = 10;
}  // namespace

AlarmService::AlarmService(Seams& seams, AlarmStore& store, const Directory& directory, std::function<void(const LeaseGrant&)> fenced,
                           Settings settings)
    : seams_(seams),
      store_(store),
      directory_(directory),
      fenced_(std::move(fenced)),
      settings_(std::move(settings)),
      machine_(settings_.machine) {}

void AlarmService::acquired(const LeaseGrant& grant) {
  grant_ = grant;
  machine_ = AlarmMachine{settings_.machine};
  look_again();
}

void AlarmService::lost() {
  grant_.reset();
  timer_.reset();
}

template <class Work, class Done>
void AlarmService::run(Work work, Done done) {
  run_store(seams_.store, kAlarmLane, std::move(work), [this, epoch = grant_->epoch, done = std::move(done)](auto result) {
    if (!grant_ || grant_->epoch != epoch) return;
    if (!result.ok() && result.error().kind == ErrorKind::fenced) return fenced_(*grant_);
    done(std::move(result));
  });
}

void AlarmService::look_again() {
  timer_ = seams_.clock.after(settings_.look_every, [this] { look(); });
}

void AlarmService::look() {
  run([&store = store_] { return store.facts(); },
      [this](Result<AlarmFacts> facts) {
        if (!facts.ok()) return look_again();
        seen(std::move(*facts));
      });
}

void AlarmService::seen(AlarmFacts facts) {
  for (const Session& session : directory_.sessions()) {
    facts.sessions.push_back(session.incarnation);
    if (session.component == "server" && !session.draining) facts.servers.push_back(session);
  }
  facts.living_servers = directory_.serving("server");
  facts.mpps = directory_.serving("mpp");
  std::vector<AlarmEffect> effects = machine_.step(facts, seams_.clock.steady());
  if (settings_.open) settings_.open(facts.open);
  const auto then = [this] {
    tell();
    look_again();
  };
  if (effects.empty()) return then();
  run([&store = store_, grant = *grant_, effects,
       deliver = static_cast<bool>(settings_.post)] { return store.commit(grant, effects, deliver); },
      [this, effects, then](Status committed) {
        if (committed.ok() && settings_.note)
          for (const AlarmEffect& effect : effects) settings_.note(effect);
        then();
      });
}

void AlarmService::tell() {
  if (!settings_.post || std::exchange(telling_, true)) return;
  run_store(
      seams_.store, kWebhookLane,
      [this, grant = *grant_]() -> Status {
        const auto due = store_.due(kAtATime);
        if (!due.ok()) return due.error();
        for (const auto& delivery : *due) {
          const Status told = settings_.post(delivery.body);
          std::optional<Duration> wait;
          if (!told.ok() && delivery.tries + 1 < settings_.most_tries)
            wait = std::min<Duration>(settings_.first_wait * (1LL << std::min(delivery.tries, 20)), settings_.longest_wait);
          if (!told.ok() && !wait && settings_.gave_up) settings_.gave_up(told.error().message);
          const Status kept =
              told.ok() ? store_.delivered(grant, delivery.id) : store_.not_delivered(grant, delivery.id, told.error().message, wait);
          if (!kept.ok()) return kept;
          if (!told.ok()) break;  // the others would have to wait for it as long; they come later
        }
        return success();
      },
      [this](Status) { telling_ = false; });
}

}  // namespace everdial
