#include "agent_manager/assignment.h"

#include <algorithm>
#include <map>
#include <set>
#include <tuple>

namespace everdial::zone {

std::vector<Assigned> assign(std::vector<WaitingCall> calls, const std::vector<ReadyAgent>& agents) {
  std::map<JobId, std::set<std::pair<Instant, AgentId>>> ready;
  for (const ReadyAgent& agent : agents) ready[agent.job].emplace(agent.since, agent.agent);
  std::sort(calls.begin(), calls.end(),
            [](const WaitingCall& a, const WaitingCall& b) { return std::tie(a.since, a.attempt) < std::tie(b.since, b.attempt); });
  std::vector<Assigned> out;
  for (const WaitingCall& call : calls) {
    auto& free = ready[call.attempt.job];
    if (free.empty()) continue;
    out.push_back({call.attempt, free.begin()->second});
    free.erase(free.begin());
  }
  return out;
}

}  // namespace everdial::zone
