#include <gtest/gtest.h>

#include "rule_engine/rule_store_memory.h"
#include "runtime/test_database.h"

// What every rule store keeps to; run on PostgreSQL and in memory.

namespace everdial {
namespace {

const Incarnation kOne{"00000000-0000-4000-8000-000000000001"}, kTwo{"00000000-0000-4000-8000-000000000002"};
const Resource kRules{"rule_engine"};

class World {
 public:
  virtual ~World() = default;
  virtual RuleStore& store() = 0;
  virtual LeaseStore& leases() = 0;
  virtual void add(const std::string& phone) = 0;
};

class MemoryWorld final : public World {
 public:
  RuleStore& store() override { return store_; }
  LeaseStore& leases() override { return leases_; }
  void add(const std::string& phone) override { store_.add(phone); }

 private:
  MemoryLeaseStore leases_{[] { return Instant{}; }};
  MemoryRuleStore store_{leases_};
};

class PgWorld final : public World {
 public:
  RuleStore& store() override { return *store_; }
  LeaseStore& leases() override { return *leases_; }
  void add(const std::string& phone) override {
    const auto added = database_.pool().query("insert into dnc (phone, source) values ($1, 'console')", pg::Params{}.add(phone));
    EXPECT_TRUE(added.ok()) << added.error().message;
  }

 private:
  TestDatabase database_;
  std::unique_ptr<LeaseStore> leases_ = make_pg_lease_store(database_.pool());
  std::unique_ptr<RuleStore> store_ = make_pg_rule_store(database_.pool());
};

using MakeWorld = std::unique_ptr<World> (*)();

class RuleStoreContract : public testing::TestWithParam<std::pair<const char*, MakeWorld>> {
 protected:
  void SetUp() override {
    world = GetParam().second();
    for (const Incarnation& one : {kOne, kTwo})
      ASSERT_TRUE(world->leases().open_session(Session{one, ServerName{"as1"}, "rule_engine"}).ok());
    ASSERT_TRUE(world->leases().ensure({kRules}).ok());
  }
  LeaseGrant acquire(const Incarnation& me) {
    const LeaseRow seen = world->leases().leases({kRules}).value().at(0);
    return world->leases().acquire({seen, me, "test", 0ms}).value().value();
  }
  std::unique_ptr<World> world;
};

TEST_P(RuleStoreContract, names_those_that_are_on_the_do_not_call_list) {
  const LeaseGrant grant = acquire(kOne);
  world->add("+12125550100");
  world->add("+12125550102");
  EXPECT_EQ(world->store().listed(grant, {"+12125550100", "+12125550101"}).value(), std::set<std::string>{"+12125550100"});
  EXPECT_TRUE(world->store().listed(grant, {}).value().empty());
}

TEST_P(RuleStoreContract, R_03_reads_nothing_for_one_that_is_master_no_more) {
  const LeaseGrant old = acquire(kOne);
  const LeaseGrant current = acquire(kTwo);
  EXPECT_EQ(world->store().listed(old, {"+12125550100"}).error().kind, ErrorKind::fenced);
  EXPECT_TRUE(world->store().listed(current, {"+12125550100"}).ok());
}

INSTANTIATE_TEST_SUITE_P(Stores, RuleStoreContract,
                         testing::Values(std::pair<const char*, MakeWorld>{"memory",
                                                                           [] { return std::unique_ptr<World>(new MemoryWorld); }},
                                         std::pair<const char*, MakeWorld>{"pg", [] { return std::unique_ptr<World>(new PgWorld); }}),
                         [](const auto& info) { return info.param.first; });

}  // namespace
}  // namespace everdial
