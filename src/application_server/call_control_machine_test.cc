#include "application_server/call_control_machine.h"

#include <gtest/gtest.h>
#include <rapidcheck/gtest.h>

#include <set>

#include "base/those_of.h"

namespace everdial {
namespace {

using namespace call_control;

const Address first{"mpp:1"}, second{"mpp:2"};
using Mpps = std::map<Address, std::string>;
const Mpps one{{first, "as1/mpp/1"}}, both{{first, "as1/mpp/1"}, {second, "as1/mpp/2"}};
const Resource job = job_resource(JobId{7});

AttemptId attempt(int64_t contact) { return {JobId{7}, ContactId{contact}, 1}; }

struct Bench {
  explicit Bench(std::vector<TrunkLimits> trunks = {{"a"}, {"b"}}) : machine({.trunks = std::move(trunks)}) { step(PeersSeen{1, 0, both}); }
  void step(const Input& input) { effects = machine.step(input, now); }
  template <class T>
  std::vector<T> all() const {
    return those_of<T>(effects);
  }
  void order(ReplyId reply, const std::vector<int64_t>& contacts) {
    PlaceCalls request;
    for (const int64_t contact : contacts)
      request.orders.push_back({.attempt = attempt(contact), .resource = job, .epoch = Epoch{1}, .not_after = now + 5s});
    step(OrdersArrived{reply, request});
  }
  void accept(const Execute& execute, std::vector<std::string> trunks_down = {}) {
    step(ExecuteAnswered{execute.batch, CallsExecuted{std::vector(execute.orders.size(), OrderVerdict::accepted), std::move(trunks_down)}});
  }
  std::vector<OrderVerdict> verdicts() const {
    const auto answers = all<AnswerOrders>();
    return answers.size() == 1 && answers[0].result.ok() ? answers[0].result->verdicts : std::vector<OrderVerdict>{};
  }
  CallEvents event(int64_t contact, CallEvents::Kind kind, CallStage stage, const Address& mpp = first) {
    CallEvents events{mpp, {{.kind = kind}}};
    CallRecord& record = events.events[0].record;
    record.attempt = attempt(contact);
    record.resource = job;
    record.trunk = "a";
    record.stage = stage;
    record.plan.analyse = false;
    record.plan.prompt = "hello.wav";
    return events;
  }

  CallControlMachine machine;
  Instant now = from_micros(1'000'000'000);
  std::vector<Effect> effects;
};

TEST(CallControl, spreads_orders_over_the_mpps_and_answers_when_all_have) {
  Bench bench;
  bench.order(1, {1, 2, 3, 4});
  const auto executes = bench.all<Execute>();
  ASSERT_EQ(executes.size(), 2u);
  EXPECT_EQ(executes[0].orders.size(), 2u);
  EXPECT_EQ(executes[0].orders[0].trunks, (std::vector<std::string>{"a", "b"}));
  bench.accept(executes[0]);
  EXPECT_TRUE(bench.all<AnswerOrders>().empty());
  bench.accept(executes[1]);
  EXPECT_EQ(bench.verdicts(), std::vector(4, OrderVerdict::accepted));
  EXPECT_EQ(bench.machine.calls_in_air(), 4u);
}

TEST(CallControl, says_no_mpp_when_there_is_none_F_07) {
  Bench bench;
  bench.step(PeersSeen{1, 0, {}});
  bench.order(1, {1});
  EXPECT_EQ(bench.verdicts(), std::vector{OrderVerdict::no_mpp});
  EXPECT_EQ(bench.machine.calls_in_air(), 0u);
}

TEST(CallControl, says_overloaded_beyond_the_trunks_limits_M_08) {
  Bench bench({{"a", 1}});
  bench.order(1, {1, 2});
  bench.accept(bench.all<Execute>().at(0));
  EXPECT_EQ(bench.verdicts(), (std::vector{OrderVerdict::accepted, OrderVerdict::overloaded}));
  bench.step(EventsArrived{2, bench.event(1, CallEvents::Kind::ended, CallStage::ended)});
  bench.order(3, {2, 3});
  ASSERT_EQ(bench.all<Execute>().size(), 1u) << "the channel is free again";
  EXPECT_EQ(bench.all<Execute>()[0].orders.size(), 1u) << "but a refused order stays refused: its attempt is settled by now";
}

TEST(CallControl, takes_an_order_that_an_mpp_refused_off_its_count) {
  Bench bench({{"a", 1}});
  bench.order(1, {1});
  bench.step(ExecuteAnswered{bench.all<Execute>().at(0).batch, CallsExecuted{{OrderVerdict::too_late}, {}}});
  EXPECT_EQ(bench.verdicts(), std::vector{OrderVerdict::too_late});
  EXPECT_EQ(bench.machine.occupied("a"), 0);
}

TEST(CallControl, does_not_guess_about_orders_that_an_mpp_has_not_answered) {
  Bench bench;
  bench.order(1, {1, 2});
  const auto executes = bench.all<Execute>();
  bench.accept(executes[0]);
  bench.step(ExecuteAnswered{executes[1].batch, Error{ErrorKind::unavailable, "timed out"}});
  ASSERT_EQ(bench.all<AnswerOrders>().size(), 1u);
  ASSERT_FALSE(bench.all<AnswerOrders>()[0].result.ok());
  EXPECT_EQ(bench.all<AnswerOrders>()[0].result.error().kind, ErrorKind::unknown);
  bench.order(2, {3, 4});
  ASSERT_EQ(bench.all<Execute>().size(), 1u) << "and passes the silent one over for a while";
  EXPECT_EQ(bench.all<Execute>()[0].mpp, executes[0].mpp);
}

TEST(CallControl, sends_no_more_orders_to_an_mpp_that_has_answered_nothing_for_a_while) {
  Bench bench;
  bench.order(1, {1, 2});
  const auto executes = bench.all<Execute>();
  bench.accept(executes[0]);
  bench.now += 400ms;
  bench.order(2, {3, 4, 5});
  ASSERT_EQ(bench.all<Execute>().size(), 1u);
  EXPECT_EQ(bench.all<Execute>()[0].mpp, executes[0].mpp);
  bench.accept(executes[1]);
  bench.order(3, {6, 7});
  EXPECT_EQ(bench.all<Execute>().at(0).mpp, executes[1].mpp) << "it had only been slow";
}

TEST(CallControl, keeps_contacts_of_an_mpp_that_is_still_starting_F_07) {
  Bench bench;
  bench.step(PeersSeen{1, 0, one});
  bench.order(1, {1});
  bench.step(ExecuteAnswered{bench.all<Execute>().at(0).batch, Error{ErrorKind::overloaded, "starting"}});
  EXPECT_EQ(bench.verdicts(), std::vector{OrderVerdict::no_mpp});
}

TEST(CallControl, leaves_out_trunks_that_an_mpp_knows_to_be_down) {
  Bench bench;
  bench.step(PeersSeen{1, 0, one});
  bench.order(1, {1});
  bench.accept(bench.all<Execute>().at(0), {"a"});
  bench.order(2, {2});
  EXPECT_EQ(bench.all<Execute>().at(0).orders[0].trunks, std::vector<std::string>{"b"});
  bench.accept(bench.all<Execute>().at(0), {"a", "b"});
  bench.order(3, {3});
  EXPECT_EQ(bench.all<Execute>().at(0).orders[0].trunks.size(), 2u) << "with all of them down only the MPP can know better by now";
}

// ---- calls for agents, and agents' lines -------------------------------------------------------------------------------------------

const Resource zone{"agent_manager/zone/3"};

TEST(CallControl, brings_what_happens_on_calls_for_agents_to_their_manager) {
  Bench bench;
  auto events = bench.event(1, CallEvents::Kind::answered, CallStage::answered);
  events.events[0].record.plan.agents = zone;
  events.events.push_back(bench.event(2, CallEvents::Kind::ended, CallStage::ended).events[0]);
  CallEvents::Event line{.kind = CallEvents::Kind::ended};
  line.record.attempt = line_of(AgentId{5}, 1);
  line.record.resource = zone;
  line.record.plan.party = Party::agent;
  events.events.push_back(line);
  bench.step(EventsArrived{9, events});
  const Steer steer = bench.all<Steer>().at(0);
  EXPECT_TRUE(steer.controls.empty()) << "the campaign's prompt is not for whom an agent is to talk to";
  ASSERT_EQ(steer.tell.size(), 1u);
  EXPECT_EQ(steer.tell[0].resource, zone);
  EXPECT_EQ(steer.tell[0].events.events.size(), 2u);
  EXPECT_EQ(bench.all<Relay>().size(), 2u) << "the owner of the job is told as always; a line has none";
}

TEST(CallControl, places_a_zones_lines_and_calls_on_one_mpp) {
  Bench bench;
  PlaceCalls request;
  for (const int64_t contact : {1, 2, 3, 4}) {
    request.orders.push_back({.attempt = attempt(contact), .resource = job, .epoch = Epoch{1}, .not_after = bench.now + 5s});
    request.orders.back().plan.agents = zone;
  }
  request.orders.push_back({.attempt = line_of(AgentId{5}, 1), .resource = zone, .epoch = Epoch{1}, .not_after = bench.now + 5s});
  request.orders.back().plan.party = Party::agent;
  request.orders.back().plan.phone = "sip:agent5@198.51.100.9";
  bench.step(OrdersArrived{1, request});
  const auto executes = bench.all<Execute>();
  ASSERT_EQ(executes.size(), 1u);
  EXPECT_EQ(executes[0].orders.back().trunks, std::vector<std::string>{""}) << "straight to the phone";
}

TEST(CallControl, M_05_goes_on_with_a_zones_mpp_when_that_was_started_again) {
  // Else its calls would be where the lines of its agents are not.
  Bench bench;
  const auto mpp_of_line = [&](int number) {
    PlaceCalls request{{{.attempt = line_of(AgentId{5}, number), .resource = zone, .epoch = Epoch{1}, .not_after = bench.now + 5s}}};
    request.orders[0].plan.party = Party::agent;
    bench.step(OrdersArrived{static_cast<ReplyId>(number), request});
    const Execute execute = bench.all<Execute>().at(0);
    bench.accept(execute);
    return execute.mpp;
  };
  const Address chosen = mpp_of_line(1), other = chosen == first ? second : first;
  for (int turn = 2; turn < 10; ++turn) {
    const Address restarted{"mpp:" + std::to_string(turn + 1)};
    bench.step(PeersSeen{1, 0, {{other, both.at(other)}, {restarted, both.at(chosen)}}});
    EXPECT_EQ(mpp_of_line(turn), restarted);
  }
}

TEST(CallControl, hands_a_managers_word_to_the_mpps_of_the_calls) {
  Bench bench;
  bench.step(EventsArrived{1, bench.event(1, CallEvents::Kind::answered, CallStage::answered, second)});
  SteerCalls request{.resource = zone, .epoch = Epoch{4}, .seq = 7};
  request.conversations.push_back({ConversationId{"c"}, {{attempt(1)}}});
  request.commands.push_back({.attempt = attempt(1), .kind = CallCommand::Kind::press, .digits = "12"});
  bench.step(SteerArrived{2, request});
  const Steer steer = bench.all<Steer>().at(0);
  const Steer::Control& control = steer.controls.at(second);
  EXPECT_TRUE(control.awaited);
  EXPECT_EQ(control.request.resource, zone);
  EXPECT_EQ(control.request.epoch, Epoch{4});
  EXPECT_EQ(control.request.seq, 7);
  EXPECT_EQ(control.request.commands.at(0).digits, "12");
  EXPECT_FALSE(steer.controls.at(first).awaited) << "somebody there may have to leave the conversation, but nobody waits for it";
}

TEST(CallControl, steers_a_call_it_has_never_heard_of) {
  Bench bench;
  bench.step(EventsArrived{5, bench.event(1, CallEvents::Kind::answered, CallStage::answered)});
  ASSERT_EQ(bench.all<Steer>().size(), 1u);
  EXPECT_EQ(bench.all<Steer>()[0].controls.at(first).request.commands.at(0).prompt, "hello.wav");
  EXPECT_EQ(bench.all<Relay>().size(), 1u);
  EXPECT_EQ(bench.machine.occupied("a"), 1) << "and counts it";
}

TEST(CallControl, lets_the_mpp_of_a_settled_call_forget_it_or_all_when_it_does_not_know_whose_it_was) {
  Bench bench;
  bench.step(EventsArrived{5, bench.event(1, CallEvents::Kind::ended, CallStage::ended, second)});
  bench.step(SettledArrived{{{attempt(1)}}});
  ASSERT_EQ(bench.all<Forget>().size(), 1u);
  EXPECT_EQ(bench.all<Forget>()[0].mpp, second);
  bench.step(SettledArrived{{{attempt(2)}}});
  EXPECT_EQ(bench.all<Forget>().size(), 2u);
}

TEST(CallControl, M_05_lets_all_forget_a_call_that_is_settled_again_or_whose_mpp_is_gone) {
  // Its MPP was started again under another address, where the record is told of for as long as nobody has it forgotten.
  Bench bench;
  bench.order(1, {1});
  const Execute execute = bench.all<Execute>().at(0);
  bench.accept(execute);
  const Address restarted{"mpp:3"};
  const Address& other = execute.mpp == first ? second : first;
  bench.step(PeersSeen{1, 0, {{other, both.at(other)}, {restarted, both.at(execute.mpp)}}});
  bench.step(SettledArrived{{{attempt(1)}}});
  EXPECT_EQ(bench.all<Forget>().size(), 2u);
  bench.step(SettledArrived{{{attempt(1)}}});
  EXPECT_EQ(bench.all<Forget>().size(), 2u);
}

TEST(CallControl, M_05_gives_a_repeated_order_the_answer_of_the_first_one) {
  // An answer of its own would tell the job's owner that an MPP has the call, when nothing is known yet (simulator, seed 2962).
  for (const bool answered : {true, false}) {
    Bench bench;
    bench.order(1, {1});
    const Execute execute = bench.all<Execute>().at(0);
    bench.order(2, {1});
    EXPECT_TRUE(bench.effects.empty());
    if (answered) bench.accept(execute);
    else bench.step(ExecuteAnswered{execute.batch, Error{ErrorKind::unknown, "silent"}});
    const auto answers = bench.all<AnswerOrders>();
    ASSERT_EQ(answers.size(), 2u);
    for (const AnswerOrders& answer : answers) EXPECT_EQ(answer.result.ok(), answered);
    bench.order(3, {1});
    EXPECT_EQ(bench.all<AnswerOrders>().at(0).result.ok(), answered);
    EXPECT_TRUE(bench.all<Execute>().empty());
  }
}

TEST(CallControl, gives_up_the_channel_of_a_call_that_nobody_tells_of) {
  Bench bench;
  bench.step(EventsArrived{5, bench.event(1, CallEvents::Kind::answered, CallStage::answered)});
  bench.now += 59s;
  bench.step(TimePassed{});
  EXPECT_EQ(bench.machine.occupied("a"), 1);
  bench.now += 1s;
  bench.step(TimePassed{});
  EXPECT_EQ(bench.machine.occupied("a"), 0);
}

RC_GTEST_PROP(CallControl, counts_what_is_in_the_air_and_answers_every_request_once, ()) {
  Bench bench({{"a", 3}, {"b", 4}});
  std::set<ReplyId> open;
  std::map<uint64_t, Execute> batches;
  ReplyId reply = 0;
  for (int i = 0; i < 200; ++i) {
    const int64_t contact = *rc::gen::inRange(1, 12);
    const Address mpp = *rc::gen::element(first, second);
    bench.effects.clear();
    switch (*rc::gen::inRange(0, 6)) {
      case 0:
        open.insert(++reply);
        bench.order(reply, {contact, contact + 20});
        break;
      case 1:
        if (!batches.empty()) {
          const Execute execute = batches.extract(batches.begin()).mapped();
          std::vector<OrderVerdict> verdicts;
          for (size_t k = 0; k < execute.orders.size(); ++k)
            verdicts.push_back(*rc::gen::element(OrderVerdict::accepted, OrderVerdict::no_trunk));
          if (*rc::gen::arbitrary<bool>()) bench.step(ExecuteAnswered{execute.batch, CallsExecuted{verdicts, {}}});
          else bench.step(ExecuteAnswered{execute.batch, Error{ErrorKind::unavailable, "lost"}});
        }
        break;
      case 2:
        bench.step(EventsArrived{++reply, bench.event(contact, CallEvents::Kind::ringing, CallStage::ringing, mpp)});
        open.insert(reply);
        break;
      case 3:
        bench.step(EventsArrived{++reply, bench.event(contact, CallEvents::Kind::ended, CallStage::ended, mpp)});
        open.insert(reply);
        break;
      case 4:
        bench.step(SettledArrived{{{attempt(contact)}}});
        break;
      case 5:
        bench.step(PeersSeen{1, 0, *rc::gen::element(one, both, Mpps{})});
        break;
    }
    for (const Execute& execute : bench.all<Execute>()) batches.emplace(execute.batch, execute);
    for (const AnswerOrders& answer : bench.all<AnswerOrders>()) RC_ASSERT(open.erase(answer.reply) == 1u);
    for (const Steer& steer : bench.all<Steer>()) RC_ASSERT(open.erase(steer.reply) == 1u);
    RC_ASSERT(static_cast<size_t>(bench.machine.occupied("a") + bench.machine.occupied("b")) == bench.machine.calls_in_air());
  }
  while (!batches.empty()) {
    bench.step(ExecuteAnswered{batches.extract(batches.begin()).key(), Error{ErrorKind::unavailable, "lost"}});
    for (const AnswerOrders& answer : bench.all<AnswerOrders>()) RC_ASSERT(open.erase(answer.reply) == 1u);
  }
  RC_ASSERT(open.empty());
  bench.now += 1min;
  bench.step(TimePassed{});
  RC_ASSERT(bench.machine.calls_in_air() == 0u);
}

}  // namespace
}  // namespace everdial
