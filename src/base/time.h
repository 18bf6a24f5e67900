#pragma once

#include <chrono>
#include <optional>
#include <string>
#include <string_view>

namespace everdial {

using Duration = std::chrono::microseconds;

/// A point in time, microseconds since 1970 UTC. Which clock it comes from is the caller's matter: machines are told `now`.
using Instant = std::chrono::sys_time<Duration>;

using namespace std::chrono_literals;

/// "2026-03-01T12:00:00.000123Z"
std::string to_iso8601(Instant at);

/// Reads what to_iso8601 writes; the fraction and its length are optional, the zone must be Z. Empty when it is anything else.
std::optional<Instant> parse_iso8601(std::string_view text);

inline int64_t to_micros(Instant at) { return at.time_since_epoch().count(); }
inline Instant from_micros(int64_t micros) { return Instant{Duration{micros}}; }

}  // namespace everdial
