#pragma once

#include <chrono>
#include <functional>
#include <map>
#include <optional>
#include <unordered_map>

#include "base/time.h"

namespace everdial::sip {

/// The timers of the SIP thread, on the monotonic clock.
class Timers {
 public:
  using Id = uint64_t;  ///< 0 is none

  Id after(Duration delay, std::function<void()> fn) {
    const Id id = ++last_;
    const auto due = std::chrono::steady_clock::now() + delay;
    due_.emplace(id, due);
    queue_.emplace(std::pair(due, id), std::move(fn));
    return id;
  }

  void cancel(Id& id) {
    if (const auto found = due_.find(id); found != due_.end()) {
      queue_.erase({found->second, id});
      due_.erase(found);
    }
    id = 0;
  }

  /// Runs what is due; tells how long until the next one.
  std::optional<Duration> run() {
    while (!queue_.empty()) {
      const auto first = queue_.begin();
      const auto wait = first->first.first - std::chrono::steady_clock::now();
      if (wait > wait.zero()) return std::chrono::ceil<Duration>(wait);
      const auto fn = std::move(first->second);
      due_.erase(first->first.second);
      queue_.erase(first);
      fn();
    }
    return std::nullopt;
  }

 private:
  using Due = std::chrono::steady_clock::time_point;
  Id last_ = 0;
  std::map<std::pair<Due, Id>, std::function<void()>> queue_;
  std::unordered_map<Id, Due> due_;
};

}  // namespace everdial::sip
