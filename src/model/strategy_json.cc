#include <nlohmann/json.hpp>

#include "model/campaign.h"

namespace everdial {
namespace {

using nlohmann::json;

Error wrong(const std::string& field, const std::string& what) { return Error{ErrorKind::invalid, "/" + field + ": " + what}; }

/// Reads the fields of one JSON object and keeps the first thing that is wrong.
class Reader {
 public:
  explicit Reader(const json& object) : object_(object) {}

  void seconds(const char* field, Duration& out, double least, double most) {
    double value = std::chrono::duration<double>(out).count();
    number(field, value, least, most);
    out = Duration{static_cast<int64_t>(value * 1e6)};
  }
  void integer(const char* field, int& out, int least, int most) {
    double value = out;
    number(field, value, least, most);
    if (!error_ && value != static_cast<int>(value)) error_ = wrong(field, "must be a whole number");
    out = static_cast<int>(value);
  }
  void boolean(const char* field, bool& out) {
    if (const json* v = find(field)) {
      if (v->is_boolean()) out = v->get<bool>();
      else error_ = wrong(field, "must be true or false");
    }
  }
  void text(const char* field, std::string& out, size_t most) {
    if (const json* v = find(field)) {
      if (!v->is_string()) error_ = wrong(field, "must be a text");
      else if (v->get_ref<const std::string&>().size() > most)
        error_ = wrong(field, "must be at most " + std::to_string(most) + " characters");
      else out = v->get<std::string>();
    }
  }
  template <class E>
  void choice(const char* field, E& out) {
    std::string name{to_string(out)};
    text(field, name, 100);
    if (const auto value = parse_enum<E>(name)) out = *value;
    else if (!error_) error_ = wrong(field, "must be one of " + names<E>());
  }
  const json* find(const char* field) {
    known_.push_back(field);
    if (error_) return nullptr;
    const auto found = object_.find(field);
    return found == object_.end() ? nullptr : &*found;
  }
  void fail(Error error) {
    if (!error_) error_ = std::move(error);
  }
  std::optional<Error> finish() {
    for (const auto& [key, value] : object_.items())
      if (!error_ && std::find(known_.begin(), known_.end(), key) == known_.end()) error_ = wrong(key, "is not a field of a strategy");
    return error_;
  }
  template <class E>
  static std::string names() {
    std::string all;
    for (const auto& [value, name] : enum_names<E>) all += (all.empty() ? "" : ", ") + std::string(name);
    return all;
  }

 private:
  void number(const char* field, double& out, double least, double most) {
    if (const json* v = find(field)) {
      if (!v->is_number()) error_ = wrong(field, "must be a number");
      else if (const double value = v->get<double>(); !(value >= least && value <= most))
        error_ = wrong(field, "must be from " + json(least).dump() + " to " + json(most).dump());
      else out = value;
    }
  }

  const json& object_;
  std::vector<std::string> known_;
  std::optional<Error> error_;
};

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
    Reader fields(rule);
    fields.integer("times", retry.times, 0, 100);
    fields.seconds("delay_s", retry.delay, 0, 30 * 86'400.0);
    if (const auto error = fields.finish()) return reader.fail({error->kind, "/retries/" + name + error->message});
    out.retries[*code] = retry;
  }
}

}  // namespace

Result<Strategy> strategy_from_json(const std::string& text) {
  const json parsed = json::parse(text, nullptr, false);
  if (!parsed.is_object()) return Error{ErrorKind::invalid, "/: a strategy must be a JSON object"};
  Strategy out;
  Reader reader(parsed);
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
