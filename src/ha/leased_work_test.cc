#include "ha/leased_work.h"

#include <gtest/gtest.h>

#include "ha/lease_store_memory.h"
#include "runtime/test_world.h"

namespace everdial {
namespace {

/// Two processes share pieces of work of ten steps each; every step is fenced, as a store's would be.
class SharedWork : public testing::Test {
 protected:
  struct Worker {
    Worker(SharedWork& test, const std::string& name)
        : me{name}, wire(test.world, Address{name}), seams{test.world, test.world, test.world, wire} {
      EXPECT_TRUE(test.store.open_session(Session{me, ServerName{name}, "list_manager"}).ok());
      leases = std::make_unique<LeaseService>(seams, test.store, me);
      work = std::make_unique<SteppedWork>(
          seams, *leases,
          SteppedWork::Store{[&test] { return test.waiting(); }, [&test, name](const LeaseGrant& grant) { return test.step(name, grant); }},
          100, SteppedWork::Settings{.at_once = 1});
      leases->start();
      work->start();
    }
    Incarnation me;
    TestWorld::Wire wire;
    Seams seams;
    std::unique_ptr<LeaseService> leases;
    std::unique_ptr<SteppedWork> work;
  };

  Result<std::vector<LeasedWork::Task>> waiting() {
    std::vector<LeasedWork::Task> out;
    std::vector<Resource> names;
    for (const auto& [name, done] : steps)
      if (done < 10) names.push_back(Resource{name});
    const auto rows = store.leases(names).value();
    for (const Resource& name : names)
      out.push_back({name, std::any_of(rows.begin(), rows.end(), [&](const LeaseRow& l) { return l.resource == name && l.holder; })});
    return out;
  }
  Result<bool> step(const std::string& who, const LeaseGrant& grant) {
    if (Status mine = store.fence(grant); !mine.ok()) return mine.error();
    if (failures > 0 && failures--) return Error{ErrorKind::unavailable, "no database"};
    if (steps[grant.resource.value] == 10) return true;  // somebody else has done the last one meanwhile
    by[grant.resource.value + " by " + who]++;
    return ++steps[grant.resource.value] == stop_at ? Result<bool>(Error{ErrorKind::unknown, "lost"})
                                                    : Result<bool>(steps[grant.resource.value] == 10);
  }
  void pass(Duration time) {
    for (Duration gone{}; gone < time; gone += 100ms) {
      for (const auto& [name, worker] : workers) (void)store.renew({worker->me});
      world.pass(100ms);
    }
  }

  TestWorld world;
  MemoryLeaseStore store{[this] { return world.now(); }};
  std::map<std::string, int> steps, by;
  int failures = 0, stop_at = -1;
  std::map<std::string, std::unique_ptr<Worker>> workers;
};

TEST_F(SharedWork, is_done_once_each_piece_by_one) {
  steps = {{"export/1", 0}, {"export/2", 0}, {"export/3", 0}};
  for (const char* name : {"a", "b"}) workers[name] = std::make_unique<Worker>(*this, name);
  pass(10s);
  for (const auto& [name, done] : steps) EXPECT_EQ(done, 10) << name;
  for (const auto& [who, done] : by) EXPECT_EQ(done, 10) << who;
  for (const LeaseRow& row : store.leases({Resource{"export/1"}}).value()) EXPECT_FALSE(row.holder) << "given back";
}

TEST_F(SharedWork, C_08_goes_on_at_another_when_its_process_dies_and_after_failures_of_the_database) {
  steps = {{"export/1", 0}};
  failures = 3;
  stop_at = 4;  // done, but its answer is lost
  workers["a"] = std::make_unique<Worker>(*this, "a");
  while (steps["export/1"] < 4) pass(100ms);
  const Incarnation dead = workers["a"]->me;
  workers.erase("a");
  ASSERT_TRUE(store.bury({dead}, "process died").ok());
  workers["b"] = std::make_unique<Worker>(*this, "b");
  pass(10s);
  EXPECT_EQ(steps["export/1"], 10);
  EXPECT_EQ(by["export/1 by b"], 6) << "from where the other had come";
}

}  // namespace
}  // namespace everdial
