#pragma once

#include "base/time.h"
#include "media/g711.h"

namespace everdial::media {

inline constexpr Duration frame_time = 20ms;

/// What call progress analysis needs to know of 20 ms of audio.
struct FrameFeatures {
  float level_db = -100;  ///< root mean square, against full scale
  int tone_hz = 0;        ///< nearly all of it is one tone, or two: this is the lower; 0: it is not a tone
  int second_hz = 0;      ///< the higher of two; 0: there is but one
};

FrameFeatures analyse_frame(const Frame& frame);

}  // namespace everdial::media
