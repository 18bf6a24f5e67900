#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <fstream>

#include "sip/sip_test_support.h"

// The user agent against SIPp, and against a peer written by hand where a standard one would be too well behaved.

namespace everdial::sip {
namespace {

using testing::Events;
using testing::free_port;
using testing::HandPeer;
using ::testing::HasSubstr;
using testing::header;
using testing::kOffer;
using ::testing::Not;
using testing::Sipp;
using ::testing::StartsWith;

class UserAgentWithPeer : public ::testing::Test {
 protected:
  UserAgent& agent() {
    if (!agent_) {
      auto started = UserAgent::start(settings_, events_.handler());
      EXPECT_TRUE(started.ok()) << (started.ok() ? "" : started.error().message);
      agent_ = std::move(*started);
    }
    return *agent_;
  }

  InviteSpec spec(const std::string& uri) const {
    return {
        .request_uri = uri, .from = "\"Shop\" <sip:15550199@everdial.test>", .offer = kOffer, .headers = {{"X-Everdial-Attempt", "1-2-3"}}};
  }

  Events events_;
  Settings settings_;
  std::unique_ptr<UserAgent> agent_;
};

TEST_F(UserAgentWithPeer, C_01_rings_is_answered_and_ends_the_call) {
  Sipp sipp("answer");
  const CallHandle call = agent().invite(spec(sipp.uri()));
  const auto ringing = events_.next<Provisional>();
  ASSERT_TRUE(ringing);
  EXPECT_EQ(ringing->status, 180);
  const auto answered = events_.next<Answered>();
  ASSERT_TRUE(answered);
  EXPECT_EQ(answered->call, call);
  EXPECT_THAT(answered->sdp, HasSubstr("m=audio"));
  agent().hang_up(call);
  const auto ended = events_.next<Ended>();
  ASSERT_TRUE(ended);
  EXPECT_EQ(ended->by, Ended::By::us);
  EXPECT_TRUE(sipp.happy());
}

TEST_F(UserAgentWithPeer, is_told_when_the_far_end_ends_the_call) {
  Sipp sipp("answer_and_end");
  agent().invite(spec(sipp.uri()));
  ASSERT_TRUE(events_.next<Answered>());
  const auto ended = events_.next<Ended>();
  ASSERT_TRUE(ended);
  EXPECT_EQ(ended->by, Ended::By::far_end);
  EXPECT_EQ(ended->reason, "had enough");
  EXPECT_TRUE(sipp.happy());
}

TEST_F(UserAgentWithPeer, reports_busy_with_its_cause) {
  Sipp sipp("busy");
  agent().invite(spec(sipp.uri()));
  const auto failed = events_.next<Failed>();
  ASSERT_TRUE(failed);
  EXPECT_EQ(failed->status, 486);
  EXPECT_EQ(failed->q850, 17);
  EXPECT_TRUE(sipp.happy());
}

TEST_F(UserAgentWithPeer, cancels_a_call_that_rings) {
  Sipp sipp("ring_until_cancelled");
  const CallHandle call = agent().invite(spec(sipp.uri()));
  ASSERT_TRUE(events_.next<Provisional>());
  agent().hang_up(call, "rang out");
  const auto failed = events_.next<Failed>();
  ASSERT_TRUE(failed);
  EXPECT_EQ(failed->status, 487);
  EXPECT_TRUE(sipp.happy());
}

TEST_F(UserAgentWithPeer, cancels_only_once_the_far_end_has_spoken) {
  HandPeer peer;
  const CallHandle call = agent().invite(spec(peer.uri()));
  const std::string invite = peer.receive("INVITE");
  agent().hang_up(call);
  EXPECT_EQ(peer.count("CANCEL", 100ms), 0);
  peer.respond(invite, "100 Trying", "");
  const std::string cancel = peer.receive("CANCEL");
  EXPECT_EQ(header(cancel, "Via"), header(invite, "Via"));
  peer.respond(cancel, "200 OK", "a");
  peer.respond(invite, "487 Request Terminated", "a");
  const auto failed = events_.next<Failed>();
  ASSERT_TRUE(failed);
  EXPECT_EQ(failed->status, 487);
}

TEST_F(UserAgentWithPeer, sends_nothing_of_a_call_hung_up_while_it_waits_for_room) {
  settings_.most_unanswered = 2;
  HandPeer peer;
  std::vector<CallHandle> calls;
  for (int i = 0; i < 4; ++i) calls.push_back(agent().invite(spec(peer.uri())));
  const std::string first = peer.receive("INVITE"), second = peer.receive("INVITE");
  EXPECT_EQ(peer.count("INVITE", 100ms), 0) << "two are unanswered";
  EXPECT_EQ(agent().statistics().waiting, 2u);
  agent().hang_up(calls[2]);
  const auto failed = events_.next<Failed>();
  ASSERT_TRUE(failed);
  EXPECT_EQ(failed->call, calls[2]);
  peer.respond(first, "180 Ringing", "a");
  ASSERT_TRUE(events_.next<Provisional>());
  const std::string fourth = peer.receive("INVITE", 400ms);
  ASSERT_FALSE(fourth.empty()) << "there is room for it now";
  EXPECT_NE(header(fourth, "Call-ID"), header(second, "Call-ID"));
}

TEST_F(UserAgentWithPeer, ends_an_answer_that_crosses_the_cancel) {
  Sipp sipp("cancel_crosses_answer");
  const CallHandle call = agent().invite(spec(sipp.uri()));
  ASSERT_TRUE(events_.next<Provisional>());
  agent().hang_up(call);
  const auto failed = events_.next<Failed>();
  ASSERT_TRUE(failed);
  EXPECT_EQ(failed->status, 487);
  EXPECT_TRUE(failed->picked_up);
  EXPECT_TRUE(sipp.happy());
}

class UserAgentChallenged : public UserAgentWithPeer, public ::testing::WithParamInterface<const char*> {};

TEST_P(UserAgentChallenged, answers_a_challenge_with_its_password) {
  Sipp sipp(GetParam());
  InviteSpec invite = spec(sipp.uri());
  invite.credentials = {"dialer", "s3cret"};
  const CallHandle call = agent().invite(invite);
  ASSERT_TRUE(events_.next<Answered>());
  agent().hang_up(call);
  ASSERT_TRUE(events_.next<Ended>());
  EXPECT_TRUE(sipp.happy());
}

INSTANTIATE_TEST_SUITE_P(Digest, UserAgentChallenged, ::testing::Values("challenge_401", "challenge_407"));

TEST_F(UserAgentWithPeer, fails_with_the_status_when_the_password_is_wrong) {
  Sipp sipp("challenge_401");
  InviteSpec invite = spec(sipp.uri());
  invite.credentials = {"dialer", "wrong"};
  agent().invite(invite);
  const auto failed = events_.next<Failed>();
  ASSERT_TRUE(failed);
  EXPECT_EQ(failed->status, 403);
  EXPECT_TRUE(sipp.happy());
}

TEST_F(UserAgentWithPeer, follows_a_redirect) {
  Sipp there("answer");
  Sipp here("redirect", {"-key", "elsewhere", "127.0.0.1:" + std::to_string(there.port())});
  const CallHandle call = agent().invite(spec(here.uri()));
  ASSERT_TRUE(events_.next<Answered>());
  agent().hang_up(call);
  ASSERT_TRUE(events_.next<Ended>());
  EXPECT_TRUE(here.happy());
  EXPECT_TRUE(there.happy());
}

TEST_F(UserAgentWithPeer, refuses_a_redirect_in_a_circle) {
  HandPeer peer;
  agent().invite(spec(peer.uri()));
  peer.respond(peer.receive("INVITE"), "302 Moved", "a");  // its Contact is the peer itself
  const auto failed = events_.next<Failed>();
  ASSERT_TRUE(failed);
  EXPECT_EQ(failed->status, 302);
}

TEST_F(UserAgentWithPeer, gives_up_after_five_redirects) {
  HandPeer peer;
  agent().invite(spec(peer.uri()));
  for (int i = 1; i <= 5; ++i)
    peer.respond(peer.receive("INVITE"), "302 Moved", "a",
                 "Contact: <sip:hop" + std::to_string(i) + "@127.0.0.1:" + std::to_string(peer.port()) + ">;q=1.0\r\n");
  peer.respond(peer.receive("INVITE"), "302 Moved", "a", "Contact: <sip:hop6@127.0.0.1:" + std::to_string(peer.port()) + ">\r\n");
  const auto failed = events_.next<Failed>();
  ASSERT_TRUE(failed);
  EXPECT_EQ(failed->status, 302);
}

TEST_F(UserAgentWithPeer, takes_the_sdp_of_early_media_when_the_answer_has_none) {
  Sipp sipp("early_media");
  const CallHandle call = agent().invite(spec(sipp.uri()));
  const auto early = events_.next<Provisional>();
  ASSERT_TRUE(early);
  EXPECT_EQ(early->status, 183);
  EXPECT_THAT(early->sdp, HasSubstr("m=audio"));
  const auto answered = events_.next<Answered>();
  ASSERT_TRUE(answered);
  EXPECT_EQ(answered->sdp, early->sdp);
  agent().hang_up(call);
  ASSERT_TRUE(events_.next<Ended>());
  EXPECT_TRUE(sipp.happy());
}

TEST_F(UserAgentWithPeer, acknowledges_reliable_provisional_responses) {
  Sipp sipp("reliable_ringing");
  const CallHandle call = agent().invite(spec(sipp.uri()));
  ASSERT_TRUE(events_.next<Answered>());
  agent().hang_up(call);
  ASSERT_TRUE(events_.next<Ended>());
  EXPECT_TRUE(sipp.happy());
}

TEST_F(UserAgentWithPeer, sends_its_requests_along_the_recorded_route) {
  Sipp sipp("routed");
  const CallHandle call = agent().invite(spec(sipp.uri()));
  ASSERT_TRUE(events_.next<Answered>());
  agent().hang_up(call);
  ASSERT_TRUE(events_.next<Ended>());
  EXPECT_TRUE(sipp.happy());
}

TEST_F(UserAgentWithPeer, C_01_calls_over_tcp) {
  Sipp sipp("answer", {}, true);
  InviteSpec invite = spec(sipp.uri());
  invite.transport = Transport::tcp;
  const CallHandle call = agent().invite(invite);
  ASSERT_TRUE(events_.next<Answered>());
  agent().hang_up(call);
  ASSERT_TRUE(events_.next<Ended>());
  EXPECT_TRUE(sipp.happy());
}

TEST_F(UserAgentWithPeer, calls_over_ipv6) {
  if (std::ifstream("/proc/net/if_inet6").peek() == std::ifstream::traits_type::eof()) GTEST_SKIP() << "no IPv6 here";
  Sipp sipp("answer", {}, false, "::1");
  settings_.address = "::1";
  const CallHandle call = agent().invite(spec(sipp.uri()));
  ASSERT_TRUE(events_.next<Answered>());
  agent().hang_up(call);
  ASSERT_TRUE(events_.next<Ended>());
  EXPECT_TRUE(sipp.happy());
}

TEST_F(UserAgentWithPeer, is_ended_by_the_far_end_over_tcp) {
  Sipp sipp("answer_and_end", {}, true);
  InviteSpec invite = spec(sipp.uri());
  invite.transport = Transport::tcp;
  agent().invite(invite);
  const auto ended = events_.next<Ended>();
  ASSERT_TRUE(ended);
  EXPECT_EQ(ended->by, Ended::By::far_end);
  EXPECT_TRUE(sipp.happy());
}

TEST_F(UserAgentWithPeer, sends_through_the_proxy_it_is_told) {
  HandPeer proxy;
  InviteSpec invite = spec("sip:15550100@carrier.invalid");
  invite.proxy = proxy.uri();
  agent().invite(invite);
  const std::string received = proxy.receive("INVITE");
  EXPECT_THAT(received, StartsWith("INVITE sip:15550100@carrier.invalid SIP/2.0\r\n"));
  EXPECT_EQ(header(received, "Route"), "<" + proxy.uri() + ";lr>");
  EXPECT_EQ(header(received, "X-Everdial-Attempt"), "1-2-3");
}

TEST_F(UserAgentWithPeer, fails_at_once_when_the_port_is_refused) {
  agent().invite(spec("sip:1@127.0.0.1:" + std::to_string(free_port())));
  const auto failed = events_.next<Failed>(2s);
  ASSERT_TRUE(failed);
  EXPECT_EQ(failed->status, 0);
}

TEST_F(UserAgentWithPeer, fails_at_once_when_a_tcp_port_is_refused) {
  InviteSpec invite = spec("sip:1@127.0.0.1:" + std::to_string(free_port()));
  invite.transport = Transport::tcp;
  agent().invite(invite);
  const auto failed = events_.next<Failed>(2s);
  ASSERT_TRUE(failed);
  EXPECT_EQ(failed->status, 0);
}

TEST_F(UserAgentWithPeer, fails_when_nothing_comes_back) {
  settings_.transaction_timeout = 1s;
  HandPeer silent;
  agent().invite(spec(silent.uri()));
  const auto failed = events_.next<Failed>(3s);
  ASSERT_TRUE(failed);
  EXPECT_EQ(failed->status, 0);
  EXPECT_EQ(silent.count("INVITE", 10ms), 2) << "sent again after T1";
}

TEST_F(UserAgentWithPeer, reports_the_end_when_the_far_end_is_dead_at_hanging_up) {
  settings_.transaction_timeout = 1s;
  Sipp sipp("answer");
  const CallHandle call = agent().invite(spec(sipp.uri()));
  ASSERT_TRUE(events_.next<Answered>());
  sipp.die();
  agent().hang_up(call);
  ASSERT_TRUE(events_.next<Ended>(3s));
}

TEST_F(UserAgentWithPeer, refuses_what_would_smuggle_headers) {
  InviteSpec invite = spec("sip:1@127.0.0.1:5099");
  invite.headers.emplace_back("X-Note", "a\r\nVia: b");
  agent().invite(invite);
  const auto failed = events_.next<Failed>(2s);
  ASSERT_TRUE(failed);
  EXPECT_EQ(failed->status, 0);
}

TEST_F(UserAgentWithPeer, acknowledges_an_answer_again_when_it_comes_again) {
  HandPeer peer;
  agent().invite(spec(peer.uri()));
  const std::string invite = peer.receive("INVITE");
  peer.respond(invite, "180 Ringing", "a");
  peer.respond(invite, "200 OK", "a", "", kOffer);
  const std::string first = peer.receive("ACK");
  ASSERT_FALSE(first.empty());
  peer.respond(invite, "200 OK", "a", "", kOffer);
  EXPECT_EQ(peer.receive("ACK"), first);
}

TEST_F(UserAgentWithPeer, acknowledges_a_refusal_again_when_it_comes_again) {
  HandPeer peer;
  agent().invite(spec(peer.uri()));
  const std::string invite = peer.receive("INVITE");
  peer.respond(invite, "180 Ringing", "a");
  peer.respond(invite, "486 Busy Here", "a");
  ASSERT_TRUE(events_.next<Failed>());
  const std::string first = peer.receive("ACK");
  EXPECT_EQ(header(first, "Via"), header(invite, "Via"));
  peer.respond(invite, "486 Busy Here", "a");
  EXPECT_EQ(peer.receive("ACK"), first);
}

TEST_F(UserAgentWithPeer, ends_the_second_answer_of_a_fork) {
  HandPeer peer;
  const CallHandle call = agent().invite(spec(peer.uri()));
  const std::string invite = peer.receive("INVITE");
  peer.respond(invite, "180 Ringing", "a");
  peer.respond(invite, "180 Ringing", "b");
  peer.respond(invite, "200 OK", "b", "", kOffer);
  EXPECT_THAT(header(peer.receive("ACK"), "To"), HasSubstr("tag=b"));
  peer.respond(invite, "200 OK", "a", "", kOffer);
  EXPECT_THAT(header(peer.receive("ACK"), "To"), HasSubstr("tag=a"));
  const std::string bye = peer.receive("BYE");
  EXPECT_THAT(header(bye, "To"), HasSubstr("tag=a"));
  peer.respond(bye, "200 OK", "");
  EXPECT_FALSE(events_.has<Ended>());
  agent().hang_up(call);
  EXPECT_THAT(header(peer.receive("BYE"), "To"), HasSubstr("tag=b"));
}

/// A call in progress with a hand-written peer.
class UserAgentInCall : public UserAgentWithPeer {
 protected:
  void talk(const std::string& session = "") {
    call_ = agent().invite(spec(peer_.uri()));
    invite_ = peer_.receive("INVITE");
    peer_.respond(invite_, "180 Ringing", "a");
    peer_.respond(invite_, "200 OK", "a", session, kTheirs);
    ASSERT_FALSE(peer_.receive("ACK").empty());
    ASSERT_TRUE(events_.next<Answered>());
  }

  static constexpr const char* kTheirs =
      "v=0\r\no=peer 7 1 IN IP4 127.0.0.1\r\ns=-\r\nt=0 0\r\nm=audio 30000 RTP/AVP 0\r\nc=IN IP4 127.0.0.1\r\n";
  static constexpr const char* kHold =
      "v=0\r\no=peer 7 2 IN IP4 127.0.0.1\r\ns=-\r\nt=0 0\r\nm=audio 30000 RTP/AVP 0\r\nc=IN IP4 127.0.0.1\r\na=sendonly\r\n";
  static constexpr const char* kSdp = "Content-Type: application/sdp\r\n";

  HandPeer peer_;
  std::string invite_;
  CallHandle call_;
};

TEST_F(UserAgentInCall, offers_again_and_takes_the_answer) {
  talk();
  agent().reinvite(call_, kHold);
  const std::string again = peer_.receive("INVITE");
  EXPECT_EQ(testing::body(again), kHold);
  EXPECT_THAT(header(again, "CSeq"), StartsWith("2 "));
  peer_.respond(again, "200 OK", "a", "", kTheirs);
  EXPECT_THAT(header(peer_.receive("ACK"), "CSeq"), StartsWith("2 "));
  const auto renegotiated = events_.next<Renegotiated>();
  ASSERT_TRUE(renegotiated);
  EXPECT_EQ(renegotiated->status, 200);
  EXPECT_EQ(renegotiated->sdp, kTheirs);
}

TEST_F(UserAgentInCall, offers_again_after_491) {
  talk();
  agent().reinvite(call_, kHold);
  peer_.respond(peer_.receive("INVITE"), "491 Request Pending", "a");
  const std::string again = peer_.receive("INVITE", 6s);
  EXPECT_THAT(header(again, "CSeq"), StartsWith("3 "));
  peer_.respond(again, "200 OK", "a", "", kTheirs);
  ASSERT_TRUE(events_.next<Renegotiated>());
}

TEST_F(UserAgentInCall, is_asked_about_the_far_ends_offer) {
  talk();
  peer_.request(invite_, "a", "INVITE", 10, kSdp, kHold);
  const auto offered = events_.next<Offered>();
  ASSERT_TRUE(offered);
  EXPECT_EQ(offered->sdp, kHold);
  agent().answer(call_, kOffer);
  const std::string answer = peer_.receive("SIP/2.0 200");
  EXPECT_EQ(testing::body(answer), kOffer);
  peer_.request(invite_, "a", "ACK", 10);
}

TEST_F(UserAgentInCall, refuses_the_far_ends_offer_when_told_so) {
  talk();
  peer_.request(invite_, "a", "INVITE", 10, kSdp, kHold);
  ASSERT_TRUE(events_.next<Offered>());
  agent().refuse(call_, 488);
  EXPECT_FALSE(peer_.receive("SIP/2.0 488").empty());
}

TEST_F(UserAgentInCall, answers_a_refresh_that_changes_nothing_by_itself) {
  talk();
  peer_.request(invite_, "a", "INVITE", 10, kSdp, kTheirs);
  EXPECT_EQ(testing::body(peer_.receive("SIP/2.0 200")), kOffer);
  peer_.request(invite_, "a", "ACK", 10);
  peer_.request(invite_, "a", "UPDATE", 11);
  const std::string updated = peer_.receive("SIP/2.0 200");
  EXPECT_THAT(header(updated, "CSeq"), StartsWith("11 UPDATE"));
  EXPECT_FALSE(events_.has<Offered>());
}

TEST_F(UserAgentInCall, offers_when_asked_and_takes_the_answer_from_the_ack) {
  talk();
  peer_.request(invite_, "a", "INVITE", 10);
  EXPECT_EQ(testing::body(peer_.receive("SIP/2.0 200")), kOffer);
  peer_.request(invite_, "a", "ACK", 10, kSdp, kHold);
  const auto renegotiated = events_.next<Renegotiated>();
  ASSERT_TRUE(renegotiated);
  EXPECT_EQ(renegotiated->sdp, kHold);
}

TEST_F(UserAgentInCall, answers_a_crossing_offer_with_491) {
  talk();
  agent().reinvite(call_, kHold);
  ASSERT_FALSE(peer_.receive("INVITE").empty());
  peer_.request(invite_, "a", "INVITE", 10, kSdp, kHold);
  EXPECT_FALSE(peer_.receive("SIP/2.0 491").empty());
}

TEST_F(UserAgentInCall, tells_digits_of_info) {
  talk();
  const std::string relay = "Signal=5\r\nDuration=160\r\n";
  peer_.request(invite_, "a", "INFO", 10, "Content-Type: application/dtmf-relay\r\n", relay);
  EXPECT_FALSE(peer_.receive("SIP/2.0 200").empty());
  const auto digit = events_.next<InfoDigit>();
  ASSERT_TRUE(digit);
  EXPECT_EQ(digit->digit, '5');
  EXPECT_EQ(digit->duration, 160ms);
  peer_.request(invite_, "a", "INFO", 11, "Content-Type: text/plain\r\n", "hello");
  EXPECT_FALSE(peer_.receive("SIP/2.0 415").empty());
}

TEST_F(UserAgentInCall, refuses_an_old_sequence_number) {
  talk();
  peer_.request(invite_, "a", "OPTIONS", 10);
  EXPECT_FALSE(peer_.receive("SIP/2.0 200").empty());
  peer_.request(invite_, "a", "INFO", 9);
  EXPECT_FALSE(peer_.receive("SIP/2.0 500").empty());
}

TEST_F(UserAgentInCall, knows_no_dialog_of_other_tags) {
  talk();
  peer_.request(invite_, "other", "BYE", 10);
  EXPECT_FALSE(peer_.receive("SIP/2.0 481").empty());
  EXPECT_FALSE(events_.has<Ended>());
}

TEST_F(UserAgentInCall, answers_a_challenged_bye) {
  HandPeer& peer = peer_;
  InviteSpec invite = spec(peer.uri());
  invite.credentials = {"dialer", "s3cret"};
  const CallHandle call = agent().invite(invite);
  const std::string received = peer.receive("INVITE");
  peer.respond(received, "200 OK", "a", "", kTheirs);
  ASSERT_TRUE(events_.next<Answered>());
  agent().hang_up(call);
  peer.respond(peer.receive("BYE"), "407 Proxy Authentication Required", "a", "Proxy-Authenticate: Digest realm=\"r\", nonce=\"n\"\r\n");
  const std::string again = peer.receive("BYE");
  EXPECT_THAT(header(again, "Proxy-Authorization"), HasSubstr("username=\"dialer\""));
  EXPECT_FALSE(events_.has<Ended>());
  peer.respond(again, "200 OK", "a");
  ASSERT_TRUE(events_.next<Ended>());
}

TEST_F(UserAgentInCall, refreshes_the_session_when_it_is_its_turn) {
  talk("Session-Expires: 2;refresher=uac\r\nRequire: timer\r\n");
  const std::string refresh = peer_.receive("INVITE", 3s);
  EXPECT_EQ(testing::body(refresh), kOffer);
  EXPECT_THAT(header(refresh, "Session-Expires"), StartsWith("2;refresher=uac"));
  peer_.respond(refresh, "200 OK", "a", "Session-Expires: 2;refresher=uac\r\n", kTheirs);
  EXPECT_FALSE(peer_.receive("ACK").empty());
  EXPECT_FALSE(peer_.receive("INVITE", 3s).empty());
  EXPECT_FALSE(events_.has<Renegotiated>());
}

TEST_F(UserAgentInCall, ends_a_session_that_the_far_end_does_not_refresh) {
  talk("Session-Expires: 3;refresher=uas\r\n");
  ASSERT_FALSE(peer_.receive("BYE", 4s).empty());
  const auto ended = events_.next<Ended>();
  ASSERT_TRUE(ended);
  EXPECT_EQ(ended->by, Ended::By::session_expired);
}

TEST_F(UserAgentWithPeer, asks_for_a_longer_session_when_told_that_its_own_is_too_short) {
  settings_.session_expires = 90s;
  HandPeer peer;
  agent().invite(spec(peer.uri()));
  const std::string first = peer.receive("INVITE");
  EXPECT_EQ(header(first, "Session-Expires"), "90");
  peer.respond(first, "422 Session Interval Too Small", "a", "Min-SE: 600\r\n");
  EXPECT_EQ(header(peer.receive("INVITE"), "Session-Expires"), "600");
}

TEST_F(UserAgentInCall, is_lost_when_the_far_end_knows_the_dialog_no_more) {
  talk();
  agent().reinvite(call_, kHold);
  peer_.respond(peer_.receive("INVITE"), "481 Call/Transaction Does Not Exist", "a");
  const auto ended = events_.next<Ended>();
  ASSERT_TRUE(ended);
  EXPECT_EQ(ended->by, Ended::By::lost);
}

TEST_F(UserAgentWithPeer, refuses_calls_from_outside_as_its_policy_says) {
  settings_.admit = [](const IncomingInvite& invite) { return invite.from == "sip:friend@there" ? 486 : 403; };
  HandPeer peer;
  const std::string start = "INVITE sip:x@127.0.0.1 SIP/2.0\r\nVia: SIP/2.0/UDP 127.0.0.1:" + std::to_string(peer.port());
  const auto call_from = [&](const std::string& who, const std::string& id) {
    peer.send_raw(start + ";branch=z9hG4bK" + id + "\r\nFrom: <" + who + ">;tag=1\r\nTo: <sip:x@127.0.0.1>\r\nCall-ID: " + id +
                      "\r\nCSeq: 1 INVITE\r\nMax-Forwards: 70\r\nContact: <sip:x@127.0.0.1>\r\nContent-Length: 0\r\n\r\n",
                  agent().udp_port());
  };
  call_from("sip:friend@there", "c1");
  EXPECT_FALSE(peer.receive("SIP/2.0 486").empty());
  call_from("sip:scanner@there", "c2");
  EXPECT_FALSE(peer.receive("SIP/2.0 403").empty());
}

TEST_F(UserAgentWithPeer, survives_malformed_messages) {
  HandPeer peer;
  const int port = agent().udp_port();
  const std::string via = "Via: SIP/2.0/UDP 127.0.0.1:" + std::to_string(peer.port()) + ";branch=z9hG4bKx\r\n";
  for (const std::string& garbage :
       {std::string("\r\n\r\n"), std::string(2000, 'A'), std::string("INVITE\r\n\r\n"), std::string("SIP/2.0 200 OK\r\n\r\n"),
        "SIP/2.0 200 OK\r\n" + via + "CSeq: 1 INVITE\r\n\r\n", "BYE sip:x SIP/2.0\r\n" + via + "\r\n",
        "INVITE sip:x@y SIP/2.0\r\n" + via + "From: <\r\nTo: >\r\nCall-ID: \r\nCSeq: x INVITE\r\nContent-Length: 999999\r\n\r\n",
        "ACK sip:x@y SIP/2.0\r\n" + via + "From: <sip:a@b>;tag=1\r\nTo: <sip:x@y>;tag=2\r\nCall-ID: q\r\nCSeq: 1 ACK\r\n\r\n",
        "SIP/2.0 200 OK\r\n" + via + "From: <sip:a@b>;tag=1\r\nTo: <sip:x@y>;tag=2\r\nCall-ID: q\r\nCSeq: 1 INVITE\r\n\r\n",
        "CANCEL sip:x@y SIP/2.0\r\n" + via + "From: <sip:a@b>;tag=1\r\nTo: <sip:x@y>\r\nCall-ID: q\r\nCSeq: 1 CANCEL\r\n\r\n"})
    peer.send_raw(garbage, port);
  Sipp sipp("busy");
  agent().invite(spec(sipp.uri()));
  ASSERT_TRUE(events_.next<Failed>());
  EXPECT_TRUE(sipp.happy());
}

TEST_F(UserAgentWithPeer, watches_a_peer_with_options) {
  HandPeer peer;
  agent().watch("carrier", {.uri = peer.uri(), .interval = 50ms, .timeout = 100ms});
  peer.respond(peer.receive("OPTIONS"), "404 Not Found", "a");
  auto health = events_.next<PeerHealth>();
  ASSERT_TRUE(health);
  EXPECT_TRUE(health->up) << "any answer is a sign of life";
  peer.respond(peer.receive("OPTIONS"), "503 Service Unavailable", "a");
  peer.respond(peer.receive("OPTIONS"), "200 OK", "a");
  EXPECT_FALSE(events_.has<PeerHealth>()) << "one failure is none";
  health = events_.next<PeerHealth>();  // silence twice
  ASSERT_TRUE(health);
  EXPECT_FALSE(health->up);
  agent().unwatch("carrier");
}

TEST_F(UserAgentWithPeer, says_which_port_it_cannot_have) {
  HandPeer taken;
  settings_.udp_port = taken.port();
  const auto started = UserAgent::start(settings_, events_.handler());
  ASSERT_FALSE(started.ok());
  EXPECT_EQ(started.error().kind, ErrorKind::unavailable);
  EXPECT_THAT(started.error().message, HasSubstr(std::to_string(taken.port())));
}

TEST_F(UserAgentInCall, hands_out_snapshots_with_which_a_successor_ends_the_call) {
  talk();
  agent_.reset();
  Events successor_events;
  auto snapshot = events_.next<SnapshotChanged>(0s);
  ASSERT_FALSE(snapshot) << "all were taken before the answer";

  call_ = agent().invite(spec(peer_.uri()));
  invite_ = peer_.receive("INVITE");
  snapshot = events_.next<SnapshotChanged>();
  ASSERT_TRUE(snapshot);
  EXPECT_EQ(snapshot->snapshot.stage, DialogStage::calling);
  EXPECT_EQ(snapshot->snapshot.invite, invite_) << "byte for byte what was sent";
  peer_.respond(invite_, "180 Ringing", "a");
  peer_.respond(invite_, "200 OK", "a", "Record-Route: <" + peer_.uri() + ";lr;n=2>\r\nRecord-Route: <" + peer_.uri() + ";lr;n=1>\r\n",
                kTheirs);
  snapshot = events_.next<SnapshotChanged>();
  ASSERT_TRUE(snapshot);
  EXPECT_EQ(snapshot->snapshot.stage, DialogStage::early);
  snapshot = events_.next<SnapshotChanged>();
  ASSERT_TRUE(snapshot);
  EXPECT_EQ(snapshot->snapshot.stage, DialogStage::answered);
  EXPECT_EQ(snapshot->snapshot.route_set, (std::vector{peer_.uri() + ";lr;n=1", peer_.uri() + ";lr;n=2"}));
  EXPECT_EQ(snapshot->snapshot.remote_sdp, kTheirs);
  agent_.reset();

  const auto decoded = decode_snapshot(encode(snapshot->snapshot));
  ASSERT_TRUE(decoded.ok());
  const CallHandle restored = agent().restore(*decoded);
  agent().reinvite(restored, kHold);
  const std::string again = peer_.receive("INVITE");
  EXPECT_GT(std::stoi(header(again, "CSeq")), 1000);
  EXPECT_EQ(testing::body(again), kHold);
  peer_.respond(again, "200 OK", "a", "", kTheirs);
  agent().hang_up(restored);
  const std::string bye = peer_.receive("BYE");
  EXPECT_EQ(header(bye, "Call-ID"), header(invite_, "Call-ID"));
  EXPECT_EQ(header(bye, "Route"), "<" + peer_.uri() + ";lr;n=1>");
  peer_.respond(bye, "200 OK", "a");
  ASSERT_TRUE(events_.next<Ended>());
}

}  // namespace
}  // namespace everdial::sip
