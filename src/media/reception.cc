#include "media/reception.h"

#include <algorithm>
#include <cmath>

namespace everdial::media {
namespace {
constexpr uint16_t most_missing = 3000;  // RFC 3550's MAX_DROPOUT
constexpr uint16_t most_late = 100;      // RFC 3550's MAX_MISORDER
}  // namespace

void Reception::start(const RtpHeader& header) {
  if (started_) {
    lost_before_ = lost();
    ++source_changes_;
  }
  started_ = true;
  ssrc_ = header.ssrc;
  // One turn of the numbers up, so that a late packet of before the first one does not go below zero.
  first_ = highest_ = 0x10000u + header.sequence;
  received_ = expected_at_report_ = received_at_report_ = 0;
  jump_.reset();
  transit_.reset();
  last_sr_ = 0;
}

Reception::Took Reception::take(const RtpHeader& header, Instant now) {
  ++packets_;
  Took took = Took::in_turn;
  if (!started_ || header.ssrc != ssrc_) {
    start(header);
    took = Took::new_source;
  }
  const auto forward = static_cast<uint16_t>(header.sequence - static_cast<uint16_t>(highest_));
  if (forward < most_missing) {
    highest_ += forward;
    jump_.reset();
  } else if (forward <= 0xffff - most_late) {
    if (jump_ != header.sequence) {
      jump_ = static_cast<uint16_t>(header.sequence + 1);
      return Took::jump;
    }
    start(header);
    took = Took::new_source;
  } else {
    took = Took::late;
  }
  ++received_;

  const int64_t arrival = to_micros(now) * sample_rate / 1'000'000;
  const int64_t transit = arrival - static_cast<int64_t>(header.timestamp);
  // Differences are taken in 32 bits, in which the timestamp wraps.
  if (transit_ && took == Took::in_turn) {
    const auto difference = static_cast<int32_t>(static_cast<uint32_t>(transit) - static_cast<uint32_t>(*transit_));
    jitter_ += (std::abs(static_cast<double>(difference)) - jitter_) / 16;
  }
  if (took != Took::late) transit_ = transit;
  return took;
}

void Reception::take_sender_report(const SenderInfo& sender, Instant now) {
  last_sr_ = static_cast<uint32_t>(sender.ntp >> 16);
  last_sr_at_ = now;
}

uint64_t Reception::lost() const {
  if (!started_) return 0;
  return lost_before_ + (expected() > received_ ? expected() - received_ : 0);
}

std::optional<ReportBlock> Reception::report(Instant now) {
  if (!started_) return std::nullopt;
  ReportBlock block;
  block.ssrc = ssrc_;
  const int64_t lost_now = static_cast<int64_t>(expected()) - static_cast<int64_t>(received_);
  block.lost = static_cast<int32_t>(std::clamp<int64_t>(lost_now, -0x800000, 0x7fffff));
  const uint64_t expected_since = expected() - expected_at_report_;
  const uint64_t received_since = received_ - received_at_report_;
  expected_at_report_ = expected();
  received_at_report_ = received_;
  if (expected_since > received_since)
    block.fraction_lost = static_cast<uint8_t>(std::min<uint64_t>(255, 256 * (expected_since - received_since) / expected_since));
  block.highest_sequence = static_cast<uint32_t>(highest_ - 0x10000);
  block.jitter = static_cast<uint32_t>(jitter_);
  if (last_sr_ != 0) {
    block.last_sr = last_sr_;
    block.since_sr = static_cast<uint32_t>((now - last_sr_at_).count() * 65536 / 1'000'000);
  }
  return block;
}

}  // namespace everdial::media
