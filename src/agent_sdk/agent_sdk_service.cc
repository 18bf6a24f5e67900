#include "agent_sdk/agent_sdk_service.h"

#include <algorithm>
#include <tuple>

#include "agent_sdk/desk_json.h"
#include "base/overloaded.h"

namespace everdial {

using desk::Effect;
using desk::Input;

namespace {

constexpr uint64_t kDeskLanes = uint64_t{1} << 43;  ///< of store threads, one for each connection
constexpr uint64_t kKeepLane = kDeskLanes - 1, kLookLane = kDeskLanes - 2;

desk::Refusal record_away() { return {9203, "record_not_available", "the database cannot be reached; ask again in a moment", {}, 0}; }

desk::Refusal refusal_of(const std::string& method, const Error& error) {
  switch (error.kind) {
    case ErrorKind::invalid:
      return desk::invalid_params(error.message);
    case ErrorKind::conflict:
      return {everdial::number_of(AgentError::wrong_call_state), "wrong_call_state", error.message, {}, 0};
    case ErrorKind::not_found:
      return {9113, "invalid", error.message, {}, 0};
    case ErrorKind::internal:
      return {9113, "invalid", "'" + method + "' cannot be answered; the server's log says why", {}, 0};
    default:
      return record_away();
  }
}

}  // namespace

struct AgentSdkService::Desk {
  Desk(ConnectionId i, const desk::SessionMachine::Settings& settings, Instant now) : id(i), machine(settings, now) {}

  const ConnectionId id;
  desk::SessionMachine machine;
  bool over = false;
  std::string session, zone, carrier;
  AgentId agent;
};

AgentSdkService::AgentSdkService(Seams& seams, desk::SessionStore& sessions, desk::QuestionStore& questions, const Directory& directory,
                                 Incarnation me, ServerName server, Wire wire, Settings settings)
    : seams_(seams),
      sessions_(sessions),
      questions_(questions),
      directory_(directory),
      me_(std::move(me)),
      server_(std::move(server)),
      wire_(std::move(wire)),
      settings_(std::move(settings)),
      record_(settings_.record) {}

AgentSdkService::~AgentSdkService() = default;

void AgentSdkService::start() {
  tick();
  look();
  keep();
  clear_ = seams_.clock.after(settings_.clear_every, [this] { clear(); });
}

// ---- desktops come and go --------------------------------------------------------------------------------------------------------

AgentSdkService::DeskPtr AgentSdkService::find(ConnectionId id) const {
  const auto found = desks_.find(id);
  return found == desks_.end() ? nullptr : found->second;
}

void AgentSdkService::opened(ConnectionId id) {
  const auto made = std::make_shared<Desk>(id, settings_.session, seams_.clock.steady());
  made->carrier = me_.value + "/" + std::to_string(id);
  desks_[id] = made;
  if (draining_) feed(made, desk::Draining{});
}

void AgentSdkService::heard(ConnectionId id, std::string text) {
  if (const auto desk = find(id)) feed(desk, desk::TextCame{std::move(text)});
}

void AgentSdkService::written(ConnectionId id) {
  if (const auto desk = find(id)) feed(desk, desk::Written{});
}

void AgentSdkService::lost(ConnectionId id) {
  if (const auto desk = find(id)) forget(*desk);
}

void AgentSdkService::forget(const Desk& gone) {
  const auto found = desks_.find(gone.id);
  if (found == desks_.end()) return;
  const DeskPtr keep = found->second;
  keep->over = true;
  desks_.erase(found);
  const auto session = by_session_.find(keep->session);
  if (session != by_session_.end() && session->second == keep->id) by_session_.erase(session);
}

void AgentSdkService::feed(const DeskPtr& desk, const Input& input) {
  if (desk->over) return;
  for (Effect& effect : desk->machine.step(input, seams_.clock.steady())) perform(desk, effect);
}

void AgentSdkService::perform(const DeskPtr& desk, Effect& effect) {
  std::visit(Overloaded{
                 [&](desk::Say& e) { wire_.say(desk->id, std::move(e.text)); },
                 [&](desk::Close& e) {
                   settings_.closed(e.code);
                   wire_.close(desk->id, e.code, e.reason);
                   forget(*desk);
                 },
                 [&](desk::FindSession& e) { find_session(desk, e); },
                 [&](desk::EndSession&) {
                   run_store(
                       seams_.store, kDeskLanes + desk->id, [&store = sessions_, session = desk->session] { return store.end(session); },
                       [](const Status&) {});  // else it expires
                 },
                 [&](desk::FindScripts&) { find_scripts(desk); },
                 [&](desk::SendCommand& e) { send(desk, e.command); },
                 [&](desk::SendTaken& e) {
                   taken_[desk->zone].push_back(std::move(e.taken));
                   if (!tell_taken_) tell_taken_ = seams_.clock.after(Duration{}, [this] { tell_taken(); });
                 },
                 [&](desk::AskRecord& e) { ask(desk, e); },
             },
             effect);
}

void AgentSdkService::find_session(const DeskPtr& desk, const desk::FindSession& wanted) {
  const std::string token = wanted.begins ? settings_.make_token() : wanted.secret;
  run_store(
      seams_.store, kDeskLanes + desk->id,
      [&store = sessions_, wanted, token, carrier = desk->carrier] {
        return wanted.begins ? store.begin(wanted.secret, token, carrier) : store.resume(token, carrier);
      },
      [this, desk, begins = wanted.begins, token](Result<std::optional<desk::SessionRow>> row) {
        if (!row.ok()) {
          settings_.trouble(row.error().message);
          return feed(desk, desk::SessionRefused{record_away()});
        }
        if (*row) return found(desk, token, std::move(**row));
        feed(desk, desk::SessionRefused{
                       begins ? desk::Refusal{9200, "wrong_ticket", "the ticket is unknown, used, or too old; get another", {}, 0}
                              : desk::Refusal{9201, "wrong_token", "there is no such session, or it has ended; begin a new one", {}, 0}});
      });
}

void AgentSdkService::found(const DeskPtr& desk, const std::string& token, desk::SessionRow row) {
  if (desk->over) return;
  desk->session = row.id;
  desk->zone = row.zone;
  desk->agent = row.agent;
  // One connection carries a session: an older one that is still here does so no more.
  if (const auto older = by_session_.find(row.id); older != by_session_.end())
    if (const auto carries = find(older->second)) feed(carries, desk::SessionLost{4009, "the session goes on over another connection"});
  by_session_[row.id] = desk->id;
  const desk::ZoneStatus status = zone(row.zone).status();
  feed(desk, desk::SessionFound{std::move(row), token, server_.value, servers_for(desk->agent), status});
}

void AgentSdkService::find_scripts(const DeskPtr& desk) {
  run_store(
      seams_.store, kDeskLanes + desk->id, [&store = sessions_, session = desk->session] { return store.look(session); },
      [this, desk](Result<std::optional<desk::SessionRow>> row) {
        if (row.ok() && *row) feed(desk, desk::ScriptsAre{std::move((*row)->scripts)});
      });
}

// ---- requests --------------------------------------------------------------------------------------------------------------------

void AgentSdkService::send(const DeskPtr& desk, const AgentCommand& command) {
  const Resource resource = agent_zone_resource(desk->zone);
  const auto manager = directory_.holder_address(resource);
  const auto here = self();
  if (!manager || !here) return feed(desk, desk::CommandAnswered{command.id, std::nullopt});
  const auto epoch = zone(desk->zone).epoch();
  seams_.network.request(*manager, CommandAgent{resource, command, *here}, settings_.request_timeout,
                         [this, desk, id = command.id, epoch, sent = seams_.clock.steady()](Result<Reply> reply) {
                           std::optional<AgentAnswer> answer;
                           if (reply.ok()) {
                             if (auto* given = std::get_if<AgentAnswer>(&*reply)) answer = std::move(*given);
                           } else if (reply.error().kind == ErrorKind::invalid) {
                             answer = AgentAnswer{AgentError::invalid, reply.error().message, {}};
                           }
                           if (answer && answer->error != AgentError::manager_not_available) {
                             settings_.answered("command", seams_.clock.steady() - sent);
                             if (epoch) tell_zone(desk->zone, zone(desk->zone).served(*epoch, seams_.clock.steady()));
                           }
                           feed(desk, desk::CommandAnswered{id, std::move(answer)});
                         });
}

void AgentSdkService::ask(const DeskPtr& desk, const desk::AskRecord& asked) {
  run_store(
      seams_.store, kDeskLanes + desk->id,
      [&sessions = sessions_, &questions = questions_, asker = desk::QuestionStore::Asker{desk->agent, desk->session, desk->zone},
       asked]() -> Result<std::string> {
        if (asked.method != "get_situation") return questions.answer(asker, asked.method, asked.params);
        const auto row = sessions.look(asker.session);
        if (!row.ok()) return row.error();
        if (!*row) return Error{ErrorKind::not_found, "the session has ended"};
        return desk::to_json((*row)->situation);
      },
      [this, desk, asked, since = seams_.clock.steady()](Result<std::string> answer) {
        settings_.answered("question", seams_.clock.steady() - since);
        if (answer.ok()) return feed(desk, desk::QuestionAnswered{asked.id, std::move(*answer)});
        if (answer.error().kind == ErrorKind::internal) settings_.trouble(answer.error().message);
        feed(desk, desk::QuestionAnswered{asked.id, refusal_of(asked.method, answer.error())});
      });
}

/// What all desktops have had to say in this turn of the loop. A lost message is made up for by the next one.
void AgentSdkService::tell_taken() {
  tell_taken_.reset();
  const auto here = self();
  for (auto& [name, taken] : std::exchange(taken_, {})) {
    const Resource resource = agent_zone_resource(name);
    const auto manager = directory_.holder_address(resource);
    if (manager && here)
      seams_.network.request(*manager, TakeNotices{resource, std::move(taken), *here}, settings_.request_timeout,
                             [](const Result<Reply>&) {});
  }
}

void AgentSdkService::handle(Request request, ReplyFn reply) {
  auto* notices = std::get_if<AgentNotices>(&request);
  if (!notices) return reply(Error{ErrorKind::invalid, "agent_sdk: not a request for an agent_sdk"});
  const auto known = by_session_.find(notices->session);
  const DeskPtr desk = known == by_session_.end() ? nullptr : find(known->second);
  if (!desk) return reply(Error{ErrorKind::not_found, "agent_sdk: session " + notices->session + " is not connected here"});
  reply(Reply{Done{}});
  feed(desk, desk::NoticesCame{notices->first, std::move(notices->notices)});
}

// ---- zones -----------------------------------------------------------------------------------------------------------------------

desk::ZoneWatch& AgentSdkService::zone(const std::string& name) {
  const auto [found, is_new] = zones_.try_emplace(name, settings_.zone);
  if (is_new) look_at_zones();
  return found->second;
}

void AgentSdkService::tell_zone(const std::string& name, const std::vector<desk::ZoneNews>& news) {
  if (news.empty()) return;
  const auto desks = desks_;  // a desktop may leave meanwhile
  for (const auto& [id, desk] : desks)
    if (desk->zone == name)
      for (const desk::ZoneNews& one : news) std::visit([&, to = desk](const auto& n) { feed(to, n); }, one);
}

void AgentSdkService::look_at_zones() {
  if (!directory_.updated()) return;
  const std::vector<Session> managers = directory_.serving("agent_manager");
  for (auto& [name, watch] : zones_) {
    const auto lease = directory_.lease(agent_zone_resource(name));
    desk::ZoneWatch::Seen seen{.others = !managers.empty()};
    if (lease && lease->holder && !lease->holder_address.value.empty()) {
      seen.epoch = lease->epoch;
      seen.draining = lease->holder_draining;
      seen.reachable = lease->holder_draining || std::any_of(managers.begin(), managers.end(),
                                                             [&](const Session& session) { return session.incarnation == *lease->holder; });
    }
    tell_zone(name, watch.look(seen, seams_.clock.steady()));
  }
}

void AgentSdkService::look_at_record() {
  desk::RecordWatch::Seen seen{directory_.doubt_of(me_), {}};
  for (const Session& session : directory_.living("agent_sdk"))
    if (session.incarnation != me_) seen.others.push_back(directory_.doubt_of(session.incarnation));
  if (!record_.look(seen, seams_.clock.steady())) return;
  const auto desks = desks_;
  for (const auto& [id, desk] : desks) feed(desk, desk::SessionLost{4000, "this server cannot reach the database; go on at the next one"});
}

// ---- servers ---------------------------------------------------------------------------------------------------------------------

std::optional<Address> AgentSdkService::self() const {
  for (const Session& session : directory_.sessions())
    if (session.incarnation == me_ && !session.address.value.empty()) return session.address;
  return std::nullopt;
}

/// This one first; the others in another order for each agent, so that all of a server's desktops do not go to one; last those that are
/// in doubt: it may be we who are cut off from them, and desktops not.
std::vector<std::string> AgentSdkService::servers_for(AgentId agent) const {
  std::vector<std::string> out{settings_.url};
  std::vector<std::tuple<bool, size_t, std::string>> others;
  for (const Listener& one : living_)
    if (one.incarnation != me_)
      others.emplace_back(one.doubted, std::hash<std::string>{}(one.incarnation.value + to_string(agent)), one.url);
  std::sort(others.begin(), others.end());
  for (auto& [doubted, rank, url] : others) out.push_back(std::move(url));
  return out;
}

void AgentSdkService::tell_servers() {
  std::vector<Listener> living;
  for (const Session& session : directory_.living("agent_sdk"))
    if (const auto found = listeners_.find(session.incarnation); found != listeners_.end())
      living.push_back({session.incarnation, found->second, directory_.doubt_of(session.incarnation).has_value()});
  if (living == living_) return;
  living_ = std::move(living);
  const auto desks = desks_;
  for (const auto& [id, desk] : desks) feed(desk, desk::ServersAre{servers_for(desk->agent)});
}

void AgentSdkService::look() {
  run_store(
      seams_.store, kLookLane,
      [&store = sessions_, me = me_, url = settings_.url, noted = noted_]() -> Result<std::map<Incarnation, std::string>> {
        if (!noted)
          if (Status here = store.listen(me, url); !here.ok()) return here.error();
        return store.listeners();
      },
      [this](Result<std::map<Incarnation, std::string>> all) {
        if (all.ok()) listeners_ = std::move(*all);
        else if (!noted_) settings_.trouble("desktops cannot learn of this server: " + all.error().message);
        for (const auto& [incarnation, url] : listeners_) seen_.insert(url);
        noted_ = noted_ || all.ok();
        look_ = seams_.clock.after(settings_.look_every, [this] { look(); });
      });
}

// ---- sessions --------------------------------------------------------------------------------------------------------------------

void AgentSdkService::keep() {
  std::vector<desk::SessionStore::Carried> carried;
  for (const auto& [session, connection] : by_session_)
    if (const auto desk = find(connection)) carried.push_back({session, desk->carrier});
  run_store(
      seams_.store, kKeepLane, [&store = sessions_, carried] { return store.keep(carried); },
      [this, carried](const Result<std::vector<desk::SessionStore::Carried>>& kept) {
        keep_ = seams_.clock.after(settings_.keep_every, [this] { keep(); });
        if (!kept.ok()) return;  // no database is no reason to end what goes on
        for (const auto& one : carried) {
          if (std::find(kept->begin(), kept->end(), one) != kept->end()) continue;
          const auto known = by_session_.find(one.session);
          const DeskPtr desk = known == by_session_.end() ? nullptr : find(known->second);
          if (desk && desk->carrier == one.carrier) feed(desk, desk::SessionLost{4009, "the session goes on over another connection"});
        }
      });
}

void AgentSdkService::clear() {
  run_store(
      seams_.store, kKeepLane, [&store = sessions_] { return store.expired(); },
      [this](const Result<std::vector<desk::SessionStore::Expired>>& all) {
        clear_ = seams_.clock.after(settings_.clear_every, [this] { clear(); });
        if (!all.ok()) return;
        for (const auto& expired : *all) end_expired(expired);
      });
}

/// Its agent works no more when the call and its work are done. The session stays until the manager has answered.
void AgentSdkService::end_expired(const desk::SessionStore::Expired& expired) {
  const Resource resource = agent_zone_resource(expired.zone);
  const auto manager = directory_.holder_address(resource);
  if (!manager) return;
  AgentCommand command{expired.agent, expired.session, "expired-" + expired.session, agent_command::LogOffLater{}};
  seams_.network.request(*manager, CommandAgent{resource, std::move(command), Address{}}, settings_.request_timeout,
                         [this, session = expired.session](const Result<Reply>& reply) {
                           const auto* answer = reply.ok() ? std::get_if<AgentAnswer>(&*reply) : nullptr;
                           if (!answer || answer->error == AgentError::manager_not_available) return;
                           run_store(
                               seams_.store, kKeepLane, [&store = sessions_, session] { return store.end(session); }, [](const Status&) {});
                         });
}

// ---- time ------------------------------------------------------------------------------------------------------------------------

void AgentSdkService::tick() {
  look_at_zones();
  look_at_record();
  tell_servers();
  const auto desks = desks_;
  for (const auto& [id, desk] : desks) feed(desk, desk::TimePassed{seams_.clock.now()});
  tick_ = seams_.clock.after(settings_.tick, [this] { tick(); });
}

void AgentSdkService::drain(std::function<void()> done) {
  draining_ = true;
  drained_ = std::move(done);
  const auto desks = desks_;
  for (const auto& [id, desk] : desks) feed(desk, desk::Draining{});
  // Their last words must leave.
  drain_ = seams_.clock.after(desks.empty() ? Duration{} : settings_.drain_within, [this] { drained_(); });
}

}  // namespace everdial
