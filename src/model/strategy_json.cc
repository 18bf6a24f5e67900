#include "model/campaign.h"
#include "model/json_reader.h"
#include "model/local_time.h"

namespace everdial {
namespace {

using model_json::json;
using model_json::Reader;
using model_json::wrong;

void read_retries(Reader& reader, Strategy& out) {
  const json* retries = reader.find("retries");
  if (!retries) return;
  if (!retries->is_object()) return reader.fail(wrong("retries", "must be an object of results"));
  out.retries.clear();
  for (const auto& [name, rule] : retries->items()) {
    const auto code = parse_enum<CompletionCode>(name);
    if (!code) return reader.fail(wrong("retries/" + name, "is not a completion code; known are " + Reader::names<CompletionCode>()));
    if (!rule.is_object()) return reader.fail(wrong("retries/" + name, "must be an object with times and delay_s"));
    Retry retry;
    Reader fields(rule, "a retry");
    fields.integer("times", retry.times, 0, 100);
    fields.seconds("delay_s", retry.delay, 0, 30 * 86'400.0);
    if (const auto error = fields.finish()) return reader.fail({error->kind, "/retries/" + name + error->message});
    out.retries[*code] = retry;
  }
}

Result<Goal> read_goal(const json& given) {
  if (!given.is_object()) return wrong("goal", "must be an object with count, of and codes");
  Goal goal;
  Reader fields(given, "a goal");
  int count = 0;
  fields.integer("count", count, 1, 1'000'000'000);
  fields.choice("of", goal.of);
  const json* codes = fields.find("codes");
  if (auto error = fields.finish()) return Error{error->kind, "/goal" + error->message};
  if (count == 0) return wrong("goal/count", "is missing");
  goal.count = count;
  if (codes && !codes->is_array()) return wrong("goal/codes", "must be an array of completion codes");
  for (const json& name : codes ? *codes : json::array()) {
    const auto code = name.is_string() ? parse_enum<CompletionCode>(name.get_ref<const std::string&>()) : std::nullopt;
    if (!code) return wrong("goal/codes", "must be of " + Reader::names<CompletionCode>());
    goal.codes.insert(*code);
  }
  return goal;
}

}  // namespace

Result<Finish> finish_from_json(const std::string& text) {
  const json parsed = json::parse(text, nullptr, false);
  if (!parsed.is_object()) return Error{ErrorKind::invalid, "/: finish criteria must be a JSON object"};
  Finish out;
  Reader reader(parsed, "finish criteria");
  if (reader.find("after_s")) reader.seconds("after_s", out.after.emplace(), 1, 366 * 86'400.0);
  if (reader.find("until_minute")) reader.integer("until_minute", out.until_minute.emplace(), 0, 1439);
  reader.text("time_zone", out.time_zone, 100);
  if (!is_time_zone(out.time_zone)) reader.fail(wrong("time_zone", "must be an IANA time zone, as Europe/Berlin"));
  if (const json* given = reader.find("goal")) {
    auto goal = read_goal(*given);
    if (goal.ok()) out.goal = std::move(*goal);
    else reader.fail(goal.error());
  }
  if (const auto error = reader.finish()) return *error;
  return out;
}

std::string to_json(const Finish& f) {
  json out = json::object();
  if (f.after) out["after_s"] = std::chrono::duration<double>(*f.after).count();
  if (f.until_minute) out["until_minute"] = *f.until_minute;
  if (f.until_minute || f.time_zone != "UTC") out["time_zone"] = f.time_zone;
  if (f.goal) {
    json codes = json::array();
    for (const CompletionCode code : f.goal->codes) codes.push_back(to_string(code));
    out["goal"] = {{"count", f.goal->count}, {"of", to_string(f.goal->of)}, {"codes", codes}};
  }
  return out.dump();
}

std::optional<Instant> finish_time(const Finish& finish, Instant began) {
  std::optional<Instant> first;
  if (finish.after) first = began + *finish.after;
  if (finish.until_minute) {
    auto day = std::chrono::sys_days{local_day(finish.time_zone, began)};
    Instant at = local_instant(finish.time_zone, day, *finish.until_minute);
    while (at <= began) at = local_instant(finish.time_zone, day += std::chrono::days{1}, *finish.until_minute);
    if (!first || at < *first) first = at;
  }
  return first;
}

Result<Strategy> strategy_from_json(const std::string& text) {
  const json parsed = json::parse(text, nullptr, false);
  if (!parsed.is_object()) return Error{ErrorKind::invalid, "/: a strategy must be a JSON object"};
  Strategy out;
  Reader reader(parsed, "a strategy");
  reader.seconds("ring_timeout_s", out.ring_timeout, 1, 120);
  reader.seconds("max_call_s", out.max_call, 1, 7200);
  reader.text("prompt", out.prompt, 200);
  reader.text("machine_prompt", out.machine_prompt, 200);
  reader.boolean("analyse", out.analyse);
  reader.choice("machine_action", out.machine_action);
  reader.boolean("record", out.record);
  std::string digit(out.opt_out_digit ? 1 : 0, out.opt_out_digit);
  reader.text("opt_out_digit", digit, 1);
  if (!digit.empty() && std::string("0123456789*#").find(digit) == std::string::npos)
    reader.fail(wrong("opt_out_digit", "must be 0-9, * or #"));
  out.opt_out_digit = digit.empty() ? 0 : digit[0];
  reader.text("caller_id", out.caller_id, 16);
  read_retries(reader, out);
  reader.integer("max_attempts", out.max_attempts, 1, 100);
  reader.integer("calling_from_minute", out.calling_from_minute, 0, 1440);
  reader.integer("calling_until_minute", out.calling_until_minute, 0, 1440);
  for (const std::string& name : {out.prompt, out.machine_prompt})
    if (name.find('/') != std::string::npos || name.starts_with('.')) reader.fail(wrong("prompt", "must be a plain file name"));
  if (const auto error = reader.finish()) return *error;
  return out;
}

std::string to_json(const Strategy& s) {
  auto seconds = [](Duration d) { return std::chrono::duration<double>(d).count(); };
  json retries = json::object();
  for (const auto& [code, retry] : s.retries)
    retries[std::string(to_string(code))] = {{"times", retry.times}, {"delay_s", seconds(retry.delay)}};
  return json{{"ring_timeout_s", seconds(s.ring_timeout)},
              {"max_call_s", seconds(s.max_call)},
              {"prompt", s.prompt},
              {"machine_prompt", s.machine_prompt},
              {"analyse", s.analyse},
              {"machine_action", to_string(s.machine_action)},
              {"record", s.record},
              {"opt_out_digit", std::string(s.opt_out_digit ? 1 : 0, s.opt_out_digit)},
              {"caller_id", s.caller_id},
              {"retries", retries},
              {"max_attempts", s.max_attempts},
              {"calling_from_minute", s.calling_from_minute},
              {"calling_until_minute", s.calling_until_minute}}
      .dump();
}

}  // namespace everdial
