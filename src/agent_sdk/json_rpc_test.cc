#include "agent_sdk/json_rpc.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <nlohmann/json.hpp>

namespace everdial::desk {
namespace {

using nlohmann::json;
using testing::HasSubstr;

RpcMessage message_of(const std::string& text) {
  auto read = read_message(text);
  if (const auto* wrong = std::get_if<Refusal>(&read)) {
    ADD_FAILURE() << wrong->text;
    return {};
  }
  return std::get<RpcMessage>(std::move(read));
}
std::string refused(const std::string& text) {
  const auto read = read_message(text);
  const auto* wrong = std::get_if<Refusal>(&read);
  return wrong ? wrong->error + ": " + wrong->text : "nothing";
}

TEST(JsonRpc, reads_requests_and_notifications) {
  const RpcMessage hold = message_of(R"({"jsonrpc": "2.0", "id": "1", "method": "hold", "params": {"a": [1, "b"]}})");
  EXPECT_EQ(hold.id, "1");
  EXPECT_EQ(hold.method, "hold");
  EXPECT_EQ(json::parse(hold.params), json::parse(R"({"a": [1, "b"]})"));
  const RpcMessage beat = message_of(R"({"jsonrpc": "2.0", "method": "beat"})");
  EXPECT_TRUE(beat.id.empty());
  EXPECT_EQ(beat.params, "{}");
}

TEST(JsonRpc, says_what_is_wrong_with_what_it_cannot_read) {
  EXPECT_THAT(refused("{"), HasSubstr("parse_error"));
  EXPECT_THAT(refused("\xff"), HasSubstr("parse_error"));
  EXPECT_THAT(refused("[]"), HasSubstr("there are no batches"));
  EXPECT_THAT(refused(R"({"id": "1", "method": "hold"})"), HasSubstr("invalid_request"));
  EXPECT_THAT(refused(R"({"jsonrpc": "2.0", "id": 1, "method": "hold"})"), HasSubstr("'id' must be a text"));
  EXPECT_THAT(refused(R"({"jsonrpc": "2.0", "id": ")" + std::string(65, 'x') + R"(", "method": "hold"})"), HasSubstr("'id'"));
  EXPECT_THAT(refused(R"({"jsonrpc": "2.0", "id": "1", "method": "hold", "params": []})"), HasSubstr("'params' must be an object"));
  EXPECT_THAT(refused(R"({"jsonrpc": "2.0", "id": "1", "method": "add_note", "params": {"text": "\u0000"}})"), HasSubstr("NUL"));
  EXPECT_THAT(refused(std::string(10'000, '[')), HasSubstr("nested too deeply"));
  EXPECT_THAT(refused(std::string(kLongestMessage + 1, ' ')), HasSubstr("64 KiB"));
}

TEST(JsonRpc, writes_answers_refusals_and_notifications) {
  EXPECT_EQ(json::parse(answer_message("a\"b", R"({"x":1})")), json::parse(R"({"jsonrpc": "2.0", "id": "a\"b", "result": {"x": 1}})"));
  EXPECT_EQ(json::parse(notification("beat", R"({"last":3})")),
            json::parse(R"({"jsonrpc": "2.0", "method": "beat", "params": {"last": 3}})"));
  const json refusal = json::parse(refusal_message("", {9202, "too_many_requests", "wait", R"({"agent":"ready"})", 20}));
  EXPECT_EQ(refusal, json::parse(R"({"jsonrpc": "2.0", "id": null, "error": {"code": 9202, "message": "wait",
      "data": {"error": "too_many_requests", "states": {"agent": "ready"}, "retry_after_ms": 20}}})"));
}

}  // namespace
}  // namespace everdial::desk
