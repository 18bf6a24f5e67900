#include "main/components.h"

#include <charconv>

#include "agent_manager/agent_manager_service.h"
#include "agent_sdk/agent_sdk_service.h"
#include "agent_sdk/websocket_server.h"
#include "application_server/application_server_service.h"
#include "base/overloaded.h"
#include "campaign_director/alarm_service.h"
#include "campaign_director/alarm_webhook.h"
#include "campaign_director/director_service.h"
#include "campaign_director/history_service.h"
#include "campaign_manager/campaign_manager_service.h"
#include "dashboard/dashboard_service.h"
#include "list_manager/collect_store.h"
#include "list_manager/export_store.h"
#include "list_manager/list_manager_service.h"
#include "list_manager/purge_store.h"
#include "load_monitor/host_load.h"
#include "load_monitor/load_monitor_service.h"
#include "main/measured.h"
#include "main/version.h"
#include "mpp/journal.h"
#include "mpp/mpp_service.h"
#include "mpp/mpp_store.h"
#include "mpp/sip_trunk.h"
#include "rule_engine/rule_engine_service.h"
#include "runtime/log.h"
#include "runtime/secret.h"

namespace everdial {
namespace {

/// Acquired and lost leases go to the service's own methods.
template <class Service>
LeaseService::Acting acting(const std::shared_ptr<Service>& service) {
  return {[service](const LeaseGrant& grant) { service->acquired(grant); },
          [service](const LeaseGrant& grant, const std::string&) { service->lost(grant); }};
}

std::function<void(const LeaseGrant&)> fenced(Process& process) {
  return [&leases = process.leases()](const LeaseGrant& grant) { leases.fenced(grant); };
}

template <class Service>
RequestHandler handler(const std::shared_ptr<Service>& service) {
  return [service](Request request, ReplyFn reply) { service->handle(std::move(request), std::move(reply)); };
}

/// Stores are made once per process and live as long as it does.
template <class Store>
Store& keep(std::unique_ptr<Store> store) {
  return *store.release();
}

// Lanes of store threads, far above those of imports.
constexpr uint64_t kExportLanes = uint64_t{1} << 40, kPurgeLanes = uint64_t{1} << 41, kCollectLanes = uint64_t{1} << 42;

/// Copies files from the import folder; null on a server that has none. A folder that hangs holds up these lanes alone.
std::shared_ptr<SteppedWork> make_collections(Process& process) {
  const std::filesystem::path folder = process.config().lists.import_folder;
  if (folder.empty()) return nullptr;
  CollectStore& store = keep(make_pg_collect_store(process.pool()));
  const auto waiting = [&store, folder, there = true]() mutable -> Result<std::vector<LeasedWork::Task>> {
    const bool before = std::exchange(there, import_folder_there(folder));
    if (before && !there) log_warning("the import folder is away: its files are left to other servers", {{"folder", folder.string()}});
    if (!before && there) log_info("the import folder is back", {{"folder", folder.string()}});
    if (!there) return std::vector<LeasedWork::Task>{};
    return store.waiting_collections();
  };
  const auto step = [&store, folder](const LeaseGrant& grant) { return collect_step(store, folder, grant, {}); };
  return std::make_shared<SteppedWork>(process.seams(), process.leases(), SteppedWork::Store{waiting, step}, kCollectLanes,
                                       SteppedWork::Settings{.at_once = 1});
}

Result<Duties> make_list_manager(Process& process) {
  auto imports = std::make_shared<ListManagerService>(process.seams(), keep(make_pg_list_store(process.pool())), process.leases());
  ExportStore& files = keep(make_pg_export_store(process.pool()));
  auto exports =
      std::make_shared<SteppedWork>(process.seams(), process.leases(),
                                    SteppedWork::Store{[&files] { return files.waiting_exports(); },
                                                       [&files](const LeaseGrant& grant) { return export_step(files, grant, {}); }},
                                    kExportLanes, SteppedWork::Settings{});
  PurgeStore& kept = keep(make_pg_purge_store(process.pool()));
  auto purges = std::make_shared<SteppedWork>(process.seams(), process.leases(),
                                              SteppedWork::Store{[&kept] { return kept.waiting_purges(); },
                                                                 [&kept](const LeaseGrant& grant) { return kept.purge_step(grant, {}); }},
                                              kPurgeLanes, SteppedWork::Settings{.at_once = 1});
  return Duties{.start = [imports, exports, purges, collections = make_collections(process)] {
    imports->start();
    exports->start();
    purges->start();
    if (collections) collections->start();
  }};
}

/// To the log, the metrics and, when there is one, the webhook.
Result<AlarmService::Settings> alarm_settings(Process& process) {
  AlarmService::Settings settings;
  const Config& config = process.config();
  settings.machine.mixed_for = std::chrono::hours(config.alarms.versions_mixed_h);
  settings.note = [](const AlarmEffect& effect) {
    std::visit(Overloaded{
                   [](const RaiseAlarm& e) {
                     log_warning("alarm", {{"kind", std::string(to_string(e.name.kind))}, {"subject", e.name.subject}, {"text", e.text}});
                   },
                   [](const ClearAlarm& e) {
                     log_info("alarm cleared", {{"kind", std::string(to_string(e.name.kind))}, {"subject", e.name.subject}});
                   },
               },
               effect);
  };
  settings.gave_up = [](const std::string& error) { log_error("the alarms' webhook was not told", {{"error", error}}); };
  settings.open = [&metrics = process.metrics()](const std::vector<AlarmName>& open) {
    for (const auto& [kind, name] : enum_names<AlarmKind>)
      metrics.gauge("everdial_alarms_open", "Alarms that are open.", {{"kind", std::string(name)}})
          .set(static_cast<double>(std::count_if(open.begin(), open.end(), [k = kind](const AlarmName& one) { return one.kind == k; })));
  };
  if (config.alarms.webhook.empty()) return settings;
  AlarmWebhook webhook{config.alarms.webhook, "", config.alarms.ca_file};
  if (!config.alarms.key_file.empty()) {
    auto secret = read_secret(config.alarms.key_file);
    if (!secret.ok()) return secret.error();
    webhook.secret = std::move(*secret);
  }
  settings.post = [webhook](const std::string& body) { return webhook.post(body); };
  return settings;
}

Result<Duties> make_campaign_director(Process& process) {
  auto service = std::make_shared<DirectorService>(process.seams(), keep(make_pg_director_store(process.pool())), process.directory(),
                                                   fenced(process), DirectorService::Settings{});
  HistoryService::Settings settings;
  settings.raised = [raised =
                         process.metrics().counter("everdial_nuisance_alarms_total", "Days of campaigns with too many nuisance calls.")](
                        const NuisanceAlarm& alarm) mutable {
    raised.add();
    log_warning("too many nuisance calls", {{"campaign", to_string(alarm.campaign)},
                                            {"day", alarm.day},
                                            {"answered", std::to_string(alarm.answered)},
                                            {"nuisance", std::to_string(alarm.nuisance)}});
  };
  auto history = std::make_shared<HistoryService>(process.seams(), keep(make_pg_history_store(process.pool())), fenced(process), settings);
  auto alarm_of = alarm_settings(process);
  if (!alarm_of.ok()) return alarm_of.error();
  auto alarms = std::make_shared<AlarmService>(process.seams(), keep(make_pg_alarm_store(process.pool())), process.directory(),
                                               fenced(process), std::move(*alarm_of));
  process.on_leases = [service](const std::vector<LeaseRow>& leases) { service->leases_seen(leases); };
  process.leases().compete(DirectorService::common_resource(), {[service, history, alarms](const LeaseGrant& grant) {
                                                                  service->acquired(grant);
                                                                  history->acquired(grant);
                                                                  alarms->acquired(grant);
                                                                },
                                                                [service, history, alarms](const LeaseGrant& grant, const std::string&) {
                                                                  service->lost(grant);
                                                                  history->lost(grant);
                                                                  alarms->lost();
                                                                }});
  for (const auto& zone : process.config().dialing.zones) process.leases().compete(DirectorService::zone_resource(zone), acting(service));
  return Duties{.start = [service] { service->start(); }};
}

Result<Duties> make_campaign_manager(Process& process) {
  CampaignManagerService::Settings settings;
  settings.tick = process.config().dialing.tick;
  settings.trouble = [](const LeaseGrant& grant, const std::string& why) {
    log_warning("begins again under a higher epoch", {{"resource", grant.resource.value}, {"epoch", to_string(grant.epoch)}, {"why", why}});
  };
  const CampaignManagerService::Leases leases{[&all = process.leases()](const LeaseGrant& grant) { all.renounce(grant); }, fenced(process)};
  auto service =
      std::make_shared<CampaignManagerService>(process.seams(), keep(measured(make_pg_attempt_store(process.pool()), process.metrics())),
                                               process.directory(), process.server(), leases, settings);
  process.leases().follow("job/", acting(service));
  return Duties{.handle = handler(service), .start = [service] { service->start(); }};
}

Result<Duties> make_agent_manager(Process& process) {
  AgentManagerService::Settings settings;
  settings.trouble = [](const LeaseGrant& grant, const std::string& why) {
    log_warning("an agent manager is in trouble", {{"resource", grant.resource.value}, {"epoch", to_string(grant.epoch)}, {"why", why}});
  };
  settings.silent = [&metrics = process.metrics()](const LeaseGrant& grant, const zone::MppsSilent& silent) {
    std::string mpps;
    for (const std::string& mpp : silent.mpps) mpps += (mpps.empty() ? "" : ", ") + mpp;
    log_warning(silent.given_up ? "MPPs have not answered the zone's new manager in time: what they may have carried is lost, and agents' "
                                  "phones are called again; see whether these MPPs run"
                                : "MPPs do not answer the zone's new manager: what they may carry stays as recorded until they do, or is "
                                  "given up; see whether these MPPs run",
                {{"resource", grant.resource.value}, {"mpps", mpps}, {"lines_and_calls", std::to_string(silent.unheard)}});
    metrics
        .counter("everdial_agent_calls_unheard_total", "Agents' lines and calls at MPPs that did not answer the zone's new manager.",
                 {{"then", silent.given_up ? "given_up" : "kept"}})
        .add(silent.unheard);
  };
  settings.desktop_error = [errors = process.metrics().counter(
                                "everdial_agent_desktop_errors_total",
                                "Agents logged out since the desktop's, the database's and the MPP's records could not be reconciled.")](
                               const LeaseGrant& grant, const zone::SaveDisposition& call) mutable {
    log_warning("an agent is logged out: desktop, database and MPP do not agree on whose call it is, which ends with desktop_error",
                {{"resource", grant.resource.value}, {"agent", to_string(call.agent)}, {"attempt", to_string(call.attempt)}});
    errors.add();
  };
  const AgentManagerService::Leases leases{[&all = process.leases()](const LeaseGrant& grant) { all.renounce(grant); }, fenced(process)};
  auto service = std::make_shared<AgentManagerService>(process.seams(), keep(zone::make_pg_agent_store(process.pool())),
                                                       process.directory(), process.server(), leases, settings);
  for (const auto& zone : process.config().dialing.zones)
    process.leases().compete(agent_zone_resource(zone), acting(service), LeaseService::kLeftToDirector);
  return Duties{.handle = handler(service), .start = [service] { service->start(); }};
}

/// The server that carries desktops' texts and the service that answers them, each of which needs the other.
struct AgentSdk {
  std::unique_ptr<WebSocketServer> server;
  std::unique_ptr<AgentSdkService> service;
};

AgentSdkService::Settings agent_sdk_settings(Process& process, const std::string& url) {
  AgentSdkService::Settings settings;
  settings.url = url;
  settings.make_token = random_secret;
  Metrics& metrics = process.metrics();
  const std::vector<double> bounds{0.001, 0.002, 0.005, 0.01, 0.02, 0.05, 0.1, 0.2, 0.5, 1, 2};
  std::map<std::string, Metrics::Histogram> took;
  for (const char* kind : {"command", "question"})
    took.emplace(kind, metrics.histogram("everdial_agent_request_seconds", "From a desktop's request to its answer here.", bounds,
                                         {{"kind", kind}}));
  settings.answered = [took](const std::string& kind, Duration time) mutable {
    took.at(kind).observe(std::chrono::duration<double>(time).count());
  };
  settings.closed = [&metrics](int code) {
    metrics
        .counter("everdial_agent_connections_closed_total", "Desktops' connections that were closed from here, by WebSocket code.",
                 {{"code", std::to_string(code)}})
        .add();
  };
  settings.trouble = [](const std::string& why) { log_warning("agent_sdk", {{"why", why}}); };
  return settings;
}

Result<Duties> make_agent_sdk(Process& process) {
  const Config& config = process.config();
  const auto sdk = std::make_shared<AgentSdk>();
  AgentSdk* parts = sdk.get();
  auto server =
      WebSocketServer::open(process.loop().context(),
                            {.host = config.agents.listen.host,
                             .port = config.agents.listen.port,
                             .advertised = config.agents.advertise_host,
                             .certificate_file = config.agents.tls.cert,
                             .key_file = config.agents.tls.key,
                             .origins = config.agents.origins},
                            {.opened = [parts](WebSocketServer::Id id) { parts->service->opened(id); },
                             .heard = [parts](WebSocketServer::Id id, std::string text) { parts->service->heard(id, std::move(text)); },
                             .written = [parts](WebSocketServer::Id id) { parts->service->written(id); },
                             .lost = [parts](WebSocketServer::Id id) { parts->service->lost(id); },
                             .others = [parts] { return parts->service->servers_seen(); }});
  if (!server.ok()) return server.error();
  sdk->server = std::move(*server);
  const std::string url =
      (config.agents.tls.empty() ? "ws://" : "wss://") + to_string(Listen{config.agents.advertise_host, sdk->server->port()}) + "/agent/v1";
  const AgentSdkService::Wire wire{
      [parts](ConnectionId id, std::string text) { parts->server->say(id, std::move(text)); },
      [parts](ConnectionId id, int code, const std::string& reason) { parts->server->close(id, code, reason); }};
  sdk->service = std::make_unique<AgentSdkService>(process.seams(), keep(desk::make_pg_session_store(process.pool())),
                                                   keep(desk::make_pg_question_store(process.pool())), process.directory(), process.me(),
                                                   process.server(), wire, agent_sdk_settings(process, url));
  process.metrics().before_text([parts, desktops = process.metrics().gauge("everdial_agent_desktops", "Desktops that are connected here."),
                                 sessions = process.metrics().gauge("everdial_agent_sessions", "Their sessions.")]() mutable {
    desktops.set(static_cast<double>(parts->service->connections()));
    sessions.set(static_cast<double>(parts->service->sessions()));
  });
  return Duties{.handle = [sdk](Request request, ReplyFn reply) { sdk->service->handle(std::move(request), std::move(reply)); },
                .start =
                    [sdk, url] {
                      log_info("serving desktops", {{"url", url}});
                      sdk->service->start();
                    },
                .drain =
                    [sdk](std::function<void()> done) {
                      sdk->server->stop_listening();
                      sdk->service->drain(std::move(done));
                    }};
}

Result<Duties> make_rule_engine(Process& process) {
  auto service = std::make_shared<RuleEngineService>(process.seams(), keep(make_pg_rule_store(process.pool())), fenced(process),
                                                     RuleEngineService::Settings{});
  process.leases().compete(RuleEngineService::resource(), acting(service));
  return Duties{.handle = handler(service)};
}

Result<Duties> make_application_server(Process& process) {
  ApplicationServerService::Settings settings;
  for (const auto& trunk : process.config().trunks) settings.calls.trunks.push_back({trunk.name, trunk.channels, trunk.calls_per_second});
  auto service = std::make_shared<ApplicationServerService>(process.seams(), process.directory(), process.me(), settings);
  return Duties{.handle = measured(handler(service), process.metrics()),
                .start = [service] { service->start(); },
                .drain = [service](std::function<void()> done) { service->drain(std::move(done)); }};
}

Result<SipTrunk::Settings> trunk_settings(const Config& config, int worker) {
  SipTrunk::Settings settings;
  for (const auto& trunk : config.trunks) {
    auto& carrier = settings.carriers.emplace_back();
    carrier.name = trunk.name;
    carrier.uri = trunk.uri;
    carrier.tcp = trunk.transport == TrunkTransport::tcp;
    carrier.user = trunk.username;
    carrier.from_user = trunk.from_user;
    carrier.from_host = trunk.from_host;
    carrier.rtp_timeout = std::chrono::seconds(trunk.rtp_timeout_s);
    carrier.options_interval = std::chrono::seconds(trunk.options_interval_s);
    if (trunk.password_file.empty()) continue;
    auto password = read_secret(trunk.password_file);
    if (!password.ok()) return password.error();
    carrier.password = std::move(*password);
  }
  settings.address = config.mpp.sip_host;
  if (config.mpp.advertise_host != config.mpp.sip_host) settings.advertised = config.mpp.advertise_host;
  settings.sip_port = config.mpp.sip_port + worker - 1;
  // Each worker has its own part of the range; RTP ports are even.
  const int share = (config.mpp.rtp_last_port - config.mpp.rtp_first_port + 1) / config.mpp.workers / 2 * 2;
  settings.first_rtp_port = static_cast<uint16_t>((config.mpp.rtp_first_port + 1) / 2 * 2 + share * (worker - 1));
  settings.last_rtp_port = static_cast<uint16_t>(std::min(settings.first_rtp_port + share - 1, config.mpp.rtp_last_port));
  settings.prompts = config.data_dir / "prompts";
  settings.recordings = config.data_dir / "recordings";
  settings.note = [](const std::string& message) { log_warning(message); };
  return settings;
}

std::vector<std::string> names_of(const std::vector<Config::Trunk>& trunks) {
  std::vector<std::string> names;
  for (const auto& trunk : trunks) names.push_back(trunk.name);
  return names;
}

Result<Duties> make_mpp(Process& process) {
  const Config& config = process.config();
  int worker = 1;
  const std::string& instance = process.instance();
  std::from_chars(instance.data(), instance.data() + instance.size(), worker);
  if (worker < 1 || worker > config.mpp.workers)
    return Error{ErrorKind::invalid, "mpp: --instance must be from 1 to mpp.workers (" + std::to_string(config.mpp.workers) + ")"};
  auto trunk_of = trunk_settings(config, worker);
  if (!trunk_of.ok()) return trunk_of.error();
  std::error_code error;
  std::filesystem::create_directories(config.data_dir, error);
  if (error) return Error{ErrorKind::invalid, "data_dir: cannot make " + config.data_dir.string() + ": " + error.message()};
  auto trunk = SipTrunk::start(process.loop(), std::move(*trunk_of));
  if (!trunk.ok()) return trunk.error();
  MppService::Settings settings;
  settings.machine.name = mpp_name({.server = process.server(), .instance = instance});
  settings.trouble = [](const Error& problem) { log_error(problem.message); };
  auto service = std::make_shared<MppService>(process.seams(), keep(make_pg_mpp_store(process.pool())),
                                              keep(make_file_journal(config.data_dir / ("mpp-" + std::to_string(worker) + ".journal"))),
                                              keep(measured(std::move(*trunk), names_of(config.trunks), process.metrics())),
                                              process.directory(), process.me(), settings);
  return Duties{.handle = measured(handler(service), process.metrics()),
                .start = [service] { service->start(); },
                .drain = [service](std::function<void()> done) { service->drain(std::move(done)); }};
}

Result<Duties> make_load_monitor(Process& process) {
  auto meter = std::make_shared<HostMeter>();
  auto service = std::make_shared<LoadMonitorService>(
      process.seams(), keep(make_pg_load_store(process.pool())), process.server(), [meter] { return meter->read(); }, fenced(process),
      LoadMonitorService::Settings{.machine = LoadMachine(process.config().load.high_percent / 100.0)});
  process.leases().compete(LoadMonitorService::resource(), acting(service));
  return Duties{.start = [service] { service->start(); }};
}

Result<Duties> make_dashboard(Process& process) {
  const Config& config = process.config();
  DashboardSettings settings;
  settings.server = config.server.name;
  settings.version = kVersion;
  settings.listen_host = config.http.listen.host;
  settings.listen_port = config.http.listen.port;
  settings.tls_certificate = config.http.tls.cert;
  settings.tls_key = config.http.tls.key;
  settings.console_dir = config.http.console;
  settings.agent_dir = config.agents.desktop;
  settings.workers = config.database.threads;
  settings.agent_origins = config.agents.origins;
  auto service = std::make_shared<DashboardService>(std::move(settings), process.pool());
  if (Status started = service->start(); !started.ok()) return started.error();
  return Duties{.drain = [service](std::function<void()> done) { service->drain(std::move(done)); }};
}

}  // namespace

Result<Duties> make_duties(const std::string& component, Process& process) {
  static const std::map<std::string, Result<Duties> (*)(Process&)> makers = {
      {"list_manager", make_list_manager},
      {"campaign_director", make_campaign_director},
      {"campaign_manager", make_campaign_manager},
      {"agent_manager", make_agent_manager},
      {"agent_sdk", make_agent_sdk},
      {"rule_engine", make_rule_engine},
      {"application_server", make_application_server},
      {"mpp", make_mpp},
      {"load_monitor", make_load_monitor},
      {"dashboard", make_dashboard},
  };
  const auto found = makers.find(component);
  if (found == makers.end()) return Error{ErrorKind::not_found, "there is no component " + component};
  return found->second(process);
}

}  // namespace everdial
