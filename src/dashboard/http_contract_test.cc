#include <gmock/gmock.h>

#include <filesystem>
#include <fstream>
#include <future>

#include "dashboard/test_dashboard.h"

namespace everdial {
namespace {

using nlohmann::json;
using testing::HasSubstr;

class Http : public TestDashboard {
 protected:
  std::string raw(const std::string& bytes, const std::string& until = "") { return send_raw(service_.port(), bytes, until); }
  std::string bearer() { return "Authorization: Bearer " + token(Role::supervisor) + "\r\n"; }
};

TEST_F(Http, serves_several_requests_on_one_connection) {
  const std::string two =
      raw("GET /api/v1/health HTTP/1.1\r\nHost: x\r\n\r\nGET /api/v1/health HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n");
  EXPECT_EQ(two.find("HTTP/1.1 200 OK"), 0);
  EXPECT_NE(two.find("HTTP/1.1 200 OK", 1), std::string::npos);
}

TEST_F(Http, answers_head_without_a_body) {
  const std::string answer = raw("HEAD /api/v1/health HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n");
  EXPECT_THAT(answer, HasSubstr("Content-Length: 47"));
  EXPECT_THAT(answer, testing::EndsWith("\r\n\r\n"));
}

TEST_F(Http, refuses_what_is_not_http_or_too_large) {
  EXPECT_THAT(raw("hello\r\n\r\n"), testing::StartsWith("HTTP/1.1 400"));
  EXPECT_THAT(raw("GET /api/v1/health HTTP/1.1\r\nX: " + std::string(20'000, 'x') + "\r\n\r\n"), testing::StartsWith("HTTP/1.1 431"));
  EXPECT_THAT(raw("POST /api/v1/lists HTTP/1.1\r\nHost: x\r\n" + bearer() + "Content-Length: 2000000\r\n\r\n"),
              testing::StartsWith("HTTP/1.1 413"));
  EXPECT_THAT(raw("POST /api/v1/lists HTTP/1.1\r\nHost: x\r\n" + bearer() + "Transfer-Encoding: chunked\r\n\r\n200000\r\n" +
                  std::string(0x200000, 'a')),
              testing::StartsWith("HTTP/1.1 413"));
}

TEST_F(Http, lets_a_client_wait_for_leave_to_send_its_body) {
  const std::string head = "POST /api/v1/lists HTTP/1.1\r\nHost: x\r\nConnection: close\r\n" + bearer() +
                           "Content-Type: application/json\r\nExpect: 100-continue\r\n";
  EXPECT_THAT(raw(head + "Content-Length: 12\r\n\r\n", "\r\n\r\n"), testing::StartsWith("HTTP/1.1 100 Continue\r\n\r\n"));
  EXPECT_THAT(raw(head + "Content-Length: 2000000\r\n\r\n", "\r\n\r\n"), testing::StartsWith("HTTP/1.1 413"));
}

TEST_F(Http, refuses_to_leave_loopback_without_tls) {
  DashboardService open_to_all({.server = "as1", .version = "test", .listen_host = "0.0.0.0", .listen_port = 0}, database_.pool());
  const Status started = open_to_all.start();
  ASSERT_FALSE(started.ok());
  EXPECT_THAT(started.error().message, HasSubstr("without TLS"));
  DashboardService no_certificate(
      {.server = "as1", .listen_host = "0.0.0.0", .listen_port = 0, .tls_certificate = "/nowhere.pem", .tls_key = "/nowhere.key"},
      database_.pool());
  EXPECT_THAT(no_certificate.start().error().message, HasSubstr("the TLS certificate /nowhere.pem cannot be used"));
  DashboardService taken({.server = "as1", .listen_port = service_.port()}, database_.pool());
  EXPECT_THAT(taken.start().error().message, HasSubstr("cannot listen for HTTP on 127.0.0.1:"));
}

TEST_F(Http, serves_the_console_and_its_pages) {
  const auto folder = std::filesystem::temp_directory_path() / ("console_" + std::to_string(getpid()));
  std::filesystem::create_directories(folder / "assets");
  std::ofstream(folder / "index.html") << "<!doctype html><title>Everdial</title>";
  std::ofstream(folder / "assets/app-1a2b.js") << "console.log(1)";
  DashboardService console({.server = "as1", .listen_port = 0, .console_dir = folder.string()}, database_.pool());
  ASSERT_TRUE(console.start().ok());
  std::filesystem::remove_all(folder);
  const auto fetch = [&](const std::string& path, std::map<std::string, std::string> headers = {}) {
    return send_request(console.port(), "GET", path, "", headers);
  };

  const auto page = fetch("/");
  EXPECT_EQ(page.body, "<!doctype html><title>Everdial</title>");
  EXPECT_EQ(page.header("content-type"), "text/html; charset=utf-8");
  EXPECT_THAT(page.header("content-security-policy"), HasSubstr("script-src 'self';"));
  EXPECT_EQ(page.header("cache-control"), "no-cache");
  EXPECT_EQ(fetch("/jobs/7").body, page.body) << "a page of the console's own";
  EXPECT_EQ(fetch("/", {{"If-None-Match", page.header("etag")}}).status, 304);
  const auto script = fetch("/assets/app-1a2b.js");
  EXPECT_EQ(script.header("content-type"), "text/javascript; charset=utf-8");
  EXPECT_THAT(script.header("cache-control"), HasSubstr("immutable"));
  EXPECT_EQ(fetch("/assets/gone.js").status, 404);
  EXPECT_EQ(fetch("/../../etc/passwd").body, page.body);
  EXPECT_EQ(send_request(console.port(), "POST", "/", "", {}).status, 405);
}

TEST_F(Http, serves_the_agent_desktop_beside_the_console) {
  const auto folder = std::filesystem::temp_directory_path() / ("desktop_" + std::to_string(getpid()));
  std::filesystem::create_directories(folder / "assets");
  std::ofstream(folder / "index.html") << "<!doctype html><title>Agent</title>";
  std::ofstream(folder / "assets/app-1a2b.js") << "console.log(2)";
  DashboardService both({.server = "as1", .listen_port = 0, .agent_dir = folder.string()}, database_.pool());
  ASSERT_TRUE(both.start().ok());
  std::filesystem::remove_all(folder);
  const auto fetch = [&](const std::string& path) { return send_request(both.port(), "GET", path, "", {}); };
  EXPECT_EQ(fetch("/agent").status, 308);
  EXPECT_EQ(fetch("/agent").header("location"), "/agent/");
  EXPECT_EQ(fetch("/agent/").body, "<!doctype html><title>Agent</title>");
  EXPECT_EQ(fetch("/agent/assets/app-1a2b.js").body, "console.log(2)");
  const std::string policy = fetch("/agent/").header("content-security-policy");
  EXPECT_THAT(policy, HasSubstr("script-src 'self';"));
  EXPECT_THAT(policy, HasSubstr("connect-src 'self' ws: wss:")) << "desktops connect to every server";
  EXPECT_THAT(fetch("/agents").body, HasSubstr("The console is not installed here")) << "a page of the console";
}

TEST_F(Http, says_how_to_get_the_console_when_it_is_not_there) {
  EXPECT_THAT(send_request(service_.port(), "GET", "/", "", {}).body, HasSubstr("./dev build"));
}

TEST_F(Http, S_03_shows_the_matrix_of_components_and_servers) {
  sql("insert into server (name, components) values ('as1', '{rule_engine,mpp,campaign_manager}'), ('as2', '{rule_engine}')");
  sql("insert into ha_session (incarnation, server, component, instance) values "
      "('00000000-0000-0000-0000-000000000001', 'as1', 'server', ''), ('00000000-0000-0000-0000-000000000002', 'as1', 'rule_engine', ''), "
      "('00000000-0000-0000-0000-000000000003', 'as1', 'mpp', '1'), ('00000000-0000-0000-0000-000000000004', 'as2', 'rule_engine', '')");
  sql("insert into ha_lease (resource, epoch, incarnation) values ('rule_engine', 2, '00000000-0000-0000-0000-000000000002'), "
      "('zone_director/default', 1, null), ('job/1', 5, null)");
  sql("insert into ha_history (res_id, epoch, to_incarnation, reason) values (1, 1, '00000000-0000-0000-0000-000000000004', 'free'), "
      "(1, 2, '00000000-0000-0000-0000-000000000002', 'died')");
  make_list();
  const auto status = get("/status");
  ASSERT_EQ(status.status, 200) << status.body;
  EXPECT_EQ(status.json["components"], json({"campaign_manager", "rule_engine", "mpp"}));
  const auto cells = [&](size_t server) {
    std::vector<std::string> out;
    for (const auto& c : status.json["servers"][server]["components"])
      out.push_back(c["component"].get<std::string>() + " " + c["state"].get<std::string>());
    return out;
  };
  EXPECT_THAT(cells(0), testing::ElementsAre("campaign_manager STARTING", "rule_engine MASTER", "mpp RUNNING"));
  EXPECT_THAT(cells(1), testing::ElementsAre("rule_engine DORMANT"));
  ASSERT_EQ(status.json["leases"].size(), 2) << status.body;
  EXPECT_EQ(status.json["leases"][0]["server"], "as1");
  EXPECT_TRUE(status.json["leases"][0].contains("since"));
  EXPECT_EQ(status.json["zones"],
            json::array({{{"name", "default"}, {"state", "waiting"}, {"weight", 1.0}, {"jobs", 0}, {"going_home", false}}}));
  sql("delete from ha_session");
  sql("insert into ha_history (res_id, epoch, from_incarnation, reason) values (1, 2, '00000000-0000-0000-0000-000000000002', 'died')");
  const auto history = all_pages("/leases/rule_engine/history", 1);
  ASSERT_EQ(history.size(), 3);
  EXPECT_EQ(history[0]["from"]["server"], "as1") << "known by its acquiring, although its session went first";
  EXPECT_EQ(history[1]["to"],
            json({{"incarnation", "00000000-0000-0000-0000-000000000002"}, {"server", "as1"}, {"component", "rule_engine"}}));
  EXPECT_EQ(history[2]["to"]["server"], "as2");
  EXPECT_EQ(get("/leases/job:1/history").status, 200);
  EXPECT_EQ(get("/leases/job:99/history").status, 404);
}

/// The live stream: what has come when `until` has.
class Live : public Http {
 protected:
  std::string live_request(const std::string& query, const std::string& header = "") {
    return "GET /api/v1/live" + query + " HTTP/1.1\r\nHost: x\r\n" + bearer() + header + "\r\n";
  }
  std::string listen(const std::string& query, const std::string& until, const std::string& header = "") {
    return raw(live_request(query, header), until);
  }
};

TEST_F(Live, tells_the_present_state_and_each_change) {
  const std::string job = std::to_string(make_job());
  EXPECT_THAT(listen("", "event: job_progress"), HasSubstr("event: status\ndata: {"));
  auto stream = std::async(std::launch::async, [&] { return listen("?topics=jobs", "\"state\":\"running\""); });
  sql("update job set state = 'running'");
  EXPECT_THAT(stream.get(), testing::Not(HasSubstr("event: status")));
  sql("update job set state = 'completed', finished_at = now() - interval '1 hour'");
  EXPECT_THAT(listen("?topics=jobs&job_id=" + job, "\n\n\r\n"), HasSubstr("\"state\":\"completed\""))
      << "one that ended long ago, when it is asked for";
  EXPECT_EQ(get("/live?topics=weather").status, 400);
  EXPECT_EQ(get("/live?job_id=99").status, 404);
}

TEST_F(Live, C_10_tells_how_agents_work_for_each_job_that_has_some) {
  make_job();
  sql("insert into agent (login) values ('ann')");
  sql("update campaign set agents = '{}'");
  EXPECT_THAT(listen("?topics=jobs", "\"agents\":0,"), HasSubstr("event: job_agents\ndata: {\"abandoned\":0,"));
  auto stream = std::async(std::launch::async, [&] { return listen("?topics=jobs&job_id=1", "\"talking\":1"); });
  sql("insert into agent_state (agent_id, agent_state, nail_state, call_state, job_state, job_id, attempt, since, record) values "
      "(1, 'busy', 'nailed', 'talking', 'attached', 1, '1-5-1', now(), '{}')");
  EXPECT_THAT(stream.get(), HasSubstr("\"states\":{\"busy\":1}"));
}

TEST_F(Live, lives_on_through_times_without_news) {
  TestStream stream(service_.port(), live_request("?topics=imports"));
  EXPECT_THAT(stream.until(": here"), HasSubstr(": here")) << "a sign of life after some seconds without news";
  post("/imports", {{"kind", "dnc"}, {"file_name", "late.csv"}, {"size_bytes", 1}});
  EXPECT_THAT(stream.until("late.csv"), HasSubstr("event: import_progress"));
}

TEST_F(Live, goes_on_after_the_last_event_that_was_seen) {
  make_job();
  const std::string first = listen("?topics=jobs", "\"attempts_per_s\":0.0");
  const size_t at = first.rfind("id: ") + 4;
  const std::string id = first.substr(at, first.find('\n', at) - at);
  sql("insert into job (campaign_id, state) values (1, 'running')");
  const std::string more = listen("?topics=jobs", "\"id\":2", "Last-Event-ID: " + id + "\r\n");
  EXPECT_THAT(more, testing::Not(HasSubstr("\"id\":1,"))) << "only what is new";
  EXPECT_THAT(listen("?topics=jobs", "\"id\":2", "Last-Event-ID: other-7\r\n"), HasSubstr("\"id\":1,"))
      << "an id of another server brings all";
}

TEST_F(Live, measures_the_rate_of_attempts) {
  make_job();
  sql("update job set state = 'running'");
  sql("insert into job_result values (1, 'answer_human', 0)");
  auto stream = std::async(std::launch::async, [&] { return listen("?topics=jobs", "attempts_per_s"); });
  EXPECT_THAT(stream.get(), HasSubstr("attempts_per_s"));
}

TEST_F(Live, ends_its_streams_and_finishes_its_answers_when_it_drains) {
  auto stream = std::async(std::launch::async, [&] { return listen("", ""); });
  auto idle = std::async(std::launch::async, [&] { return raw("GET /api/v1/health HTTP/1.1\r\nHost: x\r\n\r\n"); });
  listen("", "event: status");
  std::promise<void> drained;
  service_.drain([&] { drained.set_value(); });
  EXPECT_EQ(drained.get_future().wait_for(std::chrono::seconds(4)), std::future_status::ready);
  EXPECT_THAT(idle.get(), testing::AnyOf(HasSubstr("200 OK"), testing::IsEmpty()));
  stream.get();
  EXPECT_EQ(raw("GET /api/v1/health HTTP/1.1\r\nHost: x\r\n\r\n"), "") << "it takes no new connections";
}

}  // namespace
}  // namespace everdial
