#pragma once

#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "base/enum_names.h"

namespace everdial {

enum class Method { get, post, put, del };
template <>
inline constexpr auto enum_names<Method> = std::to_array<std::pair<Method, std::string_view>>({
    {Method::get, "GET"},
    {Method::post, "POST"},
    {Method::put, "PUT"},
    {Method::del, "DELETE"},
});

using TextMap = std::map<std::string, std::string, std::less<>>;

/// One HTTP request, free of any socket.
struct ApiRequest {
  std::string method;
  std::string target;  ///< path and query as they came
  TextMap headers;     ///< names in lower case
  std::string body;
  std::string peer;  ///< address of the client, without port
  std::string request_id;

  /// Empty when it is missing.
  std::string_view header(std::string_view lower_case_name) const;
};

/// What a client of the live stream wants to hear of.
struct LiveFilter {
  bool status = true, jobs = true, imports = true;
  std::optional<int64_t> job, import;  ///< only this one
};

/// Asks the server to go on sending events after the answer's header.
struct LiveStream {
  LiveFilter filter;
  std::string last_event_id;
  std::string first;  ///< events to be sent before all others, as text of the stream
};

struct Response {
  int status = 200;
  std::string content_type;
  /// Shared, so that a file is not copied for each who asks for it.
  std::shared_ptr<const std::string> body = std::make_shared<const std::string>();
  std::vector<std::pair<std::string, std::string>> headers;
  std::optional<LiveStream> live;
  /// For an answer that is made while it is sent: blocking, gives the next piece of the body, empty at its end.
  std::function<std::optional<std::string>()> next_piece;
};

Response text_response(int status, std::string content_type, std::string body);

/// A request's target taken apart, percent-decoded. A repeated query parameter keeps its last value.
struct Target {
  std::vector<std::string> path;  ///< "/api/v1/jobs" is {"api", "v1", "jobs"}
  TextMap query;
};
/// Empty when it is not the absolute path of a URI: bad percent-encoding, a NUL, not UTF-8, no slash in front.
std::optional<Target> parse_target(std::string_view target);

/// The cookies of a Cookie header.
TextMap parse_cookies(std::string_view header);

std::string base64url(std::string_view bytes);
std::optional<std::string> from_base64url(std::string_view text);

/// Whether `text` is well-formed UTF-8 without NUL: what the database can store.
bool is_storable_text(std::string_view text);

}  // namespace everdial
