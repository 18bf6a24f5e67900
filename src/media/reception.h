#pragma once

#include <cstdint>
#include <optional>

#include "base/time.h"
#include "media/rtp.h"

namespace everdial::media {

/// Counts one source's packets as RFC 3550 appendix A says: losses by extended sequence number, jitter of arrival, and what the next
/// receiver report is to say. A new SSRC, or a sequence number far off twice running, is a new source.
class Reception {
 public:
  enum class Took : uint8_t { in_turn, new_source, late, jump };  ///< jump: drop it, unless the next one confirms it
  Took take(const RtpHeader& header, Instant now);

  void take_sender_report(const SenderInfo& sender, Instant now);
  /// What to report now; the share lost is of the time since the last call. Empty before the first packet.
  std::optional<ReportBlock> report(Instant now);

  std::optional<uint32_t> ssrc() const { return started_ ? std::optional(ssrc_) : std::nullopt; }
  uint64_t packets() const { return packets_; }
  uint64_t lost() const;
  uint32_t source_changes() const { return source_changes_; }
  Duration jitter() const { return duration_of_samples(static_cast<int64_t>(jitter_)); }

 private:
  void start(const RtpHeader& header);
  uint64_t expected() const { return highest_ - first_ + 1; }

  bool started_ = false;
  uint32_t ssrc_ = 0;
  uint64_t first_ = 0, highest_ = 0;  ///< extended sequence numbers
  std::optional<uint16_t> jump_;      ///< the number that would confirm a jump
  uint64_t received_ = 0;             ///< of this source
  uint64_t packets_ = 0;              ///< of all sources so far
  uint64_t lost_before_ = 0;
  uint32_t source_changes_ = 0;
  uint64_t expected_at_report_ = 0, received_at_report_ = 0;
  double jitter_ = 0;  ///< samples
  std::optional<int64_t> transit_;
  uint32_t last_sr_ = 0;
  Instant last_sr_at_;
};

}  // namespace everdial::media
