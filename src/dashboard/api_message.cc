#include "dashboard/api_message.h"

#include <cstdint>

namespace everdial {
namespace {

int hex_digit(char c) {
  if (c >= '0' && c <= '9') return c - '0';
  if (c >= 'a' && c <= 'f') return c - 'a' + 10;
  if (c >= 'A' && c <= 'F') return c - 'A' + 10;
  return -1;
}

std::optional<std::string> percent_decoded(std::string_view text) {
  std::string out;
  out.reserve(text.size());
  for (size_t i = 0; i < text.size(); ++i) {
    if (text[i] == '%') {
      if (i + 2 >= text.size()) return std::nullopt;
      const int high = hex_digit(text[i + 1]), low = hex_digit(text[i + 2]);
      if (high < 0 || low < 0) return std::nullopt;
      out += static_cast<char>(high * 16 + low);
      i += 2;
    } else {
      out += text[i];  // a plus stands for itself: phone numbers are written so
    }
  }
  if (!is_storable_text(out)) return std::nullopt;
  return out;
}

/// Cuts `text` at each `separator`.
template <class Fn>
void for_each_part(std::string_view text, char separator, Fn fn) {
  while (true) {
    const size_t end = text.find(separator);
    fn(text.substr(0, end));
    if (end == std::string_view::npos) return;
    text.remove_prefix(end + 1);
  }
}

std::string_view trimmed(std::string_view text) {
  while (!text.empty() && (text.front() == ' ' || text.front() == '\t')) text.remove_prefix(1);
  while (!text.empty() && (text.back() == ' ' || text.back() == '\t')) text.remove_suffix(1);
  return text;
}

constexpr std::string_view kBase64 = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";

}  // namespace

std::string_view ApiRequest::header(std::string_view lower_case_name) const {
  const auto found = headers.find(lower_case_name);
  return found == headers.end() ? std::string_view{} : std::string_view{found->second};
}

Response text_response(int status, std::string content_type, std::string body) {
  Response response;
  response.status = status;
  response.content_type = std::move(content_type);
  response.body = std::make_shared<const std::string>(std::move(body));
  return response;
}

std::optional<Target> parse_target(std::string_view target) {
  if (!target.starts_with('/')) return std::nullopt;
  Target out;
  const size_t question = target.find('?');
  bool good = true;
  for_each_part(target.substr(1, question == std::string_view::npos ? question : question - 1), '/', [&](std::string_view part) {
    auto decoded = percent_decoded(part);
    if (decoded) out.path.push_back(std::move(*decoded));
    else good = false;
  });
  if (out.path.size() == 1 && out.path[0].empty()) out.path.clear();
  if (question != std::string_view::npos) {
    for_each_part(target.substr(question + 1), '&', [&](std::string_view part) {
      if (part.empty()) return;
      const size_t equals = part.find('=');
      auto name = percent_decoded(part.substr(0, equals));
      auto value = percent_decoded(equals == std::string_view::npos ? std::string_view{} : part.substr(equals + 1));
      if (name && value) out.query[std::move(*name)] = std::move(*value);
      else good = false;
    });
  }
  if (!good) return std::nullopt;
  return out;
}

TextMap parse_cookies(std::string_view header) {
  TextMap out;
  for_each_part(header, ';', [&](std::string_view part) {
    const size_t equals = part.find('=');
    if (equals != std::string_view::npos) out.emplace(trimmed(part.substr(0, equals)), trimmed(part.substr(equals + 1)));
  });
  return out;
}

std::string base64url(std::string_view bytes) {
  std::string out;
  uint32_t bits = 0;
  int held = 0;
  for (const char c : bytes) {
    bits = bits << 8 | static_cast<unsigned char>(c);
    for (held += 8; held >= 6; held -= 6) out += kBase64[bits >> (held - 6) & 63];
  }
  if (held > 0) out += kBase64[bits << (6 - held) & 63];
  return out;
}

std::optional<std::string> from_base64url(std::string_view text) {
  std::string out;
  uint32_t bits = 0;
  int held = 0;
  for (const char c : text) {
    const size_t value = kBase64.find(c);
    if (value == std::string_view::npos) return std::nullopt;
    bits = bits << 6 | static_cast<uint32_t>(value);
    held += 6;
    if (held >= 8) {
      held -= 8;
      out += static_cast<char>(bits >> held & 255);
    }
  }
  if (held >= 6 || (bits & ((1U << held) - 1)) != 0) return std::nullopt;
  return out;
}

bool is_storable_text(std::string_view text) {
  const auto* at = reinterpret_cast<const unsigned char*>(text.data());
  const auto* const end = at + text.size();
  while (at < end) {
    const unsigned char first = *at++;
    if (first == 0) return false;
    if (first < 0x80) continue;
    const int more = first >= 0xf0 ? 3 : first >= 0xe0 ? 2 : 1;
    if (first < 0xc2 || first > 0xf4 || end - at < more) return false;
    uint32_t point = first & (0x3f >> more);
    for (int i = 0; i < more; ++i, ++at) {
      if ((*at & 0xc0) != 0x80) return false;
      point = point << 6 | (*at & 0x3f);
    }
    static constexpr uint32_t kLeast[] = {0, 0x80, 0x800, 0x10000};
    if (point < kLeast[more] || point > 0x10ffff || (point >= 0xd800 && point <= 0xdfff)) return false;
  }
  return true;
}

}  // namespace everdial
