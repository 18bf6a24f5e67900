#include "dashboard/handlers.h"
#include "dashboard/server_store.h"
#include "dashboard/status_json.h"
#include "dashboard/status_store.h"

namespace everdial {
namespace {

using nlohmann::json;

constexpr size_t kMostChanges = 1000;

std::string parameter(const Call& call, const char* name) { return call.parameters.find(name)->second; }

/// Everything of this kind on one page: there are as many as servers or zones.
Answer all_of(const Call& call, json (*items)(const SystemSeen&)) {
  const auto seen = status_store::system_seen(call.db());
  if (!seen.ok()) return seen.error();
  return json_response(200, {{"items", items(*seen)}});
}

Answer one_of(const Call& call, json (*items)(const SystemSeen&), const std::string& name) {
  const auto seen = status_store::system_seen(call.db());
  if (!seen.ok()) return seen.error();
  for (const json& item : items(*seen))
    if (item["name"] == name) return json_response(200, item);
  return Error{ErrorKind::not_found, "There is no " + name + "."};
}

ServerChange read_server(BodyReader& body, const std::string& server) {
  return {ServerName{server}, body.optional_boolean("parked"), body.optional_number("capacity", 0, 1000), false};
}

ZoneChange read_zone(BodyReader& body, const std::string& zone) {
  const auto home = body.optional_text("home", {.least = 1});
  return {zone, home ? std::optional(ServerName{*home}) : std::nullopt, body.optional_number("weight", 0, 1000)};
}

}  // namespace

Answer list_servers(const Call& call) { return all_of(call, servers_json); }

Answer update_server(const Call& call) {
  BodyReader body(call.body);
  const ServerChange change = read_server(body, parameter(call, "server"));
  if (auto wrong = body.finish()) return std::move(*wrong);
  if (Status set = server_store::set_server(call.db(), change); !set.ok()) return set.error();
  return one_of(call, servers_json, change.server.value);
}

Answer order_component(const Call& call) {
  BodyReader body(call.body);
  const auto action = body.choice("action", ComponentAction::restart);
  if (auto wrong = body.finish()) return std::move(*wrong);
  Answer answer = server_store::order_component(call.db(), ServerName{parameter(call, "server")}, parameter(call, "component"), action,
                                                call.caller.name);
  if (answer.good()) answer.response().status = 202;
  return answer;
}

Answer list_component_orders(const Call& call) {
  QueryReader query(call.query);
  const PageRequest page = read_page(query, 1);
  const auto server = query.text("server");
  if (auto wrong = query.finish()) return std::move(*wrong);
  return server_store::component_orders(call.db(), server, page);
}

Answer list_zones(const Call& call) { return all_of(call, zones_json); }

Answer save_zone(const Call& call) {
  BodyReader body(call.body);
  const ZoneChange change = read_zone(body, parameter(call, "zone"));
  if (auto wrong = body.finish()) return std::move(*wrong);
  if (Status saved = server_store::save_zone(call.db(), change); !saved.ok()) return pointed(saved.error(), ErrorKind::invalid, "/home");
  return one_of(call, zones_json, change.zone);
}

Answer plan_zones(const Call& call) {
  BodyReader body(call.body);
  std::vector<ZoneChange> zones;
  std::vector<ServerChange> servers;
  body.objects("zones", kMostChanges, [&](BodyReader& one) { zones.push_back(read_zone(one, one.text("zone", {.least = 1}))); });
  body.objects("servers", kMostChanges, [&](BodyReader& one) { servers.push_back(read_server(one, one.text("server", {.least = 1}))); });
  const bool with_saved = body.optional_boolean("with_saved").value_or(false);
  if (auto wrong = body.finish()) return std::move(*wrong);
  const auto seen = status_store::system_seen(call.db());
  if (!seen.ok()) return seen.error();
  if (with_saved) zones = after_saved(seen->zones, std::move(zones));
  return json_response(200, {{"items", plan_json(plan_zones(*seen, zones, servers))}});
}

Answer apply_zones(const Call& call) {
  BodyReader body(call.body);
  const auto zones = body.texts("zones", kMostChanges);
  if (auto wrong = body.finish()) return std::move(*wrong);
  if (Status applied = server_store::apply_zones(call.db(), zones); !applied.ok()) return applied.error();
  return all_of(call, zones_json);
}

}  // namespace everdial
