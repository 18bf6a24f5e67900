#include "agent_manager/zone_pacing.h"

namespace everdial::zone {
namespace {

using C = AgentCallState;
using J = AgentJobState;

constexpr Duration kAnswerWithin = 3s;  ///< of a grant; what it brought is then learned from the calls' own events
constexpr int kMostAtOnce = 200;        ///< of one grant

PacingMachine machine_of(const AgentJob& job, PacingMemory learned) {
  PacingSettings settings;
  settings.mode = job.settings.pacing;
  settings.cap = job.settings.abandoned_most;
  settings.target = settings.cap * (PacingSettings{}.target / PacingSettings{}.cap);
  settings.period_days = job.settings.abandoned_days;
  settings.window = job.settings.answer_within;
  settings.analysis = job.analyse;
  return PacingMachine(settings, std::move(learned));
}

}  // namespace

void ZonePacing::jobs_are(const std::map<JobId, AgentJob>& jobs, const std::map<JobId, std::string>& learned) {
  for (const auto& [id, job] : jobs) {
    const auto known = jobs_.find(id);
    if (known != jobs_.end() && known->second.settings == job.settings && known->second.analyse == job.analyse) {
      known->second.running = job.running;
      continue;
    }
    PacingMemory memory;
    if (known != jobs_.end()) {
      memory = known->second.machine.memory();
    } else if (const auto saved = learned.find(id); saved != learned.end()) {
      if (auto read = parse_pacing_memory(saved->second); read.ok()) memory = std::move(*read);  // else it learns anew
    }
    jobs_.insert_or_assign(id, Job{job.settings, job.analyse, job.running, machine_of(job, std::move(memory))});
    tell_all(id);
  }
  std::erase_if(jobs_, [&](const auto& job) { return !jobs.contains(job.first); });
}

void ZonePacing::note(JobId job, const PacingFact& fact, Instant at) {
  if (const auto found = jobs_.find(job); found != jobs_.end()) found->second.machine.note(fact, at);
}

/// To a machine that is new.
void ZonePacing::tell_all(JobId job) {
  for (const auto& [id, member] : members_)
    if (member.job == job) tell_phase(id, member);
  for (const auto& [attempt, call] : calls_) {
    if (attempt.job != job || call.settled) continue;
    note(job, CallPlaced{attempt}, call.placed_at);
    if (call.answered_at) note(job, CallAnswered{attempt}, *call.answered_at);
    if (call.person) note(job, CallClassified{attempt, *call.person}, *call.answered_at);
  }
}

// ---- agents --------------------------------------------------------------------------------------------------------------------

ZonePacing::Phase ZonePacing::phase_of(const Agent& agent, bool free) {
  if (!agent.job || agent.states.agent == AgentState::logged_out) return Phase::gone;
  switch (agent.states.call) {
    case C::idle:
      return free ? Phase::ready : Phase::gone;
    case C::wrapup:
      return Phase::wrapup;
    case C::conference_passive:
      return Phase::gone;
    case C::consult:
      return agent.consulted ? Phase::gone : Phase::talking;
    default:
      return Phase::talking;
  }
}

void ZonePacing::tell_phase(AgentId agent, const Member& member) {
  switch (member.phase) {
    case Phase::gone:
      return note(member.job, AgentGone{agent}, member.since);
    case Phase::ready:
      note(member.job, AgentReady{agent}, member.since);
      break;
    case Phase::talking:
      note(member.job, AgentTalking{agent}, member.since);
      break;
    case Phase::wrapup:
      note(member.job, AgentWrapup{agent}, member.since);
      break;
  }
  note(member.job, AgentLeaving{agent, member.leaving}, member.since);
}

void ZonePacing::agent_is(const Agent& agent, bool free, Instant now) {
  const Phase phase = phase_of(agent, free);
  const bool leaving = agent.leaving || agent.states.agent == AgentState::pending_not_ready || agent.states.job == J::end ||
                       agent.states.job == J::pending_movement || agent.states.job == J::pending_inbound ||
                       agent.states.job == J::pending_manual_inbound;
  const auto known = members_.find(agent.id);
  const JobId job = agent.job.value_or(JobId{});
  if (known != members_.end()) {
    const Member& before = known->second;
    if (before.phase == phase && before.leaving == leaving && (before.job == job || phase == Phase::gone)) return;
    if (before.job != job) note(before.job, AgentGone{agent.id}, now);
  } else if (phase == Phase::gone) {
    return;
  }
  // One that is found after a take-over has been so for as long as its state.
  Member& member = members_[agent.id];
  const bool same_phase = known != members_.end() && member.phase == phase && member.job == job;
  const Instant since = known == members_.end() ? std::min(agent.since, now) : same_phase ? member.since : now;
  member = {job == JobId{} ? member.job : job, phase, leaving, since};
  tell_phase(agent.id, member);
  if (phase == Phase::gone) members_.erase(agent.id);
}

// ---- calls ---------------------------------------------------------------------------------------------------------------------

void ZonePacing::place(const AttemptId& attempt, Instant at, Instant now) {
  if (!calls_.try_emplace(attempt, Call{.heard_at = now, .placed_at = at}).second) return;
  note(attempt.job, CallPlaced{attempt}, at);
}

void ZonePacing::call_is(const CallRecord& record, Instant now) {
  const AttemptId& attempt = record.attempt;
  if (record.stage == CallStage::ended) return gone(attempt, now);
  place(attempt, std::min(record.placed_at, now), now);
  Call& call = calls_.at(attempt);
  if (call.settled || record.stage != CallStage::answered) return;
  if (!call.answered_at) {
    call.answered_at = record.answered_at.value_or(now);
    note(attempt.job, CallAnswered{attempt}, *call.answered_at);
  }
  if (record.analysis && !call.person) {
    call.person = *record.analysis == CompletionCode::answer_human;
    note(attempt.job, CallClassified{attempt, *call.person}, now);
  }
}

void ZonePacing::settled_before(const CallRecord& record) {
  calls_.try_emplace(record.attempt, Call{.heard_at = record.placed_at, .placed_at = record.placed_at, .settled = true});
}

void ZonePacing::connected(const AttemptId& attempt, Instant now) {
  const auto call = calls_.find(attempt);
  if (call == calls_.end() || std::exchange(call->second.settled, true)) return;
  note(attempt.job, CallConnected{attempt}, now);
}

void ZonePacing::abandoned(const AttemptId& attempt, Instant now) {
  const auto call = calls_.find(attempt);
  if (call == calls_.end() || std::exchange(call->second.settled, true)) return;
  note(attempt.job, CallAbandoned{attempt}, now);
}

void ZonePacing::gone(const AttemptId& attempt, Instant now) {
  const auto call = calls_.find(attempt);
  if (call == calls_.end()) return;
  if (!call->second.settled) note(attempt.job, CallEnded{attempt}, now);
  calls_.erase(call);
}

std::vector<AttemptId> ZonePacing::open_since(Instant before) const {
  std::vector<AttemptId> out;
  for (const auto& [attempt, call] : calls_)
    if (call.heard_at < before) out.push_back(attempt);
  return out;
}

// ---- grants --------------------------------------------------------------------------------------------------------------------

std::vector<GrantCalls> ZonePacing::tick(const LeaseGrant& manager, int64_t& seq, Instant now) {
  std::erase_if(granted_, [&](const auto& granted) { return now - granted.second.at >= kAnswerWithin; });
  std::map<JobId, int> under_way;
  for (const auto& [number, granted] : granted_) under_way[granted.job] += granted.calls;
  std::vector<GrantCalls> out;
  for (auto& [id, job] : jobs_) {
    if (!job.running || shows_contacts(job.settings)) continue;
    // The owner knows its channels and its contacts: it places what it can.
    const auto more = static_cast<int>(job.machine.tick({kMostAtOnce, kMostAtOnce}, now)) - under_way[id];
    if (more <= 0) continue;
    granted_[++seq] = {id, more, now};
    out.push_back({.job = id, .manager = manager.resource, .epoch = manager.epoch, .seq = seq, .calls = more});
  }
  return out;
}

void ZonePacing::grant_used(int64_t seq, const std::vector<AttemptId>& placed, Instant now) {
  granted_.erase(seq);
  for (const AttemptId& attempt : placed) place(attempt, now, now);
}

std::vector<SavePacing> ZonePacing::memories() const {
  std::vector<SavePacing> out;
  for (const auto& [id, job] : jobs_)
    if (job.running) out.push_back({id, to_json(job.machine.memory())});
  return out;
}

}  // namespace everdial::zone
