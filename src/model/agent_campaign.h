#pragma once

#include <string>
#include <vector>

#include "base/enum_names.h"
#include "base/result.h"
#include "base/time.h"
#include "model/agent.h"

namespace everdial {

enum class PacingMode {
  manual,       ///< an agent is shown the contact, and dials it or another of its numbers; nothing is dialed by itself
  preview,      ///< the same, but the contact is dialed when the time to look is over
  progressive,  ///< one call for each agent who waits
  predictive,   ///< as many as will meet free agents when they answer, but for a capped share
};
template <>
inline constexpr auto enum_names<PacingMode> = std::to_array<std::pair<PacingMode, std::string_view>>({
    {PacingMode::manual, "manual"},
    {PacingMode::preview, "preview"},
    {PacingMode::progressive, "progressive"},
    {PacingMode::predictive, "predictive"},
});

/// A word that agents choose from a list, and how people read it; with an empty text the word itself.
struct CodeText {
  std::string code;
  std::string text{};
  bool operator==(const CodeText&) const = default;
};

/// What a campaign asks of agents; stored as JSON in campaign.agents, which is null for a campaign without agents.
struct AgentSettings {
  PacingMode pacing = PacingMode::predictive;
  double abandoned_most = 0.03;  ///< share of live calls that may find no agent, over `abandoned_days`; 0 to 1, with predictive
  int abandoned_days = 30;       ///< 1 to 365
  Duration answer_within = 2s;   ///< of a live voice; later it is a nuisance call, 1 s to 30 s
  std::string nuisance_prompt;   ///< what such a callee hears; empty: the call is only ended
  Duration wrapup_limit = 60s;   ///< then the default code is taken, 0 (none) to 1 h
  Duration wrapup_extension = 30s;
  int wrapup_extensions = 2;                         ///< most of them for one call
  Duration preview_limit = 60s;                      ///< with preview: then the contact is dialed, 0 (never) to 1 h
  Skills skills;                                     ///< an agent of this campaign has each of these, at least so well
  int agents_most = 0;                               ///< agents at once; 0: as many as there are
  std::vector<CodeText> codes = {{"done", "Done"}};  ///< what may come of a conversation; the first is taken when the time is up
  std::vector<std::string> masked_attributes;        ///< of contacts: agents see only that there is a value, and cannot change it
  std::vector<std::string> read_only_attributes;     ///< of contacts: agents see them, and cannot change them
  bool mask_phone = false;                           ///< agents see the last digits alone
  std::string script;                                ///< URL of the page with what to say; empty: none
  std::string auxiliary_script;                      ///< for when that one does not answer
  bool operator==(const AgentSettings&) const = default;
};

/// Contacts are offered to agents one by one, and dialed when they say so.
inline bool shows_contacts(const AgentSettings& settings) {
  return settings.pacing == PacingMode::manual || settings.pacing == PacingMode::preview;
}

/// Errors name the JSON pointer of the field, what was wrong and what is allowed.
Result<AgentSettings> agent_settings_from_json(const std::string& json);
std::string to_json(const AgentSettings& settings);

/// What an agent can; stored in agent.skills.
Result<Skills> skills_from_json(const std::string& json);
std::string to_json(const Skills& skills);

/// Why agents of a zone may be not ready; stored as a JSON array in agent_zone.reasons. A zone without a row has the usual ones.
Result<std::vector<CodeText>> reasons_from_json(const std::string& json);
std::string to_json(const std::vector<CodeText>& codes);
const std::vector<CodeText>& usual_reasons();

}  // namespace everdial
