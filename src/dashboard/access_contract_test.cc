#include <gmock/gmock.h>

#include <thread>

#include "dashboard/api.h"
#include "dashboard/secrets.h"
#include "dashboard/test_dashboard.h"

namespace everdial {
namespace {

using nlohmann::json;
using testing::ElementsAre;

const std::map<std::string, std::string> kJson = {{"Content-Type", "application/json"}};

/// A path of the operation that names things which may or may not exist.
std::string path_of(std::string path) {
  const std::map<std::string, std::string> values = {{"{phone}", "+12025550100"}, {"{attempt_id}", "1-1-1"}, {"{resource}", "rule_engine"}};
  for (size_t begin; (begin = path.find('{')) != std::string::npos;) {
    const size_t end = path.find('}', begin) + 1;
    const auto value = values.find(path.substr(begin, end - begin));
    path.replace(begin, end - begin, value == values.end() ? "1" : value->second);
  }
  return path;
}

TEST(Api, has_every_operation_that_the_description_has_and_no_other) {
  std::vector<std::string> described, routed;
  for (const auto& o : ApiDescription::get().operations()) described.push_back(o.id + " " + o.method + " " + o.path + " " + o.role);
  for (const auto& o : Api::operations()) routed.push_back(o.id + " " + o.method + " " + o.path + " " + o.least_role);
  EXPECT_THAT(routed, testing::UnorderedElementsAreArray(described));
}

TEST_F(TestDashboard, refuses_every_operation_but_the_open_ones_without_a_log_in) {
  for (const auto& o : Api::operations()) {
    if (o.least_role.empty()) continue;
    EXPECT_EQ(send(o.method, path_of(o.path), "{}", kJson).status, 401) << o.id;
    EXPECT_EQ(send(o.method, path_of(o.path), "{}", {{"Authorization", "Bearer wrong"}}).status, 401) << o.id;
    EXPECT_EQ(send(o.method, path_of(o.path), "{}", {{"Cookie", "everdial_session=wrong"}}).status, 401) << o.id;
  }
}

TEST_F(TestDashboard, refuses_every_operation_to_a_lesser_role) {
  for (const auto& o : Api::operations()) {
    if (o.least_role.empty() || o.least_role == "viewer") continue;
    EXPECT_EQ(as(Role::viewer, o.method, path_of(o.path), json::object()).status, 403) << o.id;
    if (o.least_role != "administrator") continue;
    EXPECT_EQ(as(Role::supervisor, o.method, path_of(o.path), json::object()).status, 403) << o.id;
  }
}

TEST_F(TestDashboard, refuses_bodies_that_are_not_json_objects) {
  for (const auto& o : ApiDescription::get().operations()) {
    if (o.method == "GET" || o.id == "put_import_chunk" || o.id == "log_in") continue;
    const auto answer = as(Role::administrator, o.method, path_of(o.path), json::array());
    if (answer.status != 400) continue;  // it takes no body
    EXPECT_THAT(answer.errors(), testing::Contains(": must be an object")) << o.id;
    const std::map<std::string, std::string> bearer = {{"Authorization", "Bearer " + token(Role::administrator)}};
    EXPECT_EQ(send(o.method, path_of(o.path), "{}", bearer).status, 415) << o.id;
    auto with_type = bearer;
    with_type.insert(kJson.begin(), kJson.end());
    EXPECT_EQ(send(o.method, path_of(o.path), "{", with_type).status, 400) << o.id;
  }
}

TEST_F(TestDashboard, tells_of_its_health_without_a_log_in) {
  const auto answer = send("GET", "/health", "", {});
  EXPECT_EQ(answer.status, 200);
  EXPECT_EQ(answer.json, json({{"status", "ok"}, {"server", "as1"}, {"version", "test"}}));
}

TEST_F(TestDashboard, answers_what_it_does_not_have_with_problems) {
  EXPECT_EQ(get("/nothing").status, 404);
  const auto wrong_method = as(Role::viewer, "DELETE", "/lists");
  EXPECT_EQ(wrong_method.status, 405);
  EXPECT_THAT(wrong_method.header("allow"), testing::HasSubstr("POST"));
  EXPECT_EQ(get("/jobs/1").json["type"], "urn:everdial:problem:not_found");
  EXPECT_THAT(get("/jobs/x").errors(), ElementsAre("{job_id}: must be a whole number"));
  EXPECT_THAT(get("/jobs?limit=501&what=1").errors(), ElementsAre("?limit: must be from 1 to 500", "?what: is not known here"));
  EXPECT_THAT(get("/jobs?cursor=bm9uZQ").errors(), ElementsAre("?cursor: must be `next` of the page before"));
  EXPECT_EQ(get("/jobs/%zz").status, 400);
}

class LoggedIn : public TestDashboard {
 public:
  LoggedIn() { EXPECT_TRUE(put_account(database_.pool(), "ada", "correct horse battery", Role::administrator).ok()); }

 protected:
  TestAnswer log_in(const std::string& name, const std::string& password) {
    return send("POST", "/login", json{{"name", name}, {"password", password}}.dump(), kJson);
  }
  /// The header Cookie that a browser would send after this answer.
  static std::string cookies_of(const TestAnswer& answer) {
    std::string out;
    const auto [from, until] = answer.headers.equal_range("set-cookie");
    for (auto it = from; it != until; ++it) out += (out.empty() ? "" : "; ") + it->second.substr(0, it->second.find(';'));
    return out;
  }
};

TEST_F(LoggedIn, logs_in_stays_so_and_logs_out) {
  const auto in = log_in("ada", "correct horse battery");
  ASSERT_EQ(in.status, 200) << in.body;
  EXPECT_EQ(in.json["account"]["role"], "administrator");
  const auto [from, until] = in.headers.equal_range("set-cookie");
  for (auto it = from; it != until; ++it) {
    EXPECT_THAT(it->second, testing::HasSubstr("SameSite=Strict"));
    EXPECT_EQ(it->second.starts_with("everdial_session="), it->second.find("HttpOnly") != std::string::npos);
  }
  const std::string cookie = cookies_of(in), csrf = in.json["csrf_token"];
  const auto who = send("GET", "/session", "", {{"Cookie", cookie}});
  EXPECT_EQ(who.json["account"]["name"], "ada");
  EXPECT_EQ(who.json["csrf_token"], csrf);
  EXPECT_EQ(send("POST", "/logout", "", {{"Cookie", cookie}}).status, 403) << "without the CSRF token";
  EXPECT_EQ(send("POST", "/logout", "", {{"Cookie", cookie}, {"X-CSRF-Token", csrf}}).status, 204);
  EXPECT_EQ(send("GET", "/session", "", {{"Cookie", cookie}}).status, 401);
}

TEST_F(LoggedIn, D_06_takes_a_session_and_a_token_of_any_server) {
  DashboardService other({.server = "as2", .version = "test", .listen_port = 0, .workers = 2}, database_.pool());
  ASSERT_TRUE(other.start().ok());
  const std::string cookie = cookies_of(log_in("ada", "correct horse battery"));
  EXPECT_EQ(send_request(other.port(), "GET", "/api/v1/session", "", {{"Cookie", cookie}}).status, 200);
  EXPECT_EQ(send_request(other.port(), "GET", "/api/v1/lists", "", {{"Authorization", "Bearer " + token(Role::viewer)}}).status, 200);
}

TEST_F(LoggedIn, refuses_a_changing_request_of_a_browser_without_its_csrf_token) {
  const std::string cookie = cookies_of(log_in("ada", "correct horse battery"));
  const std::string body = R"({"name": "List"})";
  auto headers = kJson;
  headers["Cookie"] = cookie;
  EXPECT_EQ(send("POST", "/lists", body, headers).status, 403);
  headers["X-CSRF-Token"] = "wrong";
  EXPECT_EQ(send("POST", "/lists", body, headers).status, 403);
  EXPECT_EQ(sql("select count(*) from contact_list"), "0");
}

class AgentTickets : public TestDashboard {
 protected:
  void SetUp() override {
    sql("insert into agent (login, password_hash) values ('ann', '" + hash_password("correct horse battery") + "'), ('bob', null)");
  }
  void serve() {
    sql("insert into ha_session (incarnation, server, component, draining) values "
        "('00000000-0000-0000-0000-000000000001', 'as1', 'agent_sdk', false), "
        "('00000000-0000-0000-0000-000000000002', 'as2', 'agent_sdk', true)");
    sql("insert into agent_listener (incarnation, url) values ('00000000-0000-0000-0000-000000000001', 'ws://as1/agent/v1'), "
        "('00000000-0000-0000-0000-000000000002', 'ws://as2/agent/v1')");
  }
  TestAnswer ask(const std::string& name, const std::string& password) {
    return send("POST", "/agent-tickets", json{{"name", name}, {"password", password}}.dump(), kJson);
  }
};

TEST_F(AgentTickets, A_04_an_agent_gets_a_ticket_and_where_to_go_with_it) {
  serve();
  const auto answer = ask("ann", "correct horse battery");
  ASSERT_EQ(answer.status, 200) << answer.body;
  EXPECT_THAT(answer.json["servers"].get<std::vector<std::string>>(), ElementsAre("ws://as1/agent/v1"));
  EXPECT_EQ(sql("select ticket_hash = sha256('" + answer.json["ticket"].get<std::string>() +
                "'::bytea) and expires_at < clock_timestamp() + interval '61 s' from agent_ticket"),
            "t");
}

TEST_F(AgentTickets, A_04_nobody_else_gets_one) {
  serve();
  EXPECT_EQ(ask("ann", "wrong password").status, 401);
  EXPECT_EQ(ask("bob", "").status, 401);
  EXPECT_EQ(ask("eve", "correct horse battery").status, 401);
  for (int i = 0; i < 5; ++i) ask("ann", "wrong password");
  EXPECT_EQ(ask("ann", "correct horse battery").status, 429);
  EXPECT_EQ(sql("select count(*) from agent_ticket"), "0");
}

TEST_F(AgentTickets, are_for_pages_of_the_origins_that_are_configured_and_nothing_else_is) {
  serve();
  const auto from = [&](const std::string& origin, const std::string& method, const std::string& path) {
    const bool posts = method == "POST";
    const std::string body = posts ? json{{"name", "ann"}, {"password", "correct horse battery"}}.dump() : "";
    return send_request(service_.port(), method, "/api/v1" + path, body,
                        {{"Origin", origin}, {"Content-Type", "application/json"}, {"Access-Control-Request-Method", "POST"}});
  };
  const auto asks = from("https://desk.example", "OPTIONS", "/agent-tickets");
  EXPECT_EQ(asks.status, 204);
  EXPECT_EQ(asks.header("access-control-allow-origin"), "https://desk.example");
  EXPECT_EQ(asks.header("access-control-allow-methods"), "POST");
  EXPECT_EQ(asks.header("access-control-allow-headers"), "Content-Type");
  const auto answer = from("https://desk.example", "POST", "/agent-tickets");
  EXPECT_EQ(answer.status, 200) << answer.body;
  EXPECT_EQ(answer.header("access-control-allow-origin"), "https://desk.example");
  EXPECT_EQ(answer.header("vary"), "Origin");
  EXPECT_EQ(answer.header("access-control-allow-credentials"), "");
  for (const char* method : {"OPTIONS", "POST"}) {
    EXPECT_EQ(from("https://evil.example", method, "/agent-tickets").header("access-control-allow-origin"), "") << method;
    EXPECT_EQ(from("https://desk.example", method, "/login").header("access-control-allow-origin"), "") << method;
  }
  EXPECT_EQ(from("https://evil.example", "OPTIONS", "/agent-tickets").status, 405);
}

TEST_F(AgentTickets, A_04_are_not_given_while_no_server_takes_desktops) { EXPECT_EQ(ask("ann", "correct horse battery").status, 503); }

TEST_F(LoggedIn, slows_down_those_who_guess_passwords) {
  for (int i = 0; i < 5; ++i) EXPECT_EQ(log_in("ada", "wrong password").status, 401);
  const auto answer = log_in("ada", "correct horse battery");
  EXPECT_EQ(answer.status, 429);
  EXPECT_EQ(answer.header("retry-after"), "1");
  EXPECT_EQ(log_in("nobody", "wrong password").json["detail"], "Name or password is wrong.") << "the same as for a name that exists";
}

TEST_F(LoggedIn, changes_the_password_and_ends_other_sessions) {
  const auto one = log_in("ada", "correct horse battery"), two = log_in("ada", "correct horse battery");
  const auto change = [&](const json& body) {
    return send("PUT", "/session/password", body.dump(),
                {{"Content-Type", "application/json"},
                 {"Cookie", cookies_of(one)},
                 {"X-CSRF-Token", one.json["csrf_token"]},
                 {"Idempotency-Key", "change"}});
  };
  EXPECT_THAT(change({{"current_password", "wrong"}, {"new_password", "another long one"}}).errors(),
              ElementsAre("/current_password: is not your password"));
  EXPECT_THAT(change({{"current_password", "correct horse battery"}, {"new_password", "short"}}).errors(),
              ElementsAre("/new_password: must have at least 10 characters"));
  EXPECT_EQ(change({{"current_password", "correct horse battery"}, {"new_password", "another long one"}}).status, 204);
  EXPECT_EQ(send("GET", "/session", "", {{"Cookie", cookies_of(one)}}).status, 200);
  EXPECT_EQ(send("GET", "/session", "", {{"Cookie", cookies_of(two)}}).status, 401);
  EXPECT_EQ(log_in("ada", "another long one").status, 200);
}

TEST_F(TestDashboard, makes_changes_and_removes_accounts) {
  const auto make = [&](const json& body, const std::string& key = "") {
    return as(Role::administrator, "POST", "/accounts", body,
              key.empty() ? std::map<std::string, std::string>{} : std::map<std::string, std::string>{{"Idempotency-Key", key}});
  };
  const json bob = {{"name", "bob"}, {"password", "a long password"}, {"role", "viewer"}};
  const auto made = make(bob, "bob");
  ASSERT_EQ(made.status, 201) << made.body;
  EXPECT_EQ(make(bob, "bob").json, made.json) << "repeated with its key";
  EXPECT_THAT(make(bob).errors(), ElementsAre("/name: There is an account of this name already."));
  EXPECT_THAT(make({{"name", "b b"}, {"password", "short"}, {"role", "king"}, {"age", 3}}).errors(),
              ElementsAre("/name: must hold letters, digits and _.@- only", "/password: must have at least 10 characters",
                          "/role: must be one of viewer, supervisor, administrator", "/age: is not known here"));
  const std::string path = "/accounts/" + std::to_string(made.json["id"].get<int64_t>());
  EXPECT_EQ(as(Role::administrator, "PUT", path, {{"role", "supervisor"}}).json["role"], "supervisor");
  EXPECT_EQ(as(Role::administrator, "DELETE", path).status, 204);
  EXPECT_EQ(as(Role::administrator, "DELETE", path).status, 404);
  const std::string me = "/accounts/" + sql("select id from account where name = 'the_administrator'");
  EXPECT_EQ(as(Role::administrator, "DELETE", me).status, 409) << "the last administrator";
  EXPECT_EQ(as(Role::administrator, "PUT", me, {{"role", "viewer"}}).status, 409);
  for (const char* name : {"c", "d", "e"}) make({{"name", name}, {"password", "a long password"}, {"role", "viewer"}});
  EXPECT_EQ(all_pages("/accounts", 2).size(), 4);
}

TEST_F(TestDashboard, tells_a_token_once_and_takes_it_until_it_is_revoked) {
  const auto made = as(Role::viewer, "POST", "/tokens", {{"name", "mine"}}, {{"Idempotency-Key", "t"}});
  ASSERT_EQ(made.status, 201);
  const std::string fresh = made.json["token"];
  const auto again = as(Role::viewer, "POST", "/tokens", {{"name", "mine"}}, {{"Idempotency-Key", "t"}});
  EXPECT_EQ(again.json["id"], made.json["id"]);
  EXPECT_FALSE(again.json.contains("token"));
  EXPECT_EQ(sql("select count(*) from idempotency_key where response::text like '%" + fresh + "%'"), "0");
  EXPECT_EQ(send("GET", "/session", "", {{"Authorization", "Bearer " + fresh}}).status, 200);
  EXPECT_EQ(all_pages("/tokens", 1).size(), 1) << "tokens are one's own";
  EXPECT_EQ(get("/tokens").json["items"].size(), 2);
  const std::string path = "/tokens/" + std::to_string(made.json["id"].get<int64_t>());
  EXPECT_EQ(as(Role::supervisor, "DELETE", path).status, 404) << "somebody else's";
  EXPECT_EQ(as(Role::viewer, "DELETE", path).status, 204);
  EXPECT_EQ(send("GET", "/session", "", {{"Authorization", "Bearer " + fresh}}).status, 401);
}

TEST_F(TestDashboard, D_06_does_a_request_once_that_is_repeated_with_its_key_at_another_server) {
  DashboardService other({.server = "as2", .version = "test", .listen_port = 0, .workers = 2}, database_.pool());
  ASSERT_TRUE(other.start().ok());
  const std::map<std::string, std::string> headers = {
      {"Authorization", "Bearer " + token(Role::supervisor)}, {"Content-Type", "application/json"}, {"Idempotency-Key", "k"}};
  const std::string body = R"({"name": "Once"})";
  std::vector<TestAnswer> answers(8);
  {
    std::vector<std::jthread> clients;
    for (size_t i = 0; i < answers.size(); ++i)
      clients.emplace_back(
          [&, i] { answers[i] = send_request(i % 2 ? other.port() : service_.port(), "POST", "/api/v1/lists", body, headers); });
  }
  int replayed = 0;
  for (const auto& answer : answers) {
    EXPECT_EQ(answer.status, 201) << answer.body;
    EXPECT_EQ(answer.json, answers[0].json);
    replayed += answer.header("idempotency-replayed") == "true" ? 1 : 0;
  }
  EXPECT_EQ(replayed, 7);
  EXPECT_EQ(sql("select count(*) from contact_list"), "1");
}

TEST_F(TestDashboard, refuses_a_key_used_for_another_request) {
  EXPECT_EQ(post("/lists", {{"name", "A"}}, {{"Idempotency-Key", "k"}}).status, 201);
  const auto other = post("/lists", {{"name", "B"}}, {{"Idempotency-Key", "k"}});
  EXPECT_EQ(other.status, 422);
  EXPECT_EQ(other.json["type"], "urn:everdial:problem:idempotency_key_reused");
  EXPECT_EQ(as(Role::administrator, "POST", "/lists", {{"name", "B"}}, {{"Idempotency-Key", "k"}}).status, 201)
      << "keys are each account's own";
  EXPECT_EQ(post("/lists", {{"name", "C"}}, {{"Idempotency-Key", std::string(201, 'k')}}).status, 400);
}

TEST_F(TestDashboard, does_a_request_that_failed_before_when_it_is_repeated) {
  EXPECT_EQ(post("/lists", {{"name", "A"}, {"time_zone", "Mars/Base"}}, {{"Idempotency-Key", "k"}}).status, 400);
  EXPECT_EQ(post("/lists", {{"name", "A"}}, {{"Idempotency-Key", "k"}}).status, 201);
}

}  // namespace
}  // namespace everdial
