#include "model/ids.h"

#include <gtest/gtest.h>

namespace everdial {
namespace {

TEST(AttemptId, is_read_back_from_its_text) {
  const AttemptId id{JobId{42}, ContactId{1001}, 3};
  EXPECT_EQ(to_string(id), "42-1001-3");
  EXPECT_EQ(parse_attempt_id("42-1001-3"), id);
}

TEST(AttemptId, refuses_other_texts) {
  for (const char* wrong : {"", "42", "42-1001", "42-1001-", "42-1001-3x", "a-b-c", "-1-2-3", "1--2-3", "99999999999999999999-1-1"})
    EXPECT_EQ(parse_attempt_id(wrong), std::nullopt) << wrong;
}

}  // namespace
}  // namespace everdial
