#include "dashboard/agent_store.h"
#include "dashboard/handlers.h"
#include "dashboard/secrets.h"

namespace everdial {
namespace {

using nlohmann::json;

constexpr TextLimits kAgentName{.most = 200};

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
  const auto password = body.optional_text("password", kNewPassword);
  const auto skills = read_skills(body);
  const auto supervisor = body.optional_boolean("supervisor");
  if (auto wrong = body.finish()) return std::move(*wrong);
  return agent_store::update_agent(call.db(), call.number("agent_id"),
                                   {name, password ? std::optional(hash_password(*password)) : std::nullopt, skills, supervisor});
}

Answer delete_agent(const Call& call) { return agent_store::delete_agent(call.db(), call.number("agent_id")); }

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

}  // namespace everdial
