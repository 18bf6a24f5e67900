#include "list_manager/phone_numbers.h"

#include <gtest/gtest.h>

namespace everdial {
namespace {

TEST(PhoneNumbers, reads_numbers_of_the_lists_region_and_of_the_world) {
  const PhoneNumbers us{"US"};
  EXPECT_EQ(us.read("(212) 555-0100").e164, "+12125550100");
  EXPECT_EQ(us.read("1 212 555 0100").e164, "+12125550100");
  EXPECT_EQ(us.read("2125550100").e164, "+12125550100");
  EXPECT_EQ(us.read("+44 20 7946 0018").e164, "+442079460018");
  EXPECT_EQ(us.read("011 44 20 7946 0018").e164, "+442079460018");
  EXPECT_EQ(us.read("+39 06 698 12345").e164, "+390669812345");
  EXPECT_EQ(PhoneNumbers{"DE"}.read("030 123456").e164, "+4930123456");
}

TEST(PhoneNumbers, says_why_a_number_cannot_be_dialed) {
  const PhoneNumbers us{"US"};
  EXPECT_EQ(us.read(" ").refusal, "empty");
  EXPECT_EQ(us.read("call me").refusal, "not a telephone number");
  EXPECT_EQ(us.read("5550100").refusal, "the area code is missing");
  EXPECT_EQ(us.read("21255501").refusal, "too short");
  EXPECT_EQ(us.read("+12125550100999").refusal, "too long");
  EXPECT_EQ(us.read("+999 123456789").refusal, "no country has this country code");
  EXPECT_EQ(us.read("1125550100").refusal, "no such number can exist in its country's numbering plan");
  EXPECT_EQ(us.read("212 555 0100 ext. 7").refusal, "has an extension, which cannot be dialed");
}

TEST(PhoneNumbers, knows_regions) {
  EXPECT_TRUE(PhoneNumbers::is_region("GB"));
  EXPECT_FALSE(PhoneNumbers::is_region("gb"));
  EXPECT_FALSE(PhoneNumbers::is_region("XX"));
}

TEST(PhoneNumbers, finds_the_zone_by_the_longest_prefix) {
  EXPECT_EQ(time_zone_of("+12125550100", "UTC"), "America/New_York");
  EXPECT_EQ(time_zone_of("+12082010100", "UTC"), "America/Denver");
  EXPECT_EQ(time_zone_of("+442079460018", "UTC"), "Europe/London");
  EXPECT_EQ(time_zone_of("+819012345678", "UTC"), "Asia/Tokyo");
}

TEST(PhoneNumbers, takes_the_lists_zone_where_the_prefix_leaves_it_open) {
  EXPECT_EQ(time_zone_of("+18005550100", "America/Chicago"), "America/Chicago");
  EXPECT_EQ(time_zone_of("+18005550100", "Europe/Paris"), "America/New_York") << "not among them: the likeliest";
  EXPECT_EQ(time_zone_of("+80012345678", "Europe/Paris"), "Europe/Paris");
}

TEST(PhoneNumbers, knows_time_zones) {
  EXPECT_TRUE(is_time_zone("America/Argentina/Buenos_Aires"));
  EXPECT_TRUE(is_time_zone("UTC"));
  for (const char* bad : {"", "Mars/Olympus", "/usr/share/zoneinfo/UTC", "../zoneinfo/UTC", "Fixed/UTC+05:00:00", "America/New York"})
    EXPECT_FALSE(is_time_zone(bad)) << bad;
}

}  // namespace
}  // namespace everdial
