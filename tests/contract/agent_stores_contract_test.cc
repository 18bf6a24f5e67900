#include <gtest/gtest.h>

#include "agent_manager/agent_store.h"
#include "agent_sdk/session_store.h"
#include "ha/lease_store.h"
#include "runtime/secret.h"
#include "runtime/test_database.h"

// What a zone's manager records of an agent is what agents' desktops are welcomed with, at any server.

namespace everdial {
namespace {

TEST(AgentStores, A_04_a_desktop_that_comes_back_is_told_what_the_manager_has_recorded) {
  TestDatabase database;
  const auto sql = [&](const std::string& statement, const pg::Params& params = {}) {
    const auto done = database.pool().query(statement, params);
    ASSERT_TRUE(done.ok()) << statement << ": " << done.error().message;
  };
  sql("insert into agent (login) values ('ann'), ('bob')");
  sql("insert into contact_list (name) values ('all')");
  sql("insert into campaign (name, list_id, strategy, agents) values ('spring', 1, '{}', '{\"wrapup_extensions\": 3, \"mask_phone\": true, "
      "\"script\": \"https://scripts.example/\"}')");
  sql("insert into job (campaign_id) values (1)");
  sql("insert into agent_ticket (ticket_hash, agent_id, expires_at) values ($1::bytea, 1, clock_timestamp() + interval '60 s')",
      pg::Params{}.add_bytes(sha256("t")));
  const auto sessions = desk::make_pg_session_store(database.pool());
  const auto begun = sessions->begin("t", "token", "c1").value().value();

  const Incarnation me{"00000000-0000-4000-8000-000000000001"};
  const Resource zone = agent_zone_resource("default");
  const auto leases = make_pg_lease_store(database.pool());
  ASSERT_TRUE(leases->open_session(Session{me, ServerName{"as1"}, "agent_manager"}).ok());
  ASSERT_TRUE(leases->ensure({zone}).ok());
  const LeaseGrant grant = leases->acquire({leases->leases({zone}).value().at(0), me, "test", 0ms}).value().value();

  zone::Agent agent{.id = AgentId{1}};
  agent.states = {AgentState::work_not_ready, NailState::nailed, AgentCallState::wrapup, AgentJobState::attached};
  agent.session = begun.id;
  agent.reason = "why";
  agent.job = JobId{1};
  agent.attempt = AttemptId{JobId{1}, ContactId{5}, 2};
  agent.contact_phone = "+12025550100";
  agent.other = AgentId{2};
  agent.since = *parse_iso8601("2030-01-01T00:00:00Z");
  agent.until = agent.since + 60s;
  agent.extensions = 1;
  agent.leaving = true;
  agent.next_notice = 8;
  agent.notices = {agent_notice::ConferenceEnded{}, agent_notice::NailingLost{"gone"}};
  const Status saved = zone::make_pg_agent_store(database.pool())->commit(grant, "default", {zone::SaveAgent{agent}});
  ASSERT_TRUE(saved.ok()) << saved.error().message;

  const auto resumed = sessions->resume("token", "c2");
  ASSERT_TRUE(resumed.ok()) << resumed.error().message;
  ASSERT_TRUE(*resumed);
  const desk::SessionRow& row = **resumed;
  EXPECT_TRUE(row.owner);
  EXPECT_EQ(row.last, 7);
  EXPECT_EQ(row.kept, (std::vector<AgentNotice>(agent.notices.begin(), agent.notices.end())));
  EXPECT_EQ(row.scripts, (desk::Scripts{"https://scripts.example/", ""}));
  const desk::Situation& s = row.situation;
  EXPECT_EQ(s.states, agent.states);
  EXPECT_EQ(s.reason, "why");
  EXPECT_EQ(s.job, agent.job);
  EXPECT_EQ(s.campaign, "spring");
  EXPECT_EQ(s.attempt, agent.attempt);
  EXPECT_EQ(s.phone.find("2025"), std::string::npos) << "masked, as the campaign says";
  EXPECT_TRUE(s.phone.ends_with("00"));
  EXPECT_EQ(s.other, agent.other);
  EXPECT_EQ(s.until, agent.until);
  EXPECT_EQ(s.extensions_left, 2);
  EXPECT_TRUE(s.leaving);
}

}  // namespace
}  // namespace everdial
