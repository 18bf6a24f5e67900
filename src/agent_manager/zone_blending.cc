#include <algorithm>

#include "agent_manager/zone_machine.h"

// Agents who go to inbound queues of an outside contact center and come back: by the queues' figures, or by somebody's word.

namespace everdial::zone {

using A = AgentState;
using C = AgentCallState;
using J = AgentJobState;

namespace {

/// Who is away, listens to others or is about to leave is of no use to a queue, and counts on neither side.
bool may_be_blended(const Agent& agent) {
  const AgentStates& s = agent.states;
  const bool works = s.agent == A::ready || s.agent == A::busy || s.agent == A::work_not_ready;
  const bool outbound = s.job == J::detached || s.job == J::pending_attach || s.job == J::attached;
  return works && outbound && !agent.leaving && !agent.listens_to;
}

}  // namespace

void ZoneMachine::queues_seen(std::vector<InboundQueue> queues) {
  if (!serving_) return;  // seen again in a second
  std::map<int64_t, Instant> stepped;
  for (InboundQueue& queue : queues) {
    // The record may have been looked at before the last step was in it.
    if (const auto known = queues_stepped_.find(queue.id); known != queues_stepped_.end())
      queue.stepped_at = std::max(queue.stepped_at, std::optional(known->second));
    if (queue.stepped_at) stepped.emplace(queue.id, *queue.stepped_at);
  }
  queues_stepped_ = std::move(stepped);

  std::vector<BlendAgent> all;
  for (const auto& [id, agent] : agents_)
    if (agent.states.agent != A::logged_out)
      all.push_back({id, agent.skills, agent.queue, may_be_blended(agent), agent.came_at.value_or(Instant{})});
  for (const BlendMove& one : blend(queues, all, now_)) {
    Agent& agent = agents_.at(one.agent);
    if (one.to) to_inbound(agent, one.to);
    else (void)to_outbound(agent, "blended");
    if (!one.step_of) continue;
    queues_stepped_[*one.step_of] = now_;
    emit(SaveQueueStep{*one.step_of, now_});
  }
}

/// After the call and its work, if the agent has any. Without a queue: by the agent's own wish.
void ZoneMachine::to_inbound(Agent& agent, std::optional<int64_t> queue) {
  AgentStates to = agent.states;
  if (to.job == J::pending_attach) {  // its line may still come
    to.job = J::detached;
    move(agent, to);
  }
  agent.queue = queue;
  const bool at_once = to.call == C::idle;
  if (at_once) agent.job.reset();
  to.job = queue ? (at_once ? J::inbound : J::pending_inbound) : at_once ? J::manual_inbound : J::pending_manual_inbound;
  move(agent, to, queue ? "blended" : "");
}

ZoneMachine::Wrong ZoneMachine::to_outbound(Agent& agent, const std::string& reason) {
  AgentStates to = agent.states;
  if (to.job == J::inbound || to.job == J::manual_inbound) to.job = J::detached;
  else if (to.job == J::pending_inbound || to.job == J::pending_manual_inbound) to.job = J::attached;
  else return std::pair{AgentError::wrong_job_state, std::string("'blend_to_outbound': the agent is not at inbound, nor on the way to it")};
  move(agent, to, reason);
  return std::nullopt;
}

}  // namespace everdial::zone
