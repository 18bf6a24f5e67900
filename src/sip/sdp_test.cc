#include "sip/sdp.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <rapidcheck/gtest.h>

namespace everdial::sip {
namespace {

using ::testing::HasSubstr;

const LocalAudio kUs{.address = "10.0.0.1", .port = 20000, .session_id = 5, .version = 2};

rc::Gen<SessionDescription> any_description() {
  return rc::gen::exec([] {
    const auto address = rc::gen::element<std::string>("10.1.2.3", "0.0.0.0", "2001:db8::7");
    SessionDescription s{.user = *rc::gen::element<std::string>("-", "peer"),
                         .session_id = *rc::gen::arbitrary<uint64_t>(),
                         .version = *rc::gen::arbitrary<uint64_t>(),
                         .origin_address = *address};
    const int streams = *rc::gen::inRange(0, 5);
    for (int i = 0; i < streams; ++i) {
      Media media{.type = *rc::gen::element<std::string>("audio", "video", "image"),
                  .port = *rc::gen::inRange(0, 65536),
                  .protocol = *rc::gen::element<std::string>("RTP/AVP", "RTP/SAVP", "udptl"),
                  .address = *address,
                  .direction = *rc::gen::element(Direction::sendrecv, Direction::sendonly, Direction::recvonly, Direction::inactive),
                  .ptime_ms = *rc::gen::inRange(0, 200)};
      if (media.protocol == "udptl") media.formats = {"t38"};
      else
        for (int type = *rc::gen::inRange(0, 64), last = type + *rc::gen::inRange(0, 64); type <= last; type += 17)
          media.codecs.push_back({type, *rc::gen::element<std::string>("PCMU", "PCMA", "telephone-event", "opus"),
                                  *rc::gen::element(8000, 48000), *rc::gen::element<std::string>("", "0-16")});
      s.media.push_back(std::move(media));
    }
    return s;
  });
}

RC_GTEST_PROP(Sdp, comes_back_from_its_text_as_it_was, ()) {
  const SessionDescription description = *any_description();
  const auto parsed = parse_sdp(to_text(description));
  RC_ASSERT(parsed.ok());
  RC_ASSERT(parsed.value() == description);
}

RC_GTEST_PROP(Sdp, reads_any_text_without_harm_and_can_read_again_what_it_has_read, ()) {
  // A sound description with some bytes changed gets further in than noise does.
  std::string text = to_text(*any_description());
  for (int i = *rc::gen::inRange(0, 6); i > 0; --i) text[*rc::gen::inRange<size_t>(0, text.size())] = *rc::gen::arbitrary<char>();
  const auto parsed = parse_sdp(text);
  if (!parsed.ok()) return;
  const auto again = parse_sdp(to_text(parsed.value()));
  RC_ASSERT(again.ok());
  RC_ASSERT(again.value() == parsed.value());
}

RC_GTEST_PROP(Sdp, answers_every_stream_of_an_offer_in_its_order_and_takes_at_most_one, ()) {
  const SessionDescription offer = *any_description();
  const auto answer = make_answer(offer, kUs);
  if (!answer.ok()) return;
  RC_ASSERT(answer->media.size() == offer.media.size());
  int taken = 0;
  for (size_t i = 0; i < offer.media.size(); ++i) {
    RC_ASSERT(answer->media[i].type == offer.media[i].type);
    RC_ASSERT(answer->media[i].protocol == offer.media[i].protocol);
    if (answer->media[i].port != 0) ++taken;
  }
  RC_ASSERT(taken == 1);
  RC_ASSERT(agree(answer.value()).ok());
  RC_ASSERT(parse_sdp(to_text(answer.value())).ok());
}

TEST(Sdp, offers_what_we_can) {
  EXPECT_EQ(to_text(make_offer(kUs)),
            "v=0\r\no=- 5 2 IN IP4 10.0.0.1\r\ns=-\r\nt=0 0\r\nm=audio 20000 RTP/AVP 0 8 101\r\nc=IN IP4 10.0.0.1\r\n"
            "a=rtpmap:0 PCMU/8000\r\na=rtpmap:8 PCMA/8000\r\na=rtpmap:101 telephone-event/8000\r\na=fmtp:101 "
            "0-16\r\na=ptime:20\r\na=sendrecv\r\n");
}

TEST(Sdp, agrees_on_the_far_ends_codec_digits_and_address) {
  const auto answer = parse_sdp(
      "v=0\r\no=gw 1 1 IN IP4 10.0.0.7\r\ns=-\r\nc=IN IP4 10.0.0.9\r\nt=0 0\r\nm=audio 4000 RTP/AVP 8 96\r\na=rtpmap:96 "
      "TELEPHONE-EVENT/8000\r\n"
      "a=ptime:30\r\n");
  ASSERT_TRUE(answer.ok());
  const auto agreed = agree(*answer);
  ASSERT_TRUE(agreed.ok());
  EXPECT_EQ(*agreed, (AgreedAudio{.address = "10.0.0.9", .port = 4000, .codec = {8, "PCMA", 8000, ""}, .digits = 96, .ptime_ms = 30}));
}

TEST(Sdp, a_streams_own_address_and_direction_go_before_the_sessions) {
  const auto description = parse_sdp(
      "v=0\no=- 1 1 IN IP6 ::1\ns=-\nc=IN IP6 2001:db8::1\na=sendonly\nt=0 0\nm=audio 1 RTP/AVP 0\nm=audio 2 RTP/AVP 0\n"
      "c=IN IP6 2001:db8::2\na=recvonly\n");
  ASSERT_TRUE(description.ok()) << description.error().message;
  EXPECT_EQ(description->media[0].address, "2001:db8::1");
  EXPECT_EQ(description->media[0].direction, Direction::sendonly);
  EXPECT_EQ(description->media[1].address, "2001:db8::2");
  EXPECT_EQ(description->media[1].direction, Direction::recvonly);
}

TEST(Sdp, sends_nothing_while_the_far_end_holds) {
  const auto held = [](const std::string& connection, const std::string& direction) {
    return agree(*parse_sdp("v=0\r\no=- 1 1 IN IP4 1.1.1.1\r\ns=-\r\nc=IN IP4 " + connection + "\r\nt=0 0\r\nm=audio 9 RTP/AVP 0\r\n" +
                            direction))
        ->direction;
  };
  EXPECT_EQ(held("10.0.0.1", ""), Direction::sendrecv);
  EXPECT_EQ(held("10.0.0.1", "a=sendonly\r\n"), Direction::recvonly);
  EXPECT_EQ(held("10.0.0.1", "a=inactive\r\n"), Direction::inactive);
  EXPECT_EQ(held("0.0.0.0", ""), Direction::inactive);
}

TEST(Sdp, answers_a_hold_with_its_counterpart) {
  SessionDescription offer = make_offer({.address = "10.0.0.2", .port = 4000});
  offer.media[0].direction = Direction::sendonly;
  const auto answer = make_answer(offer, kUs);
  ASSERT_TRUE(answer.ok());
  EXPECT_EQ(answer->media[0].direction, Direction::recvonly);
}

TEST(Sdp, refuses_an_offer_without_a_codec_of_ours) {
  const auto offer =
      parse_sdp("v=0\r\no=- 1 1 IN IP4 1.1.1.1\r\ns=-\r\nc=IN IP4 1.1.1.1\r\nt=0 0\r\nm=audio 9 RTP/AVP 18\r\nm=video 9 RTP/AVP 0\r\n");
  ASSERT_TRUE(offer.ok());
  EXPECT_FALSE(make_answer(*offer, kUs).ok());
}

TEST(Sdp, says_which_line_is_wrong_and_why) {
  const auto error = [](const std::string& rest) {
    const auto parsed = parse_sdp("v=0\r\no=- 1 1 IN IP4 1.1.1.1\r\n" + rest);
    return parsed.ok() ? "" : parsed.error().message;
  };
  EXPECT_EQ(error("c=IN IP4 host.example\r\n"), "SDP line 3: the address in c= is not a numeric one of its type");
  EXPECT_EQ(error("m=audio 70000 RTP/AVP 0\r\n"), "SDP line 3: the port in m= is not 0 to 65535");
  EXPECT_EQ(error("m=audio 9 RTP/AVP 300\r\n"), "SDP line 3: a payload type in m= is not 0 to 127");
  EXPECT_EQ(error("m=audio 9 RTP/AVP 0\r\n"), "SDP line 3: no c= line for m=audio");
  EXPECT_EQ(error("nonsense\r\n"), "SDP line 3: not of the form x=...");
  EXPECT_EQ(parse_sdp("").error().message, "SDP line 0: empty");
  EXPECT_EQ(parse_sdp("v=1\r\n").error().message, "SDP line 1: v=0 expected");
  EXPECT_THAT(parse_sdp(std::string(20'000, 'a')).error().message, HasSubstr("longer than 16 KiB"));
}

}  // namespace
}  // namespace everdial::sip
