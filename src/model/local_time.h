#pragma once

#include <chrono>
#include <string>

#include "base/time.h"

// What the clocks of an IANA time zone show. A zone that does not exist counts as UTC: whoever takes a name from outside asks is_time_zone.

namespace everdial {

/// Whether `name` is an IANA time zone known on this machine. May read a file; slow.
bool is_time_zone(const std::string& name);

/// When the clock there shows so many minutes after midnight of that day: the first time, where it does so twice; where it never does,
/// because the clock is put forward, the moment at which it jumps.
Instant local_instant(const std::string& zone, std::chrono::year_month_day day, int minute);
/// The day that it is there.
std::chrono::year_month_day local_day(const std::string& zone, Instant at);

}  // namespace everdial
