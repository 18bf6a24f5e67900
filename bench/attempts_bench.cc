// Attempts from INTENT to DONE without SIP: the job machine over its PostgreSQL store, four jobs at once, beside a bare loop of the same
// two statements (claim and insert the intent; write the result and free the contact) in the same PostgreSQL, same batches, same run.
// attempts_bench [--contacts N] [--json]; EVERDIAL_TEST_PG names the server.

#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <deque>
#include <thread>

#include "campaign_manager/attempt_store.h"
#include "campaign_manager/job_machine.h"
#include "ha/lease_store.h"
#include "runtime/test_database.h"

namespace everdial {
namespace {

constexpr int kJobs = 4;
constexpr int kBatch = 200;
const Incarnation kMe{"00000000-0000-4000-8000-000000000001"};

template <class T>
T must(Result<T> result) {
  if (result.ok()) return std::move(result).value();
  std::fprintf(stderr, "attempts_bench: %s\n", result.error().message.c_str());
  std::exit(1);
}

void make_jobs(pg::Pool& pool, int contacts) {
  const std::string n = std::to_string(contacts);
  must(pool.query("insert into contact_list (name) values ('bench')"));
  must(
      pool.query("insert into contact (list_id, phone, time_zone, import_id, import_row) select 1, '+1555' || n, 'UTC', 1, n from "
                 "generate_series(1, " +
                 n + ") n"));
  must(pool.query("insert into campaign (name, list_id, strategy) values ('bench', 1, '{}')"));
  for (int job = 1; job <= 2 * kJobs; ++job) {
    must(pool.query("insert into job (campaign_id, state) values (1, 'running')"));
    must(pool.query("insert into job_contact (job_id, contact_id) select " + std::to_string(job) + ", id from contact"));
  }
  must(pool.query("analyze"));
}

/// Each contact of one job once, answered at once: everything but the rule engine, the call itself and the network.
void run_job(pg::Pool& pool, JobId job, int contacts) {
  const auto leases = make_pg_lease_store(pool);
  const auto store = make_pg_attempt_store(pool);
  must(leases->ensure({job_resource(job)}));
  LeaseRow seen;
  for (LeaseRow& row : must(leases->leases({job_resource(job)})))
    if (row.resource == job_resource(job)) seen = row;
  const LeaseGrant grant = must(leases->acquire({seen, kMe, "bench", {}})).value();
  JobMachine::Settings settings;
  settings.prefetch_most = kBatch;
  settings.batch_most = kBatch;
  JobMachine machine(grant, job, settings);
  JobLoaded loaded = must(store->load(grant, job));
  loaded.campaign.calls_per_second = 1e7;
  loaded.campaign.max_calls = 1'000'000;

  Instant now = std::chrono::time_point_cast<Duration>(std::chrono::system_clock::now());
  std::deque<JobInput> inputs{loaded, PathSeen{true}};
  int done = 0;
  while (done < contacts) {
    if (inputs.empty()) inputs.push_back(JobTick{});
    const JobInput input = std::move(inputs.front());
    inputs.pop_front();
    now += 1ms;
    const std::vector<JobEffect> effects = machine.step(input, now);
    std::vector<JobEffect> saves;
    for (const JobEffect& effect : effects)
      if (is_save(effect)) saves.push_back(effect);
    if (!saves.empty()) must(store->commit(grant, job, saves, now));
    for (const JobEffect& effect : effects) {
      if (std::holds_alternative<SaveResult>(effect)) ++done;
      if (const auto* e = std::get_if<FetchDue>(&effect)) inputs.push_back(must(store->fetch_due(job, e->after, e->limit, now)));
      if (const auto* e = std::get_if<CheckRules>(&effect))
        inputs.push_back(RulesAnswered{{std::vector<ContactsChecked::Answer>(e->request.contacts.size()), 60s}});
      if (const auto* e = std::get_if<PlaceOrders>(&effect)) {
        ResultsArrived results;
        for (const CallOrder& order : e->orders) {
          CallRecord record{.attempt = order.attempt, .resource = grant.resource, .epoch = grant.epoch, .mpp = "bench", .trunk = "bench"};
          record.stage = CallStage::ended;
          record.placed_at = now;
          record.answered_at = record.ended_at = now;
          record.code = CompletionCode::answer_human;
          results.records.push_back(std::move(record));
        }
        inputs.push_back(std::move(results));
      }
    }
  }
}

/// The same two statements and nothing else: no fence, no counters, no outbox, no machine.
void run_bare(pg::Pool& pool, JobId job, int contacts) {
  auto connection = must(pool.take());
  int64_t last = 0;
  Instant due_at;
  for (int done = 0; done < contacts;) {
    const auto claimed = must(
        connection->query("with due as materialized (select job_id, contact_id, due_at from job_contact where job_id = $1 and state = "
                          "'ready' and due_at <= now() "
                          "and (due_at, contact_id) > ($5, $4) order by due_at, contact_id limit $2), "
                          "claimed as (update job_contact c set state = 'in_flight', attempts = 1 from due where c.job_id = due.job_id and "
                          "c.contact_id = due.contact_id returning c.contact_id) "
                          "insert into attempt (job_id, contact_id, number, phone, intent_epoch, intent_by) select $1, contact_id, 1, "
                          "'+1555', 1, $3::uuid from claimed returning contact_id, (select max(due_at) from due)",
                          pg::Params{}.add(job.value).add(kBatch).add(kMe.value).add(last).add(due_at)));
    if (!claimed.empty()) due_at = claimed.instant(0, 1);
    std::vector<int64_t> ids;
    for (size_t r = 0; r < claimed.size(); ++r) ids.push_back(claimed.integer(r, 0));
    for (int64_t id : ids) last = std::max(last, id);
    must(connection->query(
        "with r as materialized (select $1::bigint as job_id, unnest($2::bigint[]) as contact_id), "
        "settled as (update attempt a set state = 'done', code = 'answer_human', done_at = now() from r "
        "            where a.job_id = r.job_id and a.contact_id = r.contact_id and a.number = 1) "
        "update job_contact c set state = 'done', code = 'answer_human' from r where c.job_id = r.job_id and c.contact_id = r.contact_id",
        pg::Params{}.add(job.value).add(ids)));
    done += static_cast<int>(ids.size());
  }
  pool.give_back(std::move(connection));
}

double attempts_per_second(int first_job, int contacts, void (*run)(pg::Pool&, JobId, int), pg::Pool& pool) {
  const auto start = std::chrono::steady_clock::now();
  std::vector<std::thread> threads;
  for (int i = 0; i < kJobs; ++i) threads.emplace_back([&pool, run, contacts, job = JobId{first_job + i}] { run(pool, job, contacts); });
  for (std::thread& thread : threads) thread.join();
  return kJobs * contacts / std::chrono::duration<double>(std::chrono::steady_clock::now() - start).count();
}

int bench(int contacts) {
  TestDatabase database;
  pg::Pool& pool = database.pool();
  make_jobs(pool, contacts);
  must(make_pg_lease_store(pool)->open_session(Session{kMe, ServerName{"bench"}, "campaign_manager", "", Address{"none:1"}, "bench"}));
  const double bare = attempts_per_second(kJobs + 1, contacts, run_bare, pool);
  const double ours = attempts_per_second(1, contacts, run_job, pool);
  const int64_t done = must(pool.query("select count(*) from attempt where job_id <= 4 and state = 'done'")).integer(0, 0);
  std::printf("{\"bench\":\"attempts\",\"value\":%.0f,\"baseline\":%.0f,\"ratio\":%.3f,\"unit\":\"attempts/s\",\"lost\":%lld}\n", ours,
              bare, ours / bare, static_cast<long long>(kJobs * static_cast<int64_t>(contacts) - done));
  return done == kJobs * static_cast<int64_t>(contacts) ? 0 : 1;
}

}  // namespace
}  // namespace everdial

int main(int argc, char** argv) {
  int contacts = 10'000;  // of each job
  for (int i = 1; i < argc; ++i) {
    if (!std::strcmp(argv[i], "--contacts") && i + 1 < argc) contacts = std::atoi(argv[++i]);
    else if (std::strcmp(argv[i], "--json")) {
      std::fprintf(stderr, "attempts_bench [--contacts N] [--json]: cannot take '%s'\n", argv[i]);
      return 2;
    }
  }
  if (contacts < 1) return 2;
  return everdial::bench(contacts);
}
