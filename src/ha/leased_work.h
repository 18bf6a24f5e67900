#pragma once

#include <functional>
#include <map>
#include <memory>
#include <set>
#include <vector>

#include "ha/lease_service.h"
#include "runtime/seams.h"

namespace everdial {

/// Pieces of work that all processes of a kind share by leases, one lease each: takes as many free ones as there is room for, and stands
/// by for every one that another holds, should that other die.
class LeasedWork {
 public:
  struct Task {
    Resource resource;
    bool held = false;  ///< some process holds its lease
  };
  /// One piece under one grant; its end ends the worker.
  using Worker = std::shared_ptr<void>;
  using Begin = std::function<Worker(const LeaseGrant&)>;

  /// `at_once` is how many it takes by itself; those of a dead process come on top.
  LeasedWork(LeaseService& leases, size_t at_once, Begin begin) : leases_(leases), at_once_(at_once), begin_(std::move(begin)) {}

  /// All the work that there is now, oldest first.
  void choose(const std::vector<Task>& waiting);
  /// Done, or not to be done here. Not from within its worker.
  void leave(const Resource& resource);

 private:
  LeaseService& leases_;
  size_t at_once_;
  Begin begin_;
  std::set<Resource> candidacies_;
  std::map<Resource, Worker> workers_;
};

/// The number of a piece: 42 of "export/42".
int64_t number_of(const Resource& resource);

/// What a step is to say when this was its last change: that it was over already, or is gone, is as good as done.
Result<bool> ended_by(const Status& change);

/// Leased work of the simplest form: each step is one fenced transaction that does the next piece and moves a checkpoint, so that whoever
/// takes over goes on exactly there.
class SteppedWork {
 public:
  struct Settings {
    size_t at_once = 2;
    Duration poll_every = 500ms;
    Duration retry_after = 1s;  ///< after a failure of the database
  };
  /// Blocking; called on store threads.
  struct Store {
    std::function<Result<std::vector<LeasedWork::Task>>()> waiting;
    /// True when nothing is left of it.
    std::function<Result<bool>(const LeaseGrant&)> step;
  };

  /// Uses lanes of store threads from `first_lane` on: one for the look, one for each piece by its lease's id.
  SteppedWork(Seams& seams, LeaseService& leases, Store store, uint64_t first_lane, Settings settings);

  void start() { poll(); }

 private:
  class Worker;

  void poll();

  Seams& seams_;
  LeaseService& leases_;
  const std::shared_ptr<const Store> store_;
  const uint64_t first_lane_;
  const Settings settings_;
  LeasedWork work_;
  std::unique_ptr<Timer> timer_;
  std::shared_ptr<char> alive_ = std::make_shared<char>();
};

}  // namespace everdial
