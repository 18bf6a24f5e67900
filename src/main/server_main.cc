#include "main/server_main.h"

#include <csignal>

#include "main/process.h"
#include "main/version.h"
#include "runtime/health.h"
#include "runtime/incarnation.h"
#include "runtime/migrate.h"
#include "server/server_service.h"

namespace everdial {
namespace {

/// A server asks nobody and answers nobody but over HTTP.
class NoNetwork final : public Network {
  void request(const Address&, Request, Duration, ReplyFn reply) override {
    reply(Error{ErrorKind::unavailable, "a server makes no requests"});
  }
  void serve(RequestHandler) override {}
};

std::vector<server::ChildName> children_of(const Config& config) {
  std::vector<server::ChildName> children;
  for (const auto& component : config.server.components) {
    if (component != "mpp") children.push_back({component, ""});
    else
      for (int worker = 1; worker <= config.mpp.workers; ++worker) children.push_back({component, std::to_string(worker)});
  }
  return children;
}

class Server {
 public:
  Server(const Config& config, const std::filesystem::path& config_file, Incarnation me, pg::Settings database)
      : config_(config),
        me_(std::move(me)),
        pool_(std::move(database)),
        store_(loop_, 4),
        lease_store_(make_pg_lease_store(pool_)),
        server_store_(make_pg_server_store(pool_)),
        watch_(seams_, *lease_store_, me_, {}, 500ms),
        service_(seams_, loop_, *lease_store_, *server_store_, me_, settings(config_file)),
        metrics_({{"server", config.server.name}, {"component", "server"}}),
        serving_(metrics_.gauge("everdial_components_serving", "Component processes that run and make progress.")),
        wanted_(metrics_.gauge("everdial_components_wanted", "Component processes that this server is to run.")),
        ended_(metrics_.counter("everdial_component_exits_total", "Component processes that have ended, for whatever reason.")) {
    watch_.on_poll = [this](const std::vector<Session>& sessions, const std::vector<LeaseRow>& leases) {
      directory_.update(sessions, leases);
      seen_at_ = loop_.steady();
    };
  }

  int run() {
    loop_.on_signal(SIGTERM, [this] { drain(); });
    loop_.on_signal(SIGINT, [this] { drain(); });
    listen();
    watch_.start();
    service_.start();
    loop_.run();
    return code_;
  }

 private:
  ServerService::Settings settings(const std::filesystem::path& config_file) {
    ServerService::Settings settings;
    settings.name = ServerName{config_.server.name};
    settings.address = to_string(config_.health.listen);
    settings.version = kVersion;
    settings.children = children_of(config_);
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

  void drain() {
    log_info("draining");
    service_.drain();
  }

  void listen() {
    auto opened = HealthServer::open(
        loop_, config_.health.listen.host, config_.health.listen.port,
        {[this] { return ready(); }, [this](const std::string& component) { return role(component); }, [this] { return metrics(); }});
    if (opened.ok()) {
      health_ = std::move(*opened);
      return;
    }
    // Calls go on without it; whoever holds the port may let it go.
    log_error(opened.error().message + "; trying again");
    listen_timer_ = loop_.after(5s, [this] { listen(); });
  }

  bool sees_database() const { return seen_at_ && loop_.steady() - *seen_at_ < 3s; }

  Status ready() const {
    if (!sees_database()) return Error{ErrorKind::unavailable, "the database cannot be reached"};
    if (service_.serving() < service_.wanted())
      return Error{ErrorKind::unavailable,
                   std::to_string(service_.serving()) + " of " + std::to_string(service_.wanted()) + " components run"};
    return success();
  }

  /// Where one of several is the master: is it here? Of the others: does it run here and take work?
  std::optional<bool> role(const std::string& component) const {
    const auto& all = config_.server.components;
    if (std::find(all.begin(), all.end(), component) == all.end()) return std::nullopt;
    if (!sees_database()) return false;
    for (const Session& session : directory_.serving(component)) {
      if (session.server.value != config_.server.name) continue;
      const auto lease = directory_.lease(Resource{component});
      if (!lease || lease->holder == session.incarnation) return true;
    }
    return false;
  }

  std::string metrics() {
    serving_.set(static_cast<double>(service_.serving()));
    wanted_.set(static_cast<double>(service_.wanted()));
    return metrics_.text();
  }

  const Config& config_;
  Incarnation me_;
  int code_ = 0;
  Loop loop_;
  pg::Pool pool_;
  StoreThreads store_;
  SystemRandom random_;
  NoNetwork network_;
  Seams seams_{loop_, random_, store_, network_};
  std::unique_ptr<LeaseStore> lease_store_;
  std::unique_ptr<ServerStore> server_store_;
  LeaseService watch_;  ///< competes for nothing: it only looks
  Directory directory_;
  std::optional<Instant> seen_at_;
  ServerService service_;
  Metrics metrics_;
  Metrics::Gauge serving_, wanted_;
  Metrics::Counter ended_;
  std::unique_ptr<HealthServer> health_;
  std::unique_ptr<Timer> listen_timer_;
};

}  // namespace

int run_server(const Config& config, const std::filesystem::path& config_file) {
  std::signal(SIGPIPE, SIG_IGN);
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
