#include "load_monitor/load_machine.h"

#include <algorithm>
#include <cmath>

namespace everdial {
namespace {

std::string percent(double share) { return std::to_string(std::lround(share * 100)) + " %"; }

/// Restricted while there is no server with room left: work goes to where there is some.
void restrict(const LoadsSeen& seen, int known, int high, bool lasting, std::vector<LoadEffect>& effects) {
  const bool all_high = known > 0 && high == known;
  for (const auto& [what, _] : enum_names<Restriction>) {
    if (all_high && lasting && !seen.restricted.contains(what))
      effects.push_back(
          Restrict{what, known == 1 ? "the server is under high load" : "all " + std::to_string(known) + " servers are under high load"});
    if (!all_high && seen.restricted.contains(what)) effects.push_back(LiftRestriction{what});
  }
}

}  // namespace

LoadLevel LoadMachine::level_of(double load, LoadLevel present) const {
  if (load >= (present == LoadLevel::high ? high_from_ - high_leaves : high_from_)) return LoadLevel::high;
  if (load < (present == LoadLevel::low ? low_until : low_below)) return LoadLevel::low;
  return LoadLevel::normal;
}

LevelDecided LoadMachine::decide(const ServerLoad& server) const {
  LevelDecided decided{server.server};
  decided.silent = server.age >= silent_after;
  if (server.age >= stale_after) {
    decided.reason = "no data for 15 minutes";
    return decided;
  }
  const LoadLevel present = server.decided ? server.decided->level : LoadLevel::unknown;
  decided.level = level_of(std::max(server.load.cpu, server.load.memory), present);
  decided.reason =
      server.load.cpu >= server.load.memory ? "processors at " + percent(server.load.cpu) : "memory at " + percent(server.load.memory);
  if (decided.silent) decided.reason += ", no data since 30 s";
  return decided;
}

std::vector<LoadEffect> LoadMachine::step(const LoadInput& input, Instant) const {
  const auto& seen = std::get<LoadsSeen>(input);
  std::vector<LoadEffect> effects;
  int known = 0, high = 0;
  bool lasting = true;
  for (const ServerLoad& server : seen.servers) {
    LevelDecided decided = decide(server);
    // A server that is silent may be gone; what it was is nothing to go by.
    if (decided.level != LoadLevel::unknown && !decided.silent) {
      ++known;
      high += decided.level == LoadLevel::high;
      lasting = lasting && server.decided && server.decided->level == LoadLevel::high && server.decided_for >= restrict_after;
    }
    // The reason tells why the level was entered; the figures of each second are in the samples.
    if (!server.decided || server.decided->level != decided.level || server.decided->silent != decided.silent)
      effects.push_back(SaveLevel{std::move(decided)});
  }
  restrict(seen, known, high, lasting, effects);
  return effects;
}

}  // namespace everdial
