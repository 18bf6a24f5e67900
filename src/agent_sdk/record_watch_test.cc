#include "agent_sdk/record_watch.h"

#include <gtest/gtest.h>

namespace everdial::desk {
namespace {

constexpr auto kWithout = DoubtKind::without_database, kSilent = DoubtKind::server_silent;

class RecordWatchTest : public testing::Test {
 protected:
  /// Whether desktops are to go when it stands so for a while.
  bool go(const RecordWatch::Seen& seen, Duration time = 2s) {
    watch.look(seen, now);
    return watch.look(seen, now += time);
  }

  Instant now = from_micros(1'000'000'000);
  RecordWatch watch{{}};
};

TEST_F(RecordWatchTest, A_14_desktops_go_from_a_server_without_the_record_when_another_has_it) {
  EXPECT_FALSE(go({std::nullopt, {std::nullopt}}, 1h)) << "all is well";
  EXPECT_FALSE(go({kWithout, {std::nullopt}}, 1900ms)) << "the other may just not have said so";
  EXPECT_TRUE(go({kWithout, {std::nullopt}}, 100ms));
  EXPECT_TRUE(go({kWithout, {std::nullopt, kWithout}}, 0ms)) << "one of the others is enough";
  EXPECT_FALSE(go({std::nullopt, {std::nullopt}}, 0ms)) << "it is back";
}

TEST_F(RecordWatchTest, A_02_desktops_go_from_a_server_that_hears_nobody_and_has_no_record) {
  EXPECT_FALSE(go({kWithout, {std::nullopt}}, 1s)) << "not known to be silent yet";
  EXPECT_TRUE(go({kWithout, {kSilent}}, 1s));
}

TEST_F(RecordWatchTest, desktops_stay_while_the_database_is_away_for_all) {
  EXPECT_FALSE(go({kWithout, {std::nullopt, std::nullopt}}, 1900ms));
  EXPECT_FALSE(go({kWithout, {kWithout, kWithout}}, 1h));
  EXPECT_FALSE(go({kWithout, {kWithout, kSilent}}, 1h)) << "it went down with a server: another one says that it is the database";
  EXPECT_FALSE(go({kWithout, {std::nullopt, kWithout}}, 1900ms)) << "it comes back for one after the other";
  EXPECT_FALSE(go({std::nullopt, {std::nullopt, kWithout}}));
}

TEST_F(RecordWatchTest, desktops_stay_where_no_other_server_could_take_them) {
  EXPECT_FALSE(go({kWithout, {}}, 1h));
  EXPECT_FALSE(go({kWithout, {DoubtKind::server_refused, DoubtKind::stuck}}, 1h)) << "these are surely not there";
}

}  // namespace
}  // namespace everdial::desk
