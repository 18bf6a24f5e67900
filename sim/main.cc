#include <unistd.h>

#include <charconv>
#include <csignal>
#include <cstdio>
#include <cstring>
#include <string>

#include "sim/world.h"

// everdial-sim SEED [--runs N] [--minutes M] [--tell] [--json]: plays N runs from SEED on, each with other servers, jobs and faults.
// --tell: what happens, as in a scenario's transcript. Exit codes: 0 well, 2 wrong call, 127 crash, 128 no progress, 129 a broken
// invariant; the seed to replay is printed.

namespace {

using namespace everdial;
using namespace everdial::sim;

uint64_t playing_seed = 0;

extern "C" void on_crash(int) {
  char text[96];
  const int n = std::snprintf(text, sizeof text, "seed %llu: crash\n", static_cast<unsigned long long>(playing_seed));
  (void)!write(2, text, static_cast<size_t>(n));
  _exit(127);
}

bool number(const char* text, uint64_t& out) {
  const char* end = text + std::strlen(text);
  const auto [at, error] = std::from_chars(text, end, out);
  return error == std::errc{} && at == end;
}

/// The swarm: which faults a run may have, and how large it is, are themselves drawn from its seed.
Options options_of(uint64_t seed) {
  Timeline draw(seed ^ 0xE7E7E7E7);
  Options o;
  o.servers = 1 + static_cast<int>(draw.pick(3));
  o.mpps_per_server = 1 + static_cast<int>(draw.pick(2));
  o.contacts = 5 + static_cast<int>(draw.pick(45));
  o.jobs = 1 + static_cast<int>(draw.pick(2));
  o.calls_per_second = 2 + static_cast<double>(draw.pick(20));
  o.faults_for = draw.between(2s, 40s);
  o.kills = draw.chance(0.7);
  o.pauses = draw.chance(0.5);
  o.cuts = draw.chance(0.5);
  o.loss = draw.chance(0.5);
  o.store_failures = draw.chance(0.5);
  o.duplicates = draw.chance(0.5);
  o.power_cuts = draw.chance(0.5);
  return o;
}

void narrate(World& world) {
  Ground& ground = world.ground();
  ground.narrate = [&ground, start = ground.timeline.now()](const std::string& who, const std::string& what) {
    std::printf("%9.3f  %-26s %s\n", std::chrono::duration<double>(ground.timeline.now() - start).count(), who.c_str(), what.c_str());
  };
}

}  // namespace

int main(int argc, char** argv) {
  uint64_t seed = 0, runs = 1, minutes = 60;
  bool json = false, seeded = false, tell = false;
  for (int i = 1; i < argc; ++i) {
    const std::string arg = argv[i];
    const bool has_value = i + 1 < argc;
    bool fine = true;
    if (arg == "--runs" && has_value) fine = number(argv[++i], runs);
    else if (arg == "--minutes" && has_value) fine = number(argv[++i], minutes);
    else if (arg == "--json") json = true;
    else if (arg == "--tell") tell = true;
    else fine = seeded = number(arg.c_str(), seed);
    if (!fine) {
      std::fprintf(stderr, "everdial-sim SEED [--runs N] [--minutes M] [--tell] [--json]: cannot take '%s'\n", arg.c_str());
      return 2;
    }
  }
  if (!seeded) {
    std::fprintf(stderr, "everdial-sim SEED [--runs N] [--minutes M] [--tell] [--json]\n");
    return 2;
  }
  for (int signal : {SIGSEGV, SIGABRT, SIGFPE, SIGILL, SIGBUS}) std::signal(signal, on_crash);

  uint64_t played = 0, events = 0, invites = 0, unknown = 0;
  std::map<std::string, size_t> acquired;
  Duration virtual_time{};
  const auto started = std::chrono::steady_clock::now();
  for (; played < runs; ++played) {
    if (std::chrono::steady_clock::now() - started > std::chrono::minutes(minutes)) break;
    playing_seed = seed + played;
    World world(playing_seed, options_of(playing_seed));
    if (tell) narrate(world);
    const World::Outcome outcome = world.run();
    events += outcome.events;
    invites += outcome.invites;
    unknown += outcome.unknown;
    for (const auto& [reason, times] : outcome.acquired) acquired[reason] += times;
    virtual_time += outcome.took;
    if (outcome.kind == World::Outcome::Kind::well) continue;
    const bool stuck = outcome.kind == World::Outcome::Kind::no_progress;
    std::printf("seed %llu: %s after %.3f s: %s\n", static_cast<unsigned long long>(playing_seed),
                stuck ? "no progress" : "a broken invariant", std::chrono::duration<double>(outcome.took).count(), outcome.what.c_str());
    std::printf("replay it with: ./dev sim %llu\n", static_cast<unsigned long long>(playing_seed));
    if (json) std::printf("{\"seed\":%llu,\"well\":false}\n", static_cast<unsigned long long>(playing_seed));
    return stuck ? 128 : 129;
  }
  const double hours = std::chrono::duration<double>(virtual_time).count() / 3600;
  std::printf("%llu runs from seed %llu, all well: %.1f virtual hours, %llu events, %llu INVITEs, %llu attempts unknown\n",
              static_cast<unsigned long long>(played), static_cast<unsigned long long>(seed), hours,
              static_cast<unsigned long long>(events), static_cast<unsigned long long>(invites), static_cast<unsigned long long>(unknown));
  std::printf("leases acquired:");
  for (const auto& [reason, times] : acquired) std::printf(" %s %zu", reason.c_str(), times);
  std::printf("\n");
  if (json)
    std::printf("{\"seed\":%llu,\"runs\":%llu,\"well\":true,\"events\":%llu}\n", static_cast<unsigned long long>(seed),
                static_cast<unsigned long long>(played), static_cast<unsigned long long>(events));
  return 0;
}
