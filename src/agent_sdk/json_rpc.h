#pragma once

#include <string>
#include <string_view>
#include <variant>

// What goes over a desktop's connection: JSON-RPC 2.0, one message in each text (api/agent.asyncapi.yaml).

namespace everdial::desk {

constexpr size_t kLongestMessage = 64 * 1024;
constexpr size_t kLongestId = 64;

/// A request, or with an empty id a notification.
struct RpcMessage {
  std::string id;
  std::string method;
  std::string params;  ///< the text of a JSON object
};

/// Why a message or a request is refused.
struct Refusal {
  int code = 0;
  std::string error;   ///< the code's name
  std::string text;    ///< what was wrong and what to do
  std::string states;  ///< the agent's, as JSON; empty: not told
  int retry_after_ms = 0;
};

// JSON-RPC's own.
Refusal parse_error(const std::string& what);
Refusal invalid_request(const std::string& what);
Refusal method_not_found(const std::string& method);
Refusal invalid_params(const std::string& what);

/// What cannot be read is refused; its id may be unreadable too.
std::variant<RpcMessage, Refusal> read_message(std::string_view text);

/// `json` is the text of a JSON value, here and below.
std::string answer_message(const std::string& id, const std::string& json);
/// Of a message without an id that can be read: null.
std::string refusal_message(const std::string& id, const Refusal& refusal);
std::string notification(std::string_view method, const std::string& json);

}  // namespace everdial::desk
