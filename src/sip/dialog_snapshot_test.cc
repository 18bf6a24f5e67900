#include "sip/dialog_snapshot.h"

#include <gtest/gtest.h>
#include <rapidcheck/gtest.h>

namespace everdial::sip {
namespace {

rc::Gen<DialogSnapshot> any_snapshot() {
  return rc::gen::exec([] {
    DialogSnapshot s;
    s.stage = *rc::gen::element(DialogStage::calling, DialogStage::early, DialogStage::answered);
    s.transport = *rc::gen::element(Transport::udp, Transport::tcp);
    for (std::string* text : {&s.call_id, &s.local_uri, &s.local_tag, &s.remote_uri, &s.remote_tag, &s.remote_target, &s.local_contact,
                              &s.local_sdp, &s.remote_sdp, &s.branch, &s.invite})
      *text = *rc::gen::string<std::string>();
    s.route_set = *rc::gen::resize(8, rc::gen::arbitrary<std::vector<std::string>>());
    s.local_cseq = *rc::gen::arbitrary<uint32_t>();
    s.remote_cseq = *rc::gen::arbitrary<uint32_t>();
    s.session_expires_s = *rc::gen::arbitrary<uint32_t>();
    s.has_remote_cseq = *rc::gen::arbitrary<bool>();
    s.we_refresh = *rc::gen::arbitrary<bool>();
    return s;
  });
}

RC_GTEST_PROP(DialogSnapshot, comes_back_from_its_bytes_as_it_was, ()) {
  const DialogSnapshot snapshot = *any_snapshot();
  const auto decoded = decode_snapshot(encode(snapshot));
  RC_ASSERT(decoded.ok());
  RC_ASSERT(decoded.value() == snapshot);
}

RC_GTEST_PROP(DialogSnapshot, refuses_bytes_that_are_cut_short_or_longer, ()) {
  const std::string bytes = encode(*any_snapshot());
  const auto size = *rc::gen::inRange<size_t>(0, bytes.size());
  RC_ASSERT(!decode_snapshot(bytes.substr(0, size)).ok());
  RC_ASSERT(!decode_snapshot(bytes + "x").ok());
}

RC_GTEST_PROP(DialogSnapshot, reads_any_bytes_without_harm_and_accepts_only_its_own_form, (std::string bytes)) {
  const auto decoded = decode_snapshot("\x01" + bytes);
  if (decoded.ok()) RC_ASSERT(encode(decoded.value()) == "\x01" + bytes);
}

TEST(DialogSnapshot, is_compact_for_an_answered_call) {
  const DialogSnapshot s{.stage = DialogStage::answered,
                         .call_id = std::string(32, 'c'),
                         .local_uri = "<sip:+15550199@us.example>",
                         .local_tag = std::string(16, 't'),
                         .remote_uri = "<sip:+15550100@carrier.example:5060>",
                         .remote_tag = std::string(16, 'r'),
                         .local_cseq = 1,
                         .remote_target = "sip:gw7@10.0.0.7:5060",
                         .local_contact = "sip:everdial@10.0.0.1:5060"};
  EXPECT_LT(encode(s).size(), 256u);
}

TEST(DialogSnapshot, names_a_version_that_it_does_not_know) {
  const auto decoded = decode_snapshot("\x02whatever");
  ASSERT_FALSE(decoded.ok());
  EXPECT_EQ(decoded.error().message, "dialog snapshot: version 2, known is 1");
}

}  // namespace
}  // namespace everdial::sip
