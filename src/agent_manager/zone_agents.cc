#include "agent_manager/agent_states.h"
#include "agent_manager/zone_machine.h"
#include "base/check.h"
#include "model/agent_view.h"

// What is done to one agent, and what follows from it for its call, its line and whoever is with it.

namespace everdial::zone {

using A = AgentState;
using N = NailState;
using C = AgentCallState;
using J = AgentJobState;

namespace {

bool goes_inbound(J job) {
  return job == J::pending_inbound || job == J::inbound || job == J::pending_manual_inbound || job == J::manual_inbound;
}

}  // namespace

/// The one way in which states change: by the tables, counted, saved and told.
void ZoneMachine::move(Agent& agent, const AgentStates& to, const std::string& reason) {
  const AgentStates from = agent.states;
  if (from == to) return;
  EVERDIAL_CHECK(may_follow(from, to));
  EVERDIAL_CHECK(together(to));
  if (from.agent != to.agent) {
    if (from.agent != A::logged_out) emit(SaveTime{agent.id, from.agent, agent.since, now_});
    agent.since = now_;
  }
  if (from.nail != N::not_nailed && to.nail == N::not_nailed) nail_not_before_[agent.id] = now_ + settings_.nail_again;
  if (from.agent == A::logged_out || goes_inbound(from.job) != goes_inbound(to.job)) agent.came_at = now_;
  if (to.job != J::pending_inbound && to.job != J::inbound) agent.queue.reset();
  agent.states = to;
  tell(agent, agent_notice::StatesChanged{to, reason});
  if (from.call == to.call) return;
  agent.until.reset();
  if (to.call != C::idle && to.call != C::wrapup) return;
  left_call(agent, from.call);
  if (to.call == C::idle) at_rest(agent, from.job);
}

void ZoneMachine::call_becomes(Agent& agent, AgentCallState call, const std::string& reason) {
  move(agent, with_call(agent.states, call), reason);
}

/// The contact's call is this agent's no more: it waits again, goes back to its job, or ends.
void ZoneMachine::left_call(Agent& agent, AgentCallState from) {
  part(agent);
  for (const auto& [supervisor, how] : std::exchange(agent.monitors, {}))
    if (Agent* other = find(supervisor)) {
      other->listens_to.reset();
      alone(*other);
    }
  if (agent.attempt && owner_of(*agent.attempt) == &agent) {
    owners_.erase(*agent.attempt);
    if (from == C::preview || from == C::callback) {
      // The dialer is not to call whom an agent has promised to call.
      emit(SettlePreview{.attempt = *agent.attempt, .again = from == C::preview});
    } else if (from != C::pending_call) {
      if (calls_.erase(*agent.attempt)) emit(RemoveCall{*agent.attempt});
      hang_up(*agent.attempt);
    }
  }
  if (agent.states.nail == N::nailed && from != C::wrapup) alone(agent);
  if (agent.states.call != C::wrapup) return;
  agent.extensions = 0;
  const AgentSettings& settings = settings_of(agent);
  if (settings.wrapup_limit <= Duration{}) return;
  agent.until = now_ + settings.wrapup_limit;
  tell(agent, agent_notice::TimeLimit{*agent.until, settings.wrapup_extensions});
}

void ZoneMachine::tell_job(Agent& agent) {
  const AgentJob* its = job(agent.job);
  tell(agent, agent_notice::JobAttached{*agent.job, its ? its->campaign : ""});
}

/// What was put off until the call and its work were done.
void ZoneMachine::at_rest(Agent& agent, AgentJobState from) {
  agent.attempt.reset();
  agent.contact_phone.clear();
  agent.callback.reset();
  agent.consulted = false;
  if (agent.states.agent == A::logged_out) return;
  if (from == J::pending_movement && agent.next_job) {
    agent.job = std::exchange(agent.next_job, std::nullopt);
    tell_job(agent);
  } else if (agent.states.job != J::attached) {
    agent.job.reset();
  }
  agent.next_job.reset();
  if (!agent.keep_line && agent.states.nail == N::nailed) drop_line(agent);
  if (agent.leaving) log_out(agent, agent.reason, false);
}

void ZoneMachine::apply(Agent& agent, const Reconciled& result, const std::string& reason) {
  if (!result.desktop_error) {
    const bool attaches = agent.states.job == J::pending_attach && result.states.job == J::attached;
    move(agent, result.states, reason);
    if (attaches) tell_job(agent);
    return;
  }
  emit(SaveDisposition{*result.desktop_error, agent.id, kDesktopError});
  if (calls_.erase(*result.desktop_error)) emit(RemoveCall{*result.desktop_error});
  hang_up(*result.desktop_error);
  log_out(agent, kDesktopError, true);
}

void ZoneMachine::log_out(Agent& agent, const std::string& reason, bool forced) {
  agent.leaving = false;
  if (agent.states.nail != N::not_nailed) hang_up(current_line(agent));
  if (agent.listens_to)
    if (Agent* other = find(*std::exchange(agent.listens_to, std::nullopt))) {
      other->monitors.erase(agent.id);
      touch(*other);
    }
  move(agent, AgentStates{}, reason);
  agent.job.reset();
  agent.next_job.reset();
  agent.reason.clear();
  tell(agent, agent_notice::LoggedOff{reason, forced});
}

// ---- the line ------------------------------------------------------------------------------------------------------------------

/// Calls the agent's phone; with `call`, for what the agent is to do with it.
void ZoneMachine::nail(Agent& agent, AgentCallState call) {
  ++agent.lines;
  CallOrder order{
      .attempt = current_line(agent), .resource = grant_.resource, .epoch = grant_.epoch, .not_after = now_ + settings_.order_valid};
  order.plan.phone = agent.phone;
  order.plan.ring_timeout = settings_.line_rings;
  order.plan.analyse = false;
  order.plan.party = Party::agent;
  emit(PlaceLine{order});
  AgentStates to = call == C::idle ? agent.states : with_call(agent.states, call);
  to.nail = N::pending;
  move(agent, to);
}

void ZoneMachine::line_answered(Agent& agent) {
  AgentStates to = agent.states;
  to.nail = N::nailed;
  const bool attaches = to.job == J::pending_attach;
  if (attaches) to.job = J::attached;
  if (to.call == C::pending_call) to = with_call(to, C::talking);
  move(agent, to);
  if (attaches) tell_job(agent);
  if (to.call == C::talking) converse(agent);
  else if (to.call == C::dialing) emit(SettlePreview{.attempt = *agent.attempt, .dial = true});
  else if (to.call == C::idle && !agent.keep_line) drop_line(agent);
  else alone(agent);
}

void ZoneMachine::drop_line(Agent& agent) {
  if (agent.states.nail == N::not_nailed) return;
  hang_up(current_line(agent));
  AgentStates to = agent.states;
  to.nail = N::not_nailed;
  move(agent, to);
  nail_not_before_.erase(agent.id);  // it was not lost
}

// ---- calls ---------------------------------------------------------------------------------------------------------------------

void ZoneMachine::take_call(Agent& agent, const AttemptId& attempt, const std::string& phone) {
  agent.attempt = attempt;
  agent.contact_phone = phone;
  owners_[attempt] = agent.id;
  pacing_.connected(attempt, now_);
  tell(agent, agent_notice::CallOffered{attempt, phone_seen(settings_of(agent), phone)});
  if (agent.states.nail != N::nailed) return nail(agent, C::pending_call);
  call_becomes(agent, C::talking);
  converse(agent);
}

/// The contact is with `to` from now on; `from` has its work after the call to do.
void ZoneMachine::hand_call(Agent& from, Agent& to) {
  from.other.reset();
  to.other.reset();
  to.consulted = false;
  to.attempt = from.attempt;
  to.contact_phone = from.contact_phone;
  owners_[*from.attempt] = to.id;
  const agent_notice::CallTransferred notice{from.id, to.id, *from.attempt};
  tell(from, notice);
  tell(to, notice);
  call_becomes(to, C::talking, "transferred");
  converse(to);
  call_becomes(from, C::wrapup, "transferred");
}

/// Ends a consultation or a conference of two agents: who was passive is idle, the other talks to the contact.
void ZoneMachine::part(Agent& agent) {
  Agent* other = partner(agent);
  agent.other.reset();
  agent.consulted = false;
  if (!other) return;
  const bool passive = other->consulted || other->states.call == C::conference_passive;
  if (other->states.call == C::consult) tell(*other, agent_notice::ConsultEnded{agent.id});
  else tell(*other, agent_notice::ConferenceEnded{});
  other->other.reset();
  other->consulted = false;
  call_becomes(*other, passive ? C::idle : C::talking);
  if (!passive) converse(*other);
}

Agent* ZoneMachine::partner(const Agent& agent) { return agent.other ? find(*agent.other) : nullptr; }

/// Says again who hears whom in the agent's conversation.
void ZoneMachine::converse(const Agent& agent) {
  const C call = agent.states.call;
  Conversation with_contact{ConversationId{to_string(*agent.attempt)}, {{*agent.attempt}}};
  Conversation own{ConversationId{"line-" + to_string(current_line(agent))}, {{current_line(agent)}}};
  const bool apart = call == C::held || call == C::consult;
  Conversation& around = apart ? own : with_contact;
  if (!apart) around.members.push_back({current_line(agent)});
  if (const Agent* other = partner(agent)) around.members.push_back({current_line(*other)});
  for (const auto& [supervisor, how] : agent.monitors) {
    const Agent* listener = find(supervisor);
    if (!listener || listener->states.nail != N::nailed) continue;
    using Role = Conversation::Role;
    const Role role = how == Monitoring::barge ? Role::talks : how == Monitoring::whisper ? Role::whispers : Role::listens;
    around.members.push_back({current_line(*listener), role, role == Role::whispers ? current_line(agent) : AttemptId{}});
  }
  steering_.conversations.push_back(with_contact);
  if (apart) steering_.conversations.push_back(own);
}

void ZoneMachine::alone(const Agent& agent) {
  if (agent.states.nail != N::nailed) return;
  steering_.conversations.push_back({ConversationId{"line-" + to_string(current_line(agent))}, {{current_line(agent)}}});
}

void ZoneMachine::hang_up(const AttemptId& call, CompletionCode code) {
  steering_.commands.push_back({.attempt = call, .kind = CallCommand::Kind::hang_up, .code = code});
}

void ZoneMachine::tell(Agent& agent, AgentNotice notice) {
  touch(agent);
  first_new_.try_emplace(agent.id, agent.next_notice);
  ++agent.next_notice;
  agent.notices.push_back(std::move(notice));
  if (agent.notices.size() > settings_.notices_kept) agent.notices.pop_front();
}

void ZoneMachine::dispose(const Agent& agent, const std::string& code, const std::string& note) {
  if (agent.attempt) emit(SaveDisposition{*agent.attempt, agent.id, code, note});
}

}  // namespace everdial::zone
