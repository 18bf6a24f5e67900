#pragma once

#include <chrono>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "base/result.h"

namespace everdial {

/// "https://host:port", taken apart.
struct Url {
  bool tls = false;
  std::string host, port;
};
Result<Url> parse_url(const std::string& text);

struct HttpRequest {
  std::string method, target;
  std::vector<std::pair<std::string, std::string>> headers;
  std::string body;
};
struct HttpAnswer {
  int status = 0;
  std::string content_type, body;
  std::vector<std::string> cookies;  ///< values of Set-Cookie
};

/// One request on a connection of its own. `ca_file` is trusted beside the system's authorities; the host's name must fit its certificate.
/// ErrorKind::unavailable when the server was not reached, ErrorKind::conflict when its certificate is not to be trusted,
/// ErrorKind::unknown when the connection broke after sending.
Result<HttpAnswer> send_http(const Url& url, const HttpRequest& request, const std::string& ca_file, std::chrono::milliseconds timeout);

}  // namespace everdial
