#include "agent_manager/blending.h"

#include <algorithm>
#include <tuple>

namespace everdial::zone {
namespace {

InboundNeed need_of(const InboundQueue& queue, Instant now) { return everdial::need_of(queue.settings, queue.figures, now); }

bool may_step(const InboundQueue& queue, Instant now) {
  // Figures of before the last step do not know what came of it.
  return !queue.stepped_at || (now - *queue.stepped_at >= queue.settings.step_every && queue.figures->at > *queue.stepped_at);
}

}  // namespace

std::vector<BlendMove> blend(const std::vector<InboundQueue>& queues, const std::vector<BlendAgent>& agents, Instant now) {
  std::vector<BlendMove> moves;
  std::vector<BlendAgent> left = agents;  // whom nothing has been said of yet
  std::sort(left.begin(), left.end(),
            [](const BlendAgent& a, const BlendAgent& b) { return std::tie(a.came_at, a.agent) < std::tie(b.came_at, b.agent); });
  const auto known = [&](int64_t id) {
    return std::any_of(queues.begin(), queues.end(),
                       [&](const InboundQueue& q) { return q.id == id && need_of(q, now) != InboundNeed::unknown; });
  };
  std::erase_if(left, [&](const BlendAgent& agent) {
    const bool back = agent.queue && !known(*agent.queue);
    if (back) moves.push_back({agent.agent, std::nullopt, std::nullopt});
    return back;
  });
  auto outbound = std::count_if(left.begin(), left.end(), [](const BlendAgent& agent) { return agent.available; });

  for (const InboundQueue& queue : queues) {
    const InboundNeed need = need_of(queue, now);
    const bool more = need == InboundNeed::more;
    if ((!more && need != InboundNeed::fewer) || !may_step(queue, now)) continue;
    const InboundSettings& s = queue.settings;
    const auto has = std::count_if(left.begin(), left.end(), [&](const BlendAgent& agent) { return agent.queue == queue.id; });
    if (more && (has >= s.agents_most || outbound <= s.outbound_least)) continue;
    const auto first = std::find_if(left.begin(), left.end(), [&](const BlendAgent& agent) {
      const bool fits = more ? agent.available && (s.skill.empty() || agent.skills.contains(s.skill)) : agent.queue == queue.id;
      return fits && now - agent.came_at >= s.stay;
    });
    if (first == left.end()) continue;
    moves.push_back({first->agent, more ? std::optional(queue.id) : std::nullopt, queue.id});
    if (more) --outbound;
    left.erase(first);
  }
  return moves;
}

}  // namespace everdial::zone
