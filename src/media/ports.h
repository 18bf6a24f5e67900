#pragma once

#include <cstdint>
#include <mutex>
#include <optional>
#include <utility>
#include <vector>

#include "base/result.h"
#include "media/endpoint.h"

namespace everdial::media {

/// A bound UDP socket that never blocks; closed with its owner.
class UdpSocket {
 public:
  /// `conflict` when the port is taken.
  static Result<UdpSocket> bind(const Endpoint& local);
  UdpSocket(UdpSocket&& other) noexcept : fd_(std::exchange(other.fd_, -1)) {}
  UdpSocket& operator=(UdpSocket&& other) noexcept {
    std::swap(fd_, other.fd_);
    return *this;
  }
  ~UdpSocket();

  int fd() const { return fd_; }

 private:
  explicit UdpSocket(int fd) : fd_(fd) {}
  int fd_ = -1;
};

struct PortPair {
  UdpSocket rtp, rtcp;
  uint16_t port = 0;  ///< of RTP; RTCP is the next
};

/// The ports an engine may use. Any thread.
class PortRange {
 public:
  /// `local`'s port does not count. `first` is rounded up to an even number.
  PortRange(const Endpoint& local, uint16_t first, uint16_t last);

  /// `overloaded` when every pair is in use.
  Result<PortPair> open_any();
  /// `conflict` when it is in use, by us or by another process. May be outside the range: a take-over brings its port.
  Result<PortPair> open(uint16_t port);

 private:
  const Endpoint local_;
  const uint16_t first_;
  const size_t pairs_;
  std::mutex mutex_;
  size_t next_ = 0;  ///< ports are taken round robin, so that a late packet of an ended call rarely meets a new one
};

}  // namespace everdial::media
