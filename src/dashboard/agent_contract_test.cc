#include <gmock/gmock.h>

#include "dashboard/secrets.h"
#include "dashboard/test_dashboard.h"

namespace everdial {
namespace {

using nlohmann::json;
using testing::ElementsAre;

class Agents : public TestDashboard {
 protected:
  json make_agent(const std::string& login, const std::string& zone = "default") {
    const auto made = post("/agents", {{"login", login}, {"password", "correct horse"}, {"zone", zone}});
    EXPECT_EQ(made.status, 201) << made.body;
    return made.json;
  }
  /// As the master of the zone would write it.
  void log_on(int64_t agent, const std::string& state, const std::string& record = "{}") {
    sql("insert into agent_state (agent_id, agent_state, since, record) values (" + std::to_string(agent) + ", '" + state + "', now(), '" +
        record + "') on conflict (agent_id) do update set agent_state = excluded.agent_state, record = excluded.record");
  }
};

TEST_F(Agents, are_made_changed_and_removed) {
  const json ann = {
      {"login", "ann"}, {"name", "Ann Example"}, {"password", "correct horse"}, {"skills", {{"Spanish", 7}}}, {"zone", "west"}};
  const auto made = post("/agents", ann, {{"Idempotency-Key", "a"}});
  ASSERT_EQ(made.status, 201) << made.body;
  EXPECT_EQ(made.json["zone"], "west");
  EXPECT_EQ(made.json["states"]["agent"], "logged_out");
  EXPECT_EQ(made.json["has_password"], true);
  EXPECT_EQ(post("/agents", ann, {{"Idempotency-Key", "a"}}).json, made.json);
  EXPECT_TRUE(verify_password(sql("select password_hash from agent"), "correct horse"));
  EXPECT_EQ(sql("select count(*) from idempotency_key where response::text like '%horse%'"), "0");
  EXPECT_THAT(post("/agents", ann).errors(), ElementsAre("/login: There is an agent of this login already."));
  EXPECT_THAT(
      post("/agents", {{"login", "a b"}, {"password", "short"}, {"skills", {{"Spanish", 11}}}, {"colour", 1}}).errors(),
      testing::UnorderedElementsAre("/login: must hold letters, digits and _.@- only", "/password: must have at least 10 characters",
                                    "/skills/Spanish: must be a level from 1 to 10", "/colour: is not known here"));
  EXPECT_EQ(as(Role::viewer, "POST", "/agents", ann).status, 403);

  const auto changed = as(Role::supervisor, "PUT", "/agents/1", {{"name", "Ann"}, {"skills", json::object()}, {"supervisor", true}});
  EXPECT_EQ(changed.json["name"], "Ann") << changed.body;
  EXPECT_EQ(changed.json["skills"], json::object());
  EXPECT_EQ(changed.json["supervisor"], true);
  EXPECT_EQ(get("/agents/1").json, changed.json);
  EXPECT_EQ(as(Role::supervisor, "PUT", "/agents/1", {{"password", "another horse"}}).status, 200);
  EXPECT_TRUE(verify_password(sql("select password_hash from agent"), "another horse"));
  EXPECT_EQ(as(Role::supervisor, "PUT", "/agents/9", {{"name", "x"}}).status, 404);

  log_on(1, "ready");
  EXPECT_EQ(as(Role::supervisor, "DELETE", "/agents/1").status, 409);
  log_on(1, "logged_out");
  EXPECT_EQ(as(Role::supervisor, "DELETE", "/agents/1").status, 204);
  EXPECT_EQ(as(Role::supervisor, "DELETE", "/agents/1").status, 404);
  EXPECT_EQ(sql("select count(*) from agent_state"), "0");
}

TEST_F(Agents, get_another_zone_while_they_are_logged_out) {
  make_agent("ann");
  log_on(1, "ready");
  const auto move = [&](const std::string& zone) { return as(Role::supervisor, "PUT", "/agents/1", {{"zone", zone}}); };
  EXPECT_EQ(move("west").status, 409);
  EXPECT_EQ(move("default").status, 200) << "it is there";
  log_on(1, "logged_out", R"({"lines": 3})");
  sql("insert into agent_session (token_hash, agent_id, carrier) values ('x', 1, 'y')");
  EXPECT_EQ(move("west").json["zone"], "west");
  EXPECT_EQ(sql("select count(*) from agent_session"), "0");
  EXPECT_EQ(sql("select record ->> 'lines' from agent_state"), "3");
  EXPECT_THAT(move("a b").errors(), ElementsAre("/zone: must hold letters, digits and _.- only"));
}

TEST_F(Agents, are_listed_with_what_they_do_now) {
  for (const char* login : {"ann", "bob", "cid"}) make_agent(login);
  make_agent("dan", "west");
  const int64_t job = make_job();
  log_on(1, "busy", R"({"leaving": true, "reason": ""})");
  sql("update agent_state set nail_state = 'nailed', call_state = 'talking', job_state = 'attached', job_id = " + std::to_string(job) +
      ", attempt = '1-5-1'");
  log_on(2, "not_ready", R"({"reason": "lunch"})");
  const auto all = all_pages("/agents", 2);
  ASSERT_EQ(all.size(), 4);
  EXPECT_EQ(all[0]["states"], (json{{"agent", "busy"}, {"nail", "nailed"}, {"call", "talking"}, {"job", "attached"}}));
  EXPECT_EQ(all[0]["campaign_name"], "Campaign");
  EXPECT_EQ(all[0]["attempt"], "1-5-1");
  EXPECT_EQ(all[0]["leaving"], true);
  EXPECT_FALSE(all[0].contains("reason"));
  EXPECT_EQ(all[1]["reason"], "lunch");
  EXPECT_FALSE(all[2].contains("since"));
  EXPECT_EQ(all_pages("/agents?zone=west", 2).size(), 1);
  EXPECT_EQ(all_pages("/agents?login=bob", 2).size(), 1);
  EXPECT_EQ(all_pages("/agents?state=logged_on", 1).size(), 2);
  EXPECT_EQ(all_pages("/agents?state=logged_out&zone=default", 1).size(), 1);
  EXPECT_THAT(get("/agents?state=asleep").errors(), ElementsAre(testing::StartsWith("?state: must be logged_on or one of logged_out, ")));
}

TEST_F(Agents, A_13_zones_show_their_manager_and_how_many_are_logged_on) {
  const std::string incarnation = "11111111-2222-3333-4444-555555555555";
  sql("insert into ha_session (incarnation, server, component) values ('" + incarnation + "', 'as1', 'agent_manager')");
  sql("insert into ha_lease (resource, epoch, incarnation) values ('agent_manager/zone/west', 4, '" + incarnation + "')");
  make_agent("ann");
  make_agent("bob");
  log_on(1, "ready");
  const auto zones = get("/agent-zones").json["items"];
  ASSERT_EQ(zones.size(), 2);
  EXPECT_EQ(zones[0]["name"], "default");
  EXPECT_EQ(zones[0]["agents"], 2);
  EXPECT_EQ(zones[0]["logged_on"], 1);
  EXPECT_EQ(zones[0]["states"]["ready"], 1);
  EXPECT_EQ(zones[0]["states"]["busy"], 0);
  EXPECT_FALSE(zones[0].contains("manager"));
  EXPECT_EQ(zones[0]["reasons"][0], (json{{"code", "break"}, {"text", "Break"}})) << "the usual ones";
  EXPECT_EQ(zones[1]["agents"], 0);
  EXPECT_EQ(zones[1]["manager"]["server"], "as1");
  EXPECT_EQ(zones[1]["epoch"], 4);

  const auto set = as(Role::supervisor, "PUT", "/agent-zones/west", {{"reasons", {"lunch", {{"code", "fire"}, {"text", "Fire drill"}}}}});
  EXPECT_EQ(set.json["reasons"], json::array({{{"code", "lunch"}, {"text", ""}}, {{"code", "fire"}, {"text", "Fire drill"}}})) << set.body;
  EXPECT_THAT(as(Role::supervisor, "PUT", "/agent-zones/west", {{"reasons", {"a", "a"}}}).errors(),
              ElementsAre("/reasons/1/code: stands in the list before"));
  EXPECT_THAT(as(Role::supervisor, "PUT", "/agent-zones/west", {{"reasons", json::array()}}).errors(),
              ElementsAre("/reasons: must be an array of 1 to 100 codes"));
  EXPECT_EQ(as(Role::supervisor, "PUT", "/agent-zones/south", {{"reasons", {"a"}}}).status, 404);
}

TEST_F(Agents, A_07_what_supervisors_ask_of_them_is_kept_once_with_who_and_what_became_of_it) {
  for (const char* login : {"ann", "bob"}) make_agent(login);
  const int64_t job = make_job();
  const json move = {{"agents", {2, 1}}, {"order", "move_to_job"}, {"job_id", job}};
  EXPECT_THAT(post("/agent-orders", move).errors(), ElementsAre("/job_id: The job's campaign is one without agents."));
  sql("update campaign set agents = '{}'");
  EXPECT_THAT(post("/agent-orders", move).errors(), ElementsAre("/job_id: The job is queued: it takes no agents now."));
  sql("update job set state = 'running'");
  const auto kept = post("/agent-orders", move, {{"Idempotency-Key", "m"}});
  ASSERT_EQ(kept.status, 202) << kept.body;
  ASSERT_EQ(kept.json["items"].size(), 2);
  EXPECT_EQ(kept.json["items"][0]["login"], "ann");
  EXPECT_EQ(kept.json["items"][0]["state"], "pending");
  EXPECT_EQ(kept.json["items"][0]["job_id"], job);
  EXPECT_EQ(kept.json["items"][1]["request"], kept.json["items"][0]["request"]);
  EXPECT_EQ(kept.json["items"][1]["asked_by"], "the_supervisor");
  EXPECT_EQ(post("/agent-orders", move, {{"Idempotency-Key", "m"}}).json, kept.json);
  EXPECT_EQ(sql("select count(*) from agent_order"), "2");
  EXPECT_EQ(as(Role::viewer, "POST", "/agent-orders", move).status, 403);

  const auto force = post("/agent-orders", {{"agents", {1}}, {"order", "force_state"}, {"agent_state", "logged_out"}, {"reason", "late"}});
  EXPECT_EQ(force.json["items"][0]["agent_state"], "logged_out") << force.body;
  EXPECT_EQ(force.json["items"][0]["reason"], "late");
  EXPECT_EQ(post("/agent-orders", {{"agents", {1}}, {"order", "move_to_job"}}).status, 202) << "away from its job";
  sql("update agent_order set state = 'refused', detail = 'log on first', ended_at = now() where id = 2");
  EXPECT_EQ(all_pages("/agent-orders", 2).size(), 4);
  EXPECT_EQ(all_pages("/agent-orders?state=pending", 2).size(), 3);
  EXPECT_EQ(all_pages("/agent-orders?agent_id=1", 2).size(), 3);
  const auto asked_together = all_pages("/agent-orders?request=" + kept.json["items"][0]["request"].dump(), 2);
  ASSERT_EQ(asked_together.size(), 2);
  EXPECT_EQ(asked_together[0]["detail"], "log on first");

  EXPECT_THAT(post("/agent-orders", {{"agents", {1, 9}}, {"order", "release"}}).errors(), ElementsAre("/agents: There is no agent 9."));
  EXPECT_THAT(post("/agent-orders", {{"agents", {1, 1}}, {"order", "dance"}}).errors(),
              testing::UnorderedElementsAre("/agents: must be an array of 1 to 200 ids, each once",
                                            "/order: must be one of move_to_job, release, force_state"));
  EXPECT_THAT(post("/agent-orders", {{"agents", {1}}, {"order", "release"}, {"job_id", 1}, {"reason", "x"}}).errors(),
              testing::UnorderedElementsAre("/job_id: is for move_to_job alone", "/reason: is for force_state alone"));
  EXPECT_THAT(post("/agent-orders", {{"agents", {1}}, {"order", "force_state"}, {"agent_state", "busy"}}).errors(),
              ElementsAre("/agent_state: must be one of ready, not_ready, logged_out"));
  EXPECT_THAT(get("/agent-orders?state=lost").errors(), ElementsAre("?state: must be one of pending, done, refused, expired, withdrawn"));
  EXPECT_EQ(sql("select count(*) from agent_order"), "4");
}

TEST_F(Agents, what_supervisors_ask_of_them_is_withdrawn_while_it_is_pending) {
  make_agent("ann");
  EXPECT_EQ(post("/agent-orders", {{"agents", {1}}, {"order", "release"}}).status, 202);
  const auto withdraw = [&](const char* id) { return as(Role::supervisor, "DELETE", std::string("/agent-orders/") + id); };
  EXPECT_EQ(as(Role::viewer, "DELETE", "/agent-orders/1").status, 403);
  EXPECT_EQ(withdraw("9").status, 404);
  const auto asked = withdraw("1");
  EXPECT_EQ(asked.status, 202) << asked.body;
  EXPECT_EQ(asked.json["withdrawn_by"], "the_supervisor");
  EXPECT_EQ(asked.json["state"], "pending") << "the zone's manager ends it";
  EXPECT_EQ(withdraw("1").json, asked.json);
  sql("update agent_order set state = 'done', ended_at = now()");
  EXPECT_EQ(withdraw("1").status, 409);
  sql("update agent_order set state = 'withdrawn'");
  EXPECT_EQ(all_pages("/agent-orders?state=withdrawn", 2).size(), 1);
}

TEST_F(Agents, A_12_A_13_of_a_zone_are_moved_to_another_server_after_a_look_at_what_each_does) {
  for (const std::string server : {"1", "2"}) {
    sql("insert into server (name, components) values ('as" + server + "', '{agent_manager}')");
    sql("insert into ha_session (incarnation, server, component) values ('00000000-0000-4000-8000-00000000000" + server + "', 'as" +
        server + "', 'agent_manager')");
  }
  sql("insert into ha_lease (resource, epoch, incarnation, preferred) values ('agent_manager/zone/default', 3, "
      "'00000000-0000-4000-8000-000000000001', 'as1')");
  for (const char* login : {"ann", "bob", "cid"}) make_agent(login);
  log_on(1, "busy");
  log_on(2, "ready");
  sql("update agent_state set call_state = 'talking', nail_state = 'nailed' where agent_id = 1");

  const auto save = [&](const json& body) { return as(Role::administrator, "PUT", "/agent-zones/default/server", body); };
  const auto saved = save({{"server", "as2"}});
  ASSERT_EQ(saved.status, 200) << saved.body;
  EXPECT_EQ(saved.json["allocated_to"], "as1");
  EXPECT_EQ(saved.json["manager"]["server"], "as1");
  EXPECT_EQ(saved.json["saved_server"], "as2");
  EXPECT_EQ(saved.json["moving"], false);
  EXPECT_EQ(saved.json["logged_on"], 2);
  EXPECT_THAT(save({{"server", "as9"}}).errors(), ElementsAre("/server: There is no server of this name."));
  EXPECT_EQ(as(Role::administrator, "PUT", "/agent-zones/north/server", {{"server", "as1"}}).status, 404);
  EXPECT_EQ(as(Role::supervisor, "PUT", "/agent-zones/default/server", {{"server", "as2"}}).status, 403);

  const auto plan = as(Role::viewer, "POST", "/agent-zones/plan", {{"with_saved", true}}).json["items"][0];
  EXPECT_EQ(plan["from"], "as1");
  EXPECT_EQ(plan["to"], "as2");
  EXPECT_EQ(plan["moves"], true);
  EXPECT_EQ(plan["agents"],
            json::array({{{"agent", "busy"}, {"call", "talking"}, {"count", 1}}, {{"agent", "ready"}, {"call", "idle"}, {"count", 1}}}));
  EXPECT_EQ(as(Role::viewer, "POST", "/agent-zones/plan", json::object()).json["items"][0]["moves"], false);
  EXPECT_EQ(as(Role::viewer, "POST", "/agent-zones/plan", {{"zones", {{{"zone", "default"}, {"server", "as2"}}}}}).json["items"][0]["to"],
            "as2");
  EXPECT_THAT(as(Role::viewer, "POST", "/agent-zones/plan", {{"zones", {{{"zone", "default"}}}}}).errors(),
              ElementsAre("/zones/0/server: is missing"));

  sql("update server set zones = '{west}' where name = 'as2'");
  EXPECT_THAT(
      save({{"server", "as2"}}).errors(),
      ElementsAre("/server: The server as2 does not serve zone default: add the zone to dialing.zones of its configuration and start "
                  "it anew, or choose another server."));
  const auto stays = as(Role::viewer, "POST", "/agent-zones/plan", {{"with_saved", true}}).json["items"][0];
  EXPECT_EQ(stays["moves"], false);
  EXPECT_EQ(stays["why"], "as2 does not serve this zone (its dialing.zones)");
  EXPECT_EQ(as(Role::administrator, "POST", "/agent-zones/apply", {{"zones", {"default"}}}).status, 409) << "saved before";
  sql("update server set zones = '{west,default}' where name = 'as2'");

  const auto applied = as(Role::administrator, "POST", "/agent-zones/apply", {{"zones", {"default"}}});
  ASSERT_EQ(applied.status, 200) << applied.body;
  EXPECT_EQ(applied.json["items"][0]["allocated_to"], "as2");
  EXPECT_EQ(applied.json["items"][0]["moving"], true);
  EXPECT_FALSE(applied.json["items"][0].contains("saved_server"));
}

TEST_F(Agents, of_a_campaign_are_kept_with_it_and_shown_with_its_jobs) {
  const json body = {{"name", "Talk"}, {"list_id", make_list()}, {"agents", {{"pacing", "progressive"}, {"codes", {"sold", "no"}}}}};
  const auto made = post("/campaigns", body);
  ASSERT_EQ(made.status, 201) << made.body;
  EXPECT_EQ(made.json["agents"]["pacing"], "progressive");
  EXPECT_EQ(made.json["agents"]["codes"][0], (json{{"code", "sold"}, {"text", ""}}));
  EXPECT_EQ(made.json["agents"]["abandoned_most"], 0.03) << "left out: the default";
  json again = body;
  again["agents"] = made.json["agents"];
  EXPECT_EQ(as(Role::supervisor, "PUT", "/campaigns/1", again).json["agents"], made.json["agents"]);
  json wrong = body;
  wrong["agents"] = {{"answer_within_s", 60}};
  EXPECT_THAT(post("/campaigns", wrong).errors(), ElementsAre("/agents/answer_within_s: must be from 1.0 to 30.0"));
  wrong["agents"] = {{"codes", {"a", {{"code", ""}}}}};
  EXPECT_THAT(post("/campaigns", wrong).errors(), ElementsAre("/agents/codes/1/code: must be of 1 to 100 characters"));
  EXPECT_EQ(post("/campaigns/1/jobs").json["agents"], made.json["agents"]);
  sql("update job set state = 'completed'");
  json without = body;
  without.erase("agents");
  EXPECT_FALSE(as(Role::supervisor, "PUT", "/campaigns/1", without).json.contains("agents"));
  EXPECT_EQ(sql("select agents is null from campaign"), "t");
}

}  // namespace
}  // namespace everdial
