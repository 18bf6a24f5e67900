#include "agent_manager/zone_machine.h"

#include <algorithm>

#include "agent_manager/agent_states.h"
#include "agent_manager/assignment.h"
#include "base/check.h"
#include "base/overloaded.h"
#include "model/agent_words.h"

namespace everdial::zone {

using A = AgentState;
using N = NailState;
using C = AgentCallState;
using J = AgentJobState;

std::vector<Effect> ZoneMachine::step(const Input& input, Instant now) {
  now_ = now;
  std::visit(Overloaded{
                 [&](const ZoneLoaded& i) { loaded(i); },
                 [&](const JobsSeen& i) { jobs_seen(i.jobs); },
                 [&](const AgentSeen& i) { agent_seen(i); },
                 [&](const AgentRemoved& i) { agent_gone(i.agent); },
                 [&](const MppsSeen& i) { mpps_ = i.mpps; },
                 [&](const CallbacksSeen& i) { callbacks_seen(i.callbacks); },
                 [&](const OrdersSeen& i) { orders_seen(i.orders); },
                 [&](const QueuesSeen& i) { queues_seen(i.queues); },
                 [&](const MppAnswered& i) { mpp_answered(i); },
                 [&](const CommandArrived& i) { command_arrived(i); },
                 [&](const EventsArrived& i) { events_arrived(i); },
                 [&](const NoticesAcknowledged& i) {
                   for (const NoticesTaken& one : i.taken) notices_taken(one);
                 },
                 [&](const PreviewClaimed& i) { preview_claimed(i); },
                 [&](const PreviewRefused& i) { preview_refused(i); },
                 [&](const GrantAnswered& i) { pacing_.grant_used(i.seq, i.placed, now_); },
                 [&](const LineRefused& i) {
                   Agent* agent = find(agent_of_line(i.line));
                   if (!serving_ || !agent || current_line(*agent) != i.line || agent->states.nail != N::pending) return;
                   tell(*agent, agent_notice::NailingLost{i.why});
                   apply(*agent, reconcile(*agent, std::nullopt, {.contact = MppWord::Contact::up, .line_gone = true}), i.why);
                 },
                 [&](const SteeringStalled& i) {
                   for (const AttemptId& call : i.calls)
                     if (i.why) stalled_.insert_or_assign(call, *i.why);
                     else stalled_.erase(call);
                 },
                 [&](const TimePassed&) { time_passed(); },
             },
             input);
  if (serving_) {
    attach_agents();
    nail_agents();
    assign_calls();
    judge_calls();
    offer_callbacks();
    ask_previews();
  }
  save_and_tell();
  return std::exchange(out_, {});
}

// ---- taking the zone over ------------------------------------------------------------------------------------------------------

void ZoneMachine::loaded(const ZoneLoaded& input) {
  loaded_ = true;
  loaded_at_ = asked_at_ = now_;
  away_ = input.away;
  for (const Agent& agent : input.agents) agents_.emplace(agent.id, agent);
  for (const LiveCall& call : input.calls) calls_.emplace(call.attempt, call);
  for (const AgentJob& job : input.jobs) jobs_.emplace(job.id, job);
  for (const auto& [id, agent] : agents_) {
    const bool passive = agent.consulted || agent.states.call == C::conference_passive;
    if (agent.attempt && !passive && agent.states.call != C::wrapup) owners_[*agent.attempt] = id;
  }
  pacing_.jobs_are(jobs_, input.pacing);
  mpps_ = input.mpps;
  unanswered_ = {input.mpps.begin(), input.mpps.end()};
  for (const std::string& mpp : unanswered_) emit(AskMpp{mpp});
  if (unanswered_.empty()) take_over();
}

void ZoneMachine::mpp_answered(const MppAnswered& input) {
  if (!loaded_ || unanswered_.erase(input.mpp) == 0) return;
  for (const CallRecord& record : input.records) {
    found_.insert_or_assign(record.attempt, record);
    if (!heard(record.attempt)) continue;
    if (is_line(record.attempt)) line_told(record);
    else if (record.stage == CallStage::ended) contact_told({record, CallEvents::Kind::ended});
  }
  if (!unanswered_.empty()) return;
  if (serving_) end_inquiry();
  else take_over();
}

/// The MPPs refuse older managers, and have said what they carry: three records become one. An MPP that does not answer is asked on
/// (`inquire`): a dead one must not keep the agents of all others waiting.
void ZoneMachine::take_over() {
  serving_ = true;
  inquired_at_ = paced_at_ = pacing_saved_at_ = now_;
  away_ += now_ - loaded_at_;
  // A desktop that shows what is recorded need not be asked again below, where the record changes as others' conversations end.
  std::erase_if(words_, [&](const auto& said) {
    const auto agent = agents_.find(said.first);
    return agent == agents_.end() || agent->second.attempt == said.second.attempt;
  });
  for (auto& [id, agent] : agents_) {
    if (agent.states.agent == A::logged_out) continue;
    if (away_ > Duration{}) emit(SaveAway{id, away_, now_});
    if (stays_unheard(agent)) continue;
    MppWord word;
    if (const auto line = found_.find(current_line(agent)); line != found_.end()) {
      word.line_up = line->second.stage == CallStage::answered;
      word.line_gone = line->second.stage == CallStage::ended;
      if (line->second.conversation)
        for (const Conversation::Member& member : line->second.conversation->members)
          if (!is_line(member.call)) word.joined = member.call;
    } else {
      word.line_gone = true;
    }
    using Contact = MppWord::Contact;
    if (const auto call = agent.attempt ? found_.find(*agent.attempt) : found_.end(); call != found_.end())
      word.contact = call->second.stage == CallStage::ended      ? Contact::gone
                     : call->second.stage == CallStage::answered ? Contact::up
                                                                 : Contact::ringing;
    const auto said = words_.find(id);
    const auto desktop = said == words_.end() ? std::nullopt : std::optional(said->second);
    if (word.contact == Contact::gone || word.contact == Contact::none) {
      if (agent.attempt && calls_.erase(*agent.attempt)) emit(RemoveCall{*agent.attempt});
    }
    const C before = agent.states.call;
    const Reconciled after = reconcile(agent, desktop, word);
    tell_of_line(agent, after.states);
    apply(agent, after, "taken_over");
    tell_of_end(agent, before, word.contact);
    if (converses(agent)) converse(agent);
    // Whether the owner of the job has heard that it is to be dialed is not known.
    if (agent.states.call == C::dialing && agent.states.nail == N::nailed && word.contact == Contact::none)
      emit(SettlePreview{.attempt = *agent.attempt, .dial = true});
  }
  // Who is nowhere any more, and what the manager before us was about to end.
  for (auto call = calls_.begin(); call != calls_.end();) {
    const auto found = found_.find(call->first);
    if (found == found_.end() && !unanswered_.empty()) unheard_.insert(call->first);
    const bool alive = unheard_.contains(call->first) || (found != found_.end() && found->second.stage != CallStage::ended);
    if (!alive) emit(RemoveCall{call->first});
    call = alive ? std::next(call) : calls_.erase(call);
  }
  for (const auto& [attempt, record] : found_) {
    if (is_line(attempt)) {
      line_told(record);
    } else if (record.stage == CallStage::answered && record.steered > 0 && !calls_.contains(attempt) && !owner_of(attempt)) {
      hang_up(attempt);
    }
    const auto live = calls_.find(attempt);
    // Judged, and the word of it died with the manager before us.
    if (live != calls_.end() && live->second.nuisance && record.steered == 0) send_away(attempt);
    const Agent* owner = owner_of(attempt);
    const bool settled = (live != calls_.end() && live->second.nuisance) || (owner && owner->states.call != C::dialing);
    if (!is_line(attempt) && settled) pacing_.settled_before(record);
    else if (!is_line(attempt)) pacing_.call_is(record, now_);
  }
  for (const auto& [id, agent] : agents_) pacing_.agent_is(agent, free_for_call(agent), now_);
  inquired_ = unheard_;
  if (!unheard_.empty()) emit(MppsSilent{unanswered_, unheard_.size()});
  if (unanswered_.empty()) found_.clear();
  words_.clear();
}

/// Of a line that was lost while nobody was there to tell its agent. Word of it that comes now finds the line nobody's.
void ZoneMachine::tell_of_line(Agent& agent, const AgentStates& after) {
  if (agent.states.nail == N::not_nailed || after.nail != N::not_nailed || after.agent == A::logged_out) return;
  const auto line = found_.find(current_line(agent));
  tell(agent, agent_notice::NailingLost{std::string(to_string(line == found_.end() ? CompletionCode::call_lost : line->second.code))});
}

/// Of a call that ended while nobody was there to tell its agent. Word of it that comes now finds the call nobody's.
void ZoneMachine::tell_of_end(Agent& agent, AgentCallState before, MppWord::Contact contact) {
  const bool gone = contact == MppWord::Contact::gone;
  if (agent.states.call != C::wrapup || before == C::wrapup || (!gone && contact != MppWord::Contact::none)) return;
  const std::string code{to_string(gone ? found_.at(*agent.attempt).code : CompletionCode::call_lost)};
  if (before != C::dialing) tell(agent, agent_notice::CallEnded{*agent.attempt, code});
  else if (gone) tell(agent, agent_notice::DialFailed{*agent.attempt, code});
}

/// May an MPP that is silent yet carry its line or its call? Notes what, if so.
bool ZoneMachine::stays_unheard(const Agent& agent) {
  if (unanswered_.empty()) return false;
  const size_t before = unheard_.size();
  if (agent.states.nail != N::not_nailed && !found_.contains(current_line(agent))) unheard_.insert(current_line(agent));
  if (agent.attempt && converses(agent) && !found_.contains(*agent.attempt)) unheard_.insert(*agent.attempt);
  return unheard_.size() > before;
}

/// An MPP that was silent at the take-over carries it after all. What was said meanwhile of who hears whom it may have missed.
bool ZoneMachine::heard(const AttemptId& attempt) {
  if (unheard_.erase(attempt) == 0) return false;
  inquired_.erase(attempt);
  const Agent* agent = is_line(attempt) ? find(agent_of_line(attempt)) : owner_of(attempt);
  if (agent && converses(*agent)) converse(*agent);
  return true;
}

/// Word of an end may be lost with whoever brought it, and the record be forgotten before it is brought again.
void ZoneMachine::inquire() {
  if (unanswered_.empty()) {
    if (now_ - inquired_at_ < settings_.inquire_every) return;
    inquired_at_ = now_;
    for (const auto& [attempt, call] : calls_) inquired_.insert(attempt);
    for (const auto& [id, agent] : agents_)
      if (agent.states.nail == N::nailed) inquired_.insert(current_line(agent));
    // One that was placed just now may not have reached its MPP.
    for (const AttemptId& attempt : pacing_.open_since(now_ - settings_.order_valid)) inquired_.insert(attempt);
    if (inquired_.empty()) return;
    unanswered_ = {mpps_.begin(), mpps_.end()};
  } else if (now_ - inquired_at_ >= settings_.mpps_answer_within) {
    if (!unheard_.empty()) emit(MppsSilent{unanswered_, unheard_.size(), true});
    unanswered_.clear();
    if (!unheard_.empty()) return end_inquiry();
    inquired_.clear();
    found_.clear();
    return;
  } else if (now_ - asked_at_ < settings_.ask_again) {
    return;
  }
  asked_at_ = now_;
  for (const std::string& mpp : unanswered_) emit(AskMpp{mpp});
}

void ZoneMachine::end_inquiry() {
  unheard_.clear();
  for (const AttemptId& attempt : std::exchange(inquired_, {})) {
    if (found_.contains(attempt)) continue;
    CallRecord lost{.attempt = attempt};
    lost.stage = CallStage::ended;
    lost.code = CompletionCode::call_lost;
    if (is_line(attempt)) line_told(lost);
    else contact_told({lost, CallEvents::Kind::ended});
  }
  found_.clear();
}

// ---- what is told --------------------------------------------------------------------------------------------------------------

void ZoneMachine::jobs_seen(const std::vector<AgentJob>& jobs) {
  if (!loaded_) return;
  for (auto& [id, job] : jobs_) job.running = false;
  for (const AgentJob& job : jobs) jobs_.insert_or_assign(job.id, job);
  pacing_.jobs_are(jobs_, {});
  if (!serving_) return;
  for (auto& [id, agent] : agents_) {
    if (!agent.job || agent.states.agent == A::logged_out) continue;
    const AgentJob* its = job(agent.job);
    if (its && its->running) continue;
    AgentStates to = agent.states;
    if (to.job == J::pending_attach || (to.job == J::attached && to.call == C::idle)) to.job = J::detached;
    else if (to.job == J::attached) to.job = J::end;
    move(agent, to, "job_end");
    if (to.job == J::detached) agent.job.reset();
  }
  std::erase_if(jobs_, [&](const auto& entry) {
    return !entry.second.running &&
           std::none_of(agents_.begin(), agents_.end(), [&](const auto& a) { return a.second.job == entry.first; });
  });
}

void ZoneMachine::agent_seen(const AgentSeen& input) {
  Agent& agent = agents_.try_emplace(input.agent, Agent{.id = input.agent}).first->second;
  if (agent.states.agent != A::logged_out) return;
  agent.skills = input.skills;
  agent.lines = std::max(agent.lines, input.lines);
}

/// Agents leave when they are logged out. Whoever has logged on here in that very moment is not in the record, and is logged out again.
void ZoneMachine::agent_gone(AgentId id) {
  Agent* agent = find(id);
  if (!serving_ || !agent) return;
  if (agent->states.agent != A::logged_out) return log_out(*agent, "moved", true);
  agents_.erase(id);
  nail_not_before_.erase(id);
  preview_not_before_.erase(id);
}

void ZoneMachine::command_arrived(const CommandArrived& input) {
  const AgentCommand& command = input.command;
  Agent* agent = find(command.agent);
  const auto answer = [&](AgentAnswer given) { emit(AnswerCommand{input.reply, std::move(given)}); };
  if (const auto* word = std::get_if<agent_command::SayStates>(&command.order); word && agent && !serving_)
    words_.insert_or_assign(agent->id, *word);
  if (!serving_) return answer({AgentError::manager_not_available, "the zone is being taken over; ask again in a moment"});
  if (!agent) return answer({AgentError::no_such_agent, "no agent " + to_string(command.agent) + " in this zone"});
  if (command.id.empty() || command.id.size() > 64)
    return answer({AgentError::invalid, "the command's id must be of 1 to 64 characters", agent->states});
  for (const Agent::Answered& before : agent->answered)
    if (before.command == command.id) return answer(before.answer);

  AgentAnswer given;
  const auto* log_on = std::get_if<agent_command::LogOn>(&command.order);
  const bool same_desktop = command.session.empty() || command.session == agent->session;
  if (!log_on && !same_desktop) {
    return answer({AgentError::session_ended, "this desktop's session has ended; log on again", agent->states});
  } else if (command.late) {
    // Kept like any answer, so that an older copy of it that is still on its way does nothing either.
    given = {AgentError::not_done, "the zone's manager was away for too long: it was not done, and will not be", agent->states};
  } else if (const auto refused = refusal(*agent, command.order); refused && !(log_on && (log_on->forced || same_desktop))) {
    given = *refused;
  } else if (const auto trouble = cannot_steer(*agent, command.order)) {
    return answer({*trouble, "the call goes on, but cannot be steered for a moment; ask again", agent->states});
  } else {
    if (log_on && !same_desktop) {
      if (agent->states.agent != A::logged_out)
        emit(Notify{{agent->id, agent->session, agent->next_notice, {agent_notice::LoggedOff{kLoggedOnElsewhere, true}}}});
      agent->session = command.session;
      agent->next_notice = 1;
      agent->notices.clear();
      first_new_.erase(agent->id);
    }
    given = obey(*agent, command.order);
  }
  agent->answered.push_back({command.id, given});
  if (agent->answered.size() > settings_.answers_kept) agent->answered.pop_front();
  touch(*agent);
  answer(given);
}

/// What cannot be carried out is not taken either: an agent would believe the call to be where it is not (F-03).
std::optional<AgentError> ZoneMachine::cannot_steer(const Agent& agent, const AgentOrder& order) const {
  if (!steers(order)) return std::nullopt;
  for (const auto& [call, why] : stalled_)
    if (call == agent.attempt || call == current_line(agent)) return why;
  return std::nullopt;
}

AgentAnswer ZoneMachine::obey(Agent& agent, const AgentOrder& order) {
  AgentAnswer given;
  if (const auto wrong = std::visit([&](const auto& one) { return carry_out(agent, one); }, order)) given = {wrong->first, wrong->second};
  given.states = agent.states;
  return given;
}

/// Each once: its end is saved together with what came of it, so whoever takes over sees it no more.
void ZoneMachine::orders_seen(const std::vector<KeptOrder>& orders) {
  if (!serving_) return;  // seen again in a second
  std::set<int64_t> seen;
  for (const KeptOrder& kept : orders) {
    seen.insert(kept.id);
    if (orders_ended_.contains(kept.id)) continue;  // its end is being saved
    Agent* agent = find(kept.agent);
    const bool over = kept.withdrawn || now_ >= kept.until;
    // One who is not known here was made between two looks, or is about to be seen by another zone's manager.
    if (!over && (!agent || cannot_steer(*agent, kept.order))) continue;
    orders_ended_.insert(kept.id);
    if (over) {
      emit(SaveOrderEnd{kept.id, kept.withdrawn ? "withdrawn" : "expired"});
      continue;
    }
    const auto refused = refusal(*agent, kept.order);
    const AgentAnswer given = refused ? *refused : obey(*agent, kept.order);
    const bool done = given.error == AgentError::none;
    if (done) touch(*agent);
    emit(SaveOrderEnd{kept.id, done ? "done" : "refused", given.text});
  }
  std::erase_if(orders_ended_, [&](int64_t id) { return !seen.contains(id); });
}

void ZoneMachine::events_arrived(const EventsArrived& input) {
  if (!serving_) return;  // told again in a second
  for (const CallEvents::Event& event : input.events.events) {
    heard(event.record.attempt);
    if (is_line(event.record.attempt)) line_told(event.record);
    else contact_told(event);
  }
  emit(AcknowledgeEvents{input.reply});
}

void ZoneMachine::line_told(const CallRecord& record) {
  Agent* agent = find(agent_of_line(record.attempt));
  const bool current = agent && agent->states.nail != N::not_nailed && current_line(*agent) == record.attempt;
  if (record.stage == CallStage::ended) {
    if (current) {
      tell(*agent, agent_notice::NailingLost{std::string(to_string(record.code))});
      apply(*agent, reconcile(*agent, std::nullopt, {.contact = MppWord::Contact::up, .line_gone = true}), "line_lost");
    }
    emit(ForgetLines{{record.attempt}});
  } else if (!current) {
    hang_up(record.attempt);
  } else if (record.stage == CallStage::answered && agent->states.nail == N::pending) {
    line_answered(*agent);
  }
}

void ZoneMachine::contact_told(const CallEvents::Event& event) {
  const CallRecord& record = event.record;
  Agent* owner = owner_of(record.attempt);
  const auto known = calls_.find(record.attempt);
  pacing_.call_is(record, now_);
  if (record.stage == CallStage::ended) {
    if (known != calls_.end()) {
      calls_.erase(known);
      emit(RemoveCall{record.attempt});
    }
    if (!owner) return;
    const std::string code{to_string(record.code)};
    if (owner->states.call == C::dialing) tell(*owner, agent_notice::DialFailed{record.attempt, code});
    else tell(*owner, agent_notice::CallEnded{record.attempt, code});
    const bool nailed = owner->states.nail == N::nailed;
    apply(*owner, reconcile(*owner, std::nullopt, {.line_up = nailed, .contact = MppWord::Contact::gone}), code);
  } else if (record.stage == CallStage::answered) {
    if (known != calls_.end()) {
      if (known->second.nuisance && event.kind == CallEvents::Kind::prompt_done) hang_up(record.attempt, CompletionCode::nuisance);
      return;
    }
    const bool dialed_by_hand = owner && owner->states.call == C::dialing;
    const bool live = record.plan.analyse ? record.analysis == CompletionCode::answer_human : true;
    if (!live && !dialed_by_hand) return;
    const AgentJob* its = job(record.attempt.job);
    const Duration window = its ? its->settings.answer_within : AgentSettings{}.answer_within;
    // The window is the callee's: it begins when a voice was heard, however late we hear of that.
    const Instant live_at = std::min(now_, (record.analysis ? record.analysed_at : record.answered_at).value_or(now_));
    const LiveCall call{record.attempt, record.plan.phone, live_at, live_at + window};
    calls_.emplace(record.attempt, call);
    emit(SaveCall{call});
    if (dialed_by_hand) {
      pacing_.connected(record.attempt, now_);
      call_becomes(*owner, C::talking);
      converse(*owner);
    }
  }
}

void ZoneMachine::notices_taken(const NoticesTaken& input) {
  Agent* agent = find(input.agent);
  if (!agent || agent->session != input.session) return;
  int64_t first = agent->next_notice - static_cast<int64_t>(agent->notices.size());
  // Saved with the agent's next change: a notice that is kept too long is only told again.
  for (; first <= input.up_to && !agent->notices.empty(); ++first) agent->notices.pop_front();
  if (input.again && !agent->notices.empty())
    emit(Notify{{agent->id, agent->session, first, {agent->notices.begin(), agent->notices.end()}}});
}

void ZoneMachine::time_passed() {
  if (!loaded_) return;
  if (!serving_) {
    if (now_ - loaded_at_ >= settings_.mpps_answer_first) return take_over();
    if (now_ - asked_at_ < settings_.ask_again) return;
    asked_at_ = now_;
    for (const std::string& mpp : unanswered_) emit(AskMpp{mpp});
    return;
  }
  inquire();
  pace();
  for (auto& [id, agent] : agents_) {
    if (!agent.until || *agent.until > now_) continue;
    agent.until.reset();
    touch(agent);
    switch (agent.states.call) {
      case C::callback:
        call_becomes(agent, C::idle, "let_pass");
        break;
      case C::preview:
        if (carry_out(agent, agent_command::DialPreview{})) (void)carry_out(agent, agent_command::SkipPreview{});
        break;
      case C::wrapup:
        dispose(agent, settings_of(agent).codes.front().code, "");
        call_becomes(agent, C::idle, "wrapup_limit");
        break;
      case C::dialing:
        tell(agent, agent_notice::DialFailed{*agent.attempt, "never_placed"});
        call_becomes(agent, C::wrapup, "never_placed");
        break;
      default:
        break;
    }
  }
}

// ---- what the zone does by itself ----------------------------------------------------------------------------------------------

/// How many calls may be placed, and what was learned of it.
void ZoneMachine::pace() {
  if (now_ - paced_at_ < settings_.pace_every) return;
  paced_at_ = now_;
  // Some become free, or not, with time alone.
  for (const auto& [id, agent] : agents_) pacing_.agent_is(agent, free_for_call(agent), now_);
  for (GrantCalls& request : pacing_.tick(grant_, grants_, now_)) emit(Grant{std::move(request)});
  if (now_ - pacing_saved_at_ < settings_.save_pacing_every) return;
  pacing_saved_at_ = now_;
  for (SavePacing& memory : pacing_.memories()) emit(std::move(memory));
}

/// Whoever waits too long is not to wait on: the law's rule (D-04). But while it is not known who is free, nobody is judged.
void ZoneMachine::judge_calls() {
  std::set<JobId> unknown;
  for (const AttemptId& attempt : unheard_)
    if (const Agent* agent = is_line(attempt) ? find(agent_of_line(attempt)) : nullptr;
        agent && agent->job && agent->states.call == C::idle)
      unknown.insert(*agent->job);
  for (auto& [attempt, call] : calls_) {
    if (call.nuisance || call.nuisance_at > now_ || owner_of(attempt) || unheard_.contains(attempt) || unknown.contains(attempt.job))
      continue;
    call.nuisance = true;
    pacing_.abandoned(attempt, now_);
    emit(SaveCall{call});
    send_away(attempt);
  }
}

/// With the campaign's message, if it has one.
void ZoneMachine::send_away(const AttemptId& attempt) {
  const AgentJob* its = job(attempt.job);
  const std::string prompt = its ? its->settings.nuisance_prompt : "";
  if (prompt.empty()) hang_up(attempt, CompletionCode::nuisance);
  else steering_.commands.push_back({.attempt = attempt, .kind = CallCommand::Kind::play, .prompt = prompt});
}

/// Who is ready and has no job gets the one that has fewest agents, of those whose skills it has.
void ZoneMachine::attach_agents() {
  std::map<JobId, int> count;
  for (const auto& [id, agent] : agents_)
    if (agent.job) ++count[*agent.job];
  for (auto& [id, agent] : agents_) {
    if (agent.states.agent != A::ready || agent.states.job != J::detached) continue;
    const AgentJob* best = nullptr;
    for (const auto& [job_id, job] : jobs_) {
      const bool full = job.settings.agents_most > 0 && count[job_id] >= job.settings.agents_most;
      const bool able = std::all_of(job.settings.skills.begin(), job.settings.skills.end(), [&](const auto& needed) {
        const auto has = agent.skills.find(needed.first);
        return has != agent.skills.end() && has->second >= needed.second;
      });
      if (job.running && !full && able && (!best || count[job_id] < count[best->id])) best = &job;
    }
    if (!best) continue;
    ++count[best->id];
    agent.job = best->id;
    AgentStates to = agent.states;
    const bool has_line = to.nail == N::nailed || !agent.keep_line;
    to.job = has_line ? J::attached : J::pending_attach;
    move(agent, to);
    if (has_line) tell_job(agent);
  }
}

/// Lines that were lost are called again by themselves.
void ZoneMachine::nail_agents() {
  for (auto& [id, agent] : agents_) {
    const bool works = agent.states.job == J::attached || agent.states.job == J::pending_attach;
    if (!agent.keep_line || agent.states.nail != N::not_nailed || agent.states.agent != A::ready || !works) continue;
    if (may_nail(agent)) nail(agent);
  }
}

/// Has a conversation with a contact that is its own to say.
bool ZoneMachine::converses(const Agent& agent) {
  const C call = agent.states.call;
  return call == C::talking || call == C::held || call == C::conference_owner || (call == C::consult && !agent.consulted);
}

bool ZoneMachine::free_for_call(const Agent& agent) const {
  if (agent.states.agent != A::ready || agent.states.job != J::attached || agent.listens_to) return false;
  if (agent.states.nail == N::nailed) return !unheard_.contains(current_line(agent));
  // A phone that has just not answered is not called for the next contact, too.
  return !agent.keep_line && agent.states.nail == N::not_nailed && may_nail(agent);
}

bool ZoneMachine::may_nail(const Agent& agent) const {
  const auto when = nail_not_before_.find(agent.id);
  return when == nail_not_before_.end() || when->second <= now_;
}

void ZoneMachine::assign_calls() {
  std::vector<WaitingCall> waiting;
  for (const auto& [attempt, call] : calls_)
    if (!call.nuisance && !owner_of(attempt) && !unheard_.contains(attempt)) waiting.push_back({attempt, call.live_at});
  if (waiting.empty()) return;
  std::vector<ReadyAgent> ready;
  for (const auto& [id, agent] : agents_)
    if (free_for_call(agent)) ready.push_back({id, *agent.job, agent.since});
  for (const Assigned& assigned : assign(std::move(waiting), ready))
    take_call(agents_.at(assigned.agent), assigned.attempt, calls_.at(assigned.attempt).phone);
}

void ZoneMachine::save_and_tell() {
  for (const AgentId& id : std::exchange(touched_, {})) {
    const Agent& agent = agents_.at(id);
    EVERDIAL_CHECK(together(agent.states));
    if (serving_) pacing_.agent_is(agent, free_for_call(agent), now_);
    emit(SaveAgent{agent});
  }
  if (!steering_.conversations.empty() || !steering_.commands.empty()) {
    steering_.resource = grant_.resource;
    steering_.epoch = grant_.epoch;
    steering_.seq = ++steered_;
    emit(Steer{std::exchange(steering_, {})});
  }
  for (const auto& [id, first] : std::exchange(first_new_, {})) {
    const Agent& agent = agents_.at(id);
    const auto new_ones = std::min<int64_t>(agent.next_notice - first, static_cast<int64_t>(agent.notices.size()));
    emit(Notify{{id, agent.session, agent.next_notice - new_ones, {agent.notices.end() - new_ones, agent.notices.end()}}});
  }
}

// ---- finding things ------------------------------------------------------------------------------------------------------------

Agent* ZoneMachine::find(AgentId id) {
  const auto found = agents_.find(id);
  return found == agents_.end() ? nullptr : &found->second;
}
Agent* ZoneMachine::owner_of(const AttemptId& attempt) {
  const auto found = owners_.find(attempt);
  return found == owners_.end() ? nullptr : find(found->second);
}
const AgentJob* ZoneMachine::job(const std::optional<JobId>& id) const {
  const auto found = id ? jobs_.find(*id) : jobs_.end();
  return found == jobs_.end() ? nullptr : &found->second;
}
const AgentSettings& ZoneMachine::settings_of(const Agent& agent) const {
  static const AgentSettings usual;
  const AgentJob* its = job(agent.attempt ? std::optional(agent.attempt->job) : agent.job);
  return its ? its->settings : usual;
}

}  // namespace everdial::zone
