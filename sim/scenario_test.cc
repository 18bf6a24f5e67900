#include <gtest/gtest.h>

#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <sstream>

#include "base/sanitized.h"
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
  uint64_t fail_every = 1;  ///< long scenarios: each so many-th effect fails, in turn
};

/// Plays one scenario's commands. Names: "as1" is a server, "as1/mpp/1" a process, "as1/server" the one that started all others there;
/// "@RESOURCE" is the process that acts under it, or, where a server is meant, that process's server; "@RESOURCE/server" likewise. "peer"
/// is another server than the one named before it, "peers" are all others, "database" is the database.
class Player {
 public:
  explicit Player(uint64_t fail_effect) : fail_effect_(fail_effect) {
    options_.servers = 1;
    options_.mpps_per_server = 1;
    options_.contacts = 1;
  }

  Played play(const std::string& commands) {
    std::istringstream lines(commands);
    for (std::string line; std::getline(lines, line);) {
      std::istringstream words(line);
      std::string verb, argument, more;
      words >> verb >> argument >> more;
      if (verb.empty() || verb[0] == '#' || option(verb, argument)) continue;
      begin();
      if (!command(verb, argument, more)) ADD_FAILURE() << "no such command: " << line;
    }
    begin();
    played_.outcome = world_->converge();
    played_.effects = world_->ground().effects;
    const auto& attempts = world_->tables().attempts;
    played_.transcript +=
        "-- " + std::to_string(world_->carrier().legs().size()) + " INVITEs, " + std::to_string(attempts.size()) + " attempts\n";
    return played_;
  }

 private:
  bool option(const std::string& verb, const std::string& value) {
    if (verb == "servers") options_.servers = std::stoi(value);
    else if (verb == "mpps") options_.mpps_per_server = std::stoi(value);
    else if (verb == "contacts") options_.contacts = std::stoi(value);
    else if (verb == "fail-every") played_.fail_every = std::stoull(value);
    else if (verb == "agents") options_.agents = std::stoi(value);
    else if (verb == "goal") options_.goal = std::stoi(value);
    else if (verb == "scheduled") options_.scheduled = true;
    else if (verb == "finish-after") options_.finish_after = duration_of(value);
    else return false;
    return true;
  }

  void begin() {
    if (world_) return;
    world_ = std::make_unique<World>(1, options_);
    Ground& ground = world_->ground();
    ground.fail_effect = fail_effect_;
    const Instant start = ground.timeline.now();
    ground.narrate = [this, &ground, start](const std::string& who, const std::string& what) {
      const bool again = said_ == who + what;
      said_ = who + what;
      repeated_ = again ? repeated_ + 1 : 0;
      if (repeated_ > 2) return;  // somebody is asked again and again
      char at[32];
      std::snprintf(at, sizeof at, "%9.3f  ", std::chrono::duration<double>(ground.timeline.now() - start).count());
      played_.transcript += at + who + std::string(who.size() < 20 ? 20 - who.size() : 1, ' ') + what + "\n";
    };
  }

  bool command(const std::string& verb, const std::string& argument, const std::string& more) {
    Weather& weather = world_->ground().weather;
    if (verb == "play") world_->play(duration_of(argument));
    else if (verb == "kill") world_->kill(process(argument));
    else if (verb == "pause") world_->pause(process(argument), duration_of(more));
    else if (verb == "keep-away") world_->keep_away(process(argument), duration_of(more));
    else if (verb == "stop") world_->stop(process(argument));
    else if (verb == "lose-journal") world_->lose_journal(argument);
    else if (verb == "power-off") world_->cut_power(server(argument), duration_of(more));
    else if (verb == "cut")
      for (const std::string& other : others(server(argument), more)) weather.cut(server(argument), other);
    else if (verb == "cut-one-way")
      for (const std::string& other : others(server(argument), more)) weather.cut_one_way(server(argument), other);
    else if (verb == "heal") weather.heal();
    else if (verb == "owned") owned(Resource{argument}, duration_of(more));
    else if (verb == "apart") apart(argument, more);
    else if (verb == "request") world_->tables().jobs.at(JobId{1}).requested = parse_enum<JobRequest>(argument);
    else return false;
    return true;
  }

  /// "owned RESOURCE 3s": a process that is able to acts under it within that time; how long it took stands in the transcript.
  void owned(const Resource& resource, Duration budget) {
    const auto took = world_->until_owned(resource, 20s);
    if (fail_effect_ != 0) return;  // the failing effect may well be the acquire
    ASSERT_TRUE(took) << resource.value << " is nobody's";
    EXPECT_LT(*took, budget) << resource.value;
    played_.transcript += "-- " + world_->acting(resource).front() + " acts for " + resource.value + " after " +
                          std::to_string(std::chrono::duration_cast<std::chrono::milliseconds>(*took).count()) + " ms\n";
  }

  /// "apart @RESOURCE @RESOURCE": they are not acted under on one server.
  void apart(const std::string& one, const std::string& other) {
    if (fail_effect_ != 0) return;
    EXPECT_NE(server(one), server(other)) << one << " and " << other;
  }

  std::string process(const std::string& name) {
    if (!name.starts_with('@')) return name;
    const bool its_server = name.ends_with("/server");
    const Resource resource{name.substr(1, its_server ? name.rfind('/') - 1 : std::string::npos)};
    EXPECT_TRUE(world_->until_owned(resource, 20s)) << resource.value << " is nobody's";
    const std::string found = world_->acting(resource).at(0);
    return its_server ? found.substr(0, found.find('/')) + "/server" : found;
  }
  std::string server(const std::string& name) {
    const std::string found = process(name);
    return found.substr(0, found.find('/'));
  }
  std::vector<std::string> others(const std::string& server, const std::string& name) const {
    if (name == "database") return {""};
    if (!name.starts_with("peer")) return {name};
    std::vector<std::string> out;
    for (int i = 1; i <= options_.servers; ++i)
      if (const std::string other = "as" + std::to_string(i); other != server) out.push_back(other);
    if (name == "peer") out.resize(1);
    return out;
  }

  uint64_t fail_effect_;
  Options options_;
  std::unique_ptr<World> world_;
  Played played_;
  std::string said_;  ///< last,
  int repeated_ = 0;  ///< and how often since
};

Played play(const std::string& commands, uint64_t fail_effect) { return Player(fail_effect).play(commands); }

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
  const Played played = play(scenario.commands, 0);
  const uint64_t effects = played.effects;
  ASSERT_GT(effects, 10u);
  for (uint64_t n = 1; n <= effects; n += kFewer * played.fail_every) {
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
