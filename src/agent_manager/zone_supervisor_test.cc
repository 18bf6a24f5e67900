#include <gtest/gtest.h>

#include "agent_manager/test_zone.h"

namespace everdial::zone {
namespace {

using namespace agent_command;
using A = AgentState;
using N = NailState;
using C = AgentCallState;
using J = AgentJobState;

/// A zone with two jobs, and what supervisors have asked for in its record.
class SupervisedZone : public testing::Test {
 protected:
  SupervisedZone() {
    zone.jobs.push_back({JobId{8}, "summer", true, {}});
    zone.step(JobsSeen{zone.jobs});
    for (const int agent : {1, 2}) zone.at_work(agent);
  }
  void ask(int64_t id, int agent, AgentOrder order) { record[id] = {id, AgentId{agent}, std::move(order), zone.now + 10min}; }
  /// The manager looks at the record; what has ended is shown no more from the next look on.
  std::vector<SaveOrderEnd> look() {
    OrdersSeen seen;
    for (const auto& [id, order] : record) seen.orders.push_back(order);
    return those_of<SaveOrderEnd>(zone.step(seen));
  }
  int other_job(int agent) const { return zone.agent(agent).job == JobId{7} ? 8 : 7; }

  TestZone zone;
  std::map<int64_t, KeptOrder> record;
};

TEST_F(SupervisedZone, A_07_several_agents_are_moved_by_one_look_each_with_its_own_answer) {
  ask(1, 1, MoveToJob{JobId{other_job(1)}});
  ask(2, 2, MoveToJob{JobId{99}});
  ask(3, 3, ForceState{A::not_ready, "late"});
  const int to = other_job(1);
  const auto ended = look();
  ASSERT_EQ(ended.size(), 3u);
  EXPECT_EQ(ended[0].how, "done");
  EXPECT_EQ(zone.agent(1).job, JobId{to});
  EXPECT_EQ(ended[1].how, "refused");
  EXPECT_EQ(ended[1].why, "'move_to_job': no running job 99 with agents in this zone");
  EXPECT_EQ(ended[2].how, "refused");
  EXPECT_EQ(ended[2].why, "'force_state': log on first");
}

TEST_F(SupervisedZone, A_07_an_order_is_done_once_however_often_it_is_seen) {
  zone.contact_answers(5);
  const int talks = zone.call_of(1) == C::talking ? 1 : 2;
  ask(1, talks, Release{});
  EXPECT_EQ(look().size(), 1u);
  EXPECT_EQ(zone.call_of(talks), C::wrapup);
  zone.order(talks, WrapUp{"done"});
  zone.contact_answers(6);
  zone.contact_answers(7);
  ASSERT_EQ(zone.call_of(talks), C::talking);
  EXPECT_TRUE(look().empty()) << "its end is being saved";
  EXPECT_EQ(zone.call_of(talks), C::talking);
}

TEST_F(SupervisedZone, A_07_an_order_waits_for_whoever_takes_over_and_is_done_once_then) {
  zone.machine =
      std::make_unique<ZoneMachine>(LeaseGrant{agent_zone_resource("default"), 1, Epoch{9}, Incarnation{"me"}}, ZoneMachine::Settings{});
  ask(1, 1, ForceState{A::logged_out, "closing time"});
  EXPECT_TRUE(look().empty()) << "there is no manager yet";
  zone.start(1s);
  EXPECT_EQ(zone.agent(1).states.agent, A::ready);
  EXPECT_EQ(look().size(), 1u);
  EXPECT_EQ(zone.agent(1).states.agent, A::logged_out);
  record.clear();  // committed with the log-out
  zone.order(1, LogOn{"sip:1@phones.example"});
  zone.start(1s);
  EXPECT_TRUE(look().empty());
  EXPECT_EQ(zone.agent(1).states.agent, A::not_ready);
}

TEST_F(SupervisedZone, an_order_that_nobody_could_take_in_time_expires) {
  ask(1, 1, ForceState{A::logged_out});
  zone.pass(10min);
  const auto ended = look();
  ASSERT_EQ(ended.size(), 1u);
  EXPECT_EQ(ended[0].how, "expired");
  EXPECT_EQ(zone.agent(1).states.agent, A::ready);
}

TEST_F(SupervisedZone, an_order_that_is_withdrawn_in_time_is_not_done_and_ends_so_even_when_it_could_not_be_done) {
  ask(1, 1, ForceState{A::logged_out});
  ask(2, 9, Release{});
  EXPECT_EQ(look().size(), 1u) << "there is no agent 9 yet";
  EXPECT_EQ(zone.agent(1).states.agent, A::logged_out);
  record.erase(1);
  ask(3, 2, ForceState{A::logged_out});
  for (auto& [id, order] : record) order.withdrawn = true;
  const auto ended = look();
  ASSERT_EQ(ended.size(), 2u);
  for (const SaveOrderEnd& end : ended) EXPECT_EQ(end.how, "withdrawn");
  EXPECT_EQ(zone.agent(2).states.agent, A::ready);
  EXPECT_TRUE(look().empty());
}

TEST_F(SupervisedZone, F_03_an_order_waits_while_the_call_cannot_be_steered) {
  zone.contact_answers(5);
  const int talks = zone.call_of(1) == C::talking ? 1 : 2;
  ask(1, talks, Release{});
  zone.step(SteeringStalled{{zone.attempt(5)}, AgentError::call_control_not_available});
  EXPECT_TRUE(look().empty());
  EXPECT_EQ(zone.call_of(talks), C::talking);
  zone.step(SteeringStalled{{zone.attempt(5)}});
  EXPECT_EQ(look().size(), 1u);
  EXPECT_EQ(zone.call_of(talks), C::wrapup);
}

TEST_F(SupervisedZone, an_order_that_is_refused_changes_nothing_of_the_agent) {
  const auto effects = zone.step(OrdersSeen{{{1, AgentId{3}, ForceState{A::ready}, zone.now + 1min}}});
  EXPECT_EQ(those_of<SaveOrderEnd>(effects).size(), 1u);
  EXPECT_TRUE(those_of<SaveAgent>(effects).empty());
}

TEST_F(SupervisedZone, an_agent_who_is_released_from_the_job_is_not_ready_and_has_none) {
  ask(1, 1, MoveToJob{});
  look();
  EXPECT_EQ(zone.agent(1).states, (AgentStates{A::not_ready, N::nailed, C::idle, J::detached}));
  EXPECT_FALSE(zone.agent(1).job.has_value());
  EXPECT_EQ(zone.agent(1).reason, "released");
  ask(2, 1, MoveToJob{});
  EXPECT_EQ(look().at(0).how, "refused") << "it has none to leave";
  zone.order(1, Ready{});
  EXPECT_EQ(zone.agent(1).states.job, J::attached) << "ready again, it is given one";
}

TEST_F(SupervisedZone, an_agent_who_talks_is_released_from_the_job_after_the_call) {
  zone.contact_answers(5);
  const int talks = zone.call_of(1) == C::talking ? 1 : 2;
  ask(1, talks, MoveToJob{});
  look();
  EXPECT_EQ(zone.agent(talks).states, (AgentStates{A::pending_not_ready, N::nailed, C::talking, J::end}));
  zone.ends(zone.attempt(5));
  zone.order(talks, WrapUp{"done"});
  EXPECT_EQ(zone.agent(talks).states, (AgentStates{A::not_ready, N::nailed, C::idle, J::detached}));
}

TEST_F(SupervisedZone, an_agent_who_comes_from_another_zone_goes_on_with_the_numbers_of_its_lines) {
  zone.step(AgentSeen{AgentId{9}, {}, 4});
  zone.order(9, LogOn{"sip:9@phones.example"});
  zone.order(9, Ready{});
  EXPECT_EQ(current_line(zone.agent(9)), line_of(AgentId{9}, 5)) << "the MPPs know the four before, of another zone";
}

TEST_F(SupervisedZone, an_agent_who_is_of_another_zone_now_is_logged_out_and_forgotten_here) {
  zone.step(AgentRemoved{AgentId{3}});
  EXPECT_FALSE(zone.machine->agents().contains(AgentId{3}));
  EXPECT_EQ(zone.step(CommandArrived{900, {AgentId{3}, "desk3", "x", LogOn{"sip:3@phones.example"}}}).size(), 1u);
  EXPECT_EQ(zone.answers.at(900).error, AgentError::no_such_agent);
  zone.step(AgentRemoved{AgentId{1}});
  EXPECT_EQ(zone.agent(1).states.agent, A::logged_out) << "it came in just as the zone was changed";
  zone.step(AgentRemoved{AgentId{1}});
  EXPECT_FALSE(zone.machine->agents().contains(AgentId{1}));
}

}  // namespace
}  // namespace everdial::zone
