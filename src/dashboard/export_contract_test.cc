#include <gmock/gmock.h>

#include "dashboard/test_dashboard.h"

namespace everdial {
namespace {

using testing::ElementsAre;

TEST_F(TestDashboard, C_08_keeps_exports_for_a_list_manager_and_gives_their_files_when_they_are_done) {
  const std::string job = std::to_string(make_job());
  const auto made = post("/exports", {{"kind", "contacts"}, {"list_id", 1}}, {{"Idempotency-Key", "e"}});
  ASSERT_EQ(made.status, 201) << made.body;
  EXPECT_EQ(made.json["state"], "queued");
  EXPECT_EQ(post("/exports", {{"kind", "contacts"}, {"list_id", 1}}, {{"Idempotency-Key", "e"}}).json, made.json);
  EXPECT_EQ(post("/exports", {{"kind", "attempts"}, {"job_id", 1}}).json["name"], "Campaign, job " + job);
  EXPECT_EQ(all_pages("/exports", 1).size(), 2);
  EXPECT_THAT(post("/exports", {{"kind", "contacts"}, {"list_id", 9}}).errors(), ElementsAre("/list_id: There is no such contact list."));
  EXPECT_THAT(post("/exports", {{"kind", "attempts"}, {"job_id", 9}}).errors(), ElementsAre("/job_id: There is no such job."));
  EXPECT_THAT(post("/exports", {{"kind", "lunch"}}).errors(), ElementsAre("/kind: must be one of contacts, attempts"));
  EXPECT_EQ(as(Role::viewer, "POST", "/exports", {{"kind", "contacts"}, {"list_id", 1}}).status, 403);

  const auto file = [&] { return as(Role::supervisor, "GET", "/exports/1/file.csv"); };
  EXPECT_EQ(file().status, 409);
  sql("insert into data_export_chunk values (1, 0, 'one\r\n'), (1, 5, 'two\r\n')");
  sql("update data_export set state = 'completed', rows = 1, size_bytes = 10, finished_at = now() where id = 1");
  EXPECT_EQ(file().body, "one\r\ntwo\r\n");
  EXPECT_EQ(file().header("content-disposition"), "attachment; filename=\"export-1.csv\"");
  EXPECT_EQ(as(Role::viewer, "GET", "/exports/1/file.csv").status, 403) << "contacts leave the system: not for everybody";

  EXPECT_EQ(post("/exports/1/cancel").status, 409);
  EXPECT_EQ(post("/exports/2/cancel").json["state"], "cancelled");
  EXPECT_EQ(get("/exports/9").status, 404);
}

TEST_F(TestDashboard, L_03_holds_exports_back_under_high_load) {
  make_list();
  sql("insert into load_restriction (name, reason) values ('exports', 'all 2 servers are under high load')");
  sql("insert into load_sample (server, cpu, memory, run_queue) values ('as1', 1, 0, 2)");
  EXPECT_EQ(post("/exports", {{"kind", "contacts"}, {"list_id", 1}}).status, 503);
  sql("delete from load_restriction");
  EXPECT_EQ(post("/exports", {{"kind", "contacts"}, {"list_id", 1}}).status, 201);
}

}  // namespace
}  // namespace everdial
