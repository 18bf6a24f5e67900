#pragma once

#include <cstdint>
#include <span>
#include <vector>

#include "media/g711.h"

namespace everdial::media {

/// Turns packets that come when they like into one frame every 20 ms. Samples are laid down by RTP timestamp, so order, duplicates,
/// any packet length, wraps and pauses of the sender need no care. The read position follows the sender's clock: a packet that comes
/// too late moves it back, packets that all come earlier than needed move it forward.
class JitterBuffer {
 public:
  static constexpr uint32_t capacity = 4096;   ///< samples: 512 ms
  static constexpr int32_t first_delay = 320;  ///< between a packet's coming and its being heard, in samples
  static constexpr int32_t slack = 320;        ///< more delay than this, unneeded for `patience` packets, is taken out
  static constexpr int patience = 200;

  JitterBuffer() : samples_(capacity), present_(capacity) {}

  void put(uint32_t timestamp, std::span<const int16_t> samples);

  enum class Heard : uint8_t { audio, filled, nothing };  ///< filled: some of the frame was missing and is made up
  Heard take(Frame& out);

  /// The sender is another one, or has started anew.
  void reset();

  uint64_t too_late() const { return too_late_; }

 private:
  std::vector<int16_t> samples_;
  std::vector<uint8_t> present_;
  bool playing_ = false;
  uint32_t next_ = 0;    ///< timestamp of the next sample to be heard
  uint32_t newest_ = 0;  ///< of the sample after the newest one laid down
  int32_t least_delay_ = capacity;
  int packets_seen_ = 0;
  Frame last_{};
  int gap_frames_ = 0;
  uint64_t too_late_ = 0;
};

}  // namespace everdial::media
