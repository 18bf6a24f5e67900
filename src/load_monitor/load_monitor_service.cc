#include "load_monitor/load_monitor_service.h"

namespace everdial {
namespace {

constexpr uint64_t load_lane = 300;

}  // namespace

LoadMonitorService::LoadMonitorService(Seams& seams, LoadStore& store, ServerName server, std::function<std::optional<HostLoad>()> measure,
                                       std::function<void(const LeaseGrant&)> fenced, Settings settings)
    : seams_(seams),
      store_(store),
      server_(std::move(server)),
      measure_(std::move(measure)),
      fenced_(std::move(fenced)),
      settings_(settings) {}

const Resource& LoadMonitorService::resource() {
  static const Resource name{"load_monitor"};
  return name;
}

void LoadMonitorService::start() { tick(); }

/// One after the other: report, and, as master, judge what all have reported. A failure is made up by the next round.
void LoadMonitorService::tick() {
  run_store(
      seams_.store, load_lane,
      [&store = store_, server = server_, load = measure_()] {
        if (load) (void)store.report(server, *load);
        return store.loads();
      },
      [this, alive = std::weak_ptr(alive_)](Result<LoadsSeen> loads) {
        if (alive.expired()) return;
        timer_ = seams_.clock.after(settings_.every, [this] { tick(); });
        if (!grant_ || !loads.ok()) return;
        judge(*loads);
      });
}

void LoadMonitorService::judge(const LoadsSeen& seen) {
  std::vector<LoadEffect> effects = settings_.machine.step(seen, seams_.clock.now());
  if (effects.empty()) return;
  run_store(
      seams_.store, load_lane, [&store = store_, grant = *grant_, effects = std::move(effects)] { return store.commit(grant, effects); },
      [this, grant = *grant_, alive = std::weak_ptr(alive_)](Status saved) {
        if (!alive.expired() && !saved.ok() && saved.error().kind == ErrorKind::fenced) fenced_(grant);
      });
}

}  // namespace everdial
