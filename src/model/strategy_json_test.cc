#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "model/campaign.h"

namespace everdial {
namespace {

TEST(Strategy, reads_back_what_it_writes) {
  Strategy strategy;
  strategy.ring_timeout = 20s;
  strategy.prompt = "hello.wav";
  strategy.machine_action = MachineAction::leave_message;
  strategy.opt_out_digit = 0;
  strategy.retries[CompletionCode::call_busy] = {3, 90s};
  const auto read = strategy_from_json(to_json(strategy));
  ASSERT_TRUE(read.ok()) << read.error().message;
  EXPECT_EQ(*read, strategy);
}

TEST(Strategy, names_the_field_that_is_wrong_and_what_is_allowed) {
  auto message = [](const char* text) { return strategy_from_json(text).error().message; };
  EXPECT_EQ(message(R"({"ring_timeout_s": 0})"), "/ring_timeout_s: must be from 1.0 to 120.0");
  EXPECT_EQ(message(R"({"machine_action": "dance"})"), "/machine_action: must be one of hang_up, leave_message, go_on");
  EXPECT_EQ(message(R"({"retries": {"call_busy": {"times": -1}}})"), "/retries/call_busy/times: must be from 0.0 to 100.0");
  EXPECT_THAT(message(R"({"retries": {"lunch": {}}})"), testing::StartsWith("/retries/lunch: is not a completion code"));
  EXPECT_EQ(message(R"({"tiem": 1})"), "/tiem: is not a field of a strategy");
  EXPECT_EQ(message(R"({"prompt": "../secret"})"), "/prompt: must be a plain file name");
  EXPECT_EQ(message("[]"), "/: a strategy must be a JSON object");
  EXPECT_EQ(message("{"), "/: a strategy must be a JSON object");
}

}  // namespace
}  // namespace everdial
