#include "runtime/migrate.h"

namespace everdial {
namespace {

/// How many of `migrations` the database has; `conflict` unless they are the same as ours, in order. What it has beyond them is no
/// matter when `newer_is_fine`.
Result<size_t> applied_count(pg::Connection& connection, std::span<const Migration> migrations, bool newer_is_fine) {
  const auto exists = connection.query("select to_regclass('schema_migration') is not null");
  if (!exists.ok()) return exists.error();
  if (!exists->boolean(0, 0)) return size_t{0};
  const auto rows = connection.query("select number, name, checksum from schema_migration order by number");
  if (!rows.ok()) return rows.error();
  for (size_t i = 0; i < rows->size(); ++i) {
    if (i >= migrations.size() && newer_is_fine) return migrations.size();
    if (i >= migrations.size())
      return Error{ErrorKind::conflict, "the database is newer than this program: it has " + rows->string(i, 1) +
                                            ". Install the version that brought it, or a later one"};
    const auto mine = connection.query("select encode(sha256($1), 'hex')", pg::Params{}.add_bytes(migrations[i].sql));
    if (!mine.ok()) return mine.error();
    if (rows->integer(i, 0) != migrations[i].number || rows->text(i, 2) != mine->text(0, 0))
      return Error{ErrorKind::conflict, "the database was made with another " + rows->string(i, 1) + " than the " +
                                            std::string(migrations[i].name) +
                                            " of this program: an applied migration must not change. Install the version that brought it"};
  }
  return rows->size();
}

Status apply(pg::Connection& connection, const Migration& migration) {
  if (Status begun = connection.execute("begin"); !begun.ok()) return begun;
  Status done = connection.execute(std::string(migration.sql));
  if (done.ok()) {
    const auto noted = connection.query("insert into schema_migration (number, name, checksum) values ($1, $2, encode(sha256($3), 'hex'))",
                                        pg::Params{}.add(migration.number).add(migration.name).add_bytes(migration.sql));
    if (!noted.ok()) done = noted.error();
  }
  if (done.ok()) return connection.execute("commit");
  // The first error is the one to tell; a failed rollback leaves a broken connection behind and the caller sees that.
  static_cast<void>(connection.execute("rollback"));
  return Error{done.error().kind, std::string(migration.name) + ": " + done.error().message};
}

Result<std::vector<std::string>> migrate_locked(pg::Connection& connection, std::span<const Migration> migrations) {
  const Status table = connection.execute(
      "create table if not exists schema_migration (number integer primary key, name text not null, checksum text not null, "
      "applied_at timestamptz not null default clock_timestamp())");
  if (!table.ok()) return table.error();
  const auto count = applied_count(connection, migrations, false);
  if (!count.ok()) return count.error();
  std::vector<std::string> applied;
  for (const Migration& migration : migrations.subspan(*count)) {
    if (Status done = apply(connection, migration); !done.ok()) return done.error();
    applied.emplace_back(migration.name);
  }
  return applied;
}

}  // namespace

Result<std::vector<std::string>> migrate(pg::Connection& connection, std::span<const Migration> migrations) {
  // A large table may take long to change, and others wait for that here.
  if (Status locked = connection.execute("set statement_timeout = 0; select pg_advisory_lock(hashtext('everdial.migrate'))"); !locked.ok())
    return locked.error();
  auto applied = migrate_locked(connection, migrations);
  const Status unlocked = connection.execute("select pg_advisory_unlock(hashtext('everdial.migrate')); reset statement_timeout");
  if (applied.ok() && !unlocked.ok()) return unlocked.error();
  return applied;
}

Status check_schema(pg::Connection& connection, std::span<const Migration> migrations) {
  const auto count = applied_count(connection, migrations, true);
  if (!count.ok()) return count.error();
  if (*count < migrations.size())
    return Error{ErrorKind::conflict,
                 "the database lacks " + std::string(migrations[*count].name) + ". Run `everdial migrate --config FILE` first"};
  return success();
}

}  // namespace everdial
