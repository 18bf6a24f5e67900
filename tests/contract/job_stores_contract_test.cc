#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <set>

#include "runtime/test_database.h"
#include "sim/tables.h"

// What the stores of jobs and attempts keep to, in PostgreSQL and in the simulator's memory: what the simulator shows of the machines
// then holds for the product.

namespace everdial {
namespace {

using testing::ElementsAre;
using testing::IsEmpty;

const Incarnation kMe{"00000000-0000-4000-8000-000000000001"}, kOther{"00000000-0000-4000-8000-000000000002"};
const Instant kNow = *parse_iso8601("2026-07-01T12:00:00Z");

const Timetable kDaily{.minutes = {540}, .weekdays = {1, 2, 3, 4, 5, 6, 7}};

/// A database with one list of `contacts` contacts and one queued job.
class Backend {
 public:
  virtual ~Backend() = default;
  virtual LeaseStore& leases() = 0;
  virtual AttemptStore& attempts() = 0;
  virtual DirectorStore& director() = 0;
  virtual JobId make_job(int contacts) = 0;
  virtual void request(JobId job, JobRequest request) = 0;
  /// A schedule of the job's campaign that has been due since `next_at`, and its firings as "due outcome missed".
  virtual ScheduleId make_schedule(Instant next_at) = 0;
  /// The same of an import of people.csv into the campaign's list.
  virtual ScheduleId make_import_schedule(Instant next_at) = 0;
  virtual std::vector<std::string> collecting() = 0;  ///< files to be imported
  virtual void end_imports() = 0;
  virtual std::vector<std::string> firings(ScheduleId schedule) = 0;
  virtual void end_job(JobId job) = 0;
  virtual void set_finish(const Finish& finish) = 0;  ///< of the job's campaign
  /// "state code due" of a contact, "state code" of an attempt.
  virtual std::string contact(JobId job, int n) = 0;
  virtual std::string attempt(const AttemptId& id) = 0;
  virtual ContactId nth(int n) = 0;
  virtual std::vector<std::string> dnc() = 0;
};

class MemoryBackend final : public Backend {
 public:
  LeaseStore& leases() override { return tables_.leases; }
  AttemptStore& attempts() override { return attempts_; }
  DirectorStore& director() override { return director_; }
  JobId make_job(int contacts) override {
    for (int i = 1; i <= contacts; ++i) tables_.contacts.push_back({ContactId{i}, "+1555" + std::to_string(i)});
    tables_.jobs[JobId{1}].id = JobId{1};
    tables_.mpps.insert("as1/mpp/1");
    return JobId{1};
  }
  void request(JobId job, JobRequest request) override { tables_.jobs.at(job).requested = request; }
  ScheduleId make_schedule(Instant next_at) override {
    tables_.schedules[ScheduleId{1}] = {
        .timetable = kDaily, .grace = 7s, .next_at = next_at, .campaign = tables_.jobs.at(JobId{1}).campaign};
    return ScheduleId{1};
  }
  ScheduleId make_import_schedule(Instant next_at) override {
    tables_.schedules[ScheduleId{2}] = {.timetable = kDaily, .next_at = next_at, .file = "people.csv"};
    return ScheduleId{2};
  }
  std::vector<std::string> collecting() override { return {tables_.collecting.begin(), tables_.collecting.end()}; }
  void end_imports() override { tables_.collecting.clear(); }
  std::vector<std::string> firings(ScheduleId schedule) override {
    std::vector<std::string> out;
    for (const auto& f : tables_.schedules.at(schedule).firings)
      out.push_back(to_iso8601(f.due) + " " + f.outcome + " " + std::to_string(f.missed));
    return out;
  }
  void end_job(JobId job) override { tables_.jobs.at(job).state = JobState::completed; }
  void set_finish(const Finish& finish) override { tables_.jobs.at(JobId{1}).campaign.finish = finish; }
  std::string contact(JobId job, int n) override {
    const auto& row = tables_.job_contacts.at({job, nth(n)});
    return std::string(to_string(row.state)) + " " + (row.code ? std::string(to_string(*row.code)) : "-") +
           (row.due_at > Instant{} ? " " + to_iso8601(row.due_at) : "");
  }
  std::string attempt(const AttemptId& id) override {
    const auto& row = tables_.attempts.at(id);
    constexpr const char* states[] = {"intent", "done", "aborted", "unknown"};
    return std::string(states[static_cast<int>(row.state)]) + " " + (row.code ? std::string(to_string(*row.code)) : "-");
  }
  ContactId nth(int n) override { return ContactId{n}; }
  std::vector<std::string> dnc() override { return {tables_.dnc.begin(), tables_.dnc.end()}; }

 private:
  sim::Tables tables_{[] { return kNow; }};
  sim::MemoryAttemptStore attempts_{tables_};
  sim::MemoryDirectorStore director_{tables_};
};

class PgBackend final : public Backend {
 public:
  LeaseStore& leases() override { return *leases_; }
  AttemptStore& attempts() override { return *attempts_; }
  DirectorStore& director() override { return *director_; }
  JobId make_job(int contacts) override {
    must("insert into mpp (name) values ('as1/mpp/1')");
    const int64_t list = must("insert into contact_list (name) values ('l') returning id").integer(0, 0);
    first_ = must("insert into contact (list_id, phone, time_zone, import_id, import_row) select " + std::to_string(list) +
                  ", '+1555' || n, 'UTC', 1, n from generate_series(1, " + std::to_string(contacts) + ") n returning id")
                 .integer(0, 0);
    const int64_t campaign =
        must("insert into campaign (name, list_id, strategy) values ('c', " + std::to_string(list) + ", '{}') returning id").integer(0, 0);
    return JobId{must("insert into job (campaign_id) values (" + std::to_string(campaign) + ") returning id").integer(0, 0)};
  }
  void request(JobId job, JobRequest request) override {
    must("update job set requested = '" + std::string(to_string(request)) + "' where id = " + to_string(job));
  }
  ScheduleId make_schedule(Instant next_at) override {
    return ScheduleId{must("insert into schedule (name, kind, campaign_id, timetable, grace_s, next_at) select 's', 'start_job', id, '" +
                           to_json(kDaily) + "', 7, '" + to_iso8601(next_at) + "' from campaign returning id")
                          .integer(0, 0)};
  }
  ScheduleId make_import_schedule(Instant next_at) override {
    return ScheduleId{must("insert into schedule (name, kind, list_id, file_name, options, timetable, next_at) "
                           "select 'i', 'import', id, 'people.csv', '{\"header\": false}', '" +
                           to_json(kDaily) + "', '" + to_iso8601(next_at) + "' from contact_list returning id")
                          .integer(0, 0)};
  }
  std::vector<std::string> collecting() override {
    const auto rows = must(
        "select file_name from contact_import i join contact_list l on l.id = i.list_id where state = 'collecting' and source = 'folder' "
        "and i.options = '{\"header\": false}'");
    std::vector<std::string> out;
    for (size_t r = 0; r < rows.size(); ++r) out.push_back(rows.string(r, 0));
    return out;
  }
  void end_imports() override { must("update contact_import set state = 'failed', finished_at = now()"); }
  std::vector<std::string> firings(ScheduleId schedule) override {
    const auto rows =
        must("select due_at, outcome, missed from schedule_firing where schedule_id = " + to_string(schedule) + " order by 1");
    std::vector<std::string> out;
    for (size_t r = 0; r < rows.size(); ++r)
      out.push_back(to_iso8601(rows.instant(r, 0)) + " " + rows.string(r, 1) + " " + rows.string(r, 2));
    return out;
  }
  void end_job(JobId job) override { must("update job set state = 'completed' where id = " + to_string(job)); }
  void set_finish(const Finish& finish) override { must("update campaign set finish = '" + to_json(finish) + "'"); }
  std::string contact(JobId job, int n) override {
    const auto rows = must("select state, coalesce(code, '-'), due_at from job_contact where job_id = " + to_string(job) +
                           " and contact_id = " + to_string(nth(n)));
    return rows.string(0, 0) + " " + rows.string(0, 1) + (rows.instant(0, 2) > Instant{} ? " " + to_iso8601(rows.instant(0, 2)) : "");
  }
  std::string attempt(const AttemptId& id) override {
    const auto rows = must("select state, coalesce(code, '-') from attempt where job_id = " + to_string(id.job) +
                           " and contact_id = " + to_string(id.contact) + " and number = " + std::to_string(id.number));
    const bool aborted = rows.text(0, 0) == "aborted";  // its code is the reason, kept in PostgreSQL only
    return rows.string(0, 0) + " " + (aborted ? "-" : rows.string(0, 1));
  }
  ContactId nth(int n) override { return ContactId{first_ + n - 1}; }
  std::vector<std::string> dnc() override {
    std::vector<std::string> out;
    const auto rows = must("select phone from dnc order by 1");
    for (size_t r = 0; r < rows.size(); ++r) out.push_back(rows.string(r, 0));
    return out;
  }

  pg::Rows must(const std::string& sql) {
    auto rows = database_.pool().query(sql);
    EXPECT_TRUE(rows.ok()) << sql << ": " << (rows.ok() ? "" : rows.error().message);
    return *rows;
  }

 private:
  TestDatabase database_;
  std::unique_ptr<LeaseStore> leases_ = make_pg_lease_store(database_.pool());
  std::unique_ptr<AttemptStore> attempts_ = make_pg_attempt_store(database_.pool());
  std::unique_ptr<DirectorStore> director_ = make_pg_director_store(database_.pool());
  int64_t first_ = 0;
};

class JobStores : public testing::TestWithParam<const char*> {
 protected:
  void SetUp() override {
    if (std::string(GetParam()) == "pg") backend = std::make_unique<PgBackend>();
    else backend = std::make_unique<MemoryBackend>();
    for (const auto& me : {kMe, kOther})
      ASSERT_TRUE(backend->leases().open_session(Session{me, ServerName{"as1"}, "x", "", Address{"a:1"}, "1"}).ok());
    job = backend->make_job(5);
    ASSERT_TRUE(backend->leases().ensure({Resource{"campaign_director"}, job_resource(job)}).ok());
    director = acquire(Resource{"campaign_director"}, kMe);
    owner = acquire(job_resource(job), kMe);
  }
  LeaseGrant acquire(const Resource& resource, const Incarnation& me) {
    for (const LeaseRow& row : backend->leases().leases({resource}).value())
      if (row.resource == resource) return backend->leases().acquire({row, me, "test", 0ms}).value().value();
    ADD_FAILURE();
    return {};
  }
  void run_job() {
    ASSERT_TRUE(backend->director().commit(director, {SaveJobState{job, JobState::queued, JobState::filtering}}).ok());
    while (!backend->director().filter_chunk(director, job, 2).value()) {
    }
  }
  AttemptId id(int n, int number = 1) { return {job, backend->nth(n), number}; }
  Status commit(std::vector<JobEffect> saves) { return backend->attempts().commit(owner, job, saves, kNow); }
  SaveIntent intent(int n, int number = 1) { return {id(n, number), "+1555" + std::to_string(n)}; }
  SaveResult result(int n, CompletionCode code, std::optional<Instant> retry = std::nullopt) {
    CallRecord record{.attempt = id(n), .resource = owner.resource, .epoch = owner.epoch};
    record.stage = CallStage::ended;
    record.placed_at = kNow;
    record.ended_at = kNow;
    record.opted_out = code == CompletionCode::opted_out;
    return {record, code, retry};
  }
  DueFetched due(std::optional<DueKey> after = std::nullopt, int limit = 10, Instant now = kNow) {
    return backend->attempts().fetch_due(job, after, limit, now).value();
  }

  std::unique_ptr<Backend> backend;
  JobId job;
  LeaseGrant director, owner;
};

TEST_P(JobStores, C_02_fill_the_queue_chunk_by_chunk_and_then_the_job_runs) {
  ASSERT_TRUE(backend->director().commit(director, {SaveJobState{job, JobState::queued, JobState::filtering}}).ok());
  EXPECT_FALSE(backend->director().filter_chunk(director, job, 2).value());
  EXPECT_EQ(due().contacts.size(), 2u);
  EXPECT_EQ(backend->director().record().value().jobs.at(0).state, JobState::filtering);
  EXPECT_FALSE(backend->director().filter_chunk(director, job, 2).value());
  EXPECT_TRUE(backend->director().filter_chunk(director, job, 2).value());
  EXPECT_EQ(backend->director().record().value().jobs.at(0).state, JobState::running);
  EXPECT_EQ(due().contacts.size(), 5u);
  EXPECT_TRUE(backend->director().filter_chunk(director, job, 2).value()) << "nothing is done to a job that runs";
}

TEST_P(JobStores, M_05_know_which_attempts_nobody_needs_an_mpps_record_of) {
  run_job();
  for (int n = 1; n <= 4; ++n) ASSERT_TRUE(commit({intent(n)}).ok());
  ASSERT_TRUE(commit({result(1, CompletionCode::call_busy), SaveAborted{id(2), "no_mpp", kNow}, SaveUnknown{id(3)}}).ok());
  const auto settled = backend->attempts().settled({id(1), id(2), id(3), id(4), id(5)}).value();
  EXPECT_EQ(std::set(settled.begin(), settled.end()), (std::set{id(1), id(2), id(5)})) << "the last has been purged, or was never made";
}

TEST_P(JobStores, change_a_jobs_state_only_from_the_state_it_was_seen_in) {
  ASSERT_TRUE(backend->director().commit(director, {SaveJobState{job, JobState::running, JobState::completed}}).ok());
  EXPECT_EQ(backend->director().record().value().jobs.at(0).state, JobState::queued);
  backend->request(job, JobRequest::stop);
  EXPECT_EQ(backend->director().record().value().jobs.at(0).requested, JobRequest::stop);
  ASSERT_TRUE(
      backend->director().commit(director, {SaveJobState{job, JobState::queued, JobState::stopped, true}, AllotJob{job, kMe}}).ok());
  ASSERT_EQ(backend->director().record().value().jobs.size(), 1u) << "ended, but still allotted";
  EXPECT_FALSE(backend->director().record().value().jobs.at(0).requested);
  ASSERT_TRUE(backend->director().commit(director, {AllotJob{job, std::nullopt}}).ok());
  EXPECT_THAT(backend->director().record().value().jobs, IsEmpty());
}

TEST_P(JobStores, M_06_give_due_contacts_in_order_behind_a_key) {
  run_job();
  const DueFetched first = due(std::nullopt, 2);
  ASSERT_EQ(first.contacts.size(), 2u);
  EXPECT_FALSE(first.exhausted);
  EXPECT_EQ(first.contacts[0].phone, "+15551");
  EXPECT_EQ(first.contacts[0].time_zone, "UTC");
  const DueFetched rest = due(first.contacts[1].key);
  EXPECT_EQ(rest.contacts.size(), 3u);
  EXPECT_TRUE(rest.exhausted);
  EXPECT_FALSE(due(rest.contacts.back().key).nothing_left) << "behind a key nothing is said of what stands before it";
}

TEST_P(JobStores, write_the_attempt_ahead_and_settle_it_once) {
  run_job();
  ASSERT_TRUE(commit({intent(1), intent(2)}).ok());
  EXPECT_EQ(backend->contact(job, 1), "in_flight -");
  EXPECT_EQ(backend->attempt(id(1)), "intent -");
  EXPECT_EQ(due().contacts.size(), 3u);
  ASSERT_TRUE(commit({result(1, CompletionCode::answer_human), result(1, CompletionCode::answer_human),
                      result(2, CompletionCode::call_busy, kNow + 60s)})
                  .ok());
  EXPECT_EQ(backend->contact(job, 1), "done answer_human");
  EXPECT_EQ(backend->attempt(id(1)), "done answer_human");
  EXPECT_EQ(backend->contact(job, 2), "ready call_busy 2026-07-01T12:01:00.000000Z");
  ASSERT_TRUE(commit({result(1, CompletionCode::call_busy)}).ok());
  EXPECT_EQ(backend->attempt(id(1)), "done answer_human") << "the first result stands";
  const auto later = due(std::nullopt, 10, kNow + 61s);
  ASSERT_EQ(later.contacts.size(), 4u);
  EXPECT_EQ(later.contacts.back().attempts, 1);
  EXPECT_THAT(later.contacts.back().codes, ElementsAre(CompletionCode::call_busy));
}

TEST_P(JobStores, refuse_an_intent_for_a_contact_that_is_not_ready_and_then_save_nothing_of_the_commit) {
  run_job();
  ASSERT_TRUE(commit({intent(1)}).ok());
  EXPECT_EQ(commit({intent(2), intent(1, 2)}).error().kind, ErrorKind::conflict);
  EXPECT_EQ(backend->contact(job, 2), "ready -");
  EXPECT_EQ(commit({intent(3, 2)}).error().kind, ErrorKind::conflict) << "numbers are not skipped";
}

TEST_P(JobStores, M_06_refuse_everything_of_an_owner_that_is_owner_no_more) {
  run_job();
  acquire(job_resource(job), kOther);
  acquire(Resource{"campaign_director"}, kOther);
  EXPECT_EQ(commit({intent(1)}).error().kind, ErrorKind::fenced);
  EXPECT_EQ(backend->attempts().load(owner, job).error().kind, ErrorKind::fenced);
  EXPECT_EQ(backend->director().commit(director, {AllotJob{job, kMe}}).error().kind, ErrorKind::fenced);
  EXPECT_EQ(backend->director().filter_chunk(director, job, 1).error().kind, ErrorKind::fenced);
  EXPECT_EQ(backend->contact(job, 1), "ready -");
}

TEST_P(JobStores, M_05_show_a_new_owner_what_is_unsettled_and_let_it_abort_or_give_up) {
  run_job();
  ASSERT_TRUE(commit({intent(1), intent(2), intent(3)}).ok());
  const JobLoaded loaded = backend->attempts().load(owner, job).value();
  ASSERT_EQ(loaded.unsettled.size(), 3u);
  EXPECT_EQ(loaded.unsettled[0].attempt, id(1));
  EXPECT_EQ(loaded.unsettled[0].phone, "+15551");
  EXPECT_THAT(loaded.mpps, ElementsAre("as1/mpp/1"));
  ASSERT_TRUE(commit({SaveAborted{id(1), "settled_not_executed", kNow}, SaveUnknown{id(2)}}).ok());
  EXPECT_EQ(backend->contact(job, 1), "ready - 2026-07-01T12:00:00.000000Z");
  EXPECT_EQ(backend->attempt(id(1)), "aborted -");
  EXPECT_EQ(backend->contact(job, 2), "done attempt_unknown");
  ASSERT_TRUE(commit({result(1, CompletionCode::call_busy)}).ok());
  EXPECT_EQ(backend->attempt(id(1)), "aborted -");
  ASSERT_TRUE(commit({intent(1, 2)}).ok()) << "the next attempt has the next number";
}

TEST_P(JobStores, M_05_settle_late_what_was_unknown_by_its_result_or_as_never_executed) {
  run_job();
  ASSERT_TRUE(commit({intent(1), intent(2), intent(3), intent(4)}).ok());
  ASSERT_TRUE(commit({SaveUnknown{id(1)}, SaveUnknown{id(2)}, SaveUnknown{id(3)}}).ok());
  const JobLoaded loaded = backend->attempts().load(owner, job).value();
  EXPECT_EQ(loaded.unsettled.size(), 1u);
  ASSERT_EQ(loaded.unknown.size(), 3u);
  EXPECT_EQ(loaded.unknown[0].attempt, id(1));
  EXPECT_GT(loaded.unknown[0].since, Instant{});
  const SaveAborted nobody_knows_of_it{id(3), "settled_not_executed", kNow};
  ASSERT_TRUE(commit({result(1, CompletionCode::call_busy, kNow), result(2, CompletionCode::answer_human), nobody_knows_of_it}).ok());
  EXPECT_EQ(backend->attempt(id(1)), "done call_busy");
  EXPECT_THAT(backend->contact(job, 1), testing::StartsWith("ready call_busy")) << "tried again by the strategy";
  EXPECT_EQ(backend->contact(job, 2), "done answer_human");
  EXPECT_EQ(backend->attempt(id(3)), "aborted -");
  EXPECT_THAT(backend->contact(job, 3), testing::StartsWith("ready ")) << "nobody was called";
  ASSERT_TRUE(commit({nobody_knows_of_it, result(2, CompletionCode::call_busy, kNow)}).ok()) << "said twice";
  EXPECT_EQ(backend->contact(job, 2), "done answer_human");
  EXPECT_TRUE(backend->attempts().load(owner, job).value().unknown.empty());
}

TEST_P(JobStores, put_off_or_end_contacts_that_may_not_be_dialed_and_remember_opt_outs) {
  run_job();
  ASSERT_TRUE(commit({SaveRestricted{backend->nth(1), CompletionCode::restricted_dnc, std::nullopt},
                      SaveRestricted{backend->nth(2), CompletionCode::restricted_hours, kNow + 1h}, intent(3)})
                  .ok());
  EXPECT_EQ(backend->contact(job, 1), "done restricted_dnc");
  EXPECT_EQ(backend->contact(job, 2), "ready restricted_hours 2026-07-01T13:00:00.000000Z");
  ASSERT_TRUE(commit({result(3, CompletionCode::opted_out)}).ok());
  EXPECT_THAT(backend->dnc(), ElementsAre("+15553"));
}

TEST_P(JobStores, say_a_job_is_drained_only_when_nothing_is_in_flight_or_left) {
  run_job();
  auto drained = [&] { return backend->director().record().value().jobs.at(0).drained; };
  ASSERT_TRUE(commit({SaveDrained{}}).ok());
  EXPECT_FALSE(drained()) << "contacts are left";
  for (int n = 1; n <= 5; ++n) ASSERT_TRUE(commit({intent(n)}).ok());
  ASSERT_TRUE(commit({SaveDrained{}}).ok());
  EXPECT_FALSE(drained()) << "calls are in the air";
  for (int n = 1; n <= 5; ++n) ASSERT_TRUE(commit({result(n, CompletionCode::answer_machine)}).ok());
  EXPECT_TRUE(due().nothing_left);
  ASSERT_TRUE(commit({SaveDrained{}}).ok());
  EXPECT_TRUE(drained());
}

TEST_P(JobStores, C_11_show_the_director_how_far_a_goal_is_and_refuse_claims_beyond_what_it_allows) {
  backend->set_finish({.goal = Goal{3, GoalOf::attempts, {CompletionCode::answer_human}}});
  run_job();
  auto criteria = [&] { return backend->director().record().value().jobs.at(0).criteria.value(); };
  auto grant = [&](int64_t claims) { return backend->director().commit(director, {GrantAllowance{job, {.claims = claims}}}).ok(); };
  EXPECT_TRUE(criteria().began);
  EXPECT_EQ(criteria().finish.goal->count, 3);
  ASSERT_TRUE(grant(3));
  EXPECT_EQ(criteria().allowed_claims, 3);
  const JobStateSeen seen = backend->attempts().states({job}).value().at(job);
  EXPECT_EQ(seen.allowance.claims, 3);
  EXPECT_EQ(seen.allowance_seq, 1);
  ASSERT_TRUE(commit({intent(1), intent(2)}).ok());
  EXPECT_EQ(commit({intent(3), intent(4)}).error().kind, ErrorKind::conflict);
  EXPECT_EQ(backend->contact(job, 3), "ready -") << "all or nothing";
  EXPECT_EQ(criteria().claimed, 2);
  EXPECT_EQ(criteria().in_flight, 2);
  ASSERT_TRUE(commit({result(1, CompletionCode::answer_human), result(2, CompletionCode::call_busy)}).ok());
  EXPECT_EQ(criteria().reached, 1);
  EXPECT_EQ(criteria().in_flight, 0);
  EXPECT_EQ(backend->attempts().load(owner, job).value().claimed, 2);
  ASSERT_TRUE(grant(4));
  ASSERT_TRUE(commit({intent(3), intent(4)}).ok());

  backend->set_finish({.goal = Goal{3, GoalOf::contacts, {}}});
  EXPECT_EQ(criteria().reached, 2) << "any result, of contacts that are done";
  ASSERT_TRUE(backend->director().commit(director, {GrantAllowance{job, {.valid_for = 1500ms}}}).ok());
  EXPECT_EQ(backend->attempts().states({job}).value().at(job).allowance.valid_for, 1500ms);
  ASSERT_TRUE(
      backend->director().commit(director, {SaveJobState{job, JobState::running, JobState::stopping, false, FinishReason::goal}}).ok());
  EXPECT_EQ(backend->director().record().value().jobs.at(0).finish_reason, FinishReason::goal);
}

TEST_P(JobStores, C_07_fire_a_schedule_once_from_where_it_was_seen_and_start_no_second_job_of_a_campaign) {
  const Instant due = *parse_iso8601("2026-06-01T09:00:00Z"), next = due + 24h, later = due + 48h;
  const ScheduleId id = backend->make_schedule(due);
  const auto seen = backend->director().record().value().schedules;
  ASSERT_EQ(seen.size(), 1u);
  EXPECT_EQ(seen[0].timetable, kDaily);
  EXPECT_EQ(seen[0].grace, 7s);
  EXPECT_EQ(seen[0].next_at, due);
  const auto jobs = [&] { return backend->director().record().value().jobs.size(); };
  ASSERT_EQ(jobs(), 1u);
  auto fire = [&](Instant from, std::optional<Instant> to, bool run) {
    return backend->director().commit(director, {FireSchedule{id, from, from, to, 0, run}}).ok();
  };
  ASSERT_TRUE(fire(due, next, true));
  EXPECT_EQ(jobs(), 1u) << "one of its jobs is not finished";
  ASSERT_TRUE(fire(next, later, false));
  backend->end_job(job);
  ASSERT_TRUE(fire(next, later, true)) << "it has moved on, so this does nothing";
  EXPECT_EQ(jobs(), 0u);
  ASSERT_TRUE(fire(later, std::nullopt, true));
  ASSERT_EQ(jobs(), 1u);
  EXPECT_EQ(backend->director().record().value().jobs.at(0).state, JobState::queued);
  ASSERT_TRUE(fire(later, std::nullopt, true));
  EXPECT_THAT(backend->firings(id),
              ElementsAre(to_iso8601(due) + " refused 0", to_iso8601(next) + " skipped 0", to_iso8601(later) + " started 0"));
  EXPECT_THAT(backend->director().record().value().schedules, IsEmpty());
  acquire(Resource{"campaign_director"}, kOther);
  EXPECT_EQ(backend->director().commit(director, {FireSchedule{id, later, later, next, 0, true}}).error().kind, ErrorKind::fenced);
}

TEST_P(JobStores, C_07_import_a_file_once_for_each_due_time_and_not_while_it_is_still_imported) {
  const Instant due = *parse_iso8601("2026-06-01T09:00:00Z");
  const ScheduleId id = backend->make_import_schedule(due);
  const auto fire = [&](int day, bool run) {
    const Instant at = due + day * 24h;
    EXPECT_TRUE(backend->director().commit(director, {FireSchedule{id, at, at, at + 24h, 0, run}}).ok());
  };
  fire(0, true);
  EXPECT_THAT(backend->collecting(), ElementsAre("people.csv"));
  fire(0, true);
  EXPECT_THAT(backend->collecting(), ElementsAre("people.csv")) << "it has moved on, so this does nothing";
  fire(1, true);
  EXPECT_THAT(backend->collecting(), ElementsAre("people.csv")) << "it is not finished";
  backend->end_imports();
  fire(2, false);
  EXPECT_THAT(backend->collecting(), IsEmpty()) << "too late, and skipped";
  fire(3, true);
  EXPECT_THAT(backend->collecting(), ElementsAre("people.csv"));
  const auto outcome = [&](int day, const std::string& what) { return to_iso8601(due + day * 24h) + " " + what + " 0"; };
  EXPECT_THAT(backend->firings(id),
              ElementsAre(outcome(0, "started"), outcome(1, "refused"), outcome(2, "skipped"), outcome(3, "started")));
  backend->end_imports();
  acquire(Resource{"campaign_director"}, kOther);
  const Instant next = due + 4 * 24h;
  EXPECT_EQ(backend->director().commit(director, {FireSchedule{id, next, next, next + 24h, 0, true}}).error().kind, ErrorKind::fenced);
  EXPECT_THAT(backend->collecting(), IsEmpty());
}

TEST(PgAttemptStore, reads_only_the_rows_of_a_batch_though_the_tables_were_never_analysed) {
  PgBackend backend;
  ASSERT_TRUE(backend.leases().open_session(Session{kMe, ServerName{"as1"}, "x", "", Address{"a:1"}, "1"}).ok());
  const JobId job = backend.make_job(3000);
  ASSERT_TRUE(backend.leases().ensure({job_resource(job)}).ok());
  const LeaseGrant owner =
      backend.leases().acquire({backend.leases().leases({job_resource(job)}).value().at(0), kMe, "t", 0ms}).value().value();
  backend.must("insert into job_contact (job_id, contact_id) select j.id, c.id from job j, contact c");
  const auto rows_read = [&] {
    backend.must("select pg_stat_force_next_flush()");
    return backend.must("select sum(idx_tup_read) from pg_stat_user_indexes where relname in ('job_contact', 'attempt')").real(0, 0);
  };
  const double before = rows_read();
  for (int batch = 0; batch < 5; ++batch) {
    std::vector<JobEffect> intents, results;
    for (int n = 100 * batch + 1; n <= 100 * (batch + 1); ++n) {
      const AttemptId id{job, backend.nth(n), 1};
      intents.push_back(SaveIntent{id, "+1555" + std::to_string(n)});
      CallRecord record{.attempt = id, .resource = owner.resource, .epoch = owner.epoch, .stage = CallStage::ended};
      results.push_back(SaveResult{record, CompletionCode::answer_human, {}});
    }
    ASSERT_TRUE(backend.attempts().commit(owner, job, intents, kNow).ok());
    ASSERT_TRUE(backend.attempts().commit(owner, job, results, kNow).ok());
  }
  const double read = rows_read() - before;
  EXPECT_GE(read, 1000);
  EXPECT_LT(read, 4000) << "each contact and each attempt a few times, not the job's 3000 with each batch";
}

TEST(PgDirectorStore, L_03_leaves_a_schedule_of_an_import_due_while_imports_are_restricted) {
  PgBackend backend;
  backend.make_job(1);
  backend.make_import_schedule(*parse_iso8601("2026-06-01T09:00:00Z"));
  backend.must("insert into load_restriction (name, reason) values ('imports', 'all 2 servers are under high load')");
  backend.must("insert into load_sample (server, cpu, memory, run_queue) values ('as1', 1, 0, 2)");
  EXPECT_THAT(backend.director().record().value().schedules, IsEmpty());
  backend.must("delete from load_restriction");
  EXPECT_EQ(backend.director().record().value().schedules.size(), 1u);
}

TEST_P(JobStores, C_16_remember_the_first_server_of_a_zone_as_its_home) {
  const Resource zone{"zone_director/west"};
  ASSERT_TRUE(backend->leases().ensure({zone}).ok());
  const std::string one = "00000000-0000-4000-8000-00000000000a", two = "00000000-0000-4000-8000-00000000000b";
  for (const auto& [incarnation, server] : {std::pair(one, "as1"), std::pair(two, "as2")}) {
    ASSERT_TRUE(backend->director().commit(director, {AllotZone{"west", Incarnation{incarnation}, ServerName{server}}}).ok());
    const auto zones = backend->director().record().value().zones;
    ASSERT_EQ(zones.size(), 1u);
    EXPECT_EQ(zones[0].name, "west");
    EXPECT_EQ(zones[0].allotted, Incarnation{incarnation});
    EXPECT_EQ(zones[0].home, ServerName{"as1"});
  }
}

INSTANTIATE_TEST_SUITE_P(Stores, JobStores, testing::Values("memory", "pg"), [](const auto& info) { return std::string(info.param); });

}  // namespace
}  // namespace everdial
