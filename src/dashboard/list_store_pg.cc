#include "dashboard/list_store.h"
#include "dashboard/row_json.h"

namespace everdial::list_store {
namespace {

using nlohmann::json;
using pg::Connection;
using pg::Params;
using pg::Rows;

// The size of a list is what its imports have put in: counting a million contacts for each look would be dear.
const std::string kListColumns =
    "l.id, l.name, l.zone, l.default_region, l.time_zone, l.created_at, "
    "coalesce((select sum(accepted) from contact_import i where i.list_id = l.id), 0)::bigint - l.purged";

json list_json(const Rows& rows, size_t row) {
  return {{"id", rows.integer(row, 0)},          {"name", rows.text(row, 1)},      {"zone", rows.text(row, 2)},
          {"default_region", rows.text(row, 3)}, {"time_zone", rows.text(row, 4)}, {"created_at", to_iso8601(rows.instant(row, 5))},
          {"contacts", rows.integer(row, 6)}};
}

/// The first byte that has not come yet.
const std::string kMissingFrom =
    "(select coalesce(min(expected) filter (where first_byte <> expected), max(until), 0) from ("
    "select first_byte, first_byte + octet_length(data) as until, "
    "coalesce(lag(first_byte + octet_length(data)) over (order by first_byte), 0) as expected "
    "from contact_import_chunk c where c.import_id = i.id) chunks)::bigint";

const std::string kImportColumns =
    "i.id, i.file_kind, i.list_id, i.file_name, i.state, i.size_bytes, "
    "case when i.source = 'folder' then i.collected_bytes when i.state = 'uploading' then (select coalesce(sum(octet_length(data)), 0) "
    "from contact_import_chunk c where c.import_id = "
    "i.id)::bigint "
    "else i.size_bytes end, "
    "i.read_bytes, i.accepted, i.duplicates, i.rejected, i.error, i.created_at, i.finished_at, case when i.state = 'uploading' then "
    "nullif(" +
    kMissingFrom + ", i.size_bytes) end, i.source";

json import_json(const Rows& rows, size_t row) {
  json out = {
      {"id", rows.integer(row, 0)},         {"kind", rows.text(row, 1)},          {"file_name", rows.text(row, 3)},
      {"state", rows.text(row, 4)},         {"size_bytes", rows.integer(row, 5)}, {"uploaded_bytes", rows.integer(row, 6)},
      {"read_bytes", rows.integer(row, 7)}, {"accepted", rows.integer(row, 8)},   {"duplicates", rows.integer(row, 9)},
      {"rejected", rows.integer(row, 10)},  {"source", rows.text(row, 15)},       {"created_at", to_iso8601(rows.instant(row, 12))}};
  put_integer(out, "list_id", rows, row, 2);
  put_text(out, "error", rows, row, 11);
  put_instant(out, "finished_at", rows, row, 13);
  put_integer(out, "missing_from", rows, row, 14);
  return out;
}

json reject_json(const Rows& rows, size_t row) {
  return {{"row", rows.integer(row, 0)}, {"column", rows.text(row, 1)}, {"value", rows.text(row, 2)}, {"reason", rows.text(row, 3)}};
}

json dnc_json(const Rows& rows, size_t row) {
  json out = {{"phone", rows.text(row, 0)}, {"source", rows.text(row, 1)}, {"added_at", to_iso8601(rows.instant(row, 3))}};
  put_text(out, "attempt", rows, row, 2);
  put_integer(out, "import_id", rows, row, 4);
  return out;
}

/// State and size, the row held against changes until the commit.
Result<std::pair<std::string, int64_t>> lock_import(Connection& db, int64_t id, const char* how) {
  auto rows = db.query(std::string("select state, size_bytes from contact_import where id = $1 for ") + how, Params{}.add(id));
  if (!rows.ok()) return rows.error();
  if (rows->empty()) return Error{ErrorKind::not_found, "There is no such import."};
  return std::pair(rows->string(0, 0), rows->integer(0, 1));
}

}  // namespace

Result<Page> lists(Connection& db, const PageRequest& page) {
  auto rows = db.query("select " + kListColumns + " from contact_list l where l.id < $1 order by l.id desc limit $2",
                       Params{}.add(below(page)).add(page.limit + 1));
  if (!rows.ok()) return rows.error();
  return page_of(*rows, page.limit, list_json, id_key);
}

Result<json> list(Connection& db, int64_t id) {
  return one_of(db.query("select " + kListColumns + " from contact_list l where l.id = $1", Params{}.add(id)), list_json,
                "There is no such contact list.");
}

Result<json> create_list(Connection& db, const NewList& list) {
  auto rows = db.query(
      "insert into contact_list as l (name, zone, default_region, time_zone) values ($1, $2, $3, $4) on conflict (name) do nothing "
      "returning " +
          kListColumns,
      Params{}.add(list.name).add(list.zone).add(list.default_region).add(list.time_zone));
  if (rows.ok() && rows->empty()) return Error{ErrorKind::conflict, "There is a contact list of this name already."};
  return one_of(rows, list_json, "");
}

Result<Page> contacts(Connection& db, int64_t list_id, const std::optional<std::string>& phone, const PageRequest& page) {
  if (auto found = list(db, list_id); !found.ok()) return found.error();
  std::string sql = std::string("select ") + kContactColumns + " from contact where list_id = $1 and id > $2";
  Params params;
  params.add(list_id).add(above(page)).add(page.limit + 1);
  if (phone) {
    sql += " and phone = $4";
    params.add(*phone);
  }
  auto rows = db.query(sql + " order by id limit $3", params);
  if (!rows.ok()) return rows.error();
  return page_of(*rows, page.limit, contact_json, id_key);
}

Result<Page> imports(Connection& db, std::optional<int64_t> list, const PageRequest& page) {
  std::string sql = "select " + kImportColumns + " from contact_import i where i.id < $1";
  Params params;
  params.add(below(page)).add(page.limit + 1);
  if (list) {
    sql += " and i.list_id = $3";
    params.add(*list);
  }
  auto rows = db.query(sql + " order by i.id desc limit $2", params);
  if (!rows.ok()) return rows.error();
  return page_of(*rows, page.limit, import_json, id_key);
}

Result<std::vector<json>> live_imports(Connection& db) {
  auto rows = db.query(
      "select " + kImportColumns +
      " from contact_import i where i.state in ('uploading', 'collecting', 'queued', 'running') or i.finished_at > clock_timestamp() - "
      "interval '1 minute'");
  if (!rows.ok()) return rows.error();
  std::vector<json> out;
  for (size_t r = 0; r < rows->size(); ++r) out.push_back(import_json(*rows, r));
  return out;
}

Result<json> import(Connection& db, int64_t id) {
  return one_of(db.query("select " + kImportColumns + " from contact_import i where i.id = $1", Params{}.add(id)), import_json,
                "There is no such import.");
}

Result<json> create_import(Connection& db, const NewImport& import) {
  if (import.list)
    if (auto found = list(db, *import.list); !found.ok()) return found.error();
  return one_of(
      db.query(
          "insert into contact_import as i (file_kind, list_id, file_name, size_bytes, options, source, state) values ($1, $2, $3, $4, "
          "$5::jsonb, $6, case $6 when 'folder' then 'collecting' else 'uploading' end) returning " +
              kImportColumns,
          Params{}
              .add(import.kind)
              .add(import.list)
              .add(import.file_name)
              .add(import.size_bytes)
              .add(import.options)
              .add(to_string(import.source))),
      import_json, "");
}

Status put_chunk(Connection& db, int64_t id, int64_t first_byte, const std::string& data) {
  // Shared: chunks may come in parallel, but not beside complete or cancel.
  const auto found = lock_import(db, id, "share");
  if (!found.ok()) return found.error();
  const auto& [state, size_bytes] = *found;
  if (state != "uploading") return Error{ErrorKind::conflict, "There is no upload to add to: the import is " + state + "."};
  const int64_t end = first_byte + static_cast<int64_t>(data.size());
  if (end > size_bytes)
    return Error{ErrorKind::conflict,
                 "The chunk ends at byte " + std::to_string(end) + ", the file at " + std::to_string(size_bytes) + "."};
  auto others = db.query(
      "select first_byte, first_byte + octet_length(data) from contact_import_chunk where import_id = $1 and first_byte > $2::bigint - "
      "$4::bigint "
      "and first_byte < $3 and first_byte + octet_length(data) > $2 order by first_byte",
      Params{}.add(id).add(first_byte).add(end).add(kMostChunkBytes));
  if (!others.ok()) return others.error();
  if (others->empty())
    return done(db.query("insert into contact_import_chunk (import_id, first_byte, data) values ($1, $2, $3::bytea)",
                         Params{}.add(id).add(first_byte).add_bytes(data)));
  const bool same_place = others->size() == 1 && others->integer(0, 0) == first_byte && others->integer(0, 1) == end;
  if (same_place) {
    auto same = db.query("select data = $3::bytea from contact_import_chunk where import_id = $1 and first_byte = $2",
                         Params{}.add(id).add(first_byte).add_bytes(data));
    if (!same.ok()) return same.error();
    if (!same->empty() && same->boolean(0, 0)) return success();
  }
  return Error{ErrorKind::conflict,
               "Bytes " + others->string(0, 0) + " to " + others->string(0, 1) + " have come before, and not as these."};
}

Result<Completion> complete_import(Connection& db, int64_t id) {
  const auto found = lock_import(db, id, "update");
  if (!found.ok()) return found.error();
  const auto& [state, size_bytes] = *found;
  if (state == "cancelled" || state == "failed" || state == "collecting")
    return Error{ErrorKind::conflict, "There is no upload to complete: the import is " + state + "."};
  if (state == "uploading") {
    auto covered = db.query("select " + kMissingFrom + " from contact_import i where i.id = $1", Params{}.add(id));
    if (!covered.ok()) return covered.error();
    if (covered->integer(0, 0) != size_bytes) return Completion{nullptr, covered->integer(0, 0)};
    if (auto queued = db.query("update contact_import set state = 'queued' where id = $1", Params{}.add(id)); !queued.ok())
      return queued.error();
  }
  auto row = import(db, id);
  if (!row.ok()) return row.error();
  return Completion{std::move(*row), std::nullopt};
}

Result<json> cancel_import(Connection& db, int64_t id) {
  const auto found = lock_import(db, id, "update");
  if (!found.ok()) return found.error();
  if (found->first == "completed" || found->first == "failed")
    return Error{ErrorKind::conflict, "The import is " + found->first + " already."};
  if (auto cancelled =
          db.query("update contact_import set state = 'cancelled', finished_at = clock_timestamp() where id = $1 and state <> 'cancelled'",
                   Params{}.add(id));
      !cancelled.ok())
    return cancelled.error();
  return import(db, id);
}

Result<Page> rejects(Connection& db, int64_t id, const PageRequest& page) {
  if (auto found = import(db, id); !found.ok()) return found.error();
  const bool first = page.after.size() != 2;
  auto rows = db.query(
      "select row_number, column_name, value, reason from contact_import_reject where import_id = $1 and (row_number, column_name) > ($2, "
      "$3) "
      "order by row_number, column_name limit $4",
      Params{}.add(id).add(first ? -1 : parse_integer(page.after[0]).value_or(-1)).add(first ? "" : page.after[1]).add(page.limit + 1));
  if (!rows.ok()) return rows.error();
  return page_of(*rows, page.limit, reject_json, [](const Rows& r, size_t row) { return std::vector{r.string(row, 0), r.string(row, 1)}; });
}

Result<Page> dnc(Connection& db, const std::string& starts_with, const PageRequest& page) {
  // Beginning at the prefix narrows the search in any collation; starts_with decides.
  auto rows = db.query(
      "select phone, source, attempt, added_at, import_id from dnc where phone > $1 and phone >= $2 and starts_with(phone, $2) order by "
      "phone limit $3",
      Params{}.add(page.after.empty() ? "" : page.after[0]).add(starts_with).add(page.limit + 1));
  if (!rows.ok()) return rows.error();
  return page_of(*rows, page.limit, dnc_json, id_key);
}

Result<json> dnc_number(Connection& db, const std::string& phone) {
  return one_of(db.query("select phone, source, attempt, added_at, import_id from dnc where phone = $1", Params{}.add(phone)), dnc_json,
                "This number is not on the do-not-call list.");
}

Result<DncAdded> add_dnc(Connection& db, const std::vector<std::string>& phones) {
  // In one order, so that two who add the same numbers do not wait for each other in a circle.
  auto rows = db.query(
      "insert into dnc (phone, source) select distinct phone, 'console' from unnest($1::text[]) phone order by phone on conflict do "
      "nothing",
      Params{}.add(phones));
  if (!rows.ok()) return rows.error();
  return DncAdded{rows->affected(), static_cast<int64_t>(phones.size()) - rows->affected()};
}

Status remove_dnc(Connection& db, const std::string& phone) {
  auto rows = db.query("delete from dnc where phone = $1", Params{}.add(phone));
  if (rows.ok() && rows->affected() == 0) return Error{ErrorKind::not_found, "This number is not on the do-not-call list."};
  return done(rows);
}

}  // namespace everdial::list_store
