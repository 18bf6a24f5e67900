#include "model/schedule.h"

#include <cstdio>

#include "model/json_reader.h"
#include "model/local_time.h"

namespace everdial {
namespace {

using model_json::json;
using model_json::Reader;
using model_json::wrong;
using std::chrono::days;
using std::chrono::sys_days;
using std::chrono::year_month_day;

// From the 31st to the next one at most 62 days go by, with one to spare on each side for the time zone.
constexpr days kLongestGap{64};
constexpr size_t kMostTimes = 96;

bool matches(const Timetable& t, sys_days day) {
  const year_month_day date{day};
  if (t.until && day > sys_days{*t.until}) return false;
  switch (t.recurrence) {
    case Recurrence::once:
      return date == *t.from;
    case Recurrence::weekly:
      return t.weekdays.contains(std::chrono::weekday{day}.iso_encoding());
    case Recurrence::monthly: {
      const bool last = date.month() != year_month_day{day + days{1}}.month();
      return t.days.contains(static_cast<int>(static_cast<unsigned>(date.day()))) || (last && t.days.contains(-1));
    }
  }
  return false;
}

std::optional<year_month_day> read_day(const std::string& text) {
  const auto midnight = parse_iso8601(text + "T00:00:00Z");
  return midnight && text.size() == 10 ? std::optional(year_month_day{std::chrono::floor<days>(*midnight)}) : std::nullopt;
}

std::string day_text(year_month_day day) { return to_iso8601(Instant{sys_days{day}}).substr(0, 10); }

void read_day(Reader& reader, const char* field, std::optional<year_month_day>& out) {
  const json* given = reader.find(field);
  if (!given) return;
  if (given->is_string()) out = read_day(given->get<std::string>());
  if (!out) reader.fail(wrong(field, "must be a day, as 2026-12-31"));
}

template <class Number>
void read_numbers(Reader& reader, const char* field, std::set<Number>& out, const std::string& allowed, bool (*fits)(int64_t)) {
  const json* given = reader.find(field);
  if (!given) return;
  const bool good =
      given->is_array() && !given->empty() && given->size() <= kMostTimes &&
      std::all_of(given->begin(), given->end(), [&](const json& n) { return n.is_number_integer() && fits(n.get<int64_t>()); });
  if (!good) return reader.fail(wrong(field, "must be an array of " + allowed));
  for (const json& n : *given) out.insert(n.get<Number>());
}

}  // namespace

Result<Timetable> timetable_from_json(const std::string& text) {
  const json parsed = json::parse(text, nullptr, false);
  if (!parsed.is_object()) return Error{ErrorKind::invalid, "/: a timetable must be a JSON object"};
  Timetable out;
  Reader reader(parsed, "a timetable");
  reader.choice("recurrence", out.recurrence);
  reader.text("time_zone", out.time_zone, 100);
  if (!is_time_zone(out.time_zone)) reader.fail(wrong("time_zone", "must be an IANA time zone, as Europe/Berlin"));
  read_numbers(reader, "minutes", out.minutes, "minutes after midnight, 0 to 1439, at most " + std::to_string(kMostTimes),
               [](int64_t n) { return n >= 0 && n < 1440; });
  read_numbers(reader, "weekdays", out.weekdays, "1 (Monday) to 7 (Sunday)", [](int64_t n) { return n >= 1 && n <= 7; });
  read_numbers(reader, "days", out.days, "1 to 31, or -1 for the last day", [](int64_t n) { return n == -1 || (n >= 1 && n <= 31); });
  read_day(reader, "from", out.from);
  read_day(reader, "until", out.until);
  if (const auto error = reader.finish()) return *error;
  if (out.minutes.empty()) return wrong("minutes", "is missing");
  if (out.recurrence == Recurrence::once && !out.from) return wrong("from", "is missing: the day");
  if (out.recurrence == Recurrence::weekly && out.weekdays.empty()) return wrong("weekdays", "is missing");
  if (out.recurrence == Recurrence::monthly && out.days.empty()) return wrong("days", "is missing");
  if (out.from && out.until && sys_days{*out.until} < sys_days{*out.from}) return wrong("until", "must not be before from");
  return out;
}

std::string to_json(const Timetable& t) {
  json out = {{"recurrence", to_string(t.recurrence)}, {"time_zone", t.time_zone}, {"minutes", t.minutes}};
  if (!t.weekdays.empty()) out["weekdays"] = t.weekdays;
  if (!t.days.empty()) out["days"] = t.days;
  if (t.from) out["from"] = day_text(*t.from);
  if (t.until) out["until"] = day_text(*t.until);
  return out.dump();
}

std::optional<Instant> next_due(const Timetable& t, Instant after) {
  sys_days day = sys_days{local_day(t.time_zone, after)} - days{1};
  if (t.from) day = std::max(day, sys_days{*t.from});
  for (const sys_days last = day + kLongestGap; day <= last; day += days{1}) {
    if (!matches(t, day)) continue;
    for (const int minute : t.minutes)
      if (const Instant at = local_instant(t.time_zone, day, minute); at > after) return at;
  }
  return std::nullopt;
}

}  // namespace everdial
