#include "ha/lease_machine.h"

#include <gtest/gtest.h>
#include <rapidcheck/gtest.h>

#include <random>

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
  std::vector<LeaseEffect> see(LeaseRow shown, Duration when) { return machine.step(LeasesSeen{{std::move(shown)}, at(when)}, at(when)); }
  LeaseGrant become_master() {
    see(row(std::nullopt, 4), 0s);
    const LeaseGrant grant{kDirector, 1, Epoch{5}, kMe};
    EXPECT_NE(only<StartActing>(machine.step(LeaseAcquired{grant}, at(1ms))), nullptr);
    return grant;
  }
  void doubt(DoubtKind kind, Duration when = 0s) {
    machine.step(OutlookSeen{{.doubts = {{kOther, kind, 1s, R"({"kind":"x"})"}}}}, at(when));
  }
  /// Sees the other's renewals stand still, ten looks a second; when the lease is acquired, and how.
  struct Taken {
    Duration after{};
    AcquireLease acquire;
  };
  std::optional<Taken> watch_still(Duration at_most, std::optional<DoubtKind> kind = {}) {
    for (Duration t{}; t <= at_most; t += 100ms) {
      if (kind) doubt(*kind, t);
      const auto effects = see(row(kOther, 4, 7), t);
      if (const auto* acquire = only<AcquireLease>(effects)) return Taken{t, *acquire};
    }
    return std::nullopt;
  }
  LeaseMachine machine{kMe, {}};
};

TEST_F(Lease, that_is_free_is_acquired_and_acted_under) {
  const auto effects = see(row(std::nullopt, 4), 0s);
  ASSERT_NE(only<AcquireLease>(effects), nullptr);
  EXPECT_EQ(only<AcquireLease>(effects)->reason, "released");
  EXPECT_TRUE(see(row(std::nullopt, 4), 100ms).empty()) << "one acquire at a time";
}

TEST_F(Lease, of_a_holder_that_renews_is_left_alone_however_doubtful_it_is) {
  int64_t renewals = 0;
  for (const auto kind : {DoubtKind::stuck, DoubtKind::without_database, DoubtKind::server_refused, DoubtKind::server_silent}) {
    for (int i = 0; i < 200; ++i) {
      doubt(kind, i * 100ms);
      EXPECT_TRUE(see(row(kOther, 4, ++renewals / 5), i * 100ms).empty());
    }
  }
}

TEST_F(Lease, of_a_silent_holder_is_acquired_after_five_seconds_in_which_the_database_could_be_read) {
  const auto taken = watch_still(6s);
  ASSERT_TRUE(taken);
  EXPECT_EQ(taken->after, 5s);
  EXPECT_EQ(taken->acquire.reason, "holder_silent");
  EXPECT_EQ(taken->acquire.evidence, R"({"renew_still_ms":5000})");
}

TEST_F(Lease, C_04_of_a_lost_servers_holder_is_acquired_once_its_renewals_have_stood_still_for_1500_ms) {
  const auto taken = watch_still(6s, DoubtKind::server_silent);
  ASSERT_TRUE(taken);
  EXPECT_EQ(taken->after, 1500ms);
  EXPECT_EQ(taken->acquire.reason, "server_silent");
  EXPECT_EQ(taken->acquire.evidence, R"({"renew_still_ms":1500,"doubt":{"kind":"x"}})");
}

TEST_F(Lease, A_14_of_a_holder_without_database_is_acquired_after_it_has_stopped) {
  EXPECT_EQ(watch_still(6s, DoubtKind::without_database)->after, 1500ms);
}

TEST_F(Lease, of_a_stuck_holder_or_of_a_server_that_is_surely_gone_is_acquired_after_one_renewal_has_not_come) {
  EXPECT_EQ(watch_still(6s, DoubtKind::stuck)->after, 600ms);
  LeaseMachine other{kMe, {}};
  machine = other;
  machine.step(LeaseCandidacy{kDirector, true}, at(0s));
  EXPECT_EQ(watch_still(6s, DoubtKind::server_refused)->after, 600ms);
}

TEST_F(Lease, is_not_taken_on_a_doubt_that_is_not_told_any_more) {
  doubt(DoubtKind::server_silent);
  EXPECT_EQ(watch_still(6s)->after, 5s);
}

TEST_F(Lease, is_not_taken_because_we_could_not_read_for_a_while) {
  doubt(DoubtKind::server_silent);
  see(row(kOther, 4, 7), 0s);
  for (Duration t = 100ms; t < 20s; t += 100ms) machine.step(LeasesUnreadable{}, at(t));
  EXPECT_TRUE(see(row(kOther, 4, 7), 20s).empty());
}

TEST_F(Lease, of_a_buried_holder_is_acquired_at_once) {
  const auto effects = see(row(kOther, 4, -1), 0s);
  ASSERT_NE(only<AcquireLease>(effects), nullptr);
  EXPECT_EQ(only<AcquireLease>(effects)->reason, "holder_gone");
}

TEST_F(Lease, that_another_has_acquired_ends_our_acting) {
  become_master();
  const auto effects = see(row(kOther, 6), 200ms);
  ASSERT_NE(only<StopActing>(effects), nullptr);
  EXPECT_EQ(only<StopActing>(effects)->reason, "fenced");
}

TEST_F(Lease, refused_by_a_store_ends_our_acting_once) {
  const LeaseGrant grant = become_master();
  EXPECT_NE(only<StopActing>(machine.step(LeaseFenced{grant}, at(2ms))), nullptr);
  EXPECT_TRUE(machine.step(LeaseFenced{grant}, at(3ms)).empty());
}

TEST_F(Lease, is_acted_under_as_long_as_our_renewals_are_seen) {
  become_master();
  for (int i = 1; i < 200; ++i) EXPECT_TRUE(see(row(kMe, 5, i / 5), i * 100ms).empty()) << i;
}

TEST_F(Lease, a_poll_older_than_its_acquire_does_not_end_it) {
  become_master();
  EXPECT_TRUE(see(row(std::nullopt, 4), 10ms).empty());
  EXPECT_TRUE(see(row(kOther, 4), 20ms).empty());
}

TEST_F(Lease, A_14_is_not_acted_under_without_the_database_for_longer_than_another_must_wait) {
  become_master();
  see(row(kMe, 5, 1), 100ms);
  see(row(kMe, 5, 2), 200ms);  // it moved after the look before
  EXPECT_TRUE(machine.step(LeasesUnreadable{}, at(1300ms)).empty());
  EXPECT_NE(only<StopActing>(machine.step(LeasesUnreadable{}, at(1400ms))), nullptr);
}

TEST_F(Lease, is_acted_under_for_longer_while_no_other_server_can_doubt_ours) {
  become_master();
  machine.step(OutlookSeen{{.assured_until = at(2s)}}, at(100ms));
  EXPECT_TRUE(machine.step(LeasesUnreadable{}, at(1900ms)).empty());
  EXPECT_TRUE(machine.fit(at(1900ms)));
  EXPECT_NE(only<StopActing>(machine.step(LeasesUnreadable{}, at(2s))), nullptr);
  EXPECT_FALSE(machine.fit(at(2s)));
}

TEST_F(Lease, is_never_acted_under_unrenewed_for_more_than_2500_ms) {
  become_master();
  machine.step(OutlookSeen{{.assured_until = at(1h)}}, at(100ms));
  EXPECT_TRUE(machine.step(LeasesUnreadable{}, at(2400ms)).empty());
  EXPECT_NE(only<StopActing>(machine.step(LeasesUnreadable{}, at(2500ms))), nullptr);
}

TEST_F(Lease, M_03_is_given_up_when_our_server_is_isolated_and_left_to_others_for_a_while) {
  become_master();
  const auto effects = machine.step(OutlookSeen{{.isolated = true}}, at(100ms));
  ASSERT_EQ(effects.size(), 2u);
  EXPECT_EQ(std::get<StopActing>(effects[0]).reason, "isolated");
  EXPECT_TRUE(std::holds_alternative<ReleaseLease>(effects[1]));
  machine.step(OutlookSeen{{.isolated = true}}, at(200ms));
  EXPECT_TRUE(see(row(std::nullopt, 5), 3s).empty());
  EXPECT_NE(only<AcquireLease>(see(row(std::nullopt, 5), 3200ms)), nullptr) << "nobody else wants it: all may be cut off from all";
  machine.step(LeaseAcquired{{kDirector, 1, Epoch{6}, kMe}}, at(3210ms));
  EXPECT_TRUE(machine.step(OutlookSeen{{.isolated = true}}, at(3300ms)).empty());
}

TEST_F(Lease, is_taken_again_as_soon_as_our_server_is_not_isolated_any_more) {
  machine.step(OutlookSeen{{.isolated = true}}, at(0ms));
  EXPECT_TRUE(see(row(std::nullopt, 5), 100ms).empty());
  machine.step(OutlookSeen{{.isolated = false}}, at(150ms));
  EXPECT_NE(only<AcquireLease>(see(row(std::nullopt, 5), 200ms)), nullptr);
}

TEST_F(Lease, is_not_acted_under_when_our_server_does_not_renew_us_though_we_reach_the_database) {
  become_master();
  std::optional<Duration> stopped;
  for (Duration t = 100ms; !stopped && t < 5s; t += 100ms)
    if (only<StopActing>(see(row(kMe, 5, 1), t))) stopped = t;
  ASSERT_TRUE(stopped);
  EXPECT_LT(*stopped, 1500ms);
}

TEST_F(Lease, is_resumed_under_a_higher_epoch_once_we_are_renewed_again) {
  become_master();
  see(row(kMe, 5, 1), 100ms);
  machine.step(LeasesUnreadable{}, at(3s));
  EXPECT_TRUE(machine.acting().empty());
  EXPECT_TRUE(see(row(kMe, 5, 1), 4s).empty());
  const auto effects = see(row(kMe, 5, 2), 4100ms);
  ASSERT_NE(only<AcquireLease>(effects), nullptr);
  EXPECT_EQ(only<AcquireLease>(effects)->reason, "resumed");
  EXPECT_EQ(only<AcquireLease>(effects)->seen.holder, kMe);
  EXPECT_NE(only<StartActing>(machine.step(LeaseAcquired{{kDirector, 1, Epoch{6}, kMe}}, at(4110ms))), nullptr);
}

TEST_F(Lease, whose_acquire_was_done_but_not_answered_is_acquired_again) {
  see(row(std::nullopt, 4), 0s);
  machine.step(LeaseNotAcquired{kDirector}, at(50ms));
  const auto effects = see(row(kMe, 5), 100ms);
  ASSERT_NE(only<AcquireLease>(effects), nullptr);
  EXPECT_EQ(only<AcquireLease>(effects)->seen.epoch, Epoch{5});
}

TEST_F(Lease, C_03_is_released_at_once_when_draining_and_not_taken_again) {
  become_master();
  const auto effects = machine.step(LeasesDrain{}, at(1s));
  ASSERT_EQ(effects.size(), 2u);
  EXPECT_TRUE(std::holds_alternative<StopActing>(effects[0]));
  EXPECT_TRUE(std::holds_alternative<ReleaseLease>(effects[1]));
  EXPECT_TRUE(see(row(std::nullopt, 5), 1100ms).empty());
}

TEST_F(Lease, that_is_renounced_is_acted_under_again_at_a_higher_epoch_only) {
  const LeaseGrant grant = become_master();
  see(row(kMe, 5, 1), 900ms);
  see(row(kMe, 5, 2), 1s);
  EXPECT_NE(only<StopActing>(machine.step(LeaseRenounced{grant}, at(1s))), nullptr);
  EXPECT_NE(only<AcquireLease>(see(row(kMe, 5, 2), 1100ms)), nullptr);
  EXPECT_TRUE(machine.acting().empty());
}

TEST(JobLease, is_acquired_by_whom_the_director_desires_and_handed_over_when_that_changes) {
  LeaseMachine machine{kMe, {}};
  const auto see = [&](const LeaseRow& shown, Duration when) { return machine.step(LeasesSeen{{shown}, at(when)}, at(when)); };
  LeaseRow job = row(std::nullopt, 0);
  job.resource = Resource{"job/1"};
  job.desired = kOther;
  EXPECT_TRUE(see(job, 0s).empty());
  job.desired = kMe;
  EXPECT_NE(only<AcquireLease>(see(job, 100ms)), nullptr);
  machine.step(LeaseAcquired{{job.resource, 1, Epoch{1}, kMe}}, at(110ms));
  job.holder = kMe;
  job.epoch = Epoch{1};
  EXPECT_TRUE(see(job, 200ms).empty());
  job.desired = kOther;
  const auto effects = see(job, 300ms);
  ASSERT_EQ(effects.size(), 2u);
  EXPECT_EQ(std::get<StopActing>(effects[0]).reason, "handed_over");
  EXPECT_TRUE(std::holds_alternative<ReleaseLease>(effects[1]));
}

/// A lease that a director allots, and that is not to wait for him for long.
class AllottedLease : public Lease {
 protected:
  AllottedLease() { machine.step(LeaseCandidacy{kDirector, true, 500ms}, at(0s)); }
  /// When it is acquired, looking ten times a second.
  std::optional<Duration> taken_after(LeaseRow shown, Duration from = 0s) {
    for (Duration t = from; t <= from + 10s; t += 100ms)
      if (only<AcquireLease>(see(shown, t))) return t - from;
    return std::nullopt;
  }
};

TEST_F(AllottedLease, D_02_is_taken_at_once_by_whom_it_is_allotted_to) {
  LeaseRow shown = row(std::nullopt, 4);
  shown.desired = kMe;
  EXPECT_EQ(taken_after(shown), 0s);
}

TEST_F(AllottedLease, C_14_that_nobody_allots_is_taken_by_whoever_can_after_a_moment) {
  EXPECT_EQ(taken_after(row(std::nullopt, 4)), 500ms);
  machine = LeaseMachine{kMe, {}};
  machine.step(LeaseCandidacy{kDirector, true, 500ms}, at(0s));
  EXPECT_EQ(taken_after(row(kOther, 4, 7)), 5500ms) << "it could be taken when its holder had been silent for long";
}

TEST_F(AllottedLease, C_14_whose_next_master_does_not_come_is_taken_by_whoever_can) {
  LeaseRow shown = row(std::nullopt, 4);
  shown.desired = kOther;
  EXPECT_EQ(taken_after(shown), 500ms);
}

TEST_F(AllottedLease, is_left_to_its_holder_while_he_renews_and_its_vacancy_begins_anew) {
  for (int i = 0; i < 100; ++i) EXPECT_TRUE(see(row(kOther, 4, i / 5), i * 100ms).empty());
  EXPECT_TRUE(see(row(std::nullopt, 4), 10s).empty());
  EXPECT_TRUE(see(row(kOther, 5, 1), 10'400ms).empty());
  EXPECT_EQ(taken_after(row(std::nullopt, 5), 10'800ms), 500ms);
}

/// The record as several see it, each late in his own way: never do two act, and who acts is renewed.
RC_GTEST_PROP(LeaseProperty, two_never_act_at_once_whatever_the_doubts_the_delays_and_the_cuts, ()) {
  std::minstd_rand random(*rc::gen::arbitrary<uint32_t>());
  const auto upto = [&](int n) { return static_cast<int>(random() % static_cast<unsigned>(n)); };
  struct Candidate {
    Incarnation me;
    LeaseMachine machine;
    int64_t renew_seq = 0;
    bool renewed = true, reached = true;
    std::multimap<Instant, std::function<void(Instant)>> due;
  };
  std::vector<std::unique_ptr<Candidate>> all;
  for (const char* name : {"a", "b", "c"}) {
    all.push_back(std::make_unique<Candidate>(Candidate{Incarnation{name}, LeaseMachine{Incarnation{name}, {}}}));
    all.back()->machine.step(LeaseCandidacy{kDirector, true}, at(0s));
  }
  LeaseRow record = row(std::nullopt, 0);
  const auto seq_of = [&](const std::optional<Incarnation>& who) {
    for (const auto& c : all)
      if (who == c->me) return c->renew_seq;
    return int64_t{-1};
  };
  for (Duration t{}; t < 60s; t += 10ms) {
    const Instant now = at(t);
    if (upto(300) == 0) {
      Candidate& c = *all[static_cast<size_t>(upto(3))];
      c.renewed = upto(2);
      c.reached = upto(2);
    }
    for (const auto& candidate : all) {
      Candidate& c = *candidate;
      if (c.renewed && t % 500ms == Duration{0}) ++c.renew_seq;
      const std::function<void(const std::vector<LeaseEffect>&)> perform = [&](const std::vector<LeaseEffect>& effects) {
        for (const auto& effect : effects)
          if (const auto* acquire = std::get_if<AcquireLease>(&effect))
            c.due.emplace(now + upto(200) * 1ms, [&, seen = acquire->seen](Instant then) {
              const bool granted = c.reached && record.epoch == seen.epoch && record.holder == seen.holder &&
                                   (!seen.holder || seq_of(seen.holder) == seen.holder_renew_seq);
              if (granted) {
                record.holder = c.me;
                ++record.epoch.value;
              }
              c.due.emplace(then + upto(200) * 1ms, [&, granted, epoch = record.epoch](Instant later) {
                if (granted) c.machine.step(LeaseAcquired{{kDirector, 1, epoch, c.me}}, later);
                else c.machine.step(LeaseNotAcquired{kDirector}, later);
              });
            });
      };
      if (t % 100ms == Duration{0}) {
        if (upto(20) == 0) {  // doubts are never trusted further than the renewals
          std::vector<Doubt> doubts;
          for (const auto& other : all)
            if (upto(2)) doubts.push_back({other->me, upto(2) ? DoubtKind::server_silent : DoubtKind::without_database, 1s, "{}"});
          c.machine.step(OutlookSeen{{.doubts = doubts}}, now);
        }
        if (c.reached) {
          LeaseRow shown = record;
          shown.holder_renew_seq = seq_of(record.holder);
          c.due.emplace(now + upto(90) * 1ms, [&, shown, asked = now](Instant then) {
            perform(c.machine.step(LeasesSeen{{shown}, asked}, then));
          });
        } else {
          perform(c.machine.step(LeasesUnreadable{}, now));
        }
      }
      while (!c.due.empty() && c.due.begin()->first <= now) {
        const auto next = c.due.extract(c.due.begin());
        next.mapped()(now);
      }
    }
    int acting = 0;
    for (const auto& c : all) acting += !c->machine.acting().empty();
    RC_ASSERT(acting <= 1);
  }
}

}  // namespace
}  // namespace everdial
