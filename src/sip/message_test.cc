#include "sip/message.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "sip/ack_log.h"
#include "sip/digest.h"

namespace everdial::sip {
namespace {

using ::testing::HasSubstr;

DialogSnapshot dialog() {
  return {.call_id = "c1",
          .local_uri = "\"Shop\" <sip:us@here>",
          .local_tag = "l",
          .remote_uri = "<sip:them@there>",
          .remote_tag = "r",
          .remote_target = "sip:them@10.0.0.7"};
}

TEST(SipMessage, a_request_in_a_dialog_takes_loose_routes_in_order) {
  DialogSnapshot d = dialog();
  d.route_set = {"sip:a;lr", "sip:b;lr"};
  EXPECT_EQ(to_text(dialog_request(d, "BYE", 7, "SIP/2.0/UDP x;branch=b")),
            "BYE sip:them@10.0.0.7 SIP/2.0\r\nVia: SIP/2.0/UDP x;branch=b\r\nRoute: <sip:a;lr>\r\nRoute: <sip:b;lr>\r\n"
            "From: \"Shop\" <sip:us@here>;tag=l\r\nTo: <sip:them@there>;tag=r\r\nCall-ID: c1\r\nCSeq: 7 BYE\r\nMax-Forwards: 70\r\n"
            "Content-Length: 0\r\n\r\n");
}

TEST(SipMessage, a_strict_router_becomes_the_request_uri_and_the_target_the_last_route) {
  DialogSnapshot d = dialog();
  d.route_set = {"sip:strict", "sip:b;lr"};
  const Request request = dialog_request(d, "BYE", 7, "v");
  EXPECT_EQ(request.uri, "sip:strict");
  EXPECT_THAT(to_text(request), HasSubstr("Route: <sip:b;lr>\r\nRoute: <sip:them@10.0.0.7>\r\n"));
}

TEST(SipMessage, a_cancel_is_the_invite_again_without_what_is_its_own) {
  DialogSnapshot d = dialog();
  d.remote_tag.clear();
  d.route_set = {"sip:proxy;lr"};
  Request invite = dialog_request(d, "INVITE", 3, "SIP/2.0/UDP x;branch=b");
  invite.headers.emplace_back("Contact", "<sip:us>");
  invite.body = "v=0\r\nCSeq: 9 FOO\r\n";
  const std::string bytes = to_text(invite);
  EXPECT_EQ(
      hop_request(bytes, "CANCEL", "", {{"Reason", "SIP"}}),
      "CANCEL sip:them@10.0.0.7 SIP/2.0\r\nVia: SIP/2.0/UDP x;branch=b\r\nRoute: <sip:proxy;lr>\r\nFrom: \"Shop\" <sip:us@here>;tag=l\r\n"
      "To: <sip:them@there>\r\nCall-ID: c1\r\nCSeq: 3 CANCEL\r\nMax-Forwards: 70\r\nReason: SIP\r\nContent-Length: 0\r\n\r\n");
  EXPECT_THAT(hop_request(bytes, "ACK", "r2"), HasSubstr("To: <sip:them@there>;tag=r2\r\n"));
}

TEST(SipMessage, the_transport_is_the_uris_when_it_names_one) {
  EXPECT_EQ(transport_of("sip:a@b;Transport=TCP", Transport::udp), Transport::tcp);
  EXPECT_EQ(transport_of("sip:a@b;transport=udp", Transport::tcp), Transport::udp);
  EXPECT_EQ(transport_of("sip:a@b", Transport::tcp), Transport::tcp);
}

TEST(AckLog, finds_the_ack_of_the_same_response_only) {
  AckLog log;
  const Response response{.to_tag = "t", .branch = "b"};
  log.remember(response, "ACK 1");
  ASSERT_NE(log.find(response), nullptr);
  EXPECT_EQ(*log.find(response), "ACK 1");
  EXPECT_EQ(log.find({.to_tag = "u", .branch = "b"}), nullptr);
}

// ---- digest: the examples of the RFCs ----------------------------------------------------------------------------------------------

TEST(Digest, answers_the_example_of_rfc_2617) {
  const Challenge challenge{.scheme = "Digest",
                            .parameters = {{"realm", "testrealm@host.com"},
                                           {"qop", "auth,auth-int"},
                                           {"nonce", "dcd98b7102dd2f0e8b11d0f600bfb0c093"},
                                           {"opaque", "5ccc069c403ebaf9f0171e9517f40e41"}}};
  const auto answer = answer_challenge(
      challenge, {.user = "Mufasa", .password = "Circle Of Life", .method = "GET", .uri = "/dir/index.html", .cnonce = "0a4f113b"});
  ASSERT_TRUE(answer);
  EXPECT_EQ(
      *answer,
      "Digest username=\"Mufasa\", realm=\"testrealm@host.com\", nonce=\"dcd98b7102dd2f0e8b11d0f600bfb0c093\", uri=\"/dir/index.html\", "
      "response=\"6629fae49393a05397450978507c4ef1\", qop=auth, nc=00000001, cnonce=\"0a4f113b\", "
      "opaque=\"5ccc069c403ebaf9f0171e9517f40e41\"");
}

TEST(Digest, answers_the_examples_of_rfc_7616) {
  Challenge challenge{.scheme = "digest",
                      .parameters = {{"realm", "http-auth@example.org"},
                                     {"qop", "auth, auth-int"},
                                     {"algorithm", "MD5"},
                                     {"nonce", "7ypf/xlj9XXwfDPEoM4URrv/xwf94BcCAzFZH4GiTo0v"},
                                     {"opaque", "FQhe/qaU925kfnzjCev0ciny7QMkPqMAFRtzCUYo5tdS"}}};
  const DigestInput input{.user = "Mufasa",
                          .password = "Circle of Life",
                          .method = "GET",
                          .uri = "/dir/index.html",
                          .cnonce = "f2/wE4q74E6zIJEtWaHKaf5wv/H5QzzpXusqGemxURZJ"};
  EXPECT_THAT(*answer_challenge(challenge, input), HasSubstr("response=\"8ca523f5e9506fed4657c9700eebdbec\", algorithm=MD5"));
  challenge.parameters["algorithm"] = "SHA-256";
  EXPECT_THAT(*answer_challenge(challenge, input),
              HasSubstr("response=\"753927fa0e85d155564e2e272a28d1802ca10daf4496794697cf8db5856cb6c1\", algorithm=SHA-256"));
}

TEST(Digest, answers_without_qop_as_rfc_2069_did) {
  const Challenge challenge{.scheme = "Digest", .parameters = {{"realm", "r"}, {"nonce", "n"}}};
  const auto answer = answer_challenge(challenge, {.user = "u", .password = "p", .method = "INVITE", .uri = "sip:x"});
  ASSERT_TRUE(answer);
  EXPECT_THAT(*answer, ::testing::Not(HasSubstr("cnonce")));
}

TEST(Digest, does_not_answer_what_it_does_not_know) {
  const DigestInput input{.user = "u", .password = "p"};
  EXPECT_FALSE(answer_challenge({.scheme = "Basic", .parameters = {{"realm", "r"}}}, input));
  EXPECT_FALSE(answer_challenge({.scheme = "Digest", .parameters = {{"nonce", "n"}, {"algorithm", "AKAv1-MD5"}}}, input));
  EXPECT_FALSE(answer_challenge({.scheme = "Digest", .parameters = {{"nonce", "n"}, {"qop", "auth-conf"}}}, input));
  EXPECT_FALSE(answer_challenge({.scheme = "Digest", .parameters = {{"realm", "r"}}}, input));
}

TEST(Digest, quotes_what_a_peer_says) {
  const Challenge challenge{.scheme = "Digest", .parameters = {{"realm", "a\", x=\"y"}, {"nonce", "n"}}};
  EXPECT_THAT(*answer_challenge(challenge, {.user = "u"}), HasSubstr("realm=\"a\\\", x=\\\"y\""));
}

}  // namespace
}  // namespace everdial::sip
