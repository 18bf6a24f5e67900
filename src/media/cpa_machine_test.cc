#include "media/cpa_machine.h"

#include <gtest/gtest.h>

#include "base/overloaded.h"

namespace everdial::media {
namespace {

struct Heard {
  std::optional<CallClassified> classified;
  std::optional<BeepHeard> beep;
  Duration beep_at{};
};

/// Lets the machine hear a line described by its parts, and says what it found.
class Line {
 public:
  Line& voice(Duration time) {
    return play(time, [this] { return FrameFeatures{.level_db = now_ % 5 == 4 ? -40.f : -22.f}; });
  }
  Line& quiet(Duration time) {
    return play(time, [] { return FrameFeatures{.level_db = -62}; });
  }
  Line& noise(Duration time) {
    return play(time, [this] { return FrameFeatures{.level_db = now_ % 2 ? -36.f : -38.f}; });
  }
  Line& tone(int hertz, Duration time, int second = 0) {
    return play(time, [&] { return FrameFeatures{.level_db = -15, .tone_hz = hertz, .second_hz = second}; });
  }
  const Heard& heard() const { return heard_; }
  std::optional<CallClass> found() const { return heard_.classified ? std::optional(heard_.classified->call_class) : std::nullopt; }

 private:
  template <class Make>
  Line& play(Duration time, Make make) {
    for (Duration played{}; played < time; played += frame_time, ++now_)
      for (const CpaFinding& finding : machine_.step(make()))
        std::visit(Overloaded{[&](const CallClassified& classified) {
                                EXPECT_FALSE(heard_.classified);
                                heard_.classified = classified;
                              },
                              [&](const BeepHeard& beep) {
                                EXPECT_FALSE(heard_.beep);
                                heard_.beep = beep;
                                heard_.beep_at = (now_ + 1) * frame_time;
                              }},
                   finding);
    return *this;
  }
  CpaMachine machine_;
  int now_ = 0;
  Heard heard_;
};

TEST(CpaMachine, takes_a_short_greeting_and_a_pause_for_a_person_soon_after_it) {
  Line line;
  line.quiet(400ms).voice(600ms).quiet(5s);
  EXPECT_EQ(line.found(), CallClass::human);
  EXPECT_LE(line.heard().classified->after, 400ms + 600ms + 1200ms);
  EXPECT_FALSE(line.heard().beep);
}

TEST(CpaMachine, takes_two_short_words_for_one_greeting) {
  Line line;
  line.voice(400ms).quiet(500ms).voice(500ms).quiet(2s);
  EXPECT_EQ(line.found(), CallClass::human);
}

TEST(CpaMachine, takes_long_speech_for_a_machine_before_it_ends) {
  Line line;
  line.quiet(600ms).voice(6s);
  EXPECT_EQ(line.found(), CallClass::machine);
  EXPECT_LE(line.heard().classified->after, 2600ms);
}

TEST(CpaMachine, takes_speech_that_begins_late_for_a_machine) {
  Line line;
  line.quiet(3s).voice(5s);
  EXPECT_EQ(line.found(), CallClass::machine);
  EXPECT_LE(line.heard().classified->after, 4s);
}

TEST(CpaMachine, hears_the_beep_once_it_has_ended) {
  for (const int hertz : {420, 800, 1000, 1400, 1980}) {
    Line line;
    line.voice(4s).quiet(300ms).tone(hertz, 100ms).quiet(1s);
    ASSERT_TRUE(line.heard().beep) << hertz;
    EXPECT_EQ(line.heard().beep->hertz, hertz);
    EXPECT_LE(line.heard().beep_at, 4s + 300ms + 100ms + 100ms);
    EXPECT_GT(line.heard().beep_at, 4s + 300ms + 100ms);
  }
}

TEST(CpaMachine, takes_a_lone_beep_for_a_machine_but_not_ringing_that_goes_on) {
  Line beep, ringing, ringing_in_pairs;
  beep.quiet(500ms).tone(1000, 400ms).quiet(1s);
  EXPECT_EQ(beep.found(), CallClass::machine);
  ringing.tone(425, 1s).quiet(4s);
  EXPECT_EQ(ringing.found(), CallClass::silence);
  ringing_in_pairs.tone(425, 400ms).quiet(200ms).tone(425, 400ms).quiet(2s).tone(425, 400ms).quiet(2s);
  EXPECT_EQ(ringing_in_pairs.found(), CallClass::silence);
}

TEST(CpaMachine, takes_a_beep_after_a_short_greeting_for_a_machine) {
  Line line;
  line.voice(1s).quiet(200ms).tone(1000, 300ms).quiet(1s);
  EXPECT_EQ(line.found(), CallClass::machine);
  EXPECT_TRUE(line.heard().beep);
}

TEST(CpaMachine, starts_a_message_without_a_beep_when_the_machine_stays_silent) {
  Line line;
  line.voice(4s).quiet(3900ms);
  EXPECT_FALSE(line.heard().beep);
  line.quiet(200ms);
  ASSERT_TRUE(line.heard().beep);
  EXPECT_EQ(line.heard().beep->hertz, 0);
}

TEST(CpaMachine, does_not_take_a_tone_that_goes_over_into_speech_for_a_beep) {
  Line line;
  line.voice(3s).tone(700, 120ms).voice(2s);
  EXPECT_EQ(line.found(), CallClass::machine);
  EXPECT_FALSE(line.heard().beep);
}

TEST(CpaMachine, knows_a_fax_by_either_of_its_tones) {
  Line answering, calling;
  answering.quiet(1800ms).tone(2100, 500ms);
  EXPECT_EQ(answering.found(), CallClass::fax);
  calling.quiet(1s).tone(1100, 500ms);
  EXPECT_EQ(calling.found(), CallClass::fax);
}

TEST(CpaMachine, knows_busy_tones_by_their_cadence) {
  struct Tone {
    int hertz, second;
    Duration on;
  };
  for (const auto& [hertz, second, on] : {Tone{425, 0, 500ms}, Tone{480, 620, 500ms}, Tone{400, 0, 380ms}, Tone{480, 620, 240ms}}) {
    Line line;
    for (int i = 0; i < 4; ++i) line.tone(hertz, on, second).quiet(on);
    EXPECT_EQ(line.found(), CallClass::busy) << hertz;
    EXPECT_FALSE(line.heard().beep);
  }
}

TEST(CpaMachine, knows_the_special_information_tone) {
  Line line;
  line.quiet(300ms).tone(950, 340ms).tone(1400, 340ms).tone(1800, 340ms).quiet(200ms).voice(3s);
  EXPECT_EQ(line.found(), CallClass::sit);
}

TEST(CpaMachine, tells_silence_when_nothing_is_said) {
  Line quiet, noisy;
  quiet.quiet(5s);
  EXPECT_EQ(quiet.found(), CallClass::silence);
  noisy.noise(5s);
  EXPECT_TRUE(noisy.found() == CallClass::silence || noisy.found() == CallClass::human);
}

TEST(CpaMachine, passes_over_clicks) {
  Line line;
  line.quiet(200ms).voice(40ms).quiet(1500ms).voice(500ms).quiet(1s);
  EXPECT_EQ(line.found(), CallClass::human);
  EXPECT_GT(line.heard().classified->after, 2s);
}

TEST(CpaMachine, hears_a_greeting_over_steady_noise) {
  Line line;
  line.noise(1s).voice(600ms).noise(2s);
  EXPECT_EQ(line.found(), CallClass::human);
}

TEST(CpaMachine, always_decides_in_time) {
  // Voice and quiet in turns of every length: whatever is said, it is said within four seconds.
  for (int on = 1; on < 60; on += 3)
    for (int off = 1; off < 60; off += 3) {
      Line line;
      for (int i = 0; i < 220 / (on + off) + 1; ++i) line.voice(on * frame_time).quiet(off * frame_time);
      ASSERT_TRUE(line.found()) << on << " " << off;
      EXPECT_LE(line.heard().classified->after, 4s);
    }
}

}  // namespace
}  // namespace everdial::media
