#include <gtest/gtest.h>
#include <unistd.h>

#include "ha/lease_store_memory.h"
#include "runtime/test_database.h"

// What every lease store keeps to; run on PostgreSQL and in memory.

namespace everdial {
namespace {

const Resource kDirector{"campaign_director"};
const Incarnation kOne{"00000000-0000-4000-8000-000000000001"}, kTwo{"00000000-0000-4000-8000-000000000002"};

struct Store {
  std::unique_ptr<TestDatabase> database;  // PostgreSQL only
  std::unique_ptr<LeaseStore> leases;
};
using MakeStore = Store (*)();

class LeaseStoreContract : public testing::TestWithParam<std::pair<const char*, MakeStore>> {
 protected:
  void SetUp() override {
    made = GetParam().second();
    ASSERT_TRUE(store().open_session(Session{kOne, ServerName{"as1"}, "campaign_director", "", Address{"127.0.0.1:1"}, "1"}).ok());
    ASSERT_TRUE(store().open_session(Session{kTwo, ServerName{"as2"}, "campaign_director", "", Address{"127.0.0.1:2"}, "1"}).ok());
    ASSERT_TRUE(store().ensure({kDirector}).ok());
    ASSERT_TRUE(store().ensure({kDirector}).ok());
  }
  LeaseStore& store() { return *made.leases; }
  LeaseRow see() { return store().leases({kDirector}).value().at(0); }
  std::optional<LeaseGrant> acquire(const LeaseRow& seen, const Incarnation& me) {
    auto granted = store().acquire({seen, me, "test", 5ms, R"({"kind": "stuck"})"});
    EXPECT_TRUE(granted.ok()) << granted.error().message;
    return granted.ok() ? *granted : std::nullopt;
  }
  /// As a director writes it down.
  void desire(const Incarnation& next) {
    if (!made.database) return static_cast<MemoryLeaseStore&>(store()).set_desired(kDirector, next);
    ASSERT_TRUE(made.database->pool()
                    .query("update ha_lease set desired = $2::uuid where resource = $1", pg::Params{}.add(kDirector.value).add(next.value))
                    .ok());
  }
  Store made;
};

TEST_P(LeaseStoreContract, gives_a_free_lease_to_the_first_that_asks_and_counts_the_epoch_up) {
  const LeaseRow seen = see();
  EXPECT_FALSE(seen.holder);
  const auto first = acquire(seen, kOne);
  ASSERT_TRUE(first);
  EXPECT_EQ(first->epoch, Epoch{1});
  EXPECT_FALSE(acquire(seen, kTwo)) << "seen before the first acquired";
  EXPECT_EQ(see().holder, kOne);
  EXPECT_EQ(see().holder_address, Address{"127.0.0.1:1"});
}

TEST_P(LeaseStoreContract, does_not_take_a_lease_from_a_holder_that_has_renewed_since_it_was_seen) {
  ASSERT_TRUE(acquire(see(), kOne));
  const LeaseRow seen = see();
  ASSERT_TRUE(store().renew({kOne}).ok());
  EXPECT_FALSE(acquire(seen, kTwo));
  EXPECT_TRUE(acquire(see(), kTwo));
}

TEST_P(LeaseStoreContract, gives_nothing_to_an_incarnation_without_a_session) {
  EXPECT_FALSE(acquire(see(), Incarnation{"00000000-0000-4000-8000-000000000009"}));
}

TEST_P(LeaseStoreContract, frees_the_leases_of_the_buried_and_writes_history) {
  const auto granted = acquire(see(), kOne);
  ASSERT_TRUE(store().bury({kOne}, "process died").ok());
  EXPECT_FALSE(see().holder);
  EXPECT_EQ(see().epoch, Epoch{1});
  EXPECT_EQ(store().sessions().value().size(), 1u);
  ASSERT_TRUE(acquire(see(), kTwo));
  const auto history = store().history(kDirector).value();
  ASSERT_EQ(history.size(), 3u);
  EXPECT_EQ(history[0].to, kOne);
  EXPECT_EQ(history[1].reason, "process died");
  EXPECT_EQ(history[2].to, kTwo);
  EXPECT_EQ(history[2].epoch, Epoch{2});
  EXPECT_EQ(history[1].evidence, "{}");
  EXPECT_EQ(history[2].evidence, R"({"kind": "stuck"})");
}

TEST_P(LeaseStoreContract, gives_a_lease_to_its_own_holder_under_a_higher_epoch) {
  ASSERT_TRUE(acquire(see(), kOne));
  const auto again = acquire(see(), kOne);
  ASSERT_TRUE(again);
  EXPECT_EQ(again->epoch, Epoch{2});
  EXPECT_EQ(see().holder, kOne);
}

TEST_P(LeaseStoreContract, C_14_ends_an_allotment_when_another_takes_the_lease_and_keeps_one_that_he_did_not_know_of) {
  LeaseRow seen = see();
  desire(kOne);
  ASSERT_TRUE(acquire(seen, kTwo));
  EXPECT_EQ(see().desired, kOne) << "given since: it will be handed over";
  ASSERT_TRUE(acquire(see(), kOne));
  EXPECT_EQ(see().desired, kOne);
  ASSERT_TRUE(acquire(see(), kTwo));
  EXPECT_FALSE(see().desired);
}

TEST_P(LeaseStoreContract, releases_only_what_the_grant_still_holds) {
  const auto old = acquire(see(), kOne);
  ASSERT_TRUE(acquire(see(), kTwo));
  ASSERT_TRUE(store().release(*old, "late").ok());
  EXPECT_EQ(see().holder, kTwo);
}

TEST_P(LeaseStoreContract, S_04_tells_the_databases_time) {
  const Instant first = store().clock().value();
  EXPECT_LE(first, store().clock().value());
}

TEST_P(LeaseStoreContract, has_one_key_for_the_heartbeats) {
  const std::string key = store().heartbeat_key().value();
  EXPECT_EQ(key.size(), 64u);
  EXPECT_EQ(store().heartbeat_key().value(), key);
}

INSTANTIATE_TEST_SUITE_P(
    Stores, LeaseStoreContract,
    testing::Values(std::pair<const char*, MakeStore>{"memory",
                                                      [] {
                                                        return Store{nullptr, std::make_unique<MemoryLeaseStore>([] { return Instant{}; })};
                                                      }},
                    std::pair<const char*, MakeStore>{"pg",
                                                      [] {
                                                        auto database = std::make_unique<TestDatabase>();
                                                        auto leases = make_pg_lease_store(database->pool());
                                                        return Store{std::move(database), std::move(leases)};
                                                      }}),
    [](const auto& info) { return std::string(info.param.first); });

TEST(Fence, M_06_refuses_a_stale_epoch_and_any_isolation_but_read_committed) {
  TestDatabase database;
  auto store = make_pg_lease_store(database.pool());
  ASSERT_TRUE(store->open_session(Session{kOne, ServerName{"as1"}, "x", "", Address{""}, "1"}).ok());
  ASSERT_TRUE(store->ensure({kDirector}).ok());
  const auto granted = store->acquire({store->leases({kDirector}).value().at(0), kOne, "test", 0ms}).value();
  ASSERT_TRUE(granted);
  auto fence = [&](const char* begin, int64_t epoch) {
    auto connection = pg::Connection::open(database.pool().settings()).value();
    EXPECT_TRUE(connection->execute(begin).ok());
    return connection->query("select ha_fence($1, $2, $3::uuid)", pg::Params{}.add(granted->res_id).add(epoch).add(kOne.value));
  };
  EXPECT_TRUE(fence("begin", 1).ok());
  const auto stale = fence("begin", 0);
  ASSERT_FALSE(stale.ok());
  EXPECT_EQ(stale.error().kind, ErrorKind::fenced);
  EXPECT_FALSE(fence("begin isolation level repeatable read", 1).ok());
}

TEST(Fence, waits_out_a_running_transaction_of_the_old_holder_before_another_acquires) {
  TestDatabase database;
  auto store = make_pg_lease_store(database.pool());
  for (const auto& me : {kOne, kTwo}) ASSERT_TRUE(store->open_session(Session{me, ServerName{"as1"}, "x", "", Address{""}, "1"}).ok());
  ASSERT_TRUE(store->ensure({kDirector}).ok());
  const auto granted = store->acquire({store->leases({kDirector}).value().at(0), kOne, "test", 0ms}).value();
  auto old = pg::Connection::open(database.pool().settings()).value();
  ASSERT_TRUE(old->execute("begin").ok());
  ASSERT_TRUE(old->query("select ha_fence($1, $2, $3::uuid)", pg::Params{}.add(granted->res_id).add(int64_t{1}).add(kOne.value)).ok());
  const LeaseRow seen = store->leases({kDirector}).value().at(0);
  const auto refused = store->acquire({seen, kTwo, "test", 0ms});
  EXPECT_FALSE(refused.ok() && *refused) << "acquired while the old holder's transaction was open";
  ASSERT_TRUE(old->execute("commit").ok());
  EXPECT_TRUE(store->acquire({seen, kTwo, "test", 0ms}).value());
}

TEST(Fence, C_04_ends_the_transaction_in_which_a_lost_holder_sits) {
  TestDatabase database;
  auto store = make_pg_lease_store(database.pool());
  const Incarnation lost{"aaaaaaaa-0000-4000-8000-000000000001"};
  for (const auto& me : {lost, kTwo}) ASSERT_TRUE(store->open_session(Session{me, ServerName{"as1"}, "x", "", Address{""}, "1"}).ok());
  ASSERT_TRUE(store->ensure({kDirector}).ok());
  const auto granted = store->acquire({store->leases({kDirector}).value().at(0), lost, "test", 0ms}).value();
  ASSERT_TRUE(granted);
  pg::Settings settings = database.pool().settings();
  settings.application_name = "campaign_director as1 aaaaaaaa";
  auto old = pg::Connection::open(settings).value();
  ASSERT_TRUE(old->execute("begin").ok());
  ASSERT_TRUE(old->query("select ha_fence($1, $2, $3::uuid)", pg::Params{}.add(granted->res_id).add(int64_t{1}).add(lost.value)).ok());
  const auto taken = store->acquire({store->leases({kDirector}).value().at(0), kTwo, "server_silent", 0ms});
  ASSERT_TRUE(taken.ok()) << taken.error().message;
  EXPECT_TRUE(*taken);
  EXPECT_FALSE(old->execute("commit").ok());
}

}  // namespace
}  // namespace everdial
