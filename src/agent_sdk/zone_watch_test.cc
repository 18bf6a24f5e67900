#include "agent_sdk/zone_watch.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "base/overloaded.h"

namespace everdial::desk {
namespace {

using testing::ElementsAre;
using testing::IsEmpty;

class ZoneWatchTest : public testing::Test {
 protected:
  std::vector<std::string> told(const std::vector<ZoneNews>& news) {
    std::vector<std::string> out;
    for (const ZoneNews& one : news)
      out.push_back(std::visit(Overloaded{
                                   [](const ManagerAway& n) { return "away: " + std::string(to_string(n.reason)); },
                                   [](const StatesWanted&) { return std::string("states wanted"); },
                                   [](const ManagerBack& n) { return "back after " + std::to_string(n.away / 1ms); },
                                   [](const ZoneLost&) { return std::string("down"); },
                               },
                               one));
    return out;
  }
  std::vector<std::string> look(const ZoneWatch::Seen& seen, Duration later = 100ms) { return told(watch.look(seen, now += later)); }

  Instant now = from_micros(1'000'000'000);
  ZoneWatch watch{{}};
};

TEST_F(ZoneWatchTest, A_04_a_zone_that_has_a_manager_is_no_news) {
  EXPECT_THAT(look({.epoch = Epoch{1}}), IsEmpty());
  EXPECT_THAT(look({.epoch = Epoch{1}}), IsEmpty());
  EXPECT_FALSE(watch.status().away);
}

TEST_F(ZoneWatchTest, A_04_tells_that_the_manager_is_away_and_back_when_another_has_served) {
  look({.epoch = Epoch{1}});
  EXPECT_THAT(look({}), ElementsAre("away: failed"));
  EXPECT_THAT(look({}), IsEmpty());
  EXPECT_TRUE(watch.status().away);
  EXPECT_THAT(look({.epoch = Epoch{2}}), ElementsAre("states wanted"));
  EXPECT_TRUE(watch.status().states_wanted);
  EXPECT_THAT(told(watch.served(Epoch{1}, now)), IsEmpty()) << "a late answer of the one before";
  EXPECT_THAT(told(watch.served(Epoch{2}, now)), ElementsAre("back after 200"));
  EXPECT_THAT(told(watch.served(Epoch{2}, now)), IsEmpty());
  EXPECT_FALSE(watch.status().away);
}

TEST_F(ZoneWatchTest, A_04_tells_of_a_new_manager_whose_coming_nobody_saw) {
  look({.epoch = Epoch{1}});
  EXPECT_THAT(look({.epoch = Epoch{2}}), ElementsAre("away: failed", "states wanted"));
}

TEST_F(ZoneWatchTest, A_04_tells_why_the_manager_is_away) {
  look({.epoch = Epoch{1}, .draining = true});
  EXPECT_THAT(look({}), ElementsAre("away: handed_over"));
  look({.epoch = Epoch{2}});
  watch.served(Epoch{2}, now);
  EXPECT_THAT(look({.epoch = Epoch{2}, .reachable = false}), ElementsAre("away: not_reachable"));
  EXPECT_THAT(look({.epoch = Epoch{2}}), ElementsAre("back after 100")) << "the same manager: it knows all";
}

TEST_F(ZoneWatchTest, A_04_tells_once_that_no_server_is_left_for_the_zone) {
  look({.epoch = Epoch{1}});
  EXPECT_THAT(look({.others = false}), ElementsAre("away: failed"));
  EXPECT_THAT(look({.others = false}, 6s), ElementsAre("down"));
  EXPECT_THAT(look({.others = false}, 6s), IsEmpty());
}

}  // namespace
}  // namespace everdial::desk
