#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <charconv>
#include <csignal>
#include <cstdio>
#include <cstring>
#include <map>
#include <optional>
#include <string>
#include <thread>

#include "sim/world.h"

// everdial-sim SEED [--runs N] [--minutes M] [--workers N] [--tell] [--json]: plays N runs from SEED on, each with other servers, jobs and
// faults, as many at once as there are processors unless told. --tell: what happens, as in a scenario's transcript. Exit codes: 0 well, 2
// wrong call, 127 crash, 128 no progress, 129 a broken invariant; the seed to replay is printed.

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
  o.clock_steps = draw.chance(0.3);
  if (draw.chance(0.1)) {  // agents take their time: an eighth of the contacts is enough for them
    constexpr PacingMode modes[] = {PacingMode::preview, PacingMode::progressive, PacingMode::predictive, PacingMode::manual};
    o.agents = 1 + static_cast<int>(draw.pick(8));
    o.pacing = modes[draw.pick(4)];
    o.contacts = 3 + o.contacts / 8;
    o.converge_within = 900s + o.contacts * o.jobs * 60s / o.agents;
  }
  return o;
}

void narrate(World& world) {
  Ground& ground = world.ground();
  ground.narrate = [&ground, start = ground.timeline.now()](const std::string& who, const std::string& what) {
    std::printf("%9.3f  %-26s %s\n", std::chrono::duration<double>(ground.timeline.now() - start).count(), who.c_str(), what.c_str());
  };
}

/// What several runs come to; a worker hands it to its parent as it lies in memory.
struct Totals {
  uint64_t played = 0, events = 0, invites = 0, unknown = 0;
  int64_t virtual_us = 0;
  std::array<uint64_t, 16> acquired{};  ///< by reason, in the order of kReasons; the last is any other
};
constexpr auto kReasons = std::to_array<std::string_view>(
    {"released", "resumed", "holder_gone", "holder_silent", "server_silent", "server_refused", "stuck", "without_database"});
static_assert(kReasons.size() < std::tuple_size_v<decltype(Totals::acquired)>);

struct Arguments {
  uint64_t seed = 0, runs = 1, minutes = 60, workers = 0;
  bool json = false, tell = false;
};

std::optional<Arguments> arguments_of(int argc, char** argv) {
  Arguments a;
  bool seeded = false;
  for (int i = 1; i < argc; ++i) {
    const std::string arg = argv[i];
    const bool has_value = i + 1 < argc;
    bool fine = true;
    if (arg == "--runs" && has_value) fine = number(argv[++i], a.runs);
    else if (arg == "--minutes" && has_value) fine = number(argv[++i], a.minutes);
    else if (arg == "--workers" && has_value) fine = number(argv[++i], a.workers) && a.workers <= 256;
    else if (arg == "--json") a.json = true;
    else if (arg == "--tell") a.tell = true;
    else fine = seeded = number(arg.c_str(), a.seed);
    if (!fine) std::fprintf(stderr, "cannot take '%s'\n", arg.c_str());
    if (!fine) return std::nullopt;
  }
  if (!seeded) return std::nullopt;
  if (a.workers == 0) a.workers = a.tell ? 1 : std::max(1u, std::thread::hardware_concurrency());
  a.workers = std::min(a.workers, std::max<uint64_t>(a.runs, 1));
  return a;
}

void add(Totals& totals, const World::Outcome& outcome) {
  ++totals.played;
  totals.events += outcome.events;
  totals.invites += outcome.invites;
  totals.unknown += outcome.unknown;
  totals.virtual_us += outcome.took.count();
  for (const auto& [reason, times] : outcome.acquired)
    totals.acquired[static_cast<size_t>(std::find(kReasons.begin(), kReasons.end(), reason) - kReasons.begin())] += times;
}

void tell_of(const World::Outcome& outcome, bool json) {
  const auto seed = static_cast<unsigned long long>(playing_seed);
  std::printf("seed %llu: %s after %.3f s: %s\n", seed,
              outcome.kind == World::Outcome::Kind::no_progress ? "no progress" : "a broken invariant",
              std::chrono::duration<double>(outcome.took).count(), outcome.what.c_str());
  std::printf("replay it with: ./dev sim %llu\n", seed);
  if (json) std::printf("{\"seed\":%llu,\"well\":false}\n", seed);
  std::fflush(stdout);
}

/// Every so-many-th seed from the `first` on; the exit code.
int play(const Arguments& a, uint64_t first, Totals& totals) {
  const auto started = std::chrono::steady_clock::now();
  for (uint64_t run = first; run < a.runs; run += a.workers) {
    if (std::chrono::steady_clock::now() - started > std::chrono::minutes(a.minutes)) break;
    playing_seed = a.seed + run;
    World world(playing_seed, options_of(playing_seed));
    if (a.tell) narrate(world);
    const World::Outcome outcome = world.run();
    if (outcome.kind != World::Outcome::Kind::well) {
      tell_of(outcome, a.json);
      return outcome.kind == World::Outcome::Kind::no_progress ? 128 : 129;
    }
    add(totals, outcome);
  }
  return 0;
}

/// Processes, since a run that crashes must not take the others' figures with it. The first that fails ends all.
int play_at_once(const Arguments& a, Totals& totals) {
  std::map<pid_t, int> workers;  // to the end of its pipe that we read
  for (uint64_t first = 0; first < a.workers; ++first) {
    int ends[2];
    if (pipe(ends) != 0) return std::perror("pipe"), 2;
    const pid_t pid = fork();
    if (pid < 0) return std::perror("fork"), 2;
    if (pid == 0) {
      Totals mine;
      const int code = play(a, first, mine);
      if (write(ends[1], &mine, sizeof mine) != sizeof mine) _exit(2);
      _exit(code);
    }
    close(ends[1]);
    workers.emplace(pid, ends[0]);
  }
  int code = 0;
  while (!workers.empty()) {
    int status = 0;
    const pid_t pid = wait(&status);
    const auto worker = workers.extract(pid);
    if (worker.empty()) continue;
    Totals its;
    const bool whole = read(worker.mapped(), &its, sizeof its) == sizeof its;
    close(worker.mapped());
    if (code != 0) continue;
    code = WIFEXITED(status) ? WEXITSTATUS(status) : 127;
    if (code == 0 && !whole) code = 127;
    for (const auto& [other, _] : workers)
      if (code != 0) kill(other, SIGKILL);
    totals.played += its.played;
    totals.events += its.events;
    totals.invites += its.invites;
    totals.unknown += its.unknown;
    totals.virtual_us += its.virtual_us;
    for (size_t i = 0; i < its.acquired.size(); ++i) totals.acquired[i] += its.acquired[i];
  }
  return code;
}

}  // namespace

int main(int argc, char** argv) {
  const auto arguments = arguments_of(argc, argv);
  if (!arguments) {
    std::fprintf(stderr, "everdial-sim SEED [--runs N] [--minutes M] [--workers N] [--tell] [--json]\n");
    return 2;
  }
  for (int signal : {SIGSEGV, SIGABRT, SIGFPE, SIGILL, SIGBUS}) std::signal(signal, on_crash);

  Totals totals;
  const int code = arguments->workers == 1 ? play(*arguments, 0, totals) : play_at_once(*arguments, totals);
  if (code != 0) return code;
  const auto shown = [](uint64_t n) { return static_cast<unsigned long long>(n); };
  std::printf("%llu runs from seed %llu, all well: %.1f virtual hours, %llu events, %llu INVITEs, %llu attempts unknown\n",
              shown(totals.played), shown(arguments->seed), static_cast<double>(totals.virtual_us) / 3.6e9, shown(totals.events),
              shown(totals.invites), shown(totals.unknown));
  std::printf("leases acquired:");
  for (size_t i = 0; i < totals.acquired.size(); ++i)
    if (totals.acquired[i] > 0) std::printf(" %s %llu", i < kReasons.size() ? kReasons[i].data() : "other", shown(totals.acquired[i]));
  std::printf("\n");
  if (arguments->json)
    std::printf("{\"seed\":%llu,\"runs\":%llu,\"well\":true,\"events\":%llu}\n", shown(arguments->seed), shown(totals.played),
                shown(totals.events));
  return 0;
}
