#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/enum_names.h"
#include "base/result.h"

// SDP (RFC 4566) as far as audio calls need it: offers and answers (RFC 3264) of PCMU, PCMA and telephone-event over RTP/AVP.

namespace everdial::sip {

enum class Direction { sendrecv, sendonly, recvonly, inactive };
}  // namespace everdial::sip

namespace everdial {
template <>
inline constexpr auto enum_names<sip::Direction> = std::to_array<std::pair<sip::Direction, std::string_view>>({
    {sip::Direction::sendrecv, "sendrecv"},
    {sip::Direction::sendonly, "sendonly"},
    {sip::Direction::recvonly, "recvonly"},
    {sip::Direction::inactive, "inactive"},
});
}  // namespace everdial

namespace everdial::sip {

struct Codec {
  int payload_type = 0;
  std::string name;  ///< as in a=rtpmap, or of the static type; empty: unknown
  int clock_rate = 0;
  std::string parameters;  ///< of a=fmtp
  bool operator==(const Codec&) const = default;
};

/// One m= line with what belongs to it.
struct Media {
  std::string type = "audio";
  int port = 0;  ///< 0: refused or closed
  std::string protocol = "RTP/AVP";
  std::string address;               ///< numeric, IPv4 or IPv6; of its own c= line or the session's
  std::vector<Codec> codecs;         ///< in order of preference; of RTP protocols
  std::vector<std::string> formats;  ///< as written, of other protocols
  Direction direction = Direction::sendrecv;
  int ptime_ms = 0;  ///< 0: not said
  bool operator==(const Media&) const = default;
};

struct SessionDescription {
  std::string user = "-";
  uint64_t session_id = 0;
  uint64_t version = 0;
  std::string origin_address = "127.0.0.1";
  std::vector<Media> media;
  bool operator==(const SessionDescription&) const = default;
};

/// Unknown lines and attributes are skipped, as RFC 4566 asks; errors name the line.
Result<SessionDescription> parse_sdp(std::string_view text);
std::string to_text(const SessionDescription& description);

/// Our side of the audio.
struct LocalAudio {
  std::string address;
  int port = 0;
  uint64_t session_id = 0;
  uint64_t version = 1;  ///< must grow by one with each change
  Direction direction = Direction::sendrecv;
  int ptime_ms = 20;
};

/// What both sides agreed on, from our point of view.
struct AgreedAudio {
  std::string address;  ///< where our RTP goes
  int port = 0;
  Codec codec;                                ///< PCMU or PCMA
  std::optional<int> digits;                  ///< payload type of telephone-event/8000 in both directions
  Direction direction = Direction::sendrecv;  ///< what we may do
  int ptime_ms = 20;                          ///< what the far end wants to get
  bool operator==(const AgreedAudio&) const = default;
};

/// PCMU, PCMA, telephone-event 101 with events 0-16.
SessionDescription make_offer(const LocalAudio& local);

/// The answer to `offer`: its first audio stream that we can take, with one codec and telephone-event if it has it; every other stream
/// refused. An error when there is no stream that we can take.
Result<SessionDescription> make_answer(const SessionDescription& offer, const LocalAudio& local);

/// What `remote` (the answer to our offer, or the offer that we answered) says of the audio.
Result<AgreedAudio> agree(const SessionDescription& remote, Direction ours = Direction::sendrecv);

}  // namespace everdial::sip
