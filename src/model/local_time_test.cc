#include "model/local_time.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "model/campaign.h"

namespace everdial {
namespace {

using namespace std::chrono;

Instant at(const char* text) { return *parse_iso8601(text); }
const std::string kBerlin = "Europe/Berlin";

TEST(LocalTime, knows_time_zones) {
  EXPECT_TRUE(is_time_zone("America/Argentina/Buenos_Aires"));
  EXPECT_TRUE(is_time_zone("UTC"));
  for (const char* bad : {"", "Mars/Olympus", "/usr/share/zoneinfo/UTC", "../zoneinfo/UTC", "Fixed/UTC+05:00:00", "America/New York"})
    EXPECT_FALSE(is_time_zone(bad)) << bad;
}

TEST(LocalTime, F_01_takes_the_jump_for_what_is_skipped_and_the_first_of_what_comes_twice) {
  EXPECT_EQ(local_instant(kBerlin, 2026y / March / 28, 150), at("2026-03-28T01:30:00Z"));
  EXPECT_EQ(local_instant(kBerlin, 2026y / March / 29, 150), at("2026-03-29T01:00:00Z")) << "02:30 is skipped: at 03:00";
  EXPECT_EQ(local_instant(kBerlin, 2026y / October / 25, 150), at("2026-10-25T00:30:00Z")) << "02:30 comes twice: the first";
  EXPECT_EQ(local_day(kBerlin, at("2026-03-28T23:30:00Z")), 2026y / March / 29);
  EXPECT_EQ(local_instant("No/Such", 2026y / March / 29, 60), at("2026-03-29T01:00:00Z"));
}

TEST(Finish, C_11_is_up_at_the_earlier_of_a_duration_and_the_next_time_of_day) {
  Finish finish;
  EXPECT_FALSE(finish_time(finish, at("2026-07-01T12:00:00Z")));
  finish.until_minute = 18 * 60;
  finish.time_zone = kBerlin;
  EXPECT_EQ(finish_time(finish, at("2026-07-01T12:00:00Z")), at("2026-07-01T16:00:00Z"));
  EXPECT_EQ(finish_time(finish, at("2026-07-01T16:00:00Z")), at("2026-07-02T16:00:00Z")) << "begun when it was that late already";
  finish.after = 1h;
  EXPECT_EQ(finish_time(finish, at("2026-07-01T12:00:00Z")), at("2026-07-01T13:00:00Z"));
}

TEST(Finish, reads_back_what_it_writes_and_names_what_is_wrong) {
  Finish finish{
      .after = 90min, .until_minute = 1080, .time_zone = kBerlin, .goal = Goal{50, GoalOf::contacts, {CompletionCode::answer_human}}};
  EXPECT_EQ(finish_from_json(to_json(finish)).value(), finish);
  EXPECT_EQ(finish_from_json("{}").value(), Finish{});
  EXPECT_EQ(finish_from_json(to_json(Finish{})).value(), Finish{});
  auto message = [](const char* text) { return finish_from_json(text).error().message; };
  EXPECT_EQ(message(R"({"after_s": 0})"), "/after_s: must be from 1.0 to 31622400.0");
  EXPECT_EQ(message(R"({"time_zone": "Mars"})"), "/time_zone: must be an IANA time zone, as Europe/Berlin");
  EXPECT_EQ(message(R"({"goal": {}})"), "/goal/count: is missing");
  EXPECT_EQ(message(R"({"goal": {"count": 1, "of": "lunch"}})"), "/goal/of: must be one of attempts, contacts");
  EXPECT_THAT(message(R"({"goal": {"count": 1, "codes": ["lunch"]}})"), testing::StartsWith("/goal/codes: must be of answer_human"));
  EXPECT_EQ(message(R"({"tiem": 1})"), "/tiem: is not a field of finish criteria");
}

}  // namespace
}  // namespace everdial
