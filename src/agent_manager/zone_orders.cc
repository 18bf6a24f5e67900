#include <algorithm>

#include "agent_manager/agent_states.h"
#include "agent_manager/zone_machine.h"
#include "model/agent_view.h"

// What agents and supervisors order. That the order fits the agent's states was looked up before (agent_states.cc).

namespace everdial::zone {
namespace {

using A = AgentState;
using N = NailState;
using C = AgentCallState;
using J = AgentJobState;

constexpr size_t kLongestText = 4000, kLongestName = 100;

bool is_phone(const std::string& phone) {
  return phone.size() >= 4 && phone.size() <= 16 && phone[0] == '+' &&
         std::all_of(phone.begin() + 1, phone.end(), [](char c) { return c >= '0' && c <= '9'; });
}

std::pair<AgentError, std::string> invalid(std::string what) { return {AgentError::invalid, std::move(what)}; }

bool are_skills(const Skills& skills) {
  return std::all_of(skills.begin(), skills.end(), [](const auto& skill) {
    return !skill.first.empty() && skill.first.size() <= kLongestName && skill.second >= 1 && skill.second <= 10;
  });
}
constexpr const char* kSkillsAre = "a skill has a name of at most 100 characters and a level from 1 to 10";

}  // namespace

// ---- the session ---------------------------------------------------------------------------------------------------------------

ZoneMachine::Wrong ZoneMachine::carry_out(Agent& agent, const agent_command::LogOn& order) {
  if (agent.states.agent != A::logged_out) return std::nullopt;  // another desktop goes on where this agent is
  if (!is_phone(order.phone) && !is_sip_address(order.phone))
    return invalid("'log_on': the phone must be a number as +15550100 or an address as sip:ann@phones.example");
  if (order.skills && !are_skills(*order.skills)) return invalid(std::string("'log_on': ") + kSkillsAre);
  agent.phone = order.phone;
  agent.keep_line = order.keep_line;
  if (order.skills) agent.skills = *order.skills;
  AgentStates to = agent.states;
  to.agent = A::not_ready;
  move(agent, to, "logged_on");
  return std::nullopt;
}
ZoneMachine::Wrong ZoneMachine::carry_out(Agent& agent, const agent_command::LogOff&) {
  log_out(agent, "logged_off", false);
  return std::nullopt;
}
ZoneMachine::Wrong ZoneMachine::carry_out(Agent& agent, const agent_command::LogOffLater& order) {
  if (order.wanted && agent.states.call == C::idle) log_out(agent, "logged_off", false);
  else agent.leaving = order.wanted;
  return std::nullopt;
}
ZoneMachine::Wrong ZoneMachine::carry_out(Agent& agent, const agent_command::Ready&) {
  AgentStates to = agent.states;
  if (to.agent == A::not_ready) to.agent = A::ready;
  else if (to.agent == A::pending_not_ready) to.agent = to.call == C::wrapup ? A::work_not_ready : A::busy;
  agent.reason.clear();
  move(agent, to);
  return std::nullopt;
}
ZoneMachine::Wrong ZoneMachine::carry_out(Agent& agent, const agent_command::NotReady& order) {
  if (order.reason.size() > kLongestName) return invalid("'not_ready': the reason must be of at most 100 characters");
  AgentStates to = agent.states;
  if (to.agent == A::ready) to.agent = A::not_ready;
  else if (to.agent == A::busy || to.agent == A::work_not_ready) to.agent = A::pending_not_ready;
  const bool only_reason = to == agent.states && agent.reason != order.reason;
  agent.reason = order.reason;
  move(agent, to, order.reason);
  if (only_reason) tell(agent, agent_notice::StatesChanged{to, order.reason});
  return std::nullopt;
}
ZoneMachine::Wrong ZoneMachine::carry_out(Agent& agent, const agent_command::SetSkills& order) {
  if (!are_skills(order.skills)) return invalid(std::string("'set_skills': ") + kSkillsAre);
  agent.skills = order.skills;
  return std::nullopt;
}
ZoneMachine::Wrong ZoneMachine::carry_out(Agent&, const agent_command::SayStates&) {
  return std::nullopt;  // the answer has the states
}

// ---- the line ------------------------------------------------------------------------------------------------------------------

ZoneMachine::Wrong ZoneMachine::carry_out(Agent& agent, const agent_command::NailUp&) {
  agent.keep_line = true;
  if (agent.states.nail == N::not_nailed) nail(agent);
  return std::nullopt;
}
ZoneMachine::Wrong ZoneMachine::carry_out(Agent& agent, const agent_command::DropLine&) {
  agent.keep_line = false;
  drop_line(agent);
  return std::nullopt;
}

// ---- contacts ------------------------------------------------------------------------------------------------------------------

ZoneMachine::Wrong ZoneMachine::carry_out(Agent& agent, const agent_command::DialPreview& order) {
  if (!order.phone.empty() && !is_phone(order.phone)) return invalid("'dial_preview': the phone must be a number as +15550100");
  if (agent.states.nail != N::nailed && agent.keep_line)
    return std::pair{AgentError::not_nailed, std::string("'dial_preview': your line is not up; nail it up first")};
  const bool other_number = !order.phone.empty() && order.phone != agent.contact_phone;
  if (other_number && agent.states.nail != N::nailed)
    return std::pair{AgentError::not_nailed, std::string("'dial_preview': for another number your line must be up; nail it up first")};
  if (agent.callback) end_callback(*agent.callback, "dialed");
  if (agent.states.nail == N::not_nailed) {
    nail(agent, C::dialing);
  } else {
    call_becomes(agent, C::dialing);
    if (other_number) {
      // An intent names its number: this one is given back, and another asked for.
      owners_.erase(*agent.attempt);
      emit(SettlePreview{.attempt = *agent.attempt, .again = true});
      emit(AskPreview{.job = agent.attempt->job, .agent = agent.id, .contact = agent.attempt->contact, .phone = order.phone});
    } else if (agent.states.nail == N::nailed) {
      emit(SettlePreview{.attempt = *agent.attempt, .dial = true});
    }
  }
  agent.until = now_ + (other_number ? settings_.claim_limit : settings_.dial_limit);
  return std::nullopt;
}
ZoneMachine::Wrong ZoneMachine::carry_out(Agent& agent, const agent_command::SkipPreview&) {
  call_becomes(agent, C::idle, "skipped");
  return std::nullopt;
}
ZoneMachine::Wrong ZoneMachine::carry_out(Agent& agent, const agent_command::CancelPreview&) {
  emit(SettlePreview{.attempt = *agent.attempt});
  owners_.erase(*agent.attempt);
  if (agent.callback) end_callback(*agent.callback, "cancelled");
  call_becomes(agent, C::idle, "cancelled");
  return std::nullopt;
}
ZoneMachine::Wrong ZoneMachine::carry_out(Agent& agent, const agent_command::Hold&) {
  call_becomes(agent, C::held);
  converse(agent);
  return std::nullopt;
}
ZoneMachine::Wrong ZoneMachine::carry_out(Agent& agent, const agent_command::Resume&) {
  call_becomes(agent, C::talking);
  converse(agent);
  return std::nullopt;
}
ZoneMachine::Wrong ZoneMachine::carry_out(Agent& agent, const agent_command::SendDigits& order) {
  if (order.digits.empty() || order.digits.size() > 64 || order.digits.find_first_not_of("0123456789*#ABCD") != std::string::npos)
    return invalid("'send_digits': 1 to 64 of 0-9 * # A-D");
  steering_.commands.push_back({.attempt = *agent.attempt, .kind = CallCommand::Kind::press, .digits = order.digits});
  return std::nullopt;
}
ZoneMachine::Wrong ZoneMachine::carry_out(Agent& agent, const agent_command::Release&) {
  call_becomes(agent, agent.states.call == C::conference_passive ? C::idle : C::wrapup, "released");
  return std::nullopt;
}
ZoneMachine::Wrong ZoneMachine::carry_out(Agent& agent, const agent_command::Redial& order) {
  if (!order.phone.empty() && !is_phone(order.phone)) return invalid("'redial': the phone must be a number as +15550100");
  if (agent.states.nail != N::nailed)
    return std::pair{AgentError::not_nailed, std::string("'redial': your line is not up; nail it up first")};
  const std::string phone = order.phone.empty() ? agent.contact_phone : order.phone;
  call_becomes(agent, C::dialing);
  agent.until = now_ + settings_.claim_limit;
  emit(AskPreview{.job = agent.attempt->job, .agent = agent.id, .contact = agent.attempt->contact, .phone = phone});
  return std::nullopt;
}

// ---- several agents ------------------------------------------------------------------------------------------------------------

ZoneMachine::Wrong ZoneMachine::carry_out(Agent& agent, const agent_command::Consult& order) {
  Agent* other = find(order.agent);
  if (!other || other == &agent) return std::pair{AgentError::no_such_agent, "'consult': no agent " + to_string(order.agent)};
  if (!free_for_call(*other) || other->states.nail != N::nailed)
    return std::pair{AgentError::agent_not_free, "'consult': agent " + to_string(order.agent) + " is not ready, or has no line up"};
  agent.other = other->id;
  other->other = agent.id;
  other->consulted = true;
  other->attempt = agent.attempt;
  call_becomes(agent, C::consult);
  call_becomes(*other, C::consult);
  tell(*other, agent_notice::ConsultOffered{agent.id, *agent.attempt});
  converse(agent);
  return std::nullopt;
}
ZoneMachine::Wrong ZoneMachine::carry_out(Agent& agent, const agent_command::CancelConsult&) {
  if (agent.consulted) {
    call_becomes(agent, C::idle);
    return std::nullopt;
  }
  part(agent);
  call_becomes(agent, C::talking);
  converse(agent);
  return std::nullopt;
}
ZoneMachine::Wrong ZoneMachine::carry_out(Agent& agent, const agent_command::CompleteTransfer&) {
  Agent* other = partner(agent);
  if (agent.consulted || !other)
    return std::pair{AgentError::not_allowed, std::string("'complete_transfer': only who has the contact may hand it on")};
  hand_call(agent, *other);
  return std::nullopt;
}
ZoneMachine::Wrong ZoneMachine::carry_out(Agent& agent, const agent_command::Transfer& order) {
  Agent* other = find(order.agent);
  if (!other || other == &agent) return std::pair{AgentError::no_such_agent, "'transfer': no agent " + to_string(order.agent)};
  if (!free_for_call(*other) || other->states.nail != N::nailed)
    return std::pair{AgentError::agent_not_free, "'transfer': agent " + to_string(order.agent) + " is not ready, or has no line up"};
  tell(*other, agent_notice::CallOffered{*agent.attempt, phone_seen(settings_of(agent), agent.contact_phone)});
  hand_call(agent, *other);
  return std::nullopt;
}
ZoneMachine::Wrong ZoneMachine::carry_out(Agent& agent, const agent_command::StartConference&) {
  Agent* other = partner(agent);
  if (agent.consulted || !other)
    return std::pair{AgentError::not_allowed, std::string("'start_conference': only who has the contact may start one")};
  other->consulted = false;
  call_becomes(agent, C::conference_owner);
  call_becomes(*other, C::conference_passive);
  for (Agent* member : {&agent, other}) tell(*member, agent_notice::ConferenceStarted{agent.id});
  converse(agent);
  return std::nullopt;
}
ZoneMachine::Wrong ZoneMachine::carry_out(Agent& agent, const agent_command::EndConference&) {
  part(agent);
  tell(agent, agent_notice::ConferenceEnded{});
  call_becomes(agent, C::talking);
  converse(agent);
  return std::nullopt;
}
ZoneMachine::Wrong ZoneMachine::carry_out(Agent& agent, const agent_command::ChangeConferenceOwner&) {
  Agent& other = *partner(agent);
  owners_[*agent.attempt] = other.id;
  other.attempt = agent.attempt;
  other.contact_phone = agent.contact_phone;
  call_becomes(other, C::conference_owner);
  call_becomes(agent, C::conference_passive);
  for (Agent* member : {&agent, &other}) tell(*member, agent_notice::ConferenceOwnerChanged{other.id});
  converse(other);
  return std::nullopt;
}
ZoneMachine::Wrong ZoneMachine::carry_out(Agent& agent, const agent_command::Monitor& order) {
  Agent* supervisor = find(order.supervisor);
  if (!supervisor || supervisor == &agent)
    return std::pair{AgentError::no_such_agent, "'monitor': no agent " + to_string(order.supervisor)};
  if (order.how == Monitoring::none) {
    if (!agent.monitors.erase(supervisor->id)) return std::nullopt;
    supervisor->listens_to.reset();
    alone(*supervisor);
  } else {
    const bool free = supervisor->states.call == C::idle && supervisor->states.nail == N::nailed &&
                      (!supervisor->listens_to || supervisor->listens_to == agent.id);
    if (!free) return std::pair{AgentError::agent_not_free, std::string("'monitor': the supervisor's own line must be up and free")};
    agent.monitors[supervisor->id] = order.how;
    supervisor->listens_to = agent.id;
  }
  touch(*supervisor);
  converse(agent);
  return std::nullopt;
}

// ---- the work after a call -----------------------------------------------------------------------------------------------------

ZoneMachine::Wrong ZoneMachine::carry_out(Agent& agent, const agent_command::WrapUp& order) {
  const std::vector<CodeText>& codes = settings_of(agent).codes;
  if (std::none_of(codes.begin(), codes.end(), [&](const CodeText& one) { return one.code == order.code; })) {
    std::string known;
    for (const CodeText& one : codes) known += (known.empty() ? "" : ", ") + one.code;
    return std::pair{AgentError::no_such_code, "'wrap_up': the campaign's codes are " + known};
  }
  if (order.note.size() > kLongestText) return invalid("'wrap_up': the note must be of at most 4000 characters");
  dispose(agent, order.code, order.note);
  call_becomes(agent, C::idle, "wrapped_up");
  return std::nullopt;
}
ZoneMachine::Wrong ZoneMachine::carry_out(Agent& agent, const agent_command::ExtendWrapUp&) {
  const AgentSettings& settings = settings_of(agent);
  if (!agent.until || agent.extensions >= settings.wrapup_extensions)
    return std::pair{AgentError::not_allowed, std::string("'extend_wrap_up': no extension is left")};
  ++agent.extensions;
  *agent.until += settings.wrapup_extension;
  tell(agent, agent_notice::TimeLimit{*agent.until, settings.wrapup_extensions - agent.extensions});
  return std::nullopt;
}
ZoneMachine::Wrong ZoneMachine::carry_out(Agent& agent, const agent_command::CreateCallback& order) {
  if (order.at <= now_ || order.until <= order.at || order.until > now_ + 366 * 24h)
    return invalid("'create_callback': must begin in the future, and end after that and within a year");
  if (!order.phone.empty() && !is_phone(order.phone)) return invalid("'create_callback': the phone must be a number as +15550100");
  if (order.note.size() > kLongestText) return invalid("'create_callback': the note must be of at most 4000 characters");
  emit(SaveCallback{*agent.attempt, agent.id, order.phone.empty() ? agent.contact_phone : order.phone, order});
  return std::nullopt;
}
ZoneMachine::Wrong ZoneMachine::carry_out(Agent& agent, const agent_command::AddToDnc& order) {
  const std::string phone = order.phone.empty() ? agent.contact_phone : order.phone;
  if (!is_phone(phone)) return invalid("'add_to_dnc': the phone must be a number as +15550100");
  emit(SaveDnc{phone, *agent.attempt});
  return std::nullopt;
}
ZoneMachine::Wrong ZoneMachine::carry_out(Agent& agent, const agent_command::SetAttribute& order) {
  if (order.name.empty() || order.name.size() > kLongestName || order.value.size() > kLongestText)
    return invalid("'set_attribute': a name of 1 to 100 and a value of at most 4000 characters");
  if (!may_change(settings_of(agent), order.name))
    return std::pair{AgentError::not_allowed, "'set_attribute': agents of this campaign cannot change " + order.name};
  emit(SaveAttribute{agent.attempt->contact, agent.id, order.name, order.value});
  tell(agent, agent_notice::ContactChanged{agent.attempt->contact});
  return std::nullopt;
}
ZoneMachine::Wrong ZoneMachine::carry_out(Agent& agent, const agent_command::AddNote& order) {
  if (order.text.empty() || order.text.size() > kLongestText) return invalid("'add_note': 1 to 4000 characters");
  emit(SaveNote{*agent.attempt, agent.id, order.text});
  return std::nullopt;
}

// ---- jobs ----------------------------------------------------------------------------------------------------------------------

ZoneMachine::Wrong ZoneMachine::carry_out(Agent& agent, const agent_command::BlendToInbound&) {
  if (agent.states.job != J::inbound && agent.states.job != J::manual_inbound) to_inbound(agent, std::nullopt);
  return std::nullopt;
}
ZoneMachine::Wrong ZoneMachine::carry_out(Agent& agent, const agent_command::BlendToOutbound&) { return to_outbound(agent); }
ZoneMachine::Wrong ZoneMachine::carry_out(Agent& agent, const agent_command::MoveToJob& order) {
  if (order.job == JobId{}) return leave_job(agent);
  const AgentJob* to_job = job(order.job);
  if (!to_job || !to_job->running)
    return std::pair{AgentError::no_such_job, "'move_to_job': no running job " + to_string(order.job) + " with agents in this zone"};
  if (agent.states.call == C::callback || agent.states.call == C::consult)
    return std::pair{AgentError::wrong_call_state, std::string("'move_to_job': not during a callback or a consultation")};
  AgentStates to = agent.states;
  if (to.call != C::idle) {
    agent.next_job = order.job;
    to.job = J::pending_movement;
    move(agent, to);
    return std::nullopt;
  }
  if (to.job == J::inbound || to.job == J::manual_inbound)
    return std::pair{AgentError::wrong_job_state, std::string("'move_to_job': the agent is at inbound; blend to outbound first")};
  agent.job = order.job;
  const bool has_line = to.nail == N::nailed || !agent.keep_line;
  if (to.job != J::attached) to.job = has_line ? J::attached : J::pending_attach;
  move(agent, to);
  if (to.job == J::attached) tell_job(agent);
  return std::nullopt;
}
/// After its call, if it has one. Not ready, for who is ready is given a job at once.
ZoneMachine::Wrong ZoneMachine::leave_job(Agent& agent) {
  AgentStates to = agent.states;
  if (to.call != C::idle) to.job = J::end;
  else if (to.job == J::attached || to.job == J::pending_attach) to.job = J::detached;
  else return std::pair{AgentError::wrong_job_state, std::string("'move_to_job': the agent has no job to leave")};
  if (to.agent == A::ready) to.agent = A::not_ready;
  else if (to.agent == A::busy || to.agent == A::work_not_ready) to.agent = A::pending_not_ready;
  agent.reason = "released";
  agent.next_job.reset();
  move(agent, to, agent.reason);
  if (to.job == J::detached) agent.job.reset();
  return std::nullopt;
}
ZoneMachine::Wrong ZoneMachine::carry_out(Agent& agent, const agent_command::ForceState& order) {
  switch (order.state) {
    case A::ready:
      return carry_out(agent, agent_command::Ready{});
    case A::not_ready:
      return carry_out(agent, agent_command::NotReady{order.reason});
    case A::logged_out:
      log_out(agent, order.reason.empty() ? "forced" : order.reason, true);
      return std::nullopt;
    default:
      return invalid("'force_state': ready, not_ready or logged_out");
  }
}

}  // namespace everdial::zone
