#pragma once

#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "runtime/pg.h"

namespace everdial {

/// One file of schema/, which is applied once and never changed afterwards.
struct Migration {
  int number = 0;
  std::string_view name;
  std::string_view sql;
};

/// The files of schema/ as this binary was built with them, in order.
std::span<const Migration> embedded_migrations();

/// Brings the database to the last of `migrations`, forward only; gives the names of those applied now. Several servers may do it at
/// once: one works, the others wait and find nothing to do. `conflict` when an applied file differs from ours, or the database is newer.
Result<std::vector<std::string>> migrate(pg::Connection& connection, std::span<const Migration> migrations = embedded_migrations());

/// Whether the database has all of `migrations`; the error says what to do. It may have newer ones: they leave everything that the release
/// before them uses, so that servers can be upgraded one after the other.
Status check_schema(pg::Connection& connection, std::span<const Migration> migrations = embedded_migrations());

}  // namespace everdial
