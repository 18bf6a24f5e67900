#include "runtime/log.h"

#include <gtest/gtest.h>

namespace everdial {
namespace {

constexpr const char* kAt = "2026-03-01T12:00:00.000000Z";

TEST(Log, a_json_line_holds_any_text) {
  EXPECT_EQ(log_line({LogFormat::json, LogLevel::info, "as1", "mpp/1"}, kAt, LogLevel::warning, "no \"reply\"\n", {{"peer", "\xff"}}),
            "{\"at\":\"2026-03-01T12:00:00.000000Z\",\"level\":\"warning\",\"server\":\"as1\",\"component\":\"mpp/1\","
            "\"message\":\"no \\\"reply\\\"\\n\",\"peer\":\"\xef\xbf\xbd\"}");
}

TEST(Log, a_human_line_is_one_line) {
  EXPECT_EQ(log_line({LogFormat::human, LogLevel::info, "as1", "mpp/1"}, kAt, LogLevel::info, "two\nlines\x1b[2J",
                     {{"id", "1-2-3"}, {"why", "not so"}}),
            "2026-03-01T12:00:00.000000Z info as1 mpp/1: two lines [2J id=1-2-3 why=\"not so\"");
}

}  // namespace
}  // namespace everdial
