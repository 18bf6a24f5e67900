#include <cmath>

#include "dashboard/failover_store.h"
#include "dashboard/row_json.h"

namespace everdial::failover_store {
namespace {

using nlohmann::json;
using pg::Connection;
using pg::Params;
using pg::Rows;

/// A holder that ended in good order or was buried has left a row of its own, just before the one of its successor.
const std::string kFailovers = R"(
select h.id, l.resource, h.epoch, h.at, coalesce(p.reason, h.reason), h.detect_ms, h.acquire_ms, h.barrier_ms, h.evidence::text,
       coalesce(h.from_incarnation, p.from_incarnation), coalesce(h.from_server, p.from_server),
       coalesce(h.from_component, p.from_component),
       h.to_incarnation, h.to_server, h.to_component, p.at,
       case when p.at is not null then extract(epoch from h.at - p.at) * 1000 else coalesce(h.detect_ms, 0) + coalesce(h.acquire_ms, 0) end
  from ha_history h join ha_lease l using (res_id)
  left join lateral (select * from ha_history b where b.res_id = h.res_id and b.id < h.id order by b.id desc limit 1) p
         on p.to_incarnation is null
 where h.to_incarnation is not null and coalesce(h.from_incarnation, p.from_incarnation) is not null and )";

json failover_json(const Rows& rows, size_t row) {
  json out = {{"id", rows.integer(row, 0)},
              {"resource", rows.text(row, 1)},
              {"epoch", rows.integer(row, 2)},
              {"at", to_iso8601(rows.instant(row, 3))},
              {"reason", rows.text(row, 4)},
              {"evidence", json::parse(rows.text(row, 8), nullptr, false)},
              {"from", owner_json(rows, row, 9)},
              {"to", owner_json(rows, row, 12)},
              {"without_master_ms", rows.real(row, 16)}};
  put_real(out, "detect_ms", rows, row, 5);
  put_real(out, "acquire_ms", rows, row, 6);
  put_real(out, "barrier_ms", rows, row, 7);
  put_instant(out, "freed_at", rows, row, 15);
  return out;
}

void add(json& timeline, const std::string& at, const char* what, const std::string& detail) {
  timeline.push_back({{"at", at}, {"what", what}, {"detail", detail}});
}

std::string moved(const std::string& at, double ms) {
  return to_iso8601(*parse_iso8601(at) + std::chrono::duration_cast<Duration>(std::chrono::duration<double, std::milli>(ms)));
}

/// What became of the attempts that the job's former owner left in the air, and when the new one first dialed.
Status add_dialing(Connection& db, json& out, json& timeline) {
  const std::string resource = out["resource"];
  if (!resource.starts_with("job/")) return success();
  auto rows = db.query(R"(
select count(*) filter (where intent_epoch < $2 and done_epoch = $2 and state = 'done'),
       count(*) filter (where intent_epoch < $2 and state = 'aborted' and done_epoch = $2),
       count(*) filter (where intent_epoch < $2 and done_epoch = $2 and state = 'unknown'),
       count(distinct contact_id) filter (where intent_epoch < $2 and done_epoch = $2),
       min(intent_at) filter (where intent_epoch = $2), max(done_at) filter (where intent_epoch < $2 and done_epoch = $2)
  from attempt where job_id = $1)",
                       Params{}.add(parse_integer(resource.substr(4)).value_or(0)).add(out["epoch"].get<int64_t>()));
  if (!rows.ok()) return rows.error();
  out["settled"] = {{"done", rows->integer(0, 0)}, {"aborted", rows->integer(0, 1)}, {"unknown", rows->integer(0, 2)}};
  out["contacts_affected"] = rows->integer(0, 3);
  if (!rows->is_null(0, 4)) add(timeline, to_iso8601(rows->instant(0, 4)), "first_dial", "the new owner's first intent to dial");
  if (!rows->is_null(0, 5)) add(timeline, to_iso8601(rows->instant(0, 5)), "settled", "the last attempt of the former owner");
  return success();
}

std::string whole_ms(const json& from, const char* name) { return std::to_string(std::llround(from.value(name, 0.0))) + " ms"; }

/// What whoever took over had seen, in words; the evidence has it in full.
std::string finding(const json& failover) {
  const json& evidence = failover["evidence"];
  std::string out = "by " + failover["to"].value("server", std::string("a server that is gone"));
  if (!evidence.is_object()) return out;
  if (evidence.contains("renew_still_ms")) out += ": its renewals stood still for " + whole_ms(evidence, "renew_still_ms");
  const json doubt = evidence.value("doubt", json::object());
  std::string who;
  for (const json& name : doubt.value("suspected_by", json::array())) who += (who.empty() ? "" : ", ") + name.get<std::string>();
  if (!who.empty()) out += "; " + who + " had heard nothing of its server for " + whole_ms(doubt, "silence_ms");
  else if (doubt.contains("said_by")) out += "; " + doubt.value("said_by", "") + " said so itself";
  return out;
}

json timeline_of(const json& failover) {
  json timeline = json::array();
  const std::string at = failover["at"], reason = failover["reason"];
  const double acquire = failover.value("acquire_ms", 0.0), detect = failover.value("detect_ms", 0.0);
  if (failover.contains("freed_at")) add(timeline, failover["freed_at"], "freed", reason);
  else if (detect > 0) add(timeline, moved(at, -detect - acquire), "last_sign_of_life", "of the former holder, as its successor saw it");
  if (!failover.contains("freed_at")) add(timeline, moved(at, -acquire), "detected", finding(failover));
  add(timeline, at, "acquired", "under epoch " + std::to_string(failover["epoch"].get<int64_t>()));
  if (failover.contains("barrier_ms"))
    add(timeline, moved(at, failover["barrier_ms"].get<double>()), "barrier", "all media servers refuse lower epochs");
  return timeline;
}

const std::string kDrillColumns =
    "id, server, array_to_json(components)::text, most_calls, calls, asked_by, begun_at, ends_at, aborted_by, ends_at > clock_timestamp()";

json drill_json(const Rows& rows, size_t row) {
  json out = {{"id", rows.integer(row, 0)},
              {"server", rows.text(row, 1)},
              {"components", json::parse(rows.text(row, 2))},
              {"most_calls", rows.integer(row, 3)},
              {"calls", rows.integer(row, 4)},
              {"asked_by", rows.text(row, 5)},
              {"begun_at", to_iso8601(rows.instant(row, 6))},
              {"ends_at", to_iso8601(rows.instant(row, 7))},
              {"state", rows.boolean(row, 9)   ? "under_way"
                        : rows.is_null(row, 8) ? "ended"
                                               : "aborted"}};
  put_text(out, "aborted_by", rows, row, 8);
  return out;
}

}  // namespace

Result<Page> failovers(Connection& db, const FailoverFilter& filter, const PageRequest& page) {
  auto rows = db.query(kFailovers +
                           "h.id < $1 and ($3::text is null or l.resource = $3 or starts_with(l.resource, $3 || '/')) and "
                           "($4::text is null or coalesce(h.from_server, p.from_server) = $4) order by h.id desc limit $2",
                       Params{}.add(below(page)).add(page.limit + 1).add(filter.resource).add(filter.server));
  if (!rows.ok()) return rows.error();
  return page_of(*rows, page.limit, failover_json, id_key);
}

Result<json> failover(Connection& db, int64_t id) {
  auto found = one_of(db.query(kFailovers + "h.id = $1", Params{}.add(id)), failover_json, "There is no such failover.");
  if (!found.ok()) return found;
  json out = std::move(*found), timeline = timeline_of(out);
  if (Status dialing = add_dialing(db, out, timeline); !dialing.ok()) return dialing.error();
  std::stable_sort(timeline.begin(), timeline.end(), [](const json& a, const json& b) {
    return parse_iso8601(a["at"].get_ref<const std::string&>()) < parse_iso8601(b["at"].get_ref<const std::string&>());
  });
  out["timeline"] = std::move(timeline);
  auto rows = db.query(kFailovers +
                           "h.id <> $1 and h.at between $2::timestamptz - interval '10 s' and $2::timestamptz + interval '10 s' and "
                           "coalesce(h.from_server, p.from_server) = $3 order by h.id limit 100",
                       Params{}.add(id).add(out["at"].get<std::string>()).add(out["from"].value("server", "")));
  if (!rows.ok()) return rows.error();
  out["together_with"] = json::array();
  for (size_t r = 0; r < rows->size(); ++r) out["together_with"].push_back(failover_json(*rows, r));
  return out;
}

Result<Measured> lost_server_times(Connection& db) {
  auto rows = db.query(R"(
select count(*), coalesce(percentile_cont(0.5) within group (order by took), 0), coalesce(max(took), 0)
  from (select coalesce(detect_ms, 0) + coalesce(acquire_ms, 0) as took from ha_history
         where to_incarnation is not null and reason in ('server_silent', 'server_refused', 'holder_silent')
         order by id desc limit 100) t)");
  if (!rows.ok()) return rows.error();
  return Measured{rows->integer(0, 0), rows->real(0, 1), rows->real(0, 2)};
}

Result<int64_t> calls_touched(Connection& db, const std::string& server, bool carries_calls) {
  auto rows = db.query(R"(
select count(*) from attempt a where a.state = 'intent' and ($2 or exists (
  select 1 from ha_lease l join ha_session s on s.incarnation = l.incarnation where l.resource = 'job/' || a.job_id and s.server = $1)))",
                       Params{}.add(server).add(carries_calls));
  if (!rows.ok()) return rows.error();
  return rows->integer(0, 0);
}

Result<std::vector<ReportSeen>> reports(Connection& db) {
  auto rows = db.query(
      "select server, version, clock_offset_ms, database_ms, peers::text, greatest(0, extract(epoch from clock_timestamp() - at) * "
      "1e6)::bigint "
      "from server_report order by server");
  if (!rows.ok()) return rows.error();
  std::vector<ReportSeen> out;
  for (size_t r = 0; r < rows->size(); ++r) {
    ReportSeen report{rows->string(r, 0), rows->string(r, 1), rows->real(r, 2), rows->real(r, 3), Duration{rows->integer(r, 5)}, {}};
    for (const json& peer : json::parse(rows->text(r, 4), nullptr, false))
      report.peers.push_back({peer.value("name", ""), peer.value("heard", false), peer.value("silence_ms", 0.0),
                              peer.value("database_age_ms", 0.0), peer.value("unreachable", std::vector<std::string>{})});
    out.push_back(std::move(report));
  }
  return out;
}

Result<json> begin_drill(Connection& db, const NewDrill& drill) {
  // One at a time: two at once would be the second failure that each of them counts on not to come.
  if (auto locked = db.query("select pg_advisory_xact_lock(hashtext('everdial.drill'))"); !locked.ok()) return locked.error();
  auto under_way = db.query("select id from drill where ends_at > clock_timestamp()");
  if (!under_way.ok()) return under_way.error();
  if (!under_way->empty())
    return Error{ErrorKind::conflict, "Drill " + under_way->string(0, 0) + " is under way; abort it or wait for its end."};
  auto rows = db.pipeline(
      {{"insert into drill (server, components, most_calls, calls, asked_by, ends_at) values ($1, $2, $3, $4, $5, clock_timestamp() + "
        "$6 * interval '1 s') returning " +
            kDrillColumns,
        Params{}.add(drill.server).add(drill.components).add(drill.most_calls).add(drill.calls).add(drill.by).add(drill.seconds)},
       {"insert into component_order (server, component, action, asked_by) select $1, unnest($2::text[]), 'kill', $3",
        Params{}.add(drill.server).add(drill.components).add(drill.by + " (drill)")}});
  if (!rows.ok()) return rows.error();
  return drill_json(rows->front(), 0);
}

Result<Page> drills(Connection& db, const PageRequest& page) {
  auto rows = db.query("select " + kDrillColumns + " from drill where id < $1 order by id desc limit $2",
                       Params{}.add(below(page)).add(page.limit + 1));
  if (!rows.ok()) return rows.error();
  return page_of(*rows, page.limit, drill_json, id_key);
}

Result<json> drill(Connection& db, int64_t id) {
  auto found =
      one_of(db.query("select " + kDrillColumns + " from drill where id = $1", Params{}.add(id)), drill_json, "There is no such drill.");
  if (!found.ok()) return found;
  json out = std::move(*found);
  auto rows = db.query(
      kFailovers +
          "h.at between $1::timestamptz and $2::timestamptz + interval '30 s' and coalesce(h.from_server, p.from_server) = $3 "
          "order by h.id limit 500",
      Params{}.add(out["begun_at"].get<std::string>()).add(out["ends_at"].get<std::string>()).add(out["server"].get<std::string>()));
  if (!rows.ok()) return rows.error();
  out["changes"] = json::array();
  for (size_t r = 0; r < rows->size(); ++r) out["changes"].push_back(failover_json(*rows, r));
  return out;
}

Status abort_drill(Connection& db, int64_t id, const std::string& by) {
  auto rows = db.query("update drill set ends_at = clock_timestamp(), aborted_by = $2 where id = $1 and ends_at > clock_timestamp()",
                       Params{}.add(id).add(by));
  if (rows.ok() && rows->affected() == 0) return Error{ErrorKind::conflict, "It is over already."};
  return done(rows);
}

}  // namespace everdial::failover_store
