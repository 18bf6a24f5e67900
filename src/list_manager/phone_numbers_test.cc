#include "list_manager/phone_numbers.h"

#include <gtest/gtest.h>
#include <phonenumbers/phonenumberutil.h>

#include <random>

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

/// Numbers near those that exist: examples of every kind and region with some digits changed, written in all common ways.
class NearNumbers {
 public:
  NearNumbers() {
    using i18n::phonenumbers::PhoneNumber;
    using i18n::phonenumbers::PhoneNumberUtil;
    const PhoneNumberUtil& util = *PhoneNumberUtil::GetInstance();
    std::set<std::string> all;
    util.GetSupportedRegions(&all);
    regions.assign(all.begin(), all.end());
    const auto keep = [&](const PhoneNumber& number) {
      for (const auto format : {PhoneNumberUtil::E164, PhoneNumberUtil::INTERNATIONAL, PhoneNumberUtil::NATIONAL}) {
        std::string text;
        util.Format(number, format, &text);
        examples_.push_back(text);
      }
    };
    PhoneNumber number;
    for (const std::string& region : regions)
      for (int type = 0; type <= static_cast<int>(PhoneNumberUtil::VOICEMAIL); ++type)
        if (util.GetExampleNumberForType(region, static_cast<PhoneNumberUtil::PhoneNumberType>(type), &number)) keep(number);
    std::set<int> codes;
    util.GetSupportedGlobalNetworkCallingCodes(&codes);
    for (const int code : codes)
      if (util.GetExampleNumberForNonGeoEntity(code, &number)) keep(number);
  }

  std::string next() {
    std::string text = examples_[random(examples_.size())];
    if (random(3) == 0) std::erase_if(text, [](char c) { return (c < '0' || c > '9') && c != '+'; });
    if (random(4) == 0) std::erase(text, '+');
    for (size_t changes = random(4); changes > 0; --changes) {
      const size_t at = random(text.size());
      switch (random(6)) {
        case 0:
          text.erase(at, 1);
          break;
        case 1:
          text.insert(at, 1, "0123456789+ -.()/x#,"[random(20)]);
          break;
        default:
          if (text[at] >= '0' && text[at] <= '9') text[at] = static_cast<char>('0' + random(10));
      }
      if (text.empty()) text = "1";
    }
    return text;
  }
  size_t random(size_t below) { return random_() % below; }

  std::vector<std::string> regions;

 private:
  std::vector<std::string> examples_;
  std::mt19937_64 random_{1};
};

TEST(PhoneNumbers, reads_at_a_glance_what_libphonenumber_reads) {
  NearNumbers near;
  for (int i = 0; i < 30'000; ++i) {
    const std::string& region = near.regions[near.random(near.regions.size())];
    const PhoneNumbers numbers{region};
    const std::string text = near.next();
    const PhoneReading reading = numbers.read(text), truth = numbers.read_by_library(text);
    ASSERT_EQ(reading.e164, truth.e164) << text << " in " << region;
    ASSERT_EQ(reading.refusal, truth.refusal) << text << " in " << region;
  }
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

}  // namespace
}  // namespace everdial
