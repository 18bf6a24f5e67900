#include "media/g711.h"

#include <gtest/gtest.h>

#include <cmath>
#include <cstdlib>
#include <numbers>

namespace everdial::media {
namespace {

class G711Law : public testing::TestWithParam<Codec> {};
INSTANTIATE_TEST_SUITE_P(Both, G711Law, testing::Values(Codec::pcmu, Codec::pcma),
                         [](const auto& param) { return param.param == Codec::pcmu ? "pcmu" : "pcma"; });

TEST_P(G711Law, gives_each_byte_back_that_it_decodes) {
  for (int byte = 0; byte < 256; ++byte) {
    const int16_t sample = g711::decode(GetParam(), static_cast<uint8_t>(byte));
    if (GetParam() == Codec::pcmu && sample == 0) continue;  // has a negative zero too
    EXPECT_EQ(g711::encode(GetParam(), sample), byte);
  }
}

TEST_P(G711Law, picks_the_nearest_of_all_samples_the_codec_has) {
  for (int sample = -32768; sample <= 32764; sample += 4) {
    const int chosen = g711::decode(GetParam(), g711::encode(GetParam(), static_cast<int16_t>(sample)));
    int nearest = 100'000;
    for (int byte = 0; byte < 256; ++byte)
      nearest = std::min(nearest, std::abs(g711::decode(GetParam(), static_cast<uint8_t>(byte)) - sample));
    ASSERT_EQ(std::abs(chosen - sample), nearest) << sample;
  }
}

TEST_P(G711Law, keeps_a_tone_38_decibels_above_its_own_noise) {
  double signal = 0, noise = 0;
  for (int n = 0; n < 8000; ++n) {
    const auto sample = static_cast<int16_t>(8000 * std::sin(2 * std::numbers::pi * 1004 * n / 8000));
    const double error = g711::decode(GetParam(), g711::encode(GetParam(), sample)) - sample;
    signal += static_cast<double>(sample) * sample;
    noise += error * error;
  }
  EXPECT_GT(10 * std::log10(signal / noise), 37);
}

TEST(G711, knows_the_values_the_standard_gives) {
  EXPECT_EQ(g711::decode(Codec::pcmu, 0x00), -32124);
  EXPECT_EQ(g711::decode(Codec::pcmu, 0x80), 32124);
  EXPECT_EQ(g711::decode(Codec::pcmu, 0xff), 0);
  EXPECT_EQ(g711::decode(Codec::pcma, 0xaa), 32256);
  EXPECT_EQ(g711::decode(Codec::pcma, 0x2a), -32256);
  EXPECT_EQ(g711::decode(Codec::pcma, 0xd5), 8);
  EXPECT_EQ(g711::silence(Codec::pcmu), 0xff);
  EXPECT_EQ(g711::silence(Codec::pcma), 0xd5);
}

TEST(G711, translates_between_the_codecs_as_by_way_of_samples) {
  for (int byte = 0; byte < 256; ++byte) {
    auto mu = static_cast<uint8_t>(byte), a = static_cast<uint8_t>(byte);
    g711::transcode(Codec::pcmu, {&mu, 1});
    g711::transcode(Codec::pcma, {&a, 1});
    EXPECT_EQ(mu, g711::encode(Codec::pcma, g711::decode(Codec::pcmu, static_cast<uint8_t>(byte))));
    EXPECT_EQ(a, g711::encode(Codec::pcmu, g711::decode(Codec::pcma, static_cast<uint8_t>(byte))));
  }
}

}  // namespace
}  // namespace everdial::media
