#include "rule_engine/rule_machine.h"

#include <gtest/gtest.h>
#include <rapidcheck/gtest.h>

#include "rule_engine/calling_hours.h"

namespace everdial {
namespace {

Instant utc(const char* text) { return *parse_iso8601(text); }
constexpr CallingHours kDay{8 * 60, 21 * 60};

/// When calling hours begin next; empty while they last.
std::optional<Instant> next_opening(const CallingHours& hours, const std::string& zone, Instant now) {
  const HoursNow state = hours_now(hours, zone, now);
  return state.open ? std::nullopt : std::optional{state.changes};
}

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

TEST(CallingHours, of_an_unknown_zone_are_those_of_utc) {
  EXPECT_TRUE(next_opening(kDay, "Moon/Tranquility", utc("2026-07-01T03:00:00Z")));
}

TEST(CallingHours, count_an_hour_that_comes_twice_both_times) {
  // Berlin, 25 October 2026: 03:00 becomes 02:00 again at 01:00 UTC.
  const CallingHours early{2 * 60 + 30, 2 * 60 + 45};
  EXPECT_EQ(next_opening(early, "Europe/Berlin", utc("2026-10-25T00:00:00Z")), utc("2026-10-25T00:30:00Z"));
  EXPECT_EQ(next_opening(early, "Europe/Berlin", utc("2026-10-25T00:50:00Z")), utc("2026-10-25T01:30:00Z"));
  EXPECT_EQ(next_opening(early, "Europe/Berlin", utc("2026-10-25T01:50:00Z")), utc("2026-10-26T01:30:00Z"));
}

TEST(CallingHours, do_not_come_on_a_day_that_skips_them) {
  EXPECT_EQ(next_opening({2 * 60 + 10, 2 * 60 + 50}, "Europe/Berlin", utc("2026-03-29T00:30:00Z")), utc("2026-03-30T00:10:00Z"));
}

RC_GTEST_PROP(CallingHours, change_next_at_the_first_minute_that_differs, ()) {
  const CallingHours hours{*rc::gen::inRange(0, 1440), *rc::gen::inRange(0, 1440)};
  RC_PRE(hours.from_minute != hours.until_minute);
  const auto zone = *rc::gen::element<std::string>("Europe/Berlin", "America/New_York", "Australia/Lord_Howe", "Pacific/Apia",
                                                   "America/St_Johns", "Asia/Kolkata");
  // Around the days when clocks change somewhere, Apia's lost 30 December 2011 among them.
  const auto day =
      *rc::gen::element(utc("2026-03-29T00:00:00Z"), utc("2026-10-25T00:00:00Z"), utc("2026-03-08T00:00:00Z"), utc("2026-11-01T00:00:00Z"),
                        utc("2026-04-05T00:00:00Z"), utc("2026-10-04T00:00:00Z"), utc("2011-12-30T00:00:00Z"));
  const Instant now = day + std::chrono::minutes{*rc::gen::inRange(-2 * 1440, 2 * 1440)};
  const HoursNow state = hours_now(hours, zone, now);
  Instant minute = now;
  while (hours_now(hours, zone, minute).open == state.open) minute += 1min;
  RC_ASSERT(state.changes == minute);
}

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

TEST(RuleEngine, answers_are_good_only_until_calling_hours_end_for_one_of_those_allowed) {
  RuleMachine machine{10s};
  CheckContacts request{{{ContactId{1}, "+1", "UTC"}, {ContactId{2}, "+2", "Europe/Berlin"}}, 8 * 60, 21 * 60};
  const auto valid_at = [&](const char* time) {
    machine.step(CheckAsked{1, request}, utc(time));
    return std::get<AnswerCheck>(machine.step(DncRead{}, utc(time)).at(0)).answer->valid_for;
  };
  EXPECT_EQ(valid_at("2026-07-01T12:00:00Z"), 10s);
  EXPECT_EQ(valid_at("2026-07-01T18:59:56Z"), 4s) << "21:00 in Berlin";
  EXPECT_EQ(valid_at("2026-07-01T19:00:00Z"), 10s) << "Berlin is closed, so nobody is called there on this answer";
  EXPECT_EQ(valid_at("2026-07-01T20:59:59Z"), 1s);
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
