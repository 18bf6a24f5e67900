#include <gtest/gtest.h>

#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <sstream>

#include "sim/world.h"

// Scenarios: tests/scenarios/*.txt, what is done above the line of dashes, the transcript that it must give below. EVERDIAL_REWRITE=1
// writes the transcripts anew; read the diff. Each scenario is also played with its first, second, third ... effect failing: however it
// goes wrong, nothing is lost or dialed twice, and all is settled in the end.

namespace everdial::sim {
namespace {

namespace fs = std::filesystem;

std::string read(const fs::path& file) {
  std::ostringstream text;
  text << std::ifstream(file).rdbuf();
  return text.str();
}

struct Scenario {
  std::string commands;
  std::string transcript;
};
constexpr const char* kLine = "----\n";

Scenario load(const fs::path& file) {
  const std::string text = read(file);
  const size_t line = text.find(kLine);
  if (line == std::string::npos) return {text, ""};
  return {text.substr(0, line), text.substr(line + std::string(kLine).size())};
}

Duration duration_of(const std::string& text) {  // "1500ms", "5s"
  const auto number = std::stoll(text);
  return text.ends_with("ms") ? Duration{number * 1000} : Duration{number * 1'000'000};
}

struct Played {
  World::Outcome outcome;
  std::string transcript;
  uint64_t effects = 0;
};

Played play(const std::string& commands, uint64_t fail_effect) {
  Options options;
  options.servers = 1;
  options.mpps_per_server = 1;
  options.contacts = 1;
  std::unique_ptr<World> world;
  Played played;
  auto begin = [&] {
    if (world) return;
    world = std::make_unique<World>(1, options);
    Ground& ground = world->ground();
    ground.fail_effect = fail_effect;
    const Instant start = ground.timeline.now();
    ground.narrate = [&played, &ground, start](const std::string& who, const std::string& what) {
      char at[32];
      std::snprintf(at, sizeof at, "%9.3f  ", std::chrono::duration<double>(ground.timeline.now() - start).count());
      played.transcript += at + who + std::string(who.size() < 20 ? 20 - who.size() : 1, ' ') + what + "\n";
    };
  };
  // "owned RESOURCE 3s": somebody who is able to acts under it within that time; how long it took stands in the transcript.
  const auto own = [&](World& playing, const Resource& resource, Duration budget) {
    const auto took = playing.until_owned(resource, 20s);
    if (fail_effect != 0) return;
    ASSERT_TRUE(took) << resource.value << " is nobody's";
    EXPECT_LT(*took, budget) << resource.value;
    played.transcript += "-- " + playing.acting(resource).front() + " acts for " + resource.value + " after " +
                         std::to_string(std::chrono::duration_cast<std::chrono::milliseconds>(*took).count()) + " ms\n";
  };
  std::istringstream lines(commands);
  for (std::string line; std::getline(lines, line);) {
    std::istringstream words(line);
    std::string verb, argument, more;
    words >> verb >> argument >> more;
    if (verb.empty() || verb[0] == '#') continue;
    if (verb == "servers") options.servers = std::stoi(argument);
    else if (verb == "mpps") options.mpps_per_server = std::stoi(argument);
    else if (verb == "contacts") options.contacts = std::stoi(argument);
    else {
      begin();
      if (verb == "play") world->play(duration_of(argument));
      else if (verb == "kill") world->kill(argument);
      else if (verb == "pause") world->pause(argument, duration_of(more));
      else if (verb == "power-off") world->cut_power(argument, duration_of(more));
      else if (verb == "cut") world->ground().weather.cut(argument, more == "database" ? "" : more);
      else if (verb == "cut-one-way")
        world->ground().weather.cut_one_way(argument == "database" ? "" : argument, more == "database" ? "" : more);
      else if (verb == "stop") world->stop(argument);
      else if (verb == "owned") own(*world, Resource{argument}, duration_of(more));
      else if (verb == "heal") world->ground().weather.heal();
      else if (verb == "request") world->tables().jobs.at(JobId{1}).requested = parse_enum<JobRequest>(argument);
      else ADD_FAILURE() << "no such command: " << line;
    }
  }
  begin();
  played.outcome = world->converge();
  played.effects = world->ground().effects;
  const auto& attempts = world->tables().attempts;
  played.transcript +=
      "-- " + std::to_string(world->carrier().legs().size()) + " INVITEs, " + std::to_string(attempts.size()) + " attempts\n";
  return played;
}

class Scenarios : public testing::TestWithParam<fs::path> {};

TEST_P(Scenarios, goes_as_its_transcript_says) {
  const Scenario scenario = load(GetParam());
  const Played played = play(scenario.commands, 0);
  EXPECT_EQ(played.outcome.kind, World::Outcome::Kind::well) << played.outcome.what;
  if (std::getenv("EVERDIAL_REWRITE")) {
    std::ofstream(GetParam()) << scenario.commands << kLine << played.transcript;
    return;
  }
  EXPECT_EQ(played.transcript, scenario.transcript) << "if this is what it should be: EVERDIAL_REWRITE=1, and read the diff";
}

TEST_P(Scenarios, ends_well_whichever_one_of_its_effects_fails) {
  const Scenario scenario = load(GetParam());
  const uint64_t effects = play(scenario.commands, 0).effects;
  ASSERT_GT(effects, 10u);
  for (uint64_t n = 1; n <= effects; ++n) {
    const World::Outcome outcome = play(scenario.commands, n).outcome;
    ASSERT_EQ(outcome.kind, World::Outcome::Kind::well) << "with effect " << n << " of " << effects << " failing: " << outcome.what;
  }
}

std::vector<fs::path> all_scenarios() {
  std::vector<fs::path> out;
  for (const auto& entry : fs::directory_iterator(EVERDIAL_SCENARIOS))
    if (entry.path().extension() == ".txt") out.push_back(entry.path());
  std::sort(out.begin(), out.end());
  return out;
}

INSTANTIATE_TEST_SUITE_P(Files, Scenarios, testing::ValuesIn(all_scenarios()), [](const auto& info) { return info.param.stem().string(); });

TEST(FollowAContact, is_the_page_that_says_what_the_scenario_shows) {
  const fs::path page = EVERDIAL_FOLLOW_PAGE;
  const std::string transcript = load(fs::path(EVERDIAL_SCENARIOS) / "follow_a_contact.txt").transcript;
  std::string text = read(page);
  const std::string open = "```transcript\n";
  const size_t from = text.find(open);
  ASSERT_NE(from, std::string::npos);
  const size_t start = from + open.size(), end = text.find("```", start);
  if (std::getenv("EVERDIAL_REWRITE")) {
    std::ofstream(page) << text.substr(0, start) + transcript + text.substr(end);
    return;
  }
  EXPECT_EQ(text.substr(start, end - start), transcript);
}

}  // namespace
}  // namespace everdial::sim
