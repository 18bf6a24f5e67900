#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "campaign_director/history_service.h"
#include "ha/lease_store.h"
#include "runtime/test_database.h"
#include "runtime/test_world.h"

namespace everdial {
namespace {

using testing::ElementsAre;
using testing::IsEmpty;

const Incarnation kMe{"00000000-0000-4000-8000-000000000001"}, kOther{"00000000-0000-4000-8000-000000000002"};

/// One campaign with one job, and results at will.
class History : public testing::Test {
 protected:
  History() {
    sql("insert into contact_list (name) values ('l')");
    sql("insert into campaign (name, list_id, strategy) values ('c', 1, '{}')");
    sql("insert into job (campaign_id) values (1)");
    for (const auto& me : {kMe, kOther}) EXPECT_TRUE(leases->open_session(Session{me, ServerName{"as1"}, "campaign_director"}).ok());
    EXPECT_TRUE(leases->ensure({Resource{"campaign_director"}}).ok());
  }
  LeaseGrant acquire(const Incarnation& me = kMe) {
    return leases->acquire({leases->leases({Resource{"campaign_director"}}).value().at(0), me, "test", 0ms}).value().value();
  }
  pg::Rows sql(const std::string& text) {
    auto rows = database.pool().query(text);
    EXPECT_TRUE(rows.ok()) << text << ": " << (rows.ok() ? "" : rows.error().message);
    return *rows;
  }
  static std::string results(int from, int to, const std::string& code, const std::string& at, bool picked_up) {
    return "insert into attempt (job_id, contact_id, number, phone, state, code, intent_epoch, intent_by, ringing_at, answered_at, "
           "ended_at, "
           "done_at) select 1, n, 1, '+1', 'done', '" +
           code + "', 1, gen_random_uuid(), t, " + (picked_up ? "t + interval '2 s'" : "null") +
           ", t + interval '12 s', clock_timestamp() from generate_series(" + std::to_string(from) + ", " + std::to_string(to) +
           ") n cross join (select timestamptz '" + at + "' as t) x";
  }
  int catch_up(const LeaseGrant& grant, HistoryLimits limits = {.attempts_per_step = 7}) {
    int steps = 1;
    for (;; ++steps) {
      const auto step = store->take_up(grant, limits);
      EXPECT_TRUE(step.ok()) << step.error().message;
      for (const NuisanceAlarm& alarm : step->raised) raised.push_back(alarm.day);
      if (step->caught_up) return steps;
    }
  }
  /// "hour code attempts answered nuisance ring talk"
  std::vector<std::string> hours() {
    const auto rows =
        sql("select to_char(hour at time zone 'UTC', 'DD HH24') || ' ' || code || ' ' || attempts || ' ' || answered || ' ' || nuisance || "
            "' ' || "
            "ring_ms || ' ' || talk_ms from job_hour order by 1");
    std::vector<std::string> out;
    for (size_t r = 0; r < rows.size(); ++r) out.push_back(rows.string(r, 0));
    return out;
  }

  TestDatabase database;
  std::unique_ptr<LeaseStore> leases = make_pg_lease_store(database.pool());
  std::unique_ptr<HistoryStore> store = make_pg_history_store(database.pool());
  std::vector<std::string> raised;
};

TEST_F(History, C_10_counts_each_result_once_by_hour_and_code_and_goes_on_where_it_was_broken_off) {
  sql(results(1, 20, "answer_human", "2026-07-01 12:59:30Z", true));
  sql(results(21, 30, "call_busy", "2026-07-01 12:59:55Z", false));
  LeaseGrant grant = acquire();
  ASSERT_FALSE(store->take_up(grant, {.attempts_per_step = 7}).value().caught_up);
  const LeaseGrant before = grant;
  grant = acquire(kOther);
  EXPECT_EQ(store->take_up(before, {}).error().kind, ErrorKind::fenced);
  EXPECT_GT(catch_up(grant), 3);
  EXPECT_THAT(hours(), ElementsAre("01 12 answer_human 20 20 0 40000 200000", "01 13 call_busy 10 0 0 120000 0"));
  EXPECT_EQ(catch_up(grant), 1);
  sql(results(31, 31, "call_busy", "2026-07-01 13:10:00Z", false));
  catch_up(grant);
  EXPECT_THAT(hours(), ElementsAre("01 12 answer_human 20 20 0 40000 200000", "01 13 call_busy 11 0 0 132000 0"));
}

TEST_F(History, C_12_waits_for_results_that_are_on_their_way_and_says_how_far_it_is) {
  const LeaseGrant grant = acquire();
  auto writer = database.pool().take().value();
  ASSERT_TRUE(writer->execute("begin; " + results(1, 1, "call_busy", "2026-07-01 12:00:00Z", false)).ok());
  sql(results(2, 2, "fax", "2026-07-01 12:00:00Z", false));
  catch_up(grant);
  EXPECT_THAT(hours(), IsEmpty()) << "the fax was done after what is not committed yet";
  EXPECT_TRUE(sql("select until < (select done_at from attempt where contact_id = 2) from history_state").boolean(0, 0));
  ASSERT_TRUE(writer->execute("commit").ok());
  database.pool().give_back(std::move(writer));
  catch_up(grant);
  EXPECT_EQ(hours().size(), 2u);
}

TEST_F(History, C_13_raises_an_alarm_for_a_day_with_too_many_nuisance_calls_however_late_and_once) {
  sql(results(1, 97, "answer_human", "2026-07-01 12:00:00Z", true));
  sql(results(98, 101, "call_lost", "2026-07-01 15:00:00Z", true));
  sql(results(102, 110, "call_lost", "2026-07-01 15:00:00Z", false));
  sql(results(111, 120, "call_lost", "2026-07-02 15:00:00Z", true));
  const LeaseGrant grant = acquire();
  catch_up(grant, {});
  EXPECT_THAT(raised, ElementsAre("2026-07-01")) << "on the next day too few picked up to say anything";
  EXPECT_EQ(sql("select answered || ' ' || nuisance from nuisance_alarm").string(0, 0), "101 4");
  sql(results(121, 121, "call_lost", "2026-07-01 16:00:00Z", true));
  catch_up(grant, {});
  EXPECT_EQ(raised.size(), 1u);
  EXPECT_EQ(sql("select answered || ' ' || nuisance from nuisance_alarm").string(0, 0), "102 5");
}

TEST_F(History, C_13_calls_that_no_agent_took_in_time_count_against_the_campaigns_own_cap) {
  sql("update campaign set agents = '{\"abandoned_most\": 0.05}'");
  sql(results(1, 96, "answer_human", "2026-07-01 12:00:00Z", true));
  sql(results(97, 100, "nuisance", "2026-07-01 12:00:00Z", true));
  const LeaseGrant grant = acquire();
  catch_up(grant, {});
  EXPECT_THAT(raised, IsEmpty()) << "4 of 100";
  EXPECT_THAT(hours(), ElementsAre("01 12 answer_human 96 96 0 192000 960000", "01 12 nuisance 4 4 4 8000 40000"));
  sql(results(101, 102, "nuisance", "2026-07-01 13:00:00Z", true));
  catch_up(grant, {});
  EXPECT_THAT(raised, ElementsAre("2026-07-01"));
  EXPECT_EQ(sql("select answered || ' ' || nuisance || ' ' || most from nuisance_alarm").string(0, 0), "102 6 0.05");
}

TEST_F(History, C_10_is_kept_up_by_whoever_is_the_common_director) {
  TestWorld world;
  TestWorld::Wire wire{world, Address{"a"}};
  Seams seams{world, world, world, wire};
  std::vector<LeaseGrant> fenced;
  HistoryService service(seams, *store, [&](const LeaseGrant& grant) { fenced.push_back(grant); }, {.limits = {.attempts_per_step = 3}});
  const LeaseGrant grant = acquire();
  sql(results(1, 10, "fax", "2026-07-01 12:00:00Z", false));
  service.acquired(grant);
  world.pass(10ms);
  EXPECT_THAT(hours(), ElementsAre("01 12 fax 10 0 0 120000 0"));
  sql(results(11, 11, "fax", "2026-07-01 12:00:00Z", false));
  world.pass(1s);
  EXPECT_THAT(hours(), ElementsAre("01 12 fax 11 0 0 132000 0"));
  acquire(kOther);
  world.pass(1s);
  EXPECT_EQ(fenced.size(), 1u);
  service.lost(grant);
  world.pass(5s);
  EXPECT_EQ(fenced.size(), 1u);
}

}  // namespace
}  // namespace everdial
