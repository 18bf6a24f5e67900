#include "ha/leased_work.h"

#include <algorithm>
#include <charconv>
#include <iterator>

namespace everdial {

void LeasedWork::choose(const std::vector<Task>& waiting) {
  std::set<Resource> wanted;
  size_t taken = workers_.size();
  for (const auto& [resource, held] : waiting) {
    const bool mine = workers_.contains(resource);
    if (mine || held || taken < at_once_) wanted.insert(resource);
    if (!mine && !held) ++taken;
  }
  std::vector<Resource> unwanted;
  std::set_difference(candidacies_.begin(), candidacies_.end(), wanted.begin(), wanted.end(), std::back_inserter(unwanted));
  for (const Resource& resource : unwanted) leave(resource);
  for (const Resource& resource : wanted) {
    if (!candidacies_.insert(resource).second) continue;
    leases_.compete(resource, {.start = [this](const LeaseGrant& grant) { workers_[grant.resource] = begin_(grant); },
                               .stop = [this](const LeaseGrant& grant, const std::string&) { workers_.erase(grant.resource); }});
  }
}

void LeasedWork::leave(const Resource& resource) {
  if (candidacies_.erase(resource)) leases_.withdraw(resource);
}

int64_t number_of(const Resource& resource) {
  const std::string& name = resource.value;
  int64_t number = 0;
  std::from_chars(name.data() + name.rfind('/') + 1, name.data() + name.size(), number);
  return number;
}

Result<bool> ended_by(const Status& change) {
  if (change.ok() || change.error().kind == ErrorKind::conflict) return true;
  return change.error();
}

class SteppedWork::Worker {
 public:
  Worker(SteppedWork& owner, LeaseGrant grant) : owner_(owner), grant_(std::move(grant)) { step(); }

 private:
  void step() {
    run_store(
        owner_.seams_.store, owner_.first_lane_ + 1 + static_cast<uint64_t>(grant_.res_id),
        [store = owner_.store_, grant = grant_] { return store->step(grant); },
        [this, alive = std::weak_ptr(alive_)](Result<bool> done) {
          if (alive.expired()) return;
          if (done.ok() && !*done) return step();
          if (done.ok()) return later([](SteppedWork& owner, const LeaseGrant& grant) { owner.work_.leave(grant.resource); });
          if (done.error().kind == ErrorKind::fenced)
            return later([](SteppedWork& owner, const LeaseGrant& grant) { owner.leases_.fenced(grant); });
          // It may or may not have been done: the checkpoint knows.
          timer_ = owner_.seams_.clock.after(owner_.settings_.retry_after, [this] { step(); });
        });
  }

  /// What ends this worker, which is on the stack.
  void later(void (*end)(SteppedWork&, const LeaseGrant&)) {
    owner_.seams_.clock.post([&owner = owner_, grant = grant_, end, alive = std::weak_ptr(owner_.alive_)] {
      if (!alive.expired()) end(owner, grant);
    });
  }

  SteppedWork& owner_;
  const LeaseGrant grant_;
  std::unique_ptr<Timer> timer_;
  std::shared_ptr<char> alive_ = std::make_shared<char>();
};

SteppedWork::SteppedWork(Seams& seams, LeaseService& leases, Store store, uint64_t first_lane, Settings settings)
    : seams_(seams),
      leases_(leases),
      store_(std::make_shared<const Store>(std::move(store))),
      first_lane_(first_lane),
      settings_(settings),
      work_(leases, settings.at_once, [this](const LeaseGrant& grant) { return std::make_shared<Worker>(*this, grant); }) {}

void SteppedWork::poll() {
  run_store(
      seams_.store, first_lane_, [store = store_] { return store->waiting(); },
      [this, alive = std::weak_ptr(alive_)](Result<std::vector<LeasedWork::Task>> waiting) {
        if (alive.expired()) return;
        if (waiting.ok()) work_.choose(*waiting);
        timer_ = seams_.clock.after(settings_.poll_every, [this] { poll(); });
      });
}

}  // namespace everdial
