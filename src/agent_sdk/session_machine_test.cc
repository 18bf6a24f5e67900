#include "agent_sdk/session_machine.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <rapidcheck/gtest.h>

#include <nlohmann/json.hpp>

namespace everdial::desk {
namespace {

using nlohmann::json;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;

agent_notice::StatesChanged changed(int n) { return {.states = {}, .reason = "n" + std::to_string(n)}; }

/// A desktop at one connection; what is said to it is kept as JSON, all other effects as they are.
class Talk {
 public:
  std::vector<Effect> step(const Input& input) {
    std::vector<Effect> rest;
    for (Effect& effect : machine.step(input, now)) {
      if (const auto* say = std::get_if<Say>(&effect)) said.push_back(json::parse(say->text));
      else if (const auto* close = std::get_if<Close>(&effect)) closed = close->code;
      else rest.push_back(std::move(effect));
    }
    return rest;
  }
  std::vector<Effect> request(const std::string& id, const std::string& method, const json& params = json::object()) {
    return step(TextCame{json{{"jsonrpc", "2.0"}, {"id", id}, {"method", method}, {"params", params}}.dump()});
  }
  void beat(int64_t received) {
    beat_effects = step(TextCame{json{{"jsonrpc", "2.0"}, {"method", "beat"}, {"params", {{"received", received}}}}.dump()});
  }
  SessionRow row() const { return {.id = "17", .agent = AgentId{7}, .login = "ann", .name = "Ann Baker", .zone = "default"}; }
  std::vector<Effect> welcome(SessionRow row, ZoneStatus zone = {}) {
    return step(SessionFound{std::move(row), "token-1", "as1", {"ws://as1/agent/v1"}, zone});
  }
  std::vector<Effect> begin() {
    request("hello", "begin_session", {{"ticket", "t"}});
    return welcome(row());
  }
  std::vector<Effect> resume(int64_t received, SessionRow row, ZoneStatus zone = {}) {
    request("hello", "resume_session", {{"token", "token-1"}, {"received", received}});
    return welcome(std::move(row), zone);
  }
  std::vector<Effect> pass(Duration time, bool answering = true) {
    std::vector<Effect> all;
    for (const Instant until = now + time; now < until;) {
      now += 100ms;
      if (answering) beat(last_beat());
      for (Effect& effect : step(TimePassed{now})) all.push_back(std::move(effect));
    }
    return all;
  }
  int64_t last_beat() const {
    int64_t last = 0;
    for (const json& one : said)
      if (one.value("method", "") == "beat") last = one["params"]["last"];
    return last;
  }
  std::vector<int64_t> numbers() const {
    std::vector<int64_t> out;
    for (const json& one : said)
      if (one.value("method", "") == "notice") out.push_back(one["params"]["number"]);
    return out;
  }
  json answer(const std::string& id) const {
    for (const json& one : said)
      if (one.value("id", json()) == id) return one;
    return {};
  }
  int refused(const std::string& id) const {
    const json given = answer(id);
    return given.contains("error") ? given["error"]["code"].get<int>() : 0;
  }
  size_t count(const std::string& method) const {
    return static_cast<size_t>(std::count_if(said.begin(), said.end(), [&](const json& one) { return one.value("method", "") == method; }));
  }
  template <class T>
  static std::vector<T> of(const std::vector<Effect>& effects) {
    std::vector<T> out;
    for (const Effect& effect : effects)
      if (const T* one = std::get_if<T>(&effect)) out.push_back(*one);
    return out;
  }

  Instant now = from_micros(1'000'000'000);
  SessionMachine machine{{}, now};
  std::vector<json> said;
  std::vector<Effect> beat_effects;
  int closed = 0;
};

TEST(SessionMachine, A_04_a_ticket_begins_a_session) {
  Talk talk;
  const auto find = Talk::of<FindSession>(talk.request("hello", "begin_session", {{"ticket", "t"}}));
  ASSERT_EQ(find.size(), 1u);
  EXPECT_TRUE(find[0].begins);
  EXPECT_EQ(find[0].secret, "t");
  talk.welcome(talk.row());
  EXPECT_EQ(talk.answer("hello")["result"], json::parse(R"({"token": "token-1", "server": "as1", "zone": "default", "last": 0, "oldest": 1,
      "agent": {"id": 7, "login": "ann", "name": "Ann Baker"}, "addresses": {"servers": ["ws://as1/agent/v1"]},
      "situation": {"states": {"agent": "logged_out", "nail": "not_nailed", "call": "idle", "job": "detached"}}})"));
}

TEST(SessionMachine, A_04_a_wrong_ticket_is_refused_and_another_may_be_tried) {
  Talk talk;
  talk.request("hello", "begin_session", {{"ticket", "t"}});
  talk.step(SessionRefused{{9200, "wrong_ticket", "get another", {}, 0}});
  EXPECT_EQ(talk.refused("hello"), 9200);
  EXPECT_EQ(talk.closed, 0);
  EXPECT_EQ(Talk::of<FindSession>(talk.request("again", "begin_session", {{"ticket", "u"}})).size(), 1u);
}

TEST(SessionMachine, what_does_not_begin_with_a_session_is_closed) {
  Talk silent;
  silent.pass(6s, false);
  EXPECT_EQ(silent.closed, 4002);
  Talk early;
  early.request("1", "hold");
  EXPECT_EQ(early.refused("1"), -32600);
  EXPECT_EQ(early.closed, 4002);
  Talk noise;
  noise.step(TextCame{"hello?"});
  EXPECT_EQ(noise.closed, 4002);
  EXPECT_EQ(noise.said.at(0)["error"]["code"], -32700);
  EXPECT_TRUE(noise.said.at(0)["id"].is_null());
}

TEST(SessionMachine, A_04_a_command_goes_to_the_manager_and_its_answer_to_the_desktop) {
  Talk talk;
  talk.begin();
  const auto sent = Talk::of<SendCommand>(talk.request("c1", "log_on", {{"phone", "+15550100"}, {"forced", true}}));
  ASSERT_EQ(sent.size(), 1u);
  EXPECT_EQ(sent[0].command.agent, AgentId{7});
  EXPECT_EQ(sent[0].command.session, "17");
  EXPECT_EQ(sent[0].command.id, "c1");
  EXPECT_TRUE(std::get<agent_command::LogOn>(sent[0].command.order).forced);
  talk.step(CommandAnswered{"c1", AgentAnswer{.states = {.agent = AgentState::not_ready}}});
  EXPECT_EQ(talk.answer("c1")["result"]["states"]["agent"], "not_ready");
  talk.request("c2", "hold");
  talk.step(CommandAnswered{"c2", AgentAnswer{AgentError::wrong_call_state, "you have no call", {.agent = AgentState::not_ready}}});
  EXPECT_EQ(talk.refused("c2"), 9105);
  EXPECT_EQ(talk.answer("c2")["error"]["data"]["error"], "wrong_call_state");
  EXPECT_EQ(talk.answer("c2")["error"]["data"]["states"]["agent"], "not_ready");
}

TEST(SessionMachine, A_04_a_command_whose_answer_is_lost_is_sent_again_under_its_id) {
  Talk talk;
  talk.begin();
  talk.request("c1", "ready");
  talk.step(CommandAnswered{"c1", std::nullopt});
  const auto again = Talk::of<SendCommand>(talk.pass(200ms));
  ASSERT_EQ(again.size(), 1u);
  EXPECT_EQ(again[0].command.id, "c1");
  EXPECT_THAT(Talk::of<SendCommand>(talk.request("c1", "ready")), IsEmpty()) << "its answer is on the way";
  talk.step(CommandAnswered{"c1", AgentAnswer{}});
  EXPECT_TRUE(talk.answer("c1").contains("result"));
}

TEST(SessionMachine, A_04_a_command_that_may_have_been_done_long_ago_is_only_asked_about_until_somebody_knows) {
  Talk talk;
  talk.begin();
  talk.request("c1", "ready");
  std::vector<bool> late;
  for (Duration passed{}; passed < 20s; passed += 500ms) {
    talk.step(CommandAnswered{"c1", std::nullopt});
    for (const SendCommand& again : Talk::of<SendCommand>(talk.pass(500ms))) late.push_back(again.command.late);
  }
  EXPECT_FALSE(late.front());
  EXPECT_TRUE(late.back());
  EXPECT_TRUE(std::is_sorted(late.begin(), late.end()));
  EXPECT_TRUE(talk.answer("c1").is_null()) << "nobody knows yet";
  talk.step(CommandAnswered{"c1", AgentAnswer{AgentError::not_done, "it was not done", {}}});
  EXPECT_EQ(talk.refused("c1"), 9117);
}

TEST(SessionMachine, commands_of_supervisors_are_refused_to_others) {
  Talk talk;
  talk.begin();
  EXPECT_THAT(talk.request("1", "force_state", {{"agent", 8}, {"state", "logged_out"}}), IsEmpty());
  EXPECT_EQ(talk.refused("1"), 9112);
  EXPECT_THAT(talk.request("team", "list_agents"), IsEmpty());
  EXPECT_EQ(talk.refused("team"), 9112);
  EXPECT_THAT(Talk::of<SendCommand>(talk.request("2", "hold", {{"order", "force_state"}, {"state", "logged_out"}})),
              testing::SizeIs(1));  // and is a hold
  Talk supervisor;
  supervisor.request("hello", "begin_session", {{"ticket", "t"}});
  SessionRow row = supervisor.row();
  row.supervisor = true;
  supervisor.welcome(row);
  EXPECT_EQ(supervisor.answer("hello")["result"]["agent"]["supervisor"], true);
  EXPECT_EQ(Talk::of<AskRecord>(supervisor.request("team", "list_agents")).size(), 1u);
  const auto sent = Talk::of<SendCommand>(supervisor.request("1", "monitor", {{"agent", 8}, {"how", "whisper"}, {"supervisor", 9}}));
  ASSERT_EQ(sent.size(), 1u);
  EXPECT_EQ(sent[0].command.agent, AgentId{8});
  EXPECT_EQ(sent[0].command.session, "");
  EXPECT_EQ(std::get<agent_command::Monitor>(sent[0].command.order).supervisor, AgentId{7});
}

TEST(SessionMachine, names_what_it_does_not_know) {
  Talk talk;
  talk.begin();
  talk.request("1", "lunch");
  EXPECT_EQ(talk.refused("1"), -32601);
  talk.request("2", "consult", {{"agent", "bob"}});
  EXPECT_EQ(talk.refused("2"), -32602);
  talk.request("3", "begin_session", {{"ticket", "t"}});
  EXPECT_EQ(talk.refused("3"), -32600);
}

TEST(SessionMachine, A_04_notices_are_numbered_and_acknowledged_by_beats) {
  Talk talk;
  talk.begin();
  talk.step(NoticesCame{1, {changed(1), changed(2)}});
  talk.step(NoticesCame{2, {changed(2), changed(3)}});
  EXPECT_THAT(talk.numbers(), ElementsAre(1, 2, 3));
  talk.pass(500ms, false);
  EXPECT_EQ(talk.last_beat(), 3);
  talk.beat(3);
  const auto taken = Talk::of<SendTaken>(talk.beat_effects);
  ASSERT_EQ(taken.size(), 1u);
  EXPECT_EQ(taken[0].taken.up_to, 3);
  EXPECT_FALSE(taken[0].taken.again);
}

TEST(SessionMachine, A_04_missing_notices_are_asked_for_and_not_skipped_before_their_time) {
  Talk talk;
  talk.begin();
  const auto asked = Talk::of<SendTaken>(talk.step(NoticesCame{3, {changed(3)}}));
  ASSERT_EQ(asked.size(), 1u);
  EXPECT_TRUE(asked[0].taken.again);
  EXPECT_THAT(talk.numbers(), IsEmpty());
  talk.step(NoticesCame{1, {changed(1), changed(2), changed(3)}});
  EXPECT_THAT(talk.numbers(), ElementsAre(1, 2, 3));
  talk.step(NoticesCame{9, {changed(9)}});
  talk.pass(1100ms);
  talk.step(NoticesCame{9, {changed(9)}});
  EXPECT_THAT(talk.numbers(), ElementsAre(1, 2, 3, 9)) << "nobody has the others any more";
}

TEST(SessionMachine, A_04_a_session_that_is_resumed_misses_nothing) {
  Talk talk;
  SessionRow row = talk.row();
  row.owner = true;
  row.situation.states.agent = AgentState::ready;
  row.last = 5;
  row.kept = {changed(3), changed(4), changed(5)};
  const auto effects = talk.resume(3, row);
  EXPECT_EQ(talk.answer("hello")["result"]["last"], 5);
  EXPECT_EQ(talk.answer("hello")["result"]["oldest"], 3);
  EXPECT_EQ(talk.answer("hello")["result"]["situation"]["states"]["agent"], "ready");
  EXPECT_THAT(talk.numbers(), ElementsAre(4, 5));
  const auto taken = Talk::of<SendTaken>(effects);
  ASSERT_EQ(taken.size(), 1u) << "the manager learns where the desktop is now";
  EXPECT_EQ(taken[0].taken.up_to, 3);
  EXPECT_TRUE(taken[0].taken.again);
}

TEST(SessionMachine, A_04_a_session_whose_agent_works_elsewhere_has_ended) {
  Talk talk;
  const auto effects = talk.resume(3, talk.row());
  EXPECT_EQ(talk.refused("hello"), 9201);
  EXPECT_EQ(Talk::of<EndSession>(effects).size(), 1u);
  EXPECT_EQ(talk.closed, 4001);
  Talk other;
  other.begin();
  EXPECT_EQ(Talk::of<EndSession>(other.step(NoticesCame{1, {agent_notice::LoggedOff{"logged on elsewhere", true}}})).size(), 1u);
  EXPECT_EQ(other.count("session_ended"), 1u);
  EXPECT_EQ(other.closed, 4001);
}

TEST(SessionMachine, A_04_commands_wait_while_the_manager_is_away) {
  Talk talk;
  talk.begin();
  talk.step(ManagerAway{AwayReason::failed, 500ms});
  EXPECT_EQ(talk.said.back()["params"], json::parse(R"({"zone": "default", "reason": "failed", "expected_wait_ms": 500})"));
  EXPECT_THAT(talk.request("1", "ready"), IsEmpty());
  EXPECT_EQ(talk.refused("1"), 9114);
  EXPECT_EQ(Talk::of<AskRecord>(talk.request("2", "list_codes")).size(), 1u) << "what only reads is answered";
  const auto effects = talk.step(StatesWanted{});
  EXPECT_EQ(Talk::of<SendTaken>(effects).size(), 1u) << "the new manager learns where the desktop is";
  EXPECT_EQ(talk.count("states_wanted"), 1u);
  const json states = {{"agent", "ready"}, {"nail", "nailed"}, {"call", "idle"}, {"job", "attached"}};
  EXPECT_EQ(Talk::of<SendCommand>(talk.request("3", "say_states", {{"states", states}})).size(), 1u);
  talk.pass(4s);
  EXPECT_GE(talk.count("states_wanted"), 2u) << "it is asked for until the manager has served";
  talk.step(ManagerBack{700ms});
  EXPECT_EQ(talk.said.back()["params"]["away_ms"], 700);
}

TEST(SessionMachine, beats_and_silence_end_a_dead_connection) {
  Talk talk;
  talk.begin();
  talk.pass(3s);
  EXPECT_EQ(talk.closed, 0);
  EXPECT_EQ(talk.count("beat"), 6u);
  talk.pass(3s, false);
  EXPECT_EQ(talk.closed, 1001);
}

TEST(SessionMachine, limits_requests_at_once_and_a_second) {
  Talk talk;
  talk.begin();
  for (int i = 1; i <= 21; ++i) talk.request(std::to_string(i), "list_codes");
  EXPECT_EQ(talk.refused("20"), 0);
  EXPECT_EQ(talk.refused("21"), 9202);
  for (int i = 1; i <= 20; ++i) talk.step(QuestionAnswered{std::to_string(i), "{}"});
  for (int i = 22; i <= 60; ++i) {
    talk.request(std::to_string(i), "list_codes");
    talk.step(QuestionAnswered{std::to_string(i), "{}"});
  }
  EXPECT_EQ(talk.refused("60"), 9202);
  EXPECT_GT(talk.answer("60")["error"]["data"]["retry_after_ms"].get<int>(), 0);
  talk.now += 1s;
  EXPECT_EQ(Talk::of<AskRecord>(talk.request("61", "list_codes")).size(), 1u);
}

TEST(SessionMachine, a_desktop_that_does_not_read_is_closed) {
  Talk many;
  many.begin();
  for (int i = 1; i <= 200; ++i) many.step(NoticesCame{i, {changed(i)}});
  EXPECT_EQ(many.closed, 0);
  many.step(Written{});  // the welcome
  many.step(NoticesCame{201, {changed(201)}});
  EXPECT_EQ(many.closed, 4008);
  Talk reads;
  reads.begin();
  for (int i = 1; i <= 1000; ++i) {
    reads.step(NoticesCame{i, {changed(i)}});
    reads.step(Written{});
  }
  EXPECT_EQ(reads.closed, 0);
}

TEST(SessionMachine, A_04_a_server_that_goes_down_says_so) {
  Talk talk;
  talk.begin();
  talk.step(Draining{});
  EXPECT_EQ(talk.closed, 4000);
  EXPECT_THAT(talk.request("1", "hold"), IsEmpty());
}

TEST(SessionMachine, tells_servers_when_they_have_changed) {
  Talk talk;
  talk.begin();
  talk.step(ServersAre{{"ws://as1/agent/v1"}});
  EXPECT_EQ(talk.count("addresses"), 0u);
  talk.step(ServersAre{{"ws://as1/agent/v1", "ws://as2/agent/v1"}});
  EXPECT_EQ(talk.count("addresses"), 1u);
}

TEST(SessionMachine, asks_for_the_scripts_of_a_new_job_and_tells_them) {
  Talk talk;
  talk.begin();
  EXPECT_EQ(Talk::of<FindScripts>(talk.step(NoticesCame{1, {agent_notice::JobAttached{JobId{3}, "spring"}}})).size(), 1u);
  talk.step(ScriptsAre{{"https://scripts.example/spring", ""}});
  EXPECT_EQ(talk.said.back()["params"],
            json::parse(R"({"servers": ["ws://as1/agent/v1"], "scripts": {"primary": "https://scripts.example/spring"}})"));
  talk.step(ScriptsAre{{"https://scripts.example/spring", ""}});
  EXPECT_EQ(talk.count("addresses"), 1u);
}

// Whatever is lost, repeated or late on the way from the manager, and however often the desktop goes to another connection, it is told each
// notice once and in order, as long as the manager keeps them.
RC_GTEST_PROP(SessionMachineProperty, A_04_notices_come_once_and_in_order, ()) {
  int64_t made = 0, received = 0;
  auto talk = std::make_unique<Talk>();
  talk->begin();
  const auto from = [&](int64_t first) {
    NoticesCame out{first, {}};
    for (int64_t n = first; n <= made; ++n) out.notices.emplace_back(changed(static_cast<int>(n)));
    return out;
  };
  const auto read = [&] {
    for (const int64_t number : talk->numbers()) RC_ASSERT(number == ++received);
    talk->said.clear();
  };
  // What the machine asks for comes, or is lost, but not twice in a row: then nothing is given up.
  bool lost = false;
  std::function<void(const std::vector<Effect>&)> manage = [&](const std::vector<Effect>& effects) {
    for (const SendTaken& asked : Talk::of<SendTaken>(effects)) {
      if (!asked.taken.again || asked.taken.up_to >= made) continue;
      lost = !lost && *rc::gen::arbitrary<bool>();
      if (!lost) manage(talk->step(from(asked.taken.up_to + 1)));
    }
  };
  for (const int what : *rc::gen::container<std::vector<int>>(60, rc::gen::inRange(0, 6))) {
    switch (what) {
      case 0:
      case 1:  // told at once
        ++made;
        manage(talk->step(from(made)));
        break;
      case 2:  // lost on the way
        ++made;
        break;
      case 3:  // told again, late
        if (made > 0) manage(talk->step(from(*rc::gen::inRange<int64_t>(1, made + 1))));
        break;
      case 4:
        read();
        talk->beat(received);
        talk->now += 100ms;
        manage(talk->step(TimePassed{talk->now}));
        break;
      default: {
        if (*rc::gen::arbitrary<bool>()) read();  // else it was on the way, and is lost with the connection
        const Instant now = talk->now;
        talk = std::make_unique<Talk>();
        talk->now = now;
        SessionRow row = talk->row();
        row.owner = made > 0;
        row.last = made;
        row.kept = from(1).notices;
        if (made == 0) talk->begin();
        else manage(talk->resume(received, row));
      }
    }
    RC_ASSERT(talk->closed == 0);
  }
  for (int i = 0; i < 100 && received < made; ++i) {
    talk->now += 100ms;
    manage(talk->step(TimePassed{talk->now}));
    read();
    talk->beat(received);
  }
  RC_ASSERT(received == made);
}

}  // namespace
}  // namespace everdial::desk
