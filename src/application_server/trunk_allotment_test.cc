#include "application_server/trunk_allotment.h"

#include <gtest/gtest.h>
#include <rapidcheck/gtest.h>

namespace everdial {
namespace {

const Instant start = from_micros(1'000'000'000);
using Names = std::vector<std::string>;

TEST(TrunkAllotment, gives_the_trunks_in_order_with_the_next_to_try) {
  TrunkAllotment trunks({{"a"}, {"b"}, {"c"}});
  EXPECT_EQ(trunks.take({}, start), (Names{"a", "b", "c"}));
  EXPECT_EQ(trunks.take({"a"}, start), (Names{"b", "c"}));
}

TEST(TrunkAllotment, goes_on_to_the_next_trunk_when_the_channels_of_one_are_taken_M_08) {
  TrunkAllotment trunks({{"a", 2}, {"b", 1}});
  for (const char* expected : {"a", "a", "b"}) {
    const auto taken = trunks.take({}, start);
    ASSERT_FALSE(taken.empty());
    EXPECT_EQ(taken.front(), expected);
    trunks.occupy(taken.front());
  }
  EXPECT_TRUE(trunks.take({}, start).empty());
  trunks.release("a");
  EXPECT_EQ(trunks.take({}, start), (Names{"a", "b"}));
}

TEST(TrunkAllotment, shares_channels_so_that_all_servers_together_keep_the_limit) {
  for (const int channels : {0, 1, 2, 3, 7, 100})
    for (const size_t servers : {1u, 2u, 3u, 5u}) {
      if (channels == 0) continue;
      int total = 0;
      for (size_t rank = 0; rank < servers; ++rank) {
        TrunkAllotment trunks({{"a", channels}});
        trunks.share(rank, servers);
        while (!trunks.take({}, start).empty()) {
          trunks.occupy("a");
          ++total;
        }
      }
      EXPECT_EQ(total, channels) << servers;
    }
}

TEST(TrunkAllotment, takes_all_of_a_trunk_when_the_other_server_dies) {
  TrunkAllotment trunks({{"a", 10}});
  trunks.share(1, 2);
  for (int i = 0; i < 5; ++i) trunks.occupy("a");
  EXPECT_TRUE(trunks.take({}, start).empty());
  trunks.share(0, 1);
  EXPECT_FALSE(trunks.take({}, start).empty());
}

RC_GTEST_PROP(TrunkAllotment, never_exceeds_the_rate_by_more_than_a_tenth_of_a_second_and_one_call, ()) {
  const double rate = *rc::gen::inRange(1, 2000) / 10.0;
  TrunkAllotment trunks({{"a", 0, rate}});
  Instant now = start;
  int taken = 0;
  for (int i = 0; i < 2000; ++i) {
    now += std::chrono::milliseconds(*rc::gen::resize(20, rc::gen::inRange(0, 40)));
    while (!trunks.take({}, now).empty()) ++taken;
    const double elapsed = std::chrono::duration<double>(now - start).count();
    RC_ASSERT(taken <= rate * elapsed + std::max(1.0, rate / 10) + 1e-6);
  }
  const double elapsed = std::chrono::duration<double>(now - start).count();
  RC_ASSERT(taken >= rate * elapsed * 0.9 - 1);
}

}  // namespace
}  // namespace everdial
