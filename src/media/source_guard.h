#pragma once

#include "base/time.h"
#include "media/endpoint.h"

namespace everdial::media {

/// Whether media may be sent where packets come from rather than where the SDP says (symmetric RTP, for peers behind NAT). The first
/// source wins; another is followed only after the first has been silent for a second.
enum class Latch : uint8_t {
  off,        ///< send to the SDP's address; take packets only from its host
  same_host,  ///< follow the port, not the host
  any_host,   ///< follow host and port: for trunks whose peers are behind NAT
};

/// Decides whose packets are the peer's and where packets to it go.
class SourceGuard {
 public:
  static constexpr Duration faithful_for = 1s;

  /// The SDP says `sdp`; a source found under an earlier address or rule is forgotten.
  void expect(const Endpoint& sdp, Latch latch) {
    if (sdp == sdp_ && latch == latch_) return;
    sdp_ = sdp;
    latch_ = latch;
    source_ = Endpoint{};
  }

  bool accept(const Endpoint& from, Instant now) {
    if (from == source_) {
      heard_ = now;
      return true;
    }
    if (sdp_.empty() || (latch_ != Latch::any_host && !from.same_host(sdp_))) return false;
    if (!source_.empty() && now - heard_ < faithful_for) return false;
    source_ = from;
    heard_ = now;
    return true;
  }

  const Endpoint& send_to() const { return latch_ == Latch::off || source_.empty() ? sdp_ : source_; }

 private:
  Endpoint sdp_;
  Latch latch_ = Latch::same_host;
  Endpoint source_;
  Instant heard_;
};

}  // namespace everdial::media
