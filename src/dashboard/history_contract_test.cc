#include <gmock/gmock.h>

#include "dashboard/test_dashboard.h"

namespace everdial {
namespace {

using nlohmann::json;
using testing::ElementsAre;

TEST_F(TestDashboard, C_10_shows_what_a_job_came_to_by_code_and_hour_and_how_far_that_goes) {
  make_job();
  const auto none = get("/jobs/1/summary");
  ASSERT_EQ(none.status, 200) << none.body;
  EXPECT_EQ(none.json["attempts"], 0);
  EXPECT_EQ(none.json["complete"], false);
  sql("insert into job_hour values (1, '2026-07-01 12:00Z', 'answer_human', 10, 10, 0, 20000, 300500), "
      "(1, '2026-07-01 13:00Z', 'answer_human', 5, 5, 0, 10000, 100000), (1, '2026-07-01 13:00Z', 'call_lost', 1, 1, 1, 1000, 2000)");
  sql("update history_state set until = '2026-07-01 13:30Z'");
  sql("update job set state = 'completed', finished_at = '2026-07-01 13:20Z'");
  const auto summary = get("/jobs/1/summary").json;
  EXPECT_EQ(summary["complete"], true);
  EXPECT_EQ(summary["as_of"], "2026-07-01T13:30:00.000000Z");
  EXPECT_EQ(summary["attempts"], 16);
  EXPECT_EQ(summary["nuisance"], 1);
  EXPECT_EQ(summary["talk_s"], 402.5);
  EXPECT_EQ(summary["by_code"][0]["code"], "answer_human");
  EXPECT_EQ(summary["by_hour"].size(), 2);
  EXPECT_EQ(get("/jobs/9/summary").status, 404);

  sql("insert into job_hour values (1, '2026-07-02 09:00Z', 'call_busy', 2, 0, 0, 0, 0)");
  EXPECT_EQ(get("/campaigns/1/trend").json["buckets"].size(), 3);
  const auto days = get("/campaigns/1/trend?by=day").json;
  ASSERT_EQ(days["buckets"].size(), 2);
  EXPECT_EQ(days["buckets"][0]["at"], "2026-07-01T00:00:00.000000Z");
  EXPECT_EQ(days["buckets"][0]["attempts"], 16);
  EXPECT_EQ(get("/campaigns/1/trend?by=day&buckets=1").json["buckets"][0]["attempts"], 2) << "the last ones";
  EXPECT_THAT(get("/campaigns/1/trend?by=year").errors(), ElementsAre("?by: must be one of hour, day"));
  EXPECT_EQ(get("/campaigns/9/trend").status, 404);
}

TEST_F(TestDashboard, C_13_lists_the_alarms_of_too_many_nuisance_calls) {
  make_campaign();
  sql("insert into nuisance_alarm values (1, '2026-07-01', 100, 4), (1, '2026-07-02', 50, 3), (1, '2026-07-04', 40, 2)");
  const auto alarms = all_pages("/nuisance-alarms", 2);
  ASSERT_EQ(alarms.size(), 3);
  EXPECT_EQ(alarms[0]["day"], "2026-07-04");
  EXPECT_EQ(alarms[0]["campaign_name"], "Campaign");
}

TEST_F(TestDashboard, C_09_keeps_how_long_things_are_kept_and_begins_one_purge_at_a_time) {
  EXPECT_EQ(get("/retention").json, json({{"uploads_days", 1}, {"exports_days", 30}, {"orders_days", 30}}));
  const json settings = {{"attempts_days", 90}, {"contacts_days", nullptr}, {"uploads_days", 2}};
  EXPECT_EQ(as(Role::supervisor, "PUT", "/retention", settings).status, 403);
  const auto changed = as(Role::administrator, "PUT", "/retention", settings);
  EXPECT_EQ(changed.json, json({{"attempts_days", 90}, {"uploads_days", 2}})) << changed.body;
  EXPECT_EQ(get("/retention").json, changed.json);
  EXPECT_THAT(as(Role::administrator, "PUT", "/retention", {{"attempts_days", 0}}).errors(),
              ElementsAre("/attempts_days: must be from 1 to 36500"));
  const auto begun = as(Role::administrator, "POST", "/purges", nullptr, {{"Idempotency-Key", "p"}});
  ASSERT_EQ(begun.status, 201) << begun.body;
  EXPECT_EQ(begun.json["settings"], changed.json);
  EXPECT_EQ(as(Role::administrator, "POST", "/purges", nullptr, {{"Idempotency-Key", "p"}}).json, begun.json);
  EXPECT_EQ(as(Role::administrator, "POST", "/purges").status, 409);
  sql("update purge set state = 'completed', attempts = 7, finished_at = now()");
  EXPECT_EQ(as(Role::administrator, "POST", "/purges").status, 201);
  const auto purges = all_pages("/purges", 1);
  ASSERT_EQ(purges.size(), 2);
  EXPECT_EQ(purges[1]["removed"]["attempts"], 7);
}

TEST_F(TestDashboard, C_10_shows_how_agents_work_for_a_job_and_the_share_abandoned_in_the_campaigns_period) {
  make_job();
  EXPECT_EQ(get("/jobs/1/agents").status, 404) << "a campaign without agents";
  sql("update campaign set agents = '{\"abandoned_most\": 0.05, \"abandoned_days\": 2}'");
  sql("insert into agent (login) values ('ann'), ('bob'), ('cid')");
  sql("insert into agent_state (agent_id, agent_state, nail_state, call_state, job_state, job_id, attempt, since, record) values "
      "(1, 'busy', 'nailed', 'talking', 'attached', 1, '1-5-1', now(), '{}'), (2, 'ready', 'nailed', 'idle', 'attached', 1, null, now(), "
      "'{}'), "
      "(3, 'ready', 'nailed', 'idle', 'attached', null, null, now(), '{}')");
  sql("insert into live_call (attempt, zone, phone, live_at, nuisance_at) select '1-' || n || '-1', 'default', '+1', now(), now() from "
      "generate_series(5, 6) n");
  sql("insert into job_result (job_id, code, count) values (1, 'answer_human', 40), (1, 'nuisance', 2)");
  sql("insert into job_hour (job_id, hour, code, answered, nuisance) values (1, now(), 'answer_human', 40, 0), (1, now(), 'nuisance', 2, "
      "2), "
      "(1, now() - interval '3 days', 'nuisance', 9, 9)");
  const auto work = get("/jobs/1/agents").json;
  EXPECT_EQ(work["job_id"], 1);
  EXPECT_EQ(work["agents"], 2);
  EXPECT_EQ(work["states"], (json{{"busy", 1}, {"ready", 1}}));
  EXPECT_EQ(work["calls"], (json{{"talking", 1}, {"idle", 1}}));
  EXPECT_EQ(work["waiting"], 1) << "the other one talks to ann";
  EXPECT_EQ(work["talked"], 40);
  EXPECT_EQ(work["abandoned"], 2);
  EXPECT_EQ(work["period"], (json{{"days", 2}, {"most", 0.05}, {"answered", 42}, {"abandoned", 2}}));
  EXPECT_EQ(get("/jobs/9/agents").status, 404);
}

}  // namespace
}  // namespace everdial
