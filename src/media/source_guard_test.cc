#include "media/source_guard.h"

#include <gtest/gtest.h>

namespace everdial::media {
namespace {

Endpoint at(const std::string& host, uint16_t port) { return Endpoint::parse(host, port).value(); }
const Endpoint sdp = at("192.0.2.1", 4000), other_port = at("192.0.2.1", 5000), third_port = at("192.0.2.1", 6000),
               stranger = at("192.0.2.66", 4000);
constexpr Instant start{1h};

TEST(SourceGuard, accepts_nobody_before_the_sdp_is_known) {
  SourceGuard guard;
  EXPECT_FALSE(guard.accept(sdp, start));
  EXPECT_TRUE(guard.send_to().empty());
}

TEST(SourceGuard, sends_where_the_first_packet_came_from) {
  SourceGuard guard;
  guard.expect(sdp, Latch::same_host);
  EXPECT_EQ(guard.send_to(), sdp);
  EXPECT_TRUE(guard.accept(other_port, start));
  EXPECT_EQ(guard.send_to(), other_port);
}

TEST(SourceGuard, keeps_to_the_first_source_until_it_has_been_silent_for_a_second) {
  SourceGuard guard;
  guard.expect(sdp, Latch::same_host);
  EXPECT_TRUE(guard.accept(other_port, start));
  EXPECT_FALSE(guard.accept(third_port, start + 900ms));
  EXPECT_TRUE(guard.accept(other_port, start + 900ms));
  EXPECT_FALSE(guard.accept(third_port, start + 1800ms));
  EXPECT_TRUE(guard.accept(third_port, start + 1900ms));
  EXPECT_EQ(guard.send_to(), third_port);
}

TEST(SourceGuard, follows_another_host_only_when_told_to) {
  SourceGuard guard;
  guard.expect(sdp, Latch::same_host);
  EXPECT_FALSE(guard.accept(stranger, start));
  guard.expect(sdp, Latch::any_host);
  EXPECT_TRUE(guard.accept(stranger, start));
  EXPECT_EQ(guard.send_to(), stranger);
}

TEST(SourceGuard, sends_to_the_sdps_address_when_latching_is_off) {
  SourceGuard guard;
  guard.expect(sdp, Latch::off);
  EXPECT_TRUE(guard.accept(other_port, start));
  EXPECT_EQ(guard.send_to(), sdp);
  EXPECT_FALSE(guard.accept(stranger, start + 2s));
}

TEST(SourceGuard, forgets_the_source_when_the_sdp_changes) {
  SourceGuard guard;
  guard.expect(sdp, Latch::same_host);
  EXPECT_TRUE(guard.accept(other_port, start));
  guard.expect(sdp, Latch::same_host);
  EXPECT_EQ(guard.send_to(), other_port);
  guard.expect(third_port, Latch::same_host);
  EXPECT_EQ(guard.send_to(), third_port);
}

TEST(Endpoint, reads_and_writes_both_families) {
  EXPECT_EQ(to_string(at("127.0.0.1", 5060)), "127.0.0.1:5060");
  EXPECT_EQ(to_string(at("::1", 5060)), "[::1]:5060");
  EXPECT_FALSE(Endpoint::parse("localhost", 1).ok());
  EXPECT_FALSE(at("::1", 1).same_host(at("127.0.0.1", 1)));
  EXPECT_TRUE(Endpoint{}.empty());
}

}  // namespace
}  // namespace everdial::media
