#include "media/rtp.h"

#include <algorithm>
#include <cstring>

#include "base/check.h"

namespace everdial::media {
namespace {

uint16_t read16(Bytes bytes, size_t at) { return static_cast<uint16_t>(bytes[at] << 8 | bytes[at + 1]); }
uint32_t read32(Bytes bytes, size_t at) {
  return static_cast<uint32_t>(bytes[at]) << 24 | static_cast<uint32_t>(bytes[at + 1]) << 16 | static_cast<uint32_t>(bytes[at + 2]) << 8 |
         bytes[at + 3];
}

class Writer {
 public:
  explicit Writer(std::span<uint8_t> out) : out_(out) {}
  void put8(uint8_t value) {
    EVERDIAL_CHECK(size_ < out_.size());
    out_[size_++] = value;
  }
  void put16(uint16_t value) {
    put8(static_cast<uint8_t>(value >> 8));
    put8(static_cast<uint8_t>(value));
  }
  void put32(uint32_t value) {
    put16(static_cast<uint16_t>(value >> 16));
    put16(static_cast<uint16_t>(value));
  }
  size_t size() const { return size_; }

 private:
  std::span<uint8_t> out_;
  size_t size_ = 0;
};

constexpr uint8_t sender_report = 200, receiver_report = 201, source_description = 202;
constexpr size_t report_block_size = 24;

ReportBlock read_block(Bytes bytes) {
  ReportBlock block;
  block.ssrc = read32(bytes, 0);
  block.fraction_lost = bytes[4];
  block.lost = static_cast<int32_t>(read32(bytes, 4) << 8) >> 8;
  block.highest_sequence = read32(bytes, 8);
  block.jitter = read32(bytes, 12);
  block.last_sr = read32(bytes, 16);
  block.since_sr = read32(bytes, 20);
  return block;
}

}  // namespace

std::optional<RtpPacket> parse_rtp(Bytes bytes) {
  if (bytes.size() < rtp_header_size || bytes[0] >> 6 != 2) return std::nullopt;
  RtpPacket packet;
  packet.header.marker = bytes[1] & 0x80;
  packet.header.payload_type = bytes[1] & 0x7f;
  // RTCP that strays onto an RTP port looks like the payload types 72 to 76 (RFC 5761 section 4).
  if (packet.header.payload_type >= 72 && packet.header.payload_type <= 76) return std::nullopt;
  packet.header.sequence = read16(bytes, 2);
  packet.header.timestamp = read32(bytes, 4);
  packet.header.ssrc = read32(bytes, 8);

  size_t begin = rtp_header_size + 4 * (bytes[0] & 0x0fu);
  if (bytes[0] & 0x10) {
    if (begin + 4 > bytes.size()) return std::nullopt;
    begin += 4 + 4 * static_cast<size_t>(read16(bytes, begin + 2));
  }
  if (begin > bytes.size()) return std::nullopt;
  size_t end = bytes.size();
  if (bytes[0] & 0x20) {
    const size_t padding = bytes.back();
    if (padding == 0 || padding > end - begin) return std::nullopt;
    end -= padding;
  }
  packet.payload = bytes.subspan(begin, end - begin);
  return packet;
}

void write_rtp_header(const RtpHeader& header, std::span<uint8_t, rtp_header_size> out) {
  Writer writer(out);
  writer.put8(0x80);
  writer.put8(static_cast<uint8_t>((header.marker ? 0x80 : 0) | (header.payload_type & 0x7f)));
  writer.put16(header.sequence);
  writer.put32(header.timestamp);
  writer.put32(header.ssrc);
}

std::optional<TelephoneEvent> parse_telephone_event(Bytes payload) {
  if (payload.size() < telephone_event_size) return std::nullopt;
  TelephoneEvent event;
  event.event = payload[0];
  event.end = payload[1] & 0x80;
  event.volume = payload[1] & 0x3f;
  event.duration = read16(payload, 2);
  return event;
}

void write_telephone_event(const TelephoneEvent& event, std::span<uint8_t, telephone_event_size> out) {
  Writer writer(out);
  writer.put8(event.event);
  writer.put8(static_cast<uint8_t>((event.end ? 0x80 : 0) | (event.volume & 0x3f)));
  writer.put16(event.duration);
}

std::optional<RtcpReport> parse_rtcp(Bytes bytes, uint32_t our_ssrc) {
  std::optional<RtcpReport> report;
  while (!bytes.empty()) {
    if (bytes.size() < 4 || bytes[0] >> 6 != 2) return std::nullopt;
    const size_t length = 4 * (static_cast<size_t>(read16(bytes, 2)) + 1);
    if (length > bytes.size()) return std::nullopt;
    const Bytes packet = bytes.first(length);
    bytes = bytes.subspan(length);

    const uint8_t type = packet[1];
    if (type != sender_report && type != receiver_report) {
      if (!report) return std::nullopt;  // a compound packet starts with a report
      continue;
    }
    size_t at = type == sender_report ? 28 : 8;
    const size_t blocks = packet[0] & 0x1f;
    if (at + blocks * report_block_size > packet.size()) return std::nullopt;
    if (!report) report.emplace();
    report->ssrc = read32(packet, 4);
    if (type == sender_report) {
      report->sender = SenderInfo{.ntp = static_cast<uint64_t>(read32(packet, 8)) << 32 | read32(packet, 12),
                                  .rtp_timestamp = read32(packet, 16),
                                  .packets = read32(packet, 20),
                                  .octets = read32(packet, 24)};
    }
    for (size_t i = 0; i < blocks; ++i, at += report_block_size) {
      const ReportBlock block = read_block(packet.subspan(at, report_block_size));
      if (block.ssrc == our_ssrc) report->block = block;
    }
  }
  return report;
}

size_t write_rtcp(const RtcpReport& report, std::string_view cname, std::span<uint8_t, rtcp_report_capacity> out) {
  cname = cname.substr(0, 32);
  const size_t words = (report.sender ? 7 : 2) + (report.block ? 6 : 0);
  Writer writer(out);
  writer.put8(static_cast<uint8_t>(0x80 | (report.block ? 1 : 0)));
  writer.put8(report.sender ? sender_report : receiver_report);
  writer.put16(static_cast<uint16_t>(words - 1));
  writer.put32(report.ssrc);
  if (report.sender) {
    writer.put32(static_cast<uint32_t>(report.sender->ntp >> 32));
    writer.put32(static_cast<uint32_t>(report.sender->ntp));
    writer.put32(report.sender->rtp_timestamp);
    writer.put32(report.sender->packets);
    writer.put32(report.sender->octets);
  }
  if (report.block) {
    writer.put32(report.block->ssrc);
    writer.put32(static_cast<uint32_t>(report.block->fraction_lost) << 24 | (static_cast<uint32_t>(report.block->lost) & 0xffffff));
    writer.put32(report.block->highest_sequence);
    writer.put32(report.block->jitter);
    writer.put32(report.block->last_sr);
    writer.put32(report.block->since_sr);
  }
  // One SDES chunk: the source, the CNAME item, and zeros up to a word's end (at least one).
  const size_t item = 2 + cname.size();
  const size_t padding = 4 - item % 4;
  writer.put8(0x81);
  writer.put8(source_description);
  writer.put16(static_cast<uint16_t>((4 + item + padding) / 4));
  writer.put32(report.ssrc);
  writer.put8(1);
  writer.put8(static_cast<uint8_t>(cname.size()));
  for (const char c : cname) writer.put8(static_cast<uint8_t>(c));
  for (size_t i = 0; i < padding; ++i) writer.put8(0);
  return writer.size();
}

}  // namespace everdial::media
