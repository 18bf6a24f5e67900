#include "rule_engine/rule_engine_service.h"

#include "base/overloaded.h"

namespace everdial {

namespace {
constexpr uint64_t kRuleLane = 200;
}

RuleEngineService::RuleEngineService(Seams& seams, RuleStore& store, std::function<void(const LeaseGrant&)> fenced, Settings settings)
    : seams_(seams), store_(store), fenced_(std::move(fenced)), settings_(settings), machine_(settings.valid_for) {}

const Resource& RuleEngineService::resource() {
  static const Resource name{"rule_engine"};
  return name;
}

void RuleEngineService::acquired(const LeaseGrant& grant) { grant_ = grant; }

void RuleEngineService::lost(const LeaseGrant&) {
  grant_.reset();
  machine_ = RuleMachine{settings_.valid_for};
  alive_ = std::make_shared<char>();
  for (auto& [asked, reply] : std::exchange(replies_, {})) reply(Error{ErrorKind::unavailable, "rule_engine: not the master any more"});
}

void RuleEngineService::handle(Request request, ReplyFn reply) {
  auto* check = std::get_if<CheckContacts>(&request);
  if (!check) return reply(Error{ErrorKind::invalid, "rule_engine: takes CheckContacts only"});
  if (!grant_) return reply(Error{ErrorKind::unavailable, "rule_engine: not the master"});
  replies_.emplace(++last_asked_, std::move(reply));
  feed(CheckAsked{last_asked_, std::move(*check)});
}

void RuleEngineService::feed(const RuleInput& input) {
  for (RuleEffect& effect : machine_.step(input, seams_.clock.now())) {
    std::visit(Overloaded{
                   [&](ReadDnc& e) { read(std::move(e)); },
                   [&](AnswerCheck& e) {
                     auto reply = replies_.extract(e.asked);
                     if (reply.empty()) return;
                     if (e.answer.ok()) reply.mapped()(Reply{std::move(*e.answer)});
                     else reply.mapped()(e.answer.error());
                   },
               },
               effect);
  }
}

void RuleEngineService::read(ReadDnc effect) {
  run_store(
      seams_.store, kRuleLane,
      [&store = store_, grant = *grant_, effect = std::move(effect)] { return store.listed(grant, effect.phones); },
      [this, grant = *grant_, alive = std::weak_ptr(alive_)](Result<std::set<std::string>> listed) {
        if (alive.expired()) return;
        if (listed.ok()) return feed(DncRead{std::move(*listed)});
        const Error error{listed.error().kind == ErrorKind::fenced ? ErrorKind::unavailable : listed.error().kind, listed.error().message};
        feed(DncUnreadable{error});
        if (listed.error().kind == ErrorKind::fenced) fenced_(grant);
      });
}

}  // namespace everdial
