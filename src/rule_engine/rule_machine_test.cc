#include "rule_engine/rule_machine.h"

#include <gtest/gtest.h>

#include "rule_engine/calling_hours.h"

namespace everdial {
namespace {

Instant utc(const char* text) { return *parse_iso8601(text); }
constexpr CallingHours kDay{8 * 60, 21 * 60};

TEST(CallingHours, are_those_of_the_contacts_own_zone) {
  EXPECT_EQ(next_opening(kDay, "America/New_York", utc("2026-07-01T12:00:00Z")), std::nullopt);
  EXPECT_EQ(next_opening(kDay, "America/Los_Angeles", utc("2026-07-01T12:00:00Z")), utc("2026-07-01T15:00:00Z"));
  EXPECT_EQ(next_opening(kDay, "Europe/Berlin", utc("2026-07-01T19:00:00Z")), utc("2026-07-02T06:00:00Z"));
}

TEST(CallingHours, begin_and_end_to_the_second) {
  EXPECT_TRUE(next_opening(kDay, "UTC", utc("2026-07-01T07:59:59.999999Z")));
  EXPECT_FALSE(next_opening(kDay, "UTC", utc("2026-07-01T08:00:00Z")));
  EXPECT_FALSE(next_opening(kDay, "UTC", utc("2026-07-01T20:59:59Z")));
  EXPECT_TRUE(next_opening(kDay, "UTC", utc("2026-07-01T21:00:00Z")));
}

TEST(CallingHours, mind_daylight_saving_time) {
  // Berlin: 02:30 does not exist on 29 March 2026; the clock goes from 01:59:59 to 03:00:00 at 01:00 UTC.
  EXPECT_EQ(next_opening({2 * 60 + 30, 21 * 60}, "Europe/Berlin", utc("2026-03-29T00:30:00Z")), utc("2026-03-29T01:00:00Z"));
  EXPECT_EQ(next_opening(kDay, "Europe/Berlin", utc("2026-03-28T22:00:00Z")), utc("2026-03-29T06:00:00Z"));
}

TEST(CallingHours, may_go_over_midnight_or_last_all_day) {
  EXPECT_FALSE(next_opening({22 * 60, 2 * 60}, "UTC", utc("2026-07-01T01:00:00Z")));
  EXPECT_EQ(next_opening({22 * 60, 2 * 60}, "UTC", utc("2026-07-01T03:00:00Z")), utc("2026-07-01T22:00:00Z"));
  EXPECT_FALSE(next_opening({0, 0}, "UTC", utc("2026-07-01T03:00:00Z")));
}

TEST(CallingHours, of_an_unknown_zone_are_those_of_utc) { EXPECT_TRUE(next_opening(kDay, "Moon/Tranquility", utc("2026-07-01T03:00:00Z"))); }

CheckContacts ask(std::vector<std::string> phones) {
  CheckContacts request;
  for (size_t i = 0; i < phones.size(); ++i) request.contacts.push_back({ContactId{static_cast<int64_t>(i)}, phones[i], "UTC"});
  return request;
}

TEST(RuleEngine, R_01_answers_all_that_was_asked_meanwhile_from_one_reading) {
  RuleMachine machine{10s};
  const Instant now = utc("2026-07-01T12:00:00Z");
  EXPECT_EQ(machine.step(CheckAsked{1, ask({"+1"})}, now).size(), 1u);
  EXPECT_TRUE(machine.step(CheckAsked{2, ask({"+2", "+3"})}, now).empty());
  EXPECT_TRUE(machine.step(CheckAsked{3, ask({"+4"})}, now).empty());
  auto effects = machine.step(DncRead{{"+1"}}, now);
  ASSERT_EQ(effects.size(), 2u);
  EXPECT_EQ(std::get<AnswerCheck>(effects[0]).answer->answers[0].verdict, ContactsChecked::Verdict::on_dnc);
  EXPECT_EQ(std::get<ReadDnc>(effects[1]).phones, (std::vector<std::string>{"+2", "+3", "+4"}));
  effects = machine.step(DncRead{{"+3"}}, now);
  ASSERT_EQ(effects.size(), 2u);
  const auto& second = std::get<AnswerCheck>(effects[0]).answer->answers;
  EXPECT_EQ(second.at(0).verdict, ContactsChecked::Verdict::allowed);
  EXPECT_EQ(second.at(1).verdict, ContactsChecked::Verdict::on_dnc);
}

TEST(RuleEngine, R_03_allows_nothing_when_the_do_not_call_list_cannot_be_read) {
  RuleMachine machine{10s};
  machine.step(CheckAsked{1, ask({"+1"})}, Instant{});
  const auto effects = machine.step(DncUnreadable{{ErrorKind::unavailable, "gone"}}, Instant{});
  ASSERT_EQ(effects.size(), 1u);
  EXPECT_FALSE(std::get<AnswerCheck>(effects[0]).answer.ok());
}

}  // namespace
}  // namespace everdial
