#include "media/prompt_cache.h"

#include <fstream>

#include "media/test_phone.h"

namespace everdial::media {
namespace {

Sound as_sound(const Prompt& prompt) { return {8000, 1, prompt.samples}; }

TEST(PromptCache, brings_every_rate_and_channel_count_to_8_khz_without_changing_the_tone) {
  TestFolder folder;
  PromptCache cache(1 << 20, 10s);
  for (const int rate : {8000, 11025, 16000, 22050, 44100, 48000})
    for (const int channels : {1, 2}) {
      const auto file = folder / (std::to_string(rate) + "-" + std::to_string(channels) + ".wav");
      write_tone_wav(file, 1000, 500ms, rate, channels);
      const auto prompt = cache.get(file);
      ASSERT_TRUE(prompt.ok()) << prompt.error().message;
      EXPECT_NEAR(static_cast<double>((*prompt)->samples.size()), 4000, 2);
      EXPECT_GE(as_sound(**prompt).count_tone(0, 1000), 24u) << rate;
      EXPECT_NEAR(*std::max_element((*prompt)->samples.begin() + 400, (*prompt)->samples.end() - 400), 6000, 60) << rate;
    }
}

TEST(PromptCache, filters_out_what_8_khz_cannot_carry) {
  std::vector<float> high;
  for (int n = 0; n < 48000; ++n) high.push_back(static_cast<float>(0.5 * std::sin(2 * std::numbers::pi * 5000 * n / 48000)));
  const auto out = resample_to_8khz(high, 48000);
  EXPECT_LT(*std::max_element(out.begin() + 400, out.end() - 400), 100);
}

TEST(PromptCache, shares_one_decoded_prompt_until_the_file_changes) {
  TestFolder folder;
  PromptCache cache(1 << 20, 10s);
  write_tone_wav(folder / "a.wav", 1000, 100ms);
  const auto first = cache.get(folder / "a.wav").value();
  EXPECT_EQ(cache.get(folder / "a.wav").value(), first);
  write_tone_wav(folder / "a.wav", 1000, 200ms);
  const auto second = cache.get(folder / "a.wav").value();
  EXPECT_EQ(second->samples.size(), 2 * first->samples.size());
  EXPECT_EQ(cache.bytes(), second->samples.size() * 2);
}

TEST(PromptCache, drops_the_least_recently_used_and_never_keeps_more_than_it_may) {
  TestFolder folder;
  PromptCache cache(4000, 10s);  // two prompts of 100 ms
  for (const char* name : {"a", "b", "c"}) write_tone_wav(folder / name, 1000, 100ms);
  write_tone_wav(folder / "long", 1000, 1s);
  const auto a = cache.get(folder / "a").value();
  cache.get(folder / "b").value();
  EXPECT_EQ(cache.get(folder / "a").value(), a);
  cache.get(folder / "c").value();  // drops b
  EXPECT_EQ(cache.get(folder / "a").value(), a);
  EXPECT_TRUE(cache.get(folder / "long").ok());
  EXPECT_LE(cache.bytes(), 4000u);
}

TEST(PromptCache, refuses_what_is_too_long_missing_or_no_sound) {
  TestFolder folder;
  PromptCache cache(1 << 20, 1s);
  write_tone_wav(folder / "long.wav", 1000, 1100ms);
  write_tone_wav(folder / "empty.wav", 1000, 0s);
  std::ofstream(folder / "text.wav") << "RIFF but no sound at all in here, just words";
  EXPECT_EQ(cache.get(folder / "long.wav").error().kind, ErrorKind::invalid);
  EXPECT_EQ(cache.get(folder / "empty.wav").error().kind, ErrorKind::invalid);
  EXPECT_EQ(cache.get(folder / "text.wav").error().kind, ErrorKind::invalid);
  EXPECT_EQ(cache.get(folder / "missing.wav").error().kind, ErrorKind::not_found);
  EXPECT_EQ(cache.get(folder / "").error().kind, ErrorKind::invalid);
}

}  // namespace
}  // namespace everdial::media
