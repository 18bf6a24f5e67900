#include "sim/world.h"

#include <algorithm>

#include "agent_manager/agent_manager_service.h"
#include "application_server/application_server_service.h"
#include "campaign_director/director_service.h"
#include "campaign_manager/campaign_manager_service.h"
#include "ha/lease_service.h"
#include "mpp/mpp_service.h"
#include "rule_engine/rule_engine_service.h"

namespace everdial::sim {
namespace {
constexpr Duration kMostSet = 10s;  ///< of the database's clock, there and back

constexpr int64_t kClone = 1'000'000'000;
constexpr Duration kOwnedWithin = 6500ms;  ///< the longest budget, and a little for the second fault at once

}  // namespace

/// One component of one server, over all its lives.
struct World::Component {
  std::string server, component, instance;
  std::string name() const { return server + "/" + component + (instance.empty() ? "" : "/" + instance); }

  /// One life.
  struct Life {
    Life(World& world, const Component& c, Incarnation me, uint16_t port);
    Incarnation me;
    Process process;
    FaultyLeaseStore lease_store;
    Directory directory;
    LeaseService leases;
    std::unique_ptr<FaultyAttemptStore> attempts;
    std::unique_ptr<FaultyDirectorStore> director_store;
    std::unique_ptr<FaultyRuleStore> rules;
    std::unique_ptr<FaultyMppStore> mpp_store;
    std::unique_ptr<LivingJournal> journal;
    std::unique_ptr<SimTrunk> trunk;
    std::unique_ptr<FaultyAgentStore> agent_store;
    std::unique_ptr<AgentManagerService> agent_manager;
    std::unique_ptr<CampaignManagerService> manager;
    std::unique_ptr<DirectorService> director;
    std::unique_ptr<RuleEngineService> rule_engine;
    std::unique_ptr<ApplicationServerService> application_server;
    std::unique_ptr<MppService> mpp;
    std::unique_ptr<Timer> progress;
    bool draining = false;

    void open_session(const Session& session);
    /// What each component does for its server: a sign of life each 100 ms.
    void show_progress(const std::function<void(bool fit)>& hear);
  };
  std::shared_ptr<Life> life;
  server::ChildName child() const { return {component, instance}; }
  std::optional<Incarnation> starting;  ///< asked for, not yet there
};

struct World::Server {
  std::string name;
  std::vector<std::unique_ptr<Component>> components;
  bool powered = true;
  std::shared_ptr<Supervisor> supervisor;
  Instant reaches_database_since;
};

World::Component::Life::Life(World& world, const Component& c, Incarnation incarnation, uint16_t port)
    : me(std::move(incarnation)),
      process(*world.ground_, c.server, c.name(), Address{c.server + ":" + std::to_string(port)}),
      lease_store(*world.ground_, world.tables_->leases, c.name(), world.options_.without),
      leases(process.seams(), lease_store, me) {
  Ground& ground = *world.ground_;
  Tables& tables = *world.tables_;
  Seams& seams = process.seams();
  const ServerName server{c.server};
  const auto fenced = [this](const LeaseGrant& grant) { leases.fenced(grant); };
  leases.on_poll = [this](const std::vector<Session>& sessions, const std::vector<LeaseRow>& rows) {
    directory.update(sessions, rows);
    if (director) director->leases_seen(rows);
  };

  if (c.component == "campaign_manager") {
    attempts = std::make_unique<FaultyAttemptStore>(ground, tables, world.options_.without);
    manager = std::make_unique<CampaignManagerService>(
        seams, *attempts, directory, server,
        CampaignManagerService::Leases{[this](const LeaseGrant& grant) { leases.renounce(grant); }, fenced},
        CampaignManagerService::Settings{});
    process.serve([this](Request request, ReplyFn reply) { manager->handle(std::move(request), std::move(reply)); });
    leases.follow("job/", {[this](const LeaseGrant& grant) { manager->acquired(grant); },
                           [this](const LeaseGrant& grant, const std::string&) { manager->lost(grant); }});
    manager->start();
  } else if (c.component == "campaign_director") {
    director_store = std::make_unique<FaultyDirectorStore>(ground, tables, world.options_.without);
    director = std::make_unique<DirectorService>(seams, *director_store, directory, fenced, DirectorService::Settings{.filter_chunk = 7});
    const LeaseService::Acting acting{[this](const LeaseGrant& grant) { director->acquired(grant); },
                                      [this](const LeaseGrant& grant, const std::string&) { director->lost(grant); }};
    leases.compete(DirectorService::common_resource(), acting);
    leases.compete(DirectorService::zone_resource("default"), acting);
    director->start();
  } else if (c.component == "agent_manager") {
    agent_store = std::make_unique<FaultyAgentStore>(ground, tables, *world.agent_store_);
    agent_manager = std::make_unique<AgentManagerService>(
        seams, *agent_store, directory, server,
        AgentManagerService::Leases{[this](const LeaseGrant& grant) { leases.renounce(grant); }, fenced}, AgentManagerService::Settings{});
    process.serve([this](Request request, ReplyFn reply) { agent_manager->handle(std::move(request), std::move(reply)); });
    leases.compete(agent_zone_resource("default"),
                   {[this](const LeaseGrant& grant) { agent_manager->acquired(grant); },
                    [this](const LeaseGrant& grant, const std::string&) { agent_manager->lost(grant); }},
                   LeaseService::kLeftToDirector);
    agent_manager->start();
  } else if (c.component == "rule_engine") {
    rules = std::make_unique<FaultyRuleStore>(ground, tables);
    rule_engine = std::make_unique<RuleEngineService>(seams, *rules, fenced, RuleEngineService::Settings{});
    process.serve([this](Request request, ReplyFn reply) { rule_engine->handle(std::move(request), std::move(reply)); });
    leases.compete(RuleEngineService::resource(), {[this](const LeaseGrant& grant) { rule_engine->acquired(grant); },
                                                   [this](const LeaseGrant& grant, const std::string&) { rule_engine->lost(grant); }});
  } else if (c.component == "application_server") {
    ApplicationServerService::Settings settings;
    settings.calls.trunks = {{"carrier", 0, 0}};
    application_server = std::make_unique<ApplicationServerService>(seams, directory, me, settings);
    process.serve([this](Request request, ReplyFn reply) { application_server->handle(std::move(request), std::move(reply)); });
    application_server->start();
  } else {
    const std::string name = c.name();
    auto& disk = world.journals_[name];
    if (!disk) disk = std::make_unique<MemoryJournal>();
    journal = std::make_unique<LivingJournal>(process, *disk);
    mpp_store = std::make_unique<FaultyMppStore>(ground, tables);
    trunk = std::make_unique<SimTrunk>(*world.carrier_, process, ground.timeline, name);
    MppService::Settings settings;
    settings.machine.name = name;
    mpp = std::make_unique<MppService>(seams, *mpp_store, *journal, *trunk, directory, me, settings);
    process.serve([this, no_barrier = world.options_.without == Without::barrier](Request request, ReplyFn reply) {
      if (no_barrier && std::holds_alternative<RaiseBarrier>(request)) return reply(Reply{BarrierRaised{}});
      mpp->handle(std::move(request), std::move(reply));
    });
    mpp->start();
  }
  open_session(Session{me, server, c.component, c.instance, process.address(), "sim"});
  leases.start();
}

void World::Component::Life::open_session(const Session& session) {
  run_store(
      process, 3, [this, session] { return lease_store.open_session(session); },
      [this, session](Status status) {
        if (status.ok()) return;
        auto again = std::make_shared<std::unique_ptr<Timer>>();
        *again = process.after(200ms, [this, session, again] { open_session(session); });
      });
}

void World::Component::Life::show_progress(const std::function<void(bool fit)>& hear) {
  progress = process.after(100ms, [this, hear] {
    hear(leases.fit());
    show_progress(hear);
  });
}

World::World(uint64_t seed, Options options) : options_(options), ground_(std::make_unique<Ground>(seed)) {
  tables_ = std::make_unique<Tables>([this] { return ground_->database_now(); });
  carrier_ = std::make_unique<Carrier>(ground_->timeline);
  carrier_->check = [this](const AttemptId& attempt, const std::string& phone) -> std::string {
    if (options_.without == Without::duplicate_check && attempt.contact.value >= kClone)
      return "the order was delivered twice and executed twice";
    if (is_line(attempt)) return "";  // each has a number of its own
    const auto found = tables_->attempts.find(attempt);
    if (found == tables_->attempts.end()) return "no intent was committed";
    if (found->second.state == AttemptState::aborted) return "the attempt was settled as never executed";
    if (found->second.state != AttemptState::intent)
      return "the attempt was settled before as " + std::string(found->second.code ? to_string(*found->second.code) : "nothing") +
             " under epoch " + (found->second.done_epoch ? to_string(*found->second.done_epoch) : "?");
    const Tables::Job& job = tables_->jobs.at(attempt.job);
    const auto time = job.began ? finish_time(job.campaign.finish, *job.began) : std::nullopt;
    if (time && ground_->timeline.now() > *time) return "the time of the job was up";
    // An answer of the rule engine may be acted on for 10 s, an order for 5 s more: the other job may have asked just before the opt-out.
    // All of that is longer when the clock is set back meanwhile.
    const auto opted_out = tables_->opted_out_at.find(phone);
    if (opted_out != tables_->opted_out_at.end() && ground_->database_now() - opted_out->second > 16s + kMostSet)
      return "the number had opted out";
    return "";
  };

  for (int i = 1; i <= options_.contacts; ++i) tables_->contacts.push_back({ContactId{i}, "+1555" + std::to_string(1'000'000 + i), "UTC"});
  for (int i = 1; i <= options_.contacts; i += 11) tables_->dnc.insert(tables_->contacts[static_cast<size_t>(i - 1)].phone);
  for (int i = 1; i <= options_.jobs; ++i) {
    Tables::Job job;
    job.id = JobId{i};
    job.campaign.calls_per_second = options_.calls_per_second;
    job.campaign.max_calls = 30;
    job.campaign.strategy.prompt = "hello.wav";
    if (options_.agents > 0) job.campaign.agents = AgentSettings{.pacing = options_.pacing};
    job.campaign.strategy.ring_timeout = 10s;
    job.campaign.strategy.max_call = 60s;
    job.campaign.strategy.retries = {
        {CompletionCode::call_busy, {2, 5s}}, {CompletionCode::ring_no_answer, {1, 8s}}, {CompletionCode::general_failure, {1, 3s}}};
    if (options_.goal > 0) job.campaign.finish.goal = Goal{options_.goal, GoalOf::attempts, {CompletionCode::answer_human}};
    if (options_.finish_after > 0s) job.campaign.finish.after = options_.finish_after;
    if (!options_.scheduled) {
      tables_->jobs[job.id] = job;
      continue;
    }
    // Time begins at noon.
    const Timetable timetable{.minutes = {721, 730}, .weekdays = {1, 2, 3, 4, 5, 6, 7}};
    tables_->schedules[ScheduleId{i}] = {
        .timetable = timetable, .next_at = next_due(timetable, ground_->timeline.now()), .campaign = job.campaign};
  }

  make_agents();
  for (int i = 1; i <= options_.servers; ++i) {
    auto server = std::make_unique<Server>();
    server->name = "as" + std::to_string(i);
    for (const char* component : {"campaign_director", "campaign_manager", "rule_engine", "application_server"})
      server->components.push_back(std::make_unique<Component>(Component{server->name, component, "", nullptr}));
    if (options_.agents > 0)
      server->components.push_back(std::make_unique<Component>(Component{server->name, "agent_manager", "", nullptr}));
    for (int m = 1; m <= options_.mpps_per_server; ++m)
      server->components.push_back(std::make_unique<Component>(Component{server->name, "mpp", std::to_string(m), nullptr}));
    servers_[server->name] = std::move(server);
  }

  ground_->on_request = [this](const Process& from, const Address&, Request& request) {
    if (ground_->narrate) narrate_request(from, request);
    if (options_.without != Without::duplicate_check) return;
    // The MPP cannot see that a copy is one: what it would do without its check.
    if (auto* execute = std::get_if<ExecuteCalls>(&request); execute && ground_->timeline.chance(0.2)) {
      auto copies = execute->orders;
      for (auto& copy : copies) copy.order.attempt.contact.value += kClone;
      execute->orders.insert(execute->orders.end(), copies.begin(), copies.end());
    }
  };
  started_ = ground_->timeline.now();
  for (auto& [name, server] : servers_) start_server(*server);
  audit();
}

/// Their rows, and what the agents' store reads of other tables; the robots come a little later, as the servers do.
void World::make_agents() {
  agent_store_ = std::make_unique<zone::MemoryAgentStore>(tables_->leases);
  agent_store_->mpps = [this] { return std::vector<std::string>{tables_->mpps.begin(), tables_->mpps.end()}; };
  agent_store_->jobs = [this](const std::string&) {
    std::vector<zone::AgentJob> out;
    for (const auto& [id, job] : tables_->jobs)
      if (job.campaign.agents && job.state != JobState::completed && job.state != JobState::stopped)
        out.push_back({id, "campaign", job.state == JobState::filtering || job.state == JobState::running, *job.campaign.agents,
                       job.campaign.strategy.analyse});
    return out;
  };
  for (int i = 1; i <= options_.agents; ++i) agent_store_->add_agent("default", zone::Agent{.id = AgentId{i}});
  if (options_.agents > 0) desks_ = std::make_unique<Desks>(*ground_, *tables_, options_.agents);
}

void World::narrate_request(const Process& from, const Request& request) {
  const auto& name = from.name();
  const std::string who = name.substr(name.find('/') + 1);
  auto say = [&](const std::string& what) { ground_->tell(who, what); };
  if (const auto* r = std::get_if<CheckContacts>(&request))
    say("asks the rule engine about " + std::to_string(r->contacts.size()) + " contacts");
  if (const auto* r = std::get_if<RaiseBarrier>(&request))
    say("raises the barrier of " + r->resource.value + " to epoch " + to_string(r->epoch));
  if (const auto* r = std::get_if<PlaceCalls>(&request))
    for (const CallOrder& order : r->orders)
      say("orders the call of " + to_string(order.attempt) + " under epoch " + to_string(order.epoch));
  if (const auto* r = std::get_if<ExecuteCalls>(&request))
    for (const auto& order : r->orders) say("chooses an MPP and a trunk for " + to_string(order.order.attempt));
  if (const auto* r = std::get_if<CallEvents>(&request)) {
    constexpr const char* kinds[] = {"ringing", "answered", "classified", "beep", "prompt done", "digit", "ended", "unattended"};
    for (const auto& event : r->events) say("tells of " + to_string(event.record.attempt) + ": " + kinds[static_cast<int>(event.kind)]);
  }
  if (const auto* r = std::get_if<ControlCalls>(&request))
    for (const auto& command : r->commands)
      say((command.kind == CallCommand::Kind::play ? "has the prompt played to " : "hangs up ") + to_string(command.attempt));
  if (const auto* r = std::get_if<AttemptsSettled>(&request))
    for (const AttemptId& attempt : r->attempts) say("says that " + to_string(attempt) + " is settled");
  if (const auto* r = std::get_if<ForgetCalls>(&request))
    for (const AttemptId& attempt : r->attempts) say("lets the MPP forget " + to_string(attempt));
}

World::~World() = default;

void World::start_server(Server& server) {
  server.powered = true;
  ground_->dark.erase(server.name);
  const Incarnation me{"life-" + std::to_string(++incarnations_) + "-" + server.name + "/server"};
  std::vector<server::ChildName> children;
  for (const auto& component : server.components) children.push_back(component->child());
  server.supervisor = std::make_shared<Supervisor>(
      *ground_, ServerName{server.name}, me, Address{server.name + ":" + std::to_string(++next_port_)},
      std::make_unique<FaultyLeaseStore>(*ground_, tables_->leases, server.name + "/server", options_.without), std::move(children),
      Supervisor::Children{
          .start = [this, &server](const server::ChildName& child, const Incarnation& incarnation) { spawn(server, child, incarnation); },
          .kill = [this, &server](const server::ChildName& child) { kill(server.name + "/" + to_string(child)); },
          .tell =
              [&server](const Outlook& outlook) {
                for (const auto& component : server.components)
                  if (component->life)
                    component->life->process.post([life = component->life.get(), outlook] {
                      life->leases.look(outlook);
                      life->directory.doubt(outlook.doubts);
                    });
              },
      });
}

void World::spawn(Server& server, const server::ChildName& child, const Incarnation& incarnation) {
  for (auto& component : server.components) {
    if (component->child() != child) continue;
    component->starting = incarnation;
    const Duration away = std::max(Duration{}, away_until_[component->name()] - ground_->timeline.now());
    ground_->timeline.after(away + ground_->timeline.between(50ms, 300ms), [this, &server, c = component.get(), incarnation] {
      if (c->starting != incarnation) return;
      c->starting.reset();
      c->life = std::make_shared<Component::Life>(*this, *c, incarnation, ++next_port_);
      c->life->show_progress([&server, child = c->child()](bool fit) {
        if (server.supervisor) server.supervisor->hear(child, fit);
      });
    });
  }
}

void World::end(Component& component) {
  component.starting.reset();
  if (!component.life) return;
  component.life->process.die();
  graveyard_.push_back(std::move(component.life));
}

/// With its server's process all components end.
void World::end_supervisor(Server& server) {
  for (auto& component : server.components) end(*component);
  if (!server.supervisor) return;
  server.supervisor->process().die();
  graveyard_.push_back(std::move(server.supervisor));
}

World::Component* World::component(const std::string& name) {
  for (auto& [_, server] : servers_)
    for (auto& component : server->components)
      if (component->name() == name) return component.get();
  return nullptr;
}

void World::keep_away(const std::string& name, Duration how_long) {
  away_until_[name] = ground_->timeline.now() + how_long;
  kill(name);
}

void World::kill(const std::string& name) {
  ground_->tell("server", "kill -9 " + name);
  if (name.ends_with("/server")) {
    Server& server = *servers_.at(name.substr(0, name.find('/')));
    if (!server.supervisor) return;
    end_supervisor(server);
    ground_->timeline.after(ground_->timeline.between(200ms, 1s), [this, &server] {
      if (server.powered && !server.supervisor) start_server(server);
    });
  } else if (Component* const component = this->component(name); component && component->life) {
    end(*component);
    servers_.at(component->server)->supervisor->exited(component->child());
  }
}

void World::stop(const std::string& name) {
  Component* const component = this->component(name);
  if (!component || !component->life) return;
  ground_->tell("server", "stops " + name);
  component->life->draining = true;
  component->life->leases.drain([this, component, me = component->life->me] {
    ground_->timeline.after(Duration{1}, [this, component, me] {
      if (!component->life || component->life->me != me) return;
      end(*component);
      if (const auto& supervisor = servers_.at(component->server)->supervisor) supervisor->exited(component->child());
    });
  });
}

void World::pause(const std::string& name, Duration how_long) {
  ground_->tell("server", "freezes " + name);
  const auto freeze = [&](const std::shared_ptr<Process>& process) {
    process->pause();
    ground_->timeline.after(how_long, [weak = std::weak_ptr(process)] {
      if (const auto process = weak.lock(); process && process->alive()) process->resume();
    });
  };
  if (const auto server = servers_.find(name); server != servers_.end()) {
    for (const auto& component : server->second->components)
      if (component->life) freeze(std::shared_ptr<Process>(component->life, &component->life->process));
    if (const auto& supervisor = server->second->supervisor) freeze(std::shared_ptr<Process>(supervisor, &supervisor->process()));
  } else if (name.ends_with("/server")) {
    if (const auto& supervisor = servers_.at(name.substr(0, name.find('/')))->supervisor)
      freeze(std::shared_ptr<Process>(supervisor, &supervisor->process()));
  } else if (Component* const component = this->component(name); component && component->life) {
    freeze(std::shared_ptr<Process>(component->life, &component->life->process));
  }
}

void World::cut_power(const std::string& name, Duration how_long) {
  Server& server = *servers_.at(name);
  if (!server.powered) return;
  ground_->tell("server", name + " loses its power");
  server.powered = false;
  ground_->dark.insert(name);
  end_supervisor(server);
  ground_->timeline.after(how_long, [this, &server] { start_server(server); });
}

void World::lose_journal(const std::string& mpp) {
  ground_->tell("server", mpp + " loses its journal");
  (void)journals_.at(mpp)->rewrite({});
}

std::vector<std::string> World::processes() const {
  std::vector<std::string> out;
  for (const auto& [name, server] : servers_)
    for (const auto& component : server->components) out.push_back(component->name());
  return out;
}

// ---- what must hold of the masters -------------------------------------------------------------------------------------------

namespace {
/// Who, if anyone, competes for it: each server has one.
const std::map<Resource, std::string>& masters() {
  static const std::map<Resource, std::string> all = {{DirectorService::common_resource(), "campaign_director"},
                                                      {DirectorService::zone_resource("default"), "campaign_director"},
                                                      {RuleEngineService::resource(), "rule_engine"},
                                                      {agent_zone_resource("default"), "agent_manager"}};
  return all;
}
}  // namespace

bool World::reaches_database(const Server& server) const {
  return ground_->weather.reaches(server.name, "") && ground_->weather.reaches("", server.name);
}

/// Since when this component could have done its work without a break; empty when it cannot.
std::optional<Instant> World::fit_since(const Server& server, const Component& component) const {
  if (!component.life || component.life->draining || !server.supervisor || component.life->process.paused() ||
      server.supervisor->process().paused())
    return {};
  if (!reaches_database(server)) return {};
  return std::max({component.life->process.running_since(), server.supervisor->process().running_since(), server.reaches_database_since});
}

std::vector<std::string> World::acting(const Resource& resource) const {
  std::vector<std::string> out;
  for (const auto& [_, server] : servers_)
    for (const auto& component : server->components)
      if (component->life && !component->life->process.paused() && component->life->leases.acting().contains(resource))
        out.push_back(component->name());
  return out;
}

/// Does somebody do its work at this moment? One whose server process is frozen does too, until nobody has renewed it for long.
bool World::owned(const Resource& resource) const {
  for (const auto& [_, server] : servers_)
    for (const auto& c : server->components)
      if (reaches_database(*server) && c->life && !c->life->process.paused() && c->life->leases.acting().contains(resource)) return true;
  return false;
}

/// Twenty times a second, as long as the world turns.
void World::audit() {
  const Instant now = ground_->timeline.now();
  const Weather& weather = ground_->weather;
  if (weather.loss > 0 || weather.store_failure > 0 || weather.slowest_store > 20ms) calm_since_ = now;
  for (auto& [_, server] : servers_)
    if (!reaches_database(*server)) server->reaches_database_since = now;
  for (const auto& [resource, component] : masters()) {
    if (owned(resource)) owned_at_[resource] = now;
    check_one_acts(resource);
    // Whoever is told to take a zone must have seen for himself that its director is silent: all who might be told count, not the best.
    const bool allotted = resource == DirectorService::zone_resource("default");
    std::optional<Instant> candidate;
    for (const auto& [_, server] : servers_)
      for (const auto& c : server->components)
        if (const auto since = c->component == component ? fit_since(*server, *c) : std::nullopt)
          candidate = allotted ? std::max(candidate.value_or(*since), *since) : std::min(candidate.value_or(*since), *since);
    if (candidate && now - std::max({*candidate, calm_since_, owned_at_[resource]}) > kOwnedWithin && broken_.empty())
      broken_ = resource.value + " was nobody's for too long, though one could have taken it";
  }
  ground_->timeline.after(50ms, [this] { audit(); });
}

/// Never two, but for one that was frozen and has not found out yet what happened meanwhile: the fence stops that one.
void World::check_one_acts(const Resource& resource) {
  std::vector<std::string> awake;
  for (const auto& [_, server] : servers_)
    for (const auto& c : server->components)
      if (c->life && c->life->leases.acting().contains(resource) && !c->life->process.paused() &&
          ground_->timeline.now() - c->life->process.running_since() > 1s)
        awake.push_back(c->name());
  if (awake.size() > 1 && broken_.empty()) broken_ = awake[0] + " and " + awake[1] + " both act for " + resource.value;
}

std::optional<Duration> World::until_owned(const Resource& resource, Duration at_most) {
  const Instant start = ground_->timeline.now();
  while (ground_->timeline.now() - start <= at_most) {
    if (owned(resource)) return ground_->timeline.now() - start;
    if (!play(5ms)) return std::nullopt;
  }
  return std::nullopt;
}

void World::one_fault() {
  Timeline& timeline = ground_->timeline;
  Weather& weather = ground_->weather;
  const auto all = processes();
  const std::string server = std::next(servers_.begin(), static_cast<long>(timeline.pick(servers_.size())))->first;
  const std::string other = std::next(servers_.begin(), static_cast<long>(timeline.pick(servers_.size())))->first;
  switch (timeline.pick(9)) {
    case 0:
    case 1:
      if (!options_.kills) break;
      if (timeline.chance(0.1)) kill(server + "/server");
      else if (timeline.chance(0.1)) stop(all[timeline.pick(all.size())]);
      else kill(all[timeline.pick(all.size())]);
      break;
    case 2:
      if (!options_.pauses) break;
      if (timeline.chance(0.2)) pause(timeline.chance(0.5) ? server : server + "/server", timeline.between(200ms, 9s));
      else pause(all[timeline.pick(all.size())], timeline.between(200ms, 9s));
      break;
    case 3:
      if (options_.cuts) {
        const std::string from = timeline.chance(0.5) ? "" : other;
        if (timeline.chance(0.2)) {
          for (const auto& [peer, _] : servers_) weather.cut(server, peer);
        } else if (timeline.chance(0.3)) weather.cut_one_way(server, from);
        else if (timeline.chance(0.3)) weather.cut_one_way(from, server);
        else weather.cut(server, from);
        for (const auto& [sender, receiver] : weather.cuts())
          ground_->tell("weather",
                        (sender.empty() ? "the database" : sender) + " does not reach " + (receiver.empty() ? "the database" : receiver));
        timeline.after(timeline.between(300ms, 8s), [this] {
          ground_->tell("weather", "all reach all");
          ground_->weather.heal();
        });
      }
      break;
    case 4:
      if (options_.power_cuts && timeline.chance(0.3)) cut_power(server, timeline.between(1s, 12s));
      break;
    case 5:
      if (options_.loss) weather.loss = timeline.chance(0.5) ? 0 : 0.2 * timeline.uniform();
      break;
    case 6:
      if (options_.store_failures) weather.store_failure = timeline.chance(0.5) ? 0 : 0.1 * timeline.uniform();
      weather.slowest_store = timeline.chance(0.7) ? 4ms : timeline.between(4ms, 400ms);
      ground_->tell("weather", "the database answers within " + std::to_string(weather.slowest_store.count()) + " us");
      break;
    case 7:
      if (options_.clock_steps && std::chrono::abs(ground_->database_ahead) < kMostSet / 2) {
        const Duration by = timeline.between(0ms, kMostSet) - kMostSet / 2;
        ground_->tell("weather", "the database's clock is set by " + std::to_string(by.count() / 1000) + " ms");
        ground_->set_database_clock(by);
      }
      break;
    default:
      if (options_.duplicates) weather.duplicate = timeline.chance(0.5) ? 0 : 0.2 * timeline.uniform();
      break;
  }
}

void World::check_database() {
  if (!broken_.empty()) return;
  for (const std::string& wrong : {carrier_->violation(), ground_->stale_commit, ground_->wrong_take_over})
    if (broken_.empty()) broken_ = wrong;
  if (!broken_.empty()) return;
  const auto history = tables_->leases.all_history();
  for (; history_checked_ < history.size(); ++history_checked_) {
    const auto& row = history[history_checked_];
    Epoch& highest = highest_epoch_[row.resource];
    if (row.to && row.epoch <= highest) broken_ = row.resource.value + ": epoch " + to_string(row.epoch) + " was given twice or decreased";
    highest = std::max(highest, row.epoch);
  }
  for (const auto& [id, job] : tables_->jobs)
    if (job.campaign.finish.goal && tables_->reached(job) > job.campaign.finish.goal->count)
      broken_ = "job " + to_string(id) + " was dialed past its goal";
  check_agents();
  for (const auto& [id, attempt] : tables_->attempts) {
    if (attempt.done_epoch && *attempt.done_epoch < attempt.intent_epoch)
      broken_ = "attempt " + to_string(id) + " was settled under an older epoch than it was written";
  }
}

/// Each call is with one agent at most, and nobody is logged off who does not want to be.
void World::check_agents() {
  if (!desks_) return;
  if (broken_.empty()) broken_ = desks_->broken();
  std::map<AttemptId, AgentId> with;
  for (const auto& [id, agent] : agents()) {
    const AgentCallState call = agent.states.call;
    const bool has_it = call == AgentCallState::talking || call == AgentCallState::held || call == AgentCallState::pending_call;
    if (!has_it || !agent.attempt) continue;
    const auto [other, first] = with.emplace(*agent.attempt, id);
    if (!first && broken_.empty())
      broken_ = "call " + to_string(*agent.attempt) + " is with agents " + to_string(other->second) + " and " + to_string(id);
  }
}

/// At the end: what of the agents' work is left over.
std::string World::agents_alive() const {
  if (!desks_) return "";
  const auto& all = agent_store_->zone("default");
  for (const auto& [attempt, call] : all.calls) return "call " + to_string(attempt) + " is still there for an agent";
  for (const auto& [id, agent] : all.agents)
    if (agent.states.call != AgentCallState::idle)
      return "agent " + to_string(id) + " is still " + std::string(to_string(agent.states.call));
  return "";
}

std::string World::broken() {
  check_database();
  return broken_;
}

bool World::play(Duration time) {
  const Instant until = ground_->timeline.now() + time;
  uint64_t checked = 0;
  while (ground_->timeline.now() < until && carrier_->violation().empty()) {
    if (!ground_->timeline.step()) break;
    // The carrier checks each INVITE as it happens; the tables are looked at often enough to name the moment.
    if (ground_->timeline.events() - checked >= 512) {
      checked = ground_->timeline.events();
      check_database();
      if (!broken_.empty()) break;
    }
  }
  return broken().empty();
}

namespace {
/// Attempts of which an MPP still tells, since nobody has told it to forget them.
std::set<AttemptId> records_in(JournalStore& journal) {
  std::set<AttemptId> kept;
  const auto entries = journal.load();
  for (const mpp::JournalEntry& entry : *entries) {
    if (const auto* written = std::get_if<mpp::CallWritten>(&entry)) kept.insert(written->record.attempt);
    if (const auto* forgotten = std::get_if<mpp::CallForgotten>(&entry)) kept.erase(forgotten->attempt);
  }
  return kept;
}
}  // namespace

std::string World::liveness() const {
  for (const auto& [id, job] : tables_->jobs)
    if (job.state != JobState::completed && job.state != JobState::stopped)
      return "job " + to_string(id) + " is still " + std::string(to_string(job.state));
  for (const auto& [id, attempt] : tables_->attempts)
    if (attempt.state == AttemptState::intent) return "attempt " + to_string(id) + " is not settled";
  for (const auto& [key, contact] : tables_->job_contacts) {
    if (tables_->jobs.at(key.first).finish_reason != FinishReason::exhausted) continue;
    if (contact.state != JobContactState::done) return "contact " + to_string(key.second) + " is not done";
    const std::string& phone = tables_->contacts[static_cast<size_t>(key.second.value - 1)].phone;
    const bool undialed = contact.code == CompletionCode::restricted_dnc || contact.code == CompletionCode::attempt_unknown;
    if (!undialed && !carrier_->was_invited(key.first, phone))
      return "contact " + to_string(key.second) + " is lost: done as " + std::string(to_string(*contact.code)) + " and never dialed";
  }
  for (const auto& [mpp, journal] : journals_)
    for (const AttemptId& kept : records_in(*journal))  // but of one that is UNKNOWN for good, and of agents' lines
      if (!is_line(kept) && tables_->attempts.at(kept).state != AttemptState::unknown)
        return mpp + " still has a record of " + to_string(kept);
  return agents_alive();
}

World::Outcome World::converge() {
  const Instant calm = ground_->timeline.now();
  while (ground_->timeline.now() - calm < options_.converge_within) {
    if (!play(500ms)) return outcome(Outcome::Kind::broken_invariant, broken());
    if (liveness().empty()) return outcome(Outcome::Kind::well, "");
  }
  return outcome(Outcome::Kind::no_progress, liveness());
}

World::Outcome World::outcome(Outcome::Kind kind, std::string what) const {
  Outcome out{kind,
              std::move(what),
              ground_->timeline.events(),
              ground_->timeline.now() - started_,
              carrier_->legs().size(),
              tables_->attempts.size(),
              0};
  for (const auto& [id, attempt] : tables_->attempts) out.unknown += attempt.state == AttemptState::unknown;
  for (const auto& row : tables_->leases.all_history())
    if (row.to) ++out.acquired[row.reason];
  return out;
}

World::Outcome World::run() {
  while (ground_->timeline.now() - started_ < options_.faults_for) {
    one_fault();
    if (!play(ground_->timeline.between(50ms, 1500ms))) return outcome(Outcome::Kind::broken_invariant, broken());
  }
  ground_->weather = Weather{};
  return converge();
}

}  // namespace everdial::sim
