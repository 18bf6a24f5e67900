#include "media/jitter_buffer.h"

#include <algorithm>

namespace everdial::media {

void JitterBuffer::reset() {
  std::fill(present_.begin(), present_.end(), 0);
  playing_ = false;
}

void JitterBuffer::put(uint32_t timestamp, std::span<const int16_t> samples) {
  if (samples.empty() || samples.size() > capacity / 4) return;
  const auto length = static_cast<int32_t>(samples.size());
  auto ahead = static_cast<int32_t>(timestamp - next_);
  if (playing_ && ahead + length > static_cast<int32_t>(capacity)) reset();
  // As far behind as ahead is no lateness: the sender's clock has jumped.
  if (playing_ && ahead < -static_cast<int32_t>(capacity)) reset();
  if (!playing_) {
    playing_ = true;
    next_ = timestamp - first_delay;
    least_delay_ = capacity;
    packets_seen_ = 0;
    newest_ = timestamp;
    gap_frames_ = 0;
    last_.fill(0);
    ahead = first_delay;
  }
  if (ahead < 0) {
    ++too_late_;
    // An overtaken packet or a copy: those that follow are in time.
    if (static_cast<int32_t>(newest_ - timestamp) >= length) return;
    // Step back to hear it, and what follows, after all. Nothing is heard twice: what has been heard is gone.
    next_ = timestamp - first_delay;
    ahead = first_delay;
  }
  for (int32_t i = 0; i < length; ++i) {
    const uint32_t at = (timestamp + static_cast<uint32_t>(i)) % capacity;
    samples_[at] = samples[static_cast<size_t>(i)];
    present_[at] = 1;
  }
  if (static_cast<int32_t>(timestamp + samples.size() - newest_) > 0) newest_ = timestamp + static_cast<uint32_t>(length);
  least_delay_ = std::min(least_delay_, ahead);
  if (++packets_seen_ < patience) return;
  if (least_delay_ > first_delay + slack) {
    for (uint32_t i = 0; i < frame_samples; ++i) present_[(next_ + i) % capacity] = 0;
    next_ += frame_samples;
  }
  least_delay_ = capacity;
  packets_seen_ = 0;
}

JitterBuffer::Heard JitterBuffer::take(Frame& out) {
  if (!playing_) {
    out.fill(0);
    return Heard::nothing;
  }
  size_t missing = 0;
  // A short gap is filled with what was heard before, fainter; a longer one is silence.
  for (size_t i = 0; i < frame_samples; ++i) {
    const uint32_t at = (next_ + static_cast<uint32_t>(i)) % capacity;
    if (present_[at]) {
      out[i] = samples_[at];
      present_[at] = 0;
    } else {
      out[i] = gap_frames_ < 2 ? static_cast<int16_t>(last_[i] / 2) : int16_t{0};
      ++missing;
    }
  }
  next_ += frame_samples;
  last_ = out;
  gap_frames_ = missing == frame_samples ? gap_frames_ + 1 : 0;
  if (missing == 0) return Heard::audio;
  return gap_frames_ > 2 ? Heard::nothing : Heard::filled;
}

}  // namespace everdial::media
