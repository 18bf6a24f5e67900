#include "model/agent_view.h"

#include <algorithm>
#include <nlohmann/json.hpp>

namespace everdial {
namespace {

using nlohmann::json;

constexpr size_t kDigitsSeen = 3;
/// Of any length: how long a secret is may tell what it is.
constexpr auto kMask = "•••";

bool has(const std::vector<std::string>& names, const std::string& name) {
  return std::find(names.begin(), names.end(), name) != names.end();
}

}  // namespace

bool may_change(const AgentSettings& settings, const std::string& attribute) {
  return !has(settings.masked_attributes, attribute) && !has(settings.read_only_attributes, attribute);
}

std::string phone_seen(const AgentSettings& settings, const std::string& phone) {
  if (!settings.mask_phone) return phone;
  return kMask + phone.substr(phone.size() - std::min(kDigitsSeen, phone.size()));
}

std::string contact_seen(const AgentSettings& settings, const ContactRecord& contact) {
  json attributes = json::array();
  for (const auto& [name, value] : contact.attributes) {
    const bool masked = has(settings.masked_attributes, name);
    json one = {{"name", name}, {"value", masked && !value.empty() ? kMask : value}};
    if (masked) one["masked"] = true;
    if (!may_change(settings, name)) one["read_only"] = true;
    attributes.push_back(std::move(one));
  }
  return json{{"contact", contact.id.value},
              {"attempt", to_string(contact.attempt)},
              {"phone", phone_seen(settings, contact.phone)},
              {"time_zone", contact.time_zone},
              {"attributes", std::move(attributes)}}
      .dump(-1, ' ', false, json::error_handler_t::replace);
}

std::string code_page(const std::vector<CodeText>& codes) {
  json items = json::array();
  for (const CodeText& one : codes) items.push_back({{"code", one.code}, {"text", one.text.empty() ? one.code : one.text}});
  return json{{"items", std::move(items)}}.dump(-1, ' ', false, json::error_handler_t::replace);
}

}  // namespace everdial
