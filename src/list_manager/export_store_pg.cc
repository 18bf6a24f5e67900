#include <nlohmann/json.hpp>

#include "ha/fence_pg.h"
#include "list_manager/export_store.h"
#include "runtime/pg.h"

namespace everdial {
namespace {

using nlohmann::json;
using pg::Connection;
using pg::Params;
using pg::Rows;

// The columns of the files that the contacts came from, oldest first, without those that are not attributes.
constexpr const char* kBegin = R"(
with names as (
  select c.name, min(i.id * 1000000 + c.nth) as first
    from data_export e join contact_import i on i.list_id = e.list_id and i.layout is not null
    cross join lateral jsonb_array_elements_text(i.layout -> 'columns') with ordinality c (name, nth)
   where e.id = $1
     and to_jsonb(c.nth - 1) not in (i.layout -> 'phone', coalesce(i.layout -> 'ref', 'null'), coalesce(i.layout -> 'time_zone', 'null'))
   group by c.name)
update data_export e set state = 'running',
       columns = coalesce((select array_agg(name order by first) from names), '{}'),
       last_contact = (select max(id) from contact c where c.list_id = e.list_id),
       total_rows = case kind when 'contacts' then (select sum(accepted) from contact_import i where i.list_id = e.list_id)
                              else (select sum(count) from job_result r where r.job_id = e.job_id) end
 where id = $1 and state = 'queued')";

constexpr const char* kContacts = R"(
select c.id, c.phone, c.ref, c.time_zone, c.attributes::text from data_export e cross join lateral (
  select * from contact c where c.list_id = e.list_id and c.id > $2 and c.id <= e.last_contact order by c.id limit $3) c
 where e.id = $1 order by c.id)";

constexpr const char* kInstant = R"('YYYY-MM-DD"T"HH24:MI:SS.US"Z"')";

const std::string kAttempts = [] {
  const auto utc = [](const std::string& column) { return "to_char(a." + column + " at time zone 'UTC', " + kInstant + ")"; };
  return "select a.contact_id, a.number, a.job_id || '-' || a.contact_id || '-' || a.number, a.contact_id::text, a.number::text, a.phone, "
         "c.ref, a.state, a.code, a.sip_status::text, a.trunk, a.mpp, " +
         utc("intent_at") + ", " + utc("placed_at") + ", " + utc("ringing_at") + ", " + utc("answered_at") + ", " + utc("ended_at") +
         ", a.analysis, a.digits, a.recording, " + utc("done_at") +
         " from data_export e cross join lateral (select * from attempt a where a.job_id = e.job_id and (a.contact_id, a.number) > ($2, "
         "$3) "
         "and a.done_at <= e.as_of order by a.contact_id, a.number limit $4) a left join contact c on c.id = a.contact_id "
         "where e.id = $1 order by a.contact_id, a.number";
}();

std::string as_text(const json& value) { return value.is_string() ? value.get<std::string>() : value.is_null() ? "" : value.dump(); }

class PgExportStore final : public ExportStore {
 public:
  explicit PgExportStore(pg::Pool& pool) : pool_(pool) {}

  Result<std::vector<LeasedWork::Task>> waiting_exports() override {
    auto rows = pool_.query(
        "select e.id, l.incarnation is not null from data_export e left join ha_lease l on l.resource = 'export/' || e.id "
        "where e.state in ('queued', 'running') order by e.id");
    if (!rows.ok()) return rows.error();
    std::vector<LeasedWork::Task> out;
    for (size_t r = 0; r < rows->size(); ++r) out.push_back({export_resource(ExportId{rows->integer(r, 0)}), rows->boolean(r, 1)});
    return out;
  }

  Result<Export> load_export(ExportId id) override {
    auto rows = pool_.query(
        "select kind, state, array_to_json(columns)::text, after_contact, after_number, rows, size_bytes from data_export where id = $1",
        Params{}.add(id.value));
    if (!rows.ok()) return rows.error();
    if (rows->empty()) return Error{ErrorKind::not_found, "there is no export " + to_string(id)};
    return Export{id,
                  parse_enum<ExportKind>(rows->text(0, 0)).value(),
                  parse_enum<ExportState>(rows->text(0, 1)).value(),
                  json::parse(rows->text(0, 2)).get<std::vector<std::string>>(),
                  {rows->integer(0, 3), rows->integer(0, 4), rows->integer(0, 5), rows->integer(0, 6)}};
  }

  Status begin_export(const LeaseGrant& grant, ExportId id) override { return changed_one(grant, {{kBegin, Params{}.add(id.value)}}); }

  Result<std::vector<ExportRow>> read_rows(const Export& from, int limit) override {
    return from.kind == ExportKind::contacts ? contacts(from, limit) : attempts(from, limit);
  }

  Status save_chunk(const LeaseGrant& grant, const Export& from, const std::string& data, const ExportCheckpoint& to) override {
    const ExportCheckpoint& at = from.checkpoint;
    return changed_one(grant, {{"insert into data_export_chunk (export_id, first_byte, data) values ($1, $2, $3::bytea)",
                                Params{}.add(from.id.value).add(at.bytes).add_bytes(data)},
                               {"update data_export set after_contact = $5, after_number = $6::int, rows = $7, size_bytes = $8 where id = "
                                "$1 and state = 'running' "
                                "and after_contact = $2 and after_number = $3::int and size_bytes = $4",
                                Params{}
                                    .add(from.id.value)
                                    .add(at.contact)
                                    .add(at.number)
                                    .add(at.bytes)
                                    .add(to.contact)
                                    .add(to.number)
                                    .add(to.rows)
                                    .add(to.bytes)}});
  }

  Status finish_export(const LeaseGrant& grant, ExportId id, ExportState state, const std::string& error) override {
    return changed_one(grant, {{"update data_export set state = $2, error = nullif($3, ''), finished_at = clock_timestamp() "
                                "where id = $1 and state in ('queued', 'running')",
                                Params{}.add(id.value).add(to_string(state)).add(error)}});
  }

 private:
  Result<std::vector<ExportRow>> contacts(const Export& from, int limit) {
    auto rows = pool_.query(kContacts, Params{}.add(from.id.value).add(from.checkpoint.contact).add(limit));
    if (!rows.ok()) return rows.error();
    std::vector<ExportRow> out;
    for (size_t r = 0; r < rows->size(); ++r) {
      ExportRow row{rows->integer(r, 0), 0, {rows->string(r, 1), rows->optional_string(r, 2), rows->string(r, 3)}};
      const json attributes = json::parse(rows->text(r, 4), nullptr, false);
      for (const std::string& column : from.columns) {
        const auto found = attributes.find(column);
        row.fields.push_back(found == attributes.end() ? std::nullopt : std::optional(as_text(*found)));
      }
      out.push_back(std::move(row));
    }
    return out;
  }

  Result<std::vector<ExportRow>> attempts(const Export& from, int limit) {
    auto rows = pool_.query(kAttempts, Params{}.add(from.id.value).add(from.checkpoint.contact).add(from.checkpoint.number).add(limit));
    if (!rows.ok()) return rows.error();
    std::vector<ExportRow> out;
    for (size_t r = 0; r < rows->size(); ++r) {
      ExportRow row{rows->integer(r, 0), rows->integer(r, 1), {}};
      for (int column = 2; column <= 20; ++column) row.fields.push_back(rows->optional_string(r, column));
      out.push_back(std::move(row));
    }
    return out;
  }

  Status changed_one(const LeaseGrant& grant, std::vector<Connection::Statement> statements) {
    return change_one(pool_, grant, std::move(statements), "the export is over, or not where it was left");
  }

  pg::Pool& pool_;
};

}  // namespace

std::unique_ptr<ExportStore> make_pg_export_store(pg::Pool& pool) { return std::make_unique<PgExportStore>(pool); }

}  // namespace everdial
