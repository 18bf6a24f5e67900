#include "dashboard/login_limiter.h"

#include <algorithm>

namespace everdial {

Duration LoginLimiter::wait_of(const std::string& key, int free, Instant now) const {
  const auto found = failures_.find(key);
  if (found == failures_.end() || found->second.count < free) return Duration::zero();
  const int doublings = std::min(found->second.count - free, 6);
  const Duration whole = std::min<Duration>(Duration{1s} * (1 << doublings), kLongestWait);
  return std::max(Duration::zero(), found->second.last + whole - now);
}

Duration LoginLimiter::wait(const std::string& name, const std::string& peer, Instant now) const {
  return std::max(wait_of(key_of(name, peer), kFreeFailuresOfName, now), wait_of(key_of("", peer), kFreeFailuresOfPeer, now));
}

void LoginLimiter::count(const std::string& key, Instant now) {
  Failures& failures = failures_[key];
  if (failures.last + kForgetAfter < now) failures.count = 0;
  ++failures.count;
  failures.last = now;
}

void LoginLimiter::failed(const std::string& name, const std::string& peer, Instant now) {
  if (failures_.size() >= kMostKeys) std::erase_if(failures_, [&](const auto& entry) { return entry.second.last + kForgetAfter < now; });
  if (failures_.size() >= kMostKeys) failures_.clear();
  count(key_of(name, peer), now);
  count(key_of("", peer), now);
}

void LoginLimiter::succeeded(const std::string& name, const std::string& peer) { failures_.erase(key_of(name, peer)); }

}  // namespace everdial
