#include "mpp/mpp_store.h"
#include "runtime/pg.h"

namespace everdial {
namespace {

class PgMppStore final : public MppStore {
 public:
  explicit PgMppStore(pg::Pool& pool) : pool_(pool) {}

  Result<std::optional<Instant>> enter(const std::string& name, bool without_records) override {
    auto entered = pool_.query(
        "insert into mpp as m (name) values ($1) on conflict (name) do update set forgot_at = case when $2 then clock_timestamp() else "
        "m.forgot_at end returning forgot_at",
        pg::Params{}.add(name).add(without_records));
    if (!entered.ok()) return entered.error();
    return entered->optional_instant(0, 0);
  }

  Result<std::vector<std::pair<Resource, Epoch>>> epochs() override {
    auto rows = pool_.query("select resource, epoch from ha_lease where epoch > 0");
    if (!rows.ok()) return rows.error();
    std::vector<std::pair<Resource, Epoch>> epochs;
    epochs.reserve(rows->size());
    for (size_t row = 0; row < rows->size(); ++row) epochs.emplace_back(Resource{rows->string(row, 0)}, Epoch{rows->integer(row, 1)});
    return epochs;
  }

 private:
  pg::Pool& pool_;
};

}  // namespace

std::unique_ptr<MppStore> make_pg_mpp_store(pg::Pool& pool) { return std::make_unique<PgMppStore>(pool); }

}  // namespace everdial
