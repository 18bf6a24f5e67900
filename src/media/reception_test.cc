#include "media/reception.h"

#include <gtest/gtest.h>

namespace everdial::media {
namespace {

using Took = Reception::Took;

struct Source {
  Reception reception;
  RtpHeader header{.sequence = 65530, .timestamp = 0xffffff00, .ssrc = 5};
  Instant now{1h};
  Took send(int step = 1) {
    header.sequence = static_cast<uint16_t>(header.sequence + step);
    header.timestamp += static_cast<uint32_t>(step * 160);
    now += 20ms * step;
    return reception.take(header, now);
  }
};

TEST(Reception, counts_losses_over_the_wrap_of_the_sequence) {
  Source source;
  source.send();
  for (int i = 0; i < 20; ++i) EXPECT_EQ(source.send(), Took::in_turn);
  source.send(4);
  EXPECT_EQ(source.reception.lost(), 3u);
  EXPECT_EQ(source.reception.packets(), 22u);
  EXPECT_EQ(source.reception.jitter(), Duration{});
}

TEST(Reception, takes_a_late_packet_back_from_the_losses) {
  Source source;
  for (int i = 0; i < 10; ++i) source.send();
  source.send(2);
  EXPECT_EQ(source.reception.lost(), 1u);
  EXPECT_EQ(source.send(-1), Took::late);
  EXPECT_EQ(source.reception.lost(), 0u);
}

TEST(Reception, follows_a_new_source_and_keeps_the_old_ones_losses) {
  Source source;
  source.send(), source.send(3);
  source.header.ssrc = 6;
  EXPECT_EQ(source.send(), Took::new_source);
  EXPECT_EQ(source.reception.source_changes(), 1u);
  EXPECT_EQ(source.reception.lost(), 2u);
}

TEST(Reception, believes_a_jump_only_when_the_next_packet_confirms_it) {
  Source source;
  for (int i = 0; i < 10; ++i) source.send();
  EXPECT_EQ(source.send(10000), Took::jump);
  EXPECT_EQ(source.send(-9999), Took::in_turn);
  EXPECT_EQ(source.send(10000), Took::jump);
  EXPECT_EQ(source.send(), Took::new_source);
  EXPECT_EQ(source.send(), Took::in_turn);
}

TEST(Reception, reports_the_share_lost_since_the_last_report) {
  Source source;
  EXPECT_FALSE(source.reception.report(source.now));
  for (int i = 0; i < 50; ++i) source.send();
  EXPECT_EQ(source.reception.report(source.now)->fraction_lost, 0);
  for (int i = 0; i < 50; ++i) source.send(2);
  const auto report = source.reception.report(source.now);
  EXPECT_EQ(report->fraction_lost, 128);
  EXPECT_EQ(report->lost, 50);
  EXPECT_EQ(report->highest_sequence, 65530u + 150u);
  EXPECT_EQ(report->last_sr, 0u);
}

TEST(Reception, tells_when_the_last_sender_report_came) {
  Source source;
  source.send();
  source.reception.take_sender_report({.ntp = 0x1111222233334444}, source.now);
  const auto report = source.reception.report(source.now + 1500ms);
  EXPECT_EQ(report->last_sr, 0x22223333u);
  EXPECT_EQ(report->since_sr, 65536u * 3 / 2);
}

TEST(Reception, measures_jitter_of_arrival) {
  Source source;
  for (int i = 0; i < 500; ++i) {
    source.send();
    source.now += i % 2 ? 5ms : -5ms;
  }
  EXPECT_GT(source.reception.jitter(), 4ms);
  EXPECT_LT(source.reception.jitter(), 6ms);
}

}  // namespace
}  // namespace everdial::media
