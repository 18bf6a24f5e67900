#pragma once

#include <map>
#include <string>

#include "base/time.h"

namespace everdial {

/// Slows down the guessing of passwords: after a few failures of one name from one address, or of one address with any names, each
/// further try must wait longer. A name is not locked for other addresses, so nobody can lock another out.
class LoginLimiter {
 public:
  static constexpr int kFreeFailuresOfName = 5;
  static constexpr int kFreeFailuresOfPeer = 20;
  static constexpr Duration kLongestWait = 60s;
  static constexpr Duration kForgetAfter = 15min;
  static constexpr size_t kMostKeys = 10'000;

  /// How long this client must wait before it may try; zero: it may now.
  Duration wait(const std::string& name, const std::string& peer, Instant now) const;
  void failed(const std::string& name, const std::string& peer, Instant now);
  void succeeded(const std::string& name, const std::string& peer);

 private:
  struct Failures {
    int count = 0;
    Instant last;
  };
  static std::string key_of(const std::string& name, const std::string& peer) { return peer + '\n' + name; }
  Duration wait_of(const std::string& key, int free, Instant now) const;
  void count(const std::string& key, Instant now);

  std::map<std::string, Failures> failures_;
};

}  // namespace everdial
