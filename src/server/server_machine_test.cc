#include "server/server_machine.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace everdial::server {
namespace {

class Server : public testing::Test {
 protected:
  template <class E>
  std::vector<E> only(const std::vector<Effect>& effects) {
    std::vector<E> out;
    for (const auto& effect : effects)
      if (const auto* e = std::get_if<E>(&effect)) out.push_back(*e);
    return out;
  }

  std::vector<Effect> step(const Input& input) {
    auto effects = machine_.step(input, now_);
    for (const auto& effect : effects) {
      if (const auto* start = std::get_if<StartChild>(&effect)) started(start->child);
      if (const auto* bury = std::get_if<BuryDead>(&effect)) buried_.insert(buried_.end(), bury->dead.begin(), bury->dead.end());
      if (std::holds_alternative<RenewSessions>(effect)) machine_.step(SessionsRenewed{}, now_);
    }
    return effects;
  }
  void started(const ChildName& child) {
    incarnations_[child] = Incarnation{to_string(child) + "#" + std::to_string(++starts_[child])};
    machine_.step(ChildStarted{child, incarnations_[child]}, now_);
  }
  void begin() {
    for (const auto& start : only<StartChild>(machine_.begin(now_))) started(start.child);
  }
  /// Time goes on in ticks; all but `silent` make progress.
  std::vector<Effect> pass(Duration time, std::optional<ChildName> silent = {}) {
    std::vector<Effect> all;
    for (const Instant until = now_ + time; now_ < until;) {
      now_ += 100ms;
      for (const auto& child : {mpp_, dashboard_})
        if (child != silent) step(ChildProgressed{child});
      for (auto& effect : step(ServerTick{})) all.push_back(effect);
    }
    return all;
  }
  /// Alone: nobody makes progress.
  std::vector<Effect> tick_until_start(const ChildName& child, Duration at_most) {
    for (const Instant until = now_ + at_most; now_ < until;) {
      now_ += 10ms;
      auto effects = step(ServerTick{});
      for (const auto& start : only<StartChild>(effects))
        if (start.child == child) return effects;
    }
    return {};
  }

  void heed(std::set<std::string> stopped, std::vector<ComponentOrder> orders = {}) { heeded_ = step(WishesSeen{stopped, orders}); }

  const ChildName mpp_{"mpp", "1"}, dashboard_{"dashboard", ""};
  std::vector<Effect> heeded_;
  ServerMachine machine_{Incarnation{"server"}, {mpp_, dashboard_}, {}};
  Instant now_ = from_micros(1'000'000'000);
  std::map<ChildName, Incarnation> incarnations_;
  std::map<ChildName, int> starts_;
  std::vector<Incarnation> buried_;
};

TEST_F(Server, restarts_a_child_that_dies_at_once_and_releases_its_leases) {
  begin();
  pass(3s);
  const Incarnation dead = incarnations_[mpp_];
  const auto effects = step(ChildExited{mpp_});
  EXPECT_EQ(only<StartChild>(effects).at(0).child, mpp_);
  EXPECT_THAT(only<BuryDead>(effects).at(0).dead, testing::ElementsAre(dead));
  EXPECT_NE(incarnations_[mpp_], dead);
}

TEST_F(Server, waits_longer_and_longer_up_to_5_s_for_a_child_that_dies_young) {
  begin();
  std::vector<Duration> waits;
  for (int i = 0; i < 8; ++i) {
    EXPECT_TRUE(only<StartChild>(step(ChildExited{mpp_})).empty());
    const Instant died = now_;
    EXPECT_FALSE(tick_until_start(mpp_, 10s).empty());
    waits.push_back(now_ - died);
  }
  EXPECT_EQ(waits.front(), 100ms);
  EXPECT_EQ(waits.at(1), 200ms);
  EXPECT_EQ(waits.back(), 5s);
  pass(3s);
  EXPECT_EQ(only<StartChild>(step(ChildExited{mpp_})).size(), 1u) << "it lived long: no waiting";
}

TEST_F(Server, kills_a_child_whose_loop_stands_still) {
  begin();
  pass(1s);
  EXPECT_TRUE(only<KillChild>(pass(1900ms, mpp_)).empty());
  const auto kills = only<KillChild>(pass(1s, mpp_));
  ASSERT_EQ(kills.size(), 1u) << "once";
  EXPECT_EQ(kills[0].child, mpp_);
}

TEST_F(Server, says_that_a_child_whose_loop_stands_still_is_stuck_before_it_kills_it) {
  begin();
  pass(1s);
  pass(1100ms, mpp_);
  EXPECT_TRUE(machine_.unfit(now_).empty());
  EXPECT_TRUE(only<KillChild>(pass(200ms, mpp_)).empty());
  const auto unfit = machine_.unfit(now_);
  ASSERT_EQ(unfit.size(), 1u);
  EXPECT_EQ(unfit[0].incarnation, incarnations_[mpp_]);
  EXPECT_EQ(unfit[0].kind, DoubtKind::stuck);
  pass(100ms);
  EXPECT_TRUE(machine_.unfit(now_).empty()) << "it came back";
}

TEST_F(Server, says_that_a_dead_child_is_stuck_until_it_is_buried) {
  begin();
  pass(3s);
  const Incarnation dead = incarnations_[mpp_];
  step(ChildExited{mpp_});
  pass(500ms);
  EXPECT_THAT(machine_.unfit(now_), testing::Contains(Unfit{dead, DoubtKind::stuck, 500ms}));
  step(DeadBuried{{dead}});
  EXPECT_TRUE(machine_.unfit(now_).empty());
}

TEST_F(Server, A_14_neither_renews_nor_calls_fit_a_child_that_does_not_act_for_want_of_the_database) {
  begin();
  pass(1s);
  const auto say = [&] {
    now_ += 100ms;
    step(ChildProgressed{mpp_, false});
    step(ChildProgressed{dashboard_});
    return only<RenewSessions>(step(ServerTick{}));
  };
  for (int i = 0; i < 20; ++i)
    for (const auto& renewal : say()) EXPECT_THAT(renewal.incarnations, testing::Not(testing::Contains(incarnations_[mpp_])));
  const auto unfit = machine_.unfit(now_);
  ASSERT_EQ(unfit.size(), 1u);
  EXPECT_EQ(unfit[0], (Unfit{incarnations_[mpp_], DoubtKind::without_database, 2s}));
}

TEST_F(Server, does_not_hold_its_own_absence_against_the_children) {
  begin();
  pass(1s);
  now_ += 20s;  // stopped, or starved
  EXPECT_TRUE(only<KillChild>(step(ServerTick{})).empty());
  EXPECT_TRUE(only<KillChild>(pass(10s)).empty());
}

TEST_F(Server, gives_a_child_more_time_until_its_first_progress) {
  begin();
  EXPECT_TRUE(only<KillChild>(pass(14s, mpp_)).empty());
  EXPECT_EQ(only<KillChild>(pass(2s, mpp_)).size(), 1u);
}

TEST_F(Server, renews_every_half_second_those_that_made_progress_and_itself) {
  begin();
  pass(1s);
  const auto renewals = only<RenewSessions>(pass(2s, mpp_));
  ASSERT_EQ(renewals.size(), 4u);
  EXPECT_THAT(renewals.back().incarnations, testing::UnorderedElementsAre(Incarnation{"server"}, incarnations_[dashboard_]));
}

TEST_F(Server, buries_again_until_it_is_done) {
  begin();
  pass(3s);
  const Incarnation dead = incarnations_[mpp_];
  EXPECT_EQ(only<BuryDead>(step(ChildExited{mpp_})).size(), 1u);
  EXPECT_TRUE(only<BuryDead>(step(ServerTick{})).empty()) << "it is under way";
  step(DeadNotBuried{});
  EXPECT_THAT(only<BuryDead>(step(ServerTick{})).at(0).dead, testing::ElementsAre(dead));
  step(DeadBuried{{dead}});
  EXPECT_TRUE(only<BuryDead>(pass(1s)).empty());
}

TEST_F(Server, drains_all_buries_itself_and_exits_once_nothing_runs) {
  begin();
  pass(3s);
  EXPECT_EQ(only<DrainChild>(step(DrainRequested{})).size(), 2u);
  EXPECT_TRUE(step(DrainRequested{}).empty());
  EXPECT_TRUE(only<StartChild>(step(ChildExited{mpp_})).empty()) << "no restart";
  step(DeadBuried{buried_});
  step(ChildExited{dashboard_});
  const auto last = step(DeadBuried{buried_});
  EXPECT_THAT(buried_, testing::Contains(Incarnation{"server"}));
  const auto effects = only<ExitServer>(last).empty() ? step(DeadBuried{buried_}) : last;
  EXPECT_EQ(only<ExitServer>(effects).size(), 1u);
}

TEST_F(Server, exits_even_when_the_database_cannot_be_reached) {
  begin();
  pass(3s);
  step(DrainRequested{});
  step(ChildExited{mpp_});
  step(ChildExited{dashboard_});
  step(DeadNotBuried{});
  EXPECT_TRUE(only<ExitServer>(pass(2500ms)).empty());
  EXPECT_EQ(only<ExitServer>(pass(1s)).size(), 1u);
}

TEST_F(Server, S_02_stops_a_component_gracefully_and_starts_it_only_when_it_is_wanted_again) {
  begin();
  pass(3s);
  heed({"mpp"});
  ASSERT_EQ(only<DrainChild>(heeded_).size(), 1u);
  EXPECT_EQ(only<DrainChild>(heeded_)[0].child, mpp_);
  heed({"mpp"});
  EXPECT_TRUE(heeded_.empty()) << "it is under way";
  EXPECT_EQ(machine_.wanted(), 1u);
  EXPECT_TRUE(only<StartChild>(step(ChildExited{mpp_})).empty());
  EXPECT_TRUE(only<StartChild>(pass(10s, mpp_)).empty());
  heed({});
  EXPECT_EQ(only<StartChild>(heeded_).at(0).child, mpp_);
  EXPECT_EQ(machine_.wanted(), 2u);
}

TEST_F(Server, S_02_a_stopped_component_stays_stopped_when_the_server_begins_anew) {
  for (const auto& start : only<StartChild>(machine_.begin(now_, {"mpp"}))) started(start.child);
  EXPECT_EQ(starts_, (std::map<ChildName, int>{{dashboard_, 1}}));
  EXPECT_TRUE(only<StartChild>(pass(3s)).empty());
}

TEST_F(Server, S_02_a_stop_that_is_taken_back_while_it_drains_ends_with_a_start) {
  begin();
  pass(3s);
  heed({"mpp"});
  heed({});
  EXPECT_EQ(only<StartChild>(step(ChildExited{mpp_})).size(), 1u);
}

TEST_F(Server, S_02_kills_and_restarts_by_order_once) {
  begin();
  pass(3s);
  heed({}, {{"mpp", ComponentAction::kill}});
  EXPECT_EQ(only<KillChild>(heeded_).at(0).child, mpp_);
  EXPECT_EQ(only<StartChild>(step(ChildExited{mpp_})).size(), 1u);
  pass(1s);
  heed({}, {{"mpp", ComponentAction::restart}});
  EXPECT_EQ(only<DrainChild>(heeded_).at(0).child, mpp_);
  EXPECT_EQ(only<StartChild>(step(ChildExited{mpp_})).size(), 1u) << "at once, although it was young";
  EXPECT_TRUE(only<KillChild>(pass(3s)).empty());
}

TEST_F(Server, counts_deaths_of_late_but_not_those_by_order) {
  begin();
  pass(3s);
  step(ChildExited{mpp_});
  pass(3s);
  heed({}, {{"mpp", ComponentAction::kill}});
  step(ChildExited{mpp_});
  EXPECT_EQ(machine_.deaths(now_), (std::map<std::string, int>{{"mpp", 1}}));
  EXPECT_TRUE(machine_.deaths(now_ + 11min).empty());
}

TEST_F(Server, kills_a_stopped_component_that_does_not_drain_in_time) {
  begin();
  pass(3s);
  heed({"mpp"});
  EXPECT_TRUE(only<KillChild>(pass(39s)).empty());
  EXPECT_EQ(only<KillChild>(pass(2s)).size(), 1u);
}

TEST_F(Server, kills_who_does_not_drain_in_time) {
  begin();
  pass(3s);
  step(DrainRequested{});
  EXPECT_TRUE(only<KillChild>(pass(39s)).empty());
  EXPECT_EQ(only<KillChild>(pass(2s)).size(), 2u);
}

}  // namespace
}  // namespace everdial::server
