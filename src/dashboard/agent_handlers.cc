#include <algorithm>

#include "dashboard/agent_store.h"
#include "dashboard/handlers.h"
#include "dashboard/secrets.h"
#include "dashboard/status_json.h"
#include "dashboard/status_store.h"

namespace everdial {

/// What supervisors may ask of agents from outside a desktop, by the names of model/agent.h.
enum class SupervisorOrder { move_to_job, release, force_state };
template <>
inline constexpr auto enum_names<SupervisorOrder> = std::to_array<std::pair<SupervisorOrder, std::string_view>>({
    {SupervisorOrder::move_to_job, "move_to_job"},
    {SupervisorOrder::release, "release"},
    {SupervisorOrder::force_state, "force_state"},
});

namespace {

using nlohmann::json;

constexpr TextLimits kAgentName{.most = 200};

constexpr size_t kMostZones = 1000;
constexpr size_t kMostAgents = 200;  ///< that are asked for something at once
constexpr std::string_view kOrderStates[] = {"pending", "done", "refused", "expired", "withdrawn"};

std::optional<Skills> read_skills(BodyReader& body) {
  const json* given = body.member("skills");
  if (!given) return std::nullopt;
  Skills skills;
  body.take(skills_from_json(given->dump()), "skills", skills);
  return skills;
}

}  // namespace

Answer list_agents(const Call& call) {
  QueryReader query(call.query);
  const PageRequest page = read_page(query, 1);
  const agent_store::AgentFilter filter{query.text("zone"), query.text("login"), query.text("state")};
  if (filter.state && *filter.state != "logged_on" && !parse_enum<AgentState>(*filter.state))
    query.fail("state", "must be logged_on or one of " + names_of<AgentState>());
  if (auto wrong = query.finish()) return std::move(*wrong);
  return agent_store::agents(call.db(), filter, page);
}

Answer create_agent(const Call& call) {
  BodyReader body(call.body);
  agent_store::NewAgent agent{body.text("login", kLoginName),
                              body.text_or("name", kAgentName, ""),
                              body.text_or("zone", kZoneName, "default"),
                              read_skills(body).value_or(Skills{}),
                              body.optional_boolean("supervisor").value_or(false),
                              {}};
  const std::string password = body.text("password", kNewPassword);
  if (auto wrong = body.finish()) return std::move(*wrong);
  agent.password_hash = hash_password(password);
  const auto made = agent_store::create_agent(call.db(), agent);
  return made.ok() ? created(made) : pointed(made.error(), ErrorKind::conflict, "/login");
}

Answer get_agent(const Call& call) { return agent_store::agent(call.db(), call.number("agent_id")); }

Answer update_agent(const Call& call) {
  BodyReader body(call.body);
  const auto name = body.optional_text("name", kAgentName);
  const auto zone = body.optional_text("zone", kZoneName);
  const auto password = body.optional_text("password", kNewPassword);
  const auto skills = read_skills(body);
  const auto supervisor = body.optional_boolean("supervisor");
  if (auto wrong = body.finish()) return std::move(*wrong);
  return agent_store::update_agent(call.db(), call.number("agent_id"),
                                   {name, password ? std::optional(hash_password(*password)) : std::nullopt, zone, skills, supervisor});
}

Answer delete_agent(const Call& call) { return agent_store::delete_agent(call.db(), call.number("agent_id")); }

Answer order_agents(const Call& call) {
  BodyReader body(call.body);
  agent_store::NewAgentOrder wanted{body.ids("agents", kMostAgents), {}, call.caller.name};
  const auto what = body.choice("order", SupervisorOrder::release);
  const auto job = body.member("job_id") ? std::optional(body.integer("job_id", 1, INT64_MAX)) : std::nullopt;
  const auto state = body.optional_choice<AgentState>("agent_state");
  const auto reason = body.optional_text("reason", {.most = 100});
  const bool forces = what == SupervisorOrder::force_state;
  if (job && what != SupervisorOrder::move_to_job) body.fail("job_id", "is for move_to_job alone");
  if ((state || reason) && !forces) body.fail(state ? "agent_state" : "reason", "is for force_state alone");
  if (forces && state != AgentState::ready && state != AgentState::not_ready && state != AgentState::logged_out)
    body.fail("agent_state", "must be one of ready, not_ready, logged_out");
  if (auto wrong = body.finish()) return std::move(*wrong);
  switch (what) {
    case SupervisorOrder::move_to_job:
      wanted.order = agent_command::MoveToJob{JobId{job.value_or(0)}};
      break;
    case SupervisorOrder::release:
      wanted.order = agent_command::Release{};
      break;
    case SupervisorOrder::force_state:
      wanted.order = agent_command::ForceState{*state, reason.value_or("")};
      break;
  }
  if (job)
    if (Status takes = agent_store::must_take_agents(call.db(), *job); !takes.ok())
      return pointed(takes.error(), ErrorKind::invalid, "/job_id");
  const auto kept = agent_store::order_agents(call.db(), wanted);
  return kept.ok() ? Answer(json_response(202, *kept)) : pointed(kept.error(), ErrorKind::invalid, "/agents");
}

Answer withdraw_agent_order(const Call& call) {
  const auto asked = agent_store::withdraw_order(call.db(), call.number("order_id"), call.caller.name);
  return asked.ok() ? Answer(json_response(202, *asked)) : Answer(asked.error());
}

Answer list_agent_orders(const Call& call) {
  QueryReader query(call.query);
  const PageRequest page = read_page(query, 1);
  const agent_store::AgentOrderFilter filter{query.id("agent_id"), query.id("request"), query.text("state")};
  if (filter.state && std::find(std::begin(kOrderStates), std::end(kOrderStates), *filter.state) == std::end(kOrderStates))
    query.fail("state", "must be one of pending, done, refused, expired, withdrawn");
  if (auto wrong = query.finish()) return std::move(*wrong);
  return agent_store::agent_orders(call.db(), filter, page);
}

Answer list_agent_zones(const Call& call) {
  const auto zones = agent_store::zones(call.db());
  if (!zones.ok()) return zones.error();
  return json_response(200, {{"items", *zones}});
}

Answer update_agent_zone(const Call& call) {
  BodyReader body(call.body);
  std::vector<CodeText> reasons;
  if (const json* given = body.member("reasons")) body.take(reasons_from_json(given->dump()), "reasons", reasons);
  else body.fail("reasons", "is missing");
  if (auto wrong = body.finish()) return std::move(*wrong);
  return agent_store::set_reasons(call.db(), call.parameters.find("zone")->second, reasons);
}

Answer save_agent_place(const Call& call) {
  BodyReader body(call.body);
  const ServerName server{body.text("server", {.least = 1})};
  if (auto wrong = body.finish()) return std::move(*wrong);
  const std::string& zone = call.parameters.find("zone")->second;
  if (Status saved = agent_store::save_place(call.db(), zone, server); !saved.ok())
    return pointed(saved.error(), ErrorKind::invalid, "/server");
  return agent_store::zone(call.db(), zone);
}

Answer plan_agent_places(const Call& call) {
  BodyReader body(call.body);
  const bool with_saved = body.optional_boolean("with_saved").value_or(false);
  std::vector<ZoneChange> changes;
  body.objects("zones", kMostZones, [&](BodyReader& one) {
    changes.push_back({one.text("zone", kZoneName), ServerName{one.text("server", {.least = 1})}, std::nullopt});
  });
  if (auto wrong = body.finish()) return std::move(*wrong);
  const auto places = agent_store::places(call.db());
  if (!places.ok()) return places.error();
  const auto seen = status_store::system_seen(call.db());
  if (!seen.ok()) return seen.error();
  if (with_saved) changes = after_saved(*places, std::move(changes));
  json plan = plan_json(plan_agents(*seen, *places, changes));
  std::vector<std::string> zones;
  for (const json& zone : plan) zones.push_back(zone["zone"]);
  const auto doings = agent_store::doings(call.db(), zones);
  if (!doings.ok()) return doings.error();
  for (json& zone : plan) zone["agents"] = doings->value(zone["zone"].get<std::string>(), json::array());
  return json_response(200, {{"items", std::move(plan)}});
}

Answer apply_agent_places(const Call& call) {
  BodyReader body(call.body);
  const auto zones = body.texts("zones", kMostZones);
  if (auto wrong = body.finish()) return std::move(*wrong);
  if (Status applied = agent_store::apply_places(call.db(), zones); !applied.ok()) return applied.error();
  return list_agent_zones(call);
}

}  // namespace everdial
