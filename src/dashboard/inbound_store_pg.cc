#include <algorithm>

#include "dashboard/agent_store.h"
#include "dashboard/inbound_store.h"
#include "dashboard/row_json.h"

namespace everdial::inbound_store {
namespace {

using nlohmann::json;
using pg::Connection;
using pg::Params;
using pg::Rows;

constexpr int64_t kMostQueues = 1000;  ///< of a zone: its manager looks at all of them each second

const std::string kSelect = R"(
with moved as (
  select (record ->> 'queue')::bigint as id, count(*) filter (where job_state = 'inbound') as there,
         count(*) filter (where job_state = 'pending_inbound') as coming
    from agent_state where job_state in ('inbound', 'pending_inbound') group by 1)
select q.id, q.zone, q.name, q.settings::text, q.length, q.expected_wait_s, q.service_level, q.told_at, q.stepped_at,
       coalesce(m.there, 0), coalesce(m.coming, 0), clock_timestamp()
  from inbound_queue q left join moved m using (id) )";

void put_figure(json& out, const char* name, const std::optional<double>& figure) {
  if (figure) out[name] = *figure;
}

json queue_json(const Rows& rows, size_t row) {
  const auto real = [&](int column) { return rows.is_null(row, column) ? std::nullopt : std::optional(rows.real(row, column)); };
  json out = {{"id", rows.integer(row, 0)},     {"zone", rows.text(row, 1)},
              {"name", rows.text(row, 2)},      {"settings", json::parse(rows.text(row, 3), nullptr, false)},
              {"agents", rows.integer(row, 9)}, {"agents_coming", rows.integer(row, 10)}};
  std::optional<InboundFigures> figures;
  if (const auto at = rows.optional_instant(row, 7)) {
    figures = InboundFigures{real(4), real(5), real(6), *at};
    json told = {{"at", to_iso8601(*at)}};
    put_figure(told, "length", figures->length);
    put_figure(told, "expected_wait_s", figures->expected_wait_s);
    put_figure(told, "service_level", figures->service_level);
    out["figures"] = std::move(told);
  }
  const auto settings = inbound_settings_from_json(rows.string(row, 3));
  const InboundNeed need = settings.ok() ? need_of(*settings, figures, rows.instant(row, 11)) : InboundNeed::unknown;
  out["need"] = to_string(need);
  put_instant(out, "stepped_at", rows, row, 8);
  return out;
}

}  // namespace

Result<Page> queues(Connection& db, const std::optional<std::string>& zone, const PageRequest& page) {
  auto rows = db.query(kSelect + "where q.id > $1 and ($3::text is null or q.zone = $3) order by q.id limit $2",
                       Params{}.add(above(page)).add(page.limit + 1).add(zone));
  if (!rows.ok()) return rows.error();
  return page_of(*rows, page.limit, queue_json, id_key);
}

Result<json> queue(Connection& db, int64_t id) {
  return one_of(db.query(kSelect + "where q.id = $1", Params{}.add(id)), queue_json, "There is no such inbound queue.");
}

Result<json> create_queue(Connection& db, const NewQueue& q) {
  if (auto zone = agent_store::zone(db, q.zone); !zone.ok())
    return zone.error().kind == ErrorKind::not_found ? Error{ErrorKind::invalid, zone.error().message} : zone.error();
  auto count = db.query("select count(*) from inbound_queue where zone = $1", Params{}.add(q.zone));
  if (!count.ok()) return count.error();
  if (count->integer(0, 0) >= kMostQueues)
    return Error{ErrorKind::conflict, "The zone has " + std::to_string(kMostQueues) + " inbound queues, which is the most there can be."};
  auto rows = db.query("insert into inbound_queue (zone, name, settings) values ($1, $2, $3::jsonb) on conflict do nothing returning id",
                       Params{}.add(q.zone).add(q.name).add(to_json(q.settings)));
  if (!rows.ok()) return rows.error();
  if (rows->empty()) return Error{ErrorKind::conflict, "The zone has an inbound queue of this name already."};
  return queue(db, rows->integer(0, 0));
}

Result<json> update_queue(Connection& db, int64_t id, const InboundSettings& settings) {
  auto rows = db.query("update inbound_queue set settings = $2::jsonb where id = $1", Params{}.add(id).add(to_json(settings)));
  if (!rows.ok()) return rows.error();
  return queue(db, id);
}

Status delete_queue(Connection& db, int64_t id) {
  auto rows = db.query("delete from inbound_queue where id = $1", Params{}.add(id));
  if (rows.ok() && rows->affected() == 0) return Error{ErrorKind::not_found, "There is no such inbound queue."};
  return done(rows);
}

Result<std::vector<size_t>> without_queue(Connection& db, const std::string& zone, const std::vector<Told>& told) {
  auto rows = db.query("select name from inbound_queue where zone = $1 order by name collate \"C\"", Params{}.add(zone));
  if (!rows.ok()) return rows.error();
  std::vector<std::string> names;
  for (size_t r = 0; r < rows->size(); ++r) names.push_back(rows->string(r, 0));
  std::vector<size_t> out;
  for (size_t i = 0; i < told.size(); ++i)
    if (!std::binary_search(names.begin(), names.end(), told[i].queue)) out.push_back(i);
  return out;
}

Status tell(Connection& db, const std::string& zone, const std::vector<Told>& told) {
  std::vector<std::string> names;
  std::vector<std::optional<std::string>> lengths, waits, levels;
  std::vector<std::optional<Instant>> at;
  const auto text = [](const std::optional<double>& figure) { return figure ? std::optional(json(*figure).dump()) : std::nullopt; };
  for (const Told& one : told) {
    names.push_back(one.queue);
    lengths.push_back(text(one.length));
    waits.push_back(text(one.expected_wait_s));
    levels.push_back(text(one.service_level));
    at.push_back(one.at);
  }
  return done(db.query(R"(
update inbound_queue q set length = t.length::double precision, expected_wait_s = t.wait::double precision,
       service_level = t.level::double precision, told_at = t.at
  from (select name, length, wait, level, least(at, clock_timestamp()) as at
          from unnest($2::text[], $3::text[], $4::text[], $5::text[], $6::timestamptz[]) as t (name, length, wait, level, at)) t
 where q.zone = $1 and q.name = t.name and (q.told_at is null or q.told_at <= t.at))",
                       Params{}.add(zone).add(names).add(lengths).add(waits).add(levels).add(at)));
}

}  // namespace everdial::inbound_store
