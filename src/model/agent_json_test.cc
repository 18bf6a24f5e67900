#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "model/agent_campaign.h"

namespace everdial {
namespace {

TEST(AgentSettings, reads_back_what_it_writes) {
  AgentSettings settings;
  settings.preview = true;
  settings.answer_within = 1500ms;
  settings.skills = {{"Spanish", 5}};
  settings.codes = {"sold", "not interested"};
  const auto read = agent_settings_from_json(to_json(settings));
  ASSERT_TRUE(read.ok()) << read.error().message;
  EXPECT_EQ(*read, settings);
}

TEST(AgentSettings, names_the_field_that_is_wrong_and_what_is_allowed) {
  const auto message = [](const char* text) { return agent_settings_from_json(text).error().message; };
  EXPECT_EQ(message(R"({"answer_within_s": 0})"), "/answer_within_s: must be from 1.0 to 30.0");
  EXPECT_EQ(message(R"({"codes": []})"), "/codes: must be an array of 1 to 100 names");
  EXPECT_EQ(message(R"({"skills": {"Spanish": 11}})"), "/skills/Spanish: must be a level from 1 to 10");
  EXPECT_EQ(message(R"({"nuisance_prompt": "../secret"})"), "/nuisance_prompt: must be a plain file name");
  EXPECT_EQ(message(R"({"tiem": 1})"), "/tiem: is not a field of agent settings");
}

}  // namespace
}  // namespace everdial
