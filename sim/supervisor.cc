#include "sim/supervisor.h"

#include "base/overloaded.h"

namespace everdial::sim {

using namespace server;

namespace {
constexpr uint64_t kRenewLane = 1, kBuryLane = 2, kPollLane = 3;
}

Supervisor::Supervisor(Ground& ground, ServerName name, Incarnation me, Address address, std::unique_ptr<LeaseStore> leases,
                       std::vector<ChildName> children, Children hands)
    : name_(name),
      me_(me),
      process_(ground, name.value, name.value + "/server", std::move(address)),
      leases_(std::move(leases)),
      children_(std::move(hands)),
      machine_(me, std::move(children), {}),
      detector_(std::move(me), std::move(name), "sim", {}),
      polled_at_(process_.steady()) {
  process_.hear_datagrams([this](const std::string& bytes) {
    if (auto heartbeat = decode_heartbeat(bytes)) detect(HeartbeatReceived{std::move(*heartbeat), process_.now()});
  });
  poll();
  look_for_predecessor();
}

// ---- entering, as ServerService does -----------------------------------------------------------------------------------------

void Supervisor::look_for_predecessor() {
  run_store(
      process_, kBuryLane, [this] { return leases_->sessions(); },
      [this](Result<std::vector<Session>> seen) {
        if (!seen.ok()) return again([this] { look_for_predecessor(); });
        std::vector<Incarnation> dead;
        for (const Session& session : *seen)
          if (session.server == name_) dead.push_back(session.incarnation);
        if (dead.empty()) return enter({});
        // No twin lives in the simulator; the time that is taken to look for one counts all the same.
        timer_ = process_.after(1200ms, [this, dead] { enter(dead); });
      });
}

void Supervisor::enter(std::vector<Incarnation> dead) {
  const Session session{.incarnation = me_, .server = name_, .component = "server", .address = process_.address(), .version = "sim"};
  run_store(
      process_, kBuryLane,
      [this, dead, session]() -> Status {
        if (Status buried = dead.empty() ? success() : leases_->bury(dead, "server_restarted"); !buried.ok()) return buried;
        return leases_->open_session(session);
      },
      [this, dead](Status entered) {
        if (!entered.ok()) return again([this, dead] { enter(dead); });
        perform(machine_.begin(process_.steady()));
        tick();
      });
}

void Supervisor::again(std::function<void()> step) { timer_ = process_.after(500ms, std::move(step)); }

// ---- running -----------------------------------------------------------------------------------------------------------------

void Supervisor::tick() {
  timer_ = process_.after(100ms, [this] { tick(); });
  feed(ServerTick{});
  const Instant now = process_.steady();
  detect(DetectorTick{process_.now(), {}, now - polled_at_, machine_.unfit(now)});
}

void Supervisor::poll() {
  run_store(
      process_, kPollLane, [this] { return leases_->sessions(); },
      [this](Result<std::vector<Session>> sessions) {
        poll_timer_ = process_.after(250ms, [this] { poll(); });
        if (!sessions.ok()) return;
        polled_at_ = process_.steady();
        PeersSeen seen;
        for (const Session& peer : *sessions) {
          if (peer.component != "server") continue;
          auto& server = seen.peers.emplace_back(PeerServer{peer.incarnation, peer.server, peer.address, {}, peer.renew_seq});
          for (const Session& session : *sessions)
            if (session.server == peer.server && session.component != "server") server.components.push_back(session.incarnation);
        }
        detect(seen);
      });
}

void Supervisor::hear(const ChildName& child, bool fit) {
  process_.post([this, child, fit] { feed(ChildProgressed{child, fit}); });
}

void Supervisor::exited(const ChildName& child) {
  process_.post([this, child] { feed(ChildExited{child}); });
}

void Supervisor::feed(const Input& input) { perform(machine_.step(input, process_.steady())); }

void Supervisor::perform(const std::vector<Effect>& effects) {
  for (const Effect& effect : effects)
    std::visit(
        Overloaded{
            [&](const StartChild& e) {
              const Incarnation incarnation{me_.value + "." + std::to_string(++started_) + "-" + name_.value + "/" + to_string(e.child)};
              feed(ChildStarted{e.child, incarnation});
              children_.start(e.child, incarnation);
            },
            [&](const KillChild& e) { children_.kill(e.child); },
            [&](const RenewSessions& e) {
              run_store(
                  process_, kRenewLane, [this, e] { return leases_->renew(e.incarnations); }, [this](Status) { feed(SessionsRenewed{}); });
            },
            [&](const BuryDead& e) {
              run_store(
                  process_, kBuryLane, [this, e] { return leases_->bury(e.dead, e.reason); },
                  [this, e](Status buried) {
                    if (buried.ok()) feed(DeadBuried{e.dead});
                    else feed(DeadNotBuried{});
                  });
            },
            [](const DrainChild&) {},
            [](const ExitServer&) {},
        },
        effect);
}

void Supervisor::detect(const DetectorInput& input) {
  for (DetectorEffect& effect : detector_.step(input, process_.steady()))
    std::visit(Overloaded{
                   [&](SendHeartbeat& e) {
                     process_.send_datagram(e.to, encode(e.heartbeat), [this, to = e.heartbeat.to] { detect(PeerRefused{to}); });
                   },
                   [&](TellOutlook& e) { children_.tell(e.outlook); },
               },
               effect);
}

}  // namespace everdial::sim
