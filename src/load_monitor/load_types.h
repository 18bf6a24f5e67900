#pragma once

#include <optional>
#include <set>
#include <string>
#include <variant>
#include <vector>

#include "base/enum_names.h"
#include "base/time.h"
#include "model/ids.h"

namespace everdial {

/// `unknown`: no data younger than 15 minutes, so nothing may be restricted by it (L-02).
enum class LoadLevel { unknown, low, normal, high };
template <>
inline constexpr auto enum_names<LoadLevel> = std::to_array<std::pair<LoadLevel, std::string_view>>({
    {LoadLevel::unknown, "unknown"},
    {LoadLevel::low, "low"},
    {LoadLevel::normal, "normal"},
    {LoadLevel::high, "high"},
});

/// What a server says of itself.
struct HostLoad {
  double cpu = 0;        ///< share of all processors in use, 0 to 1
  double memory = 0;     ///< share of the memory that is not available, 0 to 1
  double run_queue = 0;  ///< load average over one minute, by processor
};

/// What the master decided of a server.
struct LevelDecided {
  ServerName server;
  LoadLevel level = LoadLevel::unknown;
  bool silent = false;  ///< no sample for 30 s: an alarm
  std::string reason;
  bool operator==(const LevelDecided&) const = default;
};

/// A server as the master finds it in the database.
struct ServerLoad {
  ServerName server;
  HostLoad load;
  Duration age{};  ///< of the sample, by the database's clock
  std::optional<LevelDecided> decided;
  Duration decided_for{};  ///< how long ago that was
};

/// What is not begun while it would make things worse (L-03).
enum class Restriction { imports, exports, job_starts };
template <>
inline constexpr auto enum_names<Restriction> = std::to_array<std::pair<Restriction, std::string_view>>({
    {Restriction::imports, "imports"},
    {Restriction::exports, "exports"},
    {Restriction::job_starts, "job_starts"},
});

/// All servers that ever reported, and what is restricted.
struct LoadsSeen {
  std::vector<ServerLoad> servers;
  std::set<Restriction> restricted;
};
using LoadInput = std::variant<LoadsSeen>;

struct SaveLevel {
  LevelDecided decided;
};
/// From now on, until it is lifted.
struct Restrict {
  Restriction what = Restriction::imports;
  std::string reason;
};
struct LiftRestriction {
  Restriction what = Restriction::imports;
};
using LoadEffect = std::variant<SaveLevel, Restrict, LiftRestriction>;

}  // namespace everdial
