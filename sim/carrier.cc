#include "sim/carrier.h"

namespace everdial::sim {

Callee callee_of(const std::string& phone) {
  const size_t n = std::hash<std::string>{}(phone) % 20;
  if (n < 7) return Callee::human;
  if (n < 10) return Callee::machine;
  if (n < 13) return Callee::busy;
  if (n < 16) return Callee::no_answer;
  if (n < 17) return Callee::invalid;
  if (n < 18) return Callee::congested;
  return n < 19 ? Callee::opts_out : Callee::late;
}

size_t Carrier::invite(const std::string& mpp, const AttemptId& attempt, const std::string& phone) {
  auto fail = [&](const std::string& what) {
    if (violation_.empty()) violation_ = "INVITE of attempt " + to_string(attempt) + " to " + phone + " from " + mpp + ": " + what;
  };
  if (check)
    if (const std::string wrong = check(attempt, phone); !wrong.empty()) fail(wrong);
  if (is_line(attempt)) return legs_.push_back({mpp, attempt, phone, timeline_.now()}), legs_.size() - 1;
  for (size_t index : by_callee_[{attempt.job, phone}]) {
    const Leg& before = legs_[index];
    if (before.attempt == attempt) fail("the attempt was executed before");
    else if (before.answered) fail("the number had answered before");
    else if (!before.over) fail("another call to the number is in the air");
  }
  legs_.push_back({mpp, attempt, phone, timeline_.now()});
  by_callee_[{attempt.job, phone}].push_back(legs_.size() - 1);
  return legs_.size() - 1;
}

void SimTrunk::later(size_t index, Duration delay, std::function<void(Carrier::Leg&)> change, TrunkEvent event) {
  // The far end acts whether or not the MPP still lives; `process` may be gone by then, so the word to it goes through its own timer.
  timeline_.after(delay, [&carrier = carrier_, index, change] {
    if (!carrier.leg(index).over) change(carrier.leg(index));
  });
  auto timer = std::make_shared<std::unique_ptr<Timer>>();
  *timer = process_.after(delay + 1ms, [this, index, event, timer] {
    const bool last = event.kind == TrunkEvent::Kind::failed || event.kind == TrunkEvent::Kind::ended;
    const auto known = legs_.find(event.attempt);
    if (known == legs_.end() || known->second != index) return;
    if (last) legs_.erase(known);
    (*handler_)({event});
  });
}

void SimTrunk::place(LegOrder order) {
  const AttemptId attempt = order.attempt;
  keep_(attempt, "dialog");
  const size_t index = carrier_.invite(mpp_, attempt, order.plan.phone);
  legs_[attempt] = index;
  auto event = [&](TrunkEvent::Kind kind) { return TrunkEvent{.kind = kind, .attempt = attempt, .trunk = order.trunk}; };
  auto nothing = [](Carrier::Leg&) {};
  auto over = [](Carrier::Leg& leg) { leg.over = true; };
  auto failed = [&](int status) {
    TrunkEvent e = event(TrunkEvent::Kind::failed);
    e.sip_status = status;
    return e;
  };
  auto classified = [&](CompletionCode code) {
    TrunkEvent e = event(TrunkEvent::Kind::classified);
    e.analysis = code;
    return e;
  };
  if (order.plan.party == Party::agent) {
    // An agent's phone picks up by itself, and stays on the line.
    return later(
        index, timeline_.between(50ms, 800ms), [](Carrier::Leg& leg) { leg.answered = true; }, event(TrunkEvent::Kind::answered));
  }
  const Duration rings = timeline_.between(100ms, 2s);
  const Callee callee = callee_of(order.plan.phone);
  // The late one picks up about when the ring time-out passes.
  const Duration picks_up =
      rings + (callee == Callee::late ? order.plan.ring_timeout + timeline_.between(-500ms, 1s) : timeline_.between(500ms, 4s));
  switch (callee) {
    case Callee::busy:
      return later(index, rings, over, failed(486));
    case Callee::invalid:
      return later(index, rings, over, failed(404));
    case Callee::congested:
      return later(index, rings, over, failed(500));
    case Callee::no_answer:
      later(index, rings, nothing, event(TrunkEvent::Kind::ringing));
      // A dead MPP's INVITE rings out at the far end by itself.
      return later(index, 180s, over, failed(480));
    default:
      break;
  }
  later(index, rings, nothing, event(TrunkEvent::Kind::ringing));
  later(
      index, picks_up, [](Carrier::Leg& leg) { leg.answered = true; }, event(TrunkEvent::Kind::answered));
  const bool machine = callee == Callee::machine;
  if (order.plan.analyse)
    later(index, picks_up + 1s, nothing, classified(machine ? CompletionCode::answer_machine : CompletionCode::answer_human));
  if (machine) later(index, picks_up + 4s, nothing, event(TrunkEvent::Kind::beep));
  if (callee == Callee::opts_out) {
    TrunkEvent digit = event(TrunkEvent::Kind::digit);
    digit.digit = order.plan.opt_out_digit ? order.plan.opt_out_digit : '1';
    later(index, picks_up + 2s, nothing, digit);
  }
  later(index, picks_up + timeline_.between(3s, 20s), over, event(TrunkEvent::Kind::ended));
}

void SimTrunk::play(const AttemptId& attempt, const std::string&) {
  const auto found = legs_.find(attempt);
  if (found == legs_.end()) return;
  later(
      found->second, timeline_.between(1s, 3s), [](Carrier::Leg&) {},
      TrunkEvent{.kind = TrunkEvent::Kind::prompt_done, .attempt = attempt});
}

void SimTrunk::end(size_t index, const AttemptId& attempt) {
  const Duration travels = timeline_.between(5ms, 300ms);
  // Silence (status 0) is all that is to be heard of a call that was over before: whether it was answered cannot be found out any more.
  auto last = std::make_shared<TrunkEvent>(TrunkEvent{.kind = TrunkEvent::Kind::failed, .attempt = attempt});
  timeline_.after(travels, [&carrier = carrier_, index, last] {
    Carrier::Leg& leg = carrier.leg(index);
    if (leg.over) return;
    leg.over = true;
    if (leg.answered) last->kind = TrunkEvent::Kind::ended;
    else last->sip_status = 487;
  });
  auto timer = std::make_shared<std::unique_ptr<Timer>>();
  *timer = process_.after(travels + 1ms, [this, index, last, timer] {
    const auto known = legs_.find(last->attempt);
    if (known == legs_.end() || known->second != index) return;
    legs_.erase(known);
    (*handler_)({*last});
  });
}

void SimTrunk::hang_up(const AttemptId& attempt) {
  if (const auto found = legs_.find(attempt); found != legs_.end()) end(found->second, attempt);
}

void SimTrunk::end_restored(const AttemptId& attempt, const std::string&) {
  for (size_t i = 0; i < carrier_.legs().size(); ++i) {
    if (carrier_.leg(i).mpp != mpp_ || carrier_.leg(i).attempt != attempt) continue;
    legs_[attempt] = i;
    end(i, attempt);
  }
}

}  // namespace everdial::sim
