#include "application_server/call_session.h"

#include <gtest/gtest.h>

namespace everdial {
namespace {

using Kind = CallEvents::Kind;

CallEvents::Event event(Kind kind, std::optional<CompletionCode> analysis = std::nullopt) {
  CallEvents::Event event{.kind = kind};
  event.record.stage = CallStage::answered;
  event.record.plan.prompt = "hello.wav";
  event.record.plan.machine_prompt = "message.wav";
  event.record.analysis = analysis;
  return event;
}

void expect_play(const CallEvents::Event& event, const std::string& prompt) {
  const auto command = next_command(event);
  ASSERT_TRUE(command);
  EXPECT_EQ(command->kind, CallCommand::Kind::play);
  EXPECT_EQ(command->prompt, prompt);
}

void expect_hang_up(const CallEvents::Event& event, CompletionCode code) {
  const auto command = next_command(event);
  ASSERT_TRUE(command);
  EXPECT_EQ(command->kind, CallCommand::Kind::hang_up);
  EXPECT_EQ(command->code, code);
}

TEST(CallSession, plays_the_prompt_to_a_person_and_hangs_up_after_it) {
  EXPECT_FALSE(next_command(event(Kind::answered))) << "nobody knows yet who it is";
  expect_play(event(Kind::classified, CompletionCode::answer_human), "hello.wav");
  expect_hang_up(event(Kind::prompt_done, CompletionCode::answer_human), CompletionCode::answer_human);
}

TEST(CallSession, plays_at_once_when_the_plan_asks_for_no_analysis) {
  auto answered = event(Kind::answered);
  answered.record.plan.analyse = false;
  expect_play(answered, "hello.wav");
  answered.record.plan.prompt.clear();
  expect_hang_up(answered, CompletionCode::answer_human);
}

TEST(CallSession, does_with_a_machine_as_the_campaign_says) {
  auto machine = event(Kind::classified, CompletionCode::answer_machine);
  expect_hang_up(machine, CompletionCode::answer_machine);
  machine.record.plan.machine_action = MachineAction::go_on;
  expect_play(machine, "hello.wav");
  machine.record.plan.machine_action = MachineAction::leave_message;
  EXPECT_FALSE(next_command(machine)) << "not before the beep";
  machine.kind = Kind::beep;
  expect_play(machine, "message.wav");
  machine.kind = Kind::prompt_done;
  expect_hang_up(machine, CompletionCode::answer_machine);
}

TEST(CallSession, ends_a_fax_a_tone_and_a_dead_number_with_what_was_found) {
  for (const CompletionCode found : {CompletionCode::fax, CompletionCode::call_busy, CompletionCode::invalid_number})
    expect_hang_up(event(Kind::classified, found), found);
}

TEST(CallSession, lets_an_opt_out_win_over_everything) {
  auto digit = event(Kind::digit, CompletionCode::answer_human);
  digit.digit = '1';
  EXPECT_FALSE(next_command(digit));
  digit.record.opted_out = true;
  expect_hang_up(digit, CompletionCode::opted_out);
  auto done = event(Kind::prompt_done);
  done.record.opted_out = true;
  expect_hang_up(done, CompletionCode::opted_out);
}

TEST(CallSession, leaves_a_call_alone_that_is_not_answered_or_is_over) {
  for (const CallStage stage : {CallStage::placed, CallStage::ringing, CallStage::ended})
    for (const Kind kind : {Kind::ringing, Kind::ended, Kind::prompt_done}) {
      auto one = event(kind);
      one.record.stage = stage;
      EXPECT_FALSE(next_command(one));
    }
}

TEST(CallSession, leaves_a_person_to_the_agents_manager) {
  auto person = event(Kind::classified, CompletionCode::answer_human);
  person.record.plan.agents = Resource{"agent_manager/zone/3"};
  EXPECT_FALSE(next_command(person));
  person.kind = Kind::answered;
  EXPECT_FALSE(next_command(person));
  auto machine = event(Kind::classified, CompletionCode::answer_machine);
  machine.record.plan.agents = person.record.plan.agents;
  expect_hang_up(machine, CompletionCode::answer_machine);
  machine.record.plan.machine_action = MachineAction::go_on;
  EXPECT_FALSE(next_command(machine)) << "the campaign connects machines to agents";
}

TEST(CallSession, A_05_a_person_whom_nobody_attends_to_hears_the_message_and_good_bye) {
  auto person = event(Kind::unattended, CompletionCode::answer_human);
  person.record.plan.agents = Resource{"agent_manager/zone/3"};
  expect_play(person, "hello.wav");
  person.kind = Kind::prompt_done;
  expect_hang_up(person, CompletionCode::nuisance);
  person.record.steered = 1;
  EXPECT_FALSE(next_command(person)) << "a manager is there by now";
  person.record.steered = 0;
  person.kind = Kind::unattended;
  person.record.plan.prompt.clear();
  expect_hang_up(person, CompletionCode::nuisance);
}

TEST(CallSession, never_touches_a_line) {
  auto line = event(Kind::answered);
  line.record.plan.party = Party::agent;
  line.record.plan.analyse = false;
  EXPECT_FALSE(next_command(line));
}

}  // namespace
}  // namespace everdial
