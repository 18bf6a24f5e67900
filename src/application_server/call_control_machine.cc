#include "application_server/call_control_machine.h"

#include <algorithm>
#include <iterator>
#include <utility>

#include "application_server/call_session.h"

namespace everdial {

using namespace call_control;

std::vector<Effect> CallControlMachine::step(const Input& input, Instant now) {
  now_ = now;
  std::visit([this](const auto& alternative) { on(alternative); }, input);
  return std::exchange(effects_, {});
}

void CallControlMachine::on(const PeersSeen& input) {
  trunks_.share(input.rank, input.servers);
  std::erase_if(mpps_, [&](const auto& mpp) { return !input.mpps.contains(mpp.first); });
  for (const auto& [address, name] : input.mpps) {
    if (!mpps_.try_emplace(address, Mpp{.name = name}).second) continue;
    for (const auto& [attempt, call] : calls_)
      if (call.in_air && call.mpp == address) ++mpps_[address].calls;
  }
}

// ---- placing -----------------------------------------------------------------------------------------------------------------------

bool CallControlMachine::takes_calls(const Mpp& mpp) const {
  return mpp.avoid_until <= now_ && (mpp.owing == 0 || now_ - mpp.owing_since < settings_.answer_within);
}

const Address* CallControlMachine::choose_mpp(const CallOrder& order) const {
  const std::pair<const Address, Mpp>* best = nullptr;
  if (const Resource agents = steered_by(order.resource, order.plan); !agents.value.empty()) {
    // Those who are to talk with each other meet on one MPP, whichever application server asks, and on the same again when it was
    // restarted.
    const auto weight = [&](const Mpp& mpp) { return std::hash<std::string>{}(agents.value + " " + mpp.name); };
    for (const auto& candidate : mpps_)
      if (takes_calls(candidate.second) && (!best || weight(candidate.second) > weight(best->second))) best = &candidate;
    return best ? &best->first : nullptr;
  }
  for (const auto& candidate : mpps_)
    if (takes_calls(candidate.second) && (!best || candidate.second.calls < best->second.calls)) best = &candidate;
  return best ? &best->first : nullptr;
}

/// Empty: none has room.
std::vector<std::string> CallControlMachine::choose_trunks(const CallOrder& order, const Mpp& mpp) {
  if (is_sip_address(order.plan.phone)) return {""};  // straight to the phone
  // Health is the MPP's own knowledge, and ours of it may be old: with nothing left we let it judge.
  if (mpp.trunks_down.size() >= settings_.trunks.size()) return trunks_.take({}, now_);
  return trunks_.take(mpp.trunks_down, now_);
}

void CallControlMachine::on(const OrdersArrived& input) {
  Placement& placement = placements_[input.reply];
  std::map<Address, Execute> executes;
  const std::vector<CallOrder>& orders = input.request.orders;
  for (size_t place = 0; place < orders.size(); ++place) {
    const CallOrder& order = orders[place];
    if (const auto known = calls_.find(order.attempt); known != calls_.end()) {
      repeat(order.attempt, known->second, {input.reply, place}, placement);
      continue;
    }
    const Address* mpp = choose_mpp(order);
    if (!mpp) {
      refuse(order.attempt, OrderVerdict::no_mpp, placement);
      continue;
    }
    std::vector<std::string> trunks = choose_trunks(order, mpps_[*mpp]);
    if (trunks.empty()) {
      refuse(order.attempt, settings_.trunks.empty() ? OrderVerdict::no_trunk : OrderVerdict::overloaded, placement);
      continue;
    }
    placement.answer.verdicts.push_back(OrderVerdict::accepted);
    ++placement.open;
    Call& call = calls_[order.attempt];
    occupy(call, *mpp, trunks.front());
    Execute& execute = executes[*mpp];
    if (execute.orders.empty()) {
      execute.batch = ++last_batch_;
      execute.mpp = *mpp;
      batches_[execute.batch].mpp = *mpp;
      if (Mpp& chosen = mpps_[*mpp]; chosen.owing++ == 0) chosen.owing_since = now_;
    }
    call.batch = execute.batch;
    batches_[execute.batch].orders.push_back({order.attempt, {{input.reply, place}}});
    execute.orders.push_back({order, std::move(trunks)});
  }
  for (auto& [mpp, execute] : executes) effects_.push_back(std::move(execute));
  if (placement.open == 0) finish(input.reply, placement);
}

void CallControlMachine::refuse(const AttemptId& attempt, OrderVerdict verdict, Placement& placement) {
  placement.answer.verdicts.push_back(verdict);
  calls_[attempt] = Call{.in_air = false, .heard_of = now_, .verdict = verdict};
}

/// A request that came twice, or was sent again: whatever becomes of the order is the answer to both. Nothing is to be done: another MPP
/// could not know the order for a repeated one.
void CallControlMachine::repeat(const AttemptId& attempt, const Call& call, Asker asker, Placement& placement) {
  placement.answer.verdicts.push_back(call.verdict == OrderVerdict::accepted ? OrderVerdict::duplicate
                                                                             : call.verdict.value_or(OrderVerdict::accepted));
  if (call.verdict) return;
  const auto batch = batches_.find(call.batch);
  if (batch == batches_.end()) {
    placement.unknown = true;
    return;
  }
  ++placement.open;
  for (auto& [ordered, askers] : batch->second.orders)
    if (ordered == attempt) askers.push_back(asker);
}

void CallControlMachine::on(const ExecuteAnswered& input) {
  const auto found = batches_.find(input.batch);
  if (found == batches_.end()) return;
  const Batch batch = std::move(found->second);
  batches_.erase(found);
  const auto mpp = mpps_.find(batch.mpp);
  if (mpp != mpps_.end() && mpp->second.owing > 0) {  // none when it went and came back meanwhile
    --mpp->second.owing;
    if (input.result.ok()) mpp->second.owing_since = now_;
  }
  const bool whole = input.result.ok() && input.result->verdicts.size() == batch.orders.size();
  // It says it has done nothing: the contacts are not burned, and come again.
  const bool starting = !input.result.ok() && input.result.error().kind == ErrorKind::overloaded;
  if (mpp != mpps_.end()) {
    if (whole) mpp->second.trunks_down = {input.result->trunks_down.begin(), input.result->trunks_down.end()};
    else mpp->second.avoid_until = now_ + (starting ? settings_.avoid_starting_for : settings_.avoid_for);
  }
  for (size_t i = 0; i < batch.orders.size(); ++i) {
    const auto& [attempt, askers] = batch.orders[i];
    if (whole) decide(attempt, askers, input.result->verdicts[i]);
    else decide(attempt, askers, starting ? std::optional(OrderVerdict::no_mpp) : std::nullopt);
  }
}

/// The verdict is empty when the MPP gave none.
void CallControlMachine::decide(const AttemptId& attempt, const std::vector<Asker>& askers, std::optional<OrderVerdict> verdict) {
  if (verdict == OrderVerdict::duplicate) verdict = OrderVerdict::accepted;
  if (const auto found = calls_.find(attempt); found != calls_.end()) {
    Call& call = found->second;
    if (!verdict) verdict = call.verdict;  // the call itself may have been heard of meanwhile
    call.verdict = verdict;
    if (verdict != OrderVerdict::accepted) vacate(call);
    call.heard_of = now_;
  }
  for (const Asker& asker : askers) {
    const auto waiting = placements_.find(asker.placement);
    if (waiting == placements_.end()) continue;
    Placement& placement = waiting->second;
    if (verdict) placement.answer.verdicts[asker.place] = *verdict;
    else placement.unknown = true;
    if (--placement.open == 0) finish(asker.placement, placement);
  }
}

void CallControlMachine::finish(ReplyId id, Placement& placement) {
  if (placement.unknown)
    effects_.push_back(AnswerOrders{id, Error{ErrorKind::unknown, "an MPP has not answered: some orders may have been executed"}});
  else effects_.push_back(AnswerOrders{id, std::move(placement.answer)});
  placements_.erase(id);
}

// ---- what the MPPs tell ------------------------------------------------------------------------------------------------------------

void CallControlMachine::on(const EventsArrived& input) {
  const Address& mpp = input.request.mpp;
  Steer steer{.reply = input.reply};
  ControlCalls control;
  std::map<Resource, CallEvents> tell;
  for (const CallEvents::Event& event : input.request.events) {
    hear_of(event.record, mpp);
    if (auto command = next_command(event)) control.commands.push_back(std::move(*command));
    if (const Resource agents = steered_by(event.record.resource, event.record.plan); !agents.value.empty())
      tell.try_emplace(agents, CallEvents{mpp, {}}).first->second.events.push_back(event);
    if (!is_line(event.record.attempt)) effects_.push_back(Relay{event.record});
  }
  if (!control.commands.empty()) steer.controls[mpp] = {std::move(control), true};
  for (auto& [agents, events] : tell) steer.tell.push_back({agents, std::move(events)});
  effects_.push_back(std::move(steer));
}

/// Those that may have the call: the one that told of it last, or all.
std::vector<Address> CallControlMachine::mpps_of(const AttemptId& attempt) const {
  const auto call = calls_.find(attempt);
  if (call != calls_.end() && mpps_.contains(call->second.mpp)) return {call->second.mpp};
  std::vector<Address> all;
  for (const auto& [address, mpp] : mpps_) all.push_back(address);
  return all;
}

void CallControlMachine::on(const SteerArrived& input) {
  const SteerCalls& request = input.request;
  Steer steer{.reply = input.reply};
  const auto control = [&](const Address& mpp) -> Steer::Control& {
    return steer.controls.try_emplace(mpp, Steer::Control{{{}, request.resource, request.epoch, request.seq, {}}}).first->second;
  };
  for (const Conversation& conversation : request.conversations) {
    // Also to those that have none of its members: somebody there may be in it still, and is to leave.
    for (const auto& [address, mpp] : mpps_) control(address).request.conversations.push_back(conversation);
    for (const Conversation::Member& member : conversation.members)
      for (const Address& mpp : mpps_of(member.call)) control(mpp).awaited = true;
  }
  for (const CallCommand& command : request.commands) {
    for (const Address& mpp : mpps_of(command.attempt)) {
      control(mpp).request.commands.push_back(command);
      control(mpp).awaited = true;
    }
  }
  effects_.push_back(std::move(steer));
}

void CallControlMachine::on(const SettledArrived& input) {
  std::map<Address, Forget> forgets;
  const auto tell = [&](const Address& mpp, const AttemptId& attempt) {
    Forget& forget = forgets[mpp];
    forget.mpp = mpp;
    forget.attempts.push_back(attempt);
  };
  for (const AttemptId& attempt : input.request.attempts) {
    const auto found = calls_.find(attempt);
    if (found == calls_.end()) {
      // Another application server has heard of it: whichever MPP has the record forgets it.
      for (const auto& [address, mpp] : mpps_) tell(address, attempt);
      continue;
    }
    Call& call = found->second;
    if (!std::exchange(call.settled, true) && mpps_.contains(call.mpp)) {
      tell(call.mpp, attempt);
    } else {
      // It was told before, or lives no more: the record may have come back under another address.
      for (const auto& [address, mpp] : mpps_) tell(address, attempt);
    }
    vacate(call);
    call.heard_of = now_;
  }
  for (auto& [mpp, forget] : forgets) effects_.push_back(std::move(forget));
}

void CallControlMachine::on(const TimePassed&) {
  for (auto call = calls_.begin(); call != calls_.end();) {
    const bool silent = now_ - call->second.heard_of >= settings_.silent_for;
    if (silent) vacate(call->second);
    call = silent ? calls_.erase(call) : std::next(call);
  }
}

// ---- counting ----------------------------------------------------------------------------------------------------------------------

void CallControlMachine::hear_of(const CallRecord& record, const Address& mpp) {
  Call& call = calls_.try_emplace(record.attempt, Call{.in_air = false}).first->second;
  call.heard_of = now_;
  call.verdict = OrderVerdict::accepted;
  const bool in_air = record.stage != CallStage::ended;
  if (call.in_air && in_air && call.mpp == mpp && call.trunk == record.trunk) return;
  vacate(call);
  call.mpp = mpp;
  if (in_air) occupy(call, mpp, record.trunk);
}

void CallControlMachine::occupy(Call& call, const Address& mpp, const std::string& trunk) {
  call.mpp = mpp;
  call.trunk = trunk;
  call.in_air = true;
  call.heard_of = now_;
  ++in_air_;
  trunks_.occupy(trunk);
  if (const auto found = mpps_.find(mpp); found != mpps_.end()) ++found->second.calls;
}

void CallControlMachine::vacate(Call& call) {
  if (!call.in_air) return;
  call.in_air = false;
  --in_air_;
  trunks_.release(call.trunk);
  if (const auto found = mpps_.find(call.mpp); found != mpps_.end()) --found->second.calls;
}

}  // namespace everdial
