#pragma once

#include <string>

#include "agent_manager/agent.h"
#include "base/result.h"

namespace everdial::zone {

/// agent_state.record: all of an agent that has no column of its own.
std::string to_json(const Agent& agent);
Status read_record(const std::string& json, Agent& out);

/// agent.skills
Status read_skills(const std::string& json, Skills& out);

}  // namespace everdial::zone
