#pragma once

#include <functional>
#include <map>
#include <mutex>

#include "base/overloaded.h"
#include "ha/lease_store_memory.h"
#include "load_monitor/load_store.h"

namespace everdial {

/// The load tables in memory, for tests and the simulator.
class MemoryLoadStore final : public LoadStore {
 public:
  MemoryLoadStore(MemoryLeaseStore& leases, std::function<Instant()> now) : leases_(leases), now_(std::move(now)) {}

  Status report(const ServerName& server, const HostLoad& load) override {
    const std::lock_guard lock(mutex_);
    Row& row = rows_[server];
    row.load = load;
    row.at = now_();
    return success();
  }

  Result<LoadsSeen> loads() override {
    const std::lock_guard lock(mutex_);
    LoadsSeen out{{}, restricted_};
    for (const auto& [server, row] : rows_) out.servers.push_back({server, row.load, now_() - row.at, row.decided, now_() - row.since});
    return out;
  }

  Status commit(const LeaseGrant& grant, const std::vector<LoadEffect>& effects) override {
    if (Status mine = leases_.fence(grant); !mine.ok()) return mine;
    const std::lock_guard lock(mutex_);
    for (const LoadEffect& effect : effects)
      std::visit(Overloaded{
                     [&](const SaveLevel& e) {
                       Row& row = rows_[e.decided.server];
                       if (!row.decided || row.decided->level != e.decided.level) row.since = now_();
                       row.decided = e.decided;
                     },
                     [&](const Restrict& e) { restricted_.insert(e.what); },
                     [&](const LiftRestriction& e) { restricted_.erase(e.what); },
                 },
                 effect);
    return success();
  }

 private:
  struct Row {
    HostLoad load;
    Instant at, since;
    std::optional<LevelDecided> decided;
  };
  MemoryLeaseStore& leases_;
  std::function<Instant()> now_;
  std::mutex mutex_;
  std::map<ServerName, Row> rows_;
  std::set<Restriction> restricted_;
};

}  // namespace everdial
