#pragma once

#include <nlohmann/json.hpp>

#include "dashboard/page.h"
#include "runtime/pg.h"

// From rows of the database to JSON. A null column is left out.

namespace everdial {

inline void put_text(nlohmann::json& out, const char* name, const pg::Rows& rows, size_t row, int column) {
  if (!rows.is_null(row, column)) out[name] = rows.text(row, column);
}
inline void put_integer(nlohmann::json& out, const char* name, const pg::Rows& rows, size_t row, int column) {
  if (!rows.is_null(row, column)) out[name] = rows.integer(row, column);
}
inline void put_real(nlohmann::json& out, const char* name, const pg::Rows& rows, size_t row, int column) {
  if (!rows.is_null(row, column)) out[name] = rows.real(row, column);
}
inline void put_instant(nlohmann::json& out, const char* name, const pg::Rows& rows, size_t row, int column) {
  if (!rows.is_null(row, column)) out[name] = to_iso8601(rows.instant(row, column));
}

/// A page from `limit + 1` rows: the one too many only tells that there is more.
template <class ItemOf, class KeyOf>
Page page_of(const pg::Rows& rows, int limit, ItemOf item_of, KeyOf key_of) {
  Page page;
  const size_t count = std::min(rows.size(), static_cast<size_t>(limit));
  for (size_t row = 0; row < count; ++row) page.items.push_back(item_of(rows, row));
  if (rows.size() > count && count > 0) page.next = key_of(rows, count - 1);
  return page;
}

/// The key of most lists: the id in the first column.
inline std::vector<std::string> id_key(const pg::Rows& rows, size_t row) { return {rows.string(row, 0)}; }

/// The bound of a list that begins with the newest: ids below it.
inline int64_t below(const PageRequest& page) { return page.after.empty() ? INT64_MAX : parse_integer(page.after[0]).value_or(INT64_MAX); }
/// The bound of one that begins with the oldest: ids above it.
inline int64_t above(const PageRequest& page) { return page.after.empty() ? 0 : parse_integer(page.after[0]).value_or(0); }

/// The first row as JSON, or ErrorKind::not_found with these words.
template <class ItemOf>
Result<nlohmann::json> one_of(const Result<pg::Rows>& rows, ItemOf item_of, const char* none) {
  if (!rows.ok()) return rows.error();
  if (rows->empty()) return Error{ErrorKind::not_found, none};
  return item_of(*rows, 0);
}

/// One life of one process from three columns: incarnation, server, component; the latter two where they are known.
inline nlohmann::json owner_json(const pg::Rows& rows, size_t row, int incarnation) {
  nlohmann::json owner = {{"incarnation", rows.text(row, incarnation)}};
  put_text(owner, "server", rows, row, incarnation + 1);
  put_text(owner, "component", rows, row, incarnation + 2);
  return owner;
}

inline constexpr const char* kContactColumns = "id, phone, time_zone, ref, attributes, import_id, import_row";
inline nlohmann::json contact_json(const pg::Rows& rows, size_t row) {
  nlohmann::json out = {{"id", rows.integer(row, 0)},        {"phone", rows.text(row, 1)},
                        {"time_zone", rows.text(row, 2)},    {"attributes", nlohmann::json::parse(rows.text(row, 4), nullptr, false)},
                        {"import_id", rows.integer(row, 5)}, {"import_row", rows.integer(row, 6)}};
  put_text(out, "ref", rows, row, 3);
  return out;
}

inline Status done(const Result<pg::Rows>& rows) {
  if (!rows.ok()) return rows.error();
  return success();
}

}  // namespace everdial
