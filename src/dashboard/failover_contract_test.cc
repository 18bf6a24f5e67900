#include <gmock/gmock.h>

#include "dashboard/test_dashboard.h"

namespace everdial {
namespace {

using nlohmann::json;
using testing::ElementsAre;

/// A job and the director's mastership that went from as1 to as2.
class Failovers : public TestDashboard {
 protected:
  void SetUp() override {
    sql("insert into server (name, components) values ('as1', '{rule_engine}'), ('as2', '{rule_engine}')");
    sql("insert into ha_session (incarnation, server, component) values "
        "('" +
        one_ + "', 'as1', 'campaign_manager'), ('" + two_ +
        "', 'as2', 'campaign_manager'), "
        "(gen_random_uuid(), 'as1', 'rule_engine'), (gen_random_uuid(), 'as2', 'rule_engine')");
    sql("insert into ha_lease (resource, epoch, incarnation) values ('job/1', 2, '" + two_ + "'), ('rule_engine', 2, '" + two_ + "')");
    sql("insert into ha_history (res_id, epoch, from_incarnation, to_incarnation, reason, detect_ms, acquire_ms, barrier_ms, at, evidence) "
        "values (1, 1, null, '" +
        one_ +
        "', 'free', null, 1, null, '2026-03-01 12:00:00Z', '{}'), "
        "(1, 2, '" +
        one_ + "', '" + two_ +
        "', 'server_silent', 1600, 2, 30, '2026-03-01 12:01:00Z', '{\"renew_still_ms\": 1600, \"doubt\": {\"kind\": \"server_silent\", "
        "\"suspected_by\": [\"as2\", \"as3\"], \"silence_ms\": 1104}}'), "
        "(2, 1, null, '" +
        one_ +
        "', 'free', null, 1, null, '2026-03-01 12:00:00Z', '{}'), "
        "(2, 1, '" +
        one_ +
        "', null, 'died', null, null, null, '2026-03-01 12:01:00Z', '{}'), "
        "(2, 2, null, '" +
        two_ + "', 'released', 0, 2, null, '2026-03-01 12:01:00.2Z', '{}')");
  }
  const std::string one_ = "00000000-0000-4000-8000-000000000001", two_ = "00000000-0000-4000-8000-000000000002";
};

TEST_F(Failovers, A_16_tell_each_change_of_master_with_its_cause_and_times) {
  const auto all = all_pages("/failovers", 1);
  ASSERT_EQ(all.size(), 2) << "whoever is first takes over from nobody";
  EXPECT_EQ(all[0]["resource"], "rule_engine");
  EXPECT_EQ(all[0]["reason"], "died") << "not only that it was free then";
  EXPECT_EQ(all[0]["from"]["server"], "as1");
  EXPECT_EQ(all[0]["without_master_ms"], 200.0);
  EXPECT_EQ(all[1]["reason"], "server_silent");
  EXPECT_EQ(all[1]["evidence"]["doubt"]["suspected_by"][0], "as2");
  EXPECT_EQ(all[1]["without_master_ms"], 1602.0);
  EXPECT_EQ(all_pages("/failovers?resource=job", 5).size(), 1);
  EXPECT_EQ(all_pages("/failovers?server=as2", 5).size(), 0);
}

TEST_F(Failovers, M_04_report_what_became_of_the_attempts_in_the_air) {
  sql("insert into attempt (job_id, contact_id, number, phone, state, intent_epoch, intent_by, intent_at, done_epoch, done_at) values "
      "(1, 1, 1, '+1', 'done', 1, '" +
      one_ +
      "', '2026-03-01 12:00:59Z', 2, '2026-03-01 12:01:01Z'), "
      "(1, 2, 1, '+2', 'unknown', 1, '" +
      one_ +
      "', '2026-03-01 12:00:59Z', 2, '2026-03-01 12:01:01Z'), "
      "(1, 3, 1, '+3', 'intent', 2, '" +
      two_ + "', '2026-03-01 12:01:00.5Z', null, null)");
  const auto report = get("/failovers/2");
  ASSERT_EQ(report.status, 200) << report.body;
  EXPECT_EQ(report.json["settled"], (json{{"done", 1}, {"aborted", 0}, {"unknown", 1}}));
  EXPECT_EQ(report.json["contacts_affected"], 2);
  std::vector<std::string> what;
  for (const json& entry : report.json["timeline"]) what.push_back(entry["what"]);
  EXPECT_THAT(what, ElementsAre("last_sign_of_life", "detected", "acquired", "barrier", "first_dial", "settled"));
  EXPECT_EQ(report.json["timeline"][1]["detail"],
            "by as2: its renewals stood still for 1600 ms; as2, as3 had heard nothing of its server for 1104 ms");
  EXPECT_EQ(report.json["together_with"].size(), 1);
  EXPECT_EQ(get("/failovers/99").status, 404);
}

TEST_F(Failovers, D_05_say_what_the_loss_of_a_server_would_do) {
  sql("insert into ha_lease (resource, epoch, incarnation) values ('agent_manager/zone/west', 1, '" + two_ + "')");
  sql("insert into agent (login, zone) values ('ann', 'west'), ('bob', 'west')");
  sql("insert into agent_state (agent_id, agent_state, since, record) "
      "select id, case login when 'ann' then 'ready' else 'logged_out' end, now(), '{}' from agent");
  const auto what_if = get("/servers/as2/what-if");
  ASSERT_EQ(what_if.status, 200) << what_if.body;
  EXPECT_EQ(what_if.json["jobs"], (json{{"count", 1}, {"candidates", {"as1"}}}));
  EXPECT_EQ(what_if.json["masters"][0], (json{{"resource", "rule_engine"}, {"candidates", {"as1"}}}));
  EXPECT_EQ(what_if.json["agent_zones"], (json::array({{{"zone", "west"}, {"logged_on", 1}}}))) << "nobody else could";
  EXPECT_EQ(what_if.json["takes"], (json{{"source", "measured"}, {"of", 1}, {"median_ms", 1602.0}, {"worst_ms", 1602.0}}));
  EXPECT_EQ(what_if.json["tolerance_after"]["servers"], 0);
  sql("truncate ha_history");
  EXPECT_EQ(get("/servers/as2/what-if").json["takes"]["source"], "budget");
  EXPECT_EQ(get("/servers/as9/what-if").status, 404);
}

TEST_F(Failovers, A_13_say_who_would_manage_the_agents_of_a_lost_server) {
  const auto goes_to = [this] { return get("/servers/as2/what-if").json["agent_zones"][0].value("to", "nobody"); };
  sql("insert into ha_lease (resource, epoch, incarnation) values ('agent_manager/zone/west', 1, '" + two_ + "')");
  EXPECT_EQ(goes_to(), "nobody");
  sql("insert into ha_session (incarnation, server, component) select gen_random_uuid(), server, 'agent_manager' from unnest("
      "array['as1', 'as3']) server");
  EXPECT_EQ(goes_to(), "as3") << "both are idle";
  sql("with director as (insert into ha_session (incarnation, server, component) values (gen_random_uuid(), 'as3', 'campaign_director') "
      "returning incarnation) insert into ha_lease (resource, epoch, incarnation) select 'zone_director/east', 1, incarnation from "
      "director");
  EXPECT_EQ(goes_to(), "as1") << "the other one directs a zone";
}

TEST_F(Failovers, S_04_tell_whether_each_server_could_take_over_and_what_it_lacks) {
  sql("insert into server_report (server, incarnation, version, clock_offset_ms, database_ms, peers, deaths) values "
      "('as1', gen_random_uuid(), '1', 900, 2, '[{\"name\": \"as2\", \"heard\": true, \"unreachable\": [\"mpp at 10.0.0.2:7001\"]}]', "
      "'{}')");
  const auto ready = get("/readiness");
  EXPECT_EQ(ready.json["tolerance"]["servers"], 1) << ready.body;
  EXPECT_EQ(ready.json["servers"][0]["ready"], false);
  EXPECT_EQ(ready.json["servers"][0]["needs"][0]["need"], "clock");
  EXPECT_EQ(ready.json["servers"][0]["needs"][0]["met"], false);
  EXPECT_EQ(ready.json["servers"][0]["needs"][3],
            (json{{"need", "ports"},
                  {"met", false},
                  {"detail", "it cannot connect to mpp at 10.0.0.2:7001 of as2; let TCP pass between the servers, to rpc.listen_host"}}));
  EXPECT_EQ(ready.json["servers"][1]["needs"][0]["need"], "report");
}

TEST_F(Failovers, drills_are_refused_where_they_could_do_harm_and_end_when_aborted) {
  const auto drill = [&](const json& body) { return as(Role::administrator, "POST", "/drills", body); };
  EXPECT_EQ(drill({{"server", "as1"}, {"component", "rule_engine"}}).status, 409) << "a second failure could not be borne";
  sql("insert into attempt (job_id, contact_id, number, phone, intent_epoch, intent_by) values (1, 1, 1, '+1', 2, '" + two_ + "')");
  const json manager = {{"server", "as2"}, {"component", "campaign_manager"}, {"without_spare", true}};
  EXPECT_THAT(drill(manager).json["detail"].get<std::string>(), testing::HasSubstr("1 calls in the air, more than 0"));
  EXPECT_EQ(drill({{"server", "as1"}, {"component", "mpp"}}).status, 409) << "it does not run";
  const auto begun = drill({{"server", "as1"}, {"component", "rule_engine"}, {"without_spare", true}});
  ASSERT_EQ(begun.status, 201) << begun.body;
  EXPECT_EQ(begun.json["state"], "under_way");
  EXPECT_EQ(sql("select component || ' ' || action from component_order"), "rule_engine kill");
  EXPECT_EQ(get("/servers").json["items"][0]["components"][1]["kept_stopped"], true) << get("/servers").body;
  EXPECT_EQ(drill({{"server", "as2"}, {"component", "rule_engine"}, {"without_spare", true}}).status, 409) << "one at a time";
  EXPECT_EQ(as(Role::administrator, "POST", "/drills/1/abort").json["state"], "aborted");
  EXPECT_EQ(as(Role::administrator, "POST", "/drills/1/abort").status, 409);
  EXPECT_EQ(as(Role::administrator, "POST", "/drills/9/abort").status, 404);
  EXPECT_EQ(all_pages("/drills", 1).size(), 1);
  EXPECT_EQ(get("/drills/1").json["aborted_by"], "the_administrator");
}

}  // namespace
}  // namespace everdial
