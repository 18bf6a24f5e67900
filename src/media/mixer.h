#pragma once

#include <array>
#include <cstdint>

#include "media/g711.h"

namespace everdial::media {

/// One 20 ms turn of a conference: everyone's frame is added, and each hears the sum less their own.
class Mix {
 public:
  void clear() { sum_.fill(0); }
  void add(const Frame& frame) {
    for (size_t i = 0; i < frame_samples; ++i) sum_[i] += frame[i];
  }
  /// What somebody hears who does not talk.
  void all(Frame& out) const {
    for (size_t i = 0; i < frame_samples; ++i) out[i] = saturate(sum_[i]);
  }
  /// What the talker of `own` hears.
  void without(const Frame& own, Frame& out) const {
    for (size_t i = 0; i < frame_samples; ++i) out[i] = saturate(sum_[i] - own[i]);
  }

  static int16_t saturate(int32_t value) { return static_cast<int16_t>(value < -32768 ? -32768 : value > 32767 ? 32767 : value); }

 private:
  std::array<int32_t, frame_samples> sum_{};
};

}  // namespace everdial::media
