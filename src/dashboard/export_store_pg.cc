#include "dashboard/export_store.h"
#include "dashboard/row_json.h"

namespace everdial::export_store {
namespace {

using nlohmann::json;
using pg::Connection;
using pg::Params;
using pg::Rows;

const std::string kSelect =
    "select e.id, e.kind, e.list_id, e.job_id, e.state, e.rows, e.total_rows, e.size_bytes, e.error, e.as_of, e.created_at, e.finished_at, "
    "coalesce(l.name, c.name || ', job ' || e.job_id) from data_export e left join contact_list l on l.id = e.list_id "
    "left join job j on j.id = e.job_id left join campaign c on c.id = j.campaign_id ";

json export_json(const Rows& rows, size_t row) {
  json out = {{"id", rows.integer(row, 0)},
              {"kind", rows.text(row, 1)},
              {"state", rows.text(row, 4)},
              {"rows", rows.integer(row, 5)},
              {"size_bytes", rows.integer(row, 7)},
              {"as_of", to_iso8601(rows.instant(row, 9))},
              {"created_at", to_iso8601(rows.instant(row, 10))},
              {"name", rows.text(row, 12)}};
  put_integer(out, "list_id", rows, row, 2);
  put_integer(out, "job_id", rows, row, 3);
  put_integer(out, "total_rows", rows, row, 6);
  put_text(out, "error", rows, row, 8);
  put_instant(out, "finished_at", rows, row, 11);
  return out;
}

}  // namespace

Result<Page> exports(Connection& db, const PageRequest& page) {
  auto rows = db.query(kSelect + "where e.id < $1 order by e.id desc limit $2", Params{}.add(below(page)).add(page.limit + 1));
  if (!rows.ok()) return rows.error();
  return page_of(*rows, page.limit, export_json, id_key);
}

Result<json> data_export(Connection& db, int64_t id) {
  return one_of(db.query(kSelect + "where e.id = $1", Params{}.add(id)), export_json, "There is no such export.");
}

Result<json> create_export(Connection& db, const NewExport& made) {
  auto rows = db.query(
      "insert into data_export (kind, list_id, job_id) select $1, $2, $3 where exists (select 1 from contact_list where id = $2) "
      "or exists (select 1 from job where id = $3) returning id",
      Params{}.add(made.kind).add(made.list).add(made.job));
  if (!rows.ok()) return rows.error();
  if (rows->empty()) return Error{ErrorKind::invalid, made.list ? "There is no such contact list." : "There is no such job."};
  return data_export(db, rows->integer(0, 0));
}

Result<json> cancel_export(Connection& db, int64_t id) {
  auto found = db.query("select state from data_export where id = $1 for update", Params{}.add(id));
  if (!found.ok()) return found.error();
  if (found->empty()) return Error{ErrorKind::not_found, "There is no such export."};
  const std::string state = found->string(0, 0);
  if (state == "completed" || state == "failed") return Error{ErrorKind::conflict, "The export is " + state + " already."};
  auto cancelled =
      db.query("update data_export set state = 'cancelled', finished_at = clock_timestamp() where id = $1 and state <> 'cancelled'",
               Params{}.add(id));
  if (!cancelled.ok()) return cancelled.error();
  return data_export(db, id);
}

Result<std::optional<std::string>> chunk(Connection& db, int64_t id, int64_t first_byte) {
  auto rows = db.query("select data from data_export_chunk where export_id = $1 and first_byte = $2", Params{}.add(id).add(first_byte));
  if (!rows.ok()) return rows.error();
  return rows->empty() ? std::nullopt : std::optional(rows->bytes(0, 0));
}

}  // namespace everdial::export_store
