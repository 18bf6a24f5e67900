#include "server/child_link.h"

#include <gtest/gtest.h>

namespace everdial::server {
namespace {

TEST(ChildLink, brings_every_doubt_to_the_child) {
  const std::vector<Doubt> doubts = {
      {Incarnation{"a"}, DoubtKind::server_silent, 1200ms, R"({"server":"as1","suspected_by":["as2", "as3"]})"},
      {Incarnation{"b"}, DoubtKind::stuck, 1300ms, "{}"}};
  const auto outlook = decode_outlook(encode(Outlook{doubts, from_micros(17), true}));
  ASSERT_TRUE(outlook);
  EXPECT_EQ(outlook->assured_until, from_micros(17));
  EXPECT_TRUE(outlook->isolated);
  EXPECT_FALSE(decode_outlook(encode(Outlook{}))->isolated);
  const auto& read = outlook->doubts;
  ASSERT_EQ(read.size(), 2u);
  EXPECT_EQ(read[0].incarnation, doubts[0].incarnation);
  EXPECT_EQ(read[0].kind, DoubtKind::server_silent);
  EXPECT_EQ(read[0].silence, 1200ms);
  EXPECT_EQ(read[0].evidence, doubts[0].evidence);
  EXPECT_EQ(read[1].kind, DoubtKind::stuck);
  EXPECT_TRUE(decode_outlook(encode(Outlook{}))->doubts.empty());
}

TEST(ChildLink, takes_nothing_else_for_doubts) {
  for (const char* text :
       {"", ".", "outlook 0", "outlook 0\n", "outlook x in_touch\n", "outlook 0 in_touch\na", "outlook 0 in_touch\na stuck",
        "outlook 0 in_touch\na stuck 1 {}", "outlook 0 in_touch\na cross 1 {}\n", "outlook 0 in_touch\na stuck x {}\n"})
    EXPECT_FALSE(decode_outlook(text)) << text;
}

}  // namespace
}  // namespace everdial::server
