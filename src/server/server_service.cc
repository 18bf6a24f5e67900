#include "server/server_service.h"

#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include <csignal>

#include "base/overloaded.h"
#include "runtime/incarnation.h"

namespace everdial {

using namespace server;

namespace {
// Renewals must not wait behind a burial that waits for a lock.
constexpr uint64_t kRenewLane = 1;
constexpr uint64_t kBuryLane = 2;
constexpr uint64_t kWishesLane = 4;
constexpr Duration kAgainAfter = 500ms;

std::string how_it_ended(int status) {
  if (WIFSIGNALED(status)) return "killed by signal " + std::to_string(WTERMSIG(status));
  return "exited with " + std::to_string(WEXITSTATUS(status));
}
}  // namespace

ServerService::ServerService(Seams& seams, Loop& loop, LeaseStore& leases, ServerStore& store, Incarnation me, Settings settings)
    : seams_(seams),
      loop_(loop),
      leases_(leases),
      store_(store),
      me_(me),
      settings_(std::move(settings)),
      machine_(std::move(me), settings_.children, settings_.machine) {}

ServerService::~ServerService() {
  for (auto& [_, running] : running_) {
    running.watch.reset();
    close(running.process.link_fd);
    kill(running.process.pid, SIGKILL);
    waitpid(running.process.pid, nullptr, 0);
  }
}

void ServerService::start() {
  loop_.on_signal(SIGCHLD, [this, alive = std::weak_ptr(alive_)] {
    if (!alive.expired()) reap();
  });
  look_for_predecessor();
}

void ServerService::drain() {
  if (begun_) return feed(DrainRequested{});
  timer_.reset();
  settings_.exit();
}

// ---- entering: the sessions that our last life left behind are buried, unless they live ---------------------------------------

void ServerService::look_for_predecessor() {
  run_store(
      seams_.store, kBuryLane, [&leases = leases_] { return leases.sessions(); },
      [this, alive = std::weak_ptr(alive_)](Result<std::vector<Session>> seen) {
        if (alive.expired()) return;
        if (!seen.ok()) return again(seen.error(), [this] { look_for_predecessor(); });
        std::erase_if(*seen, [&](const Session& session) { return session.server != settings_.name; });
        if (seen->empty()) return enter({});
        timer_ = loop_.after(settings_.look_for_twin, [this, before = std::move(*seen)] { succeed(before); });
      });
}

void ServerService::succeed(const std::vector<Session>& before) {
  run_store(
      seams_.store, kBuryLane, [&leases = leases_] { return leases.sessions(); },
      [this, before, alive = std::weak_ptr(alive_)](Result<std::vector<Session>> now) {
        if (alive.expired()) return;
        if (!now.ok()) return again(now.error(), [this] { look_for_predecessor(); });
        std::vector<Incarnation> dead;
        for (const Session& old : before)
          for (const Session& session : *now) {
            if (session.incarnation != old.incarnation) continue;
            if (session.renew_seq != old.renew_seq)
              return settings_.refuse({ErrorKind::conflict, "a server named " + settings_.name.value + " is running already (its " +
                                                                old.component + " gives signs of life): stop it, or change server.name"});
            dead.push_back(old.incarnation);
          }
        enter(std::move(dead));
      });
}

void ServerService::enter(std::vector<Incarnation> dead) {
  std::vector<std::string> components;
  for (const ChildName& child : settings_.children)
    if (components.empty() || components.back() != child.component) components.push_back(child.component);
  Session session{.incarnation = me_,
                  .server = settings_.name,
                  .component = "server",
                  .address = Address{settings_.address},
                  .version = settings_.version};
  run_store(
      seams_.store, kBuryLane,
      [&leases = leases_, &store = store_, session = std::move(session), components = std::move(components), zones = settings_.zones,
       dead]() -> Result<std::set<std::string>> {
        if (!dead.empty())
          if (Status buried = leases.bury(dead, "server_restarted"); !buried.ok()) return buried.error();
        auto stopped = store.announce(session.server, components, zones, !dead.empty());
        if (!stopped.ok()) return stopped;
        if (Status opened = leases.open_session(session); !opened.ok()) return opened.error();
        return stopped;
      },
      [this, dead, alive = std::weak_ptr(alive_)](Result<std::set<std::string>> stopped) {
        if (alive.expired()) return;
        if (!stopped.ok()) return again(stopped.error(), [this, dead] { enter(dead); });
        begin(std::move(*stopped));
      });
}

void ServerService::again(const Error& error, std::function<void()> step) {
  settings_.note("cannot start yet: " + error.message, {"server", ""});
  timer_ = loop_.after(kAgainAfter, std::move(step));
}

void ServerService::begin(std::set<std::string> stopped) {
  begun_ = true;
  perform(machine_.begin(loop_.steady(), std::move(stopped)));
  tick();
  look_for_wishes();
}

void ServerService::look_for_wishes() {
  run_store(
      seams_.store, kWishesLane, [&store = store_, name = settings_.name] { return store.take_wishes(name); },
      [this, alive = std::weak_ptr(alive_)](Result<WishesSeen> wishes) {
        if (alive.expired()) return;
        if (wishes.ok()) {
          for (const ComponentOrder& order : wishes->orders)
            settings_.note("ordered: " + std::string(to_string(order.action)), {order.component, ""});
          feed(*wishes);
        }
        wishes_timer_ = loop_.after(settings_.look_for_wishes, [this] { look_for_wishes(); });
      });
}

// ---- running -----------------------------------------------------------------------------------------------------------------

void ServerService::tick() {
  timer_ = loop_.after(settings_.machine.tick, [this] { tick(); });
  feed(ServerTick{});
}

void ServerService::feed(const Input& input) { perform(machine_.step(input, loop_.steady())); }

void ServerService::perform(const std::vector<Effect>& effects) {
  for (const Effect& effect : effects)
    std::visit(Overloaded{
                   [&](const StartChild& e) { start_child(e.child); },
                   [&](const DrainChild& e) { signal_child(e.child, SIGTERM); },
                   [&](const KillChild& e) {
                     settings_.note("killed: it " + e.reason, e.child);
                     signal_child(e.child, SIGKILL);
                   },
                   [&](const RenewSessions& e) { renew(e); },
                   [&](const BuryDead& e) { bury(e); },
                   [&](const ExitServer&) { settings_.exit(); },
               },
               effect);
}

void ServerService::start_child(const ChildName& name) {
  const Incarnation incarnation = new_incarnation(seams_.random);
  auto started = server::start_child(settings_.program, settings_.arguments(name), incarnation);
  if (!started.ok()) {
    settings_.note(started.error().message, name);
    return feed(ChildNotStarted{name});
  }
  const int fd = started->link_fd;
  running_[name] = Running{*started, incarnation, loop_.on_readable(fd, [this, name, fd] { hear(name, fd); })};
  feed(ChildStarted{name, incarnation});
}

void ServerService::hear(const ChildName& name, int fd) {
  char sign = 0;
  ssize_t got = 0;
  bool heard = false;
  for (char next; (got = recv(fd, &next, 1, MSG_DONTWAIT)) > 0; heard = true) sign = next;
  if (heard) feed(ChildProgressed{name, sign != kWithoutDatabase});
  // Closed at the other end: its exit will be told by SIGCHLD; until then there is nothing more to read.
  if (got == 0 && running_.contains(name)) running_.at(name).watch.reset();
}

void ServerService::tell(const Outlook& outlook) { send_to_all(encode(outlook)); }

void ServerService::wake() { send_to_all(server::kWake); }

void ServerService::send_to_all(std::string_view text) {
  for (const auto& [_, running] : running_) (void)!send(running.process.link_fd, text.data(), text.size(), MSG_DONTWAIT | MSG_NOSIGNAL);
}

void ServerService::reap() {
  for (auto entry = running_.begin(); entry != running_.end();) {
    const auto current = entry++;
    int status = 0;
    if (waitpid(current->second.process.pid, &status, WNOHANG) != current->second.process.pid) continue;
    const ChildName name = current->first;
    current->second.watch.reset();
    close(current->second.process.link_fd);
    running_.erase(current);
    settings_.note(how_it_ended(status), name);
    settings_.ended();
    feed(ChildExited{name});
  }
}

void ServerService::signal_child(const ChildName& name, int number) {
  if (const pid_t pid = pid_of(name)) kill(pid, number);
}

void ServerService::bury(const BuryDead& bury) {
  run_store(
      seams_.store, kBuryLane, [&leases = leases_, bury] { return leases.bury(bury.dead, bury.reason); },
      [this, bury, alive = std::weak_ptr(alive_)](Status buried) {
        if (alive.expired()) return;
        if (buried.ok()) return feed(DeadBuried{bury.dead});
        settings_.note("cannot release its leases yet: " + buried.error().message, {"server", ""});
        feed(DeadNotBuried{});
      });
}

void ServerService::renew(const RenewSessions& renew) {
  run_store(
      seams_.store, kRenewLane, [&leases = leases_, renew] { return leases.renew(renew.incarnations); },
      [this, alive = std::weak_ptr(alive_)](Status renewed) {
        if (alive.expired()) return;
        if (!renewed.ok()) settings_.note("cannot renew sessions: " + renewed.error().message, {"server", ""});
        feed(SessionsRenewed{});
      });
}

pid_t ServerService::pid_of(const ChildName& child) const {
  const auto found = running_.find(child);
  return found == running_.end() ? 0 : found->second.process.pid;
}

Incarnation ServerService::incarnation_of(const ChildName& child) const {
  const auto found = running_.find(child);
  return found == running_.end() ? Incarnation{} : found->second.incarnation;
}

}  // namespace everdial
