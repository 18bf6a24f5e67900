#pragma once

#include <deque>
#include <map>
#include <mutex>
#include <optional>
#include <set>

#include "base/time.h"

namespace everdial {

/// How many attempts a second each job has finished over the last seconds. Safe from any thread.
class JobRates {
 public:
  static constexpr Duration kWindow = 5s;

  void observe(int64_t job, int64_t attempts, Instant steady_now);
  /// Forgets all jobs but these.
  void retain(const std::set<int64_t>& jobs);
  /// Empty until it has been observed for at least a second.
  std::optional<double> rate(int64_t job) const;

 private:
  mutable std::mutex mutex_;
  std::map<int64_t, std::deque<std::pair<Instant, int64_t>>> seen_;
};

}  // namespace everdial
