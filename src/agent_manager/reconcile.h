#pragma once

#include <optional>

#include "agent_manager/agent.h"

namespace everdial::zone {

/// What the MPPs say of one agent, once all that can have answered the barrier.
struct MppWord {
  enum class Contact { none, ringing, up, gone };
  bool line_up = false;
  Contact contact = Contact::none;                 ///< the call of the agent's row
  std::optional<AttemptId> joined = std::nullopt;  ///< the contact's call that the line is in one conversation with
  bool line_gone = false;                          ///< neither up nor about to be
  bool operator==(const MppWord&) const = default;
};

struct Reconciled {
  AgentStates states;
  /// The records cannot be reconciled: this call ends with `desktop_error`, and the agent is logged out.
  std::optional<AttemptId> desktop_error = std::nullopt;
};

/// What an agent is after its manager was taken over, from the agent's row, the desktop's word if it has come, and the MPPs'.
/// The row is ahead of the desktop, for a change is committed before it is told; the MPPs are ahead of the row, for calls end by
/// themselves.
Reconciled reconcile(const Agent& row, const std::optional<agent_command::SayStates>& desktop, const MppWord& mpp);

}  // namespace everdial::zone
