#pragma once

#include <string>
#include <vector>

#include "base/result.h"
#include "base/time.h"
#include "model/agent.h"

namespace everdial {

/// What a campaign asks of agents; stored as JSON in campaign.agents, which is null for a campaign without agents.
struct AgentSettings {
  bool preview = false;         ///< agents see each contact before it is dialed
  Duration answer_within = 2s;  ///< of a live voice; later it is a nuisance call, 1 s to 30 s
  std::string nuisance_prompt;  ///< what such a callee hears; empty: the call is only ended
  Duration wrapup_limit = 60s;  ///< then the default code is taken, 0 (none) to 1 h
  Duration wrapup_extension = 30s;
  int wrapup_extensions = 2;                  ///< most of them for one call
  Duration preview_limit = 60s;               ///< then the contact is dialed, 0 (never) to 1 h
  Skills skills;                              ///< an agent of this campaign has each of these, at least so well
  std::vector<std::string> codes = {"done"};  ///< what agents may choose; the first is the default
  int agents_most = 0;                        ///< agents at once; 0: as many as there are
  bool operator==(const AgentSettings&) const = default;
};

/// Errors name the JSON pointer of the field, what was wrong and what is allowed.
Result<AgentSettings> agent_settings_from_json(const std::string& json);
std::string to_json(const AgentSettings& settings);

}  // namespace everdial
