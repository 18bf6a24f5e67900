#include "runtime/directory.h"

#include <gtest/gtest.h>

namespace everdial {
namespace {

Session session(const char* incarnation, const char* component, const char* server, bool draining = false) {
  return {.incarnation = Incarnation{incarnation}, .server = ServerName{server}, .component = component, .draining = draining};
}

TEST(Directory, names_those_on_ones_own_server_first_and_leaves_out_who_drains) {
  Directory directory;
  directory.update({session("a", "mpp", "s1"), session("b", "mpp", "s2"), session("c", "mpp", "s2", true), session("d", "dashboard", "s2")}, {});
  const auto found = directory.sessions_of("mpp", ServerName{"s2"});
  ASSERT_EQ(found.size(), 2u);
  EXPECT_EQ(found[0].incarnation.value, "b");
  EXPECT_EQ(found[1].incarnation.value, "a");
  EXPECT_EQ(directory.sessions_of("mpp", {}, true).size(), 3u);
}

TEST(Directory, knows_the_master_of_a_resource_until_it_is_released) {
  Directory directory;
  LeaseRow row{.resource = Resource{"rule_engine"}, .epoch = Epoch{7}, .holder = Incarnation{"a"}, .holder_address = Address{"h:1"}};
  directory.update({session("a", "rule_engine", "s1")}, {row});
  ASSERT_TRUE(directory.holder(row.resource));
  EXPECT_EQ(directory.holder(row.resource)->epoch, Epoch{7});
  EXPECT_EQ(directory.holder(row.resource)->address.value, "h:1");
  row.holder.reset();
  directory.update({}, {row});
  EXPECT_FALSE(directory.holder(row.resource));
  EXPECT_FALSE(directory.holder(Resource{"job/1"}));
}

}  // namespace
}  // namespace everdial
