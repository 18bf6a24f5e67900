#include <gtest/gtest.h>

#include "mpp/mpp_machine.h"

// Lines and conversations: who hears whom is said as a whole, by one manager at a time.

#include "base/those_of.h"

namespace everdial {
namespace {

namespace conversation {  // the other tests of the machine may stand in the same unit

using namespace mpp;
using Kind = TrunkEvent::Kind;

const Resource job = job_resource(JobId{7}), zone{"agent_manager/zone/3"};
const AttemptId customer{JobId{7}, ContactId{1}, 1}, second{JobId{7}, ContactId{2}, 1}, line = line_of(AgentId{5}, 1);

struct Bench {
  MppMachine machine{{.name = "as1/mpp/1"}};
  Instant now = from_micros(1'800'000'000'000'000);
  std::vector<Effect> effects;  ///< of the last step
  int64_t seq = 0;

  Bench() {
    step(JournalLoaded{});
    step(EpochsRead{});
    for (const AttemptId& each : {line, customer, second}) {
      CallOrder order{.attempt = each, .resource = is_line(each) ? zone : job, .epoch = Epoch{1}, .not_after = now + 1h};
      order.plan.analyse = false;
      if (is_line(each)) order.plan.party = Party::agent;
      else order.plan.agents = zone;
      step(OrdersArrived{1, {Address{"as:1"}, {{order, {is_line(each) ? "" : "a"}}}}});
    }
  }
  void step(const Input& input) { effects = machine.step(input, now); }
  template <class T>
  std::vector<T> all() const {
    return those_of<T>(effects);
  }
  void answer(const AttemptId& each) { step(TrunkReported{{{.kind = Kind::answered, .attempt = each}}}); }
  void steer(ControlCalls request, int64_t epoch = 1) {
    request.resource = zone;
    request.epoch = Epoch{epoch};
    if (request.seq == 0) request.seq = ++seq;
    step(CommandsArrived{2, std::move(request)});
  }
  void converse(const std::string& id, std::vector<Conversation::Member> members) {
    steer({.conversations = {{ConversationId{id}, std::move(members)}}});
  }
  bool hangs_up(const AttemptId& each) const {
    for (const HangUpOnTrunk& one : all<HangUpOnTrunk>())
      if (one.attempt == each) return true;
    return false;
  }
  bool tells(CallEvents::Kind kind) const {
    for (const SendEvent& sent : all<SendEvent>())
      if (sent.event.kind == kind) return true;
    return false;
  }
};

TEST(MppConversation, a_line_is_called_once_and_kept_open) {
  Bench bench;
  bench.answer(line);
  bench.now += 24h;
  bench.step(TimePassed{});
  EXPECT_FALSE(bench.hangs_up(line)) << "it has no longest call";
  EXPECT_EQ(bench.machine.find(line)->stage, CallStage::answered);
}

TEST(MppConversation, is_made_as_it_is_said_and_kept_in_the_records) {
  Bench bench;
  bench.answer(line);
  bench.answer(customer);
  bench.converse("c", {{customer}, {line}});
  ASSERT_EQ(bench.all<ConverseOnTrunk>().size(), 1u);
  EXPECT_EQ(bench.all<ConverseOnTrunk>()[0].conversation.members.size(), 2u);
  EXPECT_EQ(bench.machine.find(line)->conversation->id, ConversationId{"c"});
  bench.converse("c", {{customer}});
  EXPECT_FALSE(bench.machine.find(line)->conversation) << "who is not named any more has left";
  EXPECT_EQ(bench.machine.find(customer)->conversation->members.size(), 1u);
}

TEST(MppConversation, moves_a_call_that_is_named_in_another) {
  Bench bench;
  bench.converse("c", {{customer}, {line}});
  bench.converse("d", {{second}, {line}});
  EXPECT_EQ(bench.machine.find(line)->conversation->id, ConversationId{"d"});
  bench.converse("c", {{customer}});
  ASSERT_EQ(bench.all<ConverseOnTrunk>().size(), 1u);
  EXPECT_EQ(bench.machine.find(line)->conversation->id, ConversationId{"d"}) << "what is said of c concerns the line no more";
}

TEST(MppConversation, what_was_said_before_does_not_count_when_it_comes_late) {
  Bench bench;
  bench.steer({.seq = 5, .conversations = {{ConversationId{"d"}, {{second}, {line}}}}});
  bench.steer({.seq = 4, .conversations = {{ConversationId{"c"}, {{customer}, {line}}}}});
  EXPECT_EQ(bench.machine.find(line)->conversation->id, ConversationId{"d"});
  ASSERT_EQ(bench.all<ConverseOnTrunk>().size(), 1u);
  EXPECT_EQ(bench.all<ConverseOnTrunk>()[0].conversation.members.size(), 1u) << "the customer alone";
}

TEST(MppConversation, the_same_word_again_presses_no_key_twice) {
  Bench bench;
  bench.answer(customer);
  const ControlCalls press{.commands = {{.attempt = customer, .kind = CallCommand::Kind::press, .digits = "12"}}, .seq = 3};
  bench.steer(press);
  EXPECT_EQ(bench.all<PressOnTrunk>().size(), 1u);
  bench.steer(press);
  EXPECT_TRUE(bench.all<PressOnTrunk>().empty());
  EXPECT_TRUE(bench.all<Answer>().at(0).body.ok());
}

TEST(MppConversation, a_manager_past_the_barrier_steers_nothing) {
  Bench bench;
  bench.step(BarrierAsked{3, {zone, Epoch{2}}});
  EXPECT_EQ(std::get<BarrierRaised>(*bench.all<Answer>().at(0).body).executed.size(), 3u) << "the lines of the zone and its agents' calls";
  bench.converse("c", {{customer}, {line}});
  ASSERT_FALSE(bench.all<Answer>().at(0).body.ok());
  EXPECT_EQ(bench.all<Answer>()[0].body.error().kind, ErrorKind::fenced);
  EXPECT_FALSE(bench.machine.find(line)->conversation);
  bench.steer({.seq = 1, .conversations = {{ConversationId{"c"}, {{customer}, {line}}}}}, 2);
  EXPECT_TRUE(bench.machine.find(line)->conversation) << "the new one counts from 1 again";
}

TEST(MppConversation, A_05_tells_when_nobody_attends_to_an_answered_call) {
  Bench bench;
  bench.answer(customer);
  bench.answer(second);
  bench.converse("c", {{second}});
  bench.now += 10s;
  bench.step(TimePassed{});
  ASSERT_TRUE(bench.tells(CallEvents::Kind::unattended));
  for (const SendEvent& sent : bench.all<SendEvent>())
    EXPECT_TRUE(sent.event.kind != CallEvents::Kind::unattended || sent.event.record.attempt == customer);
}

TEST(MppConversation, people_end_a_conversation_and_not_the_clock) {
  Bench bench;
  bench.answer(customer);
  bench.converse("c", {{customer}});
  bench.now += 3h;
  bench.step(TimePassed{});
  EXPECT_FALSE(bench.hangs_up(customer));
}

TEST(MppConversation, M_05_a_key_pressed_while_talking_is_no_opt_out) {
  Bench bench;
  bench.answer(customer);
  bench.converse("c", {{customer}, {line}});
  bench.step(TrunkReported{{{.kind = Kind::digit, .attempt = customer, .digit = '9'}}});
  EXPECT_FALSE(bench.machine.find(customer)->opted_out);
}

}  // namespace conversation
}  // namespace
}  // namespace everdial
