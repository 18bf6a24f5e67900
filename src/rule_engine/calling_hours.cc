#include "rule_engine/calling_hours.h"

#include <cctz/time_zone.h>

namespace everdial {
namespace {

bool open_at(const CallingHours& hours, int minute) {
  if (hours.from_minute == hours.until_minute) return true;
  if (hours.from_minute < hours.until_minute) return minute >= hours.from_minute && minute < hours.until_minute;
  return minute >= hours.from_minute || minute < hours.until_minute;
}

}  // namespace

std::optional<Instant> next_opening(const CallingHours& hours, const std::string& time_zone, Instant now) {
  cctz::time_zone zone = cctz::utc_time_zone();
  if (!time_zone.empty()) cctz::load_time_zone(time_zone, &zone);  // stays UTC when there is no such zone
  const cctz::civil_second local = cctz::convert(std::chrono::floor<std::chrono::seconds>(now), zone);
  if (open_at(hours, local.hour() * 60 + local.minute())) return std::nullopt;
  const cctz::civil_day today(local);
  cctz::civil_second opening = cctz::civil_second(today) + hours.from_minute * 60;
  if (opening <= local) opening = cctz::civil_second(today + 1) + hours.from_minute * 60;
  // A local time that daylight saving skips begins with the transition; one that comes twice, the first time.
  const auto found = zone.lookup(opening);
  return Instant{found.kind == cctz::time_zone::civil_lookup::SKIPPED ? found.trans : found.pre};
}

}  // namespace everdial
