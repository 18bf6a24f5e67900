#pragma once

#include <optional>
#include <string>

#include "base/enum_names.h"
#include "base/result.h"
#include "base/time.h"

// A queue of callers at an outside contact center, to which agents of a zone are moved (blended) when it is long.

namespace everdial {

/// Of one measure: beyond `limit` the queue wants another agent, at `back` or better it can give one back; between them nobody is moved.
struct BlendLimits {
  double limit = 0, back = 0;
  bool operator==(const BlendLimits&) const = default;
};

/// When a queue takes agents and gives them back; stored as JSON in inbound_queue.settings.
struct InboundSettings {
  std::string skill{};                                                      ///< of each agent that it takes; empty: any
  std::optional<BlendLimits> length{}, expected_wait_s{}, service_level{};  ///< at least one; any beyond its limit is enough
  int agents_most = 10;                                                     ///< whom it has at once, 1 to 10,000
  int outbound_least = 1;       ///< it takes nobody from the zone when fewer would stay outbound, 0 to 100,000
  Duration step_every = 15s;    ///< one agent at a time, 1 s to 1 h
  Duration stay = 2min;         ///< an agent who has come to either side, or logged on, stays there so long, 0 to 1 day
  Duration stale_after = 1min;  ///< figures that are older tell nothing, 5 s to 1 h
  bool operator==(const InboundSettings&) const = default;
};

/// What the outside contact center has told of it.
struct InboundFigures {
  std::optional<double> length{}, expected_wait_s{}, service_level{};
  Instant at{};
  bool operator==(const InboundFigures&) const = default;
};

/// How many agents it wants, by its figures.
enum class InboundNeed {
  unknown,  ///< nothing was told of what there is a limit for, or too long ago
  fewer,
  same,
  more,
};
template <>
inline constexpr auto enum_names<InboundNeed> = std::to_array<std::pair<InboundNeed, std::string_view>>({
    {InboundNeed::unknown, "unknown"},
    {InboundNeed::fewer, "fewer"},
    {InboundNeed::same, "same"},
    {InboundNeed::more, "more"},
});
InboundNeed need_of(const InboundSettings& settings, const std::optional<InboundFigures>& figures, Instant now);

/// Errors name the JSON pointer of the field, what was wrong and what is allowed.
Result<InboundSettings> inbound_settings_from_json(const std::string& json);
std::string to_json(const InboundSettings& settings);

}  // namespace everdial
