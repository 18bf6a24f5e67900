#include "main/process.h"

#include <fcntl.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <unistd.h>

#include <csignal>
#include <cstdlib>

#include "agent_manager/agent_manager_rpc.h"
#include "agent_sdk/agent_sdk_rpc.h"
#include "application_server/application_server_rpc.h"
#include "campaign_manager/campaign_manager_rpc.h"
#include "main/version.h"
#include "mpp/mpp_rpc.h"
#include "rule_engine/rule_engine_rpc.h"
#include "runtime/incarnation.h"
#include "runtime/migrate.h"
#include "runtime/process_rpc.h"
#include "server/child_link.h"
#include "server/child_process.h"

namespace everdial {
namespace {

constexpr Duration kProgressEvery = 100ms;
constexpr Duration kRenewEvery = 500ms;
constexpr Duration kReadTimeEvery = 1s;
constexpr uint64_t kSessionLane = 3;
constexpr uint64_t kTimeLane = 4;

std::vector<std::unique_ptr<RpcReceiver>> all_receivers() {
  std::vector<std::unique_ptr<RpcReceiver>> all;
  all.push_back(make_rule_engine_rpc());
  all.push_back(make_application_server_rpc());
  all.push_back(make_mpp_rpc());
  all.push_back(make_campaign_manager_rpc());
  all.push_back(make_agent_manager_rpc());
  all.push_back(make_agent_sdk_rpc());
  all.push_back(make_process_rpc());
  return all;
}

std::string variable(const char* name) {
  const char* value = std::getenv(name);
  return value ? value : "";
}

std::string kind_of(const Resource& resource) { return resource.value.substr(0, resource.value.find('/')); }

/// A component must not outlive its server: nobody would renew its session, and another server's would take over.
Status die_with_parent() {
  const std::string parent = variable(server::kParentVariable);
  if (parent.empty()) return success();
  if (prctl(PR_SET_PDEATHSIG, SIGKILL) != 0) return Error{ErrorKind::internal, "prctl: cannot be told of the parent's death"};
  // It may have died before that.
  if (std::to_string(getppid()) != parent) return Error{ErrorKind::unavailable, "the server that started this process is gone"};
  return success();
}

}  // namespace

Result<pg::Settings> database_settings(const Config& config, const std::string& name, const Incarnation& me) {
  pg::Settings settings;
  settings.uri = config.database.uri;
  settings.by_index = name != "dashboard";
  // PostgreSQL keeps 63 bytes of it.
  settings.application_name = (name + " " + config.server.name).substr(0, 54) + " " + me.value.substr(0, 8);
  if (!config.database.password_file.empty()) {
    auto password = read_secret(config.database.password_file);
    if (!password.ok()) return password.error();
    settings.password = std::move(*password);
  }
  return settings;
}

pg::Settings counted(pg::Settings settings, Metrics& metrics) {
  settings.failed = [&metrics](ErrorKind kind) {
    metrics
        .counter("everdial_database_failures_total", "Statements and attempts to connect that failed.",
                 {{"kind", std::string(to_string(kind))}})
        .add();
  };
  return settings;
}

GrpcNetwork::Settings network_settings(const Config& config) {
  return {.listen_host = config.rpc.listen_host,
          .advertise_host = config.rpc.advertise_host,
          .cert = config.rpc.tls.cert,
          .key = config.rpc.tls.key,
          .ca = config.rpc.tls.ca,
          .note = [](const std::string& text) { log_warning(text); }};
}

Result<std::unique_ptr<Process>> Process::open(std::string component, std::string instance, Config config) {
  if (Status bound = die_with_parent(); !bound.ok()) return bound.error();
  std::signal(SIGPIPE, SIG_IGN);
  note_grpc_complaints([](const std::string& text) { log_warning(text); });
  const std::string given = variable(server::kIncarnationVariable);
  SystemRandom random;
  Incarnation me = given.empty() ? new_incarnation(random) : Incarnation{given};
  auto database = database_settings(config, component, me);
  if (!database.ok()) return database.error();
  return std::unique_ptr<Process>{
      new Process(std::move(component), std::move(instance), std::move(config), std::move(me), std::move(*database))};
}

Process::Process(std::string component, std::string instance, Config config, Incarnation me, pg::Settings database)
    : component_(std::move(component)),
      instance_(std::move(instance)),
      config_(std::move(config)),
      me_(std::move(me)),
      store_(loop_, config_.database.threads),
      network_(loop_, network_settings(config_), all_receivers()),
      metrics_({{"server", config_.server.name}, {"component", component_}, {"instance", instance_}}),
      lag_(metrics_.histogram("everdial_loop_lag_seconds", "How late the loop comes to what is due, looked at ten times a second.",
                              {0.001, 0.002, 0.005, 0.01, 0.02, 0.05, 0.1, 0.2, 0.5, 1, 2})),
      pool_(counted(std::move(database), metrics_)),
      lease_store_(make_pg_lease_store(pool_)),
      leases_(seams_, *lease_store_, me_) {
  metrics_.gauge("everdial_process_info", "1, with the version of the program.", {{"version", kVersion}}).set(1);
  metrics_.before_text([this] { count_acting(); });
  leases_.on_acting = [this](const LeaseGrant& grant, const std::string& reason) { note_acting(grant, reason); };
  leases_.on_poll = [this](const std::vector<Session>& sessions, const std::vector<LeaseRow>& rows) {
    directory_.update(sessions, rows);
    on_leases(rows);
    look_for_myself(sessions);
  };
}

int Process::run(Duties duties) {
  duties_ = std::move(duties);
  const std::string fd = variable(server::kLinkFdVariable);
  if (!fd.empty()) {
    link_fd_ = std::atoi(fd.c_str());
    fcntl(link_fd_, F_SETFD, FD_CLOEXEC);
    link_watch_ = loop_.on_readable(link_fd_, [this] { hear_server(); });
    // A terminal's interrupt reaches the whole group; it is the server that decides what becomes of us.
    loop_.on_signal(SIGINT, [] {});
  } else {
    loop_.on_signal(SIGINT, [this] { drain(); });
    renew_myself();
  }
  loop_.on_signal(SIGTERM, [this] { drain(); });
  network_.serve([this](Request request, ReplyFn reply) {
    if (std::holds_alternative<ReadMetrics>(request)) return reply(Reply{MetricsRead{metrics_.text()}});
    if (duties_.handle) return duties_.handle(std::move(request), std::move(reply));
    reply(Error{ErrorKind::invalid, "this component takes no requests"});
  });
  if (!network_.address().ok()) {
    log_error(network_.address().error().message);
    return 1;
  }
  show_progress();
  enter();
  loop_.run();
  return 1;  // not reached: end() leaves
}

void Process::show_progress() {
  const Instant due = loop_.steady() + kProgressEvery;
  progress_timer_ = loop_.after(kProgressEvery, [this, due] {
    lag_.observe(std::chrono::duration<double>(loop_.steady() - due).count());
    const char sign = leases_.fit() ? server::kFit : server::kWithoutDatabase;
    // A full socket means that the server is the slow one.
    if (link_fd_ >= 0 && send(link_fd_, &sign, 1, MSG_DONTWAIT | MSG_NOSIGNAL) < 0 && errno != EAGAIN) log_debug("cannot show progress");
    show_progress();
  });
}

void Process::hear_server() {
  // Only the last word counts: when we were slow there are many.
  std::string text(server::kLargestOutlook, '\0');
  std::optional<Outlook> outlook;
  bool wake = false;
  ssize_t got = 0;
  while ((got = recv(link_fd_, text.data(), text.size(), MSG_DONTWAIT)) > 0) {
    const std::string_view word = std::string_view(text).substr(0, static_cast<size_t>(got));
    if (word == server::kWake) wake = true;
    else outlook = server::decode_outlook(word);
  }
  if (got == 0) link_watch_.reset();  // it is gone, and so shall we be
  if (wake) leases_.wake();
  if (!outlook) return;
  leases_.look(*outlook);
  directory_.doubt(outlook->doubts);
}

// ---- leases, for the log and for counting: by kind, which is "job" of "job/42" ---------------------------------------------------

void Process::note_acting(const LeaseGrant& grant, const std::string& reason) {
  const std::string kind = kind_of(grant.resource);
  kinds_acted_.insert(kind);
  if (reason.empty()) {
    log_info("acts", {{"resource", grant.resource.value}, {"epoch", to_string(grant.epoch)}});
    metrics_.counter("everdial_leases_acquired_total", "Leases under which this process began to act.", {{"kind", kind}}).add();
    return;
  }
  const bool wanted = reason == "handed_over" || reason == "draining";
  log(wanted ? LogLevel::info : LogLevel::warning, "acts no longer",
      {{"resource", grant.resource.value}, {"epoch", to_string(grant.epoch)}, {"reason", reason}});
  metrics_.counter("everdial_leases_lost_total", "Leases under which this process ceased to act.", {{"kind", kind}, {"reason", reason}})
      .add();
}

void Process::count_acting() {
  metrics_.gauge("everdial_clock_offset_seconds", "How far this machine's clock is ahead of the database's.", {})
      .set(std::chrono::duration<double>(system_now() - loop_.now()).count());
  std::map<std::string, int> acting;
  for (const auto& [resource, grant] : leases_.acting()) ++acting[kind_of(resource)];
  for (const auto& kind : kinds_acted_)
    metrics_.gauge("everdial_leases_acting", "Leases under which this process acts.", {{"kind", kind}}).set(acting[kind]);
}

// ---- the time of day: the database's, so that all processes agree and no server's clock matters ------------------------------------

/// Blocking; on a store thread.
void Process::read_time() {
  const Instant asked = loop_.steady();
  auto rows = pool_.query("select clock_timestamp()");
  const Duration took = loop_.steady() - asked;
  if (!rows.ok()) return;
  const Duration ahead = rows->instant(0, 0) - (asked + took / 2);
  const Duration by = ahead - (loop_.now() - loop_.steady());
  // Nobody can tell when within `took` the database looked at its clock.
  if (std::chrono::abs(by) <= took / 2 + 1ms) return;
  loop_.set_wall_ahead(ahead);
  if (std::chrono::abs(by) > 1s) log_warning("took the database's time", {{"by_ms", std::to_string(by.count() / 1000)}});
}

void Process::keep_time() {
  run_store(
      store_, kTimeLane,
      [this] {
        read_time();
        return true;
      },
      [this](bool) { time_timer_ = loop_.after(kReadTimeEvery, [this] { keep_time(); }); });
}

void Process::renew_myself() {
  renew_timer_ = loop_.after(kRenewEvery, [this] {
    run_store(
        store_, kSessionLane, [this] { return lease_store_->renew({me_}); }, [this](Status) { renew_myself(); });
  });
}

// ---- entering: whoever finds our session in the database can reach us --------------------------------------------------------

void Process::enter() {
  const Session session{.incarnation = me_,
                        .server = server(),
                        .component = component_,
                        .instance = instance_,
                        .address = *network_.address(),
                        .version = kVersion};
  run_store(
      store_, kSessionLane,
      [this, session]() -> Status {
        read_time();
        auto connection = pool_.take();
        if (!connection.ok()) return connection.error();
        Status schema = check_schema(**connection);
        pool_.give_back(std::move(*connection));
        return schema.ok() ? lease_store_->open_session(session) : schema;
      },
      [this](Status entered) {
        if (draining_) return;
        if (!entered.ok() && entered.error().kind == ErrorKind::conflict) {
          log_error(entered.error().message);
          end(1);
        }
        if (!entered.ok()) {
          log_warning("cannot enter the database yet: " + entered.error().message);
          enter_timer_ = loop_.after(200ms, [this] { enter(); });
          return;
        }
        log_info("started", {{"incarnation", me_.value}, {"address", network_.address()->value}, {"version", kVersion}});
        entered_ = true;
        keep_time();
        leases_.start();
        duties_.start();
      });
}

void Process::look_for_myself(const std::vector<Session>& sessions) {
  const bool there = std::any_of(sessions.begin(), sessions.end(), [&](const Session& session) { return session.incarnation == me_; });
  seen_ = seen_ || there;
  if (there || !seen_ || draining_) return;
  // Someone took us for dead and gave our leases away: what we hold in memory is of no use any more.
  log_error("our session was removed: starting over");
  end(1);
}

// ---- leaving -----------------------------------------------------------------------------------------------------------------

void Process::drain() {
  if (std::exchange(draining_, true) || !entered_) end(0);
  log_info("draining");
  still_draining_ = 2;
  const auto done = [this] {
    if (--still_draining_ == 0) leave();
  };
  leases_.drain([this, done] { loop_.post(done); });
  duties_.drain([this, done] { loop_.post(done); });
}

void Process::leave() {
  run_store(
      store_, kSessionLane, [this] { return lease_store_->bury({me_}, "drained"); },
      [this](Status) {
        log_info("stopped");
        end(0);
      });
}

void Process::end(int code) {
  // All that matters is in the database or a journal: no thread is waited for.
  std::_Exit(code);
}

}  // namespace everdial
