#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "base/result.h"

namespace boost::asio {
class io_context;
}

namespace everdial {

/// WebSockets of desktops (subprotocol everdial.agent.v1, path /agent/v1), with TLS or without. All of it runs on the loop it is given.
class WebSocketServer {
 public:
  using Id = uint64_t;  ///< of a connection; never reused

  struct Settings {
    std::string host = "127.0.0.1";          ///< an IP address, or localhost
    uint16_t port = 0;                       ///< 0: any free one
    std::string advertised;                  ///< name or address by which desktops reach it
    std::string certificate_file, key_file;  ///< PEM; empty: no TLS, allowed on loopback only
    /// Of pages that may connect, as https://desk.example; empty: those of all servers' hosts, and on loopback all of this machine.
    std::vector<std::string> origins;
    size_t most_connections = 5000;
    size_t longest_message = 64 * 1024;
  };
  /// What comes; `lost` is the last that is heard of a connection, and is not told of one that was closed from here.
  struct Site {
    std::function<void(Id)> opened;
    std::function<void(Id, std::string text)> heard;
    std::function<void(Id)> written;  ///< the oldest text of what was said has left
    std::function<void(Id)> lost;
    /// Addresses at which desktops reach the other servers: a page that one of them has given goes on here.
    std::function<std::vector<std::string>()> others = [] { return std::vector<std::string>{}; };
  };

  static Result<std::unique_ptr<WebSocketServer>> open(boost::asio::io_context& loop, const Settings& settings, Site site);
  ~WebSocketServer();

  uint16_t port() const;
  void say(Id id, std::string text);
  /// After all that was said, but within two seconds.
  void close(Id id, int code, const std::string& reason);
  void stop_listening();

  /// Whether a page of this origin may connect where servers are reached as `hosts`.
  static bool allows(const std::string& origin, const std::vector<std::string>& origins, const std::vector<std::string>& hosts);

 private:
  struct State;
  explicit WebSocketServer(std::shared_ptr<State> state);
  std::shared_ptr<State> state_;
};

}  // namespace everdial
