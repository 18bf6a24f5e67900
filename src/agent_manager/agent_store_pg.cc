#include <map>
#include <tuple>

#include "agent_manager/agent_record.h"
#include "agent_manager/agent_store.h"
#include "agent_manager/agent_times.h"
#include "base/overloaded.h"
#include "ha/fence_pg.h"
#include "runtime/pg.h"

namespace everdial::zone {
namespace {

using pg::Connection;
using pg::Params;
using pg::Rows;

/// What one commit saves: one array per column, so that each kind is one statement however many there are. Of two saves of one row within a
/// commit the last counts.
struct Saves {
  std::map<AgentId, const Agent*> agents;
  std::map<AttemptId, const LiveCall*> calls;  ///< null: removed
  AgentTimes times;
  struct {
    std::vector<std::string> attempt, code, note;
    std::vector<int64_t> agent;
  } dispositions;
  struct {
    std::vector<std::string> attempt, text;
    std::vector<int64_t> contact, agent;
  } notes;
  std::map<std::pair<ContactId, std::string>, const SaveAttribute*> attributes;
  struct {
    std::vector<std::string> phone, attempt;
  } dnc;
  struct {
    std::vector<std::string> attempt, kind, phone, note;
    std::vector<int64_t> agent;
    std::vector<Instant> due_at, until;
  } callbacks;
  struct {
    std::vector<int64_t> id;
    std::vector<std::string> how;
  } ended;
  std::map<JobId, const SavePacing*> pacing;
  struct {
    std::vector<int64_t> id;
    std::vector<std::string> how, why;
  } orders;
  struct {
    std::vector<int64_t> id;
    std::vector<Instant> at;
  } queue_steps;
};

Saves saves_of(const std::vector<Effect>& effects) {
  Saves s;
  for (const Effect& effect : effects)
    std::visit(Overloaded{
                   [&](const SaveAgent& e) { s.agents[e.agent.id] = &e.agent; },
                   [&](const SaveCall& e) { s.calls[e.call.attempt] = &e.call; },
                   [&](const RemoveCall& e) { s.calls[e.attempt] = nullptr; },
                   [&](const SaveTime& e) { s.times.add(e); },
                   [&](const SaveAway& e) { s.times.add(e); },
                   [&](const SaveDisposition& e) {
                     s.dispositions.attempt.push_back(to_string(e.attempt));
                     s.dispositions.agent.push_back(e.agent.value);
                     s.dispositions.code.push_back(e.code);
                     s.dispositions.note.push_back(e.note);
                   },
                   [&](const SaveNote& e) {
                     s.notes.attempt.push_back(to_string(e.attempt));
                     s.notes.contact.push_back(e.attempt.contact.value);
                     s.notes.agent.push_back(e.agent.value);
                     s.notes.text.push_back(e.text);
                   },
                   [&](const SaveAttribute& e) {
                     s.attributes[{e.contact, e.name}] = &e;
                   },
                   [&](const SaveDnc& e) {
                     s.dnc.phone.push_back(e.phone);
                     s.dnc.attempt.push_back(to_string(e.attempt));
                   },
                   [&](const SaveCallback& e) {
                     s.callbacks.attempt.push_back(to_string(e.attempt));
                     s.callbacks.agent.push_back(e.agent.value);
                     s.callbacks.kind.emplace_back(to_string(e.callback.kind));
                     s.callbacks.phone.push_back(e.phone);
                     s.callbacks.due_at.push_back(e.callback.at);
                     s.callbacks.until.push_back(e.callback.until);
                     s.callbacks.note.push_back(e.callback.note);
                   },
                   [&](const SaveCallbackEnd& e) {
                     s.ended.id.push_back(e.id);
                     s.ended.how.push_back(e.how);
                   },
                   [&](const SavePacing& e) { s.pacing[e.job] = &e; },
                   [&](const SaveOrderEnd& e) {
                     s.orders.id.push_back(e.id);
                     s.orders.how.push_back(e.how);
                     s.orders.why.push_back(e.why);
                   },
                   [&](const SaveQueueStep& e) {
                     s.queue_steps.id.push_back(e.queue);
                     s.queue_steps.at.push_back(e.at);
                   },
                   [](const auto&) {},
               },
               effect);
  return s;
}

using Statements = std::vector<Connection::Statement>;

void add_agents(const Saves& saves, const std::string& zone, Statements& out) {
  std::vector<int64_t> ids;
  std::vector<std::optional<int64_t>> jobs;
  std::vector<std::string> agent, nail, call, job, records;
  std::vector<std::optional<std::string>> attempts;
  std::vector<Instant> since;
  for (const auto& [id, row] : saves.agents) {
    ids.push_back(id.value);
    agent.emplace_back(to_string(row->states.agent));
    nail.emplace_back(to_string(row->states.nail));
    call.emplace_back(to_string(row->states.call));
    job.emplace_back(to_string(row->states.job));
    jobs.push_back(row->job ? std::optional(row->job->value) : std::nullopt);
    attempts.push_back(row->attempt ? std::optional(to_string(*row->attempt)) : std::nullopt);
    since.push_back(row->since);
    records.push_back(to_json(*row));
  }
  if (ids.empty()) return;
  out.push_back({R"(
insert into agent_state (agent_id, agent_state, nail_state, call_state, job_state, job_id, attempt, since, record)
select id, a, n, c, j, job, attempt, since, record::jsonb
  from unnest($1::bigint[], $2::text[], $3::text[], $4::text[], $5::text[], $6::bigint[], $7::text[], $8::timestamptz[], $9::text[])
       as s (id, a, n, c, j, job, attempt, since, record)
 where exists (select 1 from agent where agent.id = s.id and agent.zone = $10)
on conflict (agent_id) do update set
  agent_state = excluded.agent_state, nail_state = excluded.nail_state, call_state = excluded.call_state, job_state = excluded.job_state,
  job_id = excluded.job_id, attempt = excluded.attempt, since = excluded.since, record = excluded.record)",
                 Params{}.add(ids).add(agent).add(nail).add(call).add(job).add(jobs).add(attempts).add(since).add(records).add(zone)});
}

void add_calls(const Saves& saves, const std::string& zone, Statements& out) {
  std::vector<std::string> attempts, phones, removed;
  std::vector<Instant> live_at, nuisance_at;
  std::vector<bool> nuisance;
  for (const auto& [attempt, call] : saves.calls) {
    if (!call) {
      removed.push_back(to_string(attempt));
      continue;
    }
    attempts.push_back(to_string(attempt));
    phones.push_back(call->phone);
    live_at.push_back(call->live_at);
    nuisance_at.push_back(call->nuisance_at);
    nuisance.push_back(call->nuisance);
  }
  if (!removed.empty()) out.push_back({"delete from live_call where attempt = any($1::text[])", Params{}.add(removed)});
  if (!attempts.empty())
    out.push_back(
        {"insert into live_call (zone, attempt, phone, live_at, nuisance_at, nuisance) select $1, * from "
         "unnest($2::text[], $3::text[], $4::timestamptz[], $5::timestamptz[], $6::boolean[]) "
         "on conflict (attempt) do update set nuisance = excluded.nuisance",
         Params{}.add(zone).add(attempts).add(phones).add(live_at).add(nuisance_at).add(nuisance)});
}

void add_times(const Saves& saves, Statements& out) {
  std::vector<int64_t> agents, ms;
  std::vector<Instant> days;
  std::vector<std::string> states;
  for (const auto& [key, time] : saves.times.all()) {
    agents.push_back(std::get<0>(key).value);
    days.push_back(std::get<1>(key));
    states.push_back(std::get<2>(key));
    ms.push_back(time / 1ms);
  }
  if (!agents.empty())
    out.push_back(
        {"insert into agent_time (agent_id, day, state, ms) select a, (d at time zone 'UTC')::date, s, ms from "
         "unnest($1::bigint[], $2::timestamptz[], $3::text[], $4::bigint[]) as t (a, d, s, ms) "
         "on conflict (agent_id, day, state) do update set ms = agent_time.ms + excluded.ms",
         Params{}.add(agents).add(days).add(states).add(ms)});
}

void add_work(const Saves& saves, Statements& out) {
  const auto& d = saves.dispositions;
  if (!d.attempt.empty())
    out.push_back(
        {"insert into disposition (attempt, agent_id, code, note) select * from "
         "unnest($1::text[], $2::bigint[], $3::text[], $4::text[])",
         Params{}.add(d.attempt).add(d.agent).add(d.code).add(d.note)});
  const auto& n = saves.notes;
  if (!n.attempt.empty())
    out.push_back(
        {"insert into contact_note (contact_id, attempt, agent_id, note) select * from "
         "unnest($1::bigint[], $2::text[], $3::bigint[], $4::text[])",
         Params{}.add(n.contact).add(n.attempt).add(n.agent).add(n.text)});
  std::vector<int64_t> contacts, agents;
  std::vector<std::string> names, values;
  for (const auto& [key, e] : saves.attributes) {
    contacts.push_back(e->contact.value);
    agents.push_back(e->agent.value);
    names.push_back(e->name);
    values.push_back(e->value);
  }
  if (!contacts.empty())
    out.push_back(
        {"insert into contact_change (contact_id, name, value, agent_id) select * from "
         "unnest($1::bigint[], $2::text[], $3::text[], $4::bigint[]) on conflict (contact_id, name) do update set "
         "value = excluded.value, agent_id = excluded.agent_id, at = clock_timestamp()",
         Params{}.add(contacts).add(names).add(values).add(agents)});
  if (!saves.dnc.phone.empty())
    out.push_back(
        {"insert into dnc (phone, source, attempt) select distinct on (p) p, 'agent', a from unnest($1::text[], $2::text[]) as t (p, a) "
         "on conflict do nothing",
         Params{}.add(saves.dnc.phone).add(saves.dnc.attempt)});
  const auto& c = saves.callbacks;
  if (!c.attempt.empty())
    out.push_back(
        {"insert into callback (attempt, agent_id, kind, phone, due_at, until, note) select * from "
         "unnest($1::text[], $2::bigint[], $3::text[], $4::text[], $5::timestamptz[], $6::timestamptz[], $7::text[])",
         Params{}.add(c.attempt).add(c.agent).add(c.kind).add(c.phone).add(c.due_at).add(c.until).add(c.note)});
  if (!saves.ended.id.empty())
    out.push_back(
        {"update callback c set state = e.how from unnest($1::bigint[], $2::text[]) as e (id, how) where c.id = e.id and c.state = 'open'",
         Params{}.add(saves.ended.id).add(saves.ended.how)});
}

void add_pacing(const Saves& saves, Statements& out) {
  std::vector<int64_t> jobs;
  std::vector<std::string> memories;
  for (const auto& [job, e] : saves.pacing) {
    jobs.push_back(job.value);
    memories.push_back(e->memory);
  }
  if (!jobs.empty())
    out.push_back(
        {"insert into job_pacing (job_id, memory) select j, m::jsonb from unnest($1::bigint[], $2::text[]) as t (j, m) "
         "where exists (select 1 from job where id = j) on conflict (job_id) do update set memory = excluded.memory",
         Params{}.add(jobs).add(memories)});
}

void add_orders(const Saves& saves, Statements& out) {
  const auto& o = saves.orders;
  if (!o.id.empty())
    out.push_back(
        {"update agent_order o set state = e.how, detail = nullif(e.why, ''), ended_at = clock_timestamp() "
         "from unnest($1::bigint[], $2::text[], $3::text[]) as e (id, how, why) where o.id = e.id and o.state = 'pending'",
         Params{}.add(o.id).add(o.how).add(o.why)});
}

void add_queue_steps(const Saves& saves, Statements& out) {
  const auto& q = saves.queue_steps;
  if (!q.id.empty())
    out.push_back(
        {"update inbound_queue q set stepped_at = e.at from unnest($1::bigint[], $2::timestamptz[]) as e (id, at) where q.id = e.id",
         Params{}.add(q.id).add(q.at)});
}

constexpr auto kAgents =
    "select a.id, a.skills::text, s.record::text from agent a left join agent_state s on s.agent_id = a.id where a.zone = $1 order by a.id";
// Each second: of those who are logged on, whose numbers nobody else gives, no record is read.
constexpr auto kAgentsSeen =
    "select a.id, a.skills::text, case when s.agent_state = 'logged_out' then coalesce((s.record ->> 'lines')::bigint, 0) else 0 end "
    "from agent a left join agent_state s on s.agent_id = a.id where a.zone = $1 order by a.id";
constexpr auto kJobs =
    "select j.id, c.name, j.state in ('filtering', 'running'), c.agents::text, coalesce((c.strategy ->> 'analyse')::boolean, true) from "
    "job j join campaign c on c.id = j.campaign_id "
    "where j.zone = $1 and j.state not in ('stopped', 'completed') and c.agents is not null order by j.id";
constexpr auto kMpps = "select name from mpp order by name";
// Whoever looks sees at most so many at once; the next follow as these end.
constexpr auto kCallbacks =
    "select c.id, c.attempt, c.agent_id, c.kind, c.phone, c.due_at, c.until from callback c join job j on j.id = split_part(c.attempt, "
    "'-', 1)::bigint where j.zone = $1 and j.state in ('filtering', 'running') and c.state = 'open' and c.due_at <= $2 "
    "order by c.due_at limit 1000";

constexpr auto kOrders =
    "select o.id, o.agent_id, o.wanted::text, o.until, o.withdrawn_by is not null from agent_order o join agent a on a.id = o.agent_id "
    "where a.zone = $1 and o.state = 'pending' order by o.id limit 1000";

constexpr auto kQueues =
    "select id, settings::text, length, expected_wait_s, service_level, told_at, stepped_at from inbound_queue where zone = $1 order by id";

std::vector<InboundQueue> queues_of(const pg::Rows& rows) {
  std::vector<InboundQueue> out;
  const auto real = [&](size_t row, int column) {
    return rows.is_null(row, column) ? std::nullopt : std::optional(rows.real(row, column));
  };
  for (size_t r = 0; r < rows.size(); ++r) {
    auto settings = inbound_settings_from_json(rows.string(r, 1));
    if (!settings.ok()) continue;  // of a later release
    InboundQueue& queue = out.emplace_back(InboundQueue{rows.integer(r, 0), std::move(*settings)});
    queue.stepped_at = rows.optional_instant(r, 6);
    if (const auto at = rows.optional_instant(r, 5)) queue.figures = InboundFigures{real(r, 2), real(r, 3), real(r, 4), *at};
  }
  return out;
}

std::vector<AgentJob> jobs_of(const pg::Rows& rows) {
  std::vector<AgentJob> out;
  for (size_t r = 0; r < rows.size(); ++r) {
    auto settings = agent_settings_from_json(rows.string(r, 3));
    if (!settings.ok()) continue;  // none that was let pass
    out.push_back({JobId{rows.integer(r, 0)}, rows.string(r, 1), rows.boolean(r, 2), std::move(*settings), rows.boolean(r, 4)});
  }
  return out;
}
std::vector<std::string> names_of(const pg::Rows& rows) {
  std::vector<std::string> out;
  for (size_t r = 0; r < rows.size(); ++r) out.push_back(rows.string(r, 0));
  return out;
}

class PgAgentStore final : public AgentStore {
 public:
  explicit PgAgentStore(pg::Pool& pool) : pool_(pool) {}

  Result<AgentStore::Rows> load(const LeaseGrant& grant, const std::string& zone) override {
    auto connection = pool_.take();
    if (!connection.ok()) return connection.error();
    const Params of_zone = Params{}.add(zone);
    auto answers = (*connection)
                       ->pipeline({{kAgents, of_zone},
                                   {"select attempt, phone, live_at, nuisance_at, nuisance from live_call where zone = $1", of_zone},
                                   {kJobs, of_zone},
                                   {"select p.job_id, p.memory::text from job_pacing p join job j on j.id = p.job_id where j.zone = $1 and "
                                    "j.state not in ('stopped', 'completed')",
                                    of_zone},
                                   {kMpps, {}},
                                   {"select coalesce(detect_ms, 0) + coalesce(acquire_ms, 0) from ha_history where res_id = $1 and epoch = "
                                    "$2 and to_incarnation is not null and from_incarnation is not null",
                                    Params{}.add(grant.res_id).add(grant.epoch.value)}});
    if (!answers.ok()) return answers.error();
    pool_.give_back(std::move(*connection));
    AgentStore::Rows out;
    const pg::Rows &agents = (*answers)[0], &calls = (*answers)[1], &pacing = (*answers)[3], &away = (*answers)[5];
    out.jobs = jobs_of((*answers)[2]);
    out.mpps = names_of((*answers)[4]);
    for (size_t r = 0; r < pacing.size(); ++r) out.pacing[JobId{pacing.integer(r, 0)}] = pacing.string(r, 1);
    if (!away.empty()) out.away = Duration{static_cast<int64_t>(away.real(0, 0) * 1000)};
    for (size_t r = 0; r < agents.size(); ++r) {
      Agent agent{.id = AgentId{agents.integer(r, 0)}};
      if (!agents.is_null(r, 2))
        if (Status read = read_record(agents.string(r, 2), agent); !read.ok()) return read.error();
      // An administrator's word counts from the next log-on.
      if (agent.states.agent == AgentState::logged_out)
        if (Status read = read_skills(agents.string(r, 1), agent.skills); !read.ok()) return read.error();
      out.agents.push_back(std::move(agent));
    }
    for (size_t r = 0; r < calls.size(); ++r)
      out.calls.push_back(
          {parse_attempt_id(calls.text(r, 0)).value(), calls.string(r, 1), calls.instant(r, 2), calls.instant(r, 3), calls.boolean(r, 4)});
    return out;
  }

  Result<Seen> look(const std::string& zone, Instant due_by) override {
    auto connection = pool_.take();
    if (!connection.ok()) return connection.error();
    const Params of_zone = Params{}.add(zone);
    auto answers = (*connection)
                       ->pipeline({{kAgentsSeen, of_zone},
                                   {kJobs, of_zone},
                                   {kMpps, {}},
                                   {kCallbacks, Params{}.add(zone).add(due_by)},
                                   {kOrders, of_zone},
                                   {kQueues, of_zone}});
    if (!answers.ok()) return answers.error();
    pool_.give_back(std::move(*connection));
    Seen out{{}, jobs_of((*answers)[1]), names_of((*answers)[2]), {}, {}, queues_of((*answers)[5])};
    const pg::Rows &agents = (*answers)[0], &callbacks = (*answers)[3], &orders = (*answers)[4];
    for (size_t r = 0; r < agents.size(); ++r) {
      AgentSeen& agent = out.agents.emplace_back(AgentSeen{AgentId{agents.integer(r, 0)}, {}, static_cast<int>(agents.integer(r, 2))});
      if (Status read = read_skills(agents.string(r, 1), agent.skills); !read.ok()) return read.error();
    }
    for (size_t r = 0; r < callbacks.size(); ++r)
      out.callbacks.push_back({callbacks.integer(r, 0), parse_attempt_id(callbacks.text(r, 1)).value(), AgentId{callbacks.integer(r, 2)},
                               parse_enum<CallbackKind>(callbacks.text(r, 3)).value(), callbacks.string(r, 4), callbacks.instant(r, 5),
                               callbacks.instant(r, 6)});
    for (size_t r = 0; r < orders.size(); ++r) {
      auto order = agent_order_from_json(orders.string(r, 2));
      if (!order.ok()) continue;  // of a later release: it expires, or a manager of that release takes it
      out.orders.push_back(
          {orders.integer(r, 0), AgentId{orders.integer(r, 1)}, std::move(*order), orders.instant(r, 3), orders.boolean(r, 4)});
    }
    return out;
  }

  Result<std::vector<Time>> times(const std::string& zone, Instant day) override {
    auto rows = pool_.query(
        "select t.agent_id, t.state, t.ms from agent_time t join agent a on a.id = t.agent_id "
        "where a.zone = $1 and t.day = ($2::timestamptz at time zone 'UTC')::date order by 1, 2",
        Params{}.add(zone).add(day));
    if (!rows.ok()) return rows.error();
    std::vector<Time> out;
    for (size_t r = 0; r < rows->size(); ++r)
      out.push_back({AgentId{rows->integer(r, 0)}, rows->string(r, 1), std::chrono::milliseconds(rows->integer(r, 2))});
    return out;
  }

  Status commit(const LeaseGrant& grant, const std::string& zone, const std::vector<Effect>& effects) override {
    const Saves saves = saves_of(effects);
    Statements statements{fence(grant)};
    add_agents(saves, zone, statements);
    add_calls(saves, zone, statements);
    add_times(saves, statements);
    add_work(saves, statements);
    add_pacing(saves, statements);
    add_orders(saves, statements);
    add_queue_steps(saves, statements);
    return pool_.transaction<std::monostate>([&](Connection& connection) -> Status {
      auto results = connection.pipeline(statements);
      if (!results.ok()) return results.error();
      return success();
    });
  }

 private:
  pg::Pool& pool_;
};

}  // namespace

std::unique_ptr<AgentStore> make_pg_agent_store(pg::Pool& pool) { return std::make_unique<PgAgentStore>(pool); }

}  // namespace everdial::zone
