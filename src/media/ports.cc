#include "media/ports.h"

#include <netinet/ip.h>
#include <unistd.h>

#include <cerrno>
#include <system_error>

namespace everdial::media {

UdpSocket::~UdpSocket() {
  if (fd_ >= 0) ::close(fd_);
}

Result<UdpSocket> UdpSocket::bind(const Endpoint& local) {
  UdpSocket socket(::socket(local.family(), SOCK_DGRAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0));
  if (socket.fd() < 0) {
    const ErrorKind kind = errno == EMFILE || errno == ENFILE || errno == ENOBUFS ? ErrorKind::overloaded : ErrorKind::internal;
    return Error{kind, "no socket for media: " + std::system_category().message(errno)};
  }
  if (::bind(socket.fd(), local.data(), local.size()) != 0) {
    const ErrorKind kind = errno == EADDRINUSE ? ErrorKind::conflict : ErrorKind::unavailable;
    return Error{kind, "cannot bind " + to_string(local) + " for media: " + std::system_category().message(errno)};
  }
  // Expedited forwarding: what routers that know of voice go by. Without it media still flows.
  const int service = 0xb8;
  if (local.family() == AF_INET6) setsockopt(socket.fd(), IPPROTO_IPV6, IPV6_TCLASS, &service, sizeof service);
  else setsockopt(socket.fd(), IPPROTO_IP, IP_TOS, &service, sizeof service);
  return socket;
}

PortRange::PortRange(const Endpoint& local, uint16_t first, uint16_t last)
    : local_(local), first_(static_cast<uint16_t>(first + first % 2)), pairs_(last > first_ ? (last - first_ + 1u) / 2 : 0) {}

Result<PortPair> PortRange::open(uint16_t port) {
  if (port == 0 || port % 2 != 0) return Error{ErrorKind::invalid, "an RTP port is even, " + std::to_string(port) + " is not"};
  Endpoint local = local_;
  local.set_port(port);
  auto rtp = UdpSocket::bind(local);
  if (!rtp.ok()) return rtp.error();
  local.set_port(static_cast<uint16_t>(port + 1));
  auto rtcp = UdpSocket::bind(local);
  if (!rtcp.ok()) return rtcp.error();
  return PortPair{std::move(*rtp), std::move(*rtcp), port};
}

Result<PortPair> PortRange::open_any() {
  const std::lock_guard lock(mutex_);
  for (size_t tries = 0; tries < pairs_; ++tries) {
    auto pair = open(static_cast<uint16_t>(first_ + 2 * next_));
    next_ = (next_ + 1) % pairs_;
    if (pair.ok() || pair.error().kind != ErrorKind::conflict) return pair;
  }
  return Error{ErrorKind::overloaded, "all " + std::to_string(pairs_) + " port pairs from " + std::to_string(first_) + " on are in use"};
}

}  // namespace everdial::media
