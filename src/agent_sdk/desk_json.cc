#include "agent_sdk/desk_json.h"

#include <algorithm>
#include <array>

#include "base/overloaded.h"
#include "model/agent_fields.h"

namespace everdial::desk {
namespace {

using agent_fields::json;
using agent_fields::put;

/// Names are people's, and may hold anything.
std::string text_of(const json& value) { return value.dump(-1, ' ', false, json::error_handler_t::replace); }

json situation_json(const Situation& s) {
  json out;
  put(out["states"], s.states);
  if (!s.reason.empty()) out["reason"] = s.reason;
  if (s.job) out["job"] = {{"id", s.job->value}, {"campaign", s.campaign}};
  if (s.attempt) out["attempt"] = everdial::to_string(*s.attempt);
  if (!s.phone.empty()) out["phone"] = s.phone;
  if (s.other) out["other"] = s.other->value;
  if (s.until) {
    out["until"] = to_iso8601(*s.until);
    out["extensions_left"] = s.extensions_left;
  }
  if (s.leaving) out["leaving"] = true;
  return out;
}

json addresses(const std::vector<std::string>& servers, const Scripts& scripts) {
  json out = {{"servers", servers}};
  if (scripts.primary.empty()) return out;
  out["scripts"]["primary"] = scripts.primary;
  if (!scripts.auxiliary.empty()) out["scripts"]["auxiliary"] = scripts.auxiliary;
  return out;
}

json away_json(const std::string& zone, const ManagerAway& away) {
  return {{"zone", zone}, {"reason", everdial::to_string(away.reason)}, {"expected_wait_ms", away.expected_wait / 1ms}};
}

/// Reads one object; what is missing or of another kind is named.
template <class Read>
auto reading(const std::string& params, Read read) -> Result<decltype(read(json()))> {
  try {
    return read(json::parse(params));
  } catch (const std::exception& error) {
    return Error{ErrorKind::invalid, error.what()};
  }
}

std::string secret_of(const json& in, const char* name) {
  constexpr size_t kLongestSecret = 512;
  const auto secret = in.at(name).get<std::string>();
  if (secret.empty() || secret.size() > kLongestSecret)
    throw std::invalid_argument("'" + std::string(name) + "' must be a text of 1 to 512 characters");
  return secret;
}

int64_t whole_number(const json& in, const char* name) {
  const json& value = in.at(name);
  if (!value.is_number_integer() || value.get<int64_t>() < 0)
    throw std::invalid_argument("'" + std::string(name) + "' must be a whole number from 0");
  return value.get<int64_t>();
}

constexpr std::array kOfSupervisors = {"move_to_job", "force_state", "monitor"};

}  // namespace

std::string to_json(const AgentStates& states) {
  json out;
  put(out, states);
  return out.dump();
}

std::string to_json(const Situation& situation) { return text_of(situation_json(situation)); }

std::string to_json(const AgentNotice& notice, int64_t number) {
  return R"({"number":)" + std::to_string(number) + "," + everdial::to_json(notice).substr(1);
}

std::string addresses_json(const std::vector<std::string>& servers, const Scripts& scripts) { return text_of(addresses(servers, scripts)); }

std::string welcome_json(const SessionFound& found, int64_t last, int64_t oldest) {
  const SessionRow& row = found.row;
  json out = {{"token", found.token},
              {"server", found.server},
              {"agent", {{"id", row.agent.value}, {"login", row.login}, {"name", row.name.empty() ? row.login : row.name}}},
              {"zone", row.zone},
              {"last", last},
              {"oldest", oldest},
              {"situation", situation_json(row.situation)},
              {"addresses", addresses(found.servers, row.scripts)}};
  if (row.supervisor) out["agent"]["supervisor"] = true;
  if (found.zone.away) out["manager_not_available"] = away_json(row.zone, *found.zone.away);
  return text_of(out);
}

std::string beat_json(int64_t last, Instant at) { return R"({"last":)" + std::to_string(last) + R"(,"at":")" + to_iso8601(at) + R"("})"; }

std::pair<std::string_view, std::string> news_of(const std::string& zone, const ZoneNews& news) {
  using News = std::pair<std::string_view, std::string>;
  return std::visit(Overloaded{
                        [&](const ManagerAway& n) {
                          return News{"manager_not_available", text_of(away_json(zone, n))};
                        },
                        [&](const StatesWanted&) {
                          return News{"states_wanted", "{}"};
                        },
                        [&](const ManagerBack& n) {
                          return News{"manager_available", text_of(json{{"zone", zone}, {"away_ms", n.away / 1ms}})};
                        },
                        [&](const ZoneLost& n) {
                          return News{"zone_down", text_of(json{{"zone", zone}, {"reason", n.reason}})};
                        },
                    },
                    news);
}

Result<std::string> ticket_of(const std::string& params) {
  return reading(params, [](const json& in) { return secret_of(in, "ticket"); });
}
Result<Resume> resume_of(const std::string& params) {
  return reading(params, [](const json& in) { return Resume{secret_of(in, "token"), whole_number(in, "received")}; });
}
Result<int64_t> received_of(const std::string& params) {
  return reading(params, [](const json& in) { return whole_number(in, "received"); });
}

std::optional<Result<Ordered>> order_of(const std::string& method, const std::string& params, AgentId asker) {
  // In its JSON an order names itself; whatever the desktop says there does not count.
  json named = json::parse(params);
  named["order"] = method;
  auto order = agent_order_from_json(named.dump());
  if (std::find(kOfSupervisors.begin(), kOfSupervisors.end(), method) != kOfSupervisors.end()) {
    auto whom = reading(params, [](const json& in) { return AgentId{whole_number(in, "agent")}; });
    if (!whom.ok()) return Result<Ordered>{whom.error()};
    if (!order.ok()) return Result<Ordered>{order.error()};
    if (auto* monitor = std::get_if<agent_command::Monitor>(&*order)) monitor->supervisor = asker;
    return Result<Ordered>{Ordered{std::move(*order), *whom}};
  }
  if (order.ok()) return Result<Ordered>{Ordered{std::move(*order)}};
  const bool unknown = order.error().message.find("there is no order") != std::string::npos;
  return unknown ? std::nullopt : std::optional<Result<Ordered>>{order.error()};
}

}  // namespace everdial::desk
