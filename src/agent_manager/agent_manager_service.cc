#include "agent_manager/agent_manager_service.h"

#include <deque>
#include <set>

#include "base/overloaded.h"

namespace everdial {

using zone::Effect;
using zone::ReplyId;

namespace {

std::vector<AttemptId> calls_of(const SteerCalls& request) {
  std::vector<AttemptId> calls;
  for (const Conversation& conversation : request.conversations)
    for (const Conversation::Member& member : conversation.members) calls.push_back(member.call);
  for (const CallCommand& command : request.commands) calls.push_back(command.attempt);
  return calls;
}

}  // namespace

struct AgentManagerService::Zone : std::enable_shared_from_this<Zone> {
  Zone(LeaseGrant g, std::string n, uint64_t l, const zone::ZoneMachine::Settings& settings)
      : grant(std::move(g)), name(std::move(n)), lane(l), machine(grant, settings) {}
  ~Zone() {
    for (auto& [reply, answer] : replies) answer(Error{ErrorKind::unavailable, "agent_manager: zone " + name + " is not here any more"});
  }

  ReplyId expect(ReplyFn reply) {
    replies.emplace(++last_reply, std::move(reply));
    return last_reply;
  }
  void answer(ReplyId reply, Result<Reply> given) {
    if (auto waiting = replies.extract(reply)) waiting.mapped()(std::move(given));
  }
  /// The last few sessions of each agent: one that was refused its log-on is not to hear what is the other's.
  void heard_from(AgentId agent, const std::string& session, const Address& address) {
    if (address.value.empty()) return;
    auto& known = notices_to[agent];
    std::erase_if(known, [&](const auto& one) { return one.first == session; });
    known.emplace_back(session, address);
    constexpr size_t kept = 4;
    if (known.size() > kept) known.pop_front();
  }

  const LeaseGrant grant;
  const std::string name;
  const uint64_t lane;
  zone::ZoneMachine machine;
  std::unique_ptr<EffectRunner<Effect>> runner;
  bool over = false;  ///< lost: nothing is fed or performed any more
  ReplyId last_reply = 0;
  std::map<ReplyId, ReplyFn> replies;
  std::map<AgentId, std::deque<std::pair<std::string, Address>>> notices_to;
  uint64_t last_timer = 0;
  std::map<uint64_t, std::unique_ptr<Timer>> timers;
};

AgentManagerService::AgentManagerService(Seams& seams, zone::AgentStore& store, const Directory& directory, ServerName server,
                                         Leases leases, Settings settings)
    : seams_(seams),
      store_(store),
      directory_(directory),
      server_(std::move(server)),
      leases_(std::move(leases)),
      settings_(std::move(settings)) {}

AgentManagerService::~AgentManagerService() = default;

void AgentManagerService::start() {
  tick();
  look();
}

// ---- zones come and go -----------------------------------------------------------------------------------------------------------

void AgentManagerService::acquired(const LeaseGrant& grant) {
  const std::string name = grant.resource.value.substr(grant.resource.value.rfind('/') + 1);
  auto zone = std::make_shared<Zone>(grant, name, ++next_lane_, settings_.zone);
  // Callbacks hold the zone weakly: once it is lost or begun anew, what was under way for the old one finds it gone.
  const std::weak_ptr<Zone> weak = zone;
  zone->runner = std::make_unique<EffectRunner<Effect>>(
      seams_.store, zone->lane,
      EffectRunner<Effect>::Shell{
          .is_save = [](const Effect& effect) { return zone::is_save(effect); },
          .commit = [&store = store_, grant, name](const std::vector<Effect>& saves) { return store.commit(grant, name, saves); },
          .perform =
              [this, weak](Effect& effect) {
                if (const auto alive = weak.lock()) perform(*alive, effect);
              },
          .failed =
              [this, weak](const Error& error) {
                const auto alive = weak.lock();
                if (!alive) return;
                if (error.kind == ErrorKind::fenced) return leases_.fenced(alive->grant);
                settings_.trouble(alive->grant, error.message);
                leases_.renounce(alive->grant);
              },
      });
  zones_[grant.resource] = zone;
  load(*zone);
}

void AgentManagerService::lost(const LeaseGrant& grant) {
  const auto found = zones_.find(grant.resource);
  if (found == zones_.end() || found->second->grant.epoch != grant.epoch) return;
  found->second->over = true;
  found->second->runner->reset();
  zones_.erase(found);
}

void AgentManagerService::load(Zone& zone) {
  run_store(
      seams_.store, zone.lane, [&store = store_, grant = zone.grant, name = zone.name] { return store.load(grant, name); },
      [this, weak = zone.weak_from_this()](Result<zone::AgentStore::Rows> rows) {
        const auto alive = weak.lock();
        if (!alive) return;
        if (!rows.ok()) {
          settings_.trouble(alive->grant, rows.error().message);
          return leases_.renounce(alive->grant);
        }
        feed(*alive, zone::ZoneLoaded{std::move(rows->agents), std::move(rows->calls), std::move(rows->jobs), std::move(rows->mpps),
                                      rows->away, std::move(rows->pacing)});
      });
}

const zone::ZoneMachine* AgentManagerService::machine_of(const std::string& zone) const {
  const auto found = zones_.find(agent_zone_resource(zone));
  return found == zones_.end() ? nullptr : &found->second->machine;
}

void AgentManagerService::tick() {
  const auto zones = zones_;  // a step may end a zone
  for (const auto& [resource, zone] : zones) feed(*zone, zone::TimePassed{});
  tick_ = seams_.clock.after(settings_.tick, [this] { tick(); });
}

void AgentManagerService::look() {
  for (const auto& [resource, zone] : zones_) look(*zone, [](Zone&) {});
  look_ = seams_.clock.after(settings_.look_every, [this] { look(); });
}

void AgentManagerService::look(Zone& zone, std::function<void(Zone&)> then) {
  run_store(
      seams_.store, zone.lane,
      [&store = store_, name = zone.name, due_by = seams_.clock.now() + 2 * settings_.look_every] { return store.look(name, due_by); },
      [this, weak = zone.weak_from_this(), then = std::move(then)](const Result<zone::AgentStore::Seen>& all) {
        const auto alive = weak.lock();
        if (!alive) return;
        if (all.ok()) seen(*alive, *all);
        then(*alive);
      });
}

void AgentManagerService::seen(Zone& zone, const zone::AgentStore::Seen& seen) {
  const auto keep = zone.shared_from_this();
  std::set<AgentId> gone;
  for (const auto& [id, agent] : zone.machine.agents()) gone.insert(id);
  for (const zone::AgentSeen& agent : seen.agents) {
    const auto known = zone.machine.agents().find(agent.agent);
    const bool changed =
        known == zone.machine.agents().end() || (known->second.states.agent == AgentState::logged_out &&
                                                 (known->second.skills != agent.skills || known->second.lines < agent.lines));
    if (changed) feed(zone, agent);
    gone.erase(agent.agent);
  }
  for (const AgentId id : gone) feed(zone, zone::AgentRemoved{id});
  feed(zone, zone::MppsSeen{seen.mpps});
  feed(zone, zone::JobsSeen{seen.jobs});
  feed(zone, zone::CallbacksSeen{seen.callbacks});
  feed(zone, zone::OrdersSeen{seen.orders});
  feed(zone, zone::QueuesSeen{seen.queues});
}

// ---- what comes ------------------------------------------------------------------------------------------------------------------

void AgentManagerService::handle(Request request, ReplyFn reply) {
  const auto zone_of = [&](const Resource& resource) {
    const auto found = zones_.find(resource);
    return found == zones_.end() ? nullptr : found->second;
  };
  const auto not_here = [&](const Resource& resource) {
    reply(Error{ErrorKind::unavailable, "agent_manager: " + resource.value + " is not here, or not taken over yet; ask its master"});
  };
  std::visit(Overloaded{
                 [&](CommandAgent& r) {
                   const auto zone = zone_of(r.resource);
                   if (!zone) return not_here(r.resource);
                   zone->heard_from(r.command.agent, r.command.session, r.notices_to);
                   const bool made_just_now = zone->machine.serving() && !zone->machine.agents().contains(r.command.agent);
                   zone::CommandArrived arrived{zone->expect(std::move(reply)), std::move(r.command)};
                   if (!made_just_now) return feed(*zone, arrived);
                   look(*zone, [this, arrived = std::move(arrived)](Zone& alive) { feed(alive, arrived); });
                 },
                 [&](AgentCallEvents& r) {
                   const auto zone = zone_of(r.resource);
                   if (!zone || !zone->machine.serving()) return not_here(r.resource);
                   feed(*zone, zone::EventsArrived{zone->expect(std::move(reply)), std::move(r.events)});
                 },
                 [&](TakeNotices& r) {
                   const auto zone = zone_of(r.resource);
                   if (!zone) return not_here(r.resource);
                   for (const NoticesTaken& one : r.taken) zone->heard_from(one.agent, one.session, r.notices_to);
                   reply(Reply{Done{}});
                   feed(*zone, zone::NoticesAcknowledged{std::move(r.taken)});
                 },
                 [&](TellPreview& r) {
                   const auto zone = zone_of(r.resource);
                   if (!zone) return not_here(r.resource);
                   reply(Reply{Done{}});
                   feed(*zone, zone::PreviewClaimed{r.agent, r.attempt, r.phone});
                 },
                 [&](auto&) {
                   reply(Error{ErrorKind::invalid, "agent_manager: not a request for an agent manager"});
                 },
             },
             request);
}

void AgentManagerService::feed(Zone& zone, const zone::Input& input) {
  if (zone.over) return;
  const auto keep = zone.shared_from_this();
  zone.runner->run(zone.machine.step(input, seams_.clock.now()));
}

// ---- what is done ----------------------------------------------------------------------------------------------------------------

void AgentManagerService::perform(Zone& zone, Effect& effect) {
  std::visit(Overloaded{
                 [&](zone::AskMpp& e) { ask(zone, e.mpp); },
                 [&](zone::MppsSilent& e) { settings_.silent(zone.grant, e); },
                 [&](zone::SaveDisposition& e) {
                   if (e.code == zone::kDesktopError) settings_.desktop_error(zone.grant, e);
                 },
                 [&](zone::PlaceLine& e) { place_line(zone, e.order, 0); },
                 [&](zone::Steer& e) { steer(zone, e.request, 0); },
                 [&](zone::ForgetLines& e) { forget(e.lines); },
                 [&](zone::AnswerCommand& e) { zone.answer(e.reply, Reply{std::move(e.answer)}); },
                 [&](zone::AcknowledgeEvents& e) { zone.answer(e.reply, Reply{Done{}}); },
                 [&](zone::Notify& e) { notify(zone, e.notices); },
                 [&](zone::AskPreview& e) { claim(zone, e); },
                 [&](SettlePreview& e) { settle(zone, e, 0); },
                 [&](zone::Grant& e) { grant(zone, e.request); },
                 [](auto&) {},
             },
             effect);
}

/// Those of our own server first: one hop less. Another one with each turn.
std::optional<Address> AgentManagerService::application_server(int turn) const {
  auto living = directory_.serving("application_server");
  if (living.empty()) return std::nullopt;
  std::stable_partition(living.begin(), living.end(), [&](const Session& s) { return s.server == server_; });
  return living[static_cast<size_t>(turn) % living.size()].address;
}

void AgentManagerService::later(Zone& zone, std::function<void(Zone&)> again) {
  const uint64_t id = ++zone.last_timer;
  zone.timers[id] = seams_.clock.after(settings_.say_again, [weak = zone.weak_from_this(), id, again = std::move(again)] {
    const auto alive = weak.lock();
    if (!alive) return;
    const auto timer = alive->timers.extract(id);
    again(*alive);
  });
}

void AgentManagerService::ask(Zone& zone, const std::string& mpp) {
  for (const Session& session : directory_.sessions()) {
    if (session.component != "mpp" || session.address.value.empty() || mpp_name(session) != mpp) continue;
    seams_.network.request(session.address, RaiseBarrier{zone.grant.resource, zone.grant.epoch}, settings_.request_timeout,
                           [this, weak = zone.weak_from_this(), mpp](Result<Reply> reply) {
                             const auto alive = weak.lock();
                             if (!alive || !reply.ok()) return;
                             if (auto* raised = std::get_if<BarrierRaised>(&*reply))
                               feed(*alive, zone::MppAnswered{mpp, std::move(raised->executed)});
                           });
  }
}

/// Said again as long as it holds: an MPP drops what it has executed already.
void AgentManagerService::place_line(Zone& zone, const CallOrder& order, int turn) {
  const auto again = [this, order, turn](Zone& alive) {
    if (seams_.clock.now() >= order.not_after)
      return feed(alive, zone::LineRefused{order.attempt, std::string(to_string(AgentError::call_control_not_available))});
    place_line(alive, order, turn + 1);
  };
  const auto to = application_server(turn);
  if (!to) return later(zone, again);
  seams_.network.request(*to, PlaceCalls{{order}}, settings_.request_timeout,
                         [this, weak = zone.weak_from_this(), line = order.attempt, again](const Result<Reply>& reply) {
                           const auto alive = weak.lock();
                           if (!alive) return;
                           const auto* placed = reply.ok() ? std::get_if<CallsPlaced>(&*reply) : nullptr;
                           if (!placed || placed->verdicts.empty()) return later(*alive, again);
                           const OrderVerdict verdict = placed->verdicts[0];
                           if (verdict != OrderVerdict::accepted && verdict != OrderVerdict::duplicate)
                             feed(*alive, zone::LineRefused{line, std::string(to_string(verdict))});
                         });
}

/// Said again, with the same number, until it is acknowledged: the later number counts, whichever comes first.
void AgentManagerService::steer(Zone& zone, const SteerCalls& request, int turn) {
  const auto again = [this, request, turn](AgentError why) {
    return [this, request, turn, why](Zone& alive) {
      const bool over = turn * settings_.say_again >= settings_.give_up_after;
      // The first time another application server may just do it.
      if (turn > 0) feed(alive, zone::SteeringStalled{calls_of(request), over ? std::nullopt : std::optional(why)});
      if (!over) return steer(alive, request, turn + 1);
      settings_.trouble(alive.grant, "calls could not be steered: no MPP has acknowledged it");
    };
  };
  const auto to = application_server(turn);
  if (!to) return later(zone, again(AgentError::call_control_not_available));
  // The application server itself waits for an MPP, and is to say that this one is silent.
  seams_.network.request(*to, request, settings_.request_timeout * 3 / 2,
                         [this, weak = zone.weak_from_this(), request, turn, again](const Result<Reply>& reply) {
                           const auto alive = weak.lock();
                           if (!alive) return;
                           if (reply.ok()) {
                             if (turn > 1) feed(*alive, zone::SteeringStalled{calls_of(request)});
                             return;
                           }
                           if (reply.error().kind == ErrorKind::fenced) return leases_.fenced(alive->grant);
                           // The application server itself is there: it is the MPP that is not.
                           const bool mpp = reply.error().kind == ErrorKind::conflict;
                           later(*alive, again(mpp ? AgentError::media_server_not_reachable : AgentError::call_control_not_available));
                         });
}

/// A lost message only means that the MPP tells us of them again.
void AgentManagerService::forget(const std::vector<AttemptId>& lines) {
  if (const auto to = application_server(0))
    seams_.network.request(*to, AttemptsSettled{lines}, settings_.request_timeout, [](const Result<Reply>&) {});
}

/// They stand in the agent's row until the desktop has them: a desktop that misses some asks for them.
void AgentManagerService::notify(Zone& zone, const AgentNotices& notices) {
  const auto known = zone.notices_to.find(notices.agent);
  if (known == zone.notices_to.end()) return;
  for (const auto& [session, address] : known->second)
    if (session == notices.session) seams_.network.request(address, notices, settings_.request_timeout, [](const Result<Reply>&) {});
}

/// The machine asks again when nothing comes of it.
void AgentManagerService::claim(Zone& zone, const zone::AskPreview& ask) {
  if (const auto owner = directory_.holder_address(job_resource(ask.job)))
    seams_.network.request(*owner, ClaimPreview{ask.job, zone.grant.resource, ask.agent, ask.contact, ask.phone}, settings_.request_timeout,
                           [](const Result<Reply>&) {});
}

void AgentManagerService::settle(Zone& zone, const SettlePreview& request, int turn) {
  const auto again = [this, request, turn](Zone& alive) {
    if (turn * settings_.say_again < settings_.give_up_after) settle(alive, request, turn + 1);
    else feed(alive, zone::PreviewRefused{request.attempt, "the owner of the job does not answer"});
  };
  const auto owner = directory_.holder_address(job_resource(request.attempt.job));
  if (!owner) return later(zone, again);
  // The rule engine is asked before it is dialed: that takes its time.
  seams_.network.request(*owner, request, 3 * settings_.request_timeout,
                         [this, weak = zone.weak_from_this(), request, again](const Result<Reply>& reply) {
                           const auto alive = weak.lock();
                           if (!alive || reply.ok()) return;
                           if (reply.error().kind == ErrorKind::conflict)
                             return feed(*alive, zone::PreviewRefused{request.attempt, reply.error().message});
                           later(*alive, again);
                         });
}

/// An unanswered one lapses, so it is not said again.
void AgentManagerService::grant(Zone& zone, const GrantCalls& request) {
  const auto answered = [this, weak = zone.weak_from_this(), seq = request.seq](const Result<Reply>& reply) {
    const auto alive = weak.lock();
    if (!alive) return;
    const auto* used = reply.ok() ? std::get_if<GrantUsed>(&*reply) : nullptr;
    feed(*alive, zone::GrantAnswered{seq, used ? used->placed : std::vector<AttemptId>{}});
  };
  const auto owner = directory_.holder_address(job_resource(request.job));
  if (!owner) return answered(Error{ErrorKind::unavailable, "the job has no owner"});
  seams_.network.request(*owner, request, request.valid_for + settings_.request_timeout, answered);
}

}  // namespace everdial
