#include "dashboard/campaign_store.h"
#include "dashboard/row_json.h"

namespace everdial::campaign_store {
namespace {

using nlohmann::json;
using pg::Connection;
using pg::Params;
using pg::Rows;

const std::string kUnfinished = "state not in ('stopped', 'completed')";

const std::string kSelectCampaign =
    "select c.id, c.name, c.list_id, l.name, c.strategy, c.calls_per_second, c.max_calls, c.created_at, "
    "(select max(id) from job j where j.campaign_id = c.id and j." +
    kUnfinished +
    "), c.finish, c.agents "
    "from campaign c join contact_list l on l.id = c.list_id ";

json campaign_json(const Rows& rows, size_t row) {
  json out = {{"id", rows.integer(row, 0)},
              {"name", rows.text(row, 1)},
              {"list_id", rows.integer(row, 2)},
              {"list_name", rows.text(row, 3)},
              {"strategy", json::parse(rows.text(row, 4), nullptr, false)},
              {"calls_per_second", rows.real(row, 5)},
              {"max_calls", rows.integer(row, 6)},
              {"finish", json::parse(rows.text(row, 9), nullptr, false)},
              {"created_at", to_iso8601(rows.instant(row, 7))}};
  put_integer(out, "unfinished_job_id", rows, row, 8);
  if (!rows.is_null(row, 10)) out["agents"] = json::parse(rows.text(row, 10), nullptr, false);
  return out;
}

// Counts come from the tables that the campaign manager keeps up and from the partial index of contacts in flight: a look at a job costs
// the same however many attempts it has.
const std::string kSelectJob =
    "select j.id, j.campaign_id, c.name, j.zone, j.state, j.requested, j.created_at, j.started_at, j.finished_at, j.contacts, "
    "(select count(*) from job_contact q where q.job_id = j.id and q.state = 'in_flight'), "
    "coalesce((select jsonb_object_agg(code, count) from job_result r where r.job_id = j.id and r.count > 0), '{}'), "
    "coalesce((select jsonb_object_agg(code, count) from job_contact_result r where r.job_id = j.id and r.count > 0), '{}'), "
    "l.epoch, l.incarnation, s.server, s.component, j.finish_reason, c.finish, c.agents "
    "from job j join campaign c on c.id = j.campaign_id left join ha_lease l on l.resource = 'job/' || j.id "
    "left join ha_session s on s.incarnation = l.incarnation ";

/// Counts by code in the order of the model's enum, and their sum.
std::pair<json, int64_t> code_counts(std::string_view text) {
  const json counts = json::parse(text, nullptr, false);
  json out = json::array();
  int64_t sum = 0;
  for (const auto& [code, name] : enum_names<CompletionCode>) {
    const auto found = counts.find(name);
    if (found == counts.end()) continue;
    out.push_back({{"code", name}, {"count", *found}});
    sum += found->get<int64_t>();
  }
  return {std::move(out), sum};
}

json job_json(const Rows& rows, size_t row) {
  auto [results, attempts] = code_counts(rows.text(row, 11));
  auto [contact_results, done] = code_counts(rows.text(row, 12));
  const int64_t contacts = rows.integer(row, 9);
  json out = {{"id", rows.integer(row, 0)},
              {"campaign_id", rows.integer(row, 1)},
              {"campaign_name", rows.text(row, 2)},
              {"zone", rows.text(row, 3)},
              {"state", rows.text(row, 4)},
              {"created_at", to_iso8601(rows.instant(row, 6))},
              {"progress",
               {{"contacts", contacts},
                {"done", done},
                {"in_flight", rows.integer(row, 10)},
                {"remaining", contacts - done},
                {"attempts", attempts}}},
              {"finish", json::parse(rows.text(row, 18), nullptr, false)},
              {"results", std::move(results)},
              {"contact_results", std::move(contact_results)}};
  put_text(out, "requested", rows, row, 5);
  put_instant(out, "started_at", rows, row, 7);
  put_instant(out, "finished_at", rows, row, 8);
  put_text(out, "finish_reason", rows, row, 17);
  if (!rows.is_null(row, 19)) out["agents"] = json::parse(rows.text(row, 19), nullptr, false);
  if (!rows.is_null(row, 14)) out["owner"] = owner_json(rows, row, 14);
  if (!rows.is_null(row, 13) && rows.integer(row, 13) > 0) out["epoch"] = rows.integer(row, 13);
  return out;
}

/// campaign.agents; null for a campaign without agents.
std::optional<std::string> agents_text(const NewCampaign& c) {
  if (!c.agents) return std::nullopt;
  return to_json(*c.agents);
}

Result<std::optional<int64_t>> unfinished_job(Connection& db, int64_t campaign) {
  auto rows = db.query("select max(id) from job where campaign_id = $1 and " + kUnfinished, Params{}.add(campaign));
  if (!rows.ok()) return rows.error();
  return rows->optional_integer(0, 0);
}

/// Holds the campaign's row until the commit, so that of several who start, change or remove it one comes after the other.
Status lock_campaign(Connection& db, int64_t id) {
  auto rows = db.query("select 1 from campaign where id = $1 for update", Params{}.add(id));
  if (rows.ok() && rows->empty()) return Error{ErrorKind::not_found, "There is no such campaign."};
  return done(rows);
}

Status must_be_idle(Connection& db, int64_t id) {
  if (Status locked = lock_campaign(db, id); !locked.ok()) return locked;
  const auto busy = unfinished_job(db, id);
  if (!busy.ok()) return busy.error();
  if (*busy)
    return Error{ErrorKind::conflict, "Job " + std::to_string(**busy) + " of this campaign is not finished; stop it or wait for its end."};
  return success();
}

Status must_have_list(Connection& db, ContactListId list) {
  auto rows = db.query("select 1 from contact_list where id = $1", Params{}.add(list.value));
  if (rows.ok() && rows->empty()) return Error{ErrorKind::invalid, "There is no such contact list."};
  return done(rows);
}

}  // namespace

Result<Page> campaigns(Connection& db, const PageRequest& page) {
  auto rows = db.query(kSelectCampaign + "where c.id < $1 order by c.id desc limit $2", Params{}.add(below(page)).add(page.limit + 1));
  if (!rows.ok()) return rows.error();
  return page_of(*rows, page.limit, campaign_json, id_key);
}

Result<json> campaign(Connection& db, int64_t id) {
  return one_of(db.query(kSelectCampaign + "where c.id = $1", Params{}.add(id)), campaign_json, "There is no such campaign.");
}

Result<json> create_campaign(Connection& db, const NewCampaign& c) {
  if (Status listed = must_have_list(db, c.list); !listed.ok()) return listed.error();
  auto rows = db.query(
      "insert into campaign (name, list_id, strategy, calls_per_second, max_calls, finish, agents) "
      "values ($1, $2, $3::jsonb, $4, $5, $6::jsonb, $7::jsonb) on conflict (name) do nothing returning id",
      Params{}
          .add(c.name)
          .add(c.list.value)
          .add(to_json(c.strategy))
          .add(c.calls_per_second)
          .add(c.max_calls)
          .add(to_json(c.finish))
          .add(agents_text(c)));
  if (!rows.ok()) return rows.error();
  if (rows->empty()) return Error{ErrorKind::conflict, kNameTaken};
  return campaign(db, rows->integer(0, 0));
}

Result<json> update_campaign(Connection& db, int64_t id, const NewCampaign& c) {
  if (Status idle = must_be_idle(db, id); !idle.ok()) return idle.error();
  if (Status listed = must_have_list(db, c.list); !listed.ok()) return listed.error();
  auto rows = db.query(
      "update campaign set name = $2, list_id = $3, strategy = $4::jsonb, calls_per_second = $5, max_calls = $6, finish = $7::jsonb, "
      "agents = $8::jsonb where id = $1",
      Params{}
          .add(id)
          .add(c.name)
          .add(c.list.value)
          .add(to_json(c.strategy))
          .add(c.calls_per_second)
          .add(c.max_calls)
          .add(to_json(c.finish))
          .add(agents_text(c)));
  if (!rows.ok() && rows.error().kind == ErrorKind::conflict) return Error{ErrorKind::conflict, kNameTaken};
  if (!rows.ok()) return rows.error();
  return campaign(db, id);
}

Status delete_campaign(Connection& db, int64_t id) {
  if (Status locked = lock_campaign(db, id); !locked.ok()) return locked;
  auto rows =
      db.query("delete from campaign c where id = $1 and not exists (select 1 from job j where j.campaign_id = c.id)", Params{}.add(id));
  if (rows.ok() && rows->affected() == 0)
    return Error{ErrorKind::conflict, "The campaign has jobs, whose history is kept; it cannot be removed."};
  return done(rows);
}

Result<Page> jobs(Connection& db, const JobFilter& filter, const PageRequest& page) {
  std::string sql = kSelectJob + "where j.id < $1";
  Params params;
  params.add(below(page)).add(page.limit + 1);
  if (filter.campaign) {
    params.add(*filter.campaign);
    sql += " and j.campaign_id = $" + std::to_string(params.values().size());
  }
  if (filter.state == "unfinished") {
    sql += " and j." + kUnfinished;
  } else if (filter.state) {
    params.add(*filter.state);
    sql += " and j.state = $" + std::to_string(params.values().size());
  }
  auto rows = db.query(sql + " order by j.id desc limit $2", params);
  if (!rows.ok()) return rows.error();
  return page_of(*rows, page.limit, job_json, id_key);
}

Result<json> job(Connection& db, int64_t id) {
  return one_of(db.query(kSelectJob + "where j.id = $1", Params{}.add(id)), job_json, "There is no such job.");
}

Result<std::vector<json>> live_jobs(Connection& db) {
  auto rows = db.query(kSelectJob + "where j." + kUnfinished + " or j.finished_at > clock_timestamp() - interval '1 minute'");
  if (!rows.ok()) return rows.error();
  std::vector<json> out;
  for (size_t r = 0; r < rows->size(); ++r) out.push_back(job_json(*rows, r));
  return out;
}

Result<json> start_job(Connection& db, int64_t campaign_id) {
  if (Status idle = must_be_idle(db, campaign_id); !idle.ok()) return idle.error();
  auto rows = db.query(
      "insert into job (campaign_id, zone) select c.id, l.zone from campaign c join contact_list l on l.id = c.list_id where c.id = $1 "
      "returning id",
      Params{}.add(campaign_id));
  if (!rows.ok()) return rows.error();
  return job(db, rows->integer(0, 0));
}

Result<json> request_job_change(Connection& db, int64_t id, JobRequest request) {
  auto rows = db.query("select state, requested from job where id = $1 for update", Params{}.add(id));
  if (!rows.ok()) return rows.error();
  if (rows->empty()) return Error{ErrorKind::not_found, "There is no such job."};
  const std::string state = rows->string(0, 0);
  const bool going = state == "queued" || state == "filtering" || state == "running";
  const bool pausing = state == "pausing" || state == "paused";
  const bool waiting_to_pause = rows->optional_string(0, 1) == "pause";
  bool sensible = false;
  switch (request) {
    case JobRequest::pause:
      sensible = going;
      break;
    case JobRequest::resume:
      sensible = pausing || waiting_to_pause;
      break;
    case JobRequest::stop:
      sensible = going || pausing;
      break;
  }
  if (!sensible) return Error{ErrorKind::conflict, "The job is " + state + ": it cannot " + std::string(to_string(request)) + " now."};
  if (auto kept = db.query("update job set requested = $2 where id = $1", Params{}.add(id).add(to_string(request))); !kept.ok())
    return kept.error();
  return job(db, id);
}

}  // namespace everdial::campaign_store
