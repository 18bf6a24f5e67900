#pragma once

#include <string>

#include "base/time.h"

namespace everdial {

/// Minutes after local midnight; from inclusive, until exclusive; equal: all day; from > until: over midnight.
struct CallingHours {
  int from_minute = 0;
  int until_minute = 0;
};

/// Whether a call may go out, and when that changes next (Instant::max(): never).
struct HoursNow {
  bool open = false;
  Instant changes;
};

/// By the wall clocks of `time_zone` (IANA name), daylight saving time minded: an hour that comes twice counts twice, one that is
/// skipped not at all. An unknown or empty zone counts as UTC.
HoursNow hours_now(const CallingHours& hours, const std::string& time_zone, Instant now);

}  // namespace everdial
