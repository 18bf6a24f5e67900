#include "model/ids.h"

#include <charconv>

namespace everdial {

std::string to_string(const AttemptId& id) { return to_string(id.job) + "-" + to_string(id.contact) + "-" + std::to_string(id.number); }

std::optional<AttemptId> parse_attempt_id(std::string_view text) {
  AttemptId id;
  const char* at = text.data();
  const char* end = at + text.size();
  auto number = [&](auto& out, bool last) {
    const auto [next, error] = std::from_chars(at, end, out);
    if (error != std::errc{} || out < 0) return false;
    at = next;
    if (last) return at == end;
    return at != end && *at++ == '-';
  };
  if (!number(id.job.value, false) || !number(id.contact.value, false) || !number(id.number, true)) return std::nullopt;
  return id;
}

}  // namespace everdial
