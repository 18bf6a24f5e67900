#include "runtime/reach.h"

#include <errno.h>
#include <netdb.h>
#include <poll.h>
#include <sys/socket.h>
#include <unistd.h>

#include <string>

namespace everdial {
namespace {

/// Connections that are on their way; `whose` says which address each is for.
struct Tries {
  Tries() = default;
  Tries(const Tries&) = delete;
  Tries& operator=(const Tries&) = delete;
  ~Tries() {
    for (const pollfd& one : sockets) close(one.fd);
  }
  void end(size_t which) {
    close(sockets[which].fd);
    sockets.erase(sockets.begin() + static_cast<std::ptrdiff_t>(which));
    whose.erase(whose.begin() + static_cast<std::ptrdiff_t>(which));
  }

  std::vector<pollfd> sockets;
  std::vector<size_t> whose;
};

/// To all that the name stands for: one that answers is enough.
void begin(const Address& address, size_t index, Tries& tries) {
  const size_t colon = address.value.rfind(':');
  if (colon == std::string::npos) return;
  std::string host = address.value.substr(0, colon);
  if (host.starts_with('[') && host.ends_with(']')) host = host.substr(1, host.size() - 2);
  addrinfo wanted{}, *found = nullptr;
  wanted.ai_socktype = SOCK_STREAM;
  if (getaddrinfo(host.c_str(), address.value.c_str() + colon + 1, &wanted, &found) != 0) return;
  for (const addrinfo* one = found; one; one = one->ai_next) {
    const int fd = socket(one->ai_family, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
    if (fd < 0) continue;
    // How it goes is seen by poll, also when it is refused at once.
    (void)connect(fd, one->ai_addr, one->ai_addrlen);
    tries.sockets.push_back({fd, POLLOUT, 0});
    tries.whose.push_back(index);
  }
  freeaddrinfo(found);
}

bool connected(int fd) {
  sockaddr_storage peer{};
  socklen_t size = sizeof peer;
  return getpeername(fd, reinterpret_cast<sockaddr*>(&peer), &size) == 0;
}

}  // namespace

std::vector<Address> out_of_reach(const std::vector<Address>& addresses, Duration patience) {
  Tries tries;
  for (size_t i = 0; i < addresses.size(); ++i) begin(addresses[i], i, tries);
  std::vector<bool> reached(addresses.size(), false);
  const auto until = std::chrono::steady_clock::now() + patience;
  while (!tries.sockets.empty()) {
    const auto left = std::chrono::ceil<std::chrono::milliseconds>(until - std::chrono::steady_clock::now());
    if (left.count() <= 0) break;
    const int answered = poll(tries.sockets.data(), tries.sockets.size(), static_cast<int>(left.count()));
    if (answered < 0 && errno == EINTR) continue;
    if (answered < 0) break;
    for (size_t i = tries.sockets.size(); i-- > 0;) {
      if (tries.sockets[i].revents == 0) continue;
      if (connected(tries.sockets[i].fd)) reached[tries.whose[i]] = true;
      tries.end(i);
    }
  }
  std::vector<Address> out;
  for (size_t i = 0; i < addresses.size(); ++i)
    if (!reached[i]) out.push_back(addresses[i]);
  return out;
}

}  // namespace everdial
