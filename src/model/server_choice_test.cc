#include "model/server_choice.h"

#include <gtest/gtest.h>
#include <rapidcheck/gtest.h>

#include <algorithm>

namespace everdial {
namespace {

using Chosen = std::map<std::string, ServerName>;
using Names = std::vector<std::string>;
const ServerName a{"a"}, b{"b"}, c{"c"}, d{"d"};

TEST(ServerChoice, D_03_spreads_the_zones_of_dead_servers_one_each) {
  const Chosen chosen = choose_servers({{"1", 1, a, a}, {"2", 1, b, b}}, {{c}, {d}});
  EXPECT_NE(chosen.at("1"), chosen.at("2"));
}

TEST(ServerChoice, D_03_gives_a_dead_servers_zone_to_the_least_busy) {
  EXPECT_EQ(choose_servers({{"1", 1, a, a}, {"2", 1, b, b}, {"3", 1, c, c}, {"4", 1, c, c}}, {{b}, {c}}).at("1"), b);
}

TEST(ServerChoice, counts_weight_against_capacity) {
  const Chosen chosen = choose_servers({{"heavy", 4}, {"light", 1}}, {{a, 1}, {b, 3}});
  EXPECT_EQ(chosen.at("heavy"), b);
  EXPECT_EQ(chosen.at("light"), a) << "1/1 is less than 5/3";
}

TEST(ServerChoice, C_16_takes_a_zone_home_only_when_its_home_has_settled) {
  EXPECT_EQ(choose_servers({{"1", 1, a, b}}, {{a, 1, false}, {b}}).at("1"), b);
  EXPECT_EQ(choose_servers({{"1", 1, a, b}}, {{a, 1, true}, {b}}).at("1"), a);
}

TEST(ServerChoice, gives_an_orphan_to_its_home_among_equals_though_it_has_not_settled) {
  EXPECT_EQ(choose_servers({{"1", 1, b, std::nullopt}}, {{a, 1, false}, {b, 1, false}, {c, 1, false}}).at("1"), b);
}

TEST(ServerChoice, D_02_counts_what_else_a_server_does) {
  EXPECT_EQ(choose_servers({{"1"}}, {{.name = a, .load = 2}, {.name = b, .load = 1}}).at("1"), b);
  EXPECT_EQ(choose_servers({{"1"}}, {{.name = a, .capacity = 4, .load = 2}, {.name = b, .load = 1}}).at("1"), a);
}

TEST(ServerChoice, A_12_gives_a_zone_only_to_a_server_that_serves_it) {
  const ServerStanding east{.name = a, .zones = Names{"east"}}, both{.name = b, .load = 9, .zones = Names{"east", "west"}};
  EXPECT_EQ(choose_servers({{"west"}, {"east"}}, {east, both}), (Chosen{{"east", a}, {"west", b}}));
  EXPECT_EQ(choose_servers({{"west", 1, a, b, true}}, {east, both}), (Chosen{{"west", b}})) << "its home cannot have it";
  EXPECT_EQ(choose_servers({{"west", 1, a, a}}, {east}), Chosen{}) << "nobody serves it";
  EXPECT_EQ(choose_servers({{"west"}}, {east, {.name = c}}), (Chosen{{"west", c}})) << "it has not said what it serves";
}

TEST(ServerChoice, S_01_gives_a_flapping_server_what_nobody_else_serves) {
  const ServerStanding flapping{.name = a, .flaps = true}, east{.name = b, .zones = Names{"east"}};
  EXPECT_EQ(choose_servers({{"west", 1, a, a}, {"east", 1, a, a}}, {flapping, east}), (Chosen{{"east", b}, {"west", a}}));
}

TEST(ServerChoice, S_01_gives_a_parked_server_nothing) {
  EXPECT_EQ(choose_servers({{"1", 1, a, a}}, {{.name = a, .parked = true}, {b}}).at("1"), b);
  EXPECT_TRUE(choose_servers({{"1", 1, a, a}}, {{.name = a, .parked = true}}).empty());
}

TEST(ServerChoice, leaves_all_zones_where_there_is_no_server) { EXPECT_TRUE(choose_servers({{"1"}}, {}).empty()); }

struct Scene {
  std::vector<ZoneNeed> zones;
  std::vector<ServerStanding> servers;
};

Scene any_scene() {
  Scene scene;
  const int servers = *rc::gen::inRange(1, 6);
  for (int i = 0; i < servers; ++i)
    scene.servers.push_back(
        {ServerName{"s" + std::to_string(i)}, static_cast<double>(*rc::gen::inRange(1, 4)), *rc::gen::arbitrary<bool>()});
  const auto any_server = [&]() -> std::optional<ServerName> {
    const int i = *rc::gen::inRange(-1, servers + 2);  // some are dead
    return i < 0 ? std::nullopt : std::optional(ServerName{"s" + std::to_string(i)});
  };
  const int zones = *rc::gen::inRange(0, 12);
  for (int i = 0; i < zones; ++i)
    scene.zones.push_back({"z" + std::to_string(i), static_cast<double>(*rc::gen::inRange(1, 5)), any_server(), any_server()});
  return scene;
}

RC_GTEST_PROP(ServerChoice, gives_each_zone_to_a_server_that_lives, ()) {
  const Scene scene = any_scene();
  const Chosen chosen = choose_servers(scene.zones, scene.servers);
  RC_ASSERT(chosen.size() == scene.zones.size());
  for (const auto& [zone, server] : chosen)
    RC_ASSERT(std::any_of(scene.servers.begin(), scene.servers.end(), [&](const ServerStanding& s) { return s.name == server; }));
}

RC_GTEST_PROP(ServerChoice, moves_nothing_once_it_is_followed, ()) {
  Scene scene = any_scene();
  const Chosen chosen = choose_servers(scene.zones, scene.servers);
  for (ZoneNeed& zone : scene.zones) zone.current = chosen.at(zone.name);
  RC_ASSERT(choose_servers(scene.zones, scene.servers) == chosen);
}

RC_GTEST_PROP(ServerChoice, is_the_same_in_whatever_order_it_is_asked, ()) {
  Scene scene = any_scene();
  const Chosen chosen = choose_servers(scene.zones, scene.servers);
  std::reverse(scene.zones.begin(), scene.zones.end());
  std::reverse(scene.servers.begin(), scene.servers.end());
  RC_ASSERT(choose_servers(scene.zones, scene.servers) == chosen);
}

RC_GTEST_PROP(ServerChoice, moves_no_zone_whose_server_lives_but_home, ()) {
  const Scene scene = any_scene();
  const Chosen chosen = choose_servers(scene.zones, scene.servers);
  for (const ZoneNeed& zone : scene.zones) {
    const bool lives =
        std::any_of(scene.servers.begin(), scene.servers.end(), [&](const ServerStanding& s) { return s.name == zone.current; });
    if (lives) RC_ASSERT(chosen.at(zone.name) == *zone.current || chosen.at(zone.name) == *zone.home);
  }
}

RC_GTEST_PROP(ServerChoice, leaves_no_server_overloaded_that_another_could_relieve_of_an_orphan, ()) {
  Scene scene = any_scene();
  for (ZoneNeed& zone : scene.zones) zone.home.reset(), zone.current.reset(), zone.weight = 1;
  for (ServerStanding& server : scene.servers) server.capacity = 1;
  std::map<ServerName, int> zones;
  for (const ServerStanding& server : scene.servers) zones[server.name] = 0;
  for (const auto& [zone, server] : choose_servers(scene.zones, scene.servers)) ++zones[server];
  const auto [least, most] = std::minmax_element(zones.begin(), zones.end(), [](auto& x, auto& y) { return x.second < y.second; });
  RC_ASSERT(most->second - least->second <= 1);
}

}  // namespace
}  // namespace everdial
