#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <string_view>

#include "base/time.h"

// The bytes of RTP (RFC 3550), telephone events (RFC 4733) and the little of RTCP we speak. Everything read here comes from the
// network: a packet is either understood whole or refused.

namespace everdial::media {

using Bytes = std::span<const uint8_t>;

inline constexpr int sample_rate = 8000;
inline constexpr uint8_t pcmu_payload_type = 0;
inline constexpr uint8_t pcma_payload_type = 8;

inline constexpr Duration duration_of_samples(int64_t samples) { return Duration{samples * 1'000'000 / sample_rate}; }

struct RtpHeader {
  uint8_t payload_type = 0;
  bool marker = false;
  uint16_t sequence = 0;
  uint32_t timestamp = 0;
  uint32_t ssrc = 0;
  bool operator==(const RtpHeader&) const = default;
};

struct RtpPacket {
  RtpHeader header;
  Bytes payload;  ///< within the bytes parsed; contributing sources, extension and padding are left out
};

std::optional<RtpPacket> parse_rtp(Bytes bytes);

inline constexpr size_t rtp_header_size = 12;
void write_rtp_header(const RtpHeader& header, std::span<uint8_t, rtp_header_size> out);

/// One RFC 4733 packet's payload.
struct TelephoneEvent {
  uint8_t event = 0;  ///< 0 to 9 the digits, 10 *, 11 #, 12 to 15 A to D
  bool end = false;
  uint8_t volume = 10;    ///< -dBm0
  uint16_t duration = 0;  ///< since the packet's timestamp, in samples
  bool operator==(const TelephoneEvent&) const = default;
};

std::optional<TelephoneEvent> parse_telephone_event(Bytes payload);
inline constexpr size_t telephone_event_size = 4;
void write_telephone_event(const TelephoneEvent& event, std::span<uint8_t, telephone_event_size> out);

/// What the far end reports of the packets of one source.
struct ReportBlock {
  uint32_t ssrc = 0;  ///< whose packets are meant
  uint8_t fraction_lost = 0;
  int32_t lost = 0;
  uint32_t highest_sequence = 0;
  uint32_t jitter = 0;
  uint32_t last_sr = 0;   ///< middle 32 bits of the NTP time of the last sender report; 0: none yet
  uint32_t since_sr = 0;  ///< 1/65536 s since then
  bool operator==(const ReportBlock&) const = default;
};

struct SenderInfo {
  uint64_t ntp = 0;
  uint32_t rtp_timestamp = 0;
  uint32_t packets = 0;
  uint32_t octets = 0;
  bool operator==(const SenderInfo&) const = default;
};

/// A report as we send it, and what counts of one received: RFC 3550 allows more blocks and packet types, which are passed over.
struct RtcpReport {
  uint32_t ssrc = 0;  ///< of the reporter
  std::optional<SenderInfo> sender;
  std::optional<ReportBlock> block;
  bool operator==(const RtcpReport&) const = default;
};

/// Reads a compound packet; of its report blocks the one about `our_ssrc` is kept.
std::optional<RtcpReport> parse_rtcp(Bytes bytes, uint32_t our_ssrc);

inline constexpr size_t rtcp_report_capacity = 128;
/// A sender or receiver report with an SDES CNAME (at most 32 characters of it); gives its length.
size_t write_rtcp(const RtcpReport& report, std::string_view cname, std::span<uint8_t, rtcp_report_capacity> out);

}  // namespace everdial::media
