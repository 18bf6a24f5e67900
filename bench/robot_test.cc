#include "robot.h"

#include <gtest/gtest.h>

#include <nlohmann/json.hpp>

namespace everdial::robots {
namespace {

using nlohmann::json;

/// The server's side, by hand.
struct RobotTest : testing::Test {
  Habits habits;
  Figures figures;
  Robot robot{"sip:r1@phones", habits, figures, 1};
  Instant now = Instant{} + 1h;
  int64_t number = 0;

  std::vector<json> said() {
    std::vector<json> out;
    for (const std::string& text : robot.take_out()) out.push_back(json::parse(text));
    return out;
  }
  json only() {
    const auto all = said();
    EXPECT_EQ(all.size(), 1u);
    return all.empty() ? json() : all[0];
  }
  void say(const json& message) { robot.heard(message.dump(), now); }
  void answer(const json& request) { say({{"id", request["id"]}, {"result", {{"states", json::object()}}}}); }
  void refuse(const json& request, int code, const char* error) {
    say({{"id", request["id"]}, {"error", {{"code", code}, {"message", ""}, {"data", {{"error", error}}}}}});
  }
  static json states(const char* agent, const char* nail, const char* call) {
    return {{"agent", agent}, {"nail", nail}, {"call", call}, {"job", "attached"}};
  }
  void tell(json notice) {
    notice["number"] = ++number;
    say({{"method", "notice"}, {"params", notice}});
  }
  void become(const char* agent, const char* nail, const char* call) {
    tell({{"notice", "states_changed"}, {"states", states(agent, nail, call)}, {"reason", ""}});
  }
  void welcome(const json& hello, const json& where) {
    say({{"id", hello["id"]},
         {"result", {{"token", "t1"}, {"last", number}, {"oldest", 1}, {"situation", where}, {"addresses", {{"servers", {"a"}}}}}}});
  }
  /// Connected, and logged on.
  void begin() {
    robot.take_ticket("ticket");
    robot.connected(now);
    welcome(only(), {{"states", states("logged_out", "not_nailed", "idle")}});
    const json log_on = only();
    EXPECT_EQ(log_on["method"], "log_on");
    answer(log_on);
  }
  void talk() {
    begin();
    become("ready", "nailed", "idle");
    tell({{"notice", "call_offered"}, {"attempt", "3-14-1"}, {"phone", "+12125550100"}});
    become("busy", "nailed", "talking");
  }
};

TEST_F(RobotTest, logs_on_nails_its_line_and_goes_ready) {
  begin();
  become("not_ready", "not_nailed", "idle");
  const json nail = only();
  EXPECT_EQ(nail["method"], "nail_up");
  become("not_ready", "pending", "idle");
  answer(nail);
  EXPECT_TRUE(said().empty());
  become("not_ready", "nailed", "idle");
  EXPECT_EQ(only()["method"], "ready");
}

TEST_F(RobotTest, talks_as_long_as_drawn_releases_and_wraps_up_with_the_campaigns_code) {
  talk();
  EXPECT_TRUE(said().empty());
  now += 1min;
  robot.tick(now);
  const json release = only();
  EXPECT_EQ(release["method"], "release");
  answer(release);
  become("work_not_ready", "nailed", "wrapup");
  now += 1min;
  robot.tick(now);
  const json wrap_up = only();
  EXPECT_EQ(wrap_up["params"]["code"], "done");
  EXPECT_EQ(figures.calls, 1);
  EXPECT_GE(figures.talking, 1min);
  EXPECT_LT(figures.talking, 2min);
}

TEST_F(RobotTest, D_04_goes_on_with_its_token_after_the_last_notice_it_has_and_sends_its_command_again) {
  talk();
  now += 1min;
  robot.tick(now);
  const json release = only();
  robot.disconnected(now);
  robot.connected(now += 300ms);
  const json hello = only();
  EXPECT_EQ(hello["method"], "resume_session");
  EXPECT_EQ(hello["params"]["token"], "t1");
  EXPECT_EQ(hello["params"]["received"], number);
  welcome(hello, {{"states", states("busy", "nailed", "talking")}, {"attempt", "3-14-1"}});
  const auto all = said();
  ASSERT_EQ(all.size(), 2u);
  EXPECT_EQ(all[0]["method"], "say_states");
  EXPECT_EQ(all[0]["params"]["attempt"], "3-14-1");
  EXPECT_EQ(all[1], release) << "with the same id";
  answer(release);
  EXPECT_EQ(figures.resumed, 1);
  EXPECT_EQ(figures.longest_offline, 300ms);
  ASSERT_EQ(figures.answers.size(), 2u);
  EXPECT_EQ(figures.answers[1], 300ms) << "the gap counts";
}

TEST_F(RobotTest, A_04_asks_again_with_the_same_id_what_was_refused_for_now) {
  begin();
  become("not_ready", "nailed", "idle");
  const json ready = only();
  refuse(ready, 9114, "manager_not_available");
  EXPECT_TRUE(said().empty());
  now += 1s;
  robot.tick(now);
  EXPECT_EQ(only(), ready);
  EXPECT_TRUE(figures.refused.empty());
}

TEST_F(RobotTest, A_03_holds_its_commands_while_the_zones_manager_is_away) {
  begin();
  say({{"method", "manager_not_available"}, {"params", {{"zone", "default"}, {"reason", "failed"}, {"expected_wait_ms", 500}}}});
  become("not_ready", "nailed", "idle");
  EXPECT_TRUE(said().empty());
  now += 400ms;
  say({{"method", "manager_available"}, {"params", {{"zone", "default"}, {"away_ms", 400}}}});
  answer(only());
  EXPECT_EQ(figures.answers.back(), 400ms);
}

TEST_F(RobotTest, counts_a_log_out_that_it_has_not_asked_for_once_and_logs_on_again) {
  talk();
  become("logged_out", "not_nailed", "idle");
  tell({{"notice", "logged_off"}, {"reason", "desktop_error"}, {"forced", true}});
  EXPECT_EQ(figures.log_outs, 1);
  EXPECT_EQ(only()["method"], "log_on");
}

TEST_F(RobotTest, takes_notices_in_order_and_each_once_and_says_how_far_it_is) {
  begin();
  const auto third = json{{"number", 3}, {"notice", "nailing_lost"}, {"reason", ""}};
  say({{"method", "notice"}, {"params", third}});
  EXPECT_EQ(figures.lines_lost, 0);
  say({{"method", "notice"}, {"params", {{"number", 1}, {"notice", "time_limit"}}}});
  say({{"method", "notice"}, {"params", {{"number", 2}, {"notice", "time_limit"}}}});
  say({{"method", "notice"}, {"params", third}});
  EXPECT_EQ(figures.lines_lost, 1);
  said();
  say({{"method", "beat"}, {"params", {{"last", 3}, {"at", ""}}}});
  EXPECT_EQ(only()["params"]["received"], 3);
}

TEST_F(RobotTest, D_04_gives_a_silent_connection_up_and_one_on_which_notices_are_missing) {
  begin();
  EXPECT_FALSE(robot.gives_up(now + 1s));
  EXPECT_TRUE(robot.gives_up(now + 1300ms));
  for (int i = 0; i < 3; ++i) {
    now += 500ms;
    say({{"method", "beat"}, {"params", {{"last", 4}, {"at", ""}}}});
    robot.tick(now);
  }
  EXPECT_TRUE(robot.gives_up(now + 100ms));
}

TEST_F(RobotTest, ends_its_call_and_logs_off_when_it_is_to_leave) {
  talk();
  robot.leave();
  robot.tick(now);
  const json release = only();
  answer(release);
  become("work_not_ready", "nailed", "wrapup");
  answer(only());
  become("ready", "nailed", "idle");
  const json log_off = only();
  EXPECT_EQ(log_off["method"], "log_off");
  become("logged_out", "not_nailed", "idle");
  answer(log_off);
  EXPECT_TRUE(robot.gone());
  EXPECT_EQ(figures.log_outs, 0);
}

}  // namespace
}  // namespace everdial::robots
