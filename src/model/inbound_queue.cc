#include "model/inbound_queue.h"

#include "model/json_reader.h"

namespace everdial {
namespace {

using model_json::json;
using model_json::Reader;
using model_json::wrong;

constexpr double kMostCallers = 1'000'000, kLongestWait = 86'400;

/// The two must be apart, or agents would go to and fro.
Result<BlendLimits> limits_of(const json& given, double most, bool more_is_worse) {
  if (!given.is_object()) return Error{ErrorKind::invalid, "/: must be an object with limit and back"};
  BlendLimits out;
  Reader reader(given, "the limits of a measure");
  for (const char* field : {"limit", "back"})
    if (!given.contains(field)) reader.fail(wrong(field, "is missing"));
  reader.real("limit", out.limit, 0, most);
  reader.real("back", out.back, 0, most);
  if (auto error = reader.finish()) return std::move(*error);
  if (more_is_worse && out.back >= out.limit) return wrong("back", "must be below the limit");
  if (!more_is_worse && out.back <= out.limit) return wrong("back", "must be above the limit");
  return out;
}

json limits_json(const BlendLimits& limits) { return {{"limit", limits.limit}, {"back", limits.back}}; }

}  // namespace

InboundNeed need_of(const InboundSettings& s, const std::optional<InboundFigures>& figures, Instant now) {
  if (!figures || now - figures->at > s.stale_after) return InboundNeed::unknown;
  bool any = false, worse = false, all_good = true;
  const auto look = [&](const std::optional<BlendLimits>& limits, const std::optional<double>& figure, double sign) {
    if (!limits || !figure) return;
    any = true;
    worse |= sign * *figure > sign * limits->limit;
    all_good &= sign * *figure <= sign * limits->back;
  };
  look(s.length, figures->length, 1);
  look(s.expected_wait_s, figures->expected_wait_s, 1);
  look(s.service_level, figures->service_level, -1);
  if (!any) return InboundNeed::unknown;
  return worse ? InboundNeed::more : all_good ? InboundNeed::fewer : InboundNeed::same;
}

Result<InboundSettings> inbound_settings_from_json(const std::string& text) {
  const json parsed = json::parse(text, nullptr, false);
  if (!parsed.is_object()) return Error{ErrorKind::invalid, "/: settings of an inbound queue must be a JSON object"};
  InboundSettings out;
  Reader reader(parsed, "the settings of an inbound queue");
  reader.text("skill", out.skill, 100);
  model_json::read_inside(reader, "length", out.length, [](const json& given) { return limits_of(given, kMostCallers, true); });
  model_json::read_inside(reader, "expected_wait_s", out.expected_wait_s,
                          [](const json& given) { return limits_of(given, kLongestWait, true); });
  model_json::read_inside(reader, "service_level", out.service_level, [](const json& given) { return limits_of(given, 100, false); });
  reader.integer("agents_most", out.agents_most, 1, 10'000);
  reader.integer("outbound_least", out.outbound_least, 0, 100'000);
  reader.seconds("step_every_s", out.step_every, 1, 3600);
  reader.seconds("stay_s", out.stay, 0, 86'400);
  reader.seconds("stale_after_s", out.stale_after, 5, 3600);
  if (auto error = reader.finish()) return std::move(*error);
  if (!out.length && !out.expected_wait_s && !out.service_level)
    return Error{ErrorKind::invalid, "/: must have limits of at least one of length, expected_wait_s, service_level"};
  return out;
}

std::string to_json(const InboundSettings& s) {
  const auto seconds = [](Duration duration) { return std::chrono::duration<double>(duration).count(); };
  json out = {{"skill", s.skill},
              {"agents_most", s.agents_most},
              {"outbound_least", s.outbound_least},
              {"step_every_s", seconds(s.step_every)},
              {"stay_s", seconds(s.stay)},
              {"stale_after_s", seconds(s.stale_after)}};
  if (s.length) out["length"] = limits_json(*s.length);
  if (s.expected_wait_s) out["expected_wait_s"] = limits_json(*s.expected_wait_s);
  if (s.service_level) out["service_level"] = limits_json(*s.service_level);
  return out.dump();
}

}  // namespace everdial
