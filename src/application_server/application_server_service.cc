#include "application_server/application_server_service.h"

#include <algorithm>

#include "base/overloaded.h"

namespace everdial {

using namespace call_control;

ApplicationServerService::ApplicationServerService(Seams& seams, const Directory& directory, Incarnation me, Settings settings)
    : seams_(seams),
      directory_(directory),
      me_(std::move(me)),
      settings_(std::move(settings)),
      machine_(settings_.calls),
      results_(seams, directory, settings_.results) {}

ApplicationServerService::~ApplicationServerService() = default;

void ApplicationServerService::start() { look(); }

void ApplicationServerService::look() {
  PeersSeen seen;
  std::vector<Incarnation> servers{me_};
  for (const Session& session : directory_.serving("application_server"))
    if (session.incarnation != me_) servers.push_back(session.incarnation);
  std::sort(servers.begin(), servers.end());
  seen.servers = servers.size();
  seen.rank = static_cast<size_t>(std::find(servers.begin(), servers.end(), me_) - servers.begin());
  for (const Session& session : directory_.serving("mpp")) seen.mpps.emplace(session.address, mpp_name(session));
  feed(seen);
  feed(TimePassed{});
  look_timer_ = seams_.clock.after(settings_.look_every, [this] { look(); });
}

void ApplicationServerService::handle(Request request, ReplyFn reply) {
  const ReplyId id = ++last_reply_;
  std::visit(Overloaded{
                 [&](PlaceCalls& r) {
                   if (drained_) {
                     reply(Reply{CallsPlaced{std::vector<OrderVerdict>(r.orders.size(), OrderVerdict::overloaded)}});
                     return;
                   }
                   replies_.emplace(id, std::move(reply));
                   feed(OrdersArrived{id, std::move(r)});
                 },
                 [&](CallEvents& r) {
                   replies_.emplace(id, std::move(reply));
                   feed(EventsArrived{id, std::move(r)});
                 },
                 [&](SteerCalls& r) {
                   // Not as if this application server were out of reach: agents are told which of the two it is (F-03).
                   const Error no_mpp{ErrorKind::conflict, "application_server: the MPP does not answer, say it again"};
                   if (directory_.serving("mpp").empty()) return reply(no_mpp);
                   replies_.emplace(id, [no_mpp, reply = std::move(reply)](Result<Reply> steered) {
                     const bool lost =
                         !steered.ok() && (steered.error().kind == ErrorKind::unavailable || steered.error().kind == ErrorKind::unknown);
                     reply(lost ? Result<Reply>(no_mpp) : std::move(steered));
                   });
                   feed(SteerArrived{id, std::move(r)});
                 },
                 [&](AttemptsSettled& r) {
                   feed(SettledArrived{std::move(r)});
                   reply(Reply{Done{}});
                 },
                 [&](auto&) {
                   reply(Error{ErrorKind::invalid, "application_server: not a request for an application server"});
                 },
             },
             request);
}

void ApplicationServerService::drain(std::function<void()> done) {
  drained_ = std::move(done);
  watch_drain();
}

void ApplicationServerService::watch_drain() {
  if (!machine_.orders_under_way()) return std::exchange(drained_, [] {})();
  drain_timer_ = seams_.clock.after(20ms, [this] { watch_drain(); });
}

void ApplicationServerService::feed(const Input& input) {
  for (Effect& effect : machine_.step(input, seams_.clock.steady())) perform(effect);
}

void ApplicationServerService::perform(Effect& effect) {
  std::visit(Overloaded{
                 [this](Execute& e) { execute(e); },
                 [this](AnswerOrders& e) {
                   if (e.result.ok()) answer(e.reply, Reply{std::move(*e.result)});
                   else answer(e.reply, e.result.error());
                 },
                 [this](Steer& e) { steer(e); },
                 [this](Relay& e) { results_.send(std::move(e.record)); },
                 [this](Forget& e) {
                   // Should this be lost, the MPP tells of the call again, and the owner of the job that it is settled.
                   seams_.network.request(e.mpp, ForgetCalls{std::move(e.attempts)}, settings_.mpp_timeout, [](Result<Reply>) {});
                 },
             },
             effect);
}

void ApplicationServerService::execute(Execute& execute) {
  Address self;
  for (const Session& session : directory_.sessions())
    if (session.incarnation == me_) self = session.address;
  seams_.network.request(execute.mpp, ExecuteCalls{self, std::move(execute.orders)}, settings_.mpp_timeout,
                         [this, batch = execute.batch, alive = std::weak_ptr(alive_)](Result<Reply> reply) {
                           if (alive.expired()) return;
                           if (!reply.ok()) return feed(ExecuteAnswered{batch, reply.error()});
                           if (auto* executed = std::get_if<CallsExecuted>(&*reply))
                             return feed(ExecuteAnswered{batch, std::move(*executed)});
                           feed(ExecuteAnswered{batch, Error{ErrorKind::internal, "an MPP answered something else than CallsExecuted"}});
                         });
}

void ApplicationServerService::steer(Steer& steer) {
  struct Open {
    size_t requests;
    Result<Reply> answer;  ///< the first that was refused counts
  };
  const auto open = std::make_shared<Open>(Open{1 + steer.tell.size(), Reply{Done{}}});
  const auto acknowledged = [this, id = steer.reply, open, alive = std::weak_ptr(alive_)](Result<Reply> reply) {
    if (alive.expired()) return;
    if (!reply.ok() && open->answer.ok()) open->answer = std::move(reply);
    if (--open->requests == 0) answer(id, std::move(open->answer));
  };
  for (auto& [mpp, control] : steer.controls) {
    if (control.awaited) ++open->requests;
    seams_.network.request(
        mpp, std::move(control.request), settings_.mpp_timeout, control.awaited ? ReplyFn(acknowledged) : [](const Result<Reply>&) {});
  }
  for (AgentCallEvents& events : steer.tell) {
    // Whatever is wrong with the manager, the MPP is to keep the events and not to go to another application server with them.
    const Error not_taken{ErrorKind::conflict,
                          "application_server: " + events.resource.value + " has not taken the events, tell them again"};
    const auto manager = directory_.holder_address(events.resource);
    if (!manager) {
      acknowledged(not_taken);
      continue;
    }
    seams_.network.request(*manager, std::move(events), settings_.manager_timeout,
                           [acknowledged, not_taken](Result<Reply> reply) { acknowledged(reply.ok() ? std::move(reply) : not_taken); });
  }
  acknowledged(Reply{Done{}});
}

void ApplicationServerService::answer(ReplyId id, Result<Reply> reply) {
  if (auto waiting = replies_.extract(id)) waiting.mapped()(std::move(reply));
}

}  // namespace everdial
