#include "runtime/rpc.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <thread>

#include "agent_manager/agent_manager_rpc.h"
#include "agent_sdk/agent_sdk_rpc.h"
#include "application_server/application_server_rpc.h"
#include "campaign_manager/campaign_manager_rpc.h"
#include "mpp/mpp_rpc.h"
#include "proto/call.pb.h"
#include "rule_engine/rule_engine_rpc.h"
#include "runtime/call_rpc.h"
#include "runtime/loop.h"
#include "runtime/rpc_unary.h"

namespace everdial {
namespace {

std::vector<std::unique_ptr<RpcReceiver>> all_receivers() {
  std::vector<std::unique_ptr<RpcReceiver>> all;
  all.push_back(make_rule_engine_rpc());
  all.push_back(make_application_server_rpc());
  all.push_back(make_mpp_rpc());
  all.push_back(make_campaign_manager_rpc());
  all.push_back(make_agent_manager_rpc());
  all.push_back(make_agent_sdk_rpc());
  return all;
}

CallRecord some_record() {
  CallRecord record;
  record.attempt = {JobId{42}, ContactId{1001}, 3};
  record.resource = Resource{"job/42"};
  record.epoch = Epoch{7};
  record.mpp = "as1/mpp/1";
  record.trunk = "carrier";
  record.plan = {.phone = "+4930123",
                 .caller_id = "+4930999",
                 .ring_timeout = 30s,
                 .max_call = 5min,
                 .prompt = "hello.wav",
                 .machine_prompt = "machine.wav",
                 .analyse = false,
                 .machine_action = MachineAction::leave_message,
                 .record = true,
                 .opt_out_digit = '9'};
  record.stage = CallStage::ended;
  record.placed_at = from_micros(1'000'001);
  record.answered_at = from_micros(2'000'002);
  record.ended_at = from_micros(3'000'003);
  record.analysis = CompletionCode::answer_machine;
  record.code = CompletionCode::opted_out;
  record.sip_status = 200;
  record.opted_out = true;
  record.digits = "19";
  record.recording = "42-1001-3.wav";
  return record;
}

void expect_same(const CallRecord& a, const CallRecord& b) {
  EXPECT_EQ(std::tie(a.attempt, a.resource, a.epoch, a.mpp, a.trunk, a.plan, a.stage, a.placed_at, a.ringing_at, a.answered_at, a.ended_at,
                     a.analysis, a.code, a.sip_status, a.opted_out, a.digits, a.recording),
            std::tie(b.attempt, b.resource, b.epoch, b.mpp, b.trunk, b.plan, b.stage, b.placed_at, b.ringing_at, b.answered_at, b.ended_at,
                     b.analysis, b.code, b.sip_status, b.opted_out, b.digits, b.recording));
}

class Rpc : public testing::Test {
 protected:
  Rpc() {
    server_.serve([this](Request request, ReplyFn reply) {
      seen_ = request;
      answer_(std::move(request), std::move(reply));
    });
    EXPECT_TRUE(server_.address().ok());
  }

  Result<Reply> ask(Request request, Duration timeout = 5s, std::optional<Address> to = {}) {
    std::optional<Result<Reply>> got;
    client_.request(to.value_or(server_.address().ok() ? *server_.address() : Address{}), std::move(request), timeout,
                    [&](Result<Reply> reply) {
                      got = std::move(reply);
                      loop_.stop();
                    });
    loop_.run();
    return *got;
  }

  Loop loop_;
  GrpcNetwork server_{loop_, {}, all_receivers()};
  GrpcNetwork client_{loop_, {}, all_receivers()};
  std::function<void(Request, ReplyFn)> answer_ = [](Request, ReplyFn reply) { reply(Reply{Done{}}); };
  Request seen_;
};

TEST_F(Rpc, carries_each_request_and_its_reply_whole) {
  const CallRecord record = some_record();
  const CallOrder order{record.attempt, record.resource, record.epoch, from_micros(9), record.plan};

  answer_ = [](Request, ReplyFn reply) {
    reply(Reply{ContactsChecked{{{ContactsChecked::Verdict::outside_hours, from_micros(5)}, {}}, 30s}});
  };
  auto reply = ask(CheckContacts{{{ContactId{1}, "+1", "Europe/Berlin"}}, 480, 1260});
  ASSERT_TRUE(reply.ok()) << reply.error().message;
  EXPECT_EQ(std::get<CheckContacts>(seen_).contacts.at(0).time_zone, "Europe/Berlin");
  EXPECT_EQ(std::get<CheckContacts>(seen_).calling_until_minute, 1260);
  EXPECT_EQ(std::get<ContactsChecked>(*reply).answers.at(0).verdict, ContactsChecked::Verdict::outside_hours);
  EXPECT_EQ(std::get<ContactsChecked>(*reply).answers.at(0).retry_at, from_micros(5));
  EXPECT_EQ(std::get<ContactsChecked>(*reply).valid_for, 30s);

  answer_ = [](Request, ReplyFn reply) { reply(Reply{CallsPlaced{{OrderVerdict::accepted, OrderVerdict::overloaded}}}); };
  reply = ask(PlaceCalls{{order, order}});
  EXPECT_EQ(std::get<PlaceCalls>(seen_).orders.at(1).plan, record.plan);
  EXPECT_EQ(std::get<PlaceCalls>(seen_).orders.at(1).not_after, from_micros(9));
  EXPECT_EQ(std::get<CallsPlaced>(*reply).verdicts.at(1), OrderVerdict::overloaded);

  answer_ = [&](Request, ReplyFn reply) { reply(Reply{BarrierRaised{{record, record}, from_micros(7)}}); };
  reply = ask(RaiseBarrier{Resource{"job/1"}, Epoch{8}});
  EXPECT_EQ(std::get<RaiseBarrier>(seen_).epoch, Epoch{8});
  expect_same(std::get<BarrierRaised>(*reply).executed.at(1), record);
  EXPECT_EQ(std::get<BarrierRaised>(*reply).forgot_at, from_micros(7));

  answer_ = [](Request, ReplyFn reply) { reply(Reply{CallsExecuted{{OrderVerdict::stale_epoch}, {"down"}}}); };
  reply = ask(ExecuteCalls{Address{"h:1"}, {{order, {"a", "b"}}}});
  EXPECT_THAT(std::get<ExecuteCalls>(seen_).orders.at(0).trunks, testing::ElementsAre("a", "b"));
  EXPECT_THAT(std::get<CallsExecuted>(*reply).trunks_down, testing::ElementsAre("down"));

  answer_ = [](Request, ReplyFn reply) { reply(Reply{Done{}}); };
  EXPECT_TRUE(ask(CallEvents{Address{"h:2"}, {{record, CallEvents::Kind::digit, '9'}}}).ok());
  expect_same(std::get<CallEvents>(seen_).events.at(0).record, record);
  EXPECT_EQ(std::get<CallEvents>(seen_).events.at(0).digit, '9');
  EXPECT_TRUE(ask(AttemptsSettled{{record.attempt}}).ok());
  EXPECT_EQ(std::get<AttemptsSettled>(seen_).attempts.at(0), record.attempt);
  EXPECT_TRUE(ask(ControlCalls{{{record.attempt, CallCommand::Kind::hang_up, "p.wav", CompletionCode::fax}}}).ok());
  EXPECT_EQ(std::get<ControlCalls>(seen_).commands.at(0).code, CompletionCode::fax);
  EXPECT_TRUE(ask(ForgetCalls{{record.attempt}}).ok());
  EXPECT_EQ(std::get<ForgetCalls>(seen_).attempts.at(0), record.attempt);
  EXPECT_TRUE(ask(AttemptResults{Resource{"job/42"}, {record}}).ok());
  expect_same(std::get<AttemptResults>(seen_).records.at(0), record);
}

TEST_F(Rpc, carries_what_is_said_about_agents_whole) {
  const Resource zone = agent_zone_resource("north");
  const AttemptId attempt{JobId{7}, ContactId{5}, 2};
  const AgentStates states{AgentState::busy, NailState::nailed, AgentCallState::held, AgentJobState::pending_movement};
  answer_ = [&](Request, ReplyFn reply) { reply(Reply{AgentAnswer{AgentError::no_such_code, "not that", states}}); };
  auto reply = ask(CommandAgent{zone, {AgentId{3}, "s1", "c1", agent_command::WrapUp{"sold", "twice"}}, Address{"h:1"}});
  ASSERT_TRUE(reply.ok()) << reply.error().message;
  EXPECT_EQ(std::get<AgentAnswer>(*reply), (AgentAnswer{AgentError::no_such_code, "not that", states}));
  const auto& command = std::get<CommandAgent>(seen_);
  EXPECT_EQ(std::tie(command.resource, command.command.agent, command.command.session, command.command.id, command.notices_to),
            std::make_tuple(zone, AgentId{3}, std::string("s1"), std::string("c1"), Address{"h:1"}));
  EXPECT_EQ(std::get<agent_command::WrapUp>(command.command.order).note, "twice");

  answer_ = [&](Request, ReplyFn reply) { reply(Reply{GrantUsed{{attempt}}}); };
  reply = ask(GrantCalls{JobId{7}, zone, Epoch{4}, 9, 3, 1s});
  EXPECT_EQ(std::get<GrantUsed>(*reply).placed.at(0), attempt);
  EXPECT_EQ(std::get<GrantCalls>(seen_).seq, 9);

  answer_ = [](Request, ReplyFn reply) { reply(Reply{Done{}}); };
  EXPECT_TRUE(ask(ClaimPreview{JobId{7}, zone, AgentId{3}, ContactId{5}, "+15550005"}).ok());
  EXPECT_EQ(std::get<ClaimPreview>(seen_).contact, ContactId{5});
  EXPECT_TRUE(ask(SettlePreview{attempt, false, true}).ok());
  EXPECT_TRUE(std::get<SettlePreview>(seen_).again);
  EXPECT_TRUE(ask(TellPreview{zone, AgentId{3}, attempt, "+15550005"}).ok());
  EXPECT_EQ(std::get<TellPreview>(seen_).attempt, attempt);
  EXPECT_TRUE(ask(TakeNotices{zone, {{AgentId{3}, "s1", 12, true}, {AgentId{4}, "s2", 9, false}}, Address{"h:2"}}).ok());
  EXPECT_EQ(std::get<TakeNotices>(seen_).taken.at(0).up_to, 12);
  EXPECT_EQ(std::get<TakeNotices>(seen_).taken.at(1).session, "s2");
  EXPECT_TRUE(ask(AgentNotices{AgentId{3}, "s1", 13, {agent_notice::CallOffered{attempt, "+15550005"}}}).ok());
  EXPECT_EQ(std::get<AgentNotices>(seen_).notices.at(0), AgentNotice{(agent_notice::CallOffered{attempt, "+15550005"})});
  EXPECT_TRUE(ask(AgentCallEvents{zone, {Address{"h:3"}, {{some_record(), CallEvents::Kind::answered}}}}).ok());
  expect_same(std::get<AgentCallEvents>(seen_).events.events.at(0).record, some_record());
}

TEST_F(Rpc, errors_keep_their_kind) {
  for (const ErrorKind kind : {ErrorKind::invalid, ErrorKind::not_found, ErrorKind::conflict, ErrorKind::fenced, ErrorKind::unavailable,
                               ErrorKind::unknown, ErrorKind::overloaded, ErrorKind::internal}) {
    answer_ = [&](Request, ReplyFn reply) { reply(Error{kind, "why"}); };
    const auto reply = ask(ForgetCalls{});
    ASSERT_FALSE(reply.ok());
    EXPECT_EQ(reply.error().kind, kind);
    EXPECT_EQ(reply.error().message, "why");
  }
}

TEST_F(Rpc, no_answer_in_time_is_unavailable) {
  ReplyFn late;
  answer_ = [&](Request, ReplyFn reply) { late = std::move(reply); };
  const auto reply = ask(ForgetCalls{}, 50ms);
  ASSERT_FALSE(reply.ok());
  EXPECT_EQ(reply.error().kind, ErrorKind::unavailable);
  late(Reply{Done{}});
}

TEST_F(Rpc, nobody_there_is_unavailable_at_once) {
  const Instant begun = loop_.steady();
  const auto reply = ask(ForgetCalls{}, 5s, Address{"127.0.0.1:1"});
  ASSERT_FALSE(reply.ok());
  EXPECT_EQ(reply.error().kind, ErrorKind::unavailable);
  EXPECT_LT(loop_.steady() - begun, 1s);
}

TEST_F(Rpc, a_network_that_ends_answers_whoever_waits) {
  auto mortal = std::make_unique<GrpcNetwork>(loop_, GrpcNetwork::Settings{}, all_receivers());
  ReplyFn never;
  mortal->serve([&](Request, ReplyFn reply) {
    never = std::move(reply);
    loop_.post([&] { mortal.reset(); });
  });
  const auto reply = ask(ForgetCalls{}, 5s, *mortal->address());
  ASSERT_FALSE(reply.ok());
  EXPECT_EQ(reply.error().kind, ErrorKind::unavailable);
  never(Reply{Done{}});
}

/// Each enum of ours and its protobuf one have the same values in the same order, spelled the same.
template <class Ours>
void expect_same_names(const google::protobuf::EnumDescriptor* proto, const std::string& prefix) {
  ASSERT_EQ(proto->value_count(), static_cast<int>(enum_names<Ours>.size()) + 1);
  for (const auto& [value, name] : enum_names<Ours>) {
    std::string wanted = prefix;
    for (char c : name) wanted += static_cast<char>(std::toupper(c));
    const auto* found = proto->FindValueByNumber(rpc::encode_enum(value));
    ASSERT_TRUE(found) << wanted;
    EXPECT_EQ(found->name(), wanted);
  }
}

TEST(RpcNames, are_the_same_on_the_wire) {
  expect_same_names<CompletionCode>(rpc::CompletionCode_descriptor(), "COMPLETION_CODE_");
  expect_same_names<MachineAction>(rpc::MachineAction_descriptor(), "MACHINE_ACTION_");
  expect_same_names<CallStage>(rpc::CallStage_descriptor(), "CALL_STAGE_");
  expect_same_names<OrderVerdict>(rpc::OrderVerdict_descriptor(), "ORDER_VERDICT_");
}

TEST_F(Rpc, answers_thousands_with_many_under_way_at_once) {
  constexpr int total = 5000;
  int sent = 0, answered = 0;
  std::function<void()> next = [&] {
    ++sent;
    client_.request(*server_.address(), ForgetCalls{{some_record().attempt}}, 30s, [&](Result<Reply> reply) {
      EXPECT_TRUE(reply.ok());
      if (++answered == total) return loop_.stop();
      if (sent < total) next();
    });
  };
  const Instant begun = loop_.steady();
  for (int i = 0; i < 64; ++i) next();
  loop_.run();
  const double seconds = std::chrono::duration<double>(loop_.steady() - begun).count();
  RecordProperty("requests_per_second", static_cast<int>(total / seconds));
  std::printf("%.0f requests/s\n", total / seconds);
  EXPECT_EQ(answered, total);
}

TEST(MixedVersions, S_01_what_the_next_release_adds_to_a_message_is_left_alone) {
  rpc::CallRecord newer;
  rpc::encode(some_record(), &newer);
  newer.GetReflection()->MutableUnknownFields(&newer)->AddVarint(900, 7);
  newer.mutable_attempt()->GetReflection()->MutableUnknownFields(newer.mutable_attempt())->AddLengthDelimited(901, "a new field");
  rpc::CallRecord received;
  ASSERT_TRUE(received.ParseFromString(newer.SerializeAsString()));
  CallRecord record;
  ASSERT_TRUE(rpc::decode(received, record));
  expect_same(record, some_record());
}

}  // namespace
}  // namespace everdial
