#pragma once

#include <netinet/in.h>
#include <sys/socket.h>

#include <cstdint>
#include <string>

#include "base/result.h"

namespace everdial::media {

/// A numeric IPv4 or IPv6 address with a port, kept as the kernel wants it. No names: resolving is the signalling's matter.
class Endpoint {
 public:
  Endpoint() = default;
  Endpoint(const sockaddr* address, socklen_t length);

  /// "192.0.2.1" or "2001:db8::1"; `invalid` when it is neither.
  static Result<Endpoint> parse(const std::string& host, uint16_t port);

  bool empty() const { return address_.generic.sa_family == AF_UNSPEC; }
  uint16_t port() const;
  void set_port(uint16_t port);
  std::string host() const;
  bool same_host(const Endpoint& other) const;
  bool operator==(const Endpoint& other) const { return port() == other.port() && same_host(other); }

  int family() const { return address_.generic.sa_family; }
  const sockaddr* data() const { return &address_.generic; }
  sockaddr* data() { return &address_.generic; }
  socklen_t size() const { return family() == AF_INET6 ? sizeof(sockaddr_in6) : sizeof(sockaddr_in); }
  /// "192.0.2.1:4000", "[2001:db8::1]:4000"
  friend std::string to_string(const Endpoint& endpoint);

  static constexpr socklen_t capacity = sizeof(sockaddr_in6);

 private:
  union {
    sockaddr generic;
    sockaddr_in v4;
    sockaddr_in6 v6;
  } address_{};
};

}  // namespace everdial::media
