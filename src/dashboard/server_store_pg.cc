#include "dashboard/row_json.h"
#include "dashboard/server_store.h"

namespace everdial::server_store {
namespace {

using nlohmann::json;
using pg::Connection;
using pg::Params;
using pg::Rows;

const std::string kOrderColumns = "id, server, component, action, asked_by, asked_at, taken_at";

json order_json(const Rows& rows, size_t row) {
  json out = {{"id", rows.integer(row, 0)},  {"server", rows.text(row, 1)},   {"component", rows.text(row, 2)},
              {"action", rows.text(row, 3)}, {"asked_by", rows.text(row, 4)}, {"asked_at", to_iso8601(rows.instant(row, 5))}};
  put_instant(out, "taken_at", rows, row, 6);
  return out;
}

/// Why this cannot be asked of a component that is stopped by order or not, of a server that lives or not; empty when it can.
std::string objection(ComponentAction action, bool stopped, bool lives, const std::string& server) {
  if (action == ComponentAction::start) return stopped ? "" : "It was not stopped; its server keeps it running.";
  if (stopped) return action == ComponentAction::stop ? "It is to be stopped already." : "It is stopped: start it first.";
  if (action != ComponentAction::stop && !lives) return "The server " + server + " does not run: nobody is there to do it.";
  return "";
}

std::string not_served(const std::string& server, const std::string& zone) {
  return "The server " + server + " does not serve zone " + zone +
         ": add the zone to dialing.zones of its configuration and start it anew, or choose another server.";
}

}  // namespace

Result<json> order_component(Connection& db, const ServerName& server, const std::string& component, ComponentAction action,
                             const std::string& by) {
  auto known = db.query(
      R"(
select $2 = any(components), $2 = any(stopped),
       (select asked_by from component_order where server = $1 and component = $2 and action = 'stop' order by id desc limit 1) = $4,
       exists (select 1 from ha_session h where h.server = $1 and h.component = 'server'
               and h.last_seen > clock_timestamp() - $3 * interval '1 ms')
  from server where name = $1 for update of server)",
      Params{}
          .add(server.value)
          .add(component)
          .add(std::chrono::duration_cast<std::chrono::milliseconds>(kSilentIsStopped).count())
          .add(kServiceManager));
  if (!known.ok()) return known.error();
  if (known->empty()) return Error{ErrorKind::not_found, "There is no such server."};
  if (!known->boolean(0, 0)) return Error{ErrorKind::not_found, "The server " + server.value + " has no such component."};
  // What the service manager has stopped for a while, a person may want to stay stopped.
  const bool for_a_while = !known->is_null(0, 2) && known->boolean(0, 2) && by != kServiceManager;
  const bool stopped = known->boolean(0, 1) && !(for_a_while && action == ComponentAction::stop);
  if (std::string no = objection(action, stopped, known->boolean(0, 3), server.value); !no.empty())
    return Error{ErrorKind::conflict, std::move(no)};
  std::vector<Connection::Statement> statements;
  if (action == ComponentAction::stop)
    statements.push_back({"update server set stopped = array_remove(stopped, $2::text) || $2::text where name = $1",
                          Params{}.add(server.value).add(component)});
  if (action == ComponentAction::start)
    statements.push_back(
        {"update server set stopped = array_remove(stopped, $2::text) where name = $1", Params{}.add(server.value).add(component)});
  statements.push_back(
      {"insert into component_order (server, component, action, asked_by) values ($1, $2, $3, $4) returning " + kOrderColumns,
       Params{}.add(server.value).add(component).add(to_string(action)).add(by)});
  auto rows = db.pipeline(statements);
  if (!rows.ok()) return rows.error();
  return order_json(rows->back(), 0);
}

Result<Page> component_orders(Connection& db, const std::optional<std::string>& server, const PageRequest& page) {
  auto rows = db.query(
      "select " + kOrderColumns + " from component_order where id < $1 and ($3::text is null or server = $3) order by id desc limit $2",
      Params{}.add(below(page)).add(page.limit + 1).add(server));
  if (!rows.ok()) return rows.error();
  return page_of(*rows, page.limit, order_json, id_key);
}

Status must_serve(Connection& db, const ServerName& server, const std::string& zone) {
  auto known = db.query("select zones is null or $2 = any(zones) from server where name = $1", Params{}.add(server.value).add(zone));
  if (!known.ok()) return known.error();
  if (known->empty()) return Error{ErrorKind::invalid, "There is no server of this name."};
  if (known->boolean(0, 0)) return success();
  return Error{ErrorKind::invalid, not_served(server.value, zone)};
}

Status saved_must_serve(Connection& db, const std::string& column, const std::vector<std::string>& zones) {
  auto wrong = db.query("select s.name, z.name from zone z join server s on s.name = z." + column +
                            " where z.name = any($1::text[]) and not z.name = any(s.zones) order by z.name limit 1",
                        Params{}.add(zones));
  if (!wrong.ok()) return wrong.error();
  if (wrong->empty()) return success();
  return Error{ErrorKind::conflict, not_served(wrong->string(0, 0), wrong->string(0, 1))};
}

Status set_server(Connection& db, const ServerChange& change) {
  auto rows = db.query("update server set parked = coalesce($2, parked), capacity = coalesce($3, capacity) where name = $1",
                       Params{}.add(change.server.value).add(change.parked).add(change.capacity));
  if (rows.ok() && rows->affected() == 0) return Error{ErrorKind::not_found, "There is no such server."};
  return done(rows);
}

Status save_zone(Connection& db, const ZoneChange& change) {
  auto known = db.query("select 1 from ha_lease where resource = 'zone_director/' || $1", Params{}.add(change.zone));
  if (!known.ok()) return known.error();
  if (known->empty()) return Error{ErrorKind::not_found, "There is no such zone."};
  if (change.home)
    if (Status serves = must_serve(db, *change.home, change.zone); !serves.ok()) return serves;
  return done(db.query(R"(
insert into zone (name, saved_home, saved_weight) values ($1, $2, $3)
on conflict (name) do update set saved_home = coalesce(excluded.saved_home, zone.saved_home),
                                 saved_weight = coalesce(excluded.saved_weight, zone.saved_weight))",
                       Params{}.add(change.zone).add(change.home ? std::optional(change.home->value) : std::nullopt).add(change.weight)));
}

Status apply_zones(Connection& db, const std::vector<std::string>& zones) {
  if (Status serve = saved_must_serve(db, "saved_home", zones); !serve.ok()) return serve;
  auto rows = db.pipeline({{R"(
update ha_lease l set preferred = z.saved_home from zone z
 where z.name = any($1::text[]) and l.resource = 'zone_director/' || z.name and z.saved_home is not null)",
                            Params{}.add(zones)},
                           {R"(
insert into zone (name, going_home)
select name, true from unnest($1::text[]) name join ha_lease l on l.resource = 'zone_director/' || name where l.preferred is not null
on conflict (name) do update
   set going_home = true, weight = coalesce(zone.saved_weight, zone.weight), saved_home = null, saved_weight = null)",
                            Params{}.add(zones)}});
  if (!rows.ok()) return rows.error();
  return success();
}

}  // namespace everdial::server_store
