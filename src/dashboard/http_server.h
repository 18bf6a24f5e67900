#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <string>

#include "base/result.h"
#include "dashboard/api_message.h"
#include "dashboard/live_feed.h"

namespace everdial {

/// HTTP/1.1 on a socket, with TLS or without: one thread reads and writes, some others run the handler.
class HttpServer {
 public:
  struct Settings {
    std::string host = "127.0.0.1";          ///< an IP address, or localhost
    uint16_t port = 8080;                    ///< 0: any free one
    std::string certificate_file, key_file;  ///< PEM; empty: no TLS, allowed on loopback only
    int workers = 8;
    int most_connections = 2000;
  };
  /// How long a request may be and where it runs, known from its first lines.
  struct Demands {
    size_t body_limit = 0;
    bool hashes_password = false;  ///< runs on one of two threads kept for it
  };
  struct Site {
    std::function<Demands(std::string_view method, std::string_view target)> demands;
    std::function<Response(const ApiRequest&)> handle;     ///< blocking, on a worker
    std::function<bool(const ApiRequest&)> still_welcome;  ///< the same; asked now and then while a stream lasts
    LiveFeed& feed;
  };

  static Result<std::unique_ptr<HttpServer>> open(const Settings& settings, Site site);
  ~HttpServer();  ///< breaks off what is still going on

  uint16_t port() const;

  /// No new connections; requests under way are answered, streams end. `done` runs on the server's thread when none is left, at the
  /// latest after five seconds.
  void drain(std::function<void()> done);

 private:
  struct State;
  explicit HttpServer(std::unique_ptr<State> state);
  std::unique_ptr<State> state_;
};

}  // namespace everdial
