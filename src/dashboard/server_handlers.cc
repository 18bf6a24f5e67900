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

/// An array of objects, each read by `read` with the name that its `key` gives.
template <class Change>
std::vector<Change> read_changes(BodyReader& body, const char* field, const char* key, Change (*read)(BodyReader&, const std::string&),
                                 std::vector<FieldError>& errors) {
  std::vector<Change> out;
  const json* all = body.member(field);
  if (!all) return out;
  if (!all->is_array() || all->size() > kMostChanges) {
    body.fail(field, "must be an array of at most " + std::to_string(kMostChanges));
    return out;
  }
  for (size_t i = 0; i < all->size(); ++i) {
    BodyReader one((*all)[i], std::string("/") + field + "/" + std::to_string(i));
    out.push_back(read(one, one.text(key, {.least = 1})));
    if (auto wrong = one.finish()) errors.insert(errors.end(), wrong->errors.begin(), wrong->errors.end());
  }
  return out;
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
  std::vector<FieldError> errors;
  auto zones = read_changes<ZoneChange>(body, "zones", "zone", read_zone, errors);
  const auto servers = read_changes<ServerChange>(body, "servers", "server", read_server, errors);
  const bool with_saved = body.optional_boolean("with_saved").value_or(false);
  if (auto wrong = body.finish()) return std::move(*wrong);
  if (!errors.empty()) return invalid_problem(std::move(errors));
  const auto seen = status_store::system_seen(call.db());
  if (!seen.ok()) return seen.error();
  if (with_saved) {
    // What is asked about goes before what was saved earlier.
    auto saved = saved_changes(seen->zones);
    saved.insert(saved.end(), zones.begin(), zones.end());
    zones = std::move(saved);
  }
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
