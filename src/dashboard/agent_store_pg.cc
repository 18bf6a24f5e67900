#include "dashboard/agent_store.h"
#include "dashboard/row_json.h"
#include "dashboard/server_store.h"

namespace everdial::agent_store {
namespace {

using nlohmann::json;
using pg::Connection;
using pg::Params;
using pg::Rows;

const std::string kSelect =
    "select a.id, a.login, a.name, a.zone, a.skills::text, a.password_hash is not null, a.created_at, "
    "coalesce(s.agent_state, 'logged_out'), coalesce(s.nail_state, 'not_nailed'), coalesce(s.call_state, 'idle'), "
    "coalesce(s.job_state, 'detached'), s.since, s.job_id, c.name, s.attempt, s.record ->> 'reason', s.record ->> 'leaving', a.supervisor "
    "from agent a left join agent_state s on s.agent_id = a.id "
    "left join job j on j.id = s.job_id left join campaign c on c.id = j.campaign_id ";

json agent_json(const Rows& rows, size_t row) {
  json out = {
      {"id", rows.integer(row, 0)},
      {"login", rows.text(row, 1)},
      {"name", rows.text(row, 2)},
      {"zone", rows.text(row, 3)},
      {"skills", json::parse(rows.text(row, 4), nullptr, false)},
      {"supervisor", rows.boolean(row, 17)},
      {"has_password", rows.boolean(row, 5)},
      {"created_at", to_iso8601(rows.instant(row, 6))},
      {"states", {{"agent", rows.text(row, 7)}, {"nail", rows.text(row, 8)}, {"call", rows.text(row, 9)}, {"job", rows.text(row, 10)}}}};
  put_instant(out, "since", rows, row, 11);
  put_integer(out, "job_id", rows, row, 12);
  put_text(out, "campaign_name", rows, row, 13);
  put_text(out, "attempt", rows, row, 14);
  if (!rows.is_null(row, 15) && !rows.text(row, 15).empty()) out["reason"] = rows.text(row, 15);
  if (!rows.is_null(row, 16) && rows.text(row, 16) == "true") out["leaving"] = true;
  return out;
}

const std::string kOrderColumns =
    "o.id, o.request, o.agent_id, a.login, o.wanted::text, o.state, o.detail, o.asked_by, o.asked_at, o.until, o.ended_at, "
    "o.withdrawn_by";

json order_json(const Rows& rows, size_t row) {
  const json wanted = json::parse(rows.text(row, 4), nullptr, false);
  json out = {{"id", rows.integer(row, 0)},
              {"request", rows.integer(row, 1)},
              {"agent_id", rows.integer(row, 2)},
              {"login", rows.text(row, 3)},
              {"order", wanted.value("order", "")},
              {"state", rows.text(row, 5)},
              {"asked_by", rows.text(row, 7)},
              {"asked_at", to_iso8601(rows.instant(row, 8))},
              {"until", to_iso8601(rows.instant(row, 9))}};
  if (const int64_t job = wanted.value("job", int64_t{0})) out["job_id"] = job;
  if (wanted.contains("state")) out["agent_state"] = wanted["state"];
  if (const std::string reason = wanted.value("reason", ""); !reason.empty()) out["reason"] = reason;
  put_text(out, "detail", rows, row, 6);
  put_instant(out, "ended_at", rows, row, 10);
  put_text(out, "withdrawn_by", rows, row, 11);
  return out;
}

const std::string kSelectZones = R"(
with names as (
  select zone as name from agent union select zone from agent_zone union
  select substr(resource, 20) from ha_lease where resource like 'agent\_manager/zone/%'),
counts as (
  select name, jsonb_object_agg(state, n) as states, sum(n) as agents
    from (select a.zone as name, coalesce(s.agent_state, 'logged_out') as state, count(*) as n
            from agent a left join agent_state s on s.agent_id = a.id group by 1, 2) t
   group by name)
select n.name, coalesce(c.agents, 0)::bigint, coalesce(c.states, '{}')::text, z.reasons::text, l.epoch, l.incarnation, h.server,
       h.component,
       l.preferred, p.saved_manager, coalesce(p.agents_moving, false) or coalesce(l.desired <> l.incarnation, false)
  from names n left join counts c using (name) left join agent_zone z on z.zone = n.name
  left join ha_lease l on l.resource = 'agent_manager/zone/' || n.name
  left join ha_session h on h.incarnation = l.incarnation left join zone p on p.name = n.name )";

json zone_json(const Rows& rows, size_t row) {
  const json counted = json::parse(rows.text(row, 2), nullptr, false);
  json states = json::object();
  for (const auto& [state, name] : enum_names<AgentState>) states[std::string(name)] = counted.value(std::string(name), int64_t{0});
  const int64_t agents = rows.integer(row, 1);
  json out = {{"name", rows.text(row, 0)},
              {"agents", agents},
              {"logged_on", agents - states[std::string(to_string(AgentState::logged_out))].get<int64_t>()},
              {"states", std::move(states)},
              {"reasons", json::parse(rows.is_null(row, 3) ? to_json(usual_reasons()) : rows.string(row, 3), nullptr, false)}};
  if (!rows.is_null(row, 4) && rows.integer(row, 4) > 0) out["epoch"] = rows.integer(row, 4);
  if (!rows.is_null(row, 5)) out["manager"] = owner_json(rows, row, 5);
  put_text(out, "allocated_to", rows, row, 8);
  put_text(out, "saved_server", rows, row, 9);
  out["moving"] = rows.boolean(row, 10);
  return out;
}

/// Holds the agent's row until the commit: a log-on that is being written goes first, since its row refers to this one.
Status must_be_logged_out(Connection& db, int64_t id, const char* otherwise) {
  if (auto locked = db.query("select 1 from agent where id = $1 for update", Params{}.add(id)); !locked.ok()) return locked.error();
  auto logged_on = db.query("select 1 from agent_state where agent_id = $1 and agent_state <> 'logged_out' for update", Params{}.add(id));
  if (logged_on.ok() && !logged_on->empty()) return Error{ErrorKind::conflict, otherwise};
  return done(logged_on);
}

}  // namespace

Result<Page> agents(Connection& db, const AgentFilter& filter, const PageRequest& page) {
  auto rows = db.query(kSelect +
                           "where a.id > $1 and ($3::text is null or a.zone = $3) and ($4::text is null or a.login = $4) "
                           "and ($5::text is null or coalesce(s.agent_state, 'logged_out') = $5 "
                           "     or ($5 = 'logged_on' and s.agent_state <> 'logged_out')) order by a.id limit $2",
                       Params{}.add(above(page)).add(page.limit + 1).add(filter.zone).add(filter.login).add(filter.state));
  if (!rows.ok()) return rows.error();
  return page_of(*rows, page.limit, agent_json, id_key);
}

Result<json> agent(Connection& db, int64_t id) {
  return one_of(db.query(kSelect + "where a.id = $1", Params{}.add(id)), agent_json, "There is no such agent.");
}

Result<json> create_agent(Connection& db, const NewAgent& a) {
  auto rows = db.query(
      "insert into agent (login, name, zone, skills, supervisor, password_hash) values ($1, $2, $3, $4::jsonb, $5, $6) "
      "on conflict (login) do nothing returning id",
      Params{}.add(a.login).add(a.name).add(a.zone).add(to_json(a.skills)).add(a.supervisor).add(a.password_hash));
  if (!rows.ok()) return rows.error();
  if (rows->empty()) return Error{ErrorKind::conflict, "There is an agent of this login already."};
  return agent(db, rows->integer(0, 0));
}

Result<json> update_agent(Connection& db, int64_t id, const AgentChange& change) {
  if (change.zone) {
    auto moves = db.query("select zone <> $2 from agent where id = $1", Params{}.add(id).add(*change.zone));
    if (!moves.ok()) return moves.error();
    if (!moves->empty() && moves->boolean(0, 0)) {
      Status may = must_be_logged_out(db, id, "The agent is logged on; the zone is changed when logged out.");
      if (!may.ok()) return may.error();
      // A desktop that is still connected asks the old zone's manager.
      if (auto ended = db.query("delete from agent_session where agent_id = $1", Params{}.add(id)); !ended.ok()) return ended.error();
    }
  }
  auto rows = db.query(
      "update agent set name = coalesce($2, name), skills = coalesce($3::jsonb, skills), password_hash = coalesce($4, password_hash), "
      "supervisor = coalesce($5, supervisor), zone = coalesce($6, zone) where id = $1",
      Params{}
          .add(id)
          .add(change.name)
          .add(change.skills ? std::optional(to_json(*change.skills)) : std::nullopt)
          .add(change.password_hash)
          .add(change.supervisor)
          .add(change.zone));
  if (!rows.ok()) return rows.error();
  return agent(db, id);
}

Status delete_agent(Connection& db, int64_t id) {
  Status may = must_be_logged_out(db, id, "The agent is logged on; agents are removed when they are logged out.");
  if (!may.ok()) return may;
  auto rows = db.query("delete from agent where id = $1", Params{}.add(id));
  if (rows.ok() && rows->affected() == 0) return Error{ErrorKind::not_found, "There is no such agent."};
  return done(rows);
}

Result<json> order_agents(Connection& db, const NewAgentOrder& order) {
  // Their rows are held until the commit: who is removed meanwhile is removed with the order.
  auto known = db.query("select id from agent where id = any($1::bigint[]) order by id for share", Params{}.add(order.agents));
  if (!known.ok()) return known.error();
  for (size_t i = 0; i < order.agents.size(); ++i)
    if (i >= known->size() || known->integer(i, 0) != order.agents[i])
      return Error{ErrorKind::invalid, "There is no agent " + std::to_string(order.agents[i]) + "."};
  auto rows = db.query(
      "with asked as (insert into agent_order (request, agent_id, wanted, asked_by, until) "
      "select request, id, $2::jsonb, $3, clock_timestamp() + interval '10 minutes' "
      "from (select nextval('agent_order_request') as request) r cross join unnest($1::bigint[]) id returning *) "
      "select " +
          kOrderColumns + " from asked o join agent a on a.id = o.agent_id order by o.id",
      Params{}.add(order.agents).add(to_json(order.order)).add(order.by));
  if (!rows.ok()) return rows.error();
  json items = json::array();
  for (size_t r = 0; r < rows->size(); ++r) items.push_back(order_json(*rows, r));
  return json{{"items", std::move(items)}};
}

Result<json> withdraw_order(Connection& db, int64_t id, const std::string& by) {
  // Held until the commit: the master that ends it meanwhile goes first, or sees the wish.
  auto rows = db.query("update agent_order set withdrawn_by = coalesce(withdrawn_by, $2) where id = $1 and state = 'pending'",
                       Params{}.add(id).add(by));
  if (!rows.ok()) return rows.error();
  auto order = one_of(
      db.query("select " + kOrderColumns + " from agent_order o join agent a on a.id = o.agent_id where o.id = $1", Params{}.add(id)),
      order_json, "There is no such order.");
  if (order.ok() && rows->affected() == 0)
    return Error{ErrorKind::conflict, "The order has ended: it is " + (*order)["state"].get<std::string>() + "."};
  return order;
}

Status must_take_agents(Connection& db, int64_t job) {
  auto rows = db.query("select j.state, c.agents is not null from job j join campaign c on c.id = j.campaign_id where j.id = $1",
                       Params{}.add(job));
  if (!rows.ok()) return rows.error();
  if (rows->empty()) return Error{ErrorKind::invalid, "There is no such job."};
  if (!rows->boolean(0, 1)) return Error{ErrorKind::invalid, "The job's campaign is one without agents."};
  const std::string state = rows->string(0, 0);
  if (state != "filtering" && state != "running") return Error{ErrorKind::invalid, "The job is " + state + ": it takes no agents now."};
  return success();
}

Result<Page> agent_orders(Connection& db, const AgentOrderFilter& filter, const PageRequest& page) {
  auto rows =
      db.query("select " + kOrderColumns +
                   " from agent_order o join agent a on a.id = o.agent_id where o.id < $1 and ($3::bigint is null or o.agent_id = $3) "
                   "and ($4::bigint is null or o.request = $4) and ($5::text is null or o.state = $5) order by o.id desc limit $2",
               Params{}.add(below(page)).add(page.limit + 1).add(filter.agent).add(filter.request).add(filter.state));
  if (!rows.ok()) return rows.error();
  return page_of(*rows, page.limit, order_json, id_key);
}

Result<std::vector<json>> zones(Connection& db) {
  auto rows = db.query(kSelectZones + "order by n.name");
  if (!rows.ok()) return rows.error();
  std::vector<json> out;
  for (size_t r = 0; r < rows->size(); ++r) out.push_back(zone_json(*rows, r));
  return out;
}

Result<json> zone(Connection& db, const std::string& name) {
  return one_of(db.query(kSelectZones + "where n.name = $1", Params{}.add(name)), zone_json, "There is no such zone of agents.");
}

Result<std::vector<ZoneKnown>> places(Connection& db) {
  auto rows = db.query(R"(
select substr(l.resource, 20), coalesce(z.weight, 1), l.preferred, coalesce(d.server, h.server), z.saved_manager,
       coalesce(z.agents_moving, false)
  from ha_lease l join ha_session h on h.incarnation = l.incarnation left join ha_session d on d.incarnation = l.desired
  left join zone z on z.name = substr(l.resource, 20)
 where l.resource like 'agent\_manager/zone/%' order by 1)");
  if (!rows.ok()) return rows.error();
  std::vector<ZoneKnown> out;
  for (size_t r = 0; r < rows->size(); ++r) {
    ZoneKnown place{.name = rows->string(r, 0), .weight = rows->real(r, 1), .allotted_to = ServerName{rows->string(r, 3)}};
    if (!rows->is_null(r, 2)) place.home = ServerName{rows->string(r, 2)};
    if (!rows->is_null(r, 4)) place.saved_home = ServerName{rows->string(r, 4)};
    place.going_home = rows->boolean(r, 5);
    out.push_back(std::move(place));
  }
  return out;
}

Result<json> doings(Connection& db, const std::vector<std::string>& zones) {
  auto rows = db.query(
      "select a.zone, s.agent_state, s.call_state, count(*) from agent a join agent_state s on s.agent_id = a.id "
      "where a.zone = any($1::text[]) and s.agent_state <> 'logged_out' group by 1, 2, 3 order by 1, 2, 3",
      Params{}.add(zones));
  if (!rows.ok()) return rows.error();
  json out = json::object();
  for (size_t r = 0; r < rows->size(); ++r)
    out[rows->string(r, 0)].push_back({{"agent", rows->text(r, 1)}, {"call", rows->text(r, 2)}, {"count", rows->integer(r, 3)}});
  return out;
}

Status save_place(Connection& db, const std::string& name, const ServerName& server) {
  if (auto known = zone(db, name); !known.ok()) return known.error();
  if (Status serves = server_store::must_serve(db, server, name); !serves.ok()) return serves;
  return done(db.query("insert into zone (name, saved_manager) values ($1, $2) on conflict (name) do update set saved_manager = $2",
                       Params{}.add(name).add(server.value)));
}

Status apply_places(Connection& db, const std::vector<std::string>& zones) {
  if (Status serve = server_store::saved_must_serve(db, "saved_manager", zones); !serve.ok()) return serve;
  auto rows = db.pipeline({{R"(
update ha_lease l set preferred = z.saved_manager from zone z
 where z.name = any($1::text[]) and l.resource = 'agent_manager/zone/' || z.name and z.saved_manager is not null)",
                            Params{}.add(zones)},
                           {R"(
insert into zone (name, agents_moving)
select name, true from unnest($1::text[]) name join ha_lease l on l.resource = 'agent_manager/zone/' || name where l.preferred is not null
on conflict (name) do update set agents_moving = true, saved_manager = null)",
                            Params{}.add(zones)}});
  if (!rows.ok()) return rows.error();
  return success();
}

Result<json> set_reasons(Connection& db, const std::string& zone, const std::vector<CodeText>& reasons) {
  if (auto known = agent_store::zone(db, zone); !known.ok()) return known;
  auto rows =
      db.query("insert into agent_zone (zone, reasons) values ($1, $2::jsonb) on conflict (zone) do update set reasons = excluded.reasons",
               Params{}.add(zone).add(to_json(reasons)));
  if (!rows.ok()) return rows.error();
  return agent_store::zone(db, zone);
}

}  // namespace everdial::agent_store
