#include <algorithm>

#include "agent_manager/zone_machine.h"
#include "model/agent_view.h"

// Contacts that are shown to an agent before they are dialed: previews, and callbacks that were promised.

namespace everdial::zone {

using A = AgentState;
using C = AgentCallState;
using J = AgentJobState;
using N = NailState;

void ZoneMachine::ask_previews() {
  for (auto& [id, agent] : agents_) {
    if (!free_for_call(agent) || !shows_contacts(settings_of(agent))) continue;
    if (const auto when = preview_not_before_.find(id); when != preview_not_before_.end() && when->second > now_) continue;
    preview_not_before_[id] = now_ + settings_.preview_again;
    emit(AskPreview{.job = *agent.job, .agent = id});
  }
}

void ZoneMachine::preview_claimed(const PreviewClaimed& input) {
  Agent* agent = serving_ ? find(input.agent) : nullptr;
  const bool redials = agent && agent->states.call == C::dialing && agent->attempt && agent->attempt != input.attempt &&
                       agent->attempt->contact == input.attempt.contact && !owner_of(*agent->attempt);
  if (!serving_) return;  // told again in a second
  if (agent && agent->attempt == input.attempt && owner_of(input.attempt) == agent) {
    // The owner does not know yet what the agent has said.
    if (agent->states.call == C::dialing && agent->states.nail == N::nailed) emit(SettlePreview{.attempt = input.attempt, .dial = true});
    if (agent->states.call == C::dialing || agent->states.call == C::preview || agent->states.call == C::callback) return;
  }
  const auto offer = std::find_if(offers_.begin(), offers_.end(), [&](const auto& o) {
    const AttemptId& promised = o.second.callback.attempt;
    return o.second.asked_for == input.agent && promised.job == input.attempt.job && promised.contact == input.attempt.contact;
  });
  const bool is_callback = offer != offers_.end();
  const bool free = agent && agent->states.agent == A::ready && agent->states.job == J::attached && agent->job == input.attempt.job;
  if (!redials && !free) return emit(SettlePreview{.attempt = input.attempt, .again = !is_callback});
  agent->attempt = input.attempt;
  agent->contact_phone = input.phone;
  owners_[input.attempt] = agent->id;
  touch(*agent);
  if (redials) {
    agent->until = now_ + settings_.dial_limit;
    return emit(SettlePreview{.attempt = input.attempt, .dial = true});
  }
  if (is_callback) agent->callback = offer->first;
  call_becomes(*agent, is_callback ? C::callback : C::preview);
  tell(*agent, agent_notice::CallOffered{input.attempt, phone_seen(settings_of(*agent), input.phone)});
  const AgentSettings& settings = settings_of(*agent);
  if (settings.pacing != PacingMode::manual && settings.preview_limit > Duration{}) {
    agent->until = now_ + settings.preview_limit;
    tell(*agent, agent_notice::TimeLimit{*agent->until, 0});
  }
}

void ZoneMachine::preview_refused(const PreviewRefused& input) {
  Agent* agent = owner_of(input.attempt);
  if (!serving_ || !agent || agent->attempt != input.attempt) return;
  const C call = agent->states.call;
  if (call != C::dialing && call != C::preview && call != C::callback) return;
  owners_.erase(input.attempt);  // it is nobody's any more, so nobody is to be told
  tell(*agent, agent_notice::DialFailed{input.attempt, input.why});
  call_becomes(*agent, call == C::dialing ? C::wrapup : C::idle, input.why);
}

void ZoneMachine::callbacks_seen(const std::vector<Callback>& callbacks) {
  std::set<int64_t> seen;
  for (const Callback& callback : callbacks) {
    seen.insert(callback.id);
    offers_.try_emplace(callback.id, Offer{callback, std::nullopt, callback.due_at});
  }
  std::erase_if(offers_, [&](const auto& offer) { return !seen.contains(offer.first); });
}

/// Whom it was promised, if there is time; else, where that is allowed, whoever of the job is ready for longest.
Agent* ZoneMachine::agent_for(const Callback& callback) {
  const auto able = [&](const Agent& agent) { return free_for_call(agent) && agent.job == callback.attempt.job; };
  const bool personal = callback.kind == CallbackKind::agent || callback.kind == CallbackKind::strict_agent;
  Agent* own = find(callback.agent);
  if (personal && own && able(*own)) return own;
  const bool there = own && own->states.agent != A::logged_out && own->job == callback.attempt.job;
  if (callback.kind == CallbackKind::strict_agent) return nullptr;
  if (personal && there && now_ < callback.due_at + settings_.reassign_after) return nullptr;
  Agent* best = nullptr;
  for (auto& [id, agent] : agents_)
    if (able(agent) && (!best || agent.since < best->since)) best = &agent;
  return best;
}

void ZoneMachine::end_callback(int64_t id, const std::string& how) {
  emit(SaveCallbackEnd{id, how});
  if (const auto offer = offers_.find(id); offer != offers_.end()) offer->second.over = true;
}

void ZoneMachine::offer_callbacks() {
  for (auto& [id, offer] : offers_) {
    if (offer.over) continue;
    const Callback& callback = offer.callback;
    if (std::any_of(agents_.begin(), agents_.end(), [&, wanted = id](const auto& agent) { return agent.second.callback == wanted; })) {
      offer.not_before = now_ + settings_.offer_again;
    } else if (now_ >= callback.until) {
      end_callback(id, "expired");
    } else if (const Agent* agent = now_ >= offer.not_before ? agent_for(callback) : nullptr) {
      offer.asked_for = agent->id;
      offer.not_before = now_ + settings_.preview_again;
      preview_not_before_[agent->id] = offer.not_before;
      emit(AskPreview{.job = callback.attempt.job, .agent = agent->id, .contact = callback.attempt.contact, .phone = callback.phone});
    }
  }
}

}  // namespace everdial::zone
