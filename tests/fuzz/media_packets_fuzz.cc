// Everything that reads RTP, RTCP and telephone events, as one stream receives them. The input is a row of packets: a byte for what
// kind it is, a byte for its length, then its bytes.

#include <algorithm>
#include <array>
#include <vector>

#include "base/check.h"
#include "media/dtmf.h"
#include "media/g711.h"
#include "media/jitter_buffer.h"
#include "media/reception.h"
#include "media/rtp.h"

namespace {

using namespace everdial;
using namespace everdial::media;

struct Receiver {
  Reception reception;
  JitterBuffer jitter;
  DtmfReceiver dtmf;
  Instant now{1h};

  void take_rtp(Bytes bytes) {
    const auto packet = parse_rtp(bytes);
    if (!packet) return;
    EVERDIAL_CHECK(packet->payload.size() + rtp_header_size <= bytes.size());
    EVERDIAL_CHECK(packet->payload.empty() || packet->payload.data() + packet->payload.size() <= bytes.data() + bytes.size());
    EVERDIAL_CHECK(packet->payload.data() >= bytes.data() + rtp_header_size);  // a relay writes its header there
    if (reception.take(packet->header, now) == Reception::Took::new_source) {
      jitter.reset();
      dtmf.reset();
    }
    std::vector<int16_t> samples(packet->payload.size());
    g711::decode(Codec::pcma, packet->payload, samples);
    jitter.put(packet->header.timestamp, samples);
    if (const auto event = parse_telephone_event(packet->payload))
      for (const Key& key : dtmf.take(packet->header.timestamp, *event, now)) EVERDIAL_CHECK(event_of_digit(key.digit));
  }

  void take_rtcp(Bytes bytes) {
    const auto report = parse_rtcp(bytes, 7);
    if (!report) return;
    if (report->sender) reception.take_sender_report(*report->sender, now);
    std::array<uint8_t, rtcp_report_capacity> copy;
    const size_t size = write_rtcp(*report, "fuzz", copy);
    EVERDIAL_CHECK(parse_rtcp(Bytes(copy).first(size), 7) == report);
  }

  void pass_time() {
    now += 20ms;
    Frame frame;
    jitter.take(frame);
    dtmf.expire(now);
    reception.report(now);
    reception.lost();
  }
};

/// The packet with its first bytes made such that a parser goes on: version 2, and a length that is right.
std::vector<uint8_t> made_plausible(Bytes bytes, bool rtcp) {
  std::vector<uint8_t> packet(bytes.begin(), bytes.end());
  if (packet.size() < rtp_header_size) return packet;
  packet[0] = static_cast<uint8_t>((packet[0] & 0x3f) | 0x80);
  if (!rtcp) return packet;
  packet.resize(packet.size() / 4 * 4);
  packet[1] = static_cast<uint8_t>(200 + packet[1] % 2);
  packet[2] = 0;
  packet[3] = static_cast<uint8_t>(packet.size() / 4 - 1);
  return packet;
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  Receiver receiver;
  Bytes rest(data, size);
  while (rest.size() >= 2) {
    const uint8_t kind = rest[0];
    const size_t length = std::min<size_t>(rest[1], rest.size() - 2);
    const Bytes bytes = rest.subspan(2, length);
    rest = rest.subspan(2 + length);
    const bool rtcp = kind & 1;
    const std::vector<uint8_t> packet = kind & 2 ? made_plausible(bytes, rtcp) : std::vector<uint8_t>(bytes.begin(), bytes.end());
    rtcp ? receiver.take_rtcp(packet) : receiver.take_rtp(packet);
    if (kind & 4) receiver.pass_time();
  }
  return 0;
}
