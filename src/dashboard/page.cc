#include "dashboard/page.h"

namespace everdial {
namespace {
constexpr char kBetween = '\x1f';
}

std::string to_cursor(const std::vector<std::string>& key) {
  std::string text = "1";  // the form of cursors, should it ever change
  for (const std::string& part : key) text += kBetween + part;
  return base64url(text);
}

std::optional<std::vector<std::string>> from_cursor(std::string_view cursor) {
  const auto text = from_base64url(cursor);
  if (!text || text->size() < 2 || (*text)[0] != '1' || (*text)[1] != kBetween || !is_storable_text(*text)) return std::nullopt;
  std::vector<std::string> key;
  size_t begin = 2;
  while (true) {
    const size_t end = text->find(kBetween, begin);
    key.push_back(text->substr(begin, end == std::string::npos ? end : end - begin));
    if (end == std::string::npos) return key;
    begin = end + 1;
  }
}

PageRequest read_page(QueryReader& query, size_t key_parts, bool text_key) {
  PageRequest page;
  page.limit = static_cast<int>(query.integer_or("limit", 1, 500, 50));
  if (const auto cursor = query.text("cursor")) {
    auto key = from_cursor(*cursor);
    const bool ours =
        key && key->size() == key_parts &&
        (text_key || std::all_of(key->begin(), key->end(), [](const std::string& part) { return parse_integer(part).has_value(); }));
    if (ours) page.after = std::move(*key);
    else query.fail("cursor", "must be `next` of the page before");
  }
  return page;
}

nlohmann::json to_json(Page page) {
  nlohmann::json out = {{"items", std::move(page.items)}};
  if (page.next) out["next"] = to_cursor(*page.next);
  return out;
}

}  // namespace everdial
