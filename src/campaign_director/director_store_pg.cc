#include "base/overloaded.h"
#include "campaign_director/director_store.h"
#include "ha/fence_pg.h"
#include "runtime/pg.h"

namespace everdial {
namespace {

using pg::Connection;
using pg::Params;
using pg::Rows;

// What finish criteria look at is read only where there are any.
const std::string kJobColumns = R"(
select j.id, j.zone, j.state, j.requested, j.drained, l.desired, j.finish_reason, nullif(c.finish, '{}')::text, j.started_at,
       case when c.finish ? 'goal' then coalesce((
         select sum(count) from (select job_id, code, count from job_result where c.finish #>> '{goal,of}' = 'attempts'
                                 union all select job_id, code, count from job_contact_result where c.finish #>> '{goal,of}' = 'contacts') r
          where r.job_id = j.id and (c.finish #> '{goal,codes}' = '[]' or c.finish #> '{goal,codes}' ? r.code)), 0)::bigint end,
       j.claimed,
       case when c.finish ? 'goal' then (select count(*) from job_contact q where q.job_id = j.id and q.state = 'in_flight') end,
       j.allowed_claims )";

const std::string kJobs = kJobColumns + R"(
  from job j join campaign c on c.id = j.campaign_id left join ha_lease l on l.resource = 'job/' || j.id
 where j.state not in ('stopped', 'completed')
union all)" + kJobColumns +
                          R"(
  from ha_lease l join job j on l.resource = 'job/' || j.id join campaign c on c.id = j.campaign_id
 where l.desired is not null and j.state in ('stopped', 'completed') order by 1)";

/// Of the leases of one kind, named after zones, where each is and belongs, and whether it is on its way there by order.
std::string select_zones(const std::string& prefix, const std::string& on_its_way) {
  const std::string zone = "substr(l.resource, " + std::to_string(prefix.size() + 1) + ")";
  return "select " + zone + ", coalesce(z.weight, 1), l.preferred, l.desired, l.incarnation, coalesce(z." + on_its_way +
         ", false) from ha_lease l left join zone z on z.name = " + zone + " where starts_with(l.resource, '" + prefix + "') order by 1";
}
const std::string kZones = select_zones("zone_director/", "going_home");
const std::string kAgentZones = select_zones("agent_manager/zone/", "agents_moving");

std::vector<ZoneSeen> zones_of(const Rows& rows) {
  std::vector<ZoneSeen> out;
  for (size_t r = 0; r < rows.size(); ++r) {
    ZoneSeen zone{rows.string(r, 0), rows.real(r, 1)};
    if (!rows.is_null(r, 2)) zone.home = ServerName{rows.string(r, 2)};
    if (!rows.is_null(r, 3)) zone.allotted = Incarnation{rows.string(r, 3)};
    if (!rows.is_null(r, 4)) zone.holder = Incarnation{rows.string(r, 4)};
    zone.going_home = rows.boolean(r, 5);
    out.push_back(std::move(zone));
  }
  return out;
}

/// A row for each zone that a server serves.
constexpr const char* kServers = R"(
select s.name, s.capacity, s.settled, s.parked, s.flaps, s.zones is not null, z.name
  from server s left join lateral unnest(s.zones) as z (name) on true order by s.name)";

std::vector<ServerSeen> servers_of(const Rows& rows) {
  std::vector<ServerSeen> out;
  for (size_t r = 0; r < rows.size(); ++r) {
    const ServerName name{rows.string(r, 0)};
    if (out.empty() || out.back().name != name) {
      out.push_back({name, rows.real(r, 1), rows.boolean(r, 2), rows.boolean(r, 3), rows.boolean(r, 4)});
      if (rows.boolean(r, 5)) out.back().zones.emplace();
    }
    if (!rows.is_null(r, 6)) out.back().zones->push_back(rows.string(r, 6));
  }
  return out;
}

// What must not begin under the present load stays due until it may, and is late then.
constexpr const char* kDueSchedules = R"(
select id, timetable::text, misfire, grace_s, next_at from schedule
 where enabled and next_at <= clock_timestamp()
   and load_restricted(case kind when 'start_job' then 'job_starts' when 'purge' then 'purges' when 'import' then 'imports'
                                 else 'exports' end) is null
 order by next_at limit 100)";

// Whoever starts a job holds its campaign's row; taken in a statement of its own, so that the next one sees what the other has committed.
constexpr const char* kLockCampaign = "select c.id from schedule s join campaign c on c.id = s.campaign_id where s.id = $1 for update of c";

constexpr const char* kFire = R"(
with due as (
  update schedule set next_at = $3 where id = $1 and next_at = $2 and enabled
  returning id, kind, campaign_id, list_id, file_name, options),
busy as (
  select max(j.id) as job from due join job j on j.campaign_id = due.campaign_id
   where due.kind = 'start_job' and j.state not in ('stopped', 'completed')),
new_job as (
  insert into job (campaign_id, zone)
  select c.id, l.zone from due join campaign c on c.id = due.campaign_id join contact_list l on l.id = c.list_id
   where $6 and due.kind = 'start_job' and (select job from busy) is null
     and not exists (select from schedule_firing f where f.schedule_id = $1 and f.due_at = $4) returning id),
latest as (select max(j.id) as job from due join job j on j.campaign_id = due.campaign_id where due.kind = 'export_attempts'),
new_export as (
  insert into data_export (kind, list_id, job_id)
  select case due.kind when 'export_contacts' then 'contacts' else 'attempts' end, due.list_id, latest.job from due cross join latest
   where $6 and (due.kind = 'export_contacts' or latest.job is not null)
     and not exists (select from schedule_firing f where f.schedule_id = $1 and f.due_at = $4) returning id),
new_purge as (
  insert into purge (begun_by, attempts_days, contacts_days, uploads_days, exports_days, orders_days)
  select 'schedule', r.attempts_days, r.contacts_days, r.uploads_days, r.exports_days, r.orders_days from due cross join retention r
   where $6 and due.kind = 'purge' and not exists (select from purge p where p.state in ('queued', 'running'))
     and not exists (select from schedule_firing f where f.schedule_id = $1 and f.due_at = $4) returning id),
same_file as (
  select max(i.id) as import from due join contact_import i on i.list_id = due.list_id and i.file_name = due.file_name
   where due.kind = 'import' and i.source = 'folder' and i.state in ('collecting', 'queued', 'running')),
new_import as (
  insert into contact_import (list_id, file_name, options, source, state)
  select due.list_id, due.file_name, due.options, 'folder', 'collecting' from due
   where $6 and due.kind = 'import' and (select import from same_file) is null
     and not exists (select from schedule_firing f where f.schedule_id = $1 and f.due_at = $4) returning id),
started as (
  select id from new_job union all select id from new_export union all select id from new_purge union all select id from new_import)
insert into schedule_firing (schedule_id, due_at, missed, outcome, started_id, detail)
select due.id, $4, $5::int, case when not $6 then 'skipped' when exists (select from started) then 'started' else 'refused' end,
       (select id from started),
       case when not $6 or exists (select from started) then null
            when due.kind = 'export_attempts' then 'the campaign has no job yet'
            when due.kind = 'purge' then 'another purge is under way'
            when due.kind = 'import' then 'import ' || (select import from same_file) || ' of this file is not finished'
            else 'job ' || (select job from busy) || ' of this campaign is not finished' end
  from due on conflict do nothing)";

class PgDirectorStore final : public DirectorStore {
 public:
  explicit PgDirectorStore(pg::Pool& pool) : pool_(pool) {}

  Result<Record> record() override {
    return pool_.transaction<Record>([&](Connection& c) -> Result<Record> {
      auto rows =
          c.pipeline({{kJobs, {}}, {kZones, {}}, {kServers, {}}, {kDueSchedules, {}}, {"select clock_timestamp()", {}}, {kAgentZones, {}}});
      if (!rows.ok()) return rows.error();
      const Rows& jobs = (*rows)[0];
      Record out;
      for (size_t r = 0; r < jobs.size(); ++r) {
        JobSeen job;
        job.id = JobId{jobs.integer(r, 0)};
        job.zone = jobs.string(r, 1);
        job.state = parse_enum<JobState>(jobs.text(r, 2)).value_or(JobState::queued);
        if (!jobs.is_null(r, 3)) job.requested = parse_enum<JobRequest>(jobs.text(r, 3));
        job.drained = jobs.boolean(r, 4);
        if (!jobs.is_null(r, 5)) job.allotted = Incarnation{jobs.string(r, 5)};
        if (!jobs.is_null(r, 6)) job.finish_reason = parse_enum<FinishReason>(jobs.text(r, 6));
        if (!jobs.is_null(r, 7)) {
          auto finish = finish_from_json(jobs.string(r, 7));
          // Criteria that cannot be read are told by the job's owner, which does not dial with them; other jobs go on.
          if (finish.ok())
            job.criteria = {std::move(*finish),
                            jobs.optional_instant(r, 8),
                            jobs.optional_integer(r, 9).value_or(0),
                            jobs.integer(r, 10),
                            jobs.optional_integer(r, 11).value_or(0),
                            jobs.optional_integer(r, 12)};
        }
        out.jobs.push_back(std::move(job));
      }
      out.zones = zones_of((*rows)[1]);
      out.agent_zones = zones_of((*rows)[5]);
      out.servers = servers_of((*rows)[2]);
      const Rows& due = (*rows)[3];
      for (size_t r = 0; r < due.size(); ++r) {
        auto timetable = timetable_from_json(due.string(r, 1));
        if (!timetable.ok()) continue;  // none that the API has let pass
        out.schedules.push_back({ScheduleId{due.integer(r, 0)}, std::move(*timetable),
                                 parse_enum<Misfire>(due.text(r, 2)).value_or(Misfire::run_once), std::chrono::seconds(due.integer(r, 3)),
                                 due.instant(r, 4)});
      }
      out.at = (*rows)[4].instant(0, 0);
      return out;
    });
  }

  Status commit(const LeaseGrant& grant, const std::vector<DirectorEffect>& effects) override {
    std::vector<Connection::Statement> statements{fence(grant)};
    for (const DirectorEffect& effect : effects) std::visit([&](const auto& e) { add(statements, e); }, effect);
    return pool_.transaction<std::monostate>([&](Connection& c) -> Status {
      auto rows = c.pipeline(statements);
      if (!rows.ok()) return rows.error();
      return success();
    });
  }

  Result<bool> filter_chunk(const LeaseGrant& grant, JobId job, int limit) override {
    return pool_.transaction<bool>([&](Connection& c) -> Result<bool> {
      auto rows = c.pipeline({fence(grant),
                              {R"(
with j as (
  select j.id, j.filter_cursor, c.list_id from job j join campaign c on c.id = j.campaign_id
   where j.id = $1 and j.state = 'filtering' for update of j),
chunk as (
  select c.id from j cross join lateral (
    select id from contact where list_id = j.list_id and id > j.filter_cursor order by id limit $2) c),
queued as (insert into job_contact (job_id, contact_id) select $1, id from chunk on conflict do nothing returning 1),
moved as (
  update job set filter_cursor = coalesce((select max(id) from chunk), filter_cursor), contacts = contacts + (select count(*) from queued),
         state = case when (select count(*) from chunk) < $2 then 'running' else state end,
         started_at = coalesce(started_at, clock_timestamp())
   where id in (select id from j) returning state)
select coalesce((select state <> 'filtering' from moved), true))",
                               Params{}.add(job.value).add(limit)}});
      if (!rows.ok()) return rows.error();
      return (*rows)[1].boolean(0, 0);
    });
  }

 private:
  static void add(std::vector<Connection::Statement>& out, const SaveJobState& e) {
    // A job that leaves a state has everything before it: what was drained is so no more. A stopped one keeps its undialed contacts.
    out.push_back({R"(
with moved as (
  update job set state = $3, drained = false, requested = case when $4 then null else requested end,
         finished_at = case when $3 in ('stopped', 'completed') then clock_timestamp() else null end,
         finish_reason = coalesce($5, finish_reason)
   where id = $1 and state = $2 returning id, campaign_id, state, finish_reason)
insert into outbox (topic, key, event)
select 'job', id::text, jsonb_strip_nulls(jsonb_build_object('job', id, 'campaign', campaign_id, 'from', $2, 'state', state,
                                                             'finish_reason', finish_reason)) from moved)",
                   Params{}
                       .add(e.job.value)
                       .add(to_string(e.from))
                       .add(to_string(e.to))
                       .add(e.clears_request)
                       .add(e.reason ? std::optional(to_string(*e.reason)) : std::nullopt)});
  }
  static void add(std::vector<Connection::Statement>& out, const GrantAllowance& e) {
    const auto valid_ms = e.allowance.valid_for ? std::optional<int64_t>(*e.allowance.valid_for / 1ms) : std::nullopt;
    out.push_back(
        {"update job set allowed_claims = $2, allowed_ms = $3, allowance_seq = allowance_seq + 1 "
         "where id = $1 and state in ('filtering', 'running')",
         Params{}.add(e.job.value).add(e.allowance.claims).add(valid_ms)});
  }
  static void add(std::vector<Connection::Statement>& out, const ClearRequest& e) {
    out.push_back(
        {"update job set requested = null where id = $1 and requested = $2", Params{}.add(e.job.value).add(to_string(e.request))});
  }
  static void add(std::vector<Connection::Statement>& out, const FireSchedule& e) {
    out.push_back({kLockCampaign, Params{}.add(e.schedule.value)});
    out.push_back({kFire, Params{}.add(e.schedule.value).add(e.seen).add(e.next).add(e.due).add(e.missed).add(e.run)});
  }
  static void add(std::vector<Connection::Statement>& out, const AllotZone& e) {
    out.push_back({"update ha_lease set desired = $2::uuid, preferred = coalesce(preferred, $3) where resource = 'zone_director/' || $1",
                   Params{}.add(e.zone).add(e.director.value).add(e.server.value)});
    out.push_back({"update zone set going_home = $2 where name = $1 and going_home <> $2", Params{}.add(e.zone).add(e.going_home)});
  }
  static void add(std::vector<Connection::Statement>& out, const AllotAgents& e) {
    out.push_back(
        {"update ha_lease set desired = $2::uuid, preferred = coalesce(preferred, nullif($3, '')) "
         "where resource = 'agent_manager/zone/' || $1",
         Params{}.add(e.zone).add(e.manager ? std::optional(e.manager->value) : std::nullopt).add(e.server.value)});
    out.push_back({"update zone set agents_moving = $2 where name = $1 and agents_moving <> $2", Params{}.add(e.zone).add(e.going_home)});
  }
  static void add(std::vector<Connection::Statement>& out, const SaveStanding& e) {
    out.push_back({"update server set settled = $2, flaps = $3 where name = $1", Params{}.add(e.server.value).add(e.settled).add(e.flaps)});
  }
  static void add(std::vector<Connection::Statement>& out, const AllotJob& e) {
    out.push_back(
        {"insert into ha_lease (resource, desired) values ($1, $2::uuid) on conflict (resource) do update set desired = excluded.desired",
         Params{}.add(job_resource(e.job).value).add(e.manager ? std::optional(e.manager->value) : std::nullopt)});
  }

  pg::Pool& pool_;
};

}  // namespace

std::unique_ptr<DirectorStore> make_pg_director_store(pg::Pool& pool) { return std::make_unique<PgDirectorStore>(pool); }

}  // namespace everdial
