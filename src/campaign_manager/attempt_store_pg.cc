#include "base/overloaded.h"
#include "campaign_manager/attempt_store.h"
#include "ha/fence_pg.h"
#include "runtime/pg.h"

namespace everdial {
namespace {

using pg::Connection;
using pg::Params;
using pg::Rows;
using Statements = std::vector<Connection::Statement>;

std::vector<CompletionCode> codes_of(std::string_view joined) {
  std::vector<CompletionCode> out;
  while (!joined.empty()) {
    const size_t comma = joined.find(',');
    if (const auto code = parse_enum<CompletionCode>(joined.substr(0, comma))) out.push_back(*code);
    joined = comma == std::string_view::npos ? std::string_view{} : joined.substr(comma + 1);
  }
  return out;
}

/// Columns of the saves of one commit, one array each, so that each kind is one statement however many there are.
struct Columns {
  struct {
    std::vector<int64_t> contact, number;
    std::vector<std::string> phone;
  } intents;
  struct {
    std::vector<int64_t> contact, number, sip_status, opted_out;
    std::vector<std::string> code, mpp, trunk, digits;
    std::vector<std::optional<std::string>> analysis, recording;
    std::vector<std::optional<Instant>> retry_at, placed_at, ringing_at, answered_at, ended_at;
  } results;
  struct {
    std::vector<int64_t> contact, number;
    std::vector<std::string> reason;
    std::vector<Instant> due_at;
  } aborted;
  struct {
    std::vector<int64_t> contact, number;
  } unknown;
  struct {
    std::vector<int64_t> contact;
    std::vector<std::string> code;
    std::vector<std::optional<Instant>> due_at;
  } restricted;
  std::vector<int64_t> reopened;
  bool drained = false;
  std::optional<Duration> barrier;
};

Columns columns_of(const std::vector<JobEffect>& saves) {
  Columns c;
  std::set<AttemptId> told;  // a record may be told twice within one commit
  for (const JobEffect& save : saves) {
    std::visit(Overloaded{
                   [&](const SaveIntent& s) {
                     c.intents.contact.push_back(s.attempt.contact.value);
                     c.intents.number.push_back(s.attempt.number);
                     c.intents.phone.push_back(s.phone);
                   },
                   [&](const SaveResult& s) {
                     if (!told.insert(s.record.attempt).second) return;
                     auto& r = c.results;
                     r.contact.push_back(s.record.attempt.contact.value);
                     r.number.push_back(s.record.attempt.number);
                     r.code.emplace_back(to_string(s.code));
                     r.retry_at.push_back(s.retry_at);
                     r.mpp.push_back(s.record.mpp);
                     r.trunk.push_back(s.record.trunk);
                     r.sip_status.push_back(s.record.sip_status);
                     r.opted_out.push_back(s.record.opted_out);
                     r.digits.push_back(s.record.digits);
                     r.analysis.push_back(s.record.analysis ? std::optional<std::string>(to_string(*s.record.analysis)) : std::nullopt);
                     r.recording.push_back(s.record.recording.empty() ? std::nullopt : std::optional(s.record.recording));
                     r.placed_at.push_back(s.record.placed_at);
                     r.ringing_at.push_back(s.record.ringing_at);
                     r.answered_at.push_back(s.record.answered_at);
                     r.ended_at.push_back(s.record.ended_at);
                   },
                   [&](const SaveAborted& s) {
                     c.aborted.contact.push_back(s.attempt.contact.value);
                     c.aborted.number.push_back(s.attempt.number);
                     c.aborted.reason.push_back(s.reason);
                     c.aborted.due_at.push_back(s.due_at);
                   },
                   [&](const SaveUnknown& s) {
                     c.unknown.contact.push_back(s.attempt.contact.value);
                     c.unknown.number.push_back(s.attempt.number);
                   },
                   [&](const SaveRestricted& s) {
                     c.restricted.contact.push_back(s.contact.value);
                     c.restricted.code.emplace_back(to_string(s.code));
                     c.restricted.due_at.push_back(s.due_at);
                   },
                   [&](const SaveReopened& s) { c.reopened.push_back(s.contact.value); },
                   [&](const SaveDrained&) { c.drained = true; },
                   [&](const SaveBarrier& s) { c.barrier = s.took; },
                   [](const auto&) {},
               },
               save);
  }
  return c;
}

// The job's id comes out of the batch, not as a constant, and states stand in a case: else a plan made before the tables were analysed
// takes rows of one state for few, reads them all for each row of the batch, and a job's first minute is slow (a case is even odds to it).
constexpr const char* kIntents = R"(
with i as materialized (
  select $1::bigint as job_id, * from unnest($2::bigint[], $3::bigint[], $4::text[]) as t(contact_id, number, phone)),
claimed as (
  update job_contact c set state = 'in_flight', attempts = i.number::int
    from i where c.job_id = i.job_id and c.contact_id = i.contact_id and c.attempts = i.number::int - 1
     and case c.state when 'ready' then true end
  returning i.*)
insert into attempt (job_id, contact_id, number, phone, intent_epoch, intent_by)
select job_id, contact_id, number::int, phone, $5, $6::uuid from claimed)";

// A result told twice, or after its attempt was settled otherwise, finds no row in state intent or unknown and changes nothing. What was
// UNKNOWN may be settled late: where somebody has had the contact dialed again meanwhile, that attempt counts for it.
constexpr const char* kResults = R"(
with r as materialized (
  select $1::bigint as job_id, *
    from unnest($2::bigint[], $3::bigint[], $4::text[], $5::timestamptz[], $6::text[], $7::text[], $8::bigint[], $9::bigint[],
                $10::text[], $11::text[], $12::text[], $13::timestamptz[], $14::timestamptz[], $15::timestamptz[], $16::timestamptz[])
    as t(contact_id, number, code, retry_at, mpp, trunk, sip_status, opted_out, digits, analysis, recording,
         placed_at, ringing_at, answered_at, ended_at)),
open as (
  select r.*, a.state as was, a.phone
    from r join attempt a on a.job_id = r.job_id and a.contact_id = r.contact_id and a.number = r.number::int
   where case a.state when 'intent' then true when 'unknown' then true end),
settled as (
  update attempt a set state = 'done', code = o.code, done_at = clock_timestamp(), done_epoch = $17, done_by = $18::uuid, mpp = o.mpp,
         trunk = o.trunk, sip_status = o.sip_status::int, digits = nullif(o.digits, ''), analysis = o.analysis, recording = o.recording,
         placed_at = o.placed_at, ringing_at = o.ringing_at, answered_at = o.answered_at, ended_at = o.ended_at
    from open o where a.job_id = o.job_id and a.contact_id = o.contact_id and a.number = o.number::int),
moved as (
  update job_contact c set state = case when o.retry_at is null then 'done' else 'ready' end,
         due_at = coalesce(o.retry_at, c.due_at), code = o.code, counted = counted + 1, codes = codes || o.code
    from open o where c.job_id = o.job_id and c.contact_id = o.contact_id
     and (o.was = 'intent' or c.state = 'done' and c.attempts = o.number)
  returning o.was, o.code, o.retry_at),
by_code as (
  insert into job_result (job_id, code, count) select $1, code, count(*) from open group by code
  on conflict (job_id, code) do update set count = job_result.count + excluded.count),
by_contact as (
  insert into job_contact_result (job_id, code, count)
  select $1, code, sum(n) from (
    select code, 1 as n from moved where retry_at is null
    union all select 'attempt_unknown', -1 from moved where was = 'unknown') as changes group by code
  on conflict (job_id, code) do update set count = job_contact_result.count + excluded.count),
opt_outs as (
  insert into dnc (phone, source, attempt) select phone, 'opt_out', $1 || '-' || contact_id || '-' || number from open where opted_out <> 0
  on conflict do nothing)
insert into outbox (topic, key, event)
select 'attempt', contact_id::text,
       jsonb_build_object('attempt', $1 || '-' || contact_id || '-' || number, 'job', $1, 'contact', contact_id, 'phone', phone,
         'code', code, 'answered_at', answered_at, 'ended_at', ended_at, 'trunk', trunk, 'final', retry_at is null)
  from open)";

// Within the director's allowance or not at all; a job without a goal has none, and its row is left alone.
constexpr const char* kClaimed = R"(
with claimed as (update job set claimed = claimed + $2 where id = $1 and claimed + $2 <= allowed_claims returning 1)
select allowed_claims is null or exists (select 1 from claimed) from job where id = $1)";

constexpr const char* kAborted = R"(
with r as materialized (
  select $1::bigint as job_id, *
    from unnest($2::bigint[], $3::bigint[], $4::text[], $5::timestamptz[]) as t(contact_id, number, reason, due_at)),
open as (
  select r.*, a.state as was, a.phone
    from r join attempt a on a.job_id = r.job_id and a.contact_id = r.contact_id and a.number = r.number::int
   where case a.state when 'intent' then true when 'unknown' then true end),
settled as (
  update attempt a set state = 'aborted', code = o.reason, done_at = clock_timestamp(), done_epoch = $6, done_by = $7::uuid
    from open o where a.job_id = o.job_id and a.contact_id = o.contact_id and a.number = o.number::int),
moved as (
  update job_contact c set state = 'ready', due_at = o.due_at
    from open o where c.job_id = o.job_id and c.contact_id = o.contact_id
     and (o.was = 'intent' or c.state = 'done' and c.attempts = o.number)
  returning o.was),
by_contact as (
  insert into job_contact_result (job_id, code, count)
  select $1, 'attempt_unknown', -count(*) from moved where was = 'unknown' having count(*) > 0
  on conflict (job_id, code) do update set count = job_contact_result.count + excluded.count)
insert into outbox (topic, key, event)
select 'attempt', contact_id::text,
       jsonb_build_object('attempt', $1 || '-' || contact_id || '-' || number, 'job', $1, 'contact', contact_id, 'phone', phone,
         'code', reason, 'final', false)
  from open where was = 'unknown')";

constexpr const char* kUnknown = R"(
with r as materialized (select $1::bigint as job_id, * from unnest($2::bigint[], $3::bigint[]) as t(contact_id, number)),
open as (
  update attempt a set state = 'unknown', code = 'attempt_unknown', done_at = clock_timestamp(), done_epoch = $4, done_by = $5::uuid
    from r where a.job_id = r.job_id and a.contact_id = r.contact_id and a.number = r.number::int
     and case a.state when 'intent' then true end
  returning a.job_id, a.contact_id, a.number, a.phone),
moved as (
  update job_contact c set state = 'done', code = 'attempt_unknown' from open
   where c.job_id = open.job_id and c.contact_id = open.contact_id),
by_contact as (
  insert into job_contact_result (job_id, code, count) select $1, 'attempt_unknown', count(*) from open having count(*) > 0
  on conflict (job_id, code) do update set count = job_contact_result.count + excluded.count)
insert into outbox (topic, key, event)
select 'attempt', contact_id::text,
       jsonb_build_object('attempt', $1 || '-' || contact_id || '-' || number, 'job', $1, 'contact', contact_id, 'phone', phone,
         'code', 'attempt_unknown', 'final', true)
  from open)";

constexpr const char* kRestricted = R"(
with r as materialized (
  select $1::bigint as job_id, * from unnest($2::bigint[], $3::text[], $4::timestamptz[]) as t(contact_id, code, due_at)),
moved as (
  update job_contact c
     set state = case when r.due_at is null then 'done' else 'ready' end, due_at = coalesce(r.due_at, c.due_at), code = r.code
    from r where c.job_id = r.job_id and c.contact_id = r.contact_id
     and case c.state when 'ready' then true end
  returning c.contact_id, c.state, c.code),
by_contact as (
  insert into job_contact_result (job_id, code, count) select $1, code, count(*) from moved where state = 'done' group by code
  on conflict (job_id, code) do update set count = job_contact_result.count + excluded.count)
insert into outbox (topic, key, event)
select 'contact', contact_id::text, jsonb_build_object('job', $1, 'contact', contact_id, 'code', code, 'final', true)
  from moved where state = 'done')";

// Done with, and to be claimed once more: what it was counted as is counted back.
constexpr const char* kReopened = R"(
with r as materialized (select $1::bigint as job_id, * from unnest($2::bigint[]) as t(contact_id)),
was as (
  select c.job_id, c.contact_id, c.code from r join job_contact c on c.job_id = r.job_id and c.contact_id = r.contact_id
   where case c.state when 'done' then true end for update of c),
moved as (
  update job_contact c set state = 'ready', due_at = clock_timestamp() from was
   where c.job_id = was.job_id and c.contact_id = was.contact_id)
insert into job_contact_result (job_id, code, count) select $1, code, -count(*) from was where code is not null group by code
on conflict (job_id, code) do update set count = job_contact_result.count + excluded.count)";

constexpr const char* kDrained = R"(
update job set drained = true
 where id = $1 and state in ('running', 'pausing', 'stopping')
   and not exists (select 1 from job_contact where job_id = $1 and state = 'in_flight')
   and (state <> 'running' or not exists (select 1 from job_contact where job_id = $1 and state = 'ready')))";

const std::string kOpen =
    "select a.contact_id, a.number, a.phone, array_to_string(c.codes, ','), a.intent_at from attempt a join job_contact c "
    "using (job_id, contact_id) where a.job_id = $1 and a.state = ";

std::vector<UnsettledAttempt> open_attempts(JobId job, const Rows& rows) {
  std::vector<UnsettledAttempt> out;
  for (size_t r = 0; r < rows.size(); ++r)
    out.push_back({AttemptId{job, ContactId{rows.integer(r, 0)}, static_cast<int>(rows.integer(r, 1))}, rows.string(r, 2),
                   codes_of(rows.text(r, 3)), rows.instant(r, 4)});
  return out;
}

class PgAttemptStore final : public AttemptStore {
 public:
  explicit PgAttemptStore(pg::Pool& pool) : pool_(pool) {}

  Result<JobLoaded> load(const LeaseGrant& grant, JobId job) override {
    return pool_.transaction<JobLoaded>([&](Connection& c) -> Result<JobLoaded> {
      auto rows = c.pipeline({fence(grant),
                              {"select c.id, c.name, c.list_id, c.strategy::text, c.calls_per_second, c.max_calls, j.state, "
                               "c.finish::text, j.claimed, c.agents::text, j.zone from job j join "
                               "campaign c on c.id = j.campaign_id where j.id = $1",
                               Params{}.add(job.value)},
                              {kOpen + "'intent'", Params{}.add(job.value)},
                              {kOpen + "'unknown'", Params{}.add(job.value)},
                              {"select name from mpp order by name", {}}});
      if (!rows.ok()) return rows.error();
      const Rows &campaign = (*rows)[1], &mpps = (*rows)[4];
      if (campaign.empty()) return Error{ErrorKind::not_found, "job " + to_string(job) + " does not exist"};
      JobLoaded out;
      auto strategy = strategy_from_json(campaign.string(0, 3));
      if (!strategy.ok())
        return Error{ErrorKind::invalid, "strategy of campaign " + campaign.string(0, 1) + ": " + strategy.error().message};
      auto finish = finish_from_json(campaign.string(0, 7));
      if (!finish.ok())
        return Error{ErrorKind::invalid, "finish criteria of campaign " + campaign.string(0, 1) + ": " + finish.error().message};
      out.campaign = Campaign{CampaignId{campaign.integer(0, 0)},
                              campaign.string(0, 1),
                              ContactListId{campaign.integer(0, 2)},
                              *strategy,
                              campaign.real(0, 4),
                              static_cast<int>(campaign.integer(0, 5)),
                              *finish};
      out.claimed = campaign.integer(0, 8);
      out.zone = campaign.string(0, 10);
      if (!campaign.is_null(0, 9)) {
        auto agents = agent_settings_from_json(campaign.string(0, 9));
        if (!agents.ok()) return Error{ErrorKind::invalid, "agents of campaign " + campaign.string(0, 1) + ": " + agents.error().message};
        out.campaign.agents = std::move(*agents);
      }
      out.state = parse_enum<JobState>(campaign.text(0, 6)).value_or(JobState::queued);
      out.unsettled = open_attempts(job, (*rows)[2]);
      out.unknown = open_attempts(job, (*rows)[3]);
      for (size_t r = 0; r < mpps.size(); ++r) out.mpps.push_back(mpps.string(r, 0));
      return out;
    });
  }

  Result<DueFetched> fetch_due(JobId job, const std::optional<DueKey>& after, int limit, Instant now) override {
    auto rows = pool_.query(
        "select q.contact_id, q.due_at, q.attempts, array_to_string(q.codes, ','), c.phone, c.time_zone from ("
        "  select contact_id, due_at, attempts, codes from job_contact where job_id = $1 and state = 'ready' and due_at <= $2 and (due_at, "
        "contact_id) > ($3, $4) "
        "  order by due_at, contact_id limit $5) q join contact c on c.id = q.contact_id order by q.due_at, q.contact_id",
        Params{}
            .add(job.value)
            .add(now)
            .add(after ? after->due_at : from_micros(-1))
            .add(after ? after->contact.value : int64_t{0})
            .add(limit));
    if (!rows.ok()) return rows.error();
    DueFetched out;
    for (size_t r = 0; r < rows->size(); ++r)
      out.contacts.push_back({{rows->instant(r, 1), ContactId{rows->integer(r, 0)}},
                              rows->string(r, 4),
                              rows->string(r, 5),
                              static_cast<int>(rows->integer(r, 2)),
                              codes_of(rows->text(r, 3))});
    out.exhausted = static_cast<int>(rows->size()) < limit;
    if (rows->empty() && !after) {
      auto left = pool_.query("select exists (select 1 from job_contact where job_id = $1 and state = 'ready')", Params{}.add(job.value));
      if (!left.ok()) return left.error();
      out.nothing_left = !left->boolean(0, 0);
    }
    return out;
  }

  Result<std::optional<DueContact>> fetch_contact(JobId job, ContactId contact) override {
    auto rows = pool_.query(
        "select q.due_at, q.attempts, array_to_string(q.codes, ','), c.phone, c.time_zone from job_contact q join contact c on c.id = "
        "q.contact_id where q.job_id = $1 and q.contact_id = $2 and q.state <> 'in_flight'",
        Params{}.add(job.value).add(contact.value));
    if (!rows.ok()) return rows.error();
    if (rows->empty()) return std::optional<DueContact>{};
    return std::optional(DueContact{{rows->instant(0, 0), contact},
                                    rows->string(0, 3),
                                    rows->string(0, 4),
                                    static_cast<int>(rows->integer(0, 1)),
                                    codes_of(rows->text(0, 2))});
  }

  Status commit(const LeaseGrant& grant, JobId job, const std::vector<JobEffect>& saves, Instant) override {
    const Columns c = columns_of(saves);
    Statements statements{fence(grant)};
    const int64_t epoch = grant.epoch.value;
    const std::string& me = grant.incarnation.value;
    if (!c.results.contact.empty()) {
      const auto& r = c.results;
      statements.push_back({kResults, Params{}
                                          .add(job.value)
                                          .add(r.contact)
                                          .add(r.number)
                                          .add(r.code)
                                          .add(r.retry_at)
                                          .add(r.mpp)
                                          .add(r.trunk)
                                          .add(r.sip_status)
                                          .add(r.opted_out)
                                          .add(r.digits)
                                          .add(r.analysis)
                                          .add(r.recording)
                                          .add(r.placed_at)
                                          .add(r.ringing_at)
                                          .add(r.answered_at)
                                          .add(r.ended_at)
                                          .add(epoch)
                                          .add(me)});
    }
    if (!c.aborted.contact.empty())
      statements.push_back({kAborted, Params{}
                                          .add(job.value)
                                          .add(c.aborted.contact)
                                          .add(c.aborted.number)
                                          .add(c.aborted.reason)
                                          .add(c.aborted.due_at)
                                          .add(epoch)
                                          .add(me)});
    if (!c.unknown.contact.empty())
      statements.push_back({kUnknown, Params{}.add(job.value).add(c.unknown.contact).add(c.unknown.number).add(epoch).add(me)});
    if (!c.restricted.contact.empty())
      statements.push_back(
          {kRestricted, Params{}.add(job.value).add(c.restricted.contact).add(c.restricted.code).add(c.restricted.due_at)});
    if (!c.reopened.empty()) statements.push_back({kReopened, Params{}.add(job.value).add(c.reopened)});
    const size_t intents_at = statements.size();
    const auto claims = static_cast<int64_t>(c.intents.contact.size());
    if (claims > 0) {
      statements.push_back(
          {kIntents, Params{}.add(job.value).add(c.intents.contact).add(c.intents.number).add(c.intents.phone).add(epoch).add(me)});
      statements.push_back({kClaimed, Params{}.add(job.value).add(claims)});
    }
    if (c.barrier)
      statements.push_back(
          {"update ha_history set barrier_ms = $3 where res_id = $1 and epoch = $2 and to_incarnation = $4::uuid",
           Params{}.add(grant.res_id).add(epoch).add(std::chrono::duration<double, std::milli>(*c.barrier).count()).add(me)});
    if (c.drained) statements.push_back({kDrained, Params{}.add(job.value)});
    return pool_.transaction<std::monostate>([&](Connection& connection) -> Status {
      auto rows = connection.pipeline(statements);
      if (!rows.ok()) return rows.error();
      if (claims > 0 && (*rows)[intents_at].affected() != claims)
        return Error{ErrorKind::conflict, "job " + to_string(job) + ": a contact was not ready when its intent was written"};
      if (claims > 0 && !(*rows)[intents_at + 1].boolean(0, 0))
        return Error{ErrorKind::conflict, "job " + to_string(job) + ": more contacts were claimed than its director allows"};
      return success();
    });
  }

  Result<std::map<JobId, JobStateSeen>> states(const std::vector<JobId>& jobs) override {
    std::vector<int64_t> ids;
    for (JobId job : jobs) ids.push_back(job.value);
    auto rows =
        pool_.query("select id, state, allowed_claims, allowed_ms, allowance_seq from job where id = any($1::bigint[])", Params{}.add(ids));
    if (!rows.ok()) return rows.error();
    std::map<JobId, JobStateSeen> out;
    for (size_t r = 0; r < rows->size(); ++r) {
      JobStateSeen seen{.state = parse_enum<JobState>(rows->text(r, 1)).value_or(JobState::queued),
                        .allowance = {rows->optional_integer(r, 2), std::nullopt},
                        .allowance_seq = rows->integer(r, 4)};
      if (!rows->is_null(r, 3)) seen.allowance.valid_for = std::chrono::milliseconds(rows->integer(r, 3));
      out[JobId{rows->integer(r, 0)}] = seen;
    }
    return out;
  }

  Result<std::vector<AttemptId>> settled(const std::vector<AttemptId>& attempts) override {
    std::vector<int64_t> jobs, contacts, numbers;
    for (const AttemptId& attempt : attempts) {
      jobs.push_back(attempt.job.value);
      contacts.push_back(attempt.contact.value);
      numbers.push_back(attempt.number);
    }
    auto rows = pool_.query(
        "select q.job_id, q.contact_id, q.number from unnest($1::bigint[], $2::bigint[], $3::int[]) as q (job_id, contact_id, number) "
        "left join attempt a using (job_id, contact_id, number) where a.state is null or a.state in ('done', 'aborted')",
        Params{}.add(jobs).add(contacts).add(numbers));
    if (!rows.ok()) return rows.error();
    std::vector<AttemptId> out;
    for (size_t r = 0; r < rows->size(); ++r)
      out.push_back({JobId{rows->integer(r, 0)}, ContactId{rows->integer(r, 1)}, static_cast<int>(rows->integer(r, 2))});
    return out;
  }

 private:
  pg::Pool& pool_;
};

}  // namespace

std::unique_ptr<AttemptStore> make_pg_attempt_store(pg::Pool& pool) { return std::make_unique<PgAttemptStore>(pool); }

}  // namespace everdial
