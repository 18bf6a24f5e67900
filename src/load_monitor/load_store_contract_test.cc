#include <gtest/gtest.h>

#include "load_monitor/load_store_memory.h"
#include "runtime/test_database.h"

// What every load store keeps to; run on PostgreSQL and in memory.

namespace everdial {
namespace {

const Incarnation kOne{"00000000-0000-4000-8000-000000000001"}, kTwo{"00000000-0000-4000-8000-000000000002"};
const Resource kMonitor{"load_monitor"};

struct World {
  std::unique_ptr<TestDatabase> database;  // PostgreSQL only
  std::unique_ptr<LeaseStore> leases;
  std::unique_ptr<LoadStore> loads;
};
World in_memory() {
  const auto now = [] { return Instant{}; };
  auto leases = std::make_unique<MemoryLeaseStore>(now);
  auto loads = std::make_unique<MemoryLoadStore>(*leases, now);
  return {nullptr, std::move(leases), std::move(loads)};
}
World in_pg() {
  auto database = std::make_unique<TestDatabase>();
  auto leases = make_pg_lease_store(database->pool());
  auto loads = make_pg_load_store(database->pool());
  return {std::move(database), std::move(leases), std::move(loads)};
}
using MakeWorld = World (*)();

class LoadStoreContract : public testing::TestWithParam<std::pair<const char*, MakeWorld>> {
 protected:
  void SetUp() override {
    world = GetParam().second();
    for (const Incarnation& one : {kOne, kTwo})
      ASSERT_TRUE(world.leases->open_session(Session{one, ServerName{"as1"}, "load_monitor"}).ok());
    ASSERT_TRUE(world.leases->ensure({kMonitor}).ok());
  }
  LeaseGrant acquire(const Incarnation& me) {
    return world.leases->acquire({world.leases->leases({kMonitor}).value().at(0), me, "test", 0ms}).value().value();
  }
  World world;
};

TEST_P(LoadStoreContract, keeps_the_newest_report_of_each_server) {
  ASSERT_TRUE(world.loads->report(ServerName{"as1"}, {0.1, 0.2, 0.3}).ok());
  ASSERT_TRUE(world.loads->report(ServerName{"as2"}, {0.4, 0.5, 0.6}).ok());
  ASSERT_TRUE(world.loads->report(ServerName{"as1"}, {0.7, 0.8, 0.9}).ok());
  const auto loads = world.loads->loads().value().servers;
  ASSERT_EQ(loads.size(), 2u);
  EXPECT_EQ(loads[0].server, ServerName{"as1"});
  EXPECT_EQ(loads[0].load.cpu, 0.7);
  EXPECT_EQ(loads[0].load.run_queue, 0.9);
  EXPECT_LT(loads[0].age, 10s);
  EXPECT_FALSE(loads[0].decided);
}

TEST_P(LoadStoreContract, keeps_levels_under_the_fence) {
  ASSERT_TRUE(world.loads->report(ServerName{"as1"}, {}).ok());
  const LeaseGrant old = acquire(kOne), current = acquire(kTwo);
  const LevelDecided high{ServerName{"as1"}, LoadLevel::high, true, "processors at 95 %"},
      low{ServerName{"as1"}, LoadLevel::low, false, ""};
  EXPECT_EQ(world.loads->commit(old, {SaveLevel{low}}).error().kind, ErrorKind::fenced);
  ASSERT_TRUE(world.loads->commit(current, {SaveLevel{low}}).ok());
  ASSERT_TRUE(world.loads->commit(current, {SaveLevel{high}}).ok());
  EXPECT_EQ(world.loads->loads().value().servers.at(0).decided, high);
}

TEST_P(LoadStoreContract, L_03_keeps_restrictions_until_they_are_lifted) {
  const LeaseGrant grant = acquire(kOne);
  ASSERT_TRUE(world.loads->commit(grant, {Restrict{Restriction::imports, "high"}, Restrict{Restriction::job_starts, "high"}}).ok());
  ASSERT_TRUE(world.loads->commit(grant, {Restrict{Restriction::imports, "again"}}).ok());
  EXPECT_EQ(world.loads->loads().value().restricted, (std::set{Restriction::imports, Restriction::job_starts}));
  ASSERT_TRUE(world.loads->commit(grant, {LiftRestriction{Restriction::imports}}).ok());
  EXPECT_EQ(world.loads->loads().value().restricted, std::set{Restriction::job_starts});
}

INSTANTIATE_TEST_SUITE_P(Stores, LoadStoreContract,
                         testing::Values(std::pair<const char*, MakeWorld>{"memory", in_memory},
                                         std::pair<const char*, MakeWorld>{"pg", in_pg}),
                         [](const auto& info) { return info.param.first; });

}  // namespace
}  // namespace everdial
