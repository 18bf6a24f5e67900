#include <algorithm>

#include "dashboard/campaign_store.h"
#include "dashboard/row_json.h"

namespace everdial::campaign_store {
namespace {

using nlohmann::json;
using pg::Connection;
using pg::Params;
using pg::Rows;

/// A filtered page looks at no more attempts than these; it may then be short or empty and still have a next one.
constexpr int kMostScanned = 20'000;

const std::string kAttemptColumns =
    "a.job_id, a.contact_id, a.number, a.phone, a.state, a.code, a.sip_status, a.mpp, a.trunk, a.intent_at, a.intent_epoch, a.placed_at, "
    "a.ringing_at, "
    "a.answered_at, a.ended_at, a.done_at, a.done_epoch, a.analysis, a.digits, a.recording";
constexpr int kAttemptColumnCount = 20;

json attempt_json(const Rows& rows, size_t row) {
  const AttemptId id{JobId{rows.integer(row, 0)}, ContactId{rows.integer(row, 1)}, static_cast<int>(rows.integer(row, 2))};
  json out = {{"id", to_string(id)},
              {"job_id", id.job.value},
              {"contact_id", id.contact.value},
              {"number", id.number},
              {"phone", rows.text(row, 3)},
              {"state", rows.text(row, 4)},
              {"intent_at", to_iso8601(rows.instant(row, 9))},
              {"intent_epoch", rows.integer(row, 10)}};
  put_text(out, rows.text(row, 4) == "aborted" ? "abort_reason" : "code", rows, row, 5);
  if (!rows.is_null(row, 6) && rows.integer(row, 6) > 0) out["sip_status"] = rows.integer(row, 6);
  put_text(out, "mpp", rows, row, 7);
  put_text(out, "trunk", rows, row, 8);
  put_instant(out, "placed_at", rows, row, 11);
  put_instant(out, "ringing_at", rows, row, 12);
  put_instant(out, "answered_at", rows, row, 13);
  put_instant(out, "ended_at", rows, row, 14);
  put_instant(out, "done_at", rows, row, 15);
  put_integer(out, "done_epoch", rows, row, 16);
  put_text(out, "analysis", rows, row, 17);
  put_text(out, "digits", rows, row, 18);
  put_text(out, "recording", rows, row, 19);
  return out;
}

std::vector<std::string> attempt_key(const Rows& rows, size_t row) { return {rows.string(row, 1), rows.string(row, 2)}; }

/// An entry of the timeline with these members of the attempt, if the attempt has come so far.
void add_entry(json& timeline, const json& attempt, const char* at, const char* what, std::initializer_list<const char*> members) {
  if (!attempt.contains(at)) return;
  json entry = {{"at", attempt[at]}, {"what", what}};
  for (const char* member : members)
    if (attempt.contains(member)) entry[member] = attempt[member];
  timeline.push_back(std::move(entry));
}

json timeline_of(const json& way, const Rows& changes) {
  const json& attempt = way["attempt"];
  json timeline = json::array();
  for (size_t r = 0; r < changes.size(); ++r) {
    json entry = {{"at", to_iso8601(changes.instant(r, 0))},
                  {"what", "owner_changed"},
                  {"epoch", changes.integer(r, 1)},
                  {"detail", changes.text(r, 2)}};
    if (!changes.is_null(r, 3)) entry["by"] = owner_json(changes, r, 3);
    timeline.push_back(std::move(entry));
  }
  add_entry(timeline, attempt, "intent_at", "intent", {});
  timeline.back()["epoch"] = attempt["intent_epoch"];
  timeline.back()["by"] = way["intent_by"];
  add_entry(timeline, attempt, "placed_at", "placed", {"mpp", "trunk"});
  add_entry(timeline, attempt, "ringing_at", "ringing", {});
  add_entry(timeline, attempt, "answered_at", "answered", {});
  if (attempt.contains("answered_at") && attempt.contains("analysis"))
    timeline.back()["detail"] = "analysis: " + attempt["analysis"].get<std::string>();
  add_entry(timeline, attempt, "ended_at", "ended", {"sip_status", "code"});
  add_entry(timeline, attempt, "done_at", "settled", {"code"});
  if (attempt.contains("done_at")) {
    if (attempt.contains("done_epoch")) timeline.back()["epoch"] = attempt["done_epoch"];
    if (way.contains("done_by")) timeline.back()["by"] = way["done_by"];
    if (attempt.contains("abort_reason")) timeline.back()["detail"] = attempt["abort_reason"];
  }
  // Stable, as things of one instant stand in the order in which they happen.
  std::stable_sort(timeline.begin(), timeline.end(), [](const json& a, const json& b) {
    return parse_iso8601(a["at"].get_ref<const std::string&>()) < parse_iso8601(b["at"].get_ref<const std::string&>());
  });
  return timeline;
}

/// The id of the contact with this phone in the job's list; empty when there is none.
Result<std::optional<int64_t>> contact_of_phone(Connection& db, int64_t job, const std::string& phone) {
  auto rows = db.query(
      "select t.id from job j join campaign c on c.id = j.campaign_id join contact t on t.list_id = c.list_id and t.phone = $2 where j.id "
      "= $1",
      Params{}.add(job).add(phone));
  if (!rows.ok()) return rows.error();
  if (rows->empty()) return std::optional<int64_t>{};
  return std::optional(rows->integer(0, 0));
}

/// Where the scan for a filtered page ended although there may be more.
Result<std::optional<std::vector<std::string>>> end_of_scan(Connection& db, int64_t job, const std::vector<std::string>& after) {
  auto rows = db.query(
      "select contact_id, number from attempt where job_id = $1 and (contact_id, number) > ($2, $3) order by contact_id, number offset $4 "
      "limit 1",
      Params{}.add(job).add(after[0]).add(after[1]).add(kMostScanned - 1));
  if (!rows.ok()) return rows.error();
  if (rows->empty()) return std::optional<std::vector<std::string>>{};
  return std::optional(std::vector{rows->string(0, 0), rows->string(0, 1)});
}

}  // namespace

Result<Page> attempts(Connection& db, int64_t job_id, const AttemptFilter& filter, const PageRequest& page) {
  if (auto found = job(db, job_id); !found.ok()) return found.error();
  const std::vector<std::string> after = page.after.size() == 2 ? page.after : std::vector<std::string>{"0", "0"};
  Params params;
  params.add(job_id).add(after[0]).add(after[1]).add(page.limit + 1);
  std::string scanned = "a.job_id = $1 and (a.contact_id, a.number) > ($2, $3)";
  if (filter.phone) {
    const auto contact = contact_of_phone(db, job_id, *filter.phone);
    if (!contact.ok()) return contact.error();
    if (!*contact) return Page{};
    params.add(**contact);
    scanned += " and a.contact_id = $" + std::to_string(params.values().size());
  }
  const bool in_the_air = filter.state == "intent";
  if (in_the_air) scanned += " and a.state = 'intent'";  // in so many words, for the partial index
  std::string kept = "true";
  if (filter.state && !in_the_air) {
    params.add(*filter.state);
    kept += " and a.state = $" + std::to_string(params.values().size());
  }
  if (filter.code) {
    params.add(*filter.code);
    kept += " and a.code = $" + std::to_string(params.values().size());
  }
  const std::string order = " order by a.contact_id, a.number limit ";
  auto rows = db.query("select " + kAttemptColumns + " from (select * from attempt a where " + scanned + order +
                           std::to_string(kMostScanned) + ") a where " + kept + order + "$4",
                       params);
  if (!rows.ok()) return rows.error();
  Page out = page_of(*rows, page.limit, attempt_json, attempt_key);
  if (!out.next && kept != "true" && !filter.phone) {
    auto end = end_of_scan(db, job_id, after);
    if (!end.ok()) return end.error();
    out.next = std::move(*end);
  }
  return out;
}

Result<json> attempt_way(Connection& db, const AttemptId& id) {
  const Params key = Params{}.add(id.job.value).add(id.contact.value).add(id.number);
  // Who wrote is known by the history of the job's lease, which outlives their sessions.
  auto rows = db.query(
      "select " + kAttemptColumns +
          ", c.id, c.name, a.intent_by, i.to_server, i.to_component, a.done_by, d.to_server, d.to_component from attempt a "
          "join job j on j.id = a.job_id join campaign c on c.id = j.campaign_id left join ha_lease l on l.resource = 'job/' || j.id "
          "left join ha_history i on i.res_id = l.res_id and i.epoch = a.intent_epoch and i.to_incarnation = a.intent_by "
          "left join ha_history d on d.res_id = l.res_id and d.epoch = a.done_epoch and d.to_incarnation = a.done_by "
          "where a.job_id = $1 and a.contact_id = $2 and a.number = $3",
      key);
  if (!rows.ok()) return rows.error();
  if (rows->empty()) return Error{ErrorKind::not_found, "There is no such attempt."};
  constexpr int n = kAttemptColumnCount;
  json way = {{"attempt", attempt_json(*rows, 0)},
              {"campaign_id", rows->integer(0, n)},
              {"campaign_name", rows->text(0, n + 1)},
              {"intent_by", owner_json(*rows, 0, n + 2)}};
  if (!rows->is_null(0, n + 5)) way["done_by"] = owner_json(*rows, 0, n + 5);

  auto contact = db.query(std::string("select ") + kContactColumns + " from contact where id = $1", Params{}.add(id.contact.value));
  if (!contact.ok()) return contact.error();
  if (!contact->empty()) way["contact"] = contact_json(*contact, 0);

  auto siblings = db.query("select " + kAttemptColumns + " from attempt a where a.job_id = $1 and a.contact_id = $2 order by a.number",
                           Params{}.add(id.job.value).add(id.contact.value));
  if (!siblings.ok()) return siblings.error();
  way["attempts_of_contact"] = json::array();
  for (size_t r = 0; r < siblings->size(); ++r) way["attempts_of_contact"].push_back(attempt_json(*siblings, r));

  // Who took the job over: the one before the attempt began, and all until it was settled.
  auto changes = db.query(
      "with l as (select res_id from ha_lease where resource = 'job/' || $1::bigint), "
      "a as (select intent_at, coalesce(done_at, clock_timestamp()) as until from attempt where job_id = $1 and contact_id = $2 and number "
      "= $3) "
      "select h.at, h.epoch, h.reason, h.to_incarnation, h.to_server, h.to_component from ha_history h join l using (res_id) cross join a "
      "where h.at <= a.until and h.at >= coalesce((select max(at) from ha_history p join l using (res_id) where p.at <= a.intent_at), "
      "a.intent_at) "
      "order by h.id",
      key);
  if (!changes.ok()) return changes.error();
  way["timeline"] = timeline_of(way, *changes);
  return way;
}

}  // namespace everdial::campaign_store
