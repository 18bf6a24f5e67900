#include <gmock/gmock.h>

#include "dashboard/server_store.h"
#include "dashboard/status_store.h"
#include "dashboard/test_dashboard.h"

namespace everdial {
namespace {

using nlohmann::json;
using testing::ElementsAre;

/// Two servers with a director each, of which the one of as1 has both zones.
class Servers : public TestDashboard {
 protected:
  void SetUp() override {
    sql("insert into server (name, components) values ('as1', '{campaign_director,mpp}'), ('as2', '{campaign_director}')");
    for (const std::string server : {"as1", "as2"})
      for (const std::string component : {"server", "campaign_director"})
        sql("insert into ha_session (incarnation, server, component) values ('" + incarnation(server, component) + "', '" + server +
            "', '" + component + "')");
    for (const std::string zone : {"east", "west"})
      sql("insert into ha_lease (resource, epoch, incarnation, desired, preferred) values ('zone_director/" + zone + "', 1, '" +
          incarnation("as1", "campaign_director") + "', '" + incarnation("as1", "campaign_director") + "', 'as1')");
  }
  static std::string incarnation(const std::string& server, const std::string& component) {
    return "00000000-0000-4000-8000-0000000000" + std::string(component == "server" ? "0" : "1") + server.back();
  }
  TestAnswer order(const std::string& server, const std::string& component, const std::string& action) {
    return as(Role::administrator, "POST", "/servers/" + server + "/components/" + component + "/orders", {{"action", action}});
  }
  TestAnswer plan(const json& request) { return as(Role::viewer, "POST", "/zones/plan", request); }
  static std::vector<std::string> moves(const TestAnswer& answer) {
    std::vector<std::string> out;
    for (const json& zone : answer.json["items"])
      out.push_back(zone["zone"].get<std::string>() + " " + zone.value("from", "-") + " " + zone.value("to", "-") + " " +
                    zone["why"].get<std::string>());
    return out;
  }
};

TEST_F(Servers, S_02_keep_what_is_asked_of_a_component_with_who_and_when) {
  const auto stop = order("as1", "mpp", "stop");
  ASSERT_EQ(stop.status, 202) << stop.body;
  EXPECT_EQ(stop.json["asked_by"], "the_administrator");
  EXPECT_EQ(sql("select stopped::text from server where name = 'as1'"), "{mpp}");
  EXPECT_EQ(order("as1", "mpp", "stop").status, 409) << "it is to be stopped already";
  EXPECT_EQ(order("as1", "mpp", "kill").status, 409);
  EXPECT_EQ(order("as1", "mpp", "start").status, 202);
  EXPECT_EQ(sql("select stopped::text from server where name = 'as1'"), "{}");
  EXPECT_EQ(order("as1", "mpp", "start").status, 409);
  EXPECT_EQ(order("as2", "mpp", "stop").status, 404);
  EXPECT_EQ(order("as9", "mpp", "stop").status, 404);
  EXPECT_THAT(order("as1", "mpp", "dance").errors(), ElementsAre("/action: must be one of start, stop, kill, restart"));
  EXPECT_EQ(post("/servers/as1/components/mpp/orders", {{"action", "kill"}}).status, 403) << "for administrators";
  EXPECT_EQ(order("as2", "campaign_director", "restart").status, 202);
  sql("update ha_session set last_seen = now() - interval '1 minute' where server = 'as2'");
  EXPECT_EQ(order("as2", "campaign_director", "kill").status, 409) << "nobody is there to do it";
  EXPECT_EQ(order("as2", "campaign_director", "stop").status, 202) << "a wish that holds when it comes back";
  EXPECT_EQ(all_pages("/component-orders", 2).size(), 4);
  EXPECT_EQ(all_pages("/component-orders?server=as1", 2).size(), 2);
}

TEST_F(Servers, D_06_do_a_repeated_order_once) {
  const auto kill = [&] {
    return as(Role::administrator, "POST", "/servers/as1/components/mpp/orders", {{"action", "kill"}}, {{"Idempotency-Key", "k"}});
  };
  EXPECT_EQ(kill().status, 202);
  EXPECT_EQ(kill().status, 202);
  EXPECT_EQ(sql("select count(*) from component_order"), "1");
}

TEST_F(Servers, S_03_show_a_component_stopped_by_order_as_such) {
  sql("update server set stopped = '{campaign_director,mpp}' where name = 'as1'");
  const auto servers = get("/servers").json["items"];
  EXPECT_EQ(servers[0]["components"][0]["state"], "STOPPING") << "it has not ended yet";
  EXPECT_EQ(servers[0]["components"][1]["state"], "STOPPED") << "nobody starts it";
  EXPECT_EQ(servers[0]["components"][1]["kept_stopped"], true);
  EXPECT_EQ(servers[1]["components"][0]["state"], "DORMANT");
}

TEST_F(Servers, S_02_a_person_may_make_a_stop_by_the_service_manager_last) {
  const auto lease = database_.pool().take();
  pg::Connection& db = **lease;
  const auto ask = [&](ComponentAction action) {
    return server_store::order_component(db, ServerName{"as1"}, "mpp", action, std::string(kServiceManager));
  };
  const auto stopped_by = [&] { return status_store::component_seen(db, ServerName{"as1"}, "mpp")->stopped_by.value_or("nobody"); };
  EXPECT_EQ(stopped_by(), "nobody");
  EXPECT_TRUE(ask(ComponentAction::stop).ok());
  EXPECT_EQ(ask(ComponentAction::stop).error().kind, ErrorKind::conflict);
  EXPECT_EQ(stopped_by(), kServiceManager);
  EXPECT_EQ(order("as1", "mpp", "stop").status, 202);
  EXPECT_EQ(order("as1", "mpp", "stop").status, 409);
  EXPECT_EQ(stopped_by(), "the_administrator");
  EXPECT_EQ(order("as1", "mpp", "start").status, 202);
  EXPECT_EQ(sql("select stopped::text from server where name = 'as1'"), "{}");
}

TEST_F(Servers, S_03_one_component_alone_is_seen_as_with_all_others) {
  sql("insert into ha_lease (resource, epoch, incarnation) values ('campaign_director', 1, '" + incarnation("as1", "campaign_director") +
      "')");
  const auto lease = database_.pool().take();
  pg::Connection& db = **lease;
  const auto seen = [&](const std::string& server) {
    const auto alone = status_store::component_seen(db, ServerName{server}, "campaign_director");
    return system_status(alone->system).servers.at(0);
  };
  const ServerStatus first = seen("as1"), second = seen("as2");
  EXPECT_EQ(first.name, "as1");
  EXPECT_EQ(first.state, ComponentState::RUNNING);
  EXPECT_EQ(first.components[0].state, ComponentState::MASTER);
  EXPECT_EQ(first.components[0].incarnation.value, incarnation("as1", "campaign_director"));
  EXPECT_EQ(second.components[0].state, ComponentState::DORMANT);
}

TEST_F(Servers, L_02_show_open_alarms_with_the_status_and_all_of_late_on_their_own) {
  sql("insert into alarm (kind, subject, text, cleared_at) values ('no_mpp', '', 'none left', now()), ('server_lost', 'as2', 'as2 is "
      "lost', null)");
  const auto status = get("/status").json["alarms"];
  ASSERT_EQ(status.size(), 1);
  EXPECT_EQ(status[0]["subject"], "as2");
  EXPECT_EQ(all_pages("/alarms", 1).size(), 2);
}

TEST_F(Servers, L_01_tell_how_loaded_each_server_is_and_since_when) {
  sql("insert into load_sample (server, cpu, memory, run_queue) values ('as1', 0.95, 0.5, 2.5), ('as2', 0.1, 0.2, 0.3)");
  sql("insert into load_level (server, level, silent, reason) values ('as1', 'high', false, 'processors at 95 %')");
  const auto loads = get("/loads").json["items"];
  ASSERT_EQ(loads.size(), 2);
  EXPECT_EQ(loads[0]["cpu"], 0.95);
  EXPECT_EQ(loads[0]["level"], "high");
  EXPECT_EQ(loads[0]["reason"], "processors at 95 %");
  EXPECT_EQ(loads[1]["level"], "unknown") << "the load monitor has not judged it yet";
  EXPECT_FALSE(loads[1].contains("since"));
}

TEST_F(Servers, A_13_list_zones_with_home_and_present_server) {
  const auto zones = get("/zones").json["items"];
  ASSERT_EQ(zones.size(), 2);
  EXPECT_EQ(zones[0]["name"], "east");
  EXPECT_EQ(zones[0]["home"], "as1");
  EXPECT_EQ(zones[0]["server"], "as1");
  EXPECT_EQ(zones[0]["jobs"], 0);
  EXPECT_FALSE(zones[0].contains("agents")) << "there are none yet";
}

TEST_F(Servers, A_12_save_a_zones_wish_without_moving_it_and_apply_it_on_demand) {
  const auto save = [&](const json& change) { return as(Role::administrator, "PUT", "/zones/east", change); };
  const auto saved = save({{"home", "as2"}, {"weight", 3}});
  ASSERT_EQ(saved.status, 200) << saved.body;
  EXPECT_EQ(saved.json["home"], "as1");
  EXPECT_EQ(saved.json["saved_home"], "as2");
  EXPECT_EQ(saved.json["weight"], 1.0);
  EXPECT_THAT(save({{"home", "as9"}}).errors(), ElementsAre("/home: There is no server of this name."));
  EXPECT_EQ(as(Role::administrator, "PUT", "/zones/north", {{"weight", 1}}).status, 404);

  EXPECT_THAT(moves(plan({{"with_saved", true}})), ElementsAre("east as1 as2 it goes home", "west as1 as1 it stays"));
  EXPECT_THAT(moves(plan(json::object())), ElementsAre("east as1 as1 it stays", "west as1 as1 it stays"));

  const auto applied = as(Role::administrator, "POST", "/zones/apply", {{"zones", {"east"}}});
  ASSERT_EQ(applied.status, 200) << applied.body;
  EXPECT_EQ(applied.json["items"][0]["home"], "as2");
  EXPECT_EQ(applied.json["items"][0]["weight"], 3.0);
  EXPECT_EQ(applied.json["items"][0]["going_home"], true);
  EXPECT_FALSE(applied.json["items"][0].contains("saved_home"));
  EXPECT_EQ(applied.json["items"][1]["going_home"], false);
}

TEST_F(Servers, A_12_refuse_a_home_that_does_not_serve_the_zone) {
  const auto save = [&] { return as(Role::administrator, "PUT", "/zones/east", {{"home", "as2"}}); };
  EXPECT_EQ(save().status, 200) << "it has not said what it serves";
  sql("update server set zones = '{west}' where name = 'as2'");
  EXPECT_THAT(save().errors(), ElementsAre("/home: The server as2 does not serve zone east: add the zone to dialing.zones of its "
                                           "configuration and start it anew, or choose another server."));
  EXPECT_THAT(moves(plan({{"with_saved", true}})),
              ElementsAre("east as1 as1 as2 does not serve this zone (its dialing.zones)", "west as1 as1 it stays"));
  EXPECT_EQ(as(Role::administrator, "POST", "/zones/apply", {{"zones", {"east", "west"}}}).status, 409) << "saved before";
  EXPECT_EQ(sql("select preferred from ha_lease where resource = 'zone_director/east'"), "as1");
  EXPECT_THAT(moves(plan({{"servers", {{{"server", "as1"}, {"parked", true}}}}})),
              ElementsAre("east as1 - no server could take it", "west as1 as2 its server is parked"));
}

TEST_F(Servers, S_01_count_the_zones_whose_agents_they_have) {
  for (const std::string zone : {"east", "west"})
    sql("insert into ha_lease (resource, epoch, incarnation) values ('agent_manager/zone/" + zone + "', 1, '" +
        incarnation("as2", "campaign_director") + "')");
  const auto servers = get("/servers").json["items"];
  EXPECT_EQ(servers[0]["agent_zones"], 0);
  EXPECT_EQ(servers[1]["agent_zones"], 2);
}

TEST_F(Servers, S_01_park_a_server_and_show_before_what_would_move) {
  EXPECT_THAT(moves(plan({{"servers", {{{"server", "as1"}, {"parked", true}}}}})),
              ElementsAre("east as1 as2 its server is parked", "west as1 as2 its server is parked"));
  EXPECT_EQ(sql("select parked from server where name = 'as1'"), "f") << "a plan changes nothing";
  const auto parked = as(Role::administrator, "PUT", "/servers/as1", {{"parked", true}});
  EXPECT_EQ(parked.json["parked"], true) << parked.body;
  EXPECT_EQ(as(Role::administrator, "PUT", "/servers/as1", {{"capacity", 2.5}}).json["capacity"], 2.5);
  EXPECT_EQ(sql("select parked from server where name = 'as1'"), "t") << "what is left out stays";
  EXPECT_THAT(as(Role::administrator, "PUT", "/servers/as1", {{"capacity", 0}, {"parked", 1}}).errors(),
              ElementsAre("/parked: must be true or false", "/capacity: must be above 0.0 and at most 1000.0"));
  EXPECT_EQ(as(Role::administrator, "PUT", "/servers/as9", {{"parked", true}}).status, 404);
  EXPECT_EQ(as(Role::supervisor, "PUT", "/servers/as1", {{"parked", false}}).status, 403);
  EXPECT_THAT(plan({{"zones", {{{"home", "as1"}}}}}).errors(), ElementsAre("/zones/0/zone: is missing"));
}

}  // namespace
}  // namespace everdial
