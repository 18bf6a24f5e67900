#pragma once

#include <map>
#include <string>

#include "model/agent_campaign.h"
#include "model/ids.h"

// What agents see of their campaign and of a contact, as their settings let them: the answers to desktops' questions in
// api/agent.asyncapi.yaml, and what notices show. Without a campaign: of AgentSettings{}.

namespace everdial {

/// A contact as it is recorded, changes by agents included.
struct ContactRecord {
  ContactId id;
  AttemptId attempt;
  std::string phone, time_zone;
  std::map<std::string, std::string> attributes{};
};

/// Answer to get_contact.
std::string contact_seen(const AgentSettings& settings, const ContactRecord& contact);
/// Answer to list_codes (a campaign's codes) and list_reasons (a zone's reasons).
std::string code_page(const std::vector<CodeText>& codes);

std::string phone_seen(const AgentSettings& settings, const std::string& phone);
bool may_change(const AgentSettings& settings, const std::string& attribute);

}  // namespace everdial
