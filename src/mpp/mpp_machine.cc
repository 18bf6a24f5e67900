#include "mpp/mpp_machine.h"

#include <algorithm>

#include "base/overloaded.h"

namespace everdial {

using namespace mpp;

namespace {

/// How a call ends that was answered, when nothing else is said.
CompletionCode outcome(const CallRecord& record) {
  if (record.opted_out) return CompletionCode::opted_out;
  return record.analysis.value_or(CompletionCode::answer_human);
}

bool is_alive(const CallRecord& record) { return record.stage != CallStage::ended; }

}  // namespace

std::vector<Effect> MppMachine::step(const Input& input, Instant now) {
  now_ = now;
  std::visit([this](const auto& alternative) { on(alternative); }, input);
  compact_if_worthwhile();
  arm_timer();
  return std::exchange(effects_, {});
}

Epoch MppMachine::epoch_of(const Resource& resource) const {
  const auto found = epochs_.find(resource);
  return found == epochs_.end() ? Epoch{} : found->second;
}

const CallRecord* MppMachine::find(const AttemptId& attempt) const {
  const auto found = calls_.find(attempt);
  return found == calls_.end() ? nullptr : &found->second.record;
}

// ---- the start -------------------------------------------------------------------------------------------------------------------

void MppMachine::on(const JournalLoaded& input) {
  std::unordered_map<AttemptId, std::string> dialogs;
  for (const JournalEntry& entry : input.entries) replay(entry, dialogs);
  journal_entries_ = input.entries.size();
  drop_old_memories();
  for (auto& [attempt, call] : calls_) {
    if (is_alive(call.record)) {
      ++alive_;
      take_up(call, dialogs[attempt]);
    } else {
      tell_end(call);
    }
  }
}

void MppMachine::take_up(Call& call, const std::string& dialog) {
  CallRecord& record = call.record;
  record.never_sent = dialog.empty() && record.stage == CallStage::placed;
  effects_.push_back(EndRestored{record.attempt, dialog});
  if (!call.hanging_up) call.hanging_up = CompletionCode::call_lost;
  // Somebody may have picked up while nobody was here to hear it: that is for the far end to say.
  if (record.never_sent || record.stage == CallStage::answered) return end(call, *call.hanging_up);
  set_deadline(call, now_ + settings_.hang_up_wait);
}

void MppMachine::replay(const JournalEntry& entry, std::unordered_map<AttemptId, std::string>& dialogs) {
  std::visit(Overloaded{
                 [this](const EpochRaised& raised) { set_epoch(raised.resource, raised.epoch); },
                 [this](const CallWritten& written) {
                   Call& call = calls_[written.record.attempt];
                   call.record = written.record;
                   call.hanging_up = written.hanging_up;
                   call.not_after = written.not_after;
                 },
                 [&](const DialogWritten& dialog) { dialogs[dialog.attempt] = dialog.snapshot; },
                 [this](const CallForgotten& forgotten) {
                   calls_.erase(forgotten.attempt);
                   remember_forgotten(forgotten);
                 },
             },
             entry);
}

void MppMachine::on(const EpochsRead& input) {
  for (const auto& [resource, epoch] : input.epochs) raise(resource, epoch);
  // From now on a journal without anything in it is one that was lost; not sooner, or a crash could hide that this one was.
  raise(Resource{"journal"}, Epoch{1});
  forgot_at_ = input.forgot_at;
  effects_.push_back(Serve{});
}

// ---- requests --------------------------------------------------------------------------------------------------------------------

void MppMachine::on(const BarrierAsked& input) {
  raise(input.request.resource, input.request.epoch);
  BarrierRaised reply{{}, forgot_at_};
  for (const auto& [attempt, call] : calls_) {
    const CallRecord& record = call.record;
    if (record.resource == input.request.resource || record.plan.agents == input.request.resource) reply.executed.push_back(record);
  }
  effects_.push_back(Answer{input.reply, Reply{std::move(reply)}});
}

void MppMachine::on(const OrdersArrived& input) {
  CallsExecuted reply;
  reply.verdicts.reserve(input.request.orders.size());
  drop_old_memories();
  for (const ExecuteCalls::Order& order : input.request.orders) {
    raise(order.order.resource, order.order.epoch);
    const OrderVerdict verdict = judge(order);
    if (verdict == OrderVerdict::accepted) execute(order, input.request.application_server);
    else if (verdict == OrderVerdict::overloaded || verdict == OrderVerdict::no_trunk)
      refused_[order.order.attempt] = order.order.not_after;
    reply.verdicts.push_back(verdict);
  }
  reply.trunks_down.assign(trunks_down_.begin(), trunks_down_.end());
  effects_.push_back(Answer{input.reply, Reply{std::move(reply)}});
}

void MppMachine::on(const OrdersRefused& input) {
  for (const ExecuteCalls::Order& order : input.request.orders) refused_[order.order.attempt] = order.order.not_after;
}

OrderVerdict MppMachine::judge(const ExecuteCalls::Order& order) const {
  // First of all whether it was executed: only `duplicate` says so, and whoever asks must never hear anything else of such an attempt.
  const AttemptId& attempt = order.order.attempt;
  if (calls_.contains(attempt) || forgotten_.contains(attempt)) return OrderVerdict::duplicate;
  if (order.order.epoch < epoch_of(order.order.resource)) return OrderVerdict::stale_epoch;
  if (now_ > order.order.not_after) return OrderVerdict::too_late;
  if (draining_ || alive_ >= settings_.max_calls || refused_.contains(attempt)) return OrderVerdict::overloaded;
  if (std::none_of(order.trunks.begin(), order.trunks.end(), [this](const std::string& trunk) { return is_up(trunk); }))
    return OrderVerdict::no_trunk;
  return OrderVerdict::accepted;
}

void MppMachine::execute(const ExecuteCalls::Order& order, const Address& application_server) {
  Call& call = calls_[order.order.attempt];
  ++alive_;
  call.record = CallRecord{.attempt = order.order.attempt,
                           .resource = order.order.resource,
                           .epoch = order.order.epoch,
                           .mpp = settings_.name,
                           .plan = order.order.plan,
                           .placed_at = now_};
  call.application_server = application_server;
  call.next_trunks = order.trunks;
  call.not_after = order.order.not_after;
  call.give_up_at = now_ + order.order.plan.ring_timeout;
  place_on_next_trunk(call, true);
}

bool MppMachine::place_on_next_trunk(Call& call, bool durably) {
  const auto next =
      std::find_if(call.next_trunks.begin(), call.next_trunks.end(), [this](const std::string& trunk) { return is_up(trunk); });
  if (next == call.next_trunks.end()) return false;
  call.record.trunk = *next;
  call.next_trunks.erase(call.next_trunks.begin(), next + 1);
  call.record.sip_status = 0;
  set_deadline(call, now_ + call.record.plan.ring_timeout);
  write(call, durably);
  effects_.push_back(PlaceOnTrunk{{call.record.attempt, call.record.trunk, call.record.plan,
                                   call.record.plan.record ? to_string(call.record.attempt) + ".wav" : std::string{}}});
  return true;
}

void MppMachine::on(const CommandsArrived& input) {
  if (!input.request.resource.value.empty()) {
    if (!steer(input.request))
      return effects_.push_back(
          Answer{input.reply, Error{ErrorKind::fenced, "mpp: " + input.request.resource.value + " has a later owner"}});
  } else {
    for (const CallCommand& each : input.request.commands) command(each);
  }
  effects_.push_back(Answer{input.reply, Reply{Done{}}});
}

void MppMachine::command(const CallCommand& command) {
  const auto found = calls_.find(command.attempt);
  if (found == calls_.end() || !is_alive(found->second.record) || found->second.hanging_up) return;
  Call& call = found->second;
  if (command.kind == CallCommand::Kind::hang_up) return hang_up(call, command.code);
  if (command.kind == CallCommand::Kind::press) return effects_.push_back(PressOnTrunk{command.attempt, command.digits});
  // Requests are repeated when their answer is lost, and another application server may go on with the call: a prompt starts once.
  if (call.record.stage != CallStage::answered || call.prompt == command.prompt) return;
  call.prompt = command.prompt;
  call.awaiting_beep = false;
  set_deadline(call, longest_end(call));
  effects_.push_back(PlayOnTrunk{command.attempt, command.prompt});
}

// ---- what a manager of agents asks -------------------------------------------------------------------------------------------------

bool MppMachine::steer(const ControlCalls& request) {
  raise(request.resource, request.epoch);
  if (request.epoch < epoch_of(request.resource)) return false;
  // A call of whom something later was said already is left as it is, and one of whom this was said is not told it twice.
  std::set<AttemptId> fresh;
  const auto consider = [&](const AttemptId& attempt) {
    const auto found = calls_.find(attempt);
    if (found == calls_.end() || !is_alive(found->second.record) || found->second.hanging_up) return;
    const CallRecord& record = found->second.record;
    if (std::pair(record.steered_by, record.steered) < std::pair(request.epoch, request.seq)) fresh.insert(attempt);
  };
  for (const CallCommand& command : request.commands) consider(command.attempt);
  for (const Conversation& conversation : request.conversations) {
    for (const Conversation::Member& member : conversation.members) consider(member.call);
    if (const auto before = conversations_.find(conversation.id); before != conversations_.end())
      for (const AttemptId& attempt : before->second) consider(attempt);
  }
  for (const AttemptId& attempt : fresh) {
    Call& call = calls_.at(attempt);
    call.record.steered_by = request.epoch;
    call.record.steered = request.seq;
    if (std::exchange(call.awaiting_manager, false)) set_deadline(call, longest_end(call));
  }
  for (const Conversation& conversation : request.conversations) converse(conversation, fresh);
  for (const CallCommand& each : request.commands) {
    if (!fresh.contains(each.attempt)) continue;
    Call& call = calls_.at(each.attempt);
    call.prompt.clear();  // this one is meant to be played, whatever was played before
    command(each);
  }
  for (const AttemptId& attempt : fresh)
    if (const Call& call = calls_.at(attempt); !call.hanging_up) write(call, false);
  return true;
}

void MppMachine::converse(const Conversation& conversation, const std::set<AttemptId>& fresh) {
  std::set<AttemptId>& here = conversations_[conversation.id];
  const bool had_members = !here.empty();
  for (const AttemptId& attempt : std::set(here)) {
    if (!fresh.contains(attempt)) continue;
    here.erase(attempt);
    calls_.at(attempt).record.conversation.reset();
  }
  for (const Conversation::Member& member : conversation.members) {
    if (!fresh.contains(member.call)) continue;
    Call& call = calls_.at(member.call);
    leave_conversation(call);
    call.record.conversation = conversation;
    conversations_[conversation.id].insert(member.call);
    if (call.record.stage == CallStage::answered) set_deadline(call, longest_end(call));
  }
  // The trunk is told of those who are here and of whom nothing later was said.
  Conversation now{conversation.id, {}};
  for (const Conversation::Member& member : conversation.members)
    if (conversations_[conversation.id].contains(member.call)) now.members.push_back(member);
  if (now.members.empty()) conversations_.erase(conversation.id);
  if (had_members || !now.members.empty()) effects_.push_back(ConverseOnTrunk{std::move(now)});
}

void MppMachine::leave_conversation(Call& call) {
  if (!call.record.conversation) return;
  const auto found = conversations_.find(call.record.conversation->id);
  if (found == conversations_.end()) return;
  found->second.erase(call.record.attempt);
  if (found->second.empty()) conversations_.erase(found);
}

Instant MppMachine::longest_end(const Call& call) const {
  const CallRecord& record = call.record;
  const bool open = record.plan.party == Party::agent || record.conversation;
  return record.answered_at.value_or(now_) + (open ? settings_.longest : record.plan.max_call);
}

void MppMachine::await_beep(Call& call) {
  call.awaiting_manager = false;
  set_deadline(call, std::min(longest_end(call), now_ + settings_.beep_wait));
}

void MppMachine::await_manager(Call& call) {
  const CallRecord& record = call.record;
  call.awaiting_manager = !record.plan.agents.value.empty() && record.steered == 0;
  if (call.awaiting_manager) set_deadline(call, now_ + settings_.unattended_after);
}

void MppMachine::on(const ForgetAsked& input) {
  for (const AttemptId& attempt : input.request.attempts) {
    const auto found = calls_.find(attempt);
    if (found == calls_.end() || is_alive(found->second.record)) continue;
    Call& call = found->second;
    CallForgotten forgotten{attempt, call.record.resource, call.record.epoch, std::max(now_, call.not_after)};
    deadlines_.erase({call.deadline, attempt});
    calls_.erase(found);
    write(forgotten, false);
    remember_forgotten(std::move(forgotten));
  }
  effects_.push_back(Answer{input.reply, Reply{Done{}}});
}

// ---- what comes from the trunk -----------------------------------------------------------------------------------------------------

void MppMachine::on(const TrunkReported& input) {
  for (const TrunkEvent& event : input.events) {
    if (event.kind == TrunkEvent::Kind::trunk_down) trunks_down_.insert(event.trunk);
    else if (event.kind == TrunkEvent::Kind::trunk_up) trunks_down_.erase(event.trunk);
    else report(event);
  }
}

void MppMachine::report(const TrunkEvent& event) {
  const auto found = calls_.find(event.attempt);
  if (found == calls_.end() || !is_alive(found->second.record)) return;
  Call& call = found->second;
  CallRecord& record = call.record;
  switch (event.kind) {
    case TrunkEvent::Kind::ringing:
      if (record.stage != CallStage::placed) return;
      record.stage = CallStage::ringing;
      record.ringing_at = now_;
      if (!call.hanging_up) set_deadline(call, now_ + record.plan.ring_timeout);
      write(call, false);
      return tell(call, CallEvents::Kind::ringing);
    case TrunkEvent::Kind::answered:
      if (record.stage == CallStage::answered) return;
      record.stage = CallStage::answered;
      record.answered_at = now_;
      record.sip_status = 200;
      if (record.plan.record) record.recording = to_string(record.attempt) + ".wav";
      if (!call.hanging_up) {
        set_deadline(call, longest_end(call));
        await_manager(call);
      }
      write(call, false);
      return tell(call, CallEvents::Kind::answered);
    case TrunkEvent::Kind::classified:
      if (record.stage != CallStage::answered || record.analysis) return;
      record.analysis = event.analysis;
      record.analysed_at = now_;
      call.awaiting_beep = event.analysis == CompletionCode::answer_machine && record.plan.machine_action == MachineAction::leave_message;
      if (!call.hanging_up) {
        if (!call.awaiting_beep) await_manager(call);
        else if (!record.conversation) await_beep(call);
      }
      write(call, false);
      return tell(call, CallEvents::Kind::classified);
    case TrunkEvent::Kind::beep:
      return tell(call, CallEvents::Kind::beep);
    case TrunkEvent::Kind::prompt_done:
      return tell(call, CallEvents::Kind::prompt_done);
    case TrunkEvent::Kind::digit:
      if (record.digits.size() < 64) record.digits += event.digit;
      // Told here and not only by whoever steers the call: the wish counts even when the caller hangs up the next moment.
      // In a conversation it is the agent who is told.
      if (event.digit == record.plan.opt_out_digit && !record.conversation) record.opted_out = true;
      write(call, false);
      return tell(call, CallEvents::Kind::digit, event.digit);
    case TrunkEvent::Kind::media_silent:
      if (!call.hanging_up) hang_up(call, outcome(record));
      return;
    case TrunkEvent::Kind::failed:
      return leg_failed(call, event.sip_status);
    case TrunkEvent::Kind::ended:
      return leg_ended(call);
    case TrunkEvent::Kind::trunk_up:
    case TrunkEvent::Kind::trunk_down:
      return;
  }
}

void MppMachine::leg_failed(Call& call, int sip_status) {
  call.record.sip_status = sip_status;
  if (call.hanging_up) return given_up(call);
  // The trunk itself was at fault, and nobody's telephone has rung: another trunk may do better.
  const bool trunk_at_fault = sip_status == 0 || sip_status == 408 || sip_status == 503;
  if (trunk_at_fault && call.record.stage == CallStage::placed && now_ < call.give_up_at && place_on_next_trunk(call, false)) return;
  end(call, completion_code_of_sip_status(sip_status));
}

void MppMachine::given_up(Call& call) {
  const CallRecord& record = call.record;
  CompletionCode code = *call.hanging_up;
  if (code == CompletionCode::call_lost && record.sip_status >= 300) {
    code = completion_code_of_sip_status(record.sip_status);
  } else if (code == CompletionCode::ring_no_answer && record.stage == CallStage::ringing && record.sip_status == 0) {
    code = CompletionCode::call_lost;  // it rang, and then the far end fell silent: nobody knows whether somebody picked up
  }
  end(call, code);
}

void MppMachine::leg_ended(Call& call) {
  CallRecord& record = call.record;
  if (!record.answered_at) record.answered_at = now_;
  end(call, call.hanging_up.value_or(outcome(record)));
}

// ---- time --------------------------------------------------------------------------------------------------------------------------

void MppMachine::on(const TimePassed&) {
  armed_.reset();
  while (!deadlines_.empty() && deadlines_.begin()->first <= now_) {
    const auto found = calls_.find(deadlines_.begin()->second);
    EVERDIAL_CHECK(found != calls_.end());
    deadlines_.erase(deadlines_.begin());
    deadline_passed(found->second);
  }
  if (alive_ > 0 && tell_alive_at_ <= now_) tell_alive();
}

void MppMachine::deadline_passed(Call& call) {
  CallRecord& record = call.record;
  if (!is_alive(record)) return tell_end(call);
  if (call.hanging_up) return given_up(call);
  if (record.stage != CallStage::answered) return hang_up(call, CompletionCode::ring_no_answer);
  const bool beep = std::exchange(call.awaiting_beep, false);
  const bool manager = std::exchange(call.awaiting_manager, false);
  if (!beep && !manager) return hang_up(call, outcome(record));
  set_deadline(call, longest_end(call));
  tell(call, beep ? CallEvents::Kind::beep : CallEvents::Kind::unattended);
}

void MppMachine::on(const ClockStepped& input) {
  deadlines_.clear();
  for (auto& [attempt, call] : calls_) {
    call.give_up_at += input.by;
    call.deadline += input.by;
    deadlines_.emplace(call.deadline, attempt);
  }
  tell_alive_at_ += input.by;
  armed_.reset();
}

void MppMachine::on(const DrainBegun&) { draining_ = true; }

void MppMachine::on(const DrainEnded&) {
  for (auto& [attempt, call] : calls_)
    if (is_alive(call.record) && !call.hanging_up)
      hang_up(call, call.record.stage == CallStage::answered ? outcome(call.record) : CompletionCode::call_lost);
}

void MppMachine::set_deadline(Call& call, Instant at) {
  deadlines_.erase({call.deadline, call.record.attempt});
  call.deadline = at;
  deadlines_.emplace(at, call.record.attempt);
}

void MppMachine::arm_timer() {
  if (deadlines_.empty()) return;
  const Instant next = alive_ > 0 ? std::min(deadlines_.begin()->first, tell_alive_at_) : deadlines_.begin()->first;
  if (armed_ && *armed_ <= next) return;
  armed_ = next;
  effects_.push_back(ArmTimer{next});
}

// ---- the end of a call ---------------------------------------------------------------------------------------------------------------

void MppMachine::hang_up(Call& call, CompletionCode code) {
  if (code == CompletionCode::opted_out) call.record.opted_out = true;
  call.hanging_up = call.record.opted_out ? CompletionCode::opted_out : code;
  set_deadline(call, now_ + settings_.hang_up_wait);
  write(call, false);
  effects_.push_back(HangUpOnTrunk{call.record.attempt});
}

void MppMachine::end(Call& call, CompletionCode code) {
  // Somebody picked up in the very moment in which we gave up: that is no unanswered call, and nobody is called again for it.
  if (code == CompletionCode::ring_no_answer && call.record.answered_at) code = outcome(call.record);
  call.record.stage = CallStage::ended;
  call.record.ended_at = now_;
  call.record.code = call.record.opted_out ? CompletionCode::opted_out : code;
  --alive_;
  leave_conversation(call);
  call.next_trunks = {};
  write(call, false);
  tell_end(call);
}

void MppMachine::tell_end(Call& call) {
  tell(call, CallEvents::Kind::ended);
  ++call.told;
  set_deadline(call, now_ + std::min(settings_.retell_every * call.told, settings_.retell_at_most));
}

void MppMachine::tell_alive() {
  // A share of the calls each second, so that it is never many at once.
  const size_t turn = static_cast<size_t>(now_.time_since_epoch() / 1s) % settings_.tell_alive_every_s;
  for (const auto& [attempt, call] : calls_) {
    if (!is_alive(call.record) || std::hash<AttemptId>{}(attempt) % settings_.tell_alive_every_s != turn) continue;
    if (call.record.stage != CallStage::answered) tell(call, CallEvents::Kind::ringing);
    else tell(call, call.record.analysis ? CallEvents::Kind::classified : CallEvents::Kind::answered);
  }
  tell_alive_at_ = now_ + 1s;
}

void MppMachine::tell(const Call& call, CallEvents::Kind kind, char digit) {
  effects_.push_back(SendEvent{call.application_server, {call.record, kind, digit}});
}

// ---- epochs, memories, the journal ---------------------------------------------------------------------------------------------------

void MppMachine::raise(const Resource& resource, Epoch epoch) {
  if (set_epoch(resource, epoch)) write(EpochRaised{resource, epoch}, true);
}

bool MppMachine::set_epoch(const Resource& resource, Epoch epoch) {
  Epoch& highest = epochs_[resource];
  if (epoch <= highest) return false;
  highest = epoch;
  // Their orders are now refused for their epoch, so their ids need no longer be known.
  std::erase_if(forgotten_order_, [&](const CallForgotten& forgotten) {
    if (forgotten.resource != resource || forgotten.epoch >= epoch) return false;
    forgotten_.erase(forgotten.attempt);
    return true;
  });
  return true;
}

void MppMachine::remember_forgotten(CallForgotten forgotten) {
  if (forgotten.epoch < epoch_of(forgotten.resource)) return;
  if (forgotten_.insert(forgotten.attempt).second) forgotten_order_.push_back(std::move(forgotten));
}

void MppMachine::drop_old_memories() {
  while (!forgotten_order_.empty() && forgotten_order_.front().copies_until + settings_.remember_forgotten < now_) {
    forgotten_.erase(forgotten_order_.front().attempt);
    forgotten_order_.pop_front();
  }
  std::erase_if(refused_, [this](const auto& refused) { return refused.second < now_; });
}

void MppMachine::write(JournalEntry entry, bool durable) {
  effects_.push_back(WriteJournal{std::move(entry), durable});
  ++journal_entries_;
}

void MppMachine::compact_if_worthwhile() {
  const size_t worth_keeping = epochs_.size() + calls_.size() + forgotten_order_.size();
  if (journal_entries_ < settings_.compact_after || journal_entries_ < 3 * worth_keeping) return;
  CompactJournal compact;
  compact.entries.reserve(worth_keeping);
  for (const auto& [resource, epoch] : epochs_) compact.entries.push_back(EpochRaised{resource, epoch});
  for (const CallForgotten& forgotten : forgotten_order_) compact.entries.push_back(forgotten);
  for (const auto& [attempt, call] : calls_) compact.entries.push_back(CallWritten{call.record, call.hanging_up, call.not_after});
  journal_entries_ = compact.entries.size();
  effects_.push_back(std::move(compact));
}

}  // namespace everdial
