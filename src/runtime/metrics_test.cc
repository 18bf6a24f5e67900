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

TEST(Metrics, look_up_when_read_what_is_not_counted_on_the_way) {
  Metrics metrics{{}};
  int calls = 7;
  metrics.before_text([&] { metrics.gauge("everdial_calls", "Calls.").set(calls); });
  EXPECT_THAT(metrics.text(), testing::HasSubstr("everdial_calls 7"));
  calls = 8;
  EXPECT_THAT(metrics.text(), testing::HasSubstr("everdial_calls 8"));
}

TEST(Metrics, of_several_processes_become_one_text_that_describes_each_once) {
  Metrics one{{{"component", "mpp"}}}, other{{{"component", "rule_engine"}}};
  one.counter("everdial_a_total", "A.").add();
  one.histogram("everdial_b_seconds", "B.", {1}).observe(2);
  other.counter("everdial_a_total", "A.").add(2);
  EXPECT_EQ(merge_metrics({one.text(), other.text(), ""}),
            "# HELP everdial_a_total A.\n"
            "# TYPE everdial_a_total counter\n"
            "everdial_a_total{component=\"mpp\"} 1\n"
            "everdial_a_total{component=\"rule_engine\"} 2\n"
            "# HELP everdial_b_seconds B.\n"
            "# TYPE everdial_b_seconds histogram\n"
            "everdial_b_seconds_count{component=\"mpp\"} 1\n"
            "everdial_b_seconds_sum{component=\"mpp\"} 2\n"
            "everdial_b_seconds_bucket{component=\"mpp\",le=\"1\"} 0\n"
            "everdial_b_seconds_bucket{component=\"mpp\",le=\"+Inf\"} 1\n");
}

}  // namespace
}  // namespace everdial
