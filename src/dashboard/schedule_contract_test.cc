#include <gmock/gmock.h>

#include "dashboard/test_dashboard.h"

namespace everdial {
namespace {

using nlohmann::json;
using testing::ElementsAre;

const json kDaily = {{"time_zone", "Europe/Berlin"}, {"minutes", {540}}, {"weekdays", {1, 2, 3, 4, 5, 6, 7}}};

TEST_F(TestDashboard, C_07_makes_changes_and_removes_schedules) {
  make_campaign();
  json body = {{"name", "Mornings"},  {"kind", "start_job"}, {"campaign_id", 1},
               {"timetable", kDaily}, {"misfire", "skip"},   {"grace_s", 30}};
  const auto made = post("/schedules", body, {{"Idempotency-Key", "s"}});
  ASSERT_EQ(made.status, 201) << made.body;
  EXPECT_EQ(post("/schedules", body, {{"Idempotency-Key", "s"}}).json, made.json);
  EXPECT_EQ(made.json["campaign_name"], "Campaign");
  EXPECT_EQ(made.json["next"].size(), 5);
  EXPECT_EQ(sql("select next_at > now() and next_at < now() + interval '25 hours' from schedule"), "t");
  EXPECT_THAT(post("/schedules", body).errors(), ElementsAre("/name: There is a schedule of this name already."));
  EXPECT_THAT(post("/schedules", {{"name", "A"}, {"kind", "lunch"}, {"timetable", {{"minutes", json::array()}}}}).errors(),
              testing::Contains("/timetable/minutes: must be an array of minutes after midnight, 0 to 1439, at most 96"));
  EXPECT_THAT(post("/schedules", {{"name", "A"}, {"kind", "start_job"}, {"campaign_id", 99}, {"timetable", kDaily}}).errors(),
              ElementsAre("/campaign_id: There is no such campaign."));

  body["enabled"] = false;
  const auto changed = as(Role::supervisor, "PUT", "/schedules/1", body);
  EXPECT_EQ(changed.json["next"], json::array()) << changed.body;
  EXPECT_EQ(get("/schedules/1").json, changed.json);
  EXPECT_EQ(as(Role::supervisor, "PUT", "/schedules/9", body).status, 404);
  EXPECT_EQ(all_pages("/schedules", 1).size(), 1);
  EXPECT_EQ(as(Role::viewer, "DELETE", "/schedules/1").status, 403);
  EXPECT_EQ(as(Role::supervisor, "DELETE", "/schedules/1").status, 204);
  EXPECT_EQ(as(Role::supervisor, "DELETE", "/schedules/1").status, 404);
}

TEST_F(TestDashboard, C_07_keeps_a_schedule_that_imports_a_file) {
  make_list("People");
  json body = {{"name", "Nightly"},  {"kind", "import"}, {"list_id", 1}, {"file_name", "people.csv"}, {"options", {{"header", false}}},
               {"timetable", kDaily}};
  const auto made = post("/schedules", body);
  ASSERT_EQ(made.status, 201) << made.body;
  EXPECT_EQ(made.json["list_name"], "People");
  EXPECT_EQ(made.json["file_name"], "people.csv");
  EXPECT_EQ(made.json["options"], body["options"]);
  EXPECT_THAT(
      post("/schedules",
           {{"name", "A"}, {"kind", "import"}, {"list_id", 1}, {"file_name", "a.csv"}, {"options", {{"colour", 1}}}, {"timetable", kDaily}})
          .errors(),
      ElementsAre("/options/colour: is not known here"));
  body["file_name"] = "others.csv";
  EXPECT_EQ(as(Role::supervisor, "PUT", "/schedules/1", body).json["file_name"], "others.csv");
  body["file_name"] = "../others.csv";
  EXPECT_THAT(as(Role::supervisor, "PUT", "/schedules/1", body).errors(),
              ElementsAre(testing::StartsWith("/file_name: must be the plain name of a file in the import folder")));
  body.erase("file_name");
  EXPECT_THAT(post("/schedules", body).errors(), ElementsAre("/file_name: is missing"));
  EXPECT_THAT(post("/schedules", {{"name", "A"}, {"kind", "purge"}, {"file_name", "a.csv"}, {"timetable", kDaily}}).errors(),
              ElementsAre("/file_name: is not known here"));
  body.update({{"file_name", "a.csv"}, {"list_id", 9}});
  EXPECT_THAT(post("/schedules", body).errors(), ElementsAre("/list_id: There is no such contact list."));
}

TEST_F(TestDashboard, C_07_shows_the_next_times_of_a_timetable_and_what_became_of_the_last_ones) {
  const auto preview = as(Role::viewer, "POST", "/schedules/preview", {{"timetable", kDaily}});
  ASSERT_EQ(preview.status, 200) << preview.body;
  EXPECT_EQ(preview.json["times"].size(), 5);
  const json past = {{"recurrence", "once"}, {"minutes", {0}}, {"from", "2020-01-01"}};
  EXPECT_EQ(as(Role::viewer, "POST", "/schedules/preview", {{"timetable", past}}).json["times"], json::array());

  make_campaign();
  post("/schedules", {{"name", "A"}, {"kind", "start_job"}, {"campaign_id", 1}, {"timetable", kDaily}});
  EXPECT_EQ(get("/schedules/1/firings").json["items"], json::array());
  sql("insert into schedule_firing (schedule_id, due_at, outcome, missed, started_id, detail) values "
      "(1, '2026-07-01 07:00Z', 'started', 0, 4, null), (1, '2026-07-02 07:00Z', 'skipped', 2, null, null), "
      "(1, '2026-07-03 07:00Z', 'refused', 0, null, 'job 4 of this campaign is not finished')");
  const auto firings = all_pages("/schedules/1/firings", 2);
  ASSERT_EQ(firings.size(), 3);
  EXPECT_EQ(firings[2]["started_id"], 4);
  EXPECT_EQ(firings[1]["missed"], 2);
  EXPECT_EQ(get("/schedules/1").json["last_firing"], firings[0]);
  EXPECT_EQ(get("/schedules/9/firings").status, 404);
}

}  // namespace
}  // namespace everdial
