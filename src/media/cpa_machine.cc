#include "media/cpa_machine.h"

#include <algorithm>
#include <cstdio>
#include <cstdlib>
#include <utility>

#include "base/check.h"

namespace everdial::media {
namespace {

// In frames of 20 ms. The shortest tone of interest lasts 100 ms, which always holds four whole frames.
constexpr int shortest_burst = 4;
constexpr int longest_beep = 150;
constexpr int longest_first_beep = 60;  // of one heard before any speech
constexpr int lowest_first_beep = 500;  // Hz: lower is ringing, a dial tone or a busy tone
constexpr int beep_silence = 2;         // after a beep that ends speech
constexpr int first_beep_silence = 35;  // after one without speech: a busy tone would have come again
constexpr int fax_tone = 20;
constexpr int edge = 2;          // where a tone begins or ends within a frame, it does not look like one
constexpr int least_speech = 4;  // less is a click
constexpr int click_gone = 15;
constexpr float beep_drop_db = 10;
constexpr int steady_hz = 15;  // no voice holds its pitch so well

constexpr float above_noise_db = 12;
constexpr float faintest_speech_db = -45;
constexpr float loudest_noise_db = -35;

bool within(int value, int low, int high) { return value >= low && value <= high; }
bool near(int a, int b) { return std::abs(a - b) <= std::max(30, std::max(a, b) * 3 / 100); }

std::string seconds(int frames) {
  char text[24];
  std::snprintf(text, sizeof text, "%.2f s", static_cast<double>(frames) * 0.02);
  return text;
}

}  // namespace

CompletionCode completion_code_of(CallClass call_class) {
  switch (call_class) {
    case CallClass::human:
    case CallClass::silence:
      return CompletionCode::answer_human;
    case CallClass::machine:
      return CompletionCode::answer_machine;
    case CallClass::fax:
      return CompletionCode::fax;
    case CallClass::busy:
      return CompletionCode::call_busy;
    case CallClass::sit:
      return CompletionCode::invalid_number;
  }
  EVERDIAL_CHECK(!"a call class without a completion code");
  return CompletionCode::general_failure;
}

bool CpaMachine::Burst::same_pitch(const FrameFeatures& features) const {
  return near(low_hz, features.tone_hz) && (high_hz == 0) == (features.second_hz == 0) && near(high_hz, features.second_hz);
}

bool CpaMachine::Burst::same_pitch(const Burst& other) const { return near(low_hz, other.low_hz) && near(high_hz, other.high_hz); }

std::vector<CpaFinding> CpaMachine::step(const FrameFeatures& features) {
  if (finished()) return {};
  ++now_;
  const bool loud = is_voiced(features.level_db);
  follow_tone(features);
  const bool in_tone = burst_ && burst_->frames >= shortest_burst;
  const bool voiced = loud && !in_tone && now_ - past_[0].end() >= edge;
  follow_speech(voiced);
  if (!decided_) judge_tone();
  judge_beep(features);
  if (!decided_) judge_speech(voiced);
  const int silent_for = now_ - std::max(speech_.last, past_[0].end());
  if (decided_ == CallClass::machine && !in_tone && silent_for >= frames(settings_.no_beep_after)) tell_beep(0);
  return std::exchange(findings_, {});
}

// The noise is the faintest 20 ms of the last 600: speech has gaps in it, noise has not.
bool CpaMachine::is_voiced(float level_db) {
  const float noise = *std::min_element(recent_levels_.begin(), recent_levels_.end());
  recent_levels_[static_cast<size_t>(now_) % recent_levels_.size()] = level_db;
  return level_db > std::max(std::min(noise, loudest_noise_db) + above_noise_db, faintest_speech_db);
}

void CpaMachine::follow_tone(const FrameFeatures& features) {
  const bool tone = features.tone_hz != 0;
  if (burst_ && tone && burst_->same_pitch(features)) {
    burst_->level_db = std::max(burst_->level_db, features.level_db);
    burst_->least_hz = std::min(burst_->least_hz, features.tone_hz);
    burst_->most_hz = std::max(burst_->most_hz, features.tone_hz);
    // The start of a tone was taken for speech until it proved to be a tone.
    if (++burst_->frames == shortest_burst) speech_ = speech_before_burst_;
    return;
  }
  if (burst_ && burst_->frames >= shortest_burst) {
    past_[1] = past_[0];
    past_[0] = *burst_;
    maybe_beep_ = *burst_;
  }
  burst_.reset();
  if (!tone) return;
  speech_before_burst_ = speech_before_;
  burst_ = Burst{.low_hz = features.tone_hz,
                 .high_hz = features.second_hz,
                 .start = now_,
                 .frames = 1,
                 .least_hz = features.tone_hz,
                 .most_hz = features.tone_hz,
                 .level_db = features.level_db};
}

void CpaMachine::follow_speech(bool voiced) {
  speech_before_ = speech_;
  if (!voiced) {
    if (speech_.voiced > 0 && speech_.voiced < least_speech && now_ - speech_.last > click_gone) speech_ = Speech{};
    return;
  }
  if (speech_.voiced++ == 0) speech_.first = now_;
  speech_.last = now_;
}

void CpaMachine::judge_tone() {
  if (!burst_) return;
  const bool spoken = speech_.voiced >= least_speech;
  if (burst_->high_hz == 0 && burst_->frames >= fax_tone) {
    if (within(burst_->low_hz, 2070, 2130)) return decide(CallClass::fax, "2100 Hz for " + seconds(burst_->frames));
    if (within(burst_->low_hz, 1062, 1138) && !spoken) return decide(CallClass::fax, "1100 Hz for " + seconds(burst_->frames));
  }
  if (burst_->frames <= shortest_burst) return;
  if (is_sit()) return decide(CallClass::sit, "three rising tones");
  if (is_busy())
    return decide(CallClass::busy, "tone of " + std::to_string(burst_->low_hz) + " Hz, " + seconds(past_[0].frames) + " on and off");
}

// ITU-T E.180: 950, 1400 and 1800 Hz for 330 ms each, one after the other; North America's lie near and last 276 or 380 ms.
bool CpaMachine::is_sit() const {
  const Burst &first = past_[1], &second = past_[0], &third = *burst_;
  if (first.frames == 0 || third.start - second.end() > 3 || second.start - first.end() > 3) return false;
  return within(first.low_hz, 870, 1030) && within(second.low_hz, 1330, 1470) && within(third.low_hz, 1720, 1860) &&
         within(first.frames, 9, 25) && within(second.frames, 9, 25);
}

// The third of equal tones with equal pauses.
bool CpaMachine::is_busy() const {
  const Burst &first = past_[1], &second = past_[0], &third = *burst_;
  if (first.frames == 0 || !within(third.low_hz, 350, 640) || !third.same_pitch(second) || !second.same_pitch(first)) return false;
  const int pause = third.start - second.end(), pause_before = second.start - first.end();
  return within(first.frames, 7, 40) && std::abs(first.frames - second.frames) <= 3 && within(pause, 7, 40) &&
         std::abs(pause - pause_before) <= 3;
}

void CpaMachine::judge_beep(const FrameFeatures& features) {
  if (!maybe_beep_ || (decided_ && decided_ != CallClass::machine)) return;
  const Burst& tone = *maybe_beep_;
  const bool spoken = decided_ || speech_.voiced >= least_speech;
  const int since = now_ - tone.end() + 1;
  const bool steady = tone.most_hz - tone.least_hz <= steady_hz;
  const bool right_pitch = tone.high_hz == 0 && within(tone.low_hz, spoken ? 400 : lowest_first_beep, 2000);
  // The frame in which the tone stops is partly loud.
  const bool quiet_after = since <= 1 || features.level_db < tone.level_db - beep_drop_db;
  if (!right_pitch || !steady || !quiet_after || tone.frames > (spoken ? longest_beep : longest_first_beep)) return maybe_beep_.reset();
  if (since <= (spoken ? beep_silence : first_beep_silence)) return;
  const int hertz = tone.low_hz;
  if (!decided_) decide(CallClass::machine, "beep of " + std::to_string(hertz) + " Hz");
  tell_beep(hertz);
}

void CpaMachine::judge_speech(bool voiced) {
  const int length = speech_.length();
  const int pause = now_ - speech_.last;
  const bool spoken = speech_.voiced >= least_speech;
  if (spoken && voiced && length > frames(settings_.longest_greeting)) return decide(CallClass::machine, "speech for " + seconds(length));
  if (spoken && pause >= frames(settings_.human_pause) && !maybe_beep_)
    return decide(CallClass::human, "greeting " + seconds(length) + ", then " + seconds(pause) + " pause");
  if (speech_.voiced == 0 && !burst_ && !maybe_beep_ && past_[0].frames == 0 && now_ >= frames(settings_.silence_after))
    return decide(CallClass::silence, "nothing for " + seconds(now_));
  if (now_ < frames(settings_.decide_within)) return;
  if (!spoken) return decide(CallClass::silence, "no speech for " + seconds(now_));
  const bool late = speech_.first > frames(settings_.late_speech);
  decide(late ? CallClass::machine : CallClass::human, "speech from " + seconds(speech_.first) + " on");
}

void CpaMachine::decide(CallClass call_class, std::string evidence) {
  decided_ = call_class;
  findings_.emplace_back(std::in_place_type<CallClassified>, call_class, now_ * frame_time, std::move(evidence));
}

void CpaMachine::tell_beep(int hertz) {
  if (beep_told_) return;
  beep_told_ = true;
  findings_.emplace_back(std::in_place_type<BeepHeard>, hertz);
}

}  // namespace everdial::media
