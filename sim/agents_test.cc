#include <gtest/gtest.h>

#include "base/sanitized.h"
#include "sim/world.h"

// Jobs with agents: robots at their desktops, the agent manager killed, frozen and cut off while they talk.

namespace everdial::sim {
namespace {

Options with_agents(PacingMode pacing) {
  Options options;
  options.servers = 2;
  options.contacts = kFewer == 1 ? 40 : 15;
  options.agents = 5;
  options.pacing = pacing;
  options.converge_within = 900s;
  return options;
}

const Resource kZone = agent_zone_resource("default");

/// Plays until agents talk, then does `fault` to the master of the zone, again and again.
World::Outcome while_they_talk(uint64_t seed, PacingMode pacing, const std::function<void(World&, const std::string&)>& fault, int times) {
  World world(seed, with_agents(pacing));
  for (int i = 0; i < times; ++i) {
    if (!world.play(6s)) break;
    if (!world.until_owned(kZone, 10s)) break;
    fault(world, world.acting(kZone).front());
    if (const auto took = world.until_owned(kZone, 10s); !took || *took > 6500ms) {
      ADD_FAILURE() << "seed " << seed << ": nobody took the zone over in time";
      break;
    }
  }
  world.ground().weather.heal();
  const World::Outcome outcome = world.converge();
  EXPECT_EQ(outcome.kind, World::Outcome::Kind::well) << "seed " << seed << ": " << outcome.what;
  EXPECT_GT(world.desks().talked(), 3u);
  return outcome;
}

class AgentJobs : public testing::TestWithParam<PacingMode> {};

TEST_P(AgentJobs, D_04_are_dialed_to_their_end_and_agents_talk_to_whoever_answers) {
  const Options options = with_agents(GetParam());
  World world(1, options);
  const World::Outcome outcome = world.converge();
  EXPECT_EQ(outcome.kind, World::Outcome::Kind::well) << outcome.what;
  EXPECT_GT(world.desks().talked(), static_cast<size_t>(options.contacts / 8)) << "the others are machines, or do not answer";
  for (const auto& [id, agent] : world.agents()) EXPECT_NE(agent.states.agent, AgentState::logged_out);
}

TEST_P(AgentJobs, A_03_go_on_when_their_manager_is_killed) {
  for (uint64_t seed = 1; seed < 1 + repeats(3); ++seed)
    while_they_talk(
        seed, GetParam(), [](World& world, const std::string& master) { world.kill(master); }, 4);
}

TEST_P(AgentJobs, A_03_go_on_when_their_manager_is_frozen) {
  for (uint64_t seed = 11; seed < 11 + repeats(2); ++seed)
    while_they_talk(
        seed, GetParam(), [](World& world, const std::string& master) { world.pause(master, 8s); }, 3);
}

TEST_P(AgentJobs, A_03_go_on_when_their_managers_server_is_cut_off_from_the_database) {
  for (uint64_t seed = 21; seed < 21 + repeats(2); ++seed)
    while_they_talk(
        seed, GetParam(),
        [](World& world, const std::string& master) {
          world.ground().weather.heal();
          world.ground().weather.cut(master.substr(0, master.find('/')), "");
        },
        3);
}

TEST_P(AgentJobs, A_12_go_on_while_their_zone_is_moved_to_another_server) {
  for (uint64_t seed = 41; seed < 41 + repeats(2); ++seed) {
    World world(seed, with_agents(GetParam()));
    for (int i = 0; i < 3; ++i) {
      ASSERT_TRUE(world.play(6s)) << "seed " << seed << ": " << world.broken();
      const std::string other = world.acting(kZone).front().starts_with("as1/") ? "as2" : "as1";
      world.tables().agents_homes["default"] = ServerName{other};
      world.tables().agents_moving.insert("default");
      Duration nobody{};
      bool there = false;
      for (int step = 0; step < 40 && !there; ++step) {
        ASSERT_TRUE(world.play(50ms));
        const auto acting = world.acting(kZone);
        if (acting.empty()) nobody += 50ms;
        there = !acting.empty() && acting.front().starts_with(other + "/");
      }
      EXPECT_TRUE(there) << "seed " << seed;
      EXPECT_LT(nobody, 1s) << "seed " << seed;
    }
    const World::Outcome outcome = world.converge();
    EXPECT_EQ(outcome.kind, World::Outcome::Kind::well) << "seed " << seed << ": " << outcome.what;
    EXPECT_GT(world.desks().talked(), 3u);
    for (const auto& [id, agent] : world.agents()) EXPECT_NE(agent.states.agent, AgentState::logged_out);
  }
}

TEST_P(AgentJobs, A_02_commands_wait_for_the_new_manager_and_not_for_the_mpps_that_died_with_the_old_one) {
  World world(44, with_agents(GetParam()));  // somebody wants something meanwhile, in each mode
  ASSERT_TRUE(world.play(10s));
  const std::string master = world.acting(kZone).front();
  world.cut_power(master.substr(0, master.find('/')), 20s);
  const World::Outcome outcome = world.converge();
  EXPECT_EQ(outcome.kind, World::Outcome::Kind::well) << outcome.what;
  EXPECT_LT(world.desks().longest_wait(), 5s) << "3 s until a lost host's lease is another's, the rest to be heard again";
}

TEST_P(AgentJobs, A_14_keep_all_that_must_hold_whatever_fails) {
  for (uint64_t seed = 31; seed < 31 + repeats(6); ++seed) {
    Options options = with_agents(GetParam());
    options.faults_for = 20s;
    World world(seed, options);
    const World::Outcome outcome = world.run();
    EXPECT_EQ(outcome.kind, World::Outcome::Kind::well) << "seed " << seed << ": " << outcome.what;
  }
}

TEST(ManualJob, D_04_is_dialed_by_its_agents_hands_to_its_end) {
  World world(1, with_agents(PacingMode::manual));
  const World::Outcome outcome = world.converge();
  EXPECT_EQ(outcome.kind, World::Outcome::Kind::well) << outcome.what;
  EXPECT_GT(world.desks().talked(), 5u);
}

INSTANTIATE_TEST_SUITE_P(Modes, AgentJobs, testing::Values(PacingMode::preview, PacingMode::progressive, PacingMode::predictive),
                         [](const auto& info) { return std::string(to_string(info.param)); });

}  // namespace
}  // namespace everdial::sim
