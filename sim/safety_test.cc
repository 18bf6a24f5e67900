#include <gtest/gtest.h>

#include "base/sanitized.h"
#include "sim/world.h"

// Each safety step of the dial protocol, taken out: the simulator must miss it. With all of them in, the same runs are well.

namespace everdial::sim {
namespace {

Options rough(Without without) {
  Options options;
  options.servers = 2;
  options.contacts = 30;
  options.calls_per_second = 20;
  options.faults_for = 15s;
  options.without = without;
  return options;
}

/// The first of `runs` runs that breaks an invariant; 0 when none does.
uint64_t first_broken(Without without, uint64_t runs) {
  for (uint64_t seed = 1; seed <= runs; ++seed) {
    World world(seed, rough(without));
    if (world.run().kind == World::Outcome::Kind::broken_invariant) return seed;
  }
  return 0;
}

constexpr uint64_t kRuns = 60;

TEST(Safety, with_all_its_steps_holds_in_every_run) {
  for (uint64_t seed = 1; seed <= repeats(15); ++seed) {  // everdial-sim plays thousands
    World world(seed, rough(Without::nothing));
    const World::Outcome outcome = world.run();
    EXPECT_EQ(outcome.kind, World::Outcome::Kind::well) << "seed " << seed << ": " << outcome.what;
  }
}

Options with_goal(uint64_t seed, Without without) {
  Options options = rough(without);
  options.goal = 1 + static_cast<int64_t>(seed % 5);
  return options;
}

TEST(Safety, C_11_whatever_fails_no_job_is_dialed_past_its_goal_or_its_time) {
  for (uint64_t seed = 1; seed <= repeats(15); ++seed) {
    Options options = with_goal(seed, Without::nothing);
    if (seed % 3 == 0) {
      options.goal = 0;
      options.finish_after = 8s;
    }
    World world(seed, options);
    const World::Outcome outcome = world.run();
    EXPECT_EQ(outcome.kind, World::Outcome::Kind::well) << "seed " << seed << ": " << outcome.what;
  }
}

TEST(Safety, C_11_without_the_dialing_allowance_dials_past_a_goal) {
  bool missed = false;
  for (uint64_t seed = 1; seed <= 10 && !missed; ++seed)
    missed = World(seed, with_goal(seed, Without::allowance)).run().what.ends_with("was dialed past its goal");
  EXPECT_TRUE(missed);
}

TEST(Safety, without_the_write_ahead_dials_what_no_record_tells_of) { EXPECT_NE(first_broken(Without::write_ahead, kRuns), 0u); }
/// The server of job 1's owner stands still (as a virtual machine that is moved does) until another owns the job, and then goes on where it
/// was.
World::Outcome frozen_owner(uint64_t seed, Without without) {
  World world(seed, rough(without));
  for (int round = 0; round < 4; ++round) {
    world.play(1500ms);
    for (const LeaseRow& row : world.tables().leases.leases({}).value())
      if (row.resource == job_resource(JobId{1}) && row.holder) world.pause(row.holder_server->value, 8s);
    world.play(10s);
  }
  return world.converge();
}

TEST(Safety, without_the_fence_lets_a_stale_owner_write_and_with_it_does_not) {
  bool missed = false;
  for (uint64_t seed = 1; seed <= 10 && (kFewer == 1 || !missed); ++seed) {
    const auto fenced = frozen_owner(seed, Without::nothing);
    EXPECT_EQ(fenced.kind, World::Outcome::Kind::well) << "seed " << seed << ": " << fenced.what;
    missed = missed || frozen_owner(seed, Without::fence).kind == World::Outcome::Kind::broken_invariant;
  }
  EXPECT_TRUE(missed);
}

/// Whoever takes a lease over asks for it while the database is slow, and the holder's server is thawed and renews it just then.
World::Outcome slow_taker(uint64_t seed, Without without) {
  World world(seed, rough(without));
  world.play(3s);
  Ground& ground = world.ground();
  for (int round = 0; round < 12; ++round) {
    const auto masters = world.acting(Resource{"campaign_director"});
    if (masters.empty()) break;
    ground.weather.slowest_store = 1500ms;
    world.pause(masters.front().substr(0, masters.front().find('/')) + "/server", ground.timeline.between(1500ms, 4s));
    if (!world.play(6s)) break;
    ground.weather.slowest_store = 4ms;
    if (!world.play(4s)) break;
  }
  return world.converge();
}

TEST(Safety, without_the_renew_check_takes_a_lease_from_a_holder_that_is_renewed_and_with_it_does_not) {
  bool missed = false;
  for (uint64_t seed = 1; seed <= 6 && (kFewer == 1 || !missed); ++seed) {
    const auto checked = slow_taker(seed, Without::nothing);
    EXPECT_EQ(checked.kind, World::Outcome::Kind::well) << "seed " << seed << ": " << checked.what;
    missed = missed || slow_taker(seed, Without::renew_check).kind == World::Outcome::Kind::broken_invariant;
  }
  EXPECT_TRUE(missed);
}

TEST(Safety, without_the_barrier_settles_what_is_still_to_be_executed) { EXPECT_NE(first_broken(Without::barrier, kRuns), 0u); }
TEST(Safety, without_the_duplicate_check_executes_an_order_twice) { EXPECT_NE(first_broken(Without::duplicate_check, kRuns), 0u); }

// Found by the demo under --kill-every: the successor of a dead MPP took a call that was being given up for unanswered, and the contact,
// who had picked up meanwhile, was called again.
TEST(Safety, M_06_who_picks_up_while_an_mpp_dies_is_not_called_again) {
  Options options = rough(Without::nothing);
  options.contacts = 200;
  for (uint64_t seed = 1; seed <= repeats(10); ++seed) {
    World world(seed, options);
    Timeline& timeline = world.ground().timeline;
    for (int round = 0; round < 600; ++round) {
      ASSERT_TRUE(world.play(50ms)) << "seed " << seed << ": " << world.broken();
      std::set<std::string> doomed;
      for (const Carrier::Leg& leg : world.carrier().legs())
        if (!leg.over && !leg.answered && timeline.now() - leg.invited_at > 10s && timeline.chance(0.05)) doomed.insert(leg.mpp);
      for (const std::string& mpp : doomed) world.kill(mpp);
    }
    const World::Outcome outcome = world.converge();
    EXPECT_EQ(outcome.kind, World::Outcome::Kind::well) << "seed " << seed << ": " << outcome.what;
  }
}

TEST(Safety, a_seed_is_one_history) {
  auto play = [] {
    World world(7, rough(Without::nothing));
    const auto outcome = world.run();
    return std::tuple(outcome.events, outcome.invites, outcome.attempts, outcome.took);
  };
  EXPECT_EQ(play(), play());
}

}  // namespace
}  // namespace everdial::sim
