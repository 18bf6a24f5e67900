#include "dashboard/agent_store.h"
#include "dashboard/failover_store.h"
#include "dashboard/handlers.h"
#include "dashboard/status_json.h"
#include "dashboard/status_store.h"

namespace everdial {
namespace {

using nlohmann::json;

constexpr double kLostServerBudgetMs = 3000;  ///< power-off or partition, until others act

bool acts(ComponentState state) {
  return state == ComponentState::MASTER || state == ComponentState::DORMANT || state == ComponentState::RUNNING;
}

const ServerStatus* server_of(const SystemStatus& status, const std::string& name) {
  const auto found = std::find_if(status.servers.begin(), status.servers.end(), [&](const ServerStatus& s) { return s.name == name; });
  return found == status.servers.end() ? nullptr : &*found;
}

/// Other servers where a component could take over.
json candidates(const SystemStatus& status, const std::string& component, const std::string& without) {
  json out = json::array();
  for (const ServerStatus& server : status.servers)
    if (server.name != without && std::any_of(server.components.begin(), server.components.end(),
                                              [&](const ComponentStatus& one) { return one.component == component && acts(one.state); }))
      out.push_back(server.name);
  return out;
}

bool has(const std::vector<std::string>& all, const std::string& one) { return std::find(all.begin(), all.end(), one) != all.end(); }

/// Components of a server that do their work now, each once.
std::vector<std::string> acting_components(const ServerStatus& server) {
  std::vector<std::string> out;
  for (const ComponentStatus& one : server.components)
    if (acts(one.state) && !has(out, one.component)) out.push_back(one.component);
  return out;
}

/// Leases of a server by what they are: masters by name, zones of agents with who is logged on and where they would be, jobs as a number.
void add_leases(json& out, const SystemSeen& seen, const SystemStatus& status, const std::vector<json>& agents,
                const std::vector<PlannedZone>& places, const std::string& server) {
  out["masters"] = out["agent_zones"] = json::array();
  int64_t jobs = 0;
  for (const auto& [lease, since] : seen.leases) {
    if (!lease.holder || !lease.holder_server || lease.holder_server->value != server) continue;
    if (lease.resource.value.starts_with("job/")) ++jobs;
    else if (lease.resource.value.find('/') == std::string::npos)
      out["masters"].push_back({{"resource", lease.resource.value}, {"candidates", candidates(status, lease.resource.value, server)}});
    else if (const auto zone = zone_of_agents(lease.resource)) {
      const auto known = std::find_if(agents.begin(), agents.end(), [&](const json& one) { return one["name"] == *zone; });
      const auto place = std::find_if(places.begin(), places.end(), [&](const PlannedZone& one) { return one.zone == *zone; });
      json item = {{"zone", *zone}, {"logged_on", known == agents.end() ? json(0) : (*known)["logged_on"]}};
      if (place != places.end() && place->to) item["to"] = place->to->value;
      out["agent_zones"].push_back(std::move(item));
    }
  }
  out["jobs"] = {{"count", jobs}, {"candidates", candidates(status, "campaign_manager", server)}};
}

json tolerance_json(const Tolerance& tolerance) { return {{"servers", tolerance.servers}, {"limited_by", tolerance.limited_by}}; }

SystemSeen without(SystemSeen seen, const std::string& server) {
  std::erase_if(seen.sessions, [&](const auto& s) { return s.session.server.value == server; });
  return seen;
}

}  // namespace

Answer list_failovers(const Call& call) {
  QueryReader query(call.query);
  const PageRequest page = read_page(query, 1);
  const failover_store::FailoverFilter filter{query.text("resource"), query.text("server")};
  if (auto wrong = query.finish()) return std::move(*wrong);
  return failover_store::failovers(call.db(), filter, page);
}

Answer get_failover(const Call& call) { return failover_store::failover(call.db(), call.number("failover_id")); }

Answer get_what_if(const Call& call) {
  const std::string name = call.parameters.find("server")->second;
  const auto seen = status_store::system_seen(call.db());
  if (!seen.ok()) return seen.error();
  const SystemStatus status = system_status(*seen);
  const ServerStatus* server = server_of(status, name);
  if (!server) return Error{ErrorKind::not_found, "There is no such server."};
  const auto calls = failover_store::calls_touched(call.db(), name, has(acting_components(*server), "mpp"));
  if (!calls.ok()) return calls.error();
  const auto agents = agent_store::zones(call.db());
  if (!agents.ok()) return agents.error();
  const auto places = agent_store::places(call.db());
  if (!places.ok()) return places.error();
  const auto measured = failover_store::lost_server_times(call.db());
  if (!measured.ok()) return measured.error();

  json out = {{"server", name}, {"calls", *calls}};
  const std::vector<ServerChange> loss = {{.server = ServerName{name}, .lost = true}};
  add_leases(out, *seen, status, *agents, plan_agents(*seen, *places, {}, loss), name);
  out["zones"] = json::array();
  for (const json& zone : plan_json(plan_zones(*seen, {}, loss)))
    if (zone["moves"] || zone.value("from", "") == name) out["zones"].push_back(zone);
  if (measured->count > 0)
    out["takes"] = {{"source", "measured"}, {"of", measured->count}, {"median_ms", measured->median_ms}, {"worst_ms", measured->worst_ms}};
  else out["takes"] = {{"source", "budget"}, {"of", 0}, {"worst_ms", kLostServerBudgetMs}};
  out["without_work"] = json::array();
  for (const std::string& component : acting_components(*server))
    if (candidates(status, component, name).empty()) out["without_work"].push_back(component);
  out["tolerance_after"] = tolerance_json(fault_tolerance(system_status(without(*seen, name))));
  return json_response(200, out);
}

Answer get_readiness(const Call& call) {
  const auto seen = status_store::system_seen(call.db());
  if (!seen.ok()) return seen.error();
  const auto reports = failover_store::reports(call.db());
  if (!reports.ok()) return reports.error();
  const SystemStatus status = system_status(*seen);
  json servers = json::array();
  for (const Readiness& one : readiness(status, *reports)) {
    json needs = json::array();
    for (const Need& need : one.needs) needs.push_back({{"need", need.need}, {"met", need.met}, {"detail", need.detail}});
    servers.push_back({{"server", one.server}, {"ready", one.ready}, {"needs", std::move(needs)}});
  }
  return json_response(200, {{"tolerance", tolerance_json(fault_tolerance(status))}, {"servers", std::move(servers)}});
}

Answer list_drills(const Call& call) {
  QueryReader query(call.query);
  const PageRequest page = read_page(query, 1);
  if (auto wrong = query.finish()) return std::move(*wrong);
  return failover_store::drills(call.db(), page);
}

Answer get_drill(const Call& call) { return failover_store::drill(call.db(), call.number("drill_id")); }

Answer begin_drill(const Call& call) {
  BodyReader body(call.body);
  failover_store::NewDrill drill;
  drill.server = body.text("server", {.least = 1});
  const auto component = body.optional_text("component", {.least = 1});
  drill.seconds = body.integer_or("seconds", 1, 600, 10);
  drill.most_calls = body.integer_or("most_calls", 0, 1'000'000, 0);
  const bool without_spare = body.optional_boolean("without_spare").value_or(false);
  if (auto wrong = body.finish()) return std::move(*wrong);
  drill.by = call.caller.name;

  const auto seen = status_store::system_seen(call.db());
  if (!seen.ok()) return seen.error();
  const SystemStatus status = system_status(*seen);
  const ServerStatus* server = server_of(status, drill.server);
  if (!server) return Error{ErrorKind::not_found, "There is no such server."};
  drill.components = component ? std::vector{*component} : acting_components(*server);
  if (drill.components.empty()) return Error{ErrorKind::conflict, "Nothing runs on " + drill.server + "."};
  if (auto objection = drill_objection(status, drill.server, drill.components, without_spare))
    return Error{ErrorKind::conflict, std::move(*objection)};
  const bool touches_jobs = has(drill.components, "campaign_manager"), carries_calls = has(drill.components, "mpp");
  const auto calls =
      touches_jobs || carries_calls ? failover_store::calls_touched(call.db(), drill.server, carries_calls) : Result<int64_t>(0);
  if (!calls.ok()) return calls.error();
  drill.calls = *calls;
  if (drill.calls > drill.most_calls)
    return Error{ErrorKind::conflict, "It could touch " + std::to_string(drill.calls) + " calls in the air, more than " +
                                          std::to_string(drill.most_calls) + ": wait, pause jobs, or allow more (most_calls)."};
  return created(failover_store::begin_drill(call.db(), drill));
}

Answer abort_drill(const Call& call) {
  const int64_t id = call.number("drill_id");
  if (const auto known = failover_store::drill(call.db(), id); !known.ok()) return known.error();
  if (Status aborted = failover_store::abort_drill(call.db(), id, call.caller.name); !aborted.ok()) return aborted.error();
  return failover_store::drill(call.db(), id);
}

}  // namespace everdial
