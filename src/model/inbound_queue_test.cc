#include "model/inbound_queue.h"

#include <gtest/gtest.h>

namespace everdial {
namespace {

std::string fault(const std::string& json) {
  const auto read = inbound_settings_from_json(json);
  return read.ok() ? "" : read.error().message;
}

TEST(InboundSettings, read_back_what_they_write) {
  InboundSettings all{
      .skill = "Spanish", .length = BlendLimits{5, 1}, .expected_wait_s = BlendLimits{60, 20.5}, .service_level = BlendLimits{80, 90}};
  all.agents_most = 3;
  all.stay = 0s;
  EXPECT_EQ(inbound_settings_from_json(to_json(all)).value(), all);
  EXPECT_EQ(inbound_settings_from_json(R"({"length": {"limit": 5, "back": 1}})").value(), (InboundSettings{.length = BlendLimits{5, 1}}));
}

TEST(InboundSettings, are_refused_with_the_field_that_is_wrong) {
  EXPECT_EQ(fault("[]"), "/: settings of an inbound queue must be a JSON object");
  EXPECT_EQ(fault("{}"), "/: must have limits of at least one of length, expected_wait_s, service_level");
  EXPECT_EQ(fault(R"({"length": 5})"), "/length: must be an object with limit and back");
  EXPECT_EQ(fault(R"({"length": {"limit": 5}})"), "/length/back: is missing");
  EXPECT_EQ(fault(R"({"length": {"limit": 5, "back": 5}})"), "/length/back: must be below the limit");
  EXPECT_EQ(fault(R"({"service_level": {"limit": 80, "back": 70}})"), "/service_level/back: must be above the limit");
  EXPECT_EQ(fault(R"({"service_level": {"limit": 80, "back": 101}})"), "/service_level/back: must be from 0.0 to 100.0");
  EXPECT_EQ(fault(R"({"length": {"limit": 5, "back": 1, "x": 1}})"), "/length/x: is not a field of the limits of a measure");
  EXPECT_EQ(fault(R"({"length": {"limit": 5, "back": 1}, "stay_s": -1})"), "/stay_s: must be from 0.0 to 86400.0");
}

}  // namespace
}  // namespace everdial
