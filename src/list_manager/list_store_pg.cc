#include "ha/fence_pg.h"
#include "list_manager/import_json.h"
#include "list_manager/list_store.h"
#include "runtime/pg.h"

namespace everdial {
namespace {

using pg::Connection;
using pg::Params;
using pg::Rows;

class PgListStore final : public ListStore {
 public:
  explicit PgListStore(pg::Pool& pool) : pool_(pool) {}

  Result<std::vector<Waiting>> waiting_imports() override {
    auto rows = pool_.query(
        "select i.id, l.incarnation is not null from contact_import i left join ha_lease l on l.resource = 'import/' || i.id "
        "where i.state in ('queued', 'running') order by i.id");
    if (!rows.ok()) return rows.error();
    std::vector<Waiting> waiting;
    for (size_t r = 0; r < rows->size(); ++r) waiting.push_back({ImportId{rows->integer(r, 0)}, rows->boolean(r, 1)});
    return waiting;
  }

  Result<Import> load_import(ImportId id) override {
    auto rows = pool_.query(
        "select i.file_kind, coalesce(i.list_id, 0), coalesce(l.default_region, 'US'), coalesce(l.time_zone, 'UTC'), i.state, i.options, "
        "i.layout, "
        "i.size_bytes, i.read_bytes, i.next_row, i.accepted, i.duplicates, i.rejected, coalesce(i.error, '') "
        "from contact_import i left join contact_list l on l.id = i.list_id where i.id = $1",
        Params{}.add(id.value));
    if (!rows.ok()) return rows.error();
    if (rows->empty()) return Error{ErrorKind::not_found, "there is no import " + to_string(id)};
    Import import;
    import.id = id;
    import.kind = parse_enum<FileKind>(rows->text(0, 0)).value();
    import.list = ContactListId{rows->integer(0, 1)};
    import.default_region = rows->string(0, 2);
    import.time_zone = rows->string(0, 3);
    import.state = parse_enum<ImportState>(rows->text(0, 4)).value();
    auto options = options_from_json(rows->string(0, 5));
    if (!options.ok()) return options.error();
    import.options = std::move(*options);
    if (const auto layout = rows->optional_string(0, 6)) {
      auto read = layout_from_json(*layout);
      if (!read.ok()) return read.error();
      import.layout = std::move(*read);
    }
    import.size_bytes = rows->integer(0, 7);
    import.checkpoint = {rows->integer(0, 8), rows->integer(0, 9)};
    import.accepted = rows->integer(0, 10);
    import.duplicates = rows->integer(0, 11);
    import.rejected = rows->integer(0, 12);
    import.error = rows->string(0, 13);
    return import;
  }

  Result<std::string> read_bytes(ImportId id, int64_t first_byte, size_t at_most) override {
    auto rows = pool_.query(
        "select substring(data from ($2 - first_byte)::int + 1 for $3::int) from contact_import_chunk "
        "where import_id = $1 and first_byte <= $2 order by first_byte desc limit 1",
        Params{}.add(id.value).add(first_byte).add(static_cast<int64_t>(at_most)));
    if (!rows.ok()) return rows.error();
    return rows->empty() ? std::string{} : rows->bytes(0, 0);
  }

  Status save_rows(const LeaseGrant& grant, const Import& import, const SaveRows& rows) override {
    // Leaving out the numbers that are there is a third cheaper than the insert's own ON CONFLICT, which is needed only when another
    // import adds the same number in this very moment.
    Status saved = changed_one(grant, statement(import, rows, false));
    if (!saved.ok() && saved.error().kind == ErrorKind::conflict) return changed_one(grant, statement(import, rows, true));
    return saved;
  }

  Status finish_import(const LeaseGrant& grant, const Import& import, const FinishImport& finish) override {
    return changed_one(grant, {"update contact_import set state = $2, error = nullif($3, ''), finished_at = clock_timestamp() "
                               "where id = $1 and state in ('queued', 'running')",
                               Params{}.add(import.id.value).add(to_string(finish.state)).add(finish.error)});
  }

  Status delete_files() override {
    auto deleted = pool_.query(
        "delete from contact_import_chunk c using contact_import i, retention r where i.id = c.import_id "
        "and i.state in ('completed', 'failed', 'cancelled') "
        "and coalesce(i.finished_at, i.created_at) < clock_timestamp() - r.uploads_days * interval '1 day'");
    if (!deleted.ok()) return deleted.error();
    return success();
  }

 private:
  Status changed_one(const LeaseGrant& grant, Connection::Statement statement) {
    return change_one(pool_, grant, {std::move(statement)}, "the import is over, or not where it was left");
  }

  static Connection::Statement statement(const Import& import, const SaveRows& rows, bool on_conflict) {
    // $1 import, $2-$3 checkpoint before, $4-$5 after, $6 layout, $7 rows with a number, $8-$11 rejects; the kind's own follow.
    std::vector<int64_t> numbers;
    std::vector<std::string> columns, values, reasons;
    for (const Reject& reject : rows.rejects) {
      numbers.push_back(reject.row);
      columns.push_back(reject.column);
      values.push_back(reject.value);
      reasons.push_back(reject.reason);
    }
    const AcceptedRows& a = rows.accepted;
    Params params;
    params.add(import.id.value).add(rows.from.byte).add(rows.from.row).add(rows.to.byte).add(rows.to.row).add(to_json(rows.layout));
    params.add(static_cast<int64_t>(a.rows.size()) + rows.repeats).add(numbers).add(columns).add(values).add(reasons);
    if (import.kind == FileKind::dnc) {
      params.add(a.phones);
      return {on_conflict ? dnc_on_conflict : dnc, std::move(params)};
    }
    params.add(import.list.value).add(a.phones).add(a.time_zones).add(a.refs).add(a.attributes).add(a.rows);
    return {on_conflict ? contacts_on_conflict : contacts, std::move(params)};
  }

  static std::string with_checkpoint(const std::string& insert) {
    return "with fresh as (" + insert +
           " returning 1), refused as (insert into contact_import_reject (import_id, row_number, column_name, value, reason) "
           "select $1, r.* from unnest($8::bigint[], $9::text[], $10::text[], $11::text[]) r) "
           "update contact_import set state = 'running', read_bytes = $4, next_row = $5, layout = $6::jsonb, "
           "accepted = accepted + (select count(*) from fresh), duplicates = duplicates + $7::bigint - (select count(*) from fresh), "
           "rejected = rejected + cardinality($8) "
           "where id = $1 and read_bytes = $2 and next_row = $3 and state in ('queued', 'running')";
  }

  static const std::string contacts, contacts_on_conflict, dnc, dnc_on_conflict;

  pg::Pool& pool_;
};

const std::string insert_contacts =
    "insert into contact (list_id, phone, time_zone, ref, attributes, import_id, import_row) "
    "select $12, c.phone, c.zone, c.ref, c.attributes::json, $1, c.row "
    "from unnest($13::text[], $14::text[], $15::text[], $16::text[], $17::bigint[]) c (phone, zone, ref, attributes, row) ";
const std::string PgListStore::contacts =
    with_checkpoint(insert_contacts + "where not exists (select 1 from contact there where there.list_id = $12 and there.phone = c.phone)");
const std::string PgListStore::contacts_on_conflict = with_checkpoint(insert_contacts + "on conflict (list_id, phone) do nothing");

const std::string insert_dnc = "insert into dnc (phone, source, import_id) select phone, 'import', $1 from unnest($12::text[]) n (phone) ";
const std::string PgListStore::dnc = with_checkpoint(insert_dnc + "where not exists (select 1 from dnc there where there.phone = n.phone)");
const std::string PgListStore::dnc_on_conflict = with_checkpoint(insert_dnc + "on conflict (phone) do nothing");

}  // namespace

std::unique_ptr<ListStore> make_pg_list_store(pg::Pool& pool) { return std::make_unique<PgListStore>(pool); }

}  // namespace everdial
