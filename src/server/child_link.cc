#include "server/child_link.h"

#include <charconv>

namespace everdial::server {
namespace {

constexpr std::string_view kHead = "outlook ";

/// The text up to the next `end`, taken off the front.
std::optional<std::string_view> take(std::string_view& text, char end) {
  const size_t at = text.find(end);
  if (at == std::string_view::npos) return std::nullopt;
  const std::string_view found = text.substr(0, at);
  text.remove_prefix(at + 1);
  return found;
}

std::optional<int64_t> number(std::optional<std::string_view> text) {
  int64_t value = 0;
  if (!text) return std::nullopt;
  const auto [end, error] = std::from_chars(text->data(), text->data() + text->size(), value);
  return error == std::errc{} && end == text->data() + text->size() ? std::optional(value) : std::nullopt;
}

}  // namespace

std::string encode(const Outlook& outlook) {
  std::string out =
      std::string(kHead) + std::to_string(to_micros(outlook.assured_until)) + (outlook.isolated ? " isolated\n" : " in_touch\n");
  for (const Doubt& doubt : outlook.doubts)
    out += doubt.incarnation.value + " " + std::string(to_string(doubt.kind)) + " " + std::to_string(doubt.silence.count()) + " " +
           doubt.evidence + "\n";
  return out;
}

std::optional<Outlook> decode_outlook(std::string_view text) {
  if (!text.starts_with(kHead)) return std::nullopt;
  text.remove_prefix(kHead.size());
  Outlook out;
  const auto assured_until = number(take(text, ' '));
  const auto isolated = take(text, '\n');
  if (!assured_until || !isolated) return std::nullopt;
  out.assured_until = from_micros(*assured_until);
  out.isolated = *isolated == "isolated";
  while (!text.empty()) {
    const auto incarnation = take(text, ' '), kind = take(text, ' ');
    const auto silence = number(take(text, ' '));
    const auto evidence = take(text, '\n');
    const auto known = kind ? parse_enum<DoubtKind>(*kind) : std::nullopt;
    if (!incarnation || !known || !silence || !evidence) return std::nullopt;
    out.doubts.push_back({Incarnation{std::string(*incarnation)}, *known, Duration{*silence}, std::string(*evidence)});
  }
  return out;
}

}  // namespace everdial::server
