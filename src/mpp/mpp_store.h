#pragma once

#include <functional>
#include <memory>
#include <mutex>
#include <set>
#include <string>
#include <utility>
#include <vector>

#include "base/result.h"
#include "model/ids.h"

namespace everdial {

namespace pg {
class Pool;
}

/// What an MPP needs of the database. Blocking; called on store threads.
class MppStore {
 public:
  virtual ~MppStore() = default;

  /// From now on whoever becomes owner of a job asks this MPP what it has executed.
  virtual Status enter(const std::string& name) = 0;
  /// The epoch of every lease there is, held or not.
  virtual Result<std::vector<std::pair<Resource, Epoch>>> epochs() = 0;
};

std::unique_ptr<MppStore> make_pg_mpp_store(pg::Pool& pool);

/// For tests and the simulator; the leases' epochs come from their own store.
class MemoryMppStore final : public MppStore {
 public:
  using Epochs = std::function<std::vector<std::pair<Resource, Epoch>>()>;
  explicit MemoryMppStore(Epochs epochs) : epochs_(std::move(epochs)) {}

  Status enter(const std::string& name) override {
    const std::lock_guard lock(mutex_);
    names_.insert(name);
    return success();
  }
  Result<std::vector<std::pair<Resource, Epoch>>> epochs() override { return epochs_(); }

  std::set<std::string> names() const {
    const std::lock_guard lock(mutex_);
    return names_;
  }

 private:
  mutable std::mutex mutex_;
  Epochs epochs_;
  std::set<std::string> names_;
};

}  // namespace everdial
