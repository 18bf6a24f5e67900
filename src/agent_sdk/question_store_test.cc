#include "agent_sdk/question_store.h"

#include <gtest/gtest.h>

#include <nlohmann/json.hpp>

#include "runtime/pg.h"
#include "runtime/test_database.h"

namespace everdial::desk {
namespace {

using nlohmann::json;

/// ann (1) talks to a contact of a job; bob (2) is ready, cid (3) is logged out.
class QuestionStoreTest : public testing::Test {
 protected:
  void SetUp() override {
    for (const char* statement :
         {"insert into agent (login, name, skills) values ('ann', 'Ann Baker', '{\"Spanish\": 3}'), ('bob', 'Bob', '{\"French\": 2}'), "
          "('cid', '', '{}')",
          "insert into contact_list (name) values ('all')",
          "insert into contact (list_id, phone, time_zone, attributes, import_id, import_row) values "
          "(1, '+12025550100', 'America/New_York', '{\"city\": \"Rome\", \"size\": 3}', 1, 1)",
          "insert into contact_change (contact_id, name, value, agent_id) values (1, 'city', 'Bonn', 1), (1, 'mood', 'good', 1)",
          "insert into campaign (name, list_id, strategy, agents) values ('spring', 1, '{}', '{\"codes\": [\"sold\", \"not sold\"]}')",
          "insert into job (campaign_id, state) values (1, 'running')",
          "insert into agent_state (agent_id, agent_state, nail_state, call_state, job_state, job_id, attempt, since, record) values "
          "(1, 'busy', 'nailed', 'talking', 'attached', 1, '1-1-1', clock_timestamp(), '{\"session\": \"17\", \"contact_phone\": "
          "\"+12025550100\"}'), "
          "(2, 'ready', 'nailed', 'idle', 'attached', 1, null, clock_timestamp(), '{\"session\": \"18\"}')",
          "insert into contact_note (contact_id, attempt, agent_id, note) values (1, '1-1-1', 1, 'first'), (1, '1-1-1', 2, 'second')",
          "insert into callback (attempt, agent_id, kind, phone, due_at, until) values ('1-1-1', 1, 'agent', '+12025550100', "
          "'2030-01-01Z', '2030-01-02Z'), ('1-10-1', 1, 'agent', '+12025550101', '2030-01-01Z', '2030-01-02Z')",
          "insert into dnc (phone, source) values ('+12025550100', 'console')"}) {
      const auto done = database.pool().query(statement);
      ASSERT_TRUE(done.ok()) << statement << ": " << done.error().message;
    }
  }
  json ask(const std::string& method, const json& params = json::object(), const std::string& session = "17") {
    const auto answer = questions->answer({AgentId{1}, session, "default"}, method, params.dump());
    return answer.ok() ? json::parse(*answer) : json(std::string(to_string(answer.error().kind)) + ": " + answer.error().message);
  }
  TestDatabase database;
  std::unique_ptr<QuestionStore> questions = make_pg_question_store(database.pool());
};

TEST_F(QuestionStoreTest, A_08_shows_the_contact_with_what_agents_have_changed) {
  EXPECT_EQ(ask("get_contact"), json::parse(R"({"contact": 1, "attempt": "1-1-1", "phone": "+12025550100", "time_zone": "America/New_York",
      "attributes": [{"name": "city", "value": "Bonn"}, {"name": "mood", "value": "good"}, {"name": "size", "value": "3"}]})"));
  EXPECT_EQ(ask("get_contact", json::object(), "99"), "conflict: there is no contact: you neither see nor talk to one");
}

TEST_F(QuestionStoreTest, lists_the_contacts_notes_newest_first_in_pages) {
  const json first = ask("list_notes", {{"limit", 1}});
  EXPECT_EQ(first["items"][0]["text"], "second");
  EXPECT_EQ(first["items"][0]["agent"], "Bob");
  const json next = ask("list_notes", {{"limit", 1}, {"cursor", first["next"]}});
  EXPECT_EQ(next["items"][0]["text"], "first");
  EXPECT_FALSE(next.contains("next"));
  EXPECT_EQ(ask("list_notes", {{"limit", 1000}}), "invalid: /limit: must be from 1.0 to 200.0");
}

TEST_F(QuestionStoreTest, knows_callbacks_and_do_not_call) {
  ASSERT_EQ(ask("list_callbacks")["items"].size(), 1u);
  EXPECT_EQ(ask("list_callbacks")["items"][0]["kind"], "agent");
  EXPECT_EQ(ask("is_on_dnc"), json({{"phone", "+12025550100"}, {"on_dnc", true}}));
  EXPECT_EQ(ask("is_on_dnc", {{"phone", "+12025550101"}})["on_dnc"], false);
}

TEST_F(QuestionStoreTest, lists_what_can_be_chosen) {
  EXPECT_EQ(ask("list_codes")["items"][1]["code"], "not sold");
  EXPECT_FALSE(ask("list_reasons")["items"].empty());
  EXPECT_EQ(ask("list_jobs")["items"], json::parse(R"([{"id": 1, "campaign": "spring"}])"));
  EXPECT_EQ(ask("list_destinations")["items"], json::parse(R"([{"id": 2, "name": "Bob", "free": true}])"));
  EXPECT_TRUE(ask("list_destinations", {{"prefix", "x"}})["items"].empty());
  const json team = ask("list_agents")["items"];
  ASSERT_EQ(team.size(), 1u);
  EXPECT_EQ(team[0]["states"], json::parse(R"({"agent": "ready", "nail": "nailed", "call": "idle", "job": "attached"})"));
  EXPECT_EQ(team[0]["job"], json::parse(R"({"id": 1, "campaign": "spring"})"));
  EXPECT_EQ(ask("list_skills")["items"], json::parse(R"(["French", "Spanish"])"));
  EXPECT_EQ(ask("list_zones")["items"], json::parse(R"(["default"])"));
}

TEST_F(QuestionStoreTest, lists_time_zones_in_pages) {
  const json first = ask("list_time_zones", {{"limit", 2}});
  ASSERT_EQ(first["items"].size(), 2u);
  const json next = ask("list_time_zones", {{"limit", 2}, {"cursor", first["next"]}});
  EXPECT_LT(first["items"][1].get<std::string>(), next["items"][0].get<std::string>());
}

TEST_F(QuestionStoreTest, explains_errors) {
  EXPECT_EQ(ask("explain_error", {{"code", 9102}})["error"], "already_logged_on");
  EXPECT_EQ(ask("explain_error", {{"code", 1}}), "not_found: there is no error 1");
}

}  // namespace
}  // namespace everdial::desk
