#include "media/rtp.h"

#include <gtest/gtest.h>

#include <array>
#include <vector>

namespace everdial::media {
namespace {

std::vector<uint8_t> packet(std::vector<uint8_t> rest, uint8_t first = 0x80) {
  std::vector<uint8_t> bytes;
  bytes.reserve(rtp_header_size + rest.size());
  bytes = {first, 0x88, 0x12, 0x34, 0, 0, 0, 160, 0xde, 0xad, 0xbe, 0xef};
  bytes.insert(bytes.end(), rest.begin(), rest.end());
  return bytes;
}

TEST(Rtp, reads_what_it_writes) {
  const RtpHeader header{.payload_type = 101, .marker = true, .sequence = 65535, .timestamp = 0xfffffff0, .ssrc = 0x12345678};
  std::array<uint8_t, rtp_header_size> bytes;
  write_rtp_header(header, bytes);
  const auto parsed = parse_rtp(bytes);
  ASSERT_TRUE(parsed);
  EXPECT_EQ(parsed->header, header);
  EXPECT_TRUE(parsed->payload.empty());
}

TEST(Rtp, finds_the_payload_between_contributing_sources_extension_and_padding) {
  const auto bytes = packet({1, 1, 1, 1, 0xbe, 0xde, 0, 1, 9, 9, 9, 9, 42, 43, 0, 0, 3}, 0x80 | 0x20 | 0x10 | 1);
  const auto parsed = parse_rtp(bytes);
  ASSERT_TRUE(parsed);
  EXPECT_EQ(parsed->header.payload_type, 8);
  EXPECT_EQ(parsed->header.sequence, 0x1234);
  EXPECT_EQ(std::vector<uint8_t>(parsed->payload.begin(), parsed->payload.end()), (std::vector<uint8_t>{42, 43}));
}

TEST(Rtp, refuses_what_is_cut_off_or_is_not_rtp) {
  EXPECT_FALSE(parse_rtp({}));
  EXPECT_FALSE(parse_rtp(Bytes(packet({})).first(11)));
  EXPECT_FALSE(parse_rtp(packet({}, 0x40)));                        // version 1
  EXPECT_FALSE(parse_rtp(packet({1, 1, 1}, 0x81)));                 // a contributing source of three bytes
  EXPECT_FALSE(parse_rtp(packet({0xbe, 0xde, 0xff, 0xff}, 0x90)));  // an extension longer than the packet
  EXPECT_TRUE(parse_rtp(packet({1, 2}, 0xa0)));                     // padding may be all there is
  EXPECT_FALSE(parse_rtp(packet({1, 3}, 0xa0)));
  EXPECT_FALSE(parse_rtp(packet({1, 0}, 0xa0)));
  auto rtcp = packet({});
  rtcp[1] = 200;
  EXPECT_FALSE(parse_rtp(rtcp));
}

TEST(TelephoneEvent, reads_what_it_writes) {
  const TelephoneEvent event{.event = 11, .end = true, .volume = 7, .duration = 1280};
  std::array<uint8_t, telephone_event_size> bytes;
  write_telephone_event(event, bytes);
  EXPECT_EQ(parse_telephone_event(bytes), event);
  EXPECT_FALSE(parse_telephone_event(Bytes(bytes).first(3)));
}

TEST(Rtcp, reads_what_it_writes) {
  RtcpReport report{.ssrc = 7};
  report.sender = SenderInfo{.ntp = 0x0123456789abcdef, .rtp_timestamp = 5, .packets = 6, .octets = 960};
  report.block =
      ReportBlock{.ssrc = 99, .fraction_lost = 12, .lost = -3, .highest_sequence = 70000, .jitter = 8, .last_sr = 9, .since_sr = 10};
  std::array<uint8_t, rtcp_report_capacity> bytes;
  for (const std::string_view cname : {"", "a", "ab", "abc", "everdial", "a name that is longer than all that we are willing to send"}) {
    const size_t size = write_rtcp(report, cname, bytes);
    EXPECT_EQ(size % 4, 0u);
    EXPECT_EQ(parse_rtcp(Bytes(bytes).first(size), 99), report);
  }
  const size_t size = write_rtcp(RtcpReport{.ssrc = 7}, "x", bytes);
  EXPECT_EQ(parse_rtcp(Bytes(bytes).first(size), 99), RtcpReport{.ssrc = 7});
}

TEST(Rtcp, keeps_only_the_block_about_our_own_packets) {
  RtcpReport report{.ssrc = 7, .block = ReportBlock{.ssrc = 99, .lost = 4}};
  std::array<uint8_t, rtcp_report_capacity> bytes;
  const size_t size = write_rtcp(report, "x", bytes);
  const auto parsed = parse_rtcp(Bytes(bytes).first(size), 98);
  ASSERT_TRUE(parsed);
  EXPECT_FALSE(parsed->block);
}

TEST(Rtcp, refuses_lengths_and_counts_that_run_over_the_end) {
  std::array<uint8_t, rtcp_report_capacity> bytes;
  const size_t size = write_rtcp(RtcpReport{.ssrc = 7, .block = ReportBlock{}}, "x", bytes);
  for (size_t cut = 1; cut < size; ++cut) {
    const bool whole_packets = cut == 32;
    EXPECT_EQ(parse_rtcp(Bytes(bytes).first(cut), 0).has_value(), whole_packets) << cut;
  }
  bytes[0] = 0x9f;
  EXPECT_FALSE(parse_rtcp(Bytes(bytes).first(size), 0));
}

}  // namespace
}  // namespace everdial::media
