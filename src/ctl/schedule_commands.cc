#include <CLI/CLI.hpp>
#include <array>

#include "ctl/ctl.h"
#include "ctl/file_options.h"

namespace everdial::ctl {
namespace {

using nlohmann::json;

constexpr std::array kWeekdays = {"mon", "tue", "wed", "thu", "fri", "sat", "sun"};

std::string schedule_path(Ctl& ctl, const std::string& name) { return "/schedules/" + std::to_string(ctl.api().id_of("/schedules", name)); }

int minute_of(const std::string& text) {
  const size_t colon = text.find(':');
  if (colon == std::string::npos) throw Failure(kUsage, "--at: \"" + text + "\" is not a time of day, as 09:00");
  return static_cast<int>(number("--at", text.substr(0, colon)) * 60 + number("--at", text.substr(colon + 1)));
}

int weekday_of(const std::string& text) {
  for (size_t i = 0; i < kWeekdays.size(); ++i)
    if (text == kWeekdays[i]) return static_cast<int>(i) + 1;
  throw Failure(kUsage, "--weekdays: \"" + text + "\" is none of mon, tue, wed, thu, fri, sat, sun");
}

/// When a schedule is due, on the command line.
struct TimetableOptions {
  explicit TimetableOptions(Command& command)
      : at(command.required_option("--at", "times of day, as 09:00,17:30")),
        weekdays(command.option("--weekdays", "as mon,tue; each day when nothing else is said")),
        days(command.option("--days", "of the month, as 1,15,-1; -1 is the last")),
        once(command.option("--once", "on this day alone, as 2026-12-31")),
        from(command.option("--from", "first day")),
        until(command.option("--until", "last day")),
        time_zone(command.option("--time-zone", "IANA time zone", "UTC")) {}

  json to_json() const {
    json out = {{"time_zone", *time_zone}, {"minutes", json::array()}};
    for (const std::string& time : split(*at)) out["minutes"].push_back(minute_of(time));
    if (!once->empty()) {
      out["recurrence"] = "once";
      out["from"] = *once;
      return out;
    }
    if (!from->empty()) out["from"] = *from;
    if (!until->empty()) out["until"] = *until;
    if (!days->empty()) {
      out["recurrence"] = "monthly";
      for (const std::string& day : split(*days)) out["days"].push_back(static_cast<int64_t>(number("--days", day)));
      return out;
    }
    for (const std::string& day : split(weekdays->empty() ? "mon,tue,wed,thu,fri,sat,sun" : *weekdays))
      out["weekdays"].push_back(weekday_of(day));
    return out;
  }

  Command::Text at, weekdays, days, once, from, until, time_zone;
};

void add_create(CLI::App& schedules, Ctl& ctl) {
  Command create(schedules, "create", "begin something at set times");
  const auto name = create.argument("NAME", "of the schedule");
  const auto start = create.option("--start", "campaign whose job is started, id or name");
  const auto contacts = create.option("--export-contacts", "contact list that is exported, id or name");
  const auto attempts = create.option("--export-attempts", "campaign whose latest job's attempts are exported, id or name");
  const auto into = create.option("--import", "contact list into which --file is imported, id or name");
  const auto file = create.option("--file", "name of a CSV file in the servers' import folder");
  const FileOptions options(create);
  const auto purge = create.flag("--purge", "remove what is kept long enough");
  const TimetableOptions times(create);
  const auto misfire = create.option("--misfire", "when nobody was there in time: run_once or skip", "run_once");
  const auto grace = create.option("--grace-s", "seconds of lateness that are still in time", "60");
  create.run([&ctl, name, start, contacts, attempts, into, file, options, purge, times, misfire, grace] {
    json body = {{"name", *name},
                 {"timetable", times.to_json()},
                 {"misfire", *misfire},
                 {"grace_s", static_cast<int64_t>(number("--grace-s", *grace))}};
    const int kinds = !start->empty() + !contacts->empty() + !attempts->empty() + !into->empty() + *purge;
    if (kinds != 1) throw Failure(kUsage, "give one of --start, --export-contacts, --export-attempts, --import and --purge");
    const json columns = options.to_json();
    if (into->empty() != file->empty() || (into->empty() && !columns.empty()))
      throw Failure(kUsage, "--import and --file go together, and what says how to read the file goes with them");
    if (!start->empty()) body.update({{"kind", "start_job"}, {"campaign_id", ctl.api().id_of("/campaigns", *start)}});
    if (!contacts->empty()) body.update({{"kind", "export_contacts"}, {"list_id", ctl.api().id_of("/lists", *contacts)}});
    if (!attempts->empty()) body.update({{"kind", "export_attempts"}, {"campaign_id", ctl.api().id_of("/campaigns", *attempts)}});
    if (!into->empty())
      body.update({{"kind", "import"}, {"list_id", ctl.api().id_of("/lists", *into)}, {"file_name", *file}, {"options", columns}});
    if (*purge) body["kind"] = "purge";
    ctl.show(ctl.api().call("POST", "/schedules", body));
  });
}

}  // namespace

void add_schedule_commands(CLI::App& app, Ctl& ctl) {
  auto& schedules = group(app, "schedules", "what is begun at set times");
  Command(schedules, "list", "all schedules").run([&ctl] {
    ctl.show_rows({{"ID", "/id"},
                   {"NAME", "/name"},
                   {"KIND", "/kind"},
                   {"CAMPAIGN", "/campaign_name"},
                   {"LIST", "/list_name"},
                   {"FILE", "/file_name"},
                   {"ON", "/enabled"},
                   {"NEXT", "/next/0"},
                   {"LAST", "/last_firing/outcome"}},
                  ctl.api().items("/schedules", ctl.most_items));
  });
  add_create(schedules, ctl);

  Command show(schedules, "show", "one schedule and its next times");
  const auto shown = show.argument("SCHEDULE", "id or name");
  show.run([&ctl, shown] { ctl.show(ctl.api().get(schedule_path(ctl, *shown))); });

  Command firings(schedules, "firings", "what became of its due times");
  const auto of = firings.argument("SCHEDULE", "id or name");
  firings.run([&ctl, of] {
    ctl.show_rows({{"DUE", "/due_at"},
                   {"FIRED", "/fired_at"},
                   {"OUTCOME", "/outcome"},
                   {"MISSED", "/missed"},
                   {"STARTED", "/started_id"},
                   {"DETAIL", "/detail"}},
                  ctl.api().items(schedule_path(ctl, *of) + "/firings", ctl.most_items));
  });

  for (const auto& [verb, help, enabled] :
       {std::tuple{"enable", "let it be due again, from now on", true}, std::tuple{"disable", "let it be due no more for now", false}}) {
    Command turn(schedules, verb, help);
    const auto turned = turn.argument("SCHEDULE", "id or name");
    turn.run([&ctl, turned, enabled = enabled] {
      const std::string path = schedule_path(ctl, *turned);
      const json before = ctl.api().get(path);
      json body = {{"enabled", enabled}};
      for (const char* member : {"name", "kind", "campaign_id", "list_id", "file_name", "options", "timetable", "misfire", "grace_s"})
        if (before.contains(member)) body[member] = before[member];
      ctl.show(ctl.api().call("PUT", path, body));
    });
  }

  Command remove(schedules, "delete", "remove a schedule; what it started goes on");
  const auto removed = remove.argument("SCHEDULE", "id or name");
  remove.run([&ctl, removed] {
    ctl.api().call("DELETE", schedule_path(ctl, *removed));
    ctl.say("schedule " + *removed + " is removed");
  });
}

}  // namespace everdial::ctl
