#include "model/local_time.h"

#include <cctz/time_zone.h>

#include <algorithm>
#include <cstring>

namespace everdial {
namespace {

cctz::time_zone zone_of(const std::string& name) {
  cctz::time_zone zone = cctz::utc_time_zone();
  cctz::load_time_zone(name, &zone);  // stays UTC when there is no such zone
  return zone;
}

}  // namespace

bool is_time_zone(const std::string& name) {
  // cctz would also open a path or a fixed offset of its own notation.
  const bool plain =
      !name.empty() && name.front() != '/' && name.find("..") == std::string::npos &&
      std::all_of(name.begin(), name.end(), [](char c) { return std::isalnum(static_cast<unsigned char>(c)) || (c && strchr("_+-/", c)); });
  cctz::time_zone zone;
  return plain && !name.starts_with("Fixed/") && cctz::load_time_zone(name, &zone);
}

Instant local_instant(const std::string& zone, std::chrono::year_month_day day, int minute) {
  const cctz::civil_day civil(static_cast<int>(day.year()), static_cast<unsigned>(day.month()), static_cast<unsigned>(day.day()));
  const auto found = zone_of(zone).lookup(cctz::civil_second(civil) + minute * 60);
  return Instant{found.kind == cctz::time_zone::civil_lookup::SKIPPED ? found.trans : found.pre};
}

std::chrono::year_month_day local_day(const std::string& zone, Instant at) {
  const cctz::civil_second local = cctz::convert(std::chrono::floor<std::chrono::seconds>(at), zone_of(zone));
  return {std::chrono::year{static_cast<int>(local.year())}, std::chrono::month(static_cast<unsigned>(local.month())),
          std::chrono::day(static_cast<unsigned>(local.day()))};
}

}  // namespace everdial
