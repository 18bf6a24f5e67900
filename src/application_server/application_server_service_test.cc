#include "application_server/application_server_service.h"

#include <gtest/gtest.h>

#include <algorithm>

#include "base/those_of.h"
#include "runtime/test_world.h"

namespace everdial {
namespace {

const Address self{"as:1"}, mpp{"mpp:1"}, owner{"cm:1"};
const Resource job = job_resource(JobId{7});

AttemptId attempt(int64_t contact) { return {JobId{7}, ContactId{contact}, 1}; }

class ApplicationServerServiceTest : public testing::Test {
 protected:
  ApplicationServerServiceTest()
      : wire(world, self), seams{world, world, world, wire}, service(seams, directory, Incarnation{"me"}, {.calls = {.trunks = {{"a"}}}}) {
    Session me{.incarnation = Incarnation{"me"}, .component = "application_server", .address = self};
    Session worker{.incarnation = Incarnation{"mpp"}, .component = "mpp", .address = mpp};
    LeaseRow lease{.resource = job, .epoch = Epoch{1}, .holder = Incarnation{"cm"}, .holder_address = owner};
    directory.update({me, worker}, {lease});
    world.peers[mpp] = [this](Request request, ReplyFn reply) {
      to_mpp.push_back(request);
      if (!mpp_answers) return;
      if (const auto* execute = std::get_if<ExecuteCalls>(&request))
        return reply(Reply{CallsExecuted{std::vector(execute->orders.size(), OrderVerdict::accepted), {}}});
      reply(Reply{Done{}});
    };
    world.peers[owner] = [this](Request request, ReplyFn reply) {
      for (const CallRecord& record : std::get<AttemptResults>(request).records) results.push_back(record);
      ++messages;
      reply(Reply{Done{}});
    };
    service.start();
  }
  Result<Reply> ask(Request request, Duration wait = 20ms) {
    std::optional<Result<Reply>> answer;
    service.handle(std::move(request), [&](Result<Reply> reply) { answer = std::move(reply); });
    world.pass(wait);
    return answer.value_or(Error{ErrorKind::unavailable, "no answer"});
  }
  void tell(Request request, Duration wait = 20ms) { EXPECT_TRUE(ask(std::move(request), wait).ok()); }
  PlaceCalls orders(const std::vector<int64_t>& contacts) {
    PlaceCalls request;
    for (const int64_t contact : contacts)
      request.orders.push_back({.attempt = attempt(contact), .resource = job, .epoch = Epoch{1}, .not_after = world.now() + 5s});
    return request;
  }
  CallEvents events(const std::vector<int64_t>& contacts, CallEvents::Kind kind, CallStage stage) {
    CallEvents message{mpp, {}};
    for (const int64_t contact : contacts) {
      CallEvents::Event event{.kind = kind};
      event.record.attempt = attempt(contact);
      event.record.resource = job;
      event.record.stage = stage;
      event.record.plan.analyse = false;
      event.record.plan.prompt = "hello.wav";
      message.events.push_back(event);
    }
    return message;
  }
  template <class T>
  std::vector<T> told_mpp() const {
    return those_of<T>(to_mpp);
  }

  TestWorld world;
  TestWorld::Wire wire;
  Seams seams;
  Directory directory;
  ApplicationServerService service;
  std::vector<Request> to_mpp;
  std::vector<CallRecord> results;
  int messages = 0;
  bool mpp_answers = true;
};

TEST_F(ApplicationServerServiceTest, places_orders_on_an_mpp_and_says_where_their_events_go) {
  auto reply = ask(orders({1, 2}));
  ASSERT_TRUE(reply.ok());
  EXPECT_EQ(std::get<CallsPlaced>(*reply).verdicts, std::vector(2, OrderVerdict::accepted));
  ASSERT_EQ(told_mpp<ExecuteCalls>().size(), 1u);
  EXPECT_EQ(told_mpp<ExecuteCalls>()[0].application_server, self);
}

TEST_F(ApplicationServerServiceTest, acknowledges_an_event_only_when_the_mpp_has_what_it_led_to) {
  mpp_answers = false;
  EXPECT_FALSE(ask(events({1}, CallEvents::Kind::answered, CallStage::answered)).ok());
  ASSERT_EQ(told_mpp<ControlCalls>().size(), 1u);
  EXPECT_EQ(told_mpp<ControlCalls>()[0].commands.at(0).prompt, "hello.wav");
  mpp_answers = true;
  EXPECT_TRUE(ask(events({2}, CallEvents::Kind::answered, CallStage::answered)).ok());
}

TEST_F(ApplicationServerServiceTest, F_03_says_that_it_is_the_mpp_that_does_not_answer) {
  mpp_answers = false;
  SteerCalls steer{.resource = agent_zone_resource("default"), .epoch = Epoch{1}, .seq = 1};
  steer.commands.push_back({.attempt = attempt(1)});
  const auto silent = ask(steer, 2s);
  ASSERT_FALSE(silent.ok());
  EXPECT_EQ(silent.error().kind, ErrorKind::conflict) << silent.error().message;
  mpp_answers = true;
  EXPECT_TRUE(ask(steer).ok());
}

TEST_F(ApplicationServerServiceTest, tells_the_owner_of_the_job_in_few_messages) {
  for (int round = 0; round < 3; ++round) tell(events({1, 2, 3}, CallEvents::Kind::ringing, CallStage::ringing), 1ms);
  tell(events({1, 2, 3}, CallEvents::Kind::ended, CallStage::ended));
  EXPECT_LE(messages, 2);
  EXPECT_EQ(std::count_if(results.begin(), results.end(), [](const CallRecord& r) { return r.stage == CallStage::ended; }), 3);
}

TEST_F(ApplicationServerServiceTest, drops_results_that_nobody_owns_since_the_mpp_tells_again) {
  directory.update(directory.sessions(), {});
  EXPECT_TRUE(ask(events({1}, CallEvents::Kind::ended, CallStage::ended)).ok());
  world.pass(1s);
  EXPECT_TRUE(results.empty());
}

TEST_F(ApplicationServerServiceTest, lets_the_mpp_forget_what_is_settled) {
  tell(events({1}, CallEvents::Kind::ended, CallStage::ended));
  tell(AttemptsSettled{{attempt(1)}});
  ASSERT_EQ(told_mpp<ForgetCalls>().size(), 1u);
  EXPECT_EQ(told_mpp<ForgetCalls>()[0].attempts, std::vector{attempt(1)});
}

TEST_F(ApplicationServerServiceTest, answers_what_is_under_way_before_it_says_it_is_drained) {
  mpp_answers = false;
  service.handle(orders({1}), [](Result<Reply>) {});
  bool drained = false;
  service.drain([&] { drained = true; });
  world.pass(500ms);
  EXPECT_FALSE(drained);
  auto reply = ask(orders({2}));
  ASSERT_TRUE(reply.ok());
  EXPECT_EQ(std::get<CallsPlaced>(*reply).verdicts, std::vector{OrderVerdict::overloaded});
  world.pass(1s);
  EXPECT_TRUE(drained);
}

}  // namespace
}  // namespace everdial
