#pragma once

#include <optional>

#include "agent_manager/agent.h"

// What an agent's states may be, how they may follow each other, and which order fits which state: the tables.

namespace everdial::zone {

bool may_follow(AgentState from, AgentState to);
bool may_follow(NailState from, NailState to);
bool may_follow(AgentCallState from, AgentCallState to);
bool may_follow(AgentJobState from, AgentJobState to);
/// All four at once. Whoever is logged out ends all, from whatever state.
bool may_follow(const AgentStates& from, const AgentStates& to);

/// Whether one agent may be in all four of these at one time.
bool together(const AgentStates& states);

/// The same agent with its call in another state: the agent state and the job state follow it.
AgentStates with_call(AgentStates states, AgentCallState call);

/// Whether the order is carried out by saying something to the MPPs about the agent's call or line.
bool steers(const AgentOrder& order);

/// Empty: the order fits the agent's states.
std::optional<AgentAnswer> refusal(const Agent& agent, const AgentOrder& order);

}  // namespace everdial::zone
