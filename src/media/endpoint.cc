#include "media/endpoint.h"

#include <arpa/inet.h>

#include <cstring>

namespace everdial::media {

Endpoint::Endpoint(const sockaddr* address, socklen_t length) {
  if (address->sa_family == AF_INET && length >= sizeof(sockaddr_in)) std::memcpy(&address_.v4, address, sizeof(sockaddr_in));
  if (address->sa_family == AF_INET6 && length >= sizeof(sockaddr_in6)) std::memcpy(&address_.v6, address, sizeof(sockaddr_in6));
}

Result<Endpoint> Endpoint::parse(const std::string& host, uint16_t port) {
  Endpoint endpoint;
  if (inet_pton(AF_INET, host.c_str(), &endpoint.address_.v4.sin_addr) == 1) {
    endpoint.address_.generic.sa_family = AF_INET;
  } else if (inet_pton(AF_INET6, host.c_str(), &endpoint.address_.v6.sin6_addr) == 1) {
    endpoint.address_.generic.sa_family = AF_INET6;
  } else {
    return Error{ErrorKind::invalid, "'" + host + "' is not a numeric IPv4 or IPv6 address"};
  }
  endpoint.set_port(port);
  return endpoint;
}

uint16_t Endpoint::port() const {
  switch (family()) {
    case AF_INET:
      return ntohs(address_.v4.sin_port);
    case AF_INET6:
      return ntohs(address_.v6.sin6_port);
    default:
      return 0;
  }
}

void Endpoint::set_port(uint16_t port) {
  if (family() == AF_INET) address_.v4.sin_port = htons(port);
  if (family() == AF_INET6) address_.v6.sin6_port = htons(port);
}

std::string Endpoint::host() const {
  char text[INET6_ADDRSTRLEN] = "";
  if (family() == AF_INET) inet_ntop(AF_INET, &address_.v4.sin_addr, text, sizeof text);
  if (family() == AF_INET6) inet_ntop(AF_INET6, &address_.v6.sin6_addr, text, sizeof text);
  return text;
}

bool Endpoint::same_host(const Endpoint& other) const {
  if (family() != other.family()) return false;
  switch (family()) {
    case AF_INET:
      return address_.v4.sin_addr.s_addr == other.address_.v4.sin_addr.s_addr;
    case AF_INET6:
      return std::memcmp(&address_.v6.sin6_addr, &other.address_.v6.sin6_addr, sizeof(in6_addr)) == 0;
    default:
      return true;
  }
}

std::string to_string(const Endpoint& endpoint) {
  const std::string port = std::to_string(endpoint.port());
  return endpoint.family() == AF_INET6 ? "[" + endpoint.host() + "]:" + port : endpoint.host() + ":" + port;
}

}  // namespace everdial::media
