#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "list_manager/purge_store.h"
#include "runtime/test_database.h"

namespace everdial {
namespace {

const Incarnation kFirst{"00000000-0000-4000-8000-000000000001"}, kSecond{"00000000-0000-4000-8000-000000000002"};

/// Three lists of 25 contacts, each with a campaign and a job in which each contact has an attempt or two: ended long ago, ended lately,
/// and under way.
class Purges : public testing::Test {
 protected:
  Purges() {
    for (const auto& me : {kFirst, kSecond}) EXPECT_TRUE(leases->open_session(Session{me, ServerName{"as1"}, "list_manager"}).ok());
    sql("insert into contact_list (name) select 'l' || n from generate_series(1, 3) n");
    sql("insert into contact (list_id, phone, time_zone, import_id, import_row) select l, '+1' || l || n, 'UTC', 1, n from "
        "generate_series(1, 3) l, generate_series(1, 25) n");
    sql("insert into campaign (name, list_id, strategy) select 'c' || n, n, '{}' from generate_series(1, 3) n");
    sql("insert into job (campaign_id, state, finished_at) values (1, 'completed', now() - interval '40 days'), "
        "(2, 'stopped', now() - interval '2 days'), (3, 'running', null)");
    sql("insert into job_contact (job_id, contact_id, state) select list_id, id, 'done' from contact");
    sql("insert into attempt (job_id, contact_id, number, phone, state, intent_epoch, intent_by, done_at) select list_id, id, n, phone, "
        "'done', 1, gen_random_uuid(), now() - interval '50 days' from contact, generate_series(1, 2) n where n = 1 or id % 2 = 0");
    sql("update history_state set until = now()");
  }
  LeaseGrant begin(const std::string& days, const Incarnation& me = kFirst) {
    const std::string id = text("insert into purge (begun_by, attempts_days, contacts_days, uploads_days, exports_days) values ('test', " +
                                days + ") returning id");
    return acquire("purge/" + id, me);
  }
  LeaseGrant acquire(const std::string& name, const Incarnation& me) {
    EXPECT_TRUE(leases->ensure({Resource{name}}).ok());
    for (const LeaseRow& row : leases->leases({Resource{name}}).value())
      if (row.resource == Resource{name}) return leases->acquire({row, me, "test", 0ms}).value().value();
    ADD_FAILURE() << name;
    return {};
  }
  pg::Rows sql(const std::string& statement) {
    auto rows = database.pool().query(statement);
    EXPECT_TRUE(rows.ok()) << statement << ": " << (rows.ok() ? "" : rows.error().message);
    return *rows;
  }
  std::string text(const std::string& statement) { return sql(statement).string(0, 0); }
  /// Contacts, queue rows and attempts of each list and its job.
  std::string kept() {
    return text(
        "select string_agg((select count(*) from contact where list_id = n) || '/' || (select count(*) from job_contact where job_id = n) "
        "|| '/' || "
        "(select count(*) from attempt where job_id = n), ' ' order by n) from generate_series(1, 3) n");
  }
  /// A contact's row, its queue row and its attempts are there together, or the latter two are gone together.
  std::string halves() {
    return text(
        "select count(*) from job_contact q full join (select distinct job_id, contact_id from attempt) a using (job_id, contact_id) "
        "where q.contact_id is null or a.contact_id is null or not exists (select from contact c where c.id = contact_id)");
  }
  void run(const LeaseGrant& grant) {
    for (int steps = 0; !store->purge_step(grant, {.contacts_per_step = 7}).value(); ++steps) {
      EXPECT_EQ(halves(), "0");
      ASSERT_LT(steps, 50);
    }
  }

  TestDatabase database;
  std::unique_ptr<LeaseStore> leases = make_pg_lease_store(database.pool());
  std::unique_ptr<PurgeStore> store = make_pg_purge_store(database.pool());
};

TEST_F(Purges, C_09_remove_attempts_with_their_queues_and_whole_contacts_of_what_ended_long_ago) {
  EXPECT_EQ(kept(), "25/25/37 25/25/38 25/25/37");
  const LeaseGrant attempts = begin("30, null, null, null");
  EXPECT_EQ(store->waiting_purges().value().size(), 1u);
  run(attempts);
  EXPECT_TRUE(store->waiting_purges().value().empty());
  EXPECT_EQ(kept(), "25/0/0 25/25/38 25/25/37");
  EXPECT_EQ(text("select attempts || ' ' || queue_rows || ' ' || contacts || ' ' || state from purge"), "37 25 0 completed");
  run(begin("null, 1, null, null"));
  EXPECT_EQ(kept(), "0/0/0 0/0/0 25/25/37") << "of two lists that no job uses any more";
  EXPECT_EQ(text("select contacts || ' ' || attempts || ' ' || queue_rows from purge where id = 2"), "50 38 25");
  EXPECT_EQ(text("select string_agg(purged::text, ' ' order by id) from contact_list"), "25 25 0");
  run(begin("1, 1, 1, 1"));
  EXPECT_EQ(text("select attempts + contacts + queue_rows from purge where id = 3"), "0") << "nothing twice";
}

TEST_F(Purges, C_09_remove_what_agents_made_of_attempts_with_these_and_what_they_wrote_of_people_with_these) {
  sql("insert into agent (login) values ('ann')");
  sql("insert into disposition (attempt, agent_id, code) select job_id || '-' || contact_id || '-' || number, 1, 'sold' from attempt");
  sql("insert into callback (attempt, agent_id, kind, phone, due_at, until) select job_id || '-' || contact_id || '-' || number, 1, "
      "'campaign', phone, now(), now() from attempt");
  sql("insert into contact_note (contact_id, attempt, agent_id, note) select id, list_id || '-' || id || '-1', 1, 'called' from contact");
  sql("insert into contact_change (contact_id, name, value, agent_id) select id, 'city', 'Bonn', 1 from contact");
  const auto left = [&] {
    return text(
        "select (select count(*) from disposition) || ' ' || (select count(*) from callback) || ' ' || (select count(*) from "
        "contact_note) || ' ' || (select count(*) from contact_change)");
  };
  run(begin("30, null, null, null"));
  EXPECT_EQ(left(), "75 75 75 75");
  run(begin("null, 1, null, null"));
  EXPECT_EQ(left(), "37 37 25 25");
}

TEST_F(Purges, C_09_remove_what_supervisors_asked_of_agents_once_it_has_ended) {
  sql("insert into agent (login) values ('ann')");
  sql("insert into agent_order (request, agent_id, wanted, asked_by, until, state, ended_at) select 1, 1, '{}', 'eve', now(), state, "
      "now() - days * interval '1 day' from unnest(array['done', 'withdrawn', 'refused']) state, unnest(array[2, 40]) days, "
      "generate_series(1, 5)");
  sql("insert into agent_order (request, agent_id, wanted, asked_by, until) values (1, 1, '{}', 'eve', now() - interval '50 days')");
  run(begin("null, null, null, null"));
  EXPECT_EQ(text("select count(*) from agent_order"), "31") << "for ever";
  const LeaseGrant purge = begin("null, null, null, null");
  sql("update purge set orders_days = 30 where id = 2");
  while (!store->purge_step(purge, {.chunks_per_step = 7}).value()) {
  }
  EXPECT_EQ(text("select count(*) from agent_order"), "16");
  EXPECT_EQ(text("select orders || ' ' || state from purge where id = 2"), "15 completed");
}

TEST_F(Purges, C_09_go_on_in_another_process_and_refuse_whom_they_were_taken_from) {
  const LeaseGrant grant = begin("1, 1, null, null");
  for (int i = 0; i < 3; ++i) ASSERT_FALSE(store->purge_step(grant, {.contacts_per_step = 7}).value());
  const LeaseGrant next = acquire(grant.resource.value, kSecond);
  EXPECT_EQ(store->purge_step(grant, {}).error().kind, ErrorKind::fenced);
  run(next);
  EXPECT_EQ(kept(), "0/0/0 0/0/0 25/25/37");
  EXPECT_EQ(text("select attempts || ' ' || queue_rows || ' ' || contacts from purge"), "75 50 50");
}

TEST_F(Purges, C_09_leave_what_is_not_in_the_history_yet_and_lists_that_are_in_use) {
  sql("update history_state set until = now() - interval '60 days'");
  run(begin("1, 1, null, null"));
  EXPECT_EQ(kept(), "25/25/37 25/25/38 25/25/37");
  sql("update history_state set until = now()");
  sql("insert into job (campaign_id) values (1)");
  sql("insert into data_export (kind, list_id) values ('contacts', 2)");
  run(begin("null, 1, null, null"));
  EXPECT_EQ(kept(), "25/25/37 25/25/38 25/25/37") << "a job is queued, a file is being made";
}

TEST_F(Purges, C_17_remove_files_piece_by_piece) {
  sql("insert into contact_import (list_id, file_name, state, finished_at) values (1, 'old', 'completed', now() - interval '3 days'), "
      "(1, 'new', 'completed', now())");
  sql("insert into contact_import_chunk select i, n, 'x' from generate_series(1, 2) i, generate_series(1, 40) n");
  sql("insert into data_export (kind, list_id, state, finished_at) values ('contacts', 1, 'completed', now() - interval '3 days'), "
      "('contacts', 1, 'completed', now())");
  sql("insert into data_export_chunk select e, n, 'x' from generate_series(1, 2) e, generate_series(1, 40) n");
  run(begin("null, null, 2, 2"));
  EXPECT_EQ(text("select min(import_id) || ' ' || count(*) from contact_import_chunk"), "2 40");
  EXPECT_EQ(text("select min(export_id) || ' ' || count(*) from data_export_chunk"), "2 40");
  EXPECT_EQ(text("select min(id) || ' ' || count(*) from data_export"), "2 1");
  EXPECT_EQ(text("select uploads || ' ' || exports from purge"), "40 1");
}

}  // namespace
}  // namespace everdial
