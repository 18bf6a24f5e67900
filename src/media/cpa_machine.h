#pragma once

#include <optional>
#include <string>
#include <vector>

#include "base/enum_names.h"
#include "base/time.h"
#include "model/completion_code.h"

namespace everdial::media {

/// What the far end turned out to be.
enum class CallClass {
  human,    ///< a short greeting, then a pause
  machine,  ///< speech that goes on as no person's greeting does
  fax,      ///< CED (2100 Hz) or CNG (1100 Hz)
  busy,     ///< busy or congestion tone in band
  sit,      ///< special information tone: three rising tones; the number is not in service
  silence,  ///< nothing was said until the time was up
};

/// The result of an attempt that ended as this class says. Silence counts as a person: somebody may be listening, and taking a
/// person for a machine is the costlier mistake.
CompletionCode completion_code_of(CallClass call_class);

struct CpaSettings {
  Duration decide_within = 4s;       ///< of the answer; what is likelier then is said
  Duration human_pause = 700ms;      ///< silence after a greeting that makes it a person's
  Duration longest_greeting = 1600ms;  ///< speech, without longer pauses, beyond which it is a machine
  Duration silence_after = 3500ms;   ///< of the answer without a sound: `silence`
  Duration shortest_beep = 100ms;
  bool operator==(const CpaSettings&) const = default;
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
