#include "dashboard/row_json.h"
#include "dashboard/status_store.h"

namespace everdial::status_store {
namespace {

using nlohmann::json;
using pg::Connection;
using pg::Params;
using pg::Rows;

void read_sessions(const Rows& rows, SystemSeen& out) {
  for (size_t r = 0; r < rows.size(); ++r) {
    SystemSeen::SessionSeen seen;
    seen.session.incarnation = Incarnation{rows.string(r, 0)};
    seen.session.server = ServerName{rows.string(r, 1)};
    seen.session.component = rows.string(r, 2);
    seen.session.instance = rows.string(r, 3);
    seen.session.address = Address{rows.string(r, 4)};
    seen.session.version = rows.string(r, 5);
    seen.session.draining = rows.boolean(r, 6);
    seen.silent = Duration{rows.integer(r, 7)};
    out.sessions.push_back(std::move(seen));
  }
}

void read_leases(const Rows& rows, SystemSeen& out) {
  for (size_t r = 0; r < rows.size(); ++r) {
    SystemSeen::LeaseSeen seen;
    seen.lease.resource = Resource{rows.string(r, 0)};
    seen.lease.res_id = rows.integer(r, 1);
    seen.lease.epoch = Epoch{rows.integer(r, 2)};
    if (!rows.is_null(r, 3)) seen.lease.holder = Incarnation{rows.string(r, 3)};
    if (!rows.is_null(r, 4)) seen.lease.holder_server = ServerName{rows.string(r, 4)};
    if (!rows.is_null(r, 5)) seen.lease.preferred = ServerName{rows.string(r, 5)};
    if (!rows.is_null(r, 6)) seen.lease.desired = Incarnation{rows.string(r, 6)};
    seen.since = rows.optional_instant(r, 7);
    out.leases.push_back(std::move(seen));
  }
}

/// Of array_to_string(..., ','): names, none of which has a comma.
std::vector<std::string> names(const Rows& rows, size_t row, int column) {
  const std::string_view all = rows.text(row, column);
  std::vector<std::string> out;
  for (size_t begin = 0; begin < all.size();) {
    const size_t end = std::min(all.find(',', begin), all.size());
    out.emplace_back(all.substr(begin, end - begin));
    begin = end + 1;
  }
  return out;
}

void read_servers(const Rows& rows, SystemSeen& out) {
  for (size_t r = 0; r < rows.size(); ++r) {
    const auto stopped = names(rows, r, 2);
    ServerKnown& server = out.servers[rows.string(r, 0)];
    server = {names(rows, r, 1), {stopped.begin(), stopped.end()}, rows.real(r, 3), rows.boolean(r, 4), rows.boolean(r, 5),
              rows.boolean(r, 6)};
    if (!rows.is_null(r, 7)) server.zones = names(rows, r, 7);
  }
}

/// After sessions and leases: where each zone is comes from them.
void read_zones(const Rows& rows, SystemSeen& out) {
  for (size_t r = 0; r < rows.size(); ++r) {
    ZoneKnown zone{.name = rows.string(r, 0), .weight = rows.real(r, 1), .jobs = rows.integer(r, 2)};
    if (!rows.is_null(r, 3)) zone.saved_home = ServerName{rows.string(r, 3)};
    if (!rows.is_null(r, 4)) zone.saved_weight = rows.real(r, 4);
    zone.going_home = rows.boolean(r, 5);
    for (const auto& [lease, since] : out.leases) {
      if (lease.resource.value != "zone_director/" + zone.name) continue;
      zone.has_director = true;
      zone.home = lease.preferred;
      const auto& director = lease.desired ? lease.desired : lease.holder;
      for (const auto& [session, silent] : out.sessions)
        if (director == session.incarnation) zone.allotted_to = session.server;
    }
    out.zones.push_back(std::move(zone));
  }
}

json alarm_json(const Rows& rows, size_t row) {
  json out = {{"id", rows.integer(row, 0)},
              {"kind", rows.text(row, 1)},
              {"subject", rows.text(row, 2)},
              {"text", rows.text(row, 3)},
              {"raised_at", to_iso8601(rows.instant(row, 4))}};
  put_instant(out, "cleared_at", rows, row, 5);
  return out;
}

json change_json(const Rows& rows, size_t row) {
  json out = {{"epoch", rows.integer(row, 1)}, {"at", to_iso8601(rows.instant(row, 2))}, {"reason", rows.text(row, 3)}};
  put_real(out, "detect_ms", rows, row, 4);
  put_real(out, "acquire_ms", rows, row, 5);
  put_real(out, "barrier_ms", rows, row, 6);
  if (!rows.is_null(row, 7)) out["from"] = owner_json(rows, row, 7);
  if (!rows.is_null(row, 10)) out["to"] = owner_json(rows, row, 10);
  return out;
}

const std::string kSessions =
    "select incarnation, server, component, instance, address, version, draining, "
    "greatest(0, extract(epoch from clock_timestamp() - last_seen) * 1e6)::bigint from ha_session";
const std::string kLeases =
    "select l.resource, l.res_id, l.epoch, l.incarnation, s.server, l.preferred, l.desired, "
    "(select min(at) from ha_history h where h.res_id = l.res_id and h.epoch = l.epoch and h.to_incarnation is not null) "
    "from ha_lease l left join ha_session s on s.incarnation = l.incarnation";
// A drill holds components down as a stop does, until it is over.
const std::string kServers = R"(
select name, array_to_string(components, ','), array_to_string(stopped || coalesce((
         select array_agg(c) from drill d cross join unnest(d.components) c
          where d.server = s.name and d.ends_at > clock_timestamp()), '{}'), ','),
       capacity, parked, settled, flaps, array_to_string(zones, ',') from server s)";

}  // namespace

Result<SystemSeen> system_seen(Connection& db) {
  auto answers = db.pipeline({
      {kSessions, {}},
      // Held ones, and those of which there is always one; a job's lease is gone with the job.
      {kLeases + " where l.incarnation is not null or l.resource not like '%/%' or l.resource like 'zone_director/%' order by l.resource",
       {}},
      {kServers, {}},
      {R"(
with names as (
  select zone as name from contact_list union select zone from job union
  select substr(resource, 15) from ha_lease where resource like 'zone_director/%'),
jobs as (select zone as name, count(*) as jobs from job where state not in ('stopped', 'completed') group by zone)
select name, coalesce(weight, 1), coalesce(jobs, 0), saved_home, saved_weight, coalesce(going_home, false)
  from names left join zone using (name) left join jobs using (name) order by name)",
       {}},
      {"select name, load_restricted(name), since from load_restriction order by name", {}},
      {"select id, kind, subject, text, raised_at from alarm where cleared_at is null order by id", {}},
  });
  if (!answers.ok()) return answers.error();
  SystemSeen out;
  read_sessions((*answers)[0], out);
  read_leases((*answers)[1], out);
  read_servers((*answers)[2], out);
  read_zones((*answers)[3], out);
  const Rows& restrictions = (*answers)[4];
  for (size_t r = 0; r < restrictions.size(); ++r)
    if (const auto reason = restrictions.optional_string(r, 1))
      out.restrictions.push_back({restrictions.string(r, 0), *reason, restrictions.instant(r, 2)});
  const Rows& alarms = (*answers)[5];
  for (size_t r = 0; r < alarms.size(); ++r)
    out.alarms.push_back({alarms.integer(r, 0), alarms.string(r, 1), alarms.string(r, 2), alarms.string(r, 3), alarms.instant(r, 4)});
  return out;
}

Result<ComponentSeen> component_seen(Connection& db, const ServerName& server, const std::string& component) {
  const Params here = Params{}.add(server.value), both = Params{}.add(server.value).add(component);
  auto answers = db.pipeline({
      {kSessions + " where server = $1 and component in ('server', $2)", both},
      // Of all that it may hold, only what makes it a master.
      {kLeases + " where s.server = $1 and s.component = $2 and (l.resource = $2 or l.resource like $2 || '/%')", both},
      {kServers + " where name = $1", here},
      {R"(
select case when $2 = any(stopped) then coalesce((
         select asked_by from component_order where server = $1 and component = $2 and action = 'stop' order by id desc limit 1), '') end
  from server where name = $1)",
       both},
  });
  if (!answers.ok()) return answers.error();
  ComponentSeen out;
  read_sessions((*answers)[0], out.system);
  read_leases((*answers)[1], out.system);
  read_servers((*answers)[2], out.system);
  if (!(*answers)[3].empty()) out.stopped_by = (*answers)[3].optional_string(0, 0);
  return out;
}

Result<json> loads(Connection& db) {
  auto rows = db.query(R"(
select s.server, s.cpu, s.memory, s.run_queue, s.sampled_at, coalesce(l.level, 'unknown'), l.reason, l.since
  from load_sample s left join load_level l using (server) order by s.server)",
                       {});
  if (!rows.ok()) return rows.error();
  json items = json::array();
  for (size_t r = 0; r < rows->size(); ++r) {
    json one = {{"server", rows->text(r, 0)},
                {"cpu", rows->real(r, 1)},
                {"memory", rows->real(r, 2)},
                {"run_queue", rows->real(r, 3)},
                {"sampled_at", to_iso8601(rows->instant(r, 4))},
                {"level", rows->text(r, 5)}};
    put_text(one, "reason", *rows, r, 6);
    put_instant(one, "since", *rows, r, 7);
    items.push_back(std::move(one));
  }
  return json{{"items", std::move(items)}};
}

Result<Page> alarms(Connection& db, const PageRequest& page) {
  auto rows = db.query("select id, kind, subject, text, raised_at, cleared_at from alarm where id < $1 order by id desc limit $2",
                       Params{}.add(below(page)).add(page.limit + 1));
  if (!rows.ok()) return rows.error();
  return page_of(*rows, page.limit, alarm_json, id_key);
}

Result<Page> lease_history(Connection& db, const Resource& resource, const PageRequest& page) {
  auto known = db.query("select res_id from ha_lease where resource = $1", Params{}.add(resource.value));
  if (!known.ok()) return known.error();
  if (known->empty()) return Error{ErrorKind::not_found, "There is no such resource."};
  auto rows = db.query(
      "select id, epoch, at, reason, detect_ms, acquire_ms, barrier_ms, from_incarnation, from_server, from_component, "
      "to_incarnation, to_server, to_component from ha_history where res_id = $1 and id < $2 order by id desc limit $3",
      Params{}.add(known->integer(0, 0)).add(below(page)).add(page.limit + 1));
  if (!rows.ok()) return rows.error();
  return page_of(*rows, page.limit, change_json, id_key);
}

Result<std::optional<std::string>> restricted(Connection& db, std::string_view what) {
  auto rows = db.query("select load_restricted($1)", Params{}.add(what));
  if (!rows.ok()) return rows.error();
  return rows->optional_string(0, 0);
}

Status ping(Connection& db) { return done(db.query("select 1")); }

}  // namespace everdial::status_store
