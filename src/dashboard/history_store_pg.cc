#include <map>

#include "dashboard/history_store.h"
#include "dashboard/row_json.h"
#include "model/agent_campaign.h"

namespace everdial::history_store {
namespace {

using nlohmann::json;
using pg::Connection;
using pg::Params;
using pg::Rows;

/// Attempts, answered, nuisance, ring and talk time from `column` on.
json counts_json(const Rows& rows, size_t row, int column) {
  return {{"attempts", rows.integer(row, column)},
          {"answered", rows.integer(row, column + 1)},
          {"nuisance", rows.integer(row, column + 2)},
          {"ring_s", static_cast<double>(rows.integer(row, column + 3)) / 1000},
          {"talk_s", static_cast<double>(rows.integer(row, column + 4)) / 1000}};
}

const std::string kCounts =
    "coalesce(sum(h.attempts), 0)::bigint, coalesce(sum(h.answered), 0)::bigint, coalesce(sum(h.nuisance), 0)::bigint, "
    "coalesce(sum(h.ring_ms), 0)::bigint, coalesce(sum(h.talk_ms), 0)::bigint";

/// How far the history is; nothing before the first results.
const std::string kAsOf = "select greatest(until, (select min(first_seen) from server), 'epoch') from history_state";

std::vector<json> buckets_json(const Rows& rows) {
  std::vector<json> out;
  for (size_t r = 0; r < rows.size(); ++r) {
    json bucket = counts_json(rows, r, 1);
    bucket["at"] = to_iso8601(rows.instant(r, 0));
    out.push_back(std::move(bucket));
  }
  return out;
}

json alarm_json(const Rows& rows, size_t row) {
  return {{"campaign_id", rows.integer(row, 0)},
          {"campaign_name", rows.text(row, 1)},
          {"day", rows.text(row, 2)},
          {"answered", rows.integer(row, 3)},
          {"nuisance", rows.integer(row, 4)},
          {"raised_at", to_iso8601(rows.instant(row, 5))},
          {"most", rows.real(row, 6)}};
}

void put_days(json& out, const Rows& rows, size_t row, int column) {
  put_integer(out, "attempts_days", rows, row, column);
  put_integer(out, "contacts_days", rows, row, column + 1);
  put_integer(out, "uploads_days", rows, row, column + 2);
  put_integer(out, "exports_days", rows, row, column + 3);
  put_integer(out, "orders_days", rows, row, column + 4);
}

json retention_json(const Rows& rows, size_t row) {
  json out = json::object();
  put_days(out, rows, row, 0);
  return out;
}

const std::string kPurgeColumns =
    "id, state, begun_by, phase, attempts, queue_rows, contacts, uploads, exports, created_at, finished_at, attempts_days, contacts_days, "
    "uploads_days, exports_days, orders_days, orders";

json purge_json(const Rows& rows, size_t row) {
  json out = {{"id", rows.integer(row, 0)},
              {"state", rows.text(row, 1)},
              {"begun_by", rows.text(row, 2)},
              {"phase", rows.text(row, 3)},
              {"removed",
               {{"attempts", rows.integer(row, 4)},
                {"queue_rows", rows.integer(row, 5)},
                {"contacts", rows.integer(row, 6)},
                {"uploads", rows.integer(row, 7)},
                {"exports", rows.integer(row, 8)},
                {"orders", rows.integer(row, 16)}}},
              {"created_at", to_iso8601(rows.instant(row, 9))}};
  put_instant(out, "finished_at", rows, row, 10);
  json settings = json::object();
  put_days(settings, rows, row, 11);
  out["settings"] = std::move(settings);
  return out;
}

}  // namespace

Result<json> job_summary(Connection& db, int64_t id) {
  auto job =
      db.query("select state in ('stopped', 'completed') and finished_at <= (select until from history_state) from job where id = $1",
               Params{}.add(id));
  if (!job.ok()) return job.error();
  if (job->empty()) return Error{ErrorKind::not_found, "There is no such job."};
  auto all = db.pipeline(
      {{kAsOf, {}},
       {"select h.code, " + kCounts + " from job_hour h where job_id = $1 group by h.code order by 2 desc, 1", Params{}.add(id)},
       {"select h.hour, " + kCounts + " from job_hour h where job_id = $1 group by h.hour order by 1", Params{}.add(id)},
       {"select " + kCounts + " from job_hour h where job_id = $1", Params{}.add(id)}});
  if (!all.ok()) return all.error();
  json out = counts_json((*all)[3], 0, 0);
  out["as_of"] = to_iso8601((*all)[0].instant(0, 0));
  out["complete"] = !job->is_null(0, 0) && job->boolean(0, 0);
  out["by_code"] = json::array();
  const Rows& codes = (*all)[1];
  for (size_t r = 0; r < codes.size(); ++r) {
    json one = counts_json(codes, r, 1);
    one["code"] = codes.text(r, 0);
    out["by_code"].push_back(std::move(one));
  }
  out["by_hour"] = buckets_json((*all)[2]);
  return out;
}

Result<std::vector<json>> agents_now(Connection& db, const std::vector<int64_t>& jobs) {
  const Params of_jobs = Params{}.add(jobs);
  auto all = db.pipeline(
      {{"select job_id, agent_state, call_state, count(*) from agent_state where job_id = any($1::bigint[]) and agent_state <> "
        "'logged_out' "
        "group by 1, 2, 3",
        of_jobs},
       {"select split_part(l.attempt, '-', 1)::bigint, count(*) from live_call l where split_part(l.attempt, '-', 1)::bigint = "
        "any($1::bigint[]) and not l.nuisance and not exists (select 1 from agent_state s where s.attempt = l.attempt) group by 1",
        of_jobs},
       {"select job_id, coalesce(sum(count) filter (where code = 'answer_human'), 0)::bigint, "
        "coalesce(sum(count) filter (where code = 'nuisance'), 0)::bigint from job_result where job_id = any($1::bigint[]) group by 1",
        of_jobs}});
  if (!all.ok()) return all.error();
  std::map<int64_t, json> by_job;
  for (const int64_t job : jobs)
    by_job[job] = {{"job_id", job}, {"agents", 0},   {"states", json::object()}, {"calls", json::object()}, {"waiting", 0},
                   {"talked", 0},   {"abandoned", 0}};
  const auto count = [](json& by, const std::string& name, int64_t n) { by[name] = by.value(name, int64_t{0}) + n; };
  const Rows &doing = (*all)[0], &waiting = (*all)[1], &results = (*all)[2];
  for (size_t r = 0; r < doing.size(); ++r) {
    json& job = by_job[doing.integer(r, 0)];
    const int64_t n = doing.integer(r, 3);
    count(job, "agents", n);
    count(job["states"], doing.string(r, 1), n);
    count(job["calls"], doing.string(r, 2), n);
  }
  for (size_t r = 0; r < waiting.size(); ++r) by_job[waiting.integer(r, 0)]["waiting"] = waiting.integer(r, 1);
  for (size_t r = 0; r < results.size(); ++r) {
    by_job[results.integer(r, 0)]["talked"] = results.integer(r, 1);
    by_job[results.integer(r, 0)]["abandoned"] = results.integer(r, 2);
  }
  std::vector<json> out;
  for (auto& [id, job] : by_job) out.push_back(std::move(job));
  return out;
}

Result<json> job_agents(Connection& db, int64_t id) {
  auto job = db.query("select c.id, c.agents::text from job j join campaign c on c.id = j.campaign_id where j.id = $1", Params{}.add(id));
  if (!job.ok()) return job.error();
  if (job->empty()) return Error{ErrorKind::not_found, "There is no such job."};
  if (job->is_null(0, 1)) return Error{ErrorKind::not_found, "The job's campaign is one without agents."};
  const auto settings = agent_settings_from_json(job->string(0, 1));
  if (!settings.ok()) return settings.error();
  auto now = agents_now(db, {id});
  if (!now.ok()) return now.error();
  auto all = db.pipeline(
      {{kAsOf, {}},
       {"select coalesce(sum(h.answered), 0)::bigint, coalesce(sum(h.nuisance), 0)::bigint from job j join job_hour h on h.job_id = j.id "
        "where j.campaign_id = $1 and h.hour >= date_trunc('day', clock_timestamp(), 'UTC') - ($2::bigint - 1) * interval '1 day'",
        Params{}.add(job->integer(0, 0)).add(settings->abandoned_days)}});
  if (!all.ok()) return all.error();
  const Rows& period = (*all)[1];
  json out = std::move(now->at(0));
  out["as_of"] = to_iso8601((*all)[0].instant(0, 0));
  out["period"] = {{"days", settings->abandoned_days},
                   {"most", settings->abandoned_most},
                   {"answered", period.integer(0, 0)},
                   {"abandoned", period.integer(0, 1)}};
  return out;
}

Result<json> trend(Connection& db, int64_t campaign, bool by_day, int64_t buckets) {
  auto found = db.query("select 1 from campaign where id = $1", Params{}.add(campaign));
  if (!found.ok()) return found.error();
  if (found->empty()) return Error{ErrorKind::not_found, "There is no such campaign."};
  const std::string bucket = by_day ? "date_trunc('day', h.hour, 'UTC')" : "h.hour";
  auto all =
      db.pipeline({{kAsOf, {}},
                   {"select * from (select " + bucket + " as at, " + kCounts +
                        " from job j join job_hour h on h.job_id = j.id where j.campaign_id = $1 group by 1 order by 1 desc limit $2) b "
                        "order by at",
                    Params{}.add(campaign).add(buckets)}});
  if (!all.ok()) return all.error();
  return json{{"as_of", to_iso8601((*all)[0].instant(0, 0))}, {"buckets", buckets_json((*all)[1])}};
}

Result<Page> nuisance_alarms(Connection& db, const PageRequest& page) {
  const bool first = page.after.size() != 2;
  auto rows = db.query(
      "select a.campaign_id, c.name, a.day::text, a.answered, a.nuisance, a.raised_at, a.most from nuisance_alarm a join campaign c on "
      "c.id = "
      "a.campaign_id where (a.day, a.campaign_id) < ($1::date, $2) order by a.day desc, a.campaign_id desc limit $3",
      Params{}
          .add(first ? "infinity" : page.after[0])
          .add(first ? INT64_MAX : parse_integer(page.after[1]).value_or(0))
          .add(page.limit + 1));
  if (!rows.ok()) return rows.error();
  return page_of(*rows, page.limit, alarm_json, [](const Rows& r, size_t row) { return std::vector{r.string(row, 2), r.string(row, 0)}; });
}

Result<json> retention(Connection& db) {
  return one_of(db.query("select attempts_days, contacts_days, uploads_days, exports_days, orders_days from retention"), retention_json,
                "");
}

Result<json> update_retention(Connection& db, const Retention& r) {
  return one_of(db.query("update retention set attempts_days = $1::int, contacts_days = $2::int, uploads_days = $3::int, exports_days = "
                         "$4::int, orders_days = $5::int returning attempts_days, contacts_days, uploads_days, exports_days, orders_days",
                         Params{}.add(r.attempts).add(r.contacts).add(r.uploads).add(r.exports).add(r.orders)),
                retention_json, "");
}

Result<Page> purges(Connection& db, const PageRequest& page) {
  auto rows = db.query("select " + kPurgeColumns + " from purge where id < $1 order by id desc limit $2",
                       Params{}.add(below(page)).add(page.limit + 1));
  if (!rows.ok()) return rows.error();
  return page_of(*rows, page.limit, purge_json, id_key);
}

Result<json> begin_purge(Connection& db, const std::string& by) {
  // The settings' row is held, so that of two who begin one comes after the other.
  if (auto held = db.query("select 1 from retention for update"); !held.ok()) return held.error();
  auto rows = db.query(
      "insert into purge (begun_by, attempts_days, contacts_days, uploads_days, exports_days, orders_days) "
      "select $1, attempts_days, contacts_days, uploads_days, exports_days, orders_days from retention "
      "where not exists (select from purge where state in ('queued', 'running')) returning " +
          kPurgeColumns,
      Params{}.add(by));
  if (rows.ok() && rows->empty()) return Error{ErrorKind::conflict, "A purge is under way; wait for its end."};
  return one_of(rows, purge_json, "");
}

}  // namespace everdial::history_store
