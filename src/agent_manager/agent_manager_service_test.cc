#include "agent_manager/agent_manager_service.h"

#include <gtest/gtest.h>

#include "agent_manager/agent_store_memory.h"
#include "base/those_of.h"
#include "runtime/test_world.h"

namespace everdial {
namespace {

using namespace agent_command;

const Address self{"am:1"}, server{"as:1"}, desk{"sdk:1"};
const Resource kZone = agent_zone_resource("default");

/// One zone with one agent, an application server that acknowledges when it is told to, and a desktop's server.
class AgentManagerServiceTest : public testing::Test {
 protected:
  AgentManagerServiceTest()
      : wire(world, self),
        seams{world, world, world, wire},
        leases([this] { return world.now(); }),
        store(leases),
        service(seams, store, directory, ServerName{"as1"},
                {[this](const LeaseGrant& grant) {
                   ++renounced;
                   service.lost(grant);
                 },
                 [this](const LeaseGrant& grant) {
                   ++fenced;
                   service.lost(grant);
                 }},
                {}) {
    store.add_agent("default", zone::Agent{.id = AgentId{1}});
    for (const char* life : {"me", "other"}) EXPECT_TRUE(leases.open_session({Incarnation{life}, ServerName{"as1"}, "agent_manager"}).ok());
    EXPECT_TRUE(leases.ensure({kZone}).ok());
    Session application_server{.incarnation = Incarnation{"as"}, .component = "application_server", .address = server};
    directory.update({application_server}, {});
    world.peers[server] = [this](const Request& request, const ReplyFn& reply) {
      to_server.push_back(request);
      if (!answers) return;
      if (mpp_is_silent && std::holds_alternative<SteerCalls>(request)) return reply(Error{ErrorKind::conflict, "the MPP does not answer"});
      if (std::holds_alternative<PlaceCalls>(request)) return reply(Reply{CallsPlaced{{OrderVerdict::accepted}}});
      reply(Reply{Done{}});
    };
    world.peers[desk] = [this](const Request& request, const ReplyFn& reply) {
      const auto& all = std::get<AgentNotices>(request);
      for (size_t i = 0; i < all.notices.size(); ++i) told[all.first + static_cast<int64_t>(i)] = all.notices[i];
      reply(Reply{Done{}});
    };
    service.start();
    service.acquired(acquire("me"));
    world.pass(50ms);
  }
  LeaseGrant acquire(const std::string& life) {
    return leases.acquire({leases.leases({kZone}).value().at(0), Incarnation{life}, "test", 0ms}).value().value();
  }
  Result<Reply> ask(Request request, Duration wait = 50ms) {
    std::optional<Result<Reply>> answer;
    service.handle(std::move(request), [&](Result<Reply> reply) { answer = std::move(reply); });
    world.pass(wait);
    return answer.value_or(Error{ErrorKind::unknown, "no answer"});
  }
  AgentError order(AgentOrder what) {
    const auto reply = ask(CommandAgent{kZone, {AgentId{1}, "s1", std::to_string(++commands), std::move(what)}, desk});
    return reply.ok() ? std::get<AgentAnswer>(*reply).error : AgentError::manager_not_available;
  }
  void tell(const AttemptId& call, std::optional<CompletionCode> analysis = std::nullopt) {
    CallRecord record{.attempt = call};
    record.stage = CallStage::answered;
    record.analysis = analysis;
    EXPECT_TRUE(ask(AgentCallEvents{kZone, {Address{"mpp"}, {{record, CallEvents::Kind::answered}}}}).ok());
  }
  template <class T>
  std::vector<T> to_server_of() const {
    return those_of<T>(to_server);
  }

  TestWorld world;
  TestWorld::Wire wire;
  Seams seams;
  Directory directory;
  MemoryLeaseStore leases;
  zone::MemoryAgentStore store;
  int renounced = 0, fenced = 0, commands = 0;
  bool answers = true, mpp_is_silent = false;
  std::vector<Request> to_server;
  std::map<int64_t, AgentNotice> told;
  AgentManagerService service;
};

TEST_F(AgentManagerServiceTest, A_03_answers_a_command_and_tells_the_desktop_once_it_is_committed) {
  EXPECT_EQ(order(LogOn{"sip:1@phones.example"}), AgentError::none);
  EXPECT_EQ(store.zone("default").agents.at(AgentId{1}).states.agent, AgentState::not_ready);
  ASSERT_TRUE(told.contains(1));
  EXPECT_EQ(std::get<agent_notice::StatesChanged>(told.at(1)).states.agent, AgentState::not_ready);
}

TEST_F(AgentManagerServiceTest, A_03_a_manager_whose_zone_is_anothers_changes_and_answers_nothing) {
  acquire("other");
  EXPECT_EQ(order(LogOn{"sip:1@phones.example"}), AgentError::manager_not_available);
  EXPECT_EQ(fenced, 1);
  EXPECT_EQ(store.zone("default").agents.at(AgentId{1}).states.agent, AgentState::logged_out);
  EXPECT_TRUE(told.empty());
  EXPECT_EQ(ask(TakeNotices{kZone, {{AgentId{1}, "s1", 0, true}}, desk}).error().kind, ErrorKind::unavailable);
}

TEST_F(AgentManagerServiceTest, A_04_tells_a_desktop_that_comes_back_what_it_has_missed) {
  order(LogOn{"sip:1@phones.example"});
  order(Ready{});
  const auto all = told;
  told.clear();
  EXPECT_TRUE(ask(TakeNotices{kZone, {{AgentId{1}, "s1", 1, true}}, desk}).ok());
  auto missed = all;
  missed.erase(1);
  EXPECT_EQ(told, missed);
}

TEST_F(AgentManagerServiceTest, A_07_what_a_supervisor_asks_in_the_gap_is_done_once_by_the_next_manager) {
  order(LogOn{"sip:1@phones.example"});
  order(Ready{});
  const LeaseGrant theirs = acquire("other");  // we do not know yet
  store.put_order("default", {1, AgentId{1}, ForceState{AgentState::not_ready, "meeting"}, world.now() + 10min});
  world.pass(2s);
  EXPECT_EQ(fenced, 1);
  EXPECT_TRUE(store.zone("default").ended.empty());
  EXPECT_EQ(store.zone("default").agents.at(AgentId{1}).states.agent, AgentState::ready);
  ASSERT_TRUE(leases.release(theirs, "test").ok());
  const LeaseGrant again = acquire("me");
  service.acquired(again);
  world.pass(2s);
  ASSERT_EQ(store.zone("default").ended.size(), 1u);
  EXPECT_EQ(store.zone("default").ended[0].how, "done");
  EXPECT_EQ(store.zone("default").agents.at(AgentId{1}).states.agent, AgentState::not_ready);

  // Committed with what came of it: whoever follows has nothing left to do.
  order(Ready{});
  service.lost(again);
  service.acquired(acquire("me"));
  world.pass(2s);
  EXPECT_EQ(store.zone("default").ended.size(), 1u);
  EXPECT_EQ(store.zone("default").agents.at(AgentId{1}).states.agent, AgentState::ready);
}

TEST_F(AgentManagerServiceTest, A_04_an_agent_that_was_just_made_logs_on_at_once) {
  store.add_agent("default", zone::Agent{.id = AgentId{2}, .skills = {{"Spanish", 7}}});
  const auto log_on = [&](int agent) {
    const auto reply = ask(CommandAgent{kZone, {AgentId{agent}, "s2", "c1", LogOn{"sip:2@phones.example"}}, desk});
    return reply.ok() ? std::get<AgentAnswer>(*reply).error : AgentError::manager_not_available;
  };
  EXPECT_EQ(log_on(2), AgentError::none);
  EXPECT_EQ(service.machine_of("default")->agents().at(AgentId{2}).skills.at("Spanish"), 7);
  EXPECT_EQ(log_on(3), AgentError::no_such_agent);
}

TEST_F(AgentManagerServiceTest, says_again_with_its_number_what_no_mpp_has_acknowledged) {
  order(LogOn{"sip:1@phones.example"});
  order(NailUp{});
  ASSERT_EQ(to_server_of<PlaceCalls>().size(), 1u);
  answers = false;
  order(DropLine{});
  world.pass(2500ms);
  const auto said = to_server_of<SteerCalls>();
  ASSERT_GE(said.size(), 2u);
  EXPECT_EQ(said[0].seq, said[1].seq);
  answers = true;
  world.pass(3s);
  to_server.clear();
  world.pass(3s);
  EXPECT_TRUE(to_server_of<SteerCalls>().empty());
}

TEST_F(AgentManagerServiceTest, F_03_says_whether_the_application_server_or_the_mpp_is_out_of_reach) {
  store.jobs = [](const std::string&) { return std::vector<zone::AgentJob>{{JobId{7}, "spring", true, {}}}; };
  world.pass(2s);
  order(LogOn{"sip:1@phones.example"});
  order(NailUp{});
  tell(line_of(AgentId{1}, 1));
  order(Ready{});
  tell({JobId{7}, ContactId{5}, 1}, CompletionCode::answer_human);
  answers = false;
  EXPECT_EQ(order(Hold{}), AgentError::none) << "nobody knows yet";
  world.pass(4s);
  EXPECT_EQ(order(Resume{}), AgentError::call_control_not_available);
  answers = mpp_is_silent = true;
  world.pass(2s);
  EXPECT_EQ(order(Resume{}), AgentError::media_server_not_reachable);
  mpp_is_silent = false;
  world.pass(1s);
  EXPECT_EQ(order(Resume{}), AgentError::none);
}

TEST_F(AgentManagerServiceTest, an_order_for_a_line_is_given_again_until_it_lapses) {
  order(LogOn{"sip:1@phones.example"});
  answers = false;
  order(NailUp{});
  world.pass(7s);
  EXPECT_GE(to_server_of<PlaceCalls>().size(), 3u);
  EXPECT_EQ(service.machine_of("default")->agents().at(AgentId{1}).states.nail, NailState::not_nailed);
}

}  // namespace
}  // namespace everdial
