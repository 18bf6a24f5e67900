#include "main/component_main.h"

#include <systemd/sd-daemon.h>

#include <csignal>
#include <iostream>
#include <nlohmann/json.hpp>
#include <utility>

#include "dashboard/component_watch.h"
#include "dashboard/server_store.h"
#include "dashboard/status_store.h"
#include "runtime/pg.h"

namespace everdial {
namespace {

/// Does nothing where no service manager listens.
void tell_manager(const std::string& text) { (void)sd_notify(0, text.c_str()); }

/// SIGTERM and SIGINT, which come only when they are asked for.
class EndSignals {
 public:
  EndSignals() {
    sigemptyset(&signals_);
    sigaddset(&signals_, SIGTERM);
    sigaddset(&signals_, SIGINT);
    sigprocmask(SIG_BLOCK, &signals_, nullptr);
  }
  bool come_within(Duration wait) const {
    const timespec time{wait / 1s, static_cast<long>(wait % Duration(1s) / 1us) * 1000};
    return sigtimedwait(&signals_, nullptr, &time) > 0;
  }

 private:
  sigset_t signals_{};
};

class Unit {
 public:
  Unit(pg::Pool& pool, ServerName server, std::string component)
      : pool_(pool), server_(std::move(server)), component_(std::move(component)), watch_(component_) {}

  int run() {
    const EndSignals signals;
    bool ready = false;
    do {
      const auto verdict = act([this](const auto&... seen) { return watch_.step(seen...); });
      if (verdict.ready && !std::exchange(ready, true)) tell_manager("READY=1");
      if (verdict.end) return static_cast<int>(*verdict.end);
    } while (!signals.come_within(kLookEvery));
    return stop(signals);
  }

  Status order(ComponentAction action) {
    const auto ordered = pool_.transaction<nlohmann::json>(
        [&](pg::Connection& db) { return server_store::order_component(db, server_, component_, action, std::string(kServiceManager)); });
    if (!ordered.ok()) return ordered.error();
    return success();
  }

 private:
  static constexpr Duration kLookEvery = 500ms, kLookForEndEvery = 100ms;
  static constexpr Duration kEndsWithin = 45s;  ///< longer than a component may drain

  int stop(const EndSignals& signals) {
    tell_manager("STOPPING=1");
    const auto until = std::chrono::steady_clock::now() + kEndsWithin;
    while (std::chrono::steady_clock::now() < until) {
      const auto verdict = act([this](const auto&... seen) { return watch_.stop(seen...); });
      if (verdict.end) return static_cast<int>(*verdict.end);
      signals.come_within(kLookForEndEvery);
    }
    std::cerr << "everdial: " << component_ << " has not ended within " << kEndsWithin / 1s << " s (" << said_
              << "); to end it at once: everdialctl component kill " << server_.value << ' ' << component_ << '\n';
    return 1;
  }

  /// Looks, does what is to be done about it, and says how it is.
  template <class Decide>
  ComponentWatch::Verdict act(Decide decide) {
    const auto seen = look();
    if (!seen.ok()) {
      say("not known: " + seen.error().message);
      return {};
    }
    // A server that nobody has heard of does not run.
    const auto status = system_status(seen->system).servers;
    const auto verdict = decide(status.empty() ? ServerStatus{.name = server_.value} : status.front(), seen->stopped_by);
    say(verdict.status);
    if (!verdict.order) return verdict;
    if (const Status ordered = order(*verdict.order); !ordered.ok()) say(ordered.error().message);
    return verdict;
  }

  Result<status_store::ComponentSeen> look() {
    auto db = pool_.take();
    if (!db.ok()) return db.error();
    return status_store::component_seen(**db, server_, component_);
  }

  /// Once each time that it changes.
  void say(const std::string& status) {
    if (status == said_) return;
    said_ = status;
    std::cout << component_ << ": " << status << std::endl;
    tell_manager("STATUS=" + status);
  }

  pg::Pool& pool_;
  ServerName server_;
  std::string component_;
  ComponentWatch watch_;
  std::string said_;
};

}  // namespace

int watch_component(pg::Pool& pool, const ServerName& server, const std::string& component) { return Unit(pool, server, component).run(); }

Status kill_component(pg::Pool& pool, const ServerName& server, const std::string& component) {
  return Unit(pool, server, component).order(ComponentAction::kill);
}

}  // namespace everdial
