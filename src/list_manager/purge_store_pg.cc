#include "ha/fence_pg.h"
#include "list_manager/purge_store.h"
#include "runtime/pg.h"

namespace everdial {
namespace {

using pg::Connection;
using pg::Params;
using pg::Rows;

constexpr const char* kBeginPurge = R"(
update purge set state = 'running' where id = $1 and state in ('queued', 'running')
returning phase, case phase when 'attempts' then attempts_days when 'contacts' then contacts_days when 'uploads' then uploads_days
                            when 'orders' then orders_days else exports_days end)";

// A job's attempts go with their queue rows and with what agents made of them, contact by contact; what the history has not taken up yet
// stays.
constexpr const char* kPurgeAttempts = R"(
with old as (
  select j.id from job j, history_state h
   where j.state in ('stopped', 'completed') and not j.purged and j.finished_at < clock_timestamp() - $2 * interval '1 day'
     and j.finished_at <= h.until
     and not exists (select from data_export e where e.job_id = j.id and e.state in ('queued', 'running'))
   order by j.id limit 1),
picked as (
  select q.job_id, q.contact_id from old cross join lateral (
    select job_id, contact_id from job_contact where job_id = old.id order by contact_id limit $3) q),
attempts as (
  delete from attempt a using picked p where a.job_id = p.job_id and a.contact_id = p.contact_id
  returning a.job_id || '-' || a.contact_id || '-' || a.number as id),
dispositions as (delete from disposition d using attempts a where d.attempt = a.id),
callbacks as (delete from callback c using attempts a where c.attempt = a.id),
queue as (delete from job_contact q using picked p where q.job_id = p.job_id and q.contact_id = p.contact_id returning 1),
done as (update job set purged = true where id = (select id from old) and (select count(*) from picked) < $3)
update purge set attempts = attempts + (select count(*) from attempts), queue_rows = queue_rows + (select count(*) from queue)
 where id = $1 and exists (select from old))";

// A list that no job has used for so long, nor an import filled. Held, with its campaigns, so that no job of it begins meanwhile: whoever
// starts one holds the campaign's row, and a new campaign refers to the list's.
constexpr const char* kOldList = R"(
select l.id from contact_list l
 where exists (select from contact c where c.list_id = l.id)
   and exists (select from campaign c join job j on j.campaign_id = c.id where c.list_id = l.id)
   and not exists (select from campaign c join job j on j.campaign_id = c.id where c.list_id = l.id
                      and (j.state not in ('stopped', 'completed') or j.finished_at >= clock_timestamp() - $1 * interval '1 day'
                           or j.finished_at > (select until from history_state)))
   and not exists (select from contact_import i where i.list_id = l.id
                      and (i.state in ('uploading', 'collecting', 'queued', 'running')
                           or i.finished_at >= clock_timestamp() - $1 * interval '1 day'))
   and not exists (select from data_export e left join job j on j.id = e.job_id left join campaign c on c.id = j.campaign_id
                    where coalesce(e.list_id, c.list_id) = l.id and e.state in ('queued', 'running'))
   and ($2 = 0::bigint or l.id = $2)
 order by l.id limit 1)";

constexpr const char* kPurgeContacts = R"(
with picked as (select id from contact where list_id = $2 order by id limit $3),
jobs as (select j.id from campaign c join job j on j.campaign_id = c.id where c.list_id = $2),
attempts as (
  delete from attempt a using jobs j, picked p where a.job_id = j.id and a.contact_id = p.id
  returning a.job_id || '-' || a.contact_id || '-' || a.number as id),
dispositions as (delete from disposition d using attempts a where d.attempt = a.id),
callbacks as (delete from callback c using attempts a where c.attempt = a.id),
notes as (delete from contact_note n using picked p where n.contact_id = p.id),
changes as (delete from contact_change c using picked p where c.contact_id = p.id),
queue as (delete from job_contact q using jobs j, picked p where q.job_id = j.id and q.contact_id = p.id returning 1),
contacts as (delete from contact c using picked p where c.id = p.id returning 1),
list as (update contact_list set purged = purged + (select count(*) from contacts) where id = $2)
update purge set attempts = attempts + (select count(*) from attempts), queue_rows = queue_rows + (select count(*) from queue),
       contacts = contacts + (select count(*) from contacts)
 where id = $1)";

constexpr const char* kPurgeUploads = R"(
with picked as (
  select c.import_id, c.first_byte from contact_import_chunk c join contact_import i on i.id = c.import_id
   where i.state in ('completed', 'failed', 'cancelled')
     and coalesce(i.finished_at, i.created_at) < clock_timestamp() - $2 * interval '1 day' limit $3),
gone as (delete from contact_import_chunk c using picked p where c.import_id = p.import_id and c.first_byte = p.first_byte returning 1)
update purge set uploads = uploads + (select count(*) from gone) where id = $1 and exists (select from picked))";

// Pending ones end within minutes; what is in doubt stays.
constexpr const char* kPurgeOrders = R"(
with gone as (
  delete from agent_order where id in (
    select id from agent_order where state <> 'pending' and ended_at < clock_timestamp() - $2 * interval '1 day' order by id limit $3)
  returning 1)
update purge set orders = orders + (select count(*) from gone) where id = $1 and exists (select from gone))";

constexpr const char* kPurgeExports = R"(
with old as (
  select id from data_export where state in ('completed', 'failed', 'cancelled') and finished_at < clock_timestamp() - $2 * interval '1 day'
   order by id limit 1),
picked as (select c.export_id, c.first_byte from old join data_export_chunk c on c.export_id = old.id limit $3),
gone as (delete from data_export_chunk c using picked p where c.export_id = p.export_id and c.first_byte = p.first_byte returning 1),
whole as (
  delete from data_export e using old where e.id = old.id and (select count(*) from data_export_chunk c where c.export_id = old.id) < $3
  returning 1)
update purge set exports = exports + (select count(*) from whole) where id = $1 and exists (select from old))";

constexpr const char* kNextPhase = R"(
update purge set phase = case phase when 'attempts' then 'contacts' when 'contacts' then 'uploads' when 'uploads' then 'orders'
                         else 'exports' end,
       state = case phase when 'exports' then 'completed' else state end,
       finished_at = case phase when 'exports' then clock_timestamp() end
 where id = $1 returning state = 'completed')";

class PgPurgeStore final : public PurgeStore {
 public:
  explicit PgPurgeStore(pg::Pool& pool) : pool_(pool) {}

  Result<std::vector<LeasedWork::Task>> waiting_purges() override {
    auto rows = pool_.query(
        "select 'purge/' || p.id, l.incarnation is not null from purge p left join ha_lease l on l.resource = 'purge/' || p.id "
        "where p.state in ('queued', 'running') order by p.id");
    if (!rows.ok()) return rows.error();
    std::vector<LeasedWork::Task> out;
    for (size_t r = 0; r < rows->size(); ++r) out.push_back({Resource{rows->string(r, 0)}, rows->boolean(r, 1)});
    return out;
  }

  Result<bool> purge_step(const LeaseGrant& grant, const PurgeLimits& limits) override {
    const int64_t id = number_of(grant.resource);
    return pool_.transaction<bool>([&](Connection& c) -> Result<bool> {
      auto begun = c.pipeline({fence(grant), {kBeginPurge, Params{}.add(id)}});
      if (!begun.ok()) return begun.error();
      const Rows& purge = (*begun)[1];
      if (purge.empty()) return true;
      const std::string phase = purge.string(0, 0);
      const auto days = purge.optional_integer(0, 1);
      if (days) {
        const auto removed = batch(c, phase, id, *days, limits);
        if (!removed.ok()) return removed.error();
        if (*removed) return false;
      }
      auto next = c.query(kNextPhase, Params{}.add(id));
      if (!next.ok()) return next.error();
      return next->boolean(0, 0);
    });
  }

 private:
  /// False when there was nothing to remove.
  static Result<bool> batch(Connection& c, const std::string& phase, int64_t id, int64_t days, const PurgeLimits& limits) {
    if (phase == "contacts") return contacts(c, id, days, limits.contacts_per_step);
    const char* sql = phase == "attempts"  ? kPurgeAttempts
                      : phase == "uploads" ? kPurgeUploads
                      : phase == "orders"  ? kPurgeOrders
                                           : kPurgeExports;
    const int most = phase == "attempts" ? limits.contacts_per_step : limits.chunks_per_step;
    auto removed = c.query(sql, Params{}.add(id).add(days).add(most));
    if (!removed.ok()) return removed.error();
    return removed->affected() > 0;
  }

  static Result<bool> contacts(Connection& c, int64_t id, int64_t days, int most) {
    auto old = c.query(kOldList, Params{}.add(days).add(int64_t{0}));
    if (!old.ok()) return old.error();
    if (old->empty()) return false;
    const int64_t list = old->integer(0, 0);
    auto held = c.pipeline({{"select 1 from contact_list where id = $1 for update", Params{}.add(list)},
                            {"select 1 from campaign where list_id = $1 order by id for update", Params{}.add(list)},
                            {kOldList, Params{}.add(days).add(list)}});
    if (!held.ok()) return held.error();
    // Somebody has begun to use it just now: it is not old any more, and the next step sees that, too.
    if ((*held)[2].empty()) return true;
    auto removed = c.query(kPurgeContacts, Params{}.add(id).add(list).add(most));
    if (!removed.ok()) return removed.error();
    return true;
  }

  pg::Pool& pool_;
};

}  // namespace

std::unique_ptr<PurgeStore> make_pg_purge_store(pg::Pool& pool) { return std::make_unique<PgPurgeStore>(pool); }

}  // namespace everdial
