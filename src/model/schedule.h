#pragma once

#include <chrono>
#include <optional>
#include <set>
#include <string>
#include <vector>

#include "base/result.h"
#include "base/time.h"

namespace everdial {

enum class Recurrence { once, weekly, monthly };
template <>
inline constexpr auto enum_names<Recurrence> = std::to_array<std::pair<Recurrence, std::string_view>>({
    {Recurrence::once, "once"},
    {Recurrence::weekly, "weekly"},
    {Recurrence::monthly, "monthly"},
});

/// At what times something is due, by the clock of one time zone; stored as JSON in schedule.timetable.
struct Timetable {
  Recurrence recurrence = Recurrence::weekly;
  std::string time_zone = "UTC";
  std::set<int> minutes;                                   ///< times of day, minutes after midnight
  std::set<unsigned> weekdays;                             ///< with weekly: 1 is Monday, 7 Sunday
  std::set<int> days;                                      ///< with monthly: 1 to 31, -1 for the last; a month without that day is left out
  std::optional<std::chrono::year_month_day> from, until;  ///< both included; with once, `from` is the day
  bool operator==(const Timetable&) const = default;
};

/// Errors name the JSON pointer of the field, what was wrong and what is allowed.
Result<Timetable> timetable_from_json(const std::string& json);
std::string to_json(const Timetable& timetable);

/// The first due time after this moment. A time of day that the clock skips is due when it jumps, one that comes twice the first time.
std::optional<Instant> next_due(const Timetable& timetable, Instant after);

/// What becomes of a due time for which nobody was there in time.
enum class Misfire { run_once, skip };
template <>
inline constexpr auto enum_names<Misfire> = std::to_array<std::pair<Misfire, std::string_view>>({
    {Misfire::run_once, "run_once"},
    {Misfire::skip, "skip"},
});

/// What is begun by a schedule.
enum class ScheduledKind { start_job, export_contacts, export_attempts, purge, import };
template <>
inline constexpr auto enum_names<ScheduledKind> = std::to_array<std::pair<ScheduledKind, std::string_view>>({
    {ScheduledKind::start_job, "start_job"},
    {ScheduledKind::export_contacts, "export_contacts"},
    {ScheduledKind::export_attempts, "export_attempts"},
    {ScheduledKind::purge, "purge"},
    {ScheduledKind::import, "import"},
});

}  // namespace everdial
