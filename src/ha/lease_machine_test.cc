#include "ha/lease_machine.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace everdial {
namespace {

const Resource kDirector{"campaign_director"};
const Incarnation kMe{"me"}, kOther{"other"};

Instant at(Duration d) { return Instant{} + 1h + d; }

LeaseRow row(std::optional<Incarnation> holder, int64_t epoch, int64_t renew_seq = 0) {
  LeaseRow r;
  r.resource = kDirector;
  r.res_id = 1;
  r.epoch = Epoch{epoch};
  r.holder = std::move(holder);
  r.holder_renew_seq = renew_seq;
  return r;
}

template <class E>
const E* only(const std::vector<LeaseEffect>& effects) {
  return effects.size() == 1 ? std::get_if<E>(&effects[0]) : nullptr;
}

class Lease : public testing::Test {
 protected:
  Lease() { machine.step(LeaseCandidacy{kDirector, true}, at(0s)); }
  LeaseGrant become_master() {
    machine.step(LeasesSeen{{row(std::nullopt, 4)}}, at(0s));
    const LeaseGrant grant{kDirector, 1, Epoch{5}, kMe};
    EXPECT_NE(only<StartActing>(machine.step(LeaseAcquired{grant}, at(1ms))), nullptr);
    return grant;
  }
  LeaseMachine machine{kMe, {}};
};

TEST_F(Lease, that_is_free_is_acquired_and_acted_under) {
  const auto effects = machine.step(LeasesSeen{{row(std::nullopt, 4)}}, at(0s));
  ASSERT_NE(only<AcquireLease>(effects), nullptr);
  EXPECT_EQ(only<AcquireLease>(effects)->reason, "released");
  EXPECT_TRUE(machine.step(LeasesSeen{{row(std::nullopt, 4)}}, at(100ms)).empty()) << "one acquire at a time";
}

TEST_F(Lease, of_a_holder_that_renews_is_left_alone) {
  for (int i = 0; i < 200; ++i) EXPECT_TRUE(machine.step(LeasesSeen{{row(kOther, 4, i / 5)}}, at(i * 100ms)).empty());
}

TEST_F(Lease, of_a_silent_holder_is_acquired_after_five_seconds_in_which_the_database_could_be_read) {
  Duration t{};
  for (; t < 5s; t += 100ms) ASSERT_TRUE(machine.step(LeasesSeen{{row(kOther, 4, 7)}}, at(t)).empty()) << t.count();
  const auto effects = machine.step(LeasesSeen{{row(kOther, 4, 7)}}, at(t));
  ASSERT_NE(only<AcquireLease>(effects), nullptr);
  EXPECT_EQ(only<AcquireLease>(effects)->reason, "holder_silent");
}

TEST_F(Lease, is_not_taken_because_we_could_not_read_for_a_while) {
  machine.step(LeasesSeen{{row(kOther, 4, 7)}}, at(0s));
  for (Duration t = 100ms; t < 20s; t += 100ms) machine.step(LeasesUnreadable{}, at(t));
  EXPECT_TRUE(machine.step(LeasesSeen{{row(kOther, 4, 7)}}, at(20s)).empty());
}

TEST_F(Lease, of_a_buried_holder_is_acquired_at_once) {
  const auto effects = machine.step(LeasesSeen{{row(kOther, 4, -1)}}, at(0s));
  ASSERT_NE(only<AcquireLease>(effects), nullptr);
  EXPECT_EQ(only<AcquireLease>(effects)->reason, "holder_gone");
}

TEST_F(Lease, that_another_has_acquired_ends_our_acting) {
  become_master();
  const auto effects = machine.step(LeasesSeen{{row(kOther, 6)}}, at(200ms));
  ASSERT_NE(only<StopActing>(effects), nullptr);
  EXPECT_EQ(only<StopActing>(effects)->reason, "fenced");
}

TEST_F(Lease, refused_by_a_store_ends_our_acting_once) {
  const LeaseGrant grant = become_master();
  EXPECT_NE(only<StopActing>(machine.step(LeaseFenced{grant}, at(2ms))), nullptr);
  EXPECT_TRUE(machine.step(LeaseFenced{grant}, at(3ms)).empty());
}

TEST_F(Lease, is_not_acted_under_for_long_without_the_database_and_taken_up_again_when_it_is_still_ours) {
  become_master();
  machine.step(LeasesSeen{{row(kMe, 5, 1)}}, at(100ms));
  EXPECT_TRUE(machine.step(LeasesUnreadable{}, at(2s)).empty());
  EXPECT_NE(only<StopActing>(machine.step(LeasesUnreadable{}, at(3200ms))), nullptr);
  EXPECT_NE(only<StartActing>(machine.step(LeasesSeen{{row(kMe, 5, 9)}}, at(4s))), nullptr);
}

TEST_F(Lease, whose_acquire_was_done_but_not_answered_is_acted_under) {
  machine.step(LeasesSeen{{row(std::nullopt, 4)}}, at(0s));
  machine.step(LeaseNotAcquired{kDirector}, at(50ms));
  const auto effects = machine.step(LeasesSeen{{row(kMe, 5)}}, at(100ms));
  ASSERT_NE(only<StartActing>(effects), nullptr);
  EXPECT_EQ(only<StartActing>(effects)->grant.epoch, Epoch{5});
}

TEST_F(Lease, C_03_is_released_at_once_when_draining_and_not_taken_again) {
  become_master();
  const auto effects = machine.step(LeasesDrain{}, at(1s));
  ASSERT_EQ(effects.size(), 2u);
  EXPECT_TRUE(std::holds_alternative<StopActing>(effects[0]));
  EXPECT_TRUE(std::holds_alternative<ReleaseLease>(effects[1]));
  EXPECT_TRUE(machine.step(LeasesSeen{{row(std::nullopt, 5)}}, at(1100ms)).empty());
}

TEST_F(Lease, that_is_renounced_is_not_acted_under_again_before_a_higher_epoch) {
  const LeaseGrant grant = become_master();
  ASSERT_EQ(machine.step(LeaseRenounced{grant}, at(1s)).size(), 2u);
  const auto again = machine.step(LeasesSeen{{row(kMe, 5, 1)}}, at(1100ms));
  EXPECT_NE(only<ReleaseLease>(again), nullptr) << "the first release may have been lost";
  EXPECT_NE(only<AcquireLease>(machine.step(LeasesSeen{{row(std::nullopt, 5)}}, at(1200ms))), nullptr);
}

TEST(JobLease, is_acquired_by_whom_the_director_desires_and_handed_over_when_that_changes) {
  LeaseMachine machine{kMe, {}};
  LeaseRow job = row(std::nullopt, 0);
  job.resource = Resource{"job/1"};
  job.desired = kOther;
  EXPECT_TRUE(machine.step(LeasesSeen{{job}}, at(0s)).empty());
  job.desired = kMe;
  EXPECT_NE(only<AcquireLease>(machine.step(LeasesSeen{{job}}, at(100ms))), nullptr);
  machine.step(LeaseAcquired{{job.resource, 1, Epoch{1}, kMe}}, at(110ms));
  job.holder = kMe;
  job.epoch = Epoch{1};
  EXPECT_TRUE(machine.step(LeasesSeen{{job}}, at(200ms)).empty());
  job.desired = kOther;
  const auto effects = machine.step(LeasesSeen{{job}}, at(300ms));
  ASSERT_EQ(effects.size(), 2u);
  EXPECT_EQ(std::get<StopActing>(effects[0]).reason, "handed_over");
  EXPECT_TRUE(std::holds_alternative<ReleaseLease>(effects[1]));
}

}  // namespace
}  // namespace everdial
