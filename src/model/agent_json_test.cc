#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "model/agent_campaign.h"
#include "model/agent_view.h"

namespace everdial {
namespace {

TEST(AgentNotice, reads_back_what_it_writes) {
  using namespace agent_notice;
  const AttemptId attempt{JobId{7}, ContactId{5}, 1};
  const Instant at = *parse_iso8601("2026-03-01T12:00:00.5Z");
  const std::vector<AgentNotice> all{
      StatesChanged{{AgentState::busy, NailState::nailed, AgentCallState::talking, AgentJobState::attached}, "x"},
      TimeLimit{at, 2},
      CallOffered{attempt, "+15550100"},
      DialFailed{attempt, "call_busy"},
      CallEnded{attempt, "answer_human"},
      NailingLost{"busy"},
      JobAttached{JobId{7}, "spring"},
      ConsultOffered{AgentId{1}, attempt},
      ConsultEnded{AgentId{1}},
      CallTransferred{AgentId{1}, AgentId{2}, attempt},
      ConferenceStarted{AgentId{1}},
      ConferenceEnded{},
      ConferenceOwnerChanged{AgentId{2}},
      ContactChanged{ContactId{5}},
      LoggedOff{"forced", true}};
  EXPECT_EQ(all.size(), std::variant_size_v<AgentNotice>);
  for (const AgentNotice& notice : all) {
    const auto read = agent_notice_from_json(to_json(notice));
    ASSERT_TRUE(read.ok()) << read.error().message;
    EXPECT_EQ(*read, notice) << to_json(notice);
  }
  EXPECT_FALSE(agent_notice_from_json(R"({"notice": "lunch"})").ok());
  EXPECT_FALSE(agent_notice_from_json("{").ok());
}

TEST(AgentOrder, reads_back_what_it_writes) {
  using namespace agent_command;
  const Instant at = *parse_iso8601("2026-03-01T12:00:00.5Z");
  const std::vector<AgentOrder> all{LogOn{"sip:1@phones.example", true, false, "Europe/Berlin", "de", Skills{{"Spanish", 5}}},
                                    LogOffLater{false},
                                    SayStates{{}, AttemptId{JobId{7}, ContactId{5}, 1}},
                                    Hold{},
                                    Consult{AgentId{2}},
                                    WrapUp{"sold", "twice"},
                                    CreateCallback{CallbackKind::campaign, at, at + 1h, "+15550100", "tea"},
                                    MoveToJob{JobId{8}},
                                    ForceState{AgentState::logged_out, "late"},
                                    Monitor{AgentId{3}, Monitoring::whisper}};
  for (const AgentOrder& order : all) {
    const std::string text = to_json(order);
    const auto read = agent_order_from_json(text);
    ASSERT_TRUE(read.ok()) << text << read.error().message;
    EXPECT_EQ(read->index(), order.index());
    EXPECT_EQ(to_json(*read), text);
  }
  const auto log_on = agent_order_from_json(R"({"order": "log_on", "phone": "+15550100"})");
  ASSERT_TRUE(log_on.ok());
  EXPECT_TRUE(std::get<LogOn>(*log_on).keep_line) << "what is left out is as usual";
  EXPECT_EQ(agent_order_from_json(R"({"order": "lunch"})").error().message, "an order: there is no order 'lunch'");
  EXPECT_THAT(agent_order_from_json(R"({"order": "consult", "agent": "ann"})").error().message, testing::HasSubstr("'agent'"));
}

TEST(AgentSettings, reads_back_what_it_writes) {
  AgentSettings settings;
  settings.pacing = PacingMode::preview;
  settings.answer_within = 1500ms;
  settings.skills = {{"Spanish", 5}};
  settings.codes = {{"sold", "Sold"}, {"not interested"}};
  settings.masked_attributes = {"card"};
  settings.read_only_attributes = {"name"};
  settings.mask_phone = true;
  settings.script = "https://scripts.example/spring?lang=en";
  settings.auxiliary_script = "http://10.0.0.1/spring";
  const auto read = agent_settings_from_json(to_json(settings));
  ASSERT_TRUE(read.ok()) << read.error().message;
  EXPECT_EQ(*read, settings);
}

TEST(AgentSettings, names_the_field_that_is_wrong_and_what_is_allowed) {
  const auto message = [](const char* text) { return agent_settings_from_json(text).error().message; };
  EXPECT_EQ(message(R"({"answer_within_s": 0})"), "/answer_within_s: must be from 1.0 to 30.0");
  EXPECT_EQ(message(R"({"codes": []})"), "/codes: must be an array of 1 to 100 codes");
  EXPECT_EQ(message(R"({"codes": ["a", {"text": "B"}]})"), "/codes/1/code: must be of 1 to 100 characters");
  EXPECT_EQ(message(R"({"codes": ["a", {"code": "a"}]})"), "/codes/1/code: stands in the list before");
  EXPECT_EQ(message(R"({"codes": [7]})"), "/codes/0: must be a code, or an object with code and text");
  EXPECT_EQ(message(R"({"masked_attributes": [""]})"), "/masked_attributes: each must be a name of 1 to 100 characters");
  EXPECT_EQ(message(R"({"script": "javascript:alert"})"), "/script: must be an address as https://scripts.example/spring");
  EXPECT_EQ(message(R"({"auxiliary_script": "https://b.example"})"), "/auxiliary_script: stands in for `script`, which is empty");
  EXPECT_EQ(message(R"({"skills": {"Spanish": 11}})"), "/skills/Spanish: must be a level from 1 to 10");
  EXPECT_EQ(message(R"({"nuisance_prompt": "../secret"})"), "/nuisance_prompt: must be a plain file name");
  EXPECT_EQ(message(R"({"tiem": 1})"), "/tiem: is not a field of agent settings");
}

TEST(AgentSettings, take_codes_as_words_alone_too) {
  const auto read = agent_settings_from_json(R"({"codes": ["sold", {"code": "no", "text": "Not interested"}]})");
  ASSERT_TRUE(read.ok()) << read.error().message;
  EXPECT_EQ(read->codes, (std::vector<CodeText>{{"sold"}, {"no", "Not interested"}}));
  EXPECT_EQ(code_page(read->codes), R"({"items":[{"code":"sold","text":"sold"},{"code":"no","text":"Not interested"}]})");
}

TEST(NotReadyReasons, are_read_from_an_array_and_usual_where_nobody_has_set_any) {
  EXPECT_EQ(*reasons_from_json(to_json(usual_reasons())), usual_reasons());
  EXPECT_EQ(reasons_from_json("{}").error().message, "/: must be an array of 1 to 100 codes");
  EXPECT_EQ(reasons_from_json(R"([{"code": "lunch", "colour": 1}])").error().message, "/0/colour: is not a field of a code");
}

TEST(AgentView, hides_what_agents_must_not_see) {
  const AgentSettings settings{.masked_attributes = {"card", "none"}, .read_only_attributes = {"name"}, .mask_phone = true};
  const ContactRecord contact{ContactId{5},
                              {JobId{7}, ContactId{5}, 1},
                              "+12025550123",
                              "UTC",
                              {{"card", "4111111111111111"}, {"city", "Bonn"}, {"name", "Ann"}, {"none", ""}}};
  EXPECT_EQ(contact_seen(settings, contact),
            R"({"attempt":"7-5-1","attributes":[{"masked":true,"name":"card","read_only":true,"value":"•••"},)"
            R"({"name":"city","value":"Bonn"},{"name":"name","read_only":true,"value":"Ann"},)"
            R"({"masked":true,"name":"none","read_only":true,"value":""}],"contact":5,"phone":"•••123","time_zone":"UTC"})");
  EXPECT_EQ(phone_seen({}, contact.phone), contact.phone);
  EXPECT_EQ(phone_seen(settings, "12"), "•••12");
  EXPECT_TRUE(may_change(settings, "city"));
  EXPECT_FALSE(may_change(settings, "card"));
  EXPECT_FALSE(may_change(settings, "name"));
}

}  // namespace
}  // namespace everdial
