#include "main/server_main.h"

#include <algorithm>
#include <csignal>
#include <map>
#include <nlohmann/json.hpp>
#include <set>

#include "ha/heartbeat_link.h"
#include "ha/lease_bell_pg.h"
#include "main/component_metrics.h"
#include "main/process.h"
#include "main/version.h"
#include "runtime/health.h"
#include "runtime/incarnation.h"
#include "runtime/migrate.h"
#include "runtime/process_rpc.h"
#include "runtime/reach.h"
#include "server/server_service.h"

namespace everdial {
namespace {

constexpr Duration kObserveEvery = 100ms;
constexpr Duration kAskClockEvery = 5s;
constexpr Duration kAgainAfter = 500ms;
constexpr Duration kConnectPatience = 1s;
constexpr uint64_t kClockLane = 3;

double seconds(Duration d) { return std::chrono::duration<double>(d).count(); }

/// All that a server asks of others: its components' metrics. It answers over HTTP, and with heartbeats.
std::vector<std::unique_ptr<RpcReceiver>> receivers() {
  std::vector<std::unique_ptr<RpcReceiver>> all;
  all.push_back(make_process_rpc());
  return all;
}

std::vector<server::ChildName> children_of(const Config& config) {
  std::vector<server::ChildName> children;
  for (const auto& component : config.server.components) {
    if (component != "mpp") children.push_back({component, ""});
    else
      for (int worker = 1; worker <= config.mpp.workers; ++worker) children.push_back({component, std::to_string(worker)});
  }
  return children;
}

/// All other servers, with what runs on them.
std::vector<PeerServer> peers_of(const ServerName& self, const std::vector<Session>& sessions) {
  std::vector<PeerServer> peers;
  for (const Session& server : sessions) {
    if (server.component != "server" || server.server == self) continue;
    PeerServer& peer = peers.emplace_back(PeerServer{server.incarnation, server.server, server.address, {}, server.renew_seq});
    for (const Session& session : sessions)
      if (session.server == server.server && session.component != "server") peer.components.push_back(session.incarnation);
  }
  return peers;
}

/// Components of other servers that take no connection from here, by their server.
std::map<ServerName, std::vector<std::string>> unreachable_components(const ServerName& self, const std::vector<Session>& sessions) {
  std::vector<Address> addresses;
  for (const Session& session : sessions)
    if (session.server != self && session.component != "server" && !session.address.value.empty()) addresses.push_back(session.address);
  const std::vector<Address> failed = out_of_reach(addresses, kConnectPatience);
  std::map<ServerName, std::vector<std::string>> out;
  for (const Session& session : sessions)
    if (session.server != self && std::find(failed.begin(), failed.end(), session.address) != failed.end())
      out[session.server].push_back(session.component + " at " + session.address.value);
  return out;
}

/// How this server sees the others, for people.
std::string peers_json(const std::vector<DetectorMachine::PeerView>& peers,
                       const std::map<ServerName, std::vector<std::string>>& unreachable) {
  const auto milliseconds = [](Duration d) { return std::chrono::duration<double, std::milli>(d).count(); };
  nlohmann::json out = nlohmann::json::array();
  for (const auto& peer : peers) {
    const auto failed = unreachable.find(peer.name);
    out.push_back({{"name", peer.name.value},
                   {"heard", peer.heard && !peer.suspicion},
                   {"silence_ms", milliseconds(peer.silence)},
                   {"database_age_ms", milliseconds(peer.database_age)},
                   {"version", peer.version},
                   {"unreachable", failed == unreachable.end() ? std::vector<std::string>{} : failed->second}});
  }
  return out.dump();
}

class Server {
 public:
  Server(const Config& config, const std::filesystem::path& config_file, Incarnation me, pg::Settings database)
      : config_(config),
        me_(std::move(me)),
        metrics_({{"server", config.server.name}, {"component", "server"}}),
        pool_(counted(database, metrics_)),
        store_(loop_, 4),
        network_(loop_, network_settings(config), receivers()),
        lease_store_(make_pg_lease_store(pool_)),
        server_store_(make_pg_server_store(pool_)),
        watch_(seams_, *lease_store_, me_, {}, 250ms),
        heartbeats_(HeartbeatLink::open(seams_, me_, ServerName{config.server.name}, kVersion,
                                        {config.rpc.listen_host, config.rpc.advertise_host, config.heartbeat.port, {}},
                                        [this](const Outlook& outlook) { look(outlook); })),
        service_(seams_, loop_, *lease_store_, *server_store_, me_, settings(config_file)),
        serving_(metrics_.gauge("everdial_components_serving", "Component processes that run and make progress.")),
        wanted_(metrics_.gauge("everdial_components_wanted", "Component processes that this server is to run.")),
        database_age_(metrics_.gauge("everdial_database_age_seconds", "Since the database last answered this server.")),
        database_clock_(
            metrics_.gauge("everdial_database_clock_offset_seconds", "How far the database's clock is ahead of this server's.")),
        ended_(metrics_.counter("everdial_component_exits_total", "Component processes that have ended, for whatever reason.")),
        bell_(counted(std::move(database), metrics_), [this] {
          loop_.post([this] {
            watch_.wake();
            service_.wake();
          });
        }) {
    metrics_.gauge("everdial_process_info", "1, with the version of the program.", {{"version", kVersion}}).set(1);
    metrics_.before_text([this] { look_for_metrics(); });
    watch_.on_poll = [this](const std::vector<Session>& sessions, const std::vector<LeaseRow>& leases) {
      directory_.update(sessions, leases);
      seen_at_ = loop_.steady();
      (*heartbeats_)->set_peers(peers_of(ServerName{config_.server.name}, sessions));
    };
  }

  int run() {
    loop_.on_signal(SIGTERM, [this] { drain(); });
    loop_.on_signal(SIGINT, [this] { drain(); });
    if (!heartbeats_.ok()) {
      log_error(heartbeats_.error().message);
      return 1;
    }
    listen();
    watch_.start();
    start_heartbeats();
    service_.start();
    loop_.run();
    return code_;
  }

 private:
  ServerService::Settings settings(const std::filesystem::path& config_file) {
    ServerService::Settings settings;
    settings.name = ServerName{config_.server.name};
    if (heartbeats_.ok()) settings.address = (*heartbeats_)->address().value;
    settings.version = kVersion;
    settings.children = children_of(config_);
    settings.zones = config_.dialing.zones;
    settings.arguments = [config_file](const server::ChildName& child) {
      std::vector<std::string> arguments = {"everdial", child.component};
      if (!config_file.empty()) arguments.insert(arguments.end(), {"--config", config_file.string()});
      if (!child.instance.empty()) arguments.insert(arguments.end(), {"--instance", child.instance});
      return arguments;
    };
    settings.exit = [this] { loop_.stop(); };
    settings.refuse = [this](const Error& error) {
      log_error(error.message);
      code_ = 1;
      loop_.stop();
    };
    settings.note = [this](const std::string& message, const server::ChildName& child) {
      log_warning(message, {{"child", to_string(child)}});
    };
    settings.ended = [this] { ended_.add(); };
    return settings;
  }

  // ---- failure detection -----------------------------------------------------------------------------------------------------

  void start_heartbeats() {
    run_store(
        store_, kClockLane, [this] { return lease_store_->heartbeat_key(); },
        [this](const Result<std::string>& key) {
          if (!key.ok()) {
            key_timer_ = loop_.after(kAgainAfter, [this] { start_heartbeats(); });
            return;
          }
          (*heartbeats_)->start(*key);
          observe();
          ask_clock();
        });
  }

  void observe() {
    (*heartbeats_)->observe(database_age(), service_.unfit());
    observe_timer_ = loop_.after(kObserveEvery, [this] { observe(); });
  }

  void look(const Outlook& outlook) {
    std::set<std::string> why;
    for (const Doubt& doubt : outlook.doubts) why.insert(doubt.evidence);
    for (const std::string& each : why)
      if (!why_.contains(each)) log_warning("in doubt", {{"evidence", each}});
    for (const std::string& each : why_)
      if (!why.contains(each)) log_info("no longer in doubt", {{"evidence", each}});
    why_ = std::move(why);
    if (outlook.isolated && !isolated_) log_warning("isolated: most of the servers that live are out of reach; masters here are given up");
    if (!outlook.isolated && isolated_) log_info("no longer isolated");
    isolated_ = outlook.isolated;
    directory_.doubt(outlook.doubts);
    service_.tell(outlook);
  }

  /// How far the database's clock is ahead of ours; and what people are to know of this server.
  void ask_clock() {
    ServerReport report{.server = ServerName{config_.server.name}, .incarnation = me_, .version = kVersion};
    report.deaths = nlohmann::json(service_.deaths()).dump();
    run_store(
        store_, kClockLane,
        [this, report = std::move(report), peers = (*heartbeats_)->peers(),
         sessions = directory_.sessions()]() mutable -> Result<Duration> {
          report.peers = peers_json(peers, unreachable_components(report.server, sessions));
          const Instant before = loop_.now();
          const auto there = lease_store_->clock();
          if (!there.ok()) return there.error();
          report.database_time = loop_.now() - before;
          report.clock_offset = *there - before - report.database_time / 2;
          if (Status told = server_store_->report(report); !told.ok()) return told.error();
          return report.clock_offset;
        },
        [this](const Result<Duration>& offset) {
          if (offset.ok()) database_clock_.set(seconds(*offset));
          clock_timer_ = loop_.after(kAskClockEvery, [this] { ask_clock(); });
        });
  }

  Duration database_age() const { return loop_.steady() - seen_at_.value_or(started_at_); }

  void drain() {
    log_info("draining");
    service_.drain();
  }

  void listen() {
    auto opened =
        HealthServer::open(loop_, config_.health.listen.host, config_.health.listen.port,
                           {[this] { return ready(); }, [this](const std::string& component) { return role(component); },
                            [this](std::function<void(std::string)> done) { component_metrics_.read(components(), std::move(done)); }});
    if (opened.ok()) {
      health_ = std::move(*opened);
      return;
    }
    // Calls go on without it; whoever holds the port may let it go.
    log_error(opened.error().message + "; trying again");
    listen_timer_ = loop_.after(5s, [this] { listen(); });
  }

  bool sees_database() const { return seen_at_ && database_age() < 3s; }

  Status ready() const {
    if (!sees_database()) return Error{ErrorKind::unavailable, "the database cannot be reached"};
    if (service_.serving() < service_.wanted())
      return Error{ErrorKind::unavailable,
                   std::to_string(service_.serving()) + " of " + std::to_string(service_.wanted()) + " components run"};
    return success();
  }

  /// Where one of several is the master, of all or of a zone: is it here? Of the others: does it run here and take work?
  std::optional<bool> role(const std::string& component) const {
    const auto& all = config_.server.components;
    if (std::find(all.begin(), all.end(), component) == all.end()) return std::nullopt;
    if (!sees_database()) return false;
    const auto& zones = config_.dialing.zones;
    for (const Session& session : directory_.serving(component)) {
      if (session.server.value != config_.server.name) continue;
      const auto holds = [&](const std::optional<LeaseRow>& lease) { return lease && lease->holder == session.incarnation; };
      if (component == "agent_manager")
        return std::any_of(zones.begin(), zones.end(),
                           [&](const std::string& zone) { return holds(directory_.lease(agent_zone_resource(zone))); });
      const auto lease = directory_.lease(Resource{component});
      if (!lease || holds(lease)) return true;
    }
    return false;
  }

  std::vector<ComponentMetrics::Component> components() const {
    std::vector<ComponentMetrics::Component> all;
    for (const server::ChildName& child : children_of(config_)) {
      const auto& sessions = directory_.sessions();
      const auto session = std::find_if(sessions.begin(), sessions.end(), [incarnation = service_.incarnation_of(child)](const Session& s) {
        return s.incarnation == incarnation;
      });
      all.push_back({to_string(child), session == sessions.end() ? Address{} : session->address});
    }
    return all;
  }

  void look_for_metrics() {
    serving_.set(static_cast<double>(service_.serving()));
    wanted_.set(static_cast<double>(service_.wanted()));
    database_age_.set(seconds(database_age()));
    for (const auto& peer : (*heartbeats_)->peers()) show(peer);
  }

  void show(const DetectorMachine::PeerView& peer) {
    const auto set = [&](const char* name, const char* help, double value) {
      metrics_.gauge(name, help, {{"peer", peer.name.value}}).set(value);
    };
    set("everdial_peer_suspected", "1: this server does not hear the peer, or its machine refuses for it.", peer.suspicion ? 1 : 0);
    set("everdial_peer_silence_seconds", "Since the peer's last heartbeat.", seconds(peer.silence));
    set("everdial_peer_phi", "How improbable the peer's silence is: minus the power of ten.", peer.phi);
    set("everdial_peer_database_age_seconds", "Since the database last answered the peer, as it says.", seconds(peer.database_age));
    if (peer.clock_offset)
      set("everdial_peer_clock_offset_seconds", "How far the peer's clock is ahead of this server's.", seconds(*peer.clock_offset));
    if (peer.round_trip) set("everdial_peer_round_trip_seconds", "Of the quickest heartbeat of late.", seconds(*peer.round_trip));
  }

  const Config& config_;
  Incarnation me_;
  int code_ = 0;
  Loop loop_;
  Metrics metrics_;
  pg::Pool pool_;
  StoreThreads store_;
  SystemRandom random_;
  GrpcNetwork network_;
  ComponentMetrics component_metrics_{network_, metrics_};
  Seams seams_{loop_, random_, store_, network_};
  std::unique_ptr<LeaseStore> lease_store_;
  std::unique_ptr<ServerStore> server_store_;
  LeaseService watch_;  ///< competes for nothing: it only looks
  Directory directory_;
  Instant started_at_ = loop_.steady();
  std::optional<Instant> seen_at_;
  Result<std::unique_ptr<HeartbeatLink>> heartbeats_;
  std::set<std::string> why_;  ///< there are doubts, as logged
  bool isolated_ = false;
  ServerService service_;
  Metrics::Gauge serving_, wanted_, database_age_, database_clock_;
  Metrics::Counter ended_;
  std::unique_ptr<HealthServer> health_;
  std::unique_ptr<Timer> listen_timer_, key_timer_, observe_timer_, clock_timer_;
  LeaseBell bell_;  ///< last: it ends before what it wakes
};

}  // namespace

int run_server(const Config& config, const std::filesystem::path& config_file) {
  std::signal(SIGPIPE, SIG_IGN);
  note_grpc_complaints([](const std::string& text) { log_warning(text); });
  SystemRandom random;
  Incarnation me = new_incarnation(random);
  auto database = database_settings(config, "server", me);
  if (!database.ok()) {
    log_error(database.error().message);
    return 2;
  }
  log_info("starting", {{"version", kVersion}, {"incarnation", me.value}});
  return Server{config, config_file, std::move(me), std::move(*database)}.run();
}

}  // namespace everdial
