#include "ha/fence_pg.h"
#include "list_manager/collect_store.h"
#include "runtime/pg.h"

namespace everdial {
namespace {

using pg::Params;

constexpr const char* kOver = "the import is collecting no more, or not where it was left";

class PgCollectStore final : public CollectStore {
 public:
  explicit PgCollectStore(pg::Pool& pool) : pool_(pool) {}

  Result<std::vector<LeasedWork::Task>> waiting_collections() override {
    auto rows = pool_.query(
        "select i.id, l.incarnation is not null from contact_import i left join ha_lease l on l.resource = 'collect/' || i.id "
        "where i.state = 'collecting' order by i.id");
    if (!rows.ok()) return rows.error();
    std::vector<LeasedWork::Task> out;
    for (size_t r = 0; r < rows->size(); ++r) out.push_back({collect_resource(ImportId{rows->integer(r, 0)}), rows->boolean(r, 1)});
    return out;
  }

  Result<Collection> load_collection(ImportId id) override {
    auto rows = pool_.query("select file_name, state, size_bytes, modified_ns, collected_bytes from contact_import where id = $1",
                            Params{}.add(id.value));
    if (!rows.ok()) return rows.error();
    if (rows->empty()) return Error{ErrorKind::not_found, "there is no import " + to_string(id)};
    Collection out{id, rows->string(0, 0), parse_enum<ImportState>(rows->text(0, 1)).value(), std::nullopt, rows->integer(0, 4)};
    if (!rows->is_null(0, 3)) out.file = FileStamp{rows->integer(0, 2), rows->integer(0, 3)};
    return out;
  }

  Status save_piece(const LeaseGrant& grant, const Collection& from, const FileStamp& file, const std::string& data) override {
    return change_one(pool_, grant,
                      {{"insert into contact_import_chunk (import_id, first_byte, data) values ($1, $2, $3::bytea)",
                        Params{}.add(from.id.value).add(from.bytes).add_bytes(data)},
                       {"update contact_import set size_bytes = $3, modified_ns = $4, collected_bytes = $5 "
                        "where id = $1 and collected_bytes = $2 and state = 'collecting'",
                        Params{}
                            .add(from.id.value)
                            .add(from.bytes)
                            .add(file.size_bytes)
                            .add(file.modified_ns)
                            .add(from.bytes + static_cast<int64_t>(data.size()))}},
                      kOver);
  }

  Status end_collection(const LeaseGrant& grant, ImportId id, const std::string& error) override {
    return change_one(pool_, grant,
                      {{"update contact_import set state = case $2 when '' then 'queued' else 'failed' end, error = nullif($2, ''), "
                        "finished_at = case $2 when '' then null else clock_timestamp() end where id = $1 and state = 'collecting'",
                        Params{}.add(id.value).add(error)}},
                      kOver);
  }

 private:
  pg::Pool& pool_;
};

}  // namespace

std::unique_ptr<CollectStore> make_pg_collect_store(pg::Pool& pool) { return std::make_unique<PgCollectStore>(pool); }

}  // namespace everdial
