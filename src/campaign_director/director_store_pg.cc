#include "base/overloaded.h"
#include "campaign_director/director_store.h"
#include "ha/fence_pg.h"
#include "runtime/pg.h"

namespace everdial {
namespace {

using pg::Connection;
using pg::Params;
using pg::Rows;

constexpr const char* kJobs = R"(
select j.id, j.zone, j.state, j.requested, j.drained, l.desired from job j left join ha_lease l on l.resource = 'job/' || j.id
 where j.state not in ('stopped', 'completed')
union all
select j.id, j.zone, j.state, j.requested, j.drained, l.desired from ha_lease l join job j on l.resource = 'job/' || j.id
 where l.desired is not null and j.state in ('stopped', 'completed') order by 1)";

constexpr const char* kZones = R"(
select substr(l.resource, 15), coalesce(z.weight, 1), l.preferred, l.desired, l.incarnation, coalesce(z.going_home, false)
  from ha_lease l left join zone z on z.name = substr(l.resource, 15) where l.resource like 'zone_director/%' order by 1)";

class PgDirectorStore final : public DirectorStore {
 public:
  explicit PgDirectorStore(pg::Pool& pool) : pool_(pool) {}

  Result<Record> record() override {
    return pool_.transaction<Record>([&](Connection& c) -> Result<Record> {
      auto rows = c.pipeline({{kJobs, {}}, {kZones, {}}, {"select name, capacity, parked, settled, flaps from server order by name", {}}});
      if (!rows.ok()) return rows.error();
      const Rows &jobs = (*rows)[0], &zones = (*rows)[1], &servers = (*rows)[2];
      Record out;
      for (size_t r = 0; r < jobs.size(); ++r) {
        JobSeen job;
        job.id = JobId{jobs.integer(r, 0)};
        job.zone = jobs.string(r, 1);
        job.state = parse_enum<JobState>(jobs.text(r, 2)).value_or(JobState::queued);
        if (!jobs.is_null(r, 3)) job.requested = parse_enum<JobRequest>(jobs.text(r, 3));
        job.drained = jobs.boolean(r, 4);
        if (!jobs.is_null(r, 5)) job.allotted = Incarnation{jobs.string(r, 5)};
        out.jobs.push_back(std::move(job));
      }
      for (size_t r = 0; r < zones.size(); ++r) {
        ZoneSeen zone{zones.string(r, 0), zones.real(r, 1)};
        if (!zones.is_null(r, 2)) zone.home = ServerName{zones.string(r, 2)};
        if (!zones.is_null(r, 3)) zone.allotted = Incarnation{zones.string(r, 3)};
        if (!zones.is_null(r, 4)) zone.holder = Incarnation{zones.string(r, 4)};
        zone.going_home = zones.boolean(r, 5);
        out.zones.push_back(std::move(zone));
      }
      for (size_t r = 0; r < servers.size(); ++r)
        out.servers.push_back(
            {ServerName{servers.string(r, 0)}, servers.real(r, 1), servers.boolean(r, 2), servers.boolean(r, 3), servers.boolean(r, 4)});
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
         finished_at = case when $3 in ('stopped', 'completed') then clock_timestamp() else null end
   where id = $1 and state = $2 returning id, campaign_id, state)
insert into outbox (topic, key, event)
select 'job', id::text, jsonb_build_object('job', id, 'campaign', campaign_id, 'from', $2, 'state', state) from moved)",
                   Params{}.add(e.job.value).add(to_string(e.from)).add(to_string(e.to)).add(e.clears_request)});
  }
  static void add(std::vector<Connection::Statement>& out, const ClearRequest& e) {
    out.push_back(
        {"update job set requested = null where id = $1 and requested = $2", Params{}.add(e.job.value).add(to_string(e.request))});
  }
  static void add(std::vector<Connection::Statement>& out, const AllotZone& e) {
    out.push_back({"update ha_lease set desired = $2::uuid, preferred = coalesce(preferred, $3) where resource = 'zone_director/' || $1",
                   Params{}.add(e.zone).add(e.director.value).add(e.server.value)});
    out.push_back({"update zone set going_home = $2 where name = $1 and going_home <> $2", Params{}.add(e.zone).add(e.going_home)});
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
