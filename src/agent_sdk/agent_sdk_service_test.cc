#include "agent_sdk/agent_sdk_service.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <nlohmann/json.hpp>

#include "agent_sdk/session_store_memory.h"
#include "runtime/test_world.h"

namespace everdial {
namespace {

using nlohmann::json;
using testing::ElementsAre;
using testing::IsEmpty;

const Resource kZone = agent_zone_resource("default");
const Address kManager{"am:1"};

class NoQuestions final : public desk::QuestionStore {
 public:
  Result<std::string> answer(const Asker&, const std::string& method, const std::string&) override {
    if (method == "list_codes") return std::string(R"({"items":[{"code":"done"}]})");
    return Error{ErrorKind::unavailable, "no database"};
  }
};

/// One server's agent_sdk, and what desktops hear from it.
class Server {
 public:
  Server(TestWorld& world, desk::SessionStore& store, desk::QuestionStore& questions, const Directory& directory, const std::string& name)
      : wire_(world, Address{name + ":1"}),
        seams_{world, world, world, wire_},
        service(seams_, store, questions, directory, Incarnation{name}, ServerName{name},
                {[this](ConnectionId id, const std::string& text) {
                   said[id].push_back(json::parse(text));
                   service.written(id);
                 },
                 [this](ConnectionId id, int code, const std::string&) { closed[id] = code; }},
                {.url = "ws://" + name + "/agent/v1", .make_token = [this] { return "token-" + std::to_string(++tokens_); }}) {
    wire_.serve([this](Request request, ReplyFn reply) { service.handle(std::move(request), std::move(reply)); });
    service.start();
  }
  void say(ConnectionId id, const json& message) {
    json whole = message;
    whole["jsonrpc"] = "2.0";
    service.heard(id, whole.dump());
  }
  json answer(ConnectionId id, const std::string& request) const {
    const auto all = said.find(id);
    if (all == said.end()) return {};
    for (const json& one : all->second)
      if (one.value("id", json()) == request) return one;
    return {};
  }
  std::vector<int64_t> numbers(ConnectionId id) {
    std::vector<int64_t> out;
    for (const json& one : said[id])
      if (one.value("method", "") == "notice") out.push_back(one["params"]["number"]);
    return out;
  }
  size_t count(ConnectionId id, const std::string& method) {
    return static_cast<size_t>(
        std::count_if(said[id].begin(), said[id].end(), [&](const json& one) { return one.value("method", "") == method; }));
  }

 private:
  TestWorld::Wire wire_;
  Seams seams_;
  int tokens_ = 0;

 public:
  std::map<ConnectionId, std::vector<json>> said;
  std::map<ConnectionId, int> closed;
  AgentSdkService service;
};

class AgentSdkServiceTest : public testing::Test {
 protected:
  AgentSdkServiceTest() : store([this] { return world.now(); }) {
    store.add_agent({.id = "", .agent = AgentId{7}, .login = "ann", .name = "Ann", .zone = "default"});
    store.add_ticket("t", AgentId{7});
    directory_is(Epoch{1});
    world.peers[kManager] = [this](const Request& request, const ReplyFn& reply) {
      if (const auto* command = std::get_if<CommandAgent>(&request)) {
        commands.push_back(*command);
        if (manager_answers) reply(Reply{manager_answer});
      } else if (const auto* taken = std::get_if<TakeNotices>(&request)) {
        notices_to = taken->notices_to;
        taken_at_once.push_back(taken->taken.size());
        reply(Reply{Done{}});
      }
    };
    one = std::make_unique<Server>(world, store, questions, directory, "as1");
    two = std::make_unique<Server>(world, store, questions, directory, "as2");
    world.pass(2s);
  }
  void directory_is(std::optional<Epoch> manager) {
    std::vector<Session> sessions{{.incarnation = Incarnation{"as1"}, .component = "agent_sdk", .address = Address{"as1:1"}},
                                  {.incarnation = Incarnation{"as2"}, .component = "agent_sdk", .address = Address{"as2:1"}},
                                  {.incarnation = Incarnation{"am"}, .component = "agent_manager", .address = kManager}};
    LeaseRow lease{.resource = kZone};
    if (manager) {
      lease.epoch = *manager;
      lease.holder = Incarnation{"am"};
      lease.holder_address = kManager;
    }
    directory.update(sessions, {lease});
  }
  void begin(Server& server, ConnectionId id, const std::string& ticket = "t") {
    server.service.opened(id);
    server.say(id, {{"id", "hello"}, {"method", "begin_session"}, {"params", {{"ticket", ticket}}}});
    world.pass(50ms);
  }
  void resume(Server& server, ConnectionId id, int64_t received) {
    server.service.opened(id);
    server.say(id, {{"id", "hello"}, {"method", "resume_session"}, {"params", {{"token", "token-1"}, {"received", received}}}});
    world.pass(50ms);
  }
  bool tell(Server& server, int64_t first, int count) {
    AgentNotices notices{AgentId{7}, "1", first, {}};
    for (int i = 0; i < count; ++i) notices.notices.emplace_back(agent_notice::ConferenceEnded{});
    bool taken = false;
    server.service.handle(notices, [&](const Result<Reply>& reply) { taken = reply.ok(); });
    return taken;
  }
  /// As a desktop that answers each beat.
  void pass(Server& server, ConnectionId id, Duration time) {
    for (Duration passed{}; passed < time; passed += 100ms) {
      server.say(id, {{"method", "beat"}, {"params", {{"received", 0}}}});
      world.pass(100ms);
    }
  }

  TestWorld world;
  desk::MemorySessionStore store;
  NoQuestions questions;
  Directory directory;
  std::vector<CommandAgent> commands;
  bool manager_answers = true;
  AgentAnswer manager_answer{.states = {.agent = AgentState::not_ready}};
  Address notices_to;
  std::vector<size_t> taken_at_once;
  std::unique_ptr<Server> one, two;
};

TEST_F(AgentSdkServiceTest, A_04_a_desktop_with_a_ticket_commands_the_zones_manager) {
  begin(*one, 1);
  EXPECT_EQ(one->answer(1, "hello")["result"]["token"], "token-1");
  EXPECT_THAT(one->answer(1, "hello")["result"]["addresses"]["servers"].get<std::vector<std::string>>(),
              ElementsAre("ws://as1/agent/v1", "ws://as2/agent/v1"));
  one->say(1, {{"id", "c1"}, {"method", "log_on"}, {"params", {{"phone", "+15550100"}}}});
  world.pass(50ms);
  ASSERT_EQ(commands.size(), 1u);
  EXPECT_EQ(commands[0].command.session, "1");
  EXPECT_EQ(commands[0].notices_to, Address{"as1:1"});
  EXPECT_EQ(one->answer(1, "c1")["result"]["states"]["agent"], "not_ready");
  EXPECT_TRUE(tell(*one, 1, 2));
  EXPECT_THAT(one->numbers(1), ElementsAre(1, 2));
  EXPECT_FALSE(tell(*two, 1, 2)) << "the session is not there";
}

TEST_F(AgentSdkServiceTest, A_04_a_ticket_is_used_once) {
  begin(*one, 1);
  begin(*two, 1);
  EXPECT_EQ(two->answer(1, "hello")["error"]["code"], 9200);
}

TEST_F(AgentSdkServiceTest, A_04_a_session_goes_on_at_another_server) {
  begin(*one, 1);
  EXPECT_TRUE(tell(*one, 1, 2));
  store.set_agent("1", AgentId{7}, {.states = {.agent = AgentState::ready}},
                  {agent_notice::ConferenceEnded{}, agent_notice::ConferenceEnded{}}, 2);
  resume(*two, 1, 1);
  EXPECT_EQ(two->answer(1, "hello")["result"]["situation"]["states"]["agent"], "ready");
  EXPECT_THAT(two->numbers(1), ElementsAre(2));
  EXPECT_EQ(notices_to, Address{"as2:1"}) << "the manager is told where to";
  EXPECT_TRUE(tell(*two, 3, 1));
  EXPECT_THAT(two->numbers(1), ElementsAre(2, 3));
  pass(*one, 1, 6s);
  EXPECT_EQ(one->closed[1], 4009) << "the older connection ends, wherever it is";
}

TEST_F(AgentSdkServiceTest, A_04_the_older_connection_at_the_same_server_ends_at_once) {
  begin(*one, 1);
  resume(*one, 2, 0);
  EXPECT_EQ(one->closed[1], 4009);
  EXPECT_TRUE(one->answer(2, "hello").contains("result"));
  EXPECT_TRUE(tell(*one, 1, 1));
  EXPECT_THAT(one->numbers(2), ElementsAre(1));
}

TEST_F(AgentSdkServiceTest, A_04_a_command_outlives_its_manager) {
  begin(*one, 1);
  manager_answers = false;
  one->say(1, {{"id", "c1"}, {"method", "ready"}});
  world.pass(300ms);
  directory_is(std::nullopt);
  pass(*one, 1, 1s);
  EXPECT_EQ(one->count(1, "manager_not_available"), 1u);
  one->say(1, {{"id", "c2"}, {"method", "hold"}});
  EXPECT_EQ(one->answer(1, "c2")["error"]["code"], 9114) << "nobody is there to be told";
  manager_answers = true;
  directory_is(Epoch{2});
  pass(*one, 1, 1s);
  EXPECT_EQ(one->count(1, "states_wanted"), 1u);
  ASSERT_TRUE(one->answer(1, "c1").contains("result"));
  EXPECT_EQ(commands.back().command.id, "c1");
  EXPECT_EQ(one->count(1, "manager_available"), 1u) << "since it has answered";
}

TEST_F(AgentSdkServiceTest, A_04_what_many_desktops_say_to_a_new_manager_is_one_message) {
  constexpr size_t kDesks = 20;
  for (size_t i = 0; i < kDesks; ++i) {
    const auto agent = static_cast<int64_t>(100 + i);
    store.add_agent({.id = "", .agent = AgentId{agent}, .login = "a" + std::to_string(i), .name = "", .zone = "default"});
    store.add_ticket("t" + std::to_string(i), AgentId{agent});
    begin(*one, ConnectionId{10 + i}, "t" + std::to_string(i));
  }
  taken_at_once.clear();
  directory_is(std::nullopt);
  world.pass(300ms);
  directory_is(Epoch{2});
  world.pass(300ms);
  EXPECT_THAT(taken_at_once, ElementsAre(kDesks));
}

TEST_F(AgentSdkServiceTest, A_04_questions_are_answered_without_the_manager) {
  directory_is(std::nullopt);
  begin(*one, 1);
  EXPECT_EQ(one->answer(1, "hello")["result"]["manager_not_available"]["zone"], "default");
  one->say(1, {{"id", "q1"}, {"method", "list_codes"}});
  one->say(1, {{"id", "q2"}, {"method", "list_jobs"}});
  one->say(1, {{"id", "q3"}, {"method", "get_situation"}});
  world.pass(50ms);
  EXPECT_EQ(one->answer(1, "q1")["result"]["items"][0]["code"], "done");
  EXPECT_EQ(one->answer(1, "q2")["error"]["code"], 9203);
  EXPECT_EQ(one->answer(1, "q3")["result"]["states"]["agent"], "logged_out");
}

TEST_F(AgentSdkServiceTest, A_04_a_server_that_leaves_sends_its_desktops_on) {
  begin(*one, 1);
  bool done = false;
  one->service.drain([&] { done = true; });
  EXPECT_EQ(one->closed[1], 4000);
  world.pass(1s);
  EXPECT_TRUE(done);
  resume(*one, 2, 0);
  EXPECT_EQ(one->closed[2], 4000);
}

TEST_F(AgentSdkServiceTest, A_14_a_server_without_the_database_sends_its_desktops_to_one_that_has_it) {
  const Doubt here{Incarnation{"as1"}, DoubtKind::without_database}, there{Incarnation{"as2"}, DoubtKind::without_database};
  begin(*one, 1);
  directory.doubt({here, there});
  pass(*one, 1, 10s);
  EXPECT_EQ(one->closed[1], 0) << "it is away for all";
  directory.doubt({here});
  pass(*one, 1, 3s);
  EXPECT_EQ(one->closed[1], 4000);
  resume(*two, 1, 0);
  EXPECT_TRUE(two->answer(1, "hello").contains("result"));
  begin(*one, 2);
  world.pass(100ms);
  EXPECT_EQ(one->closed[2], 4000) << "whoever tries is sent on, too";
}

TEST_F(AgentSdkServiceTest, A_02_desktops_still_know_the_other_servers_when_theirs_is_cut_off_from_all) {
  begin(*one, 1);
  directory.doubt({{Incarnation{"as1"}, DoubtKind::without_database}, {Incarnation{"as2"}, DoubtKind::server_silent}});
  pass(*one, 1, 3s);
  EXPECT_EQ(one->closed[1], 4000);
  std::vector<std::string> known = one->answer(1, "hello")["result"]["addresses"]["servers"];
  for (const json& said : one->said[1])
    if (said.value("method", "") == "addresses") known = said["params"]["servers"];
  EXPECT_THAT(known, testing::ElementsAre("ws://as1/agent/v1", "ws://as2/agent/v1"));
}

TEST_F(AgentSdkServiceTest, A_04_an_agent_whose_desktop_stays_away_is_logged_off_and_the_session_ends) {
  begin(*one, 1);
  one->service.lost(1);
  world.pass(29min);
  EXPECT_THAT(commands, IsEmpty());
  world.pass(4min);
  ASSERT_FALSE(commands.empty());
  EXPECT_EQ(commands[0].command.session, "1");
  EXPECT_TRUE(std::holds_alternative<agent_command::LogOffLater>(commands[0].command.order));
  resume(*two, 1, 0);
  EXPECT_EQ(two->answer(1, "hello")["error"]["code"], 9201);
}

}  // namespace
}  // namespace everdial
