#include "runtime/metrics.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace everdial {
namespace {

TEST(Metrics, are_written_with_their_labels_once_each) {
  Metrics metrics{{{"server", "as1"}}};
  metrics.counter("everdial_calls_total", "Calls placed.", {{"trunk", "a"}}).add();
  metrics.counter("everdial_calls_total", "Calls placed.", {{"trunk", "a"}}).add(2);
  metrics.gauge("everdial_loop_lag_seconds", "How late the loop is.").set(0.5);
  metrics.histogram("everdial_store_seconds", "Time of a store call.", {0.1, 1}).observe(0.2);
  const std::string text = metrics.text();
  EXPECT_THAT(text, testing::HasSubstr("everdial_calls_total{server=\"as1\",trunk=\"a\"} 3"));
  EXPECT_THAT(text, testing::HasSubstr("everdial_loop_lag_seconds{server=\"as1\"} 0.5"));
  EXPECT_THAT(text, testing::HasSubstr("le=\"1\"} 1"));
  EXPECT_EQ(text.find("# HELP everdial_calls_total"), text.rfind("# HELP everdial_calls_total"));
}

}  // namespace
}  // namespace everdial
