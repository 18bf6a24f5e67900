#include "dashboard/row_json.h"
#include "dashboard/schedule_store.h"

namespace everdial::schedule_store {
namespace {

using nlohmann::json;
using pg::Connection;
using pg::Params;
using pg::Rows;

const std::string kSelect =
    "select s.id, s.name, s.kind, s.campaign_id, c.name, s.list_id, l.name, s.timetable::text, s.misfire, s.grace_s, s.enabled, s.next_at, "
    "s.created_at, f.due_at, f.fired_at, f.outcome, f.missed, f.started_id, f.detail, "
    "s.file_name, s.options::text from schedule s left join campaign c on c.id = s.campaign_id left join contact_list l on l.id = "
    "s.list_id "
    "left join lateral (select * from schedule_firing f where f.schedule_id = s.id order by due_at desc limit 1) f on true ";

json times_after(const Timetable& timetable, Instant after) {
  json out = json::array();
  for (int i = 0; i < kTimesShown; ++i) {
    const auto due = next_due(timetable, after);
    if (!due) break;
    out.push_back(to_iso8601(*due));
    after = *due;
  }
  return out;
}

json firing_json(const Rows& rows, size_t row, int column) {
  json out = {{"due_at", to_iso8601(rows.instant(row, column))},
              {"fired_at", to_iso8601(rows.instant(row, column + 1))},
              {"outcome", rows.text(row, column + 2)},
              {"missed", rows.integer(row, column + 3)}};
  put_integer(out, "started_id", rows, row, column + 4);
  put_text(out, "detail", rows, row, column + 5);
  return out;
}

json schedule_json(const Rows& rows, size_t row) {
  json out = {{"id", rows.integer(row, 0)},
              {"name", rows.text(row, 1)},
              {"kind", rows.text(row, 2)},
              {"timetable", json::parse(rows.text(row, 7), nullptr, false)},
              {"misfire", rows.text(row, 8)},
              {"grace_s", rows.integer(row, 9)},
              {"enabled", rows.boolean(row, 10)},
              {"next", json::array()},
              {"created_at", to_iso8601(rows.instant(row, 12))}};
  put_integer(out, "campaign_id", rows, row, 3);
  put_text(out, "campaign_name", rows, row, 4);
  put_integer(out, "list_id", rows, row, 5);
  put_text(out, "list_name", rows, row, 6);
  put_text(out, "file_name", rows, row, 19);
  if (!rows.is_null(row, 19)) out["options"] = json::parse(rows.text(row, 20), nullptr, false);
  const auto timetable = timetable_from_json(rows.string(row, 7));
  if (rows.boolean(row, 10) && !rows.is_null(row, 11) && timetable.ok())
    out["next"] = times_after(*timetable, rows.instant(row, 11) - Duration{1});
  if (!rows.is_null(row, 13)) out["last_firing"] = firing_json(rows, row, 13);
  return out;
}

Result<Instant> now(Connection& db) {
  auto rows = db.query("select clock_timestamp()");
  if (!rows.ok()) return rows.error();
  return rows->instant(0, 0);
}

Status must_exist(Connection& db, const char* sql, const std::optional<int64_t>& id, const char* none) {
  if (!id) return success();
  auto rows = db.query(sql, Params{}.add(*id));
  if (rows.ok() && rows->empty()) return Error{ErrorKind::invalid, none};
  return done(rows);
}

/// $2 on: all that a person writes.
Result<Params> written(Connection& db, int64_t id, const NewSchedule& s) {
  if (Status c = must_exist(db, "select 1 from campaign where id = $1", s.campaign, "There is no such campaign."); !c.ok())
    return c.error();
  if (Status l = must_exist(db, "select 1 from contact_list where id = $1", s.list, "There is no such contact list."); !l.ok())
    return l.error();
  const auto at = now(db);
  if (!at.ok()) return at.error();
  Params params;
  params.add(id).add(s.name).add(to_string(s.kind)).add(s.campaign).add(s.list).add(to_json(s.timetable)).add(to_string(s.misfire));
  params.add(s.grace_s).add(s.enabled).add(next_due(s.timetable, *at)).add(s.file).add(s.options);
  return params;
}

}  // namespace

Result<Page> schedules(Connection& db, const PageRequest& page) {
  auto rows = db.query(kSelect + "where s.id < $1 order by s.id desc limit $2", Params{}.add(below(page)).add(page.limit + 1));
  if (!rows.ok()) return rows.error();
  return page_of(*rows, page.limit, schedule_json, id_key);
}

Result<json> schedule(Connection& db, int64_t id) {
  return one_of(db.query(kSelect + "where s.id = $1", Params{}.add(id)), schedule_json, "There is no such schedule.");
}

Result<json> create_schedule(Connection& db, const NewSchedule& s) {
  const auto params = written(db, 0, s);
  if (!params.ok()) return params.error();
  auto rows = db.query(
      "insert into schedule (name, kind, campaign_id, list_id, timetable, misfire, grace_s, enabled, next_at, file_name, options) "
      "select $2, $3, $4, $5, $6::jsonb, $7, $8, $9, $10, $11, $12::jsonb where $1 = 0::bigint on conflict (name) do nothing returning id",
      *params);
  if (!rows.ok()) return rows.error();
  if (rows->empty()) return Error{ErrorKind::conflict, kNameTaken};
  return schedule(db, rows->integer(0, 0));
}

Result<json> update_schedule(Connection& db, int64_t id, const NewSchedule& s) {
  const auto params = written(db, id, s);
  if (!params.ok()) return params.error();
  auto rows = db.query(
      "update schedule set name = $2, kind = $3, campaign_id = $4, list_id = $5, timetable = $6::jsonb, misfire = $7, grace_s = $8, "
      "enabled = $9, next_at = $10, file_name = $11, options = $12::jsonb where id = $1",
      *params);
  if (!rows.ok() && rows.error().kind == ErrorKind::conflict) return Error{ErrorKind::conflict, kNameTaken};
  if (!rows.ok()) return rows.error();
  return schedule(db, id);
}

Status delete_schedule(Connection& db, int64_t id) {
  auto rows = db.query("delete from schedule where id = $1", Params{}.add(id));
  if (rows.ok() && rows->affected() == 0) return Error{ErrorKind::not_found, "There is no such schedule."};
  return done(rows);
}

Result<Page> firings(Connection& db, int64_t id, const PageRequest& page) {
  if (auto found = schedule(db, id); !found.ok()) return found.error();
  const auto before = page.after.empty() ? std::nullopt : parse_integer(page.after[0]);
  auto rows = db.query(
      "select due_at, fired_at, outcome, missed, started_id, detail, (extract(epoch from due_at) * 1000000)::bigint from schedule_firing "
      "where schedule_id = $1 and due_at < coalesce($2::timestamptz, 'infinity') order by due_at desc limit $3",
      Params{}.add(id).add(before ? std::optional(from_micros(*before)) : std::nullopt).add(page.limit + 1));
  if (!rows.ok()) return rows.error();
  return page_of(
      *rows, page.limit, [](const Rows& r, size_t row) { return firing_json(r, row, 0); },
      [](const Rows& r, size_t row) { return std::vector{r.string(row, 6)}; });
}

Result<json> preview(Connection& db, const Timetable& timetable) {
  const auto at = now(db);
  if (!at.ok()) return at.error();
  return json{{"times", times_after(timetable, *at)}};
}

}  // namespace everdial::schedule_store
