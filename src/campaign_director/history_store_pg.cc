#include "campaign_director/history_store.h"
#include "ha/fence_pg.h"
#include "runtime/pg.h"

namespace everdial {
namespace {

using pg::Connection;
using pg::Params;

// A result carries the time of its statement and may be committed later. Whatever is older than all transactions under way, as of the
// beginning of this statement, is committed; what reads it must come after, with a snapshot of its own.
constexpr const char* kHorizon = R"(
update history_state set horizon = greatest(horizon, least(statement_timestamp(), (
         select min(xact_start) from pg_stat_activity where datname = current_database() and pid <> pg_backend_pid()))
         - interval '1 microsecond')
returning until, horizon)";

// The last result of a step that is full; more than one may bear its time, and then all of them are taken.
constexpr const char* kCut = "select done_at from attempt where done_at > $1 and done_at <= $2 order by done_at offset $3 limit 1";

constexpr const char* kTakeUp = R"(
with results as (
  select job_id, date_trunc('hour', coalesce(ended_at, done_at), 'UTC') as hour, code, answered_at is not null as picked_up,
         analysis, extract(epoch from coalesce(answered_at, ended_at) - ringing_at) * 1000 as ring_ms,
         extract(epoch from ended_at - answered_at) * 1000 as talk_ms
    from attempt where done_at > $1 and done_at <= $2 and state = 'done'),
judged as (
  select *, picked_up and code in ('call_lost', 'general_failure', 'nuisance') and analysis is distinct from 'answer_machine' as dropped
    from results)
insert into job_hour as h (job_id, hour, code, attempts, answered, nuisance, ring_ms, talk_ms)
select job_id, hour, code, count(*),
       count(*) filter (where code in ('answer_human', 'opted_out') or dropped), count(*) filter (where dropped),
       coalesce(sum(ring_ms), 0)::bigint, coalesce(sum(talk_ms), 0)::bigint
  from judged group by job_id, hour, code
on conflict (job_id, hour, code) do update
  set attempts = h.attempts + excluded.attempts, answered = h.answered + excluded.answered, nuisance = h.nuisance + excluded.nuisance,
      ring_ms = h.ring_ms + excluded.ring_ms, talk_ms = h.talk_ms + excluded.talk_ms)";

constexpr const char* kAlarms = R"(
with touched as (
  select distinct j.campaign_id, (coalesce(a.ended_at, a.done_at) at time zone 'UTC')::date as day
    from attempt a join job j on j.id = a.job_id where a.done_at > $1 and a.done_at <= $2 and a.state = 'done'),
days as (
  select t.campaign_id, t.day, sum(h.answered) as answered, sum(h.nuisance) as nuisance
    from touched t join job j on j.campaign_id = t.campaign_id
    join job_hour h on h.job_id = j.id and h.hour >= t.day::timestamp at time zone 'UTC'
         and h.hour < (t.day + 1)::timestamp at time zone 'UTC'
   group by t.campaign_id, t.day)
insert into nuisance_alarm as n (campaign_id, day, answered, nuisance, most)
select d.campaign_id, d.day, d.answered, d.nuisance, m.most from days d join campaign c on c.id = d.campaign_id
 cross join lateral (select coalesce((c.agents ->> 'abandoned_most')::double precision, $4) as most) m
 where d.answered >= $3 and d.nuisance > m.most * d.answered
on conflict (campaign_id, day) do update set answered = excluded.answered, nuisance = excluded.nuisance, most = excluded.most
returning campaign_id, day::text, answered, nuisance, n.xmax = 0)";

class PgHistoryStore final : public HistoryStore {
 public:
  explicit PgHistoryStore(pg::Pool& pool) : pool_(pool) {}

  Result<Step> take_up(const LeaseGrant& grant, const HistoryLimits& limits) override {
    return pool_.transaction<Step>([&](Connection& c) -> Result<Step> {
      auto horizon = c.pipeline({fence(grant), {kHorizon, {}}});
      if (!horizon.ok()) return horizon.error();
      const std::string from = (*horizon)[1].string(0, 0), until = (*horizon)[1].string(0, 1);
      auto cut = c.query(kCut, Params{}.add(from).add(until).add(limits.attempts_per_step - 1));
      if (!cut.ok()) return cut.error();
      Step step{.caught_up = cut->empty(), .raised = {}};
      const Params span = Params{}.add(from).add(step.caught_up ? until : cut->string(0, 0));
      auto results = c.pipeline({{kTakeUp, span},
                                 {kAlarms, Params(span).add(limits.least_answered).add(limits.most_nuisance)},
                                 {"update history_state set until = $2 where until = $1", span}});
      if (!results.ok()) return results.error();
      const pg::Rows& raised = (*results)[1];
      for (size_t r = 0; r < raised.size(); ++r)
        if (raised.boolean(r, 4))
          step.raised.push_back({CampaignId{raised.integer(r, 0)}, raised.string(r, 1), raised.integer(r, 2), raised.integer(r, 3)});
      return step;
    });
  }

 private:
  pg::Pool& pool_;
};

}  // namespace

std::unique_ptr<HistoryStore> make_pg_history_store(pg::Pool& pool) { return std::make_unique<PgHistoryStore>(pool); }

}  // namespace everdial
