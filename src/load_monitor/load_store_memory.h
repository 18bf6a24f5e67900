#pragma once

#include <functional>
#include <map>
#include <mutex>

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

  Result<std::vector<ServerLoad>> loads() override {
    const std::lock_guard lock(mutex_);
    std::vector<ServerLoad> out;
    for (const auto& [server, row] : rows_) out.push_back({server, row.load, now_() - row.at, row.decided});
    return out;
  }

  Status save_levels(const LeaseGrant& grant, const std::vector<LevelDecided>& levels) override {
    if (Status mine = leases_.fence(grant); !mine.ok()) return mine;
    const std::lock_guard lock(mutex_);
    for (const LevelDecided& level : levels) rows_[level.server].decided = level;
    return success();
  }

 private:
  struct Row {
    HostLoad load;
    Instant at;
    std::optional<LevelDecided> decided;
  };
  MemoryLeaseStore& leases_;
  std::function<Instant()> now_;
  std::mutex mutex_;
  std::map<ServerName, Row> rows_;
};

}  // namespace everdial
