#include "dashboard/component_watch.h"

#include <gtest/gtest.h>

namespace everdial {
namespace {

using End = ComponentWatch::End;

/// The unit of the mpp of as1, which has two processes.
class Watch : public testing::Test {
 protected:
  Watch() {
    server.name = "as1";
    server.state = ComponentState::RUNNING;
    server.known.components = {"mpp", "dashboard"};
    processes({{"a", ComponentState::RUNNING}, {"b", ComponentState::RUNNING}});
  }
  void processes(const std::vector<std::pair<std::string, ComponentState>>& states) {
    server.components = {{.component = "dashboard", .state = ComponentState::RUNNING, .incarnation = Incarnation{"d"}}};
    for (const auto& [incarnation, state] : states)
      server.components.push_back({.component = "mpp", .state = state, .incarnation = Incarnation{incarnation}});
  }
  ComponentWatch::Verdict see() { return watch.step(server, stopped_by); }

  ServerStatus server;
  std::optional<std::string> stopped_by;
  ComponentWatch watch{"mpp"};
};

TEST_F(Watch, S_03_is_up_once_the_component_runs_and_says_how_it_is_in_the_words_of_the_status) {
  processes({{"", ComponentState::STARTING}});
  EXPECT_FALSE(see().ready);
  EXPECT_EQ(see().status, "STARTING");
  processes({{"a", ComponentState::RUNNING}, {"b", ComponentState::STARTING}});
  EXPECT_TRUE(see().ready);
  EXPECT_EQ(see().status, "RUNNING, STARTING");
}

TEST_F(Watch, S_03_ends_when_the_component_dies_also_when_it_runs_again_before_the_next_look) {
  see();
  processes({{"c", ComponentState::RUNNING}, {"b", ComponentState::RUNNING}});
  EXPECT_FALSE(see().end) << "one of its processes lives";
  processes({{"c", ComponentState::RUNNING}, {"d", ComponentState::RUNNING}});
  EXPECT_FALSE(see().end) << "one of those seen last lives";
  processes({{"e", ComponentState::RUNNING}, {"f", ComponentState::RUNNING}});
  EXPECT_EQ(see().end, End::died);
}

TEST_F(Watch, S_03_ends_when_the_server_is_gone_and_waits_for_it) {
  see();
  server.state = ComponentState::STOPPED;
  processes({{"a", ComponentState::STOPPED}});
  EXPECT_EQ(see().end, End::died);
  watch = ComponentWatch{"mpp"};
  EXPECT_FALSE(see().end);
  EXPECT_FALSE(see().ready);
  EXPECT_EQ(see().status, "waits: everdial server does not run here (systemctl start everdial)");
}

TEST_F(Watch, S_03_ends_in_good_order_once_the_component_has_ended_by_order) {
  see();
  stopped_by = "ada";
  processes({{"a", ComponentState::STOPPING}});
  EXPECT_FALSE(see().end) << "it drains";
  processes({{"", ComponentState::STOPPED}});
  EXPECT_EQ(see().end, End::stopped);
}

TEST_F(Watch, waits_for_the_end_of_a_drill) {
  processes({{"", ComponentState::STOPPED}});
  EXPECT_FALSE(see().end);
  EXPECT_FALSE(see().ready);
}

TEST_F(Watch, S_02_starts_what_the_service_manager_has_stopped_and_not_what_people_have) {
  processes({{"", ComponentState::STOPPED}});
  stopped_by = kServiceManager;
  EXPECT_EQ(see().order, ComponentAction::start);
  stopped_by = "ada";
  const auto verdict = see();
  EXPECT_EQ(verdict.order, std::nullopt);
  EXPECT_EQ(verdict.end, End::not_wanted);
  EXPECT_EQ(verdict.status, "stopped by ada: everdialctl component start as1 mpp");
}

TEST_F(Watch, S_03_does_not_begin_where_the_server_has_no_such_component) {
  server.known.components = {"dashboard"};
  EXPECT_EQ(see().end, End::not_here);
}

TEST_F(Watch, S_02_stops_the_component_and_ends_when_all_of_it_has_ended) {
  see();
  EXPECT_EQ(watch.stop(server, stopped_by).order, ComponentAction::stop);
  stopped_by = kServiceManager;
  processes({{"a", ComponentState::STOPPED}, {"b", ComponentState::STOPPING}});
  EXPECT_FALSE(watch.stop(server, stopped_by).order);
  EXPECT_FALSE(watch.stop(server, stopped_by).end);
  processes({{"a", ComponentState::STOPPED}, {"b", ComponentState::STOPPED}});
  EXPECT_EQ(watch.stop(server, stopped_by).end, End::stopped);
}

}  // namespace
}  // namespace everdial
