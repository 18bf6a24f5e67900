#pragma once

#include <mutex>

#include "ha/lease_store_memory.h"
#include "rule_engine/rule_store.h"

namespace everdial {

/// The do-not-call list in memory, for tests and the simulator.
class MemoryRuleStore final : public RuleStore {
 public:
  explicit MemoryRuleStore(MemoryLeaseStore& leases) : leases_(leases) {}

  void add(const std::string& phone) {
    const std::lock_guard lock(mutex_);
    dnc_.insert(phone);
  }

  Result<std::set<std::string>> listed(const LeaseGrant& grant, const std::vector<std::string>& phones) override {
    if (Status mine = leases_.fence(grant); !mine.ok()) return mine.error();
    const std::lock_guard lock(mutex_);
    std::set<std::string> out;
    for (const std::string& phone : phones)
      if (dnc_.contains(phone)) out.insert(phone);
    return out;
  }

 private:
  MemoryLeaseStore& leases_;
  std::mutex mutex_;
  std::set<std::string> dnc_;
};

}  // namespace everdial
