#pragma once

#include <optional>
#include <string>
#include <vector>

#include "model/agent.h"
#include "model/inbound_queue.h"

namespace everdial::zone {

/// An inbound queue of the zone as its row has it.
struct InboundQueue {
  int64_t id = 0;
  InboundSettings settings;
  std::optional<InboundFigures> figures = std::nullopt;
  std::optional<Instant> stepped_at = std::nullopt;  ///< an agent was moved to it or back by its figures
  bool operator==(const InboundQueue&) const = default;
};

/// What blending must know of an agent.
struct BlendAgent {
  AgentId agent;
  Skills skills;
  std::optional<int64_t> queue = std::nullopt;  ///< who has it, or will after its call; empty: none by blending
  bool available = false;                       ///< works outbound and may be moved
  Instant came_at{};                            ///< to that side, or logged on
};

struct BlendMove {
  AgentId agent;
  std::optional<int64_t> to;       ///< a queue, or back to outbound
  std::optional<int64_t> step_of;  ///< the queue by whose figures
  bool operator==(const BlendMove&) const = default;
};

/// Who is moved now, by what is known of the queues: to a queue that is beyond a limit whoever was outbound longest, back from one that is
/// good by all limits whoever was there longest; one agent of a queue at a time, each step on figures that are newer than the one before.
/// When nobody knows how a queue is any more, all come back that it has. The same answer whatever the order of the agents.
std::vector<BlendMove> blend(const std::vector<InboundQueue>& queues, const std::vector<BlendAgent>& agents, Instant now);

}  // namespace everdial::zone
