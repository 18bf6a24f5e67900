#pragma once

#include <functional>
#include <map>
#include <memory>
#include <mutex>
#include <optional>
#include <set>
#include <string>
#include <utility>
#include <vector>

#include "base/result.h"
#include "base/time.h"
#include "model/ids.h"

namespace everdial {

namespace pg {
class Pool;
}

/// What an MPP needs of the database. Blocking; called on store threads.
class MppStore {
 public:
  virtual ~MppStore() = default;

  /// From now on whoever becomes owner of a job asks this MPP what it has executed. `without_records`: its journal is new, which means lost
  /// when the MPP has been here before. Answers when that was last so, by the database's clock; empty: never.
  virtual Result<std::optional<Instant>> enter(const std::string& name, bool without_records) = 0;
  /// The epoch of every lease there is, held or not.
  virtual Result<std::vector<std::pair<Resource, Epoch>>> epochs() = 0;
};

std::unique_ptr<MppStore> make_pg_mpp_store(pg::Pool& pool);

/// For tests and the simulator; the leases' epochs come from their own store.
class MemoryMppStore final : public MppStore {
 public:
  using Epochs = std::function<std::vector<std::pair<Resource, Epoch>>()>;
  explicit MemoryMppStore(Epochs epochs) : epochs_(std::move(epochs)) {}

  Result<std::optional<Instant>> enter(const std::string& name, bool without_records) override {
    const std::lock_guard lock(mutex_);
    const auto [entry, is_new] = forgot_at_.try_emplace(name);
    if (!is_new && without_records) entry->second = now;
    return entry->second;
  }
  Result<std::vector<std::pair<Resource, Epoch>>> epochs() override { return epochs_(); }

  std::set<std::string> names() const {
    const std::lock_guard lock(mutex_);
    std::set<std::string> names;
    for (const auto& [name, forgot_at] : forgot_at_) names.insert(name);
    return names;
  }

  Instant now{};  ///< by the database's clock

 private:
  mutable std::mutex mutex_;
  Epochs epochs_;
  std::map<std::string, std::optional<Instant>> forgot_at_;  ///< by name; each there is has entered
};

}  // namespace everdial
