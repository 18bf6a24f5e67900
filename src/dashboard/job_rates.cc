#include "dashboard/job_rates.h"

namespace everdial {

void JobRates::observe(int64_t job, int64_t attempts, Instant steady_now) {
  const std::lock_guard lock{mutex_};
  auto& seen = seen_[job];
  seen.emplace_back(steady_now, attempts);
  // The oldest kept is the newest that is at least a window old.
  while (seen.size() > 2 && seen[1].first + kWindow <= steady_now) seen.pop_front();
}

void JobRates::retain(const std::set<int64_t>& jobs) {
  const std::lock_guard lock{mutex_};
  std::erase_if(seen_, [&](const auto& entry) { return !jobs.contains(entry.first); });
}

std::optional<double> JobRates::rate(int64_t job) const {
  const std::lock_guard lock{mutex_};
  const auto found = seen_.find(job);
  if (found == seen_.end()) return std::nullopt;
  const auto& [from, before] = found->second.front();
  const auto& [until, now] = found->second.back();
  if (until - from < 900ms) return std::nullopt;  // a poll each second comes a little early now and then
  return static_cast<double>(now - before) / std::chrono::duration<double>(until - from).count();
}

}  // namespace everdial
