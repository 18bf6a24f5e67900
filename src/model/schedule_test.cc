#include "model/schedule.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <rapidcheck/gtest.h>

#include "model/local_time.h"

namespace everdial {
namespace {

using namespace std::chrono;

Instant utc(const char* text) { return *parse_iso8601(text); }

std::vector<std::string> next(const Timetable& timetable, const char* after, int count) {
  std::vector<std::string> out;
  Instant from = utc(after);
  for (int i = 0; i < count; ++i) {
    const auto due = next_due(timetable, from);
    if (!due) break;
    out.push_back(to_iso8601(*due).substr(0, 16));
    from = *due;
  }
  return out;
}

TEST(Timetable, C_07_is_due_once_weekly_and_monthly) {
  Timetable once{.recurrence = Recurrence::once, .time_zone = "America/New_York", .minutes = {540}, .from = 2026y / July / 1};
  EXPECT_THAT(next(once, "2026-01-01T00:00:00Z", 3), testing::ElementsAre("2026-07-01T13:00"));
  EXPECT_THAT(next(once, "2026-07-01T13:00:00Z", 3), testing::IsEmpty());
  Timetable weekly{.time_zone = "Europe/Berlin", .minutes = {540, 1020}, .weekdays = {1, 5}, .until = 2026y / July / 6};
  EXPECT_THAT(next(weekly, "2026-07-02T00:00:00Z", 9),
              testing::ElementsAre("2026-07-03T07:00", "2026-07-03T15:00", "2026-07-06T07:00", "2026-07-06T15:00"));
  Timetable monthly{.recurrence = Recurrence::monthly, .minutes = {0}, .days = {31, -1}};
  EXPECT_THAT(next(monthly, "2026-01-15T00:00:00Z", 4),
              testing::ElementsAre("2026-01-31T00:00", "2026-02-28T00:00", "2026-03-31T00:00", "2026-04-30T00:00"));
  Timetable later{.minutes = {0}, .weekdays = {1, 2, 3, 4, 5, 6, 7}, .from = 2030y / January / 1};
  EXPECT_THAT(next(later, "2026-01-15T00:00:00Z", 1), testing::ElementsAre("2030-01-01T00:00")) << "however far off it begins";
}

TEST(Timetable, F_01_is_due_once_a_day_when_clocks_are_put_forward_or_back) {
  Timetable daily{.time_zone = "Europe/Berlin", .minutes = {135, 150}, .weekdays = {1, 2, 3, 4, 5, 6, 7}};
  EXPECT_THAT(next(daily, "2026-03-28T12:00:00Z", 3), testing::ElementsAre("2026-03-29T01:00", "2026-03-30T00:15", "2026-03-30T00:30"))
      << "both times are skipped: once, at the jump";
  EXPECT_THAT(next(daily, "2026-10-24T12:00:00Z", 3), testing::ElementsAre("2026-10-25T00:15", "2026-10-25T00:30", "2026-10-26T01:15"))
      << "02:15 comes twice: the first time only";
}

TEST(Timetable, reads_back_what_it_writes_and_names_what_is_wrong) {
  const Timetable all{.recurrence = Recurrence::monthly,
                      .time_zone = "Asia/Tokyo",
                      .minutes = {0, 1439},
                      .weekdays = {7},
                      .days = {-1, 15},
                      .from = 2026y / March / 1,
                      .until = 2027y / March / 1};
  EXPECT_EQ(timetable_from_json(to_json(all)).value(), all);
  auto message = [](const char* text) { return timetable_from_json(text).error().message; };
  EXPECT_EQ(message("{}"), "/minutes: is missing");
  EXPECT_EQ(message(R"({"minutes": [1440]})"), "/minutes: must be an array of minutes after midnight, 0 to 1439, at most 96");
  EXPECT_EQ(message(R"({"minutes": [0]})"), "/weekdays: is missing");
  EXPECT_EQ(message(R"({"minutes": [0], "weekdays": [0]})"), "/weekdays: must be an array of 1 (Monday) to 7 (Sunday)");
  EXPECT_EQ(message(R"({"minutes": [0], "recurrence": "once"})"), "/from: is missing: the day");
  EXPECT_EQ(message(R"({"minutes": [0], "recurrence": "monthly"})"), "/days: is missing");
  EXPECT_EQ(message(R"({"from": "2026-02-30"})"), "/from: must be a day, as 2026-12-31");
  EXPECT_EQ(message(R"({"minutes": [0], "weekdays": [1], "from": "2026-02-03", "until": "2026-02-01"})"),
            "/until: must not be before from");
  EXPECT_EQ(message(R"({"time_zone": "Mars"})"), "/time_zone: must be an IANA time zone, as Europe/Berlin");
}

// Whatever the zone and wherever one begins: all times of the days that match, in order, each once, and no other.
RC_GTEST_PROP(Timetable, F_01_leaves_no_time_out_and_gives_none_twice, ()) {
  const std::string zone = *rc::gen::element<std::string>("Europe/Berlin", "America/New_York", "Australia/Lord_Howe", "Pacific/Apia",
                                                          "Asia/Kolkata", "America/Sao_Paulo", "Africa/Casablanca", "UTC");
  Timetable timetable{.time_zone = zone};
  timetable.minutes = *rc::gen::nonEmpty(rc::gen::container<std::set<int>>(rc::gen::inRange(0, 1440)));
  if (*rc::gen::arbitrary<bool>()) {
    timetable.weekdays = *rc::gen::nonEmpty(rc::gen::container<std::set<unsigned>>(rc::gen::inRange(1u, 8u)));
  } else {
    timetable.recurrence = Recurrence::monthly;
    timetable.days = *rc::gen::nonEmpty(rc::gen::container<std::set<int>>(rc::gen::inRange(1, 32)));
  }
  const Instant begin = Instant{sys_days{2011y / January / 1}} + minutes{*rc::gen::inRange(0, 16 * 525'600)};
  std::set<Instant> expected;
  const sys_days first{local_day(zone, begin)};
  for (sys_days day = first - days{2}; day <= first + days{70}; day += days{1}) {
    const bool due = timetable.recurrence == Recurrence::weekly
                         ? timetable.weekdays.contains(weekday{day}.iso_encoding())
                         : timetable.days.contains(static_cast<int>(static_cast<unsigned>(year_month_day{day}.day())));
    for (const int minute : due ? timetable.minutes : std::set<int>{})
      if (const Instant moment = local_instant(zone, day, minute); moment > begin) expected.insert(moment);
  }
  Instant after = begin;
  int looked = 0;
  for (const Instant moment : expected) {
    if (++looked > 40) break;
    const auto due = next_due(timetable, after);
    RC_ASSERT(due.has_value());
    RC_ASSERT(*due == moment);
    after = moment;
  }
}

}  // namespace
}  // namespace everdial
