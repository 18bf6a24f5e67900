#include "agent_manager/blending.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <rapidcheck/gtest.h>

#include "agent_manager/test_zone.h"

namespace everdial::zone {
namespace {

using namespace agent_command;
using testing::ElementsAre;
using testing::IsEmpty;
using A = AgentState;
using C = AgentCallState;
using J = AgentJobState;

const Instant kStart = Instant{} + 1000h;

/// More than five callers call for agents, at one or none they go back.
InboundQueue support(double length, Instant at = kStart) {
  return {7, {.length = BlendLimits{5, 1}}, InboundFigures{.length = length, .at = at}};
}
BlendAgent outbound(int id, Duration for_so_long = 1h) { return {AgentId{id}, {}, std::nullopt, true, kStart - for_so_long}; }
BlendAgent inbound(int id, int64_t queue = 7, Duration for_so_long = 1h) { return {AgentId{id}, {}, queue, false, kStart - for_so_long}; }
BlendMove to_queue(int id) { return {AgentId{id}, 7, 7}; }
BlendMove back(int id) { return {AgentId{id}, std::nullopt, 7}; }

TEST(Blending, takes_whoever_was_outbound_longest_when_the_queue_is_beyond_its_limit) {
  const std::vector<BlendAgent> agents{outbound(1, 10min), outbound(2, 30min), outbound(3, 20min)};
  EXPECT_THAT(blend({support(6)}, agents, kStart), ElementsAre(to_queue(2)));
  EXPECT_THAT(blend({support(5)}, agents, kStart), IsEmpty());
}

TEST(Blending, gives_back_whoever_was_there_longest_when_the_queue_is_good_and_nobody_between_the_two) {
  const std::vector<BlendAgent> agents{inbound(1, 7, 10min), inbound(2, 7, 30min), outbound(3)};
  EXPECT_THAT(blend({support(1)}, agents, kStart), ElementsAre(back(2)));
  EXPECT_THAT(blend({support(2)}, agents, kStart), IsEmpty());
}

TEST(Blending, one_measure_beyond_its_limit_is_enough_and_all_must_be_good_to_give_back) {
  InboundQueue queue = support(0);
  queue.settings.expected_wait_s = BlendLimits{60, 20};
  queue.settings.service_level = BlendLimits{80, 90};
  const std::vector<BlendAgent> agents{inbound(1), outbound(2), outbound(3)};
  queue.figures->service_level = 79;
  EXPECT_THAT(blend({queue}, agents, kStart), ElementsAre(to_queue(2)));
  queue.figures->service_level = 85;
  EXPECT_THAT(blend({queue}, agents, kStart), IsEmpty());
  queue.figures->service_level = 90;
  EXPECT_THAT(blend({queue}, agents, kStart), ElementsAre(back(1))) << "of the expected wait nothing is told";
  queue.figures->expected_wait_s = 61;
  EXPECT_THAT(blend({queue}, agents, kStart), ElementsAre(to_queue(2)));
}

TEST(Blending, takes_only_whoever_has_the_skill_and_no_more_than_it_may_have) {
  InboundQueue queue = support(9);
  queue.settings.skill = "Spanish";
  queue.settings.agents_most = 2;
  BlendAgent able = outbound(2);
  able.skills = {{"Spanish", 1}};
  EXPECT_THAT(blend({queue}, {outbound(1, 5h), able, outbound(3), inbound(4)}, kStart), ElementsAre(to_queue(2)));
  EXPECT_THAT(blend({queue}, {outbound(1), able, outbound(3), inbound(4), inbound(5)}, kStart), IsEmpty());
}

TEST(Blending, all_come_back_from_a_queue_of_which_nobody_knows_any_more) {
  const std::vector<BlendAgent> agents{inbound(1, 7, 1s), inbound(2), outbound(3), inbound(4, 9)};
  const BlendMove one{AgentId{1}, std::nullopt, std::nullopt}, two{AgentId{2}, std::nullopt, std::nullopt},
      four{AgentId{4}, std::nullopt, std::nullopt};
  EXPECT_THAT(blend({support(9)}, agents, kStart + 61s), ElementsAre(two, four, one)) << "the figures are stale";
  EXPECT_THAT(blend({support(3)}, agents, kStart), ElementsAre(four)) << "there is no queue 9";
  InboundQueue untold = support(9);
  untold.figures = InboundFigures{.expected_wait_s = 90, .at = kStart};
  EXPECT_THAT(blend({untold}, agents, kStart), ElementsAre(two, four, one)) << "there is no limit to what is told";
}

TEST(Blending, the_next_step_waits_for_its_time_and_for_figures_of_after_the_last_one) {
  InboundQueue queue = support(9, kStart + 15s);
  queue.stepped_at = kStart;
  const std::vector<BlendAgent> agents{outbound(1), outbound(2)};
  EXPECT_THAT(blend({queue}, agents, kStart + 15s), ElementsAre(to_queue(1)));
  EXPECT_THAT(blend({queue}, agents, kStart + 14s), IsEmpty());
  queue.figures->at = kStart;
  EXPECT_THAT(blend({queue}, agents, kStart + 20s), IsEmpty());
}

/// Two queues and some agents, minute after minute of whatever figures and states.
struct Hours {
  std::vector<InboundQueue> queues;
  std::vector<BlendAgent> agents;
  Instant now = kStart;
};
Hours any_hours() {
  Hours hours;
  const int agents = *rc::gen::inRange(0, 8);
  for (int i = 1; i <= agents; ++i) {
    BlendAgent agent = outbound(i, std::chrono::seconds(*rc::gen::inRange(0, 600)));
    if (*rc::gen::arbitrary<bool>()) agent.skills = {{"Spanish", 3}};
    hours.agents.push_back(agent);
  }
  for (const int64_t id : {7, 8}) {
    InboundQueue queue{id, {.length = BlendLimits{5, 1}}};
    queue.settings.skill = id == 8 ? "Spanish" : "";
    queue.settings.agents_most = *rc::gen::inRange(1, 4);
    queue.settings.outbound_least = *rc::gen::inRange(0, 4);
    hours.queues.push_back(queue);
  }
  return hours;
}

RC_GTEST_PROP(BlendingProperty, never_goes_below_the_floor_nor_above_the_most_nor_moves_anybody_twice_within_the_stay, ()) {
  Hours hours = any_hours();
  for (int step = 0; step < 60; ++step) {
    hours.now += std::chrono::seconds(*rc::gen::inRange(1, 40));
    for (InboundQueue& queue : hours.queues)
      if (*rc::gen::inRange(0, 3) > 0) queue.figures = InboundFigures{.length = *rc::gen::inRange(0, 9), .at = hours.now};
    const auto moves = blend(hours.queues, hours.agents, hours.now);
    std::vector<BlendAgent> shuffled(hours.agents.rbegin(), hours.agents.rend());
    RC_ASSERT(blend(hours.queues, shuffled, hours.now) == moves);
    std::map<int64_t, int> steps;
    for (const BlendMove& move : moves) {
      BlendAgent& agent = hours.agents.at(static_cast<size_t>(move.agent.value - 1));
      RC_ASSERT(agent.available == move.to.has_value());
      const auto queue = std::find_if(hours.queues.begin(), hours.queues.end(), [&](const auto& q) { return q.id == move.step_of; });
      if (queue == hours.queues.end()) {  // nobody knows how it is
        RC_ASSERT(!move.to);
      } else {
        RC_ASSERT(hours.now - agent.came_at >= queue->settings.stay);
        RC_ASSERT(++steps[queue->id] == 1);
        RC_ASSERT(!queue->stepped_at || hours.now - *queue->stepped_at >= queue->settings.step_every);
        queue->stepped_at = hours.now;
      }
      agent.queue = move.to;
      agent.available = !move.to;
      agent.came_at = hours.now;
      if (!move.to) continue;
      RC_ASSERT(queue->settings.skill.empty() || agent.skills.contains(queue->settings.skill));
      const auto count = [&](auto of) { return std::count_if(hours.agents.begin(), hours.agents.end(), of); };
      RC_ASSERT(count([](const BlendAgent& a) { return a.available; }) >= queue->settings.outbound_least);
      RC_ASSERT(count([&](const BlendAgent& a) { return a.queue == queue->id; }) <= queue->settings.agents_most);
    }
  }
}

/// A zone whose agents have been at work for long.
class BlendedZone : public testing::Test {
 protected:
  BlendedZone() {
    for (const int agent : {1, 2, 3}) zone.at_work(agent);
    zone.pass(10min);
  }
  /// The manager looks at the record.
  std::vector<Effect> look(double length, Duration after = 15s) {
    zone.now += after;
    queue = support(length, zone.now);
    queue.stepped_at = stepped_at;
    queue.settings.outbound_least = floor;
    auto effects = zone.step(QueuesSeen{{queue}});
    for (const SaveQueueStep& step : those_of<SaveQueueStep>(effects)) stepped_at = step.at;
    return effects;
  }
  J job_of(int agent) const { return zone.agent(agent).states.job; }

  TestZone zone;
  InboundQueue queue;
  std::optional<Instant> stepped_at;
  int floor = 1;
};

TEST_F(BlendedZone, an_agent_goes_to_inbound_gets_no_call_there_and_comes_back_to_a_job) {
  look(9);
  EXPECT_EQ(job_of(1), J::inbound);
  EXPECT_EQ(zone.rows.at(AgentId{1}).queue, 7);
  EXPECT_EQ(std::get<agent_notice::StatesChanged>(zone.told[AgentId{1}].back()).reason, "blended");
  zone.contact_answers(5);
  EXPECT_EQ(zone.call_of(1), C::idle);
  look(9);
  EXPECT_EQ(job_of(2), C::talking == zone.call_of(2) ? J::pending_inbound : J::inbound);
  look(9);
  EXPECT_EQ(job_of(3), J::attached) << "one stays outbound";
  look(0, 2min);
  EXPECT_EQ(job_of(1), J::attached);
  EXPECT_FALSE(zone.rows.at(AgentId{1}).queue.has_value());
}

TEST_F(BlendedZone, an_agent_in_a_call_goes_after_it_and_its_work_or_not_at_all_when_the_queue_is_good_by_then) {
  for (const int contact : {5, 6, 7}) zone.contact_answers(contact);
  const auto effects = look(9);
  EXPECT_TRUE(those_of<Steer>(effects).empty());
  EXPECT_EQ(zone.agent(1).states, (AgentStates{A::busy, NailState::nailed, C::talking, J::pending_inbound}));
  look(9);
  EXPECT_EQ(job_of(2), J::pending_inbound);
  zone.order(1, Release{});
  EXPECT_EQ(job_of(1), J::pending_inbound);
  zone.order(1, WrapUp{"done"});
  EXPECT_EQ(zone.agent(1).states, (AgentStates{A::ready, NailState::nailed, C::idle, J::inbound}));
  look(0, 2min);
  look(0, 2min);
  EXPECT_EQ(zone.agent(2).states, (AgentStates{A::busy, NailState::nailed, C::talking, J::attached}));
}

TEST_F(BlendedZone, A_11_who_is_at_inbound_stays_there_through_a_take_over_and_comes_back_by_the_new_manager) {
  floor = 0;
  zone.contact_answers(5);
  look(9);
  look(9);
  const auto before = std::pair{job_of(1), job_of(2)};
  zone.start(1s);
  EXPECT_EQ((std::pair{job_of(1), job_of(2)}), before);
  EXPECT_TRUE(those_of<SaveQueueStep>(look(9, 14s)).empty()) << "the step before was a moment ago, whoever took it";
  look(9, 1s);
  EXPECT_EQ(job_of(3), J::inbound);
  zone.now += 61s;
  zone.step(QueuesSeen{{queue}});
  EXPECT_EQ((std::pair{job_of(1), job_of(2)}), (std::pair{J::attached, J::attached})) << "its figures are stale";
}

TEST_F(BlendedZone, a_look_at_the_record_of_before_the_last_step_takes_nobody) {
  look(9);
  stepped_at.reset();
  EXPECT_TRUE(those_of<SaveQueueStep>(look(9, 1s)).empty());
  EXPECT_EQ(job_of(2), J::attached);
}

TEST_F(BlendedZone, who_is_at_inbound_by_own_wish_or_is_not_ready_is_left_alone) {
  zone.order(1, BlendToInbound{});
  zone.order(2, NotReady{"lunch"});
  look(9);
  EXPECT_EQ(job_of(3), J::attached) << "the one who is left";
  look(0, 10min);
  EXPECT_EQ(job_of(1), J::manual_inbound);
}

TEST_F(BlendedZone, whoever_goes_back_by_own_wish_or_logs_out_is_not_taken_again_at_once) {
  look(9);
  zone.order(1, BlendToOutbound{});
  EXPECT_EQ(job_of(1), J::attached);
  EXPECT_FALSE(zone.agent(1).queue.has_value());
  look(9);
  EXPECT_EQ(job_of(1), J::attached);
  EXPECT_EQ(job_of(2), J::inbound);
  zone.order(2, LogOff{});
  EXPECT_FALSE(zone.agent(2).queue.has_value());
  zone.at_work(2);
  look(9);
  EXPECT_FALSE(zone.agent(2).queue.has_value());
  EXPECT_EQ(job_of(3), J::inbound);
}

}  // namespace
}  // namespace everdial::zone
