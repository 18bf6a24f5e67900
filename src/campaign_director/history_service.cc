#include "campaign_director/history_service.h"

namespace everdial {

namespace {
constexpr uint64_t kHistoryLane = 102;
}

void HistoryService::acquired(const LeaseGrant& grant) {
  grant_ = grant;
  life_ = std::make_shared<char>();
  step();
}

void HistoryService::lost(const LeaseGrant&) {
  grant_.reset();
  life_.reset();
  timer_.reset();
}

void HistoryService::step() {
  run_store(
      seams_.store, kHistoryLane, [&store = store_, grant = *grant_, limits = settings_.limits] { return store.take_up(grant, limits); },
      [this, life = std::weak_ptr(life_)](Result<HistoryStore::Step> done) {
        if (life.expired()) return;
        if (!done.ok() && done.error().kind == ErrorKind::fenced) return fenced_(*grant_);
        // Whether a step whose answer was lost has been made, the record knows.
        if (done.ok())
          for (const NuisanceAlarm& alarm : done->raised) settings_.raised(alarm);
        if (done.ok() && !done->caught_up) return step();
        timer_ = seams_.clock.after(settings_.look_every, [this] { step(); });
      });
}

}  // namespace everdial
