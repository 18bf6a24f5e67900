#include <gtest/gtest.h>

#include <condition_variable>
#include <mutex>

#include "ha/lease_bell_pg.h"
#include "ha/lease_store.h"
#include "runtime/test_database.h"

namespace everdial {
namespace {

const Incarnation kHolder{"00000000-0000-4000-8000-000000000001"};

class LeaseBellTest : public testing::Test {
 protected:
  LeaseBellTest() {
    EXPECT_TRUE(leases->open_session(Session{kHolder, ServerName{"as1"}, "campaign_director"}).ok());
    EXPECT_TRUE(leases->ensure({Resource{"campaign_director"}}).ok());
    EXPECT_TRUE(await_rings(1)) << "when it listens";
  }
  LeaseGrant acquire() {
    return leases->acquire({leases->leases({Resource{"campaign_director"}}).value().at(0), kHolder, "test", 0ms}).value().value();
  }
  bool await_rings(int count) {
    std::unique_lock lock{mutex};
    return rang.wait_for(lock, 10s, [&] { return rings >= count; });
  }
  int rings_now() {
    const std::lock_guard lock{mutex};
    return rings;
  }

  TestDatabase database;
  std::unique_ptr<LeaseStore> leases = make_pg_lease_store(database.pool());
  std::mutex mutex;
  std::condition_variable rang;
  int rings = 0;
  LeaseBell bell{pg::Settings{.uri = database.uri()}, [this] {
                   const std::lock_guard lock{mutex};
                   ++rings;
                   rang.notify_all();
                 }};
};

TEST_F(LeaseBellTest, M_02_rings_when_a_lease_is_given_back_when_its_holder_is_buried_and_when_it_is_meant_for_another) {
  const LeaseGrant first = acquire();
  ASSERT_TRUE(leases->release(first, "drained").ok());
  EXPECT_TRUE(await_rings(2));
  acquire();
  ASSERT_TRUE(leases->bury({kHolder}, "process died").ok());
  EXPECT_TRUE(await_rings(3));
  ASSERT_TRUE(database.pool().query("update ha_lease set desired = gen_random_uuid()").ok());
  EXPECT_TRUE(await_rings(4));
}

TEST_F(LeaseBellTest, is_silent_when_a_lease_is_renewed_or_taken) {
  constexpr int kRounds = 20;  // some notices may come together; silence in one round alone could be luck
  for (int round = 1; round <= kRounds; ++round) {
    const LeaseGrant grant = acquire();
    ASSERT_TRUE(leases->renew({kHolder}).ok());
    const int before = rings_now();
    ASSERT_TRUE(leases->release(grant, "drained").ok());
    ASSERT_TRUE(await_rings(before + 1));
  }
  EXPECT_EQ(rings_now(), 1 + kRounds);
}

}  // namespace
}  // namespace everdial
