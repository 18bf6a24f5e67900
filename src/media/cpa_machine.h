#pragma once

#include <array>
#include <optional>
#include <string>
#include <variant>
#include <vector>

#include "base/enum_names.h"
#include "base/time.h"
#include "media/frame_analyser.h"
#include "model/completion_code.h"

namespace everdial::media {

/// What the far end turned out to be.
enum class CallClass : uint8_t {
  human,    ///< a short greeting, then a pause
  machine,  ///< speech that goes on as no person's greeting does, or a beep
  fax,      ///< CED (2100 Hz) or CNG (1100 Hz)
  busy,     ///< busy or congestion tone in band
  sit,      ///< special information tone: three rising tones; the number is not in service
  silence,  ///< nothing was said until the time was up
};

/// The result of an attempt that ended as this class says. Silence counts as a person: somebody may be listening, and taking a
/// person for a machine is the costlier mistake.
CompletionCode completion_code_of(CallClass call_class);

struct CpaSettings {
  Duration decide_within = 4s;         ///< of the answer; then what is likelier is said
  Duration human_pause = 700ms;        ///< silence after a greeting that makes it a person's
  Duration longest_greeting = 1900ms;  ///< of a person, with its shorter pauses; beyond it is a machine
  Duration silence_after = 3500ms;     ///< of the answer without a sound
  Duration late_speech = 1500ms;       ///< people speak sooner after they answer
  Duration no_beep_after = 4s;         ///< of a machine's silence: it records without a beep
  bool operator==(const CpaSettings&) const = default;
};

struct CallClassified {
  CallClass call_class = CallClass::human;
  Duration after{};      ///< since the answer
  std::string evidence;  ///< for people: "greeting 0.62 s, then 0.70 s pause"
};
struct BeepHeard {
  int hertz = 0;  ///< 0: none was heard, but the machine has fallen silent
};
using CpaFinding = std::variant<CallClassified, BeepHeard>;

/// Listens to an answered call from its answer on: says once what answered, and once when a machine has begun to record. Each step is
/// one frame, so the frames are its clock.
class CpaMachine {
 public:
  explicit CpaMachine(CpaSettings settings = {}) : settings_(settings) { recent_levels_.fill(quiet_line_db); }

  std::vector<CpaFinding> step(const FrameFeatures& features);
  /// Nothing more will be found.
  bool finished() const { return decided_ && (decided_ != CallClass::machine || beep_told_); }

 private:
  static constexpr float quiet_line_db = -60;

  /// A tone, or two at once, that holds its pitch.
  struct Burst {
    int low_hz = 0, high_hz = 0;  ///< high_hz 0: a single tone
    int start = 0, frames = 0;
    int least_hz = 0, most_hz = 0;  ///< between which the lower tone has moved
    float level_db = 0;
    int end() const { return start + frames; }
    bool same_pitch(const FrameFeatures& features) const;
    bool same_pitch(const Burst& other) const;
  };
  struct Speech {
    int first = 0, last = 0, voiced = 0;  ///< frames
    int length() const { return voiced == 0 ? 0 : last - first + 1; }
  };

  bool is_voiced(float level_db);
  void follow_tone(const FrameFeatures& features);
  void follow_speech(bool voiced);
  void judge_tone();
  void judge_beep(const FrameFeatures& features);
  void judge_speech(bool voiced);
  bool is_sit() const;
  bool is_busy() const;
  void decide(CallClass call_class, std::string evidence);
  void tell_beep(int hertz);

  int frames(Duration duration) const { return static_cast<int>(duration / frame_time); }

  CpaSettings settings_;
  int now_ = 0;                            ///< frames heard
  std::array<float, 30> recent_levels_{};  ///< the least of them is the line's noise
  std::optional<Burst> burst_;             ///< the tone that sounds now
  std::array<Burst, 2> past_{};            ///< the last tones before it, the latest first; frames 0: none
  std::optional<Burst> maybe_beep_;        ///< has ended; what follows shows whether it was one
  Speech speech_;
  Speech speech_before_;        ///< a frame ago
  Speech speech_before_burst_;  ///< what to return to when the burst proves to be a tone
  std::optional<CallClass> decided_;
  bool beep_told_ = false;
  std::vector<CpaFinding> findings_;  ///< of the step under way
};

}  // namespace everdial::media

template <>
inline constexpr auto everdial::enum_names<everdial::media::CallClass> =
    std::to_array<std::pair<everdial::media::CallClass, std::string_view>>({
        {everdial::media::CallClass::human, "human"},
        {everdial::media::CallClass::machine, "machine"},
        {everdial::media::CallClass::fax, "fax"},
        {everdial::media::CallClass::busy, "busy"},
        {everdial::media::CallClass::sit, "sit"},
        {everdial::media::CallClass::silence, "silence"},
    });
