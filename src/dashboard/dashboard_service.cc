#include "dashboard/dashboard_service.h"

#include "dashboard/access_store.h"
#include "dashboard/api.h"
#include "dashboard/http_server.h"
#include "dashboard/live_poller.h"
#include "dashboard/secrets.h"
#include "dashboard/static_files.h"
#include "runtime/log.h"
#include "runtime/pg.h"
#include "runtime/secret.h"

namespace everdial {

/// In the order of need: the poller ends before the server whose connections it wakes, the server before what its handlers use.
struct DashboardService::State {
  State(const DashboardSettings& settings, pg::Pool& pool, StaticFiles console_files, StaticFiles desktop_files)
      : feed(random_secret().substr(0, 8)),
        world{settings.server, settings.version, !settings.tls_certificate.empty(), pool, feed, rates},
        api(world),
        console(std::move(console_files)),
        desktop(std::move(desktop_files)) {
    world.agent_origins = settings.agent_origins;
  }

  Response handle(const ApiRequest& request) {
    if (request.target.starts_with("/api/")) return api.handle(request);
    return desktop.serves(request) ? desktop.handle(request) : console.handle(request);
  }

  LiveFeed feed;
  JobRates rates;
  ApiWorld world;
  Api api;
  StaticFiles console, desktop;
  std::unique_ptr<HttpServer> http;
  std::unique_ptr<LivePoller> poller;
};

DashboardService::DashboardService(DashboardSettings settings, pg::Pool& pool) : settings_(std::move(settings)), pool_(pool) {}
DashboardService::~DashboardService() = default;

Status DashboardService::start() {
  auto console = StaticFiles::load(settings_.console_dir, StaticFiles::Pages::console);
  if (!console.ok()) return console.error();
  auto desktop = StaticFiles::load(settings_.agent_dir, StaticFiles::Pages::agent_desktop);
  if (!desktop.ok()) return desktop.error();
  state_ = std::make_unique<State>(settings_, pool_, std::move(*console), std::move(*desktop));
  State& state = *state_;
  auto http = HttpServer::open(
      {.host = settings_.listen_host,
       .port = settings_.listen_port,
       .certificate_file = settings_.tls_certificate,
       .key_file = settings_.tls_key,
       .workers = settings_.workers},
      {.demands = [&api = state.api](std::string_view method, std::string_view target) { return api.demands(method, target); },
       .handle = [&state](const ApiRequest& request) { return state.handle(request); },
       .still_welcome = [&api = state.api](const ApiRequest& request) { return api.still_welcome(request); },
       .feed = state.feed});
  if (!http.ok()) return http.error();
  state.http = std::move(*http);
  state.poller = std::make_unique<LivePoller>(pool_, state.feed, state.rates, settings_.server, settings_.version);
  log_info("serving HTTP",
           {{"host", settings_.listen_host}, {"port", std::to_string(port())}, {"tls", settings_.tls_certificate.empty() ? "no" : "yes"}});
  return success();
}

uint16_t DashboardService::port() const { return state_->http->port(); }

void DashboardService::drain(std::function<void()> done) { state_->http->drain(std::move(done)); }

Status put_account(pg::Pool& pool, const std::string& name, const std::string& password, Role role) {
  const std::string hash = hash_password(password);
  return pool.transaction<std::monostate>([&](pg::Connection& db) -> Status {
    const auto known = access_store::find_password(db, name);
    if (!known.ok()) return known.error();
    const auto put =
        *known ? access_store::update_account(db, (*known)->account, {hash, role}) : access_store::create_account(db, name, hash, role);
    if (!put.ok()) return put.error();
    return success();
  });
}

std::string random_password() { return random_secret().substr(0, 20); }

}  // namespace everdial
