#include "agent_sdk/json_rpc.h"

#include <nlohmann/json.hpp>
#include <stdexcept>

namespace everdial::desk {
namespace {

using nlohmann::json;

constexpr int kDeepest = 16;
constexpr size_t kLongestMethod = 64;

/// Refuses on the way what could be read but neither written again nor stored.
bool look_at(int depth, json::parse_event_t event, json& value) {
  if (depth > kDeepest) throw std::invalid_argument("it is nested too deeply");
  const bool text = event == json::parse_event_t::key || (event == json::parse_event_t::value && value.is_string());
  if (text && value.get_ref<const std::string&>().find('\0') != std::string::npos)
    throw std::invalid_argument("a text has the character NUL");
  return true;
}

std::string quoted(const std::string& text) { return json(text).dump(-1, ' ', false, json::error_handler_t::replace); }

Refusal refusal(int code, const char* error, std::string text) { return {code, error, std::move(text), {}, 0}; }

/// Like "what": a text of 1 to so many characters.
const std::string* short_text(const json& in, const char* name, size_t longest) {
  const auto found = in.find(name);
  if (found == in.end() || !found->is_string()) return nullptr;
  const auto& text = found->get_ref<const std::string&>();
  return text.empty() || text.size() > longest ? nullptr : &text;
}

}  // namespace

Refusal parse_error(const std::string& what) { return refusal(-32700, "parse_error", "this is not JSON: " + what); }
Refusal invalid_request(const std::string& what) { return refusal(-32600, "invalid_request", what); }
Refusal method_not_found(const std::string& method) {
  return refusal(-32601, "method_not_found", "there is no method '" + method + "'; api/agent.asyncapi.yaml names all");
}
Refusal invalid_params(const std::string& what) { return refusal(-32602, "invalid_params", what); }

std::variant<RpcMessage, Refusal> read_message(std::string_view text) {
  if (text.size() > kLongestMessage) return invalid_request("a message is of at most 64 KiB");
  json in;
  try {
    in = json::parse(text, look_at);
  } catch (const std::exception& error) {
    return parse_error(std::string(error.what()).substr(0, 200));
  }
  if (!in.is_object() || in.value("jsonrpc", json()) != "2.0")
    return invalid_request("a message is one JSON object with \"jsonrpc\": \"2.0\"; there are no batches");
  const std::string* method = short_text(in, "method", kLongestMethod);
  if (!method) return invalid_request("'method' must be a name");
  RpcMessage out{.id = {}, .method = *method, .params = "{}"};
  if (in.contains("id")) {
    const std::string* id = short_text(in, "id", kLongestId);
    if (!id) return invalid_request("'id' must be a text of 1 to 64 characters");
    out.id = *id;
  }
  if (const auto params = in.find("params"); params != in.end()) {
    if (!params->is_object()) return invalid_request("'params' must be an object");
    out.params = params->dump();
  }
  return out;
}

std::string answer_message(const std::string& id, const std::string& value) {
  return R"({"jsonrpc":"2.0","id":)" + quoted(id) + R"(,"result":)" + value + "}";
}

std::string refusal_message(const std::string& id, const Refusal& refused) {
  std::string data = R"({"error":)" + quoted(refused.error);
  if (!refused.states.empty()) data += R"(,"states":)" + refused.states;
  if (refused.retry_after_ms > 0) data += R"(,"retry_after_ms":)" + std::to_string(refused.retry_after_ms);
  return R"({"jsonrpc":"2.0","id":)" + (id.empty() ? "null" : quoted(id)) + R"(,"error":{"code":)" + std::to_string(refused.code) +
         R"(,"message":)" + quoted(refused.text) + R"(,"data":)" + data + "}}}";
}

std::string notification(std::string_view method, const std::string& value) {
  return R"({"jsonrpc":"2.0","method":")" + std::string(method) + R"(","params":)" + value + "}";
}

}  // namespace everdial::desk
