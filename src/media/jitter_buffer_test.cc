#include "media/jitter_buffer.h"

#include <gtest/gtest.h>

namespace everdial::media {
namespace {

using Heard = JitterBuffer::Heard;

/// 20 ms whose samples all say which packet they are of.
std::vector<int16_t> audio(int packet, size_t samples = frame_samples) {
  return std::vector<int16_t>(samples, static_cast<int16_t>(packet * 8));
}

struct Line {
  JitterBuffer buffer;
  uint32_t first = 0xffffff00;  // wraps in each test
  void send(int packet) { buffer.put(first + static_cast<uint32_t>(packet) * 160, audio(packet)); }
  int hear() {
    Frame frame;
    last = buffer.take(frame);
    return frame[80] / 8;
  }
  Heard last = Heard::nothing;
};

TEST(JitterBuffer, plays_packets_in_order_after_its_delay) {
  Line line;
  EXPECT_EQ(line.hear(), 0);
  EXPECT_EQ(line.last, Heard::nothing);
  for (int i = 1; i <= 50; ++i) {
    line.send(i);
    EXPECT_EQ(line.hear(), std::max(0, i - 2));
    if (i > 2) {
      EXPECT_EQ(line.last, Heard::audio);
    }
  }
}

TEST(JitterBuffer, sorts_packets_that_overtook_each_other_and_drops_copies) {
  Line line;
  for (int i = 1; i <= 50; i += 2) {
    line.send(i + 1);
    line.send(i);
    line.send(i);
    line.hear();
    if (i > 3) {
      EXPECT_EQ(line.last, Heard::audio);
    }
    line.hear();
    if (i > 3) {
      EXPECT_EQ(line.last, Heard::audio);
    }
  }
}

TEST(JitterBuffer, fills_a_lost_packet_with_what_was_before_it_fainter_and_a_long_gap_with_silence) {
  Line line;
  for (int i = 1; i <= 10; ++i) {
    line.send(i);
    line.hear();
  }
  line.hear(), line.hear();  // 9 and 10
  EXPECT_EQ(line.hear(), 5);
  EXPECT_EQ(line.last, Heard::filled);
  EXPECT_EQ(line.hear(), 2);
  EXPECT_EQ(line.hear(), 0);
  EXPECT_EQ(line.last, Heard::nothing);
}

TEST(JitterBuffer, goes_on_after_a_pause_of_the_sender_without_delay) {
  Line line;
  for (int i = 1; i <= 5; ++i) line.send(i), line.hear();
  for (int i = 6; i <= 30; ++i) line.hear();
  for (int i = 31; i <= 40; ++i) {
    line.send(i);
    EXPECT_EQ(line.hear(), i - 2 < 31 ? 0 : i - 2);
  }
}

TEST(JitterBuffer, waits_longer_once_packets_come_too_late) {
  Line line;
  for (int i = 1; i <= 10; ++i) line.send(i), line.hear();
  for (int i = 0; i < 5; ++i) line.hear();
  // From here on everything is 100 ms later than before.
  int silent = 0;
  for (int i = 11; i <= 60; ++i) {
    line.send(i);
    line.hear();
    if (line.last != Heard::audio) ++silent;
  }
  EXPECT_EQ(line.buffer.too_late(), 1u);
  EXPECT_LE(silent, 2);
}

TEST(JitterBuffer, takes_out_delay_that_is_not_needed_any_more) {
  Line line;
  line.send(1);
  for (int i = 2; i <= 9; ++i) line.send(i);  // a burst: eight packets at once
  int packet = 9;
  for (int i = 0; i < 2000; ++i) line.hear(), line.send(++packet);
  const int heard = line.hear();
  EXPECT_LE(packet - heard, 5);
}

TEST(JitterBuffer, starts_anew_when_timestamps_jump) {
  Line line;
  for (int i = 1; i <= 10; ++i) line.send(i), line.hear();
  for (const uint32_t jump : {1'000'000u, 0x80000000u, 0u}) {
    line.first = jump;
    for (int i = 1; i <= 10; ++i) {
      line.send(i);
      const int heard = line.hear();
      if (i > 2) {
        EXPECT_EQ(heard, i - 2) << jump;
      }
    }
  }
}

TEST(JitterBuffer, takes_packets_of_any_length) {
  JitterBuffer buffer;
  for (uint32_t i = 0; i < 30; ++i) buffer.put(i * 240, audio(1, 240));  // 30 ms, all at once: more than it holds
  buffer.put(0, audio(1, JitterBuffer::capacity));
  buffer.put(0, {});
  Frame frame;
  EXPECT_NO_FATAL_FAILURE(buffer.take(frame));
}

}  // namespace
}  // namespace everdial::media
