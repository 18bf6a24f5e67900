#include <gmock/gmock.h>

#include "dashboard/test_dashboard.h"

namespace everdial {
namespace {

using nlohmann::json;
using testing::ElementsAre;

TEST_F(TestDashboard, makes_changes_and_removes_campaigns) {
  const int64_t list = make_list();
  const json spring = {{"name", "Spring"},
                       {"list_id", list},
                       {"calls_per_second", 2.5},
                       {"strategy", {{"ring_timeout_s", 20}, {"retries", {{"call_busy", {{"times", 2}, {"delay_s", 60}}}}}}}};
  const auto made = post("/campaigns", spring, {{"Idempotency-Key", "c"}});
  ASSERT_EQ(made.status, 201) << made.body;
  EXPECT_EQ(made.json["strategy"]["ring_timeout_s"], 20.0);
  EXPECT_EQ(made.json["strategy"]["max_attempts"], 6) << "left out: the default";
  EXPECT_EQ(made.json["list_name"], "List");
  EXPECT_EQ(post("/campaigns", spring, {{"Idempotency-Key", "c"}}).json, made.json);
  EXPECT_THAT(post("/campaigns", spring).errors(), ElementsAre("/name: There is a campaign of this name already."));
  EXPECT_THAT(post("/campaigns", {{"name", "A"}, {"list_id", 99}}).errors(), ElementsAre("/list_id: There is no such contact list."));
  EXPECT_THAT(
      post("/campaigns",
           {{"name", "A"}, {"list_id", list}, {"max_calls", 0}, {"calls_per_second", "fast"}, {"strategy", {{"ring_timeout_s", 500}}}})
          .errors(),
      testing::UnorderedElementsAre("/max_calls: must be from 1 to 100000", "/calls_per_second: must be a number",
                                    "/strategy/ring_timeout_s: must be from 1.0 to 120.0"));
  EXPECT_THAT(post("/campaigns", {{"name", "A"}, {"list_id", list}, {"strategy", {{"retries", {{"lunch", json::object()}}}}}}).errors(),
              ElementsAre(testing::StartsWith("/strategy/retries/lunch: is not a completion code")));

  const std::string path = "/campaigns/" + std::to_string(made.json["id"].get<int64_t>());
  EXPECT_EQ(get(path).json, made.json);
  json changed = spring;
  changed["name"] = "Summer";
  EXPECT_EQ(as(Role::supervisor, "PUT", path, changed).json["name"], "Summer");
  make_campaign("Autumn");
  changed["name"] = "Autumn";
  const auto taken = as(Role::supervisor, "PUT", path, changed);
  EXPECT_EQ(taken.status, 409);
  EXPECT_THAT(taken.errors(), ElementsAre("/name: There is a campaign of this name already."));
  EXPECT_EQ(all_pages("/campaigns", 1).size(), 2);
  EXPECT_EQ(as(Role::supervisor, "DELETE", path).status, 204);
  EXPECT_EQ(get(path).status, 404);
  EXPECT_EQ(as(Role::supervisor, "DELETE", path).status, 404);
  EXPECT_EQ(as(Role::supervisor, "PUT", path, changed).status, 404);
}

TEST_F(TestDashboard, C_11_keeps_a_campaigns_finish_criteria_and_tells_why_a_job_ended) {
  const json finish = {{"after_s", 3600.0},
                       {"until_minute", 1080},
                       {"time_zone", "Europe/Berlin"},
                       {"goal", {{"count", 5}, {"of", "contacts"}, {"codes", {"answer_human"}}}}};
  const json body = {{"name", "A"}, {"list_id", make_list()}, {"finish", finish}};
  const auto made = post("/campaigns", body);
  ASSERT_EQ(made.status, 201) << made.body;
  EXPECT_EQ(made.json["finish"], finish);
  json wrong = body;
  wrong["finish"] = {{"goal", {{"count", 0}}}};
  EXPECT_THAT(post("/campaigns", wrong).errors(), ElementsAre(testing::StartsWith("/finish/goal/count: must be from 1")));
  const auto job = post("/campaigns/1/jobs");
  EXPECT_EQ(job.json["finish"], finish);
  EXPECT_FALSE(job.json.contains("finish_reason"));
  sql("update job set state = 'completed', finish_reason = 'goal', finished_at = now()");
  EXPECT_EQ(get("/jobs/1").json["finish_reason"], "goal");
  json without = body;
  without.erase("finish");
  EXPECT_EQ(as(Role::supervisor, "PUT", "/campaigns/1", without).json["finish"], json::object());
}

TEST_F(TestDashboard, starts_one_job_of_a_campaign_at_a_time) {
  const std::string campaign = "/campaigns/" + std::to_string(make_campaign());
  const auto job = post(campaign + "/jobs", nullptr, {{"Idempotency-Key", "j"}});
  ASSERT_EQ(job.status, 201) << job.body;
  EXPECT_EQ(job.json["state"], "queued");
  EXPECT_EQ(post(campaign + "/jobs", nullptr, {{"Idempotency-Key", "j"}}).json, job.json);
  EXPECT_EQ(post(campaign + "/jobs").status, 409);
  EXPECT_EQ(get(campaign).json["unfinished_job_id"], job.json["id"]);
  EXPECT_EQ(as(Role::supervisor, "PUT", campaign, {{"name", "Campaign"}, {"list_id", 1}}).status, 409) << "while it runs";
  EXPECT_EQ(as(Role::supervisor, "DELETE", campaign).status, 409);
  sql("update job set state = 'completed', finished_at = now()");
  EXPECT_EQ(post(campaign + "/jobs").status, 201);
  EXPECT_EQ(post("/campaigns/99/jobs").status, 404);
  EXPECT_EQ(all_pages("/jobs", 1).size(), 2);
  EXPECT_EQ(all_pages("/jobs?state=unfinished", 1).size(), 1);
  EXPECT_EQ(all_pages("/jobs?state=completed&campaign_id=1", 1).size(), 1);
  EXPECT_THAT(get("/jobs?state=lost").errors(), ElementsAre(testing::StartsWith("?state: must be unfinished or one of queued, ")));
}

TEST_F(TestDashboard, L_03_holds_job_starts_and_imports_back_under_high_load_and_takes_them_after) {
  const std::string jobs = "/campaigns/" + std::to_string(make_campaign()) + "/jobs";
  const std::map<std::string, std::string> key = {{"Idempotency-Key", "k"}};
  sql("insert into load_restriction (name, reason) values ('job_starts', 'all 2 servers are under high load')");
  EXPECT_EQ(post(jobs).status, 201) << "nothing is known of the load, so nothing is restricted (L-02)";
  sql("update job set state = 'completed'");
  sql("insert into load_sample (server, cpu, memory, run_queue) values ('as1', 1, 0, 2)");
  const auto held = post(jobs, nullptr, key);
  EXPECT_EQ(held.status, 503);
  EXPECT_EQ(held.json["type"], "urn:everdial:problem:restricted_by_load");
  EXPECT_EQ(held.json["detail"],
            "New job starts are held back: all 2 servers are under high load. Nothing was done; repeat the request until it is taken.");
  EXPECT_EQ(held.header("everdial-restricted"), "job_starts");
  EXPECT_EQ(held.header("retry-after"), "5");
  EXPECT_EQ(get("/status").json["restrictions"].at(0)["name"], "job_starts");
  EXPECT_EQ(post("/imports", {{"list_id", 1}, {"file_name", "a.csv"}, {"size_bytes", 1}}).status, 201) << "only what is named is held back";
  sql("delete from load_restriction");
  EXPECT_EQ(post(jobs, nullptr, key).status, 201);
  sql("insert into load_restriction (name, reason) values ('job_starts', 'r')");
  EXPECT_EQ(post(jobs, nullptr, key).status, 201) << "the answer of what was done before";
}

TEST_F(TestDashboard, C_06_keeps_a_request_for_the_director_to_apply) {
  const std::string job = std::to_string(make_job());
  const auto request = [&](const char* what) { return post("/jobs/" + job + "/requests", {{"request", what}}); };
  EXPECT_EQ(request("resume").status, 409);
  const auto paused = request("pause");
  EXPECT_EQ(paused.status, 202) << paused.body;
  EXPECT_EQ(paused.json["requested"], "pause");
  EXPECT_EQ(sql("select requested from job"), "pause");
  EXPECT_EQ(request("stop").json["requested"], "stop") << "a newer wish takes the place of one not yet applied";
  EXPECT_THAT(request("dance").errors(), ElementsAre("/request: must be one of pause, resume, stop"));
  EXPECT_THAT(post("/jobs/" + job + "/requests", json::object()).errors(), ElementsAre("/request: is missing"));
  sql("update job set state = 'paused', requested = null");
  EXPECT_EQ(post("/jobs/" + job + "/requests", {{"request", "resume"}}, {{"Idempotency-Key", "r"}}).status, 202);
  sql("update job set state = 'running', requested = null");
  EXPECT_EQ(post("/jobs/" + job + "/requests", {{"request", "resume"}}, {{"Idempotency-Key", "r"}}).status, 202)
      << "repeated: the first answer, not a second wish";
  EXPECT_EQ(sql("select coalesce(requested, 'none') from job"), "none");
  sql("update job set state = 'completed'");
  EXPECT_EQ(request("stop").status, 409);
  EXPECT_EQ(post("/jobs/99/requests", {{"request", "stop"}}).status, 404);
}

class Attempts : public TestDashboard {
 protected:
  void SetUp() override {
    job_ = std::to_string(make_job());
    sql("insert into contact (list_id, phone, time_zone, import_id, import_row) select 1, '+1202555' || lpad(n::text, 4, '0'), 'UTC', 1, n "
        "from generate_series(1, 20) n");
    sql("insert into job_contact (job_id, contact_id, state) select 1, id, case when id = 20 then 'in_flight' else 'done' end from "
        "contact");
    sql("insert into attempt (job_id, contact_id, number, phone, state, code, intent_epoch, intent_by, intent_at, placed_at, ringing_at, "
        "answered_at, ended_at, done_at, "
        "done_epoch, done_by, mpp, trunk, sip_status, analysis) "
        "select 1, c.id, n, c.phone, 'done', case when n = 1 and c.id % 2 = 1 then 'call_busy' else 'answer_human' end, 3, '" +
        incarnation_ +
        "', t, "
        "t + interval '10 ms', t + interval '1 s', t + interval '2 s', t + interval '9 s', t + interval '9.1 s', 3, '" +
        incarnation_ +
        "', "
        "'as1/mpp/1', 'carrier', 200, 'answer_human' "
        "from contact c cross join generate_series(1, 2) n cross join (select timestamptz '2026-03-01 12:00:00Z' as t) t where c.id < 20 "
        "and (n = 1 or c.id % 2 = 1)");
    sql("insert into attempt (job_id, contact_id, number, phone, intent_epoch, intent_by) values (1, 20, 1, '+12025550020', 3, '" +
        incarnation_ + "')");
    sql("insert into attempt (job_id, contact_id, number, phone, state, code, intent_epoch, intent_by) values (1, 20, 2, '+12025550020', "
        "'aborted', 'no_trunk', 3, '" +
        incarnation_ + "')");
    sql("insert into job_result values (1, 'call_busy', 10), (1, 'answer_human', 19)");
    sql("insert into job_contact_result values (1, 'answer_human', 19), (1, 'attempt_unknown', 0)");
    sql("update job set contacts = 20, state = 'running', started_at = now()");
  }
  std::string job_;
  const std::string incarnation_ = "11111111-2222-3333-4444-555555555555";
};

TEST_F(Attempts, shows_a_jobs_progress_and_results) {
  const auto job = get("/jobs/" + job_);
  EXPECT_EQ(job.json["progress"]["contacts"], 20);
  EXPECT_EQ(job.json["progress"]["done"], 19);
  EXPECT_EQ(job.json["progress"]["remaining"], 1);
  EXPECT_EQ(job.json["progress"]["in_flight"], 1);
  EXPECT_EQ(job.json["progress"]["attempts"], 29);
  EXPECT_EQ(job.json["results"], json::array({{{"code", "answer_human"}, {"count", 19}}, {{"code", "call_busy"}, {"count", 10}}}));
  EXPECT_EQ(job.json["contact_results"], json::array({{{"code", "answer_human"}, {"count", 19}}}));
}

TEST_F(Attempts, pages_and_filters_attempts) {
  const std::string path = "/jobs/" + job_ + "/attempts";
  const auto all = all_pages(path, 7);
  ASSERT_EQ(all.size(), 31);
  EXPECT_EQ(all[0]["id"], "1-1-1");
  EXPECT_EQ(all[1]["id"], "1-1-2");
  EXPECT_EQ(all_pages(path + "?code=call_busy", 4).size(), 10);
  EXPECT_EQ(all_pages(path + "?state=intent", 4).size(), 1);
  EXPECT_EQ(all_pages(path + "?state=done&code=answer_human", 4).size(), 19);
  const auto aborted = all_pages(path + "?state=aborted", 4);
  ASSERT_EQ(aborted.size(), 1);
  EXPECT_EQ(aborted[0]["abort_reason"], "no_trunk");
  EXPECT_EQ(all_pages(path + "?phone=+12025550003", 4).size(), 2);
  EXPECT_EQ(all_pages(path + "?phone=+12025559999", 4).size(), 0);
  EXPECT_THAT(get(path + "?code=lunch&state=x").errors(),
              ElementsAre(testing::StartsWith("?code: must be one of"), testing::StartsWith("?state: must be one of")));
  EXPECT_EQ(get("/jobs/99/attempts").status, 404);
}

TEST_F(Attempts, pages_on_past_a_long_stretch_without_a_match) {
  sql("insert into contact (id, list_id, phone, time_zone, import_id, import_row) overriding system value select n, 1, '+4420' || n, "
      "'UTC', 1, n from generate_series(100, 25000) n");
  sql("insert into attempt (job_id, contact_id, number, phone, state, code, intent_epoch, intent_by) "
      "select 1, n, 1, '+4420' || n, 'done', case n when 25000 then 'fax' else 'call_busy' end, 3, '" +
      incarnation_ + "' from generate_series(100, 25000) n");
  const auto first = get("/jobs/" + job_ + "/attempts?code=fax");
  EXPECT_EQ(first.json["items"].size(), 0);
  EXPECT_TRUE(first.json.contains("next")) << "it has not looked at all of them";
  EXPECT_EQ(all_pages("/jobs/" + job_ + "/attempts?code=fax", 10).size(), 1);
}

TEST_F(Attempts, shows_one_attempts_whole_way_with_its_jobs_owners) {
  sql("insert into ha_session (incarnation, server, component) values ('" + incarnation_ + "', 'as1', 'campaign_manager')");
  sql("insert into ha_lease (resource, epoch, incarnation) values ('job/1', 4, '" + incarnation_ + "')");
  sql("insert into ha_history (res_id, epoch, to_incarnation, reason, at) values (1, 1, gen_random_uuid(), 'long before', '2026-03-01 "
      "11:00:00Z'), "
      "(1, 3, '" +
      incarnation_ + "', 'free', '2026-03-01 11:59:00Z'), (1, 4, '" + incarnation_ +
      "', 'died', '2026-03-01 12:00:05Z'), "
      "(1, 5, '" +
      incarnation_ + "', 'later', '2026-03-01 12:05:00Z')");
  sql("delete from ha_session");
  const auto way = get("/attempts/1-3-2");
  ASSERT_EQ(way.status, 200) << way.body;
  EXPECT_EQ(way.json["attempt"]["mpp"], "as1/mpp/1");
  const json owner = {{"incarnation", incarnation_}, {"server", "as1"}, {"component", "campaign_manager"}};
  EXPECT_EQ(way.json["intent_by"], owner) << "although its session is gone";
  EXPECT_EQ(way.json["done_by"], owner);
  EXPECT_EQ(way.json["timeline"][0]["by"], owner);
  EXPECT_EQ(way.json["contact"]["phone"], "+12025550003");
  EXPECT_EQ(way.json["attempts_of_contact"].size(), 2);
  std::vector<std::string> what;
  for (const auto& entry : way.json["timeline"]) what.push_back(entry["what"].get<std::string>() + " " + entry.value("detail", ""));
  EXPECT_THAT(what, ElementsAre("owner_changed free", "intent ", "placed ", "ringing ", "answered analysis: answer_human",
                                "owner_changed died", "ended ", "settled "));
  EXPECT_EQ(get("/attempts/1-3-9").status, 404);
  EXPECT_EQ(get("/attempts/1-3").status, 400);
}

}  // namespace
}  // namespace everdial
