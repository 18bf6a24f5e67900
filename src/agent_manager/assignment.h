#pragma once

#include <utility>
#include <vector>

#include "base/time.h"
#include "model/ids.h"

namespace everdial::zone {

/// A live voice that waits for an agent of its job.
struct WaitingCall {
  AttemptId attempt;
  Instant since;
};
struct ReadyAgent {
  AgentId agent;
  JobId job;
  Instant since;
};
struct Assigned {
  AttemptId attempt;
  AgentId agent;
  bool operator==(const Assigned&) const = default;
};

/// Which waiting call goes to which ready agent: the oldest call first, to whoever of its job is ready longest. Who is attached to a job
/// has its skills. The same answer whatever the order of the input.
std::vector<Assigned> assign(std::vector<WaitingCall> calls, const std::vector<ReadyAgent>& agents);

}  // namespace everdial::zone
