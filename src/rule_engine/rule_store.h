#pragma once

#include <memory>
#include <set>
#include <string>
#include <vector>

#include "base/result.h"
#include "model/lease.h"

namespace everdial {

namespace pg {
class Pool;
}

/// What the rules need of the database. Blocking; called on store threads.
class RuleStore {
 public:
  virtual ~RuleStore() = default;

  /// Which of `phones` are on the do-not-call list, read under the fence: a rule engine that is master no more answers nothing.
  virtual Result<std::set<std::string>> listed(const LeaseGrant& grant, const std::vector<std::string>& phones) = 0;
};

std::unique_ptr<RuleStore> make_pg_rule_store(pg::Pool& pool);

}  // namespace everdial
