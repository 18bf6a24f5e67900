#include "ha/fence_pg.h"
#include "rule_engine/rule_store.h"
#include "runtime/pg.h"

namespace everdial {
namespace {

class PgRuleStore final : public RuleStore {
 public:
  explicit PgRuleStore(pg::Pool& pool) : pool_(pool) {}

  Result<std::set<std::string>> listed(const LeaseGrant& grant, const std::vector<std::string>& phones) override {
    using pg::Params;
    return pool_.transaction<std::set<std::string>>([&](pg::Connection& c) -> Result<std::set<std::string>> {
      auto rows = c.pipeline({fence(grant), {"select phone from dnc where phone = any($1::text[])", Params{}.add(phones)}});
      if (!rows.ok()) return rows.error();
      std::set<std::string> out;
      for (size_t r = 0; r < (*rows)[1].size(); ++r) out.insert((*rows)[1].string(r, 0));
      return out;
    });
  }

 private:
  pg::Pool& pool_;
};

}  // namespace

std::unique_ptr<RuleStore> make_pg_rule_store(pg::Pool& pool) { return std::make_unique<PgRuleStore>(pool); }

}  // namespace everdial
