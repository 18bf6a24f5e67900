#include "base/time.h"

#include <gtest/gtest.h>

namespace everdial {
namespace {

TEST(Time, writes_and_reads_the_same_instant) {
  const Instant at = from_micros(1'772'366'400'000'123);
  EXPECT_EQ(to_iso8601(at), "2026-03-01T12:00:00.000123Z");
  EXPECT_EQ(parse_iso8601(to_iso8601(at)), at);
}

TEST(Time, reads_short_fractions_and_none) {
  EXPECT_EQ(parse_iso8601("2026-03-01T12:00:00Z"), from_micros(1'772'366'400'000'000));
  EXPECT_EQ(parse_iso8601("2026-03-01T12:00:00.5Z"), from_micros(1'772'366'400'500'000));
}

TEST(Time, refuses_what_is_not_an_instant) {
  for (const char* wrong : {"", "2026-03-01", "2026-02-30T12:00:00Z", "2026-03-01T24:00:00Z", "2026-03-01T12:00:00",
                            "2026-03-01T12:00:00.Z", "2026-03-01T12:00:00+01:00", "2026-03-01T12:00:00Zx"})
    EXPECT_EQ(parse_iso8601(wrong), std::nullopt) << wrong;
}

}  // namespace
}  // namespace everdial
