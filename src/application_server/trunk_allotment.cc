#include "application_server/trunk_allotment.h"

#include <algorithm>

namespace everdial {

TrunkAllotment::TrunkAllotment(std::vector<TrunkLimits> trunks) {
  for (TrunkLimits& limits : trunks) trunks_.push_back({.limits = std::move(limits)});
  share(0, 1);
}

void TrunkAllotment::share(size_t rank, size_t servers) {
  const int count = static_cast<int>(std::max<size_t>(servers, 1));
  for (Trunk& trunk : trunks_) {
    trunk.channels = trunk.limits.channels / count + (static_cast<int>(rank) < trunk.limits.channels % count ? 1 : 0);
    trunk.rate = trunk.limits.calls_per_second / count;
  }
}

bool TrunkAllotment::has_room(Trunk& trunk, Instant now) const {
  if (trunk.limits.channels > 0 && trunk.occupied >= trunk.channels) return false;
  if (trunk.limits.calls_per_second <= 0) return true;
  // A bucket of a tenth of a second: carriers count in short windows, and orders come in batches some 20 ms apart.
  const double most = std::max(1.0, trunk.rate / 10);
  const double gained = trunk.rate * std::chrono::duration<double>(now - trunk.tokens_at).count();
  trunk.tokens = std::clamp(trunk.tokens + std::max(0.0, gained), 0.0, most);
  trunk.tokens_at = now;
  return trunk.tokens >= 1;
}

std::vector<std::string> TrunkAllotment::take(const std::set<std::string>& down, Instant now) {
  std::vector<std::string> taken;
  for (Trunk& trunk : trunks_) {
    if (down.contains(trunk.limits.name)) continue;
    if (!taken.empty()) {
      taken.push_back(trunk.limits.name);  // the next to try should the first one fail
    } else if (has_room(trunk, now)) {
      trunk.tokens -= 1;
      taken.push_back(trunk.limits.name);
    }
  }
  return taken;
}

void TrunkAllotment::occupy(const std::string& trunk) {
  if (Trunk* found = find(trunk)) ++found->occupied;
}

void TrunkAllotment::release(const std::string& trunk) {
  if (Trunk* found = find(trunk); found && found->occupied > 0) --found->occupied;
}

int TrunkAllotment::occupied(const std::string& trunk) const {
  const auto found = std::find_if(trunks_.begin(), trunks_.end(), [&](const Trunk& each) { return each.limits.name == trunk; });
  return found == trunks_.end() ? 0 : found->occupied;
}

TrunkAllotment::Trunk* TrunkAllotment::find(const std::string& name) {
  const auto found = std::find_if(trunks_.begin(), trunks_.end(), [&](const Trunk& each) { return each.limits.name == name; });
  return found == trunks_.end() ? nullptr : &*found;
}

}  // namespace everdial
