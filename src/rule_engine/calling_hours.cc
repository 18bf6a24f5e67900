#include "rule_engine/calling_hours.h"

#include <cctz/time_zone.h>

#include <algorithm>

#include "base/check.h"

namespace everdial {
namespace {

bool open_at(const CallingHours& hours, const cctz::time_zone& zone, Instant at) {
  const cctz::civil_second local = cctz::convert(std::chrono::floor<std::chrono::seconds>(at), zone);
  const int minute = local.hour() * 60 + local.minute();
  if (hours.from_minute < hours.until_minute) return minute >= hours.from_minute && minute < hours.until_minute;
  return minute >= hours.from_minute || minute < hours.until_minute;
}

}  // namespace

HoursNow hours_now(const CallingHours& hours, const std::string& time_zone, Instant now) {
  if (hours.from_minute == hours.until_minute) return {true, Instant::max()};
  cctz::time_zone zone = cctz::utc_time_zone();
  if (!time_zone.empty()) cctz::load_time_zone(time_zone, &zone);  // stays UTC when there is no such zone
  const bool open = open_at(hours, zone, now);

  // It can change only when the clock shows one of the two times or jumps. Three days on: one whole day may be skipped at the date line.
  Instant changes = Instant::max();
  const auto consider = [&](Instant at) {
    if (at > now && at < changes && open_at(hours, zone, at) != open) changes = at;
  };
  const cctz::civil_day today(cctz::convert(std::chrono::floor<std::chrono::seconds>(now), zone));
  for (int day = 0; day <= 3; ++day) {
    for (const int minute : {hours.from_minute, hours.until_minute}) {
      const auto found = zone.lookup(cctz::civil_second(today + day) + minute * 60);
      for (const auto& at : {found.pre, found.trans, found.post}) consider(Instant{at});
    }
  }
  cctz::time_zone::civil_transition jump;
  if (zone.next_transition(std::chrono::floor<std::chrono::seconds>(now), &jump)) consider(Instant{zone.lookup(jump.to).trans});
  EVERDIAL_CHECK(changes != Instant::max());
  return {open, changes};
}

}  // namespace everdial
