#pragma once

#include <optional>
#include <string>

#include "base/time.h"

namespace everdial {

/// Minutes after local midnight; from inclusive, until exclusive; equal: all day; from > until: over midnight.
struct CallingHours {
  int from_minute = 0;
  int until_minute = 0;
};

/// Empty: a call may go out at `now` in `time_zone` (IANA name). Otherwise when calling hours begin there next, daylight saving time
/// minded. An unknown or empty zone counts as UTC.
std::optional<Instant> next_opening(const CallingHours& hours, const std::string& time_zone, Instant now);

}  // namespace everdial
