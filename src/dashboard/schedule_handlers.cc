#include "dashboard/handlers.h"
#include "dashboard/schedule_store.h"
#include "model/import_file.h"

namespace everdial {
namespace {

using nlohmann::json;

std::variant<schedule_store::NewSchedule, Problem> read_schedule(const json& from) {
  BodyReader body(from);
  schedule_store::NewSchedule out;
  out.name = body.text("name", {.least = 1});
  out.kind = body.choice("kind", ScheduledKind::start_job);
  const bool of_campaign = out.kind == ScheduledKind::start_job || out.kind == ScheduledKind::export_attempts;
  if (of_campaign) out.campaign = body.integer("campaign_id", 1, INT64_MAX);
  if (out.kind == ScheduledKind::export_contacts || out.kind == ScheduledKind::import) out.list = body.integer("list_id", 1, INT64_MAX);
  if (out.kind == ScheduledKind::import) {
    out.file = body.text("file_name", {.least = 1});
    if (!out.file->empty() && !is_plain_file_name(*out.file)) body.fail("file_name", std::string(plain_file_name_rule));
    out.options = read_import_options(body).dump();
  }
  out.misfire = body.choice("misfire", Misfire::run_once, false);
  out.grace_s = body.integer_or("grace_s", 0, 86'400, 60);
  out.enabled = body.optional_boolean("enabled").value_or(true);
  if (const json* given = body.member("timetable")) body.take(timetable_from_json(given->dump()), "timetable", out.timetable);
  else body.fail("timetable", "is missing");
  if (auto wrong = body.finish()) return std::move(*wrong);
  return out;
}

Answer schedule_problem(const Error& error, const schedule_store::NewSchedule& schedule) {
  if (error.kind == ErrorKind::invalid) return pointed(error, ErrorKind::invalid, schedule.list ? "/list_id" : "/campaign_id");
  return error.message == schedule_store::kNameTaken ? pointed(error, ErrorKind::conflict, "/name") : Answer(error);
}

}  // namespace

Answer list_schedules(const Call& call) {
  QueryReader query(call.query);
  const PageRequest page = read_page(query, 1);
  if (auto wrong = query.finish()) return std::move(*wrong);
  return schedule_store::schedules(call.db(), page);
}

Answer create_schedule(const Call& call) {
  auto read = read_schedule(call.body);
  if (auto* wrong = std::get_if<Problem>(&read)) return std::move(*wrong);
  const auto& schedule = std::get<schedule_store::NewSchedule>(read);
  const auto made = schedule_store::create_schedule(call.db(), schedule);
  return made.ok() ? created(made) : schedule_problem(made.error(), schedule);
}

Answer get_schedule(const Call& call) { return schedule_store::schedule(call.db(), call.number("schedule_id")); }

Answer update_schedule(const Call& call) {
  auto read = read_schedule(call.body);
  if (auto* wrong = std::get_if<Problem>(&read)) return std::move(*wrong);
  const auto& schedule = std::get<schedule_store::NewSchedule>(read);
  const auto changed = schedule_store::update_schedule(call.db(), call.number("schedule_id"), schedule);
  return changed.ok() ? Answer(changed) : schedule_problem(changed.error(), schedule);
}

Answer delete_schedule(const Call& call) { return schedule_store::delete_schedule(call.db(), call.number("schedule_id")); }

Answer list_firings(const Call& call) {
  QueryReader query(call.query);
  const PageRequest page = read_page(query, 1);
  if (auto wrong = query.finish()) return std::move(*wrong);
  return schedule_store::firings(call.db(), call.number("schedule_id"), page);
}

Answer preview_schedule(const Call& call) {
  BodyReader body(call.body);
  Timetable timetable;
  if (const json* given = body.member("timetable")) body.take(timetable_from_json(given->dump()), "timetable", timetable);
  else body.fail("timetable", "is missing");
  if (auto wrong = body.finish()) return std::move(*wrong);
  return schedule_store::preview(call.db(), timetable);
}

}  // namespace everdial
