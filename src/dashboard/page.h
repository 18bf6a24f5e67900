#pragma once

#include <nlohmann/json.hpp>
#include <optional>
#include <string>
#include <vector>

#include "dashboard/request_reader.h"

namespace everdial {

/// Which page of a list is wanted: what comes after the row with this key.
struct PageRequest {
  int limit = 50;
  std::vector<std::string> after;  ///< the key's parts as text; empty: from the start
};

struct Page {
  std::vector<nlohmann::json> items;
  std::optional<std::vector<std::string>> next;  ///< key of the last row, when there is more
};

/// Reads `cursor` and `limit`; `key_parts` is how many parts this list's key has, all of them whole numbers unless `text_key`.
PageRequest read_page(QueryReader& query, size_t key_parts, bool text_key = false);
nlohmann::json to_json(Page page);

/// Opaque to clients; empty when it is none of ours.
std::string to_cursor(const std::vector<std::string>& key);
std::optional<std::vector<std::string>> from_cursor(std::string_view cursor);

}  // namespace everdial
