#include "runtime/directory.h"

#include <gtest/gtest.h>

namespace everdial {
namespace {

Session session(const char* incarnation, const char* component, const char* address, bool draining = false) {
  return {.incarnation = Incarnation{incarnation}, .component = component, .address = Address{address}, .draining = draining};
}

TEST(Directory, leaves_out_who_drains_or_has_no_address_yet) {
  Directory directory;
  EXPECT_FALSE(directory.updated());
  directory.update(
      {session("a", "mpp", "h:1"), session("b", "mpp", "h:2", true), session("c", "mpp", ""), session("d", "dashboard", "h:3")}, {});
  const auto found = directory.serving("mpp");
  ASSERT_EQ(found.size(), 1u);
  EXPECT_EQ(found[0].incarnation.value, "a");
  EXPECT_EQ(directory.sessions().size(), 4u);
  EXPECT_TRUE(directory.updated());
}

TEST(Directory, M_04_leaves_out_who_has_not_been_renewed_for_fifty_looks) {
  Directory directory;
  Session frozen = session("a", "campaign_manager", "h:1"), living = session("b", "campaign_manager", "h:2");
  for (int look = 0; look <= 50; ++look) {
    EXPECT_EQ(directory.serving("campaign_manager").size(), look == 0 ? 0u : 2u);
    living.renew_seq = look / 5;
    directory.update({frozen, living}, {});
  }
  ASSERT_EQ(directory.serving("campaign_manager").size(), 1u);
  EXPECT_EQ(directory.serving("campaign_manager")[0].incarnation.value, "b");
  ++frozen.renew_seq;
  directory.update({frozen, living}, {});
  EXPECT_EQ(directory.serving("campaign_manager").size(), 2u);
}

TEST(Directory, M_04_leaves_out_at_once_whom_the_failure_detector_doubts) {
  Directory directory;
  directory.update({session("a", "mpp", "h:1"), session("b", "mpp", "h:2")}, {});
  directory.doubt({{Incarnation{"a"}, DoubtKind::server_silent}});
  ASSERT_EQ(directory.serving("mpp").size(), 1u);
  EXPECT_EQ(directory.serving("mpp")[0].incarnation.value, "b");
  EXPECT_EQ(directory.living("mpp").size(), 2u) << "as the database has it";
  EXPECT_EQ(directory.doubt_of(Incarnation{"a"}), DoubtKind::server_silent);
  EXPECT_EQ(directory.doubt_of(Incarnation{"b"}), std::nullopt);
  directory.doubt({});
  EXPECT_EQ(directory.serving("mpp").size(), 2u);
}

TEST(Directory, knows_the_master_of_a_resource_until_it_is_released) {
  Directory directory;
  LeaseRow row{.resource = Resource{"rule_engine"}, .epoch = Epoch{7}, .holder = Incarnation{"a"}, .holder_address = Address{"h:1"}};
  directory.update({}, {row});
  EXPECT_EQ(directory.holder_address(row.resource), Address{"h:1"});
  EXPECT_EQ(directory.lease(row.resource)->epoch, Epoch{7});
  row.holder.reset();
  directory.update({}, {row});
  EXPECT_EQ(directory.holder_address(row.resource), std::nullopt);
  EXPECT_EQ(directory.lease(Resource{"job/1"}), std::nullopt);
}

}  // namespace
}  // namespace everdial
