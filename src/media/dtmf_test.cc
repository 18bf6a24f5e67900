#include "media/dtmf.h"

#include <gtest/gtest.h>

namespace everdial::media {
namespace {

constexpr Instant start{1h};

std::string digits_of(const std::vector<Key>& keys) {
  std::string digits;
  for (const Key& key : keys) digits += key.digit;
  return digits;
}

/// Sends `digits` by a DtmfSender to a DtmfReceiver, losing the packets for which `lost` is true.
std::vector<Key> over_the_network(const std::string& digits, const std::function<bool(int packet)>& lost) {
  DtmfSender sender;
  DtmfReceiver receiver;
  sender.press(digits, 100ms);
  std::vector<Key> heard;
  uint32_t clock = 0xfffffd00, key_start = 0;
  Instant now = start;
  int packet = 0;
  auto hear = [&](const std::vector<Key>& keys) { heard.insert(heard.end(), keys.begin(), keys.end()); };
  while (sender.busy()) {
    if (const auto sent = sender.step()) {
      if (sent->first) key_start = clock;
      for (int copy = 0; copy < sent->copies; ++copy)
        if (!lost(packet++)) hear(receiver.take(key_start, sent->event, now));
    }
    clock += 160;
    now += 20ms;
    if (const auto key = receiver.expire(now)) hear({*key});
  }
  if (const auto key = receiver.expire(now + 1s)) hear({*key});
  return heard;
}

TEST(Dtmf, tells_each_key_once_with_its_length) {
  const auto heard = over_the_network("11*#0D", [](int) { return false; });
  EXPECT_EQ(digits_of(heard), "11*#0D");
  for (const Key& key : heard) EXPECT_EQ(key.held, 100ms);
}

TEST(Dtmf, tells_each_key_once_whatever_single_packet_of_seven_is_lost) {
  for (int which = 0; which < 7; ++which)
    EXPECT_EQ(digits_of(over_the_network("9988", [&](int packet) { return packet % 7 == which; })), "9988") << which;
}

TEST(Dtmf, tells_a_key_whose_end_packets_were_all_lost_once_the_next_comes_or_time_is_up) {
  const auto heard = over_the_network("123", [](int packet) { return packet % 7 >= 4; });
  EXPECT_EQ(digits_of(heard), "123");
  for (const Key& key : heard) EXPECT_EQ(key.held, 80ms);
}

TEST(Dtmf, passes_over_events_that_are_no_keys_and_packets_that_come_again_later) {
  DtmfReceiver receiver;
  EXPECT_TRUE(receiver.take(0, {.event = 16, .end = true, .duration = 800}, start).empty());
  EXPECT_EQ(receiver.take(1000, {.event = 1, .end = true, .duration = 800}, start).size(), 1u);
  EXPECT_TRUE(receiver.take(1000, {.event = 1, .end = false, .duration = 160}, start).empty());
  EXPECT_TRUE(receiver.take(200, {.event = 2, .end = true, .duration = 160}, start).empty());
  EXPECT_FALSE(receiver.expire(start + 1s));
}

TEST(Dtmf, tells_a_key_held_for_longer_than_one_event_can_say_once) {
  DtmfReceiver receiver;
  EXPECT_TRUE(receiver.take(0, {.event = 5, .duration = 0xffff}, start).empty());
  EXPECT_TRUE(receiver.take(0xffff, {.event = 5, .duration = 160}, start).empty());
  const auto heard = receiver.take(0xffff, {.event = 5, .end = true, .duration = 8000}, start);
  EXPECT_EQ(heard, (std::vector<Key>{{'5', duration_of_samples(0xffff + 8000)}}));
}

TEST(Dtmf, sends_a_marker_first_growing_durations_and_three_ends) {
  DtmfSender sender;
  sender.press("7?", 50ms);
  std::vector<DtmfSender::Packet> sent;
  while (sender.busy())
    if (const auto packet = sender.step()) sent.push_back(*packet);
  ASSERT_EQ(sent.size(), 3u);
  EXPECT_TRUE(sent[0].first);
  EXPECT_FALSE(sent[1].first);
  EXPECT_EQ(sent[0].event, (TelephoneEvent{.event = 7, .duration = 160}));
  EXPECT_EQ(sent[1].event, (TelephoneEvent{.event = 7, .duration = 320}));
  EXPECT_EQ(sent[2].event, (TelephoneEvent{.event = 7, .end = true, .duration = 400}));
  EXPECT_EQ(sent[2].copies, 3);
}

TEST(Dtmf, hears_in_audio_what_it_presses_as_tones) {
  for (const Codec codec : {Codec::pcmu, Codec::pcma}) {
    DtmfTones tones;
    DtmfListener listener;
    tones.press("0123456789*#ABCD99", 100ms);
    std::string heard;
    while (tones.busy()) {
      Frame frame;
      tones.fill(frame);
      for (int16_t& sample : frame) sample = g711::decode(codec, g711::encode(codec, sample));
      heard += digits_of(listener.hear(frame));
    }
    heard += digits_of(listener.hear(Frame{}));
    EXPECT_EQ(heard, "0123456789*#ABCD99");
  }
}

}  // namespace
}  // namespace everdial::media
