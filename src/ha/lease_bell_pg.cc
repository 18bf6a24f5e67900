#include "ha/lease_bell_pg.h"

#include <condition_variable>
#include <mutex>
#include <thread>

namespace everdial {
namespace {

constexpr auto kListen = 100ms;          // at a time: as long as whoever ends us may have to wait
constexpr int kListensPerQuestion = 50;  // a connection that only listens does not see that its far end is gone
constexpr auto kConnectAgain = std::chrono::seconds(1);

}  // namespace

struct LeaseBell::State {
  pg::Settings settings;
  std::function<void()> rung;
  std::mutex mutex{};
  std::condition_variable ending{};
  bool ended = false;
  std::thread thread{};

  bool has_ended() {
    const std::lock_guard lock{mutex};
    return ended;
  }
  void run() {
    while (!has_ended()) {
      listen();
      std::unique_lock lock{mutex};
      ending.wait_for(lock, kConnectAgain, [this] { return ended; });
    }
  }
  void listen() {
    auto connection = pg::Connection::open(settings);
    if (!connection.ok() || !(*connection)->execute("listen ha_lease").ok()) return;
    rung();
    for (int listens = 1; !has_ended(); ++listens) {
      const Result<bool> came = (*connection)->wait_for_notify(kListen);
      if (!came.ok() || (listens % kListensPerQuestion == 0 && !(*connection)->query("select 1").ok())) return;
      if (*came) rung();
    }
  }
};

LeaseBell::LeaseBell(pg::Settings settings, std::function<void()> rung)
    : state_(new State{.settings = std::move(settings), .rung = std::move(rung)}) {
  state_->thread = std::thread([state = state_.get()] { state->run(); });
}

LeaseBell::~LeaseBell() {
  {
    const std::lock_guard lock{state_->mutex};
    state_->ended = true;
  }
  state_->ending.notify_all();
  state_->thread.join();
}

}  // namespace everdial
