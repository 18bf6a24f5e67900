#include "agent_sdk/zone_watch.h"

namespace everdial::desk {

std::vector<ZoneNews> ZoneWatch::look(const Seen& seen, Instant now) {
  std::vector<ZoneNews> out;
  const bool first = !std::exchange(looked_, true);
  const AwayReason gone = was_draining_ ? AwayReason::handed_over : AwayReason::failed;
  if (!seen.epoch || !seen.reachable) {
    leave(seen.epoch ? AwayReason::not_reachable : gone, now, out);
    if (!seen.others && !down_told_ && now - away_->second >= settings_.down_after) {
      down_told_ = true;
      out.push_back(ZoneLost{"no server with an agent manager is left"});
    }
  } else if (first) {
    epoch_ = seen.epoch;  // it serves, as far as anybody knows: else it says so
  } else if (seen.epoch != epoch_) {
    epoch_ = seen.epoch;
    leave(gone, now, out);
    taking_over_ = true;
    down_told_ = false;
    out.push_back(StatesWanted{});
  } else if (away_ && !taking_over_) {
    come_back(now, out);
  }
  was_draining_ = seen.epoch && seen.draining;
  return out;
}

std::vector<ZoneNews> ZoneWatch::served(Epoch epoch, Instant now) {
  std::vector<ZoneNews> out;
  if (away_ && taking_over_ && epoch == epoch_) come_back(now, out);
  return out;
}

ZoneStatus ZoneWatch::status() const { return {away_ ? std::optional(away_->first) : std::nullopt, taking_over_}; }

void ZoneWatch::leave(AwayReason reason, Instant now, std::vector<ZoneNews>& out) {
  if (away_) return;
  const Duration wait = reason == AwayReason::failed        ? settings_.wait_when_failed
                        : reason == AwayReason::handed_over ? settings_.wait_when_handed_over
                                                            : settings_.wait_when_not_reachable;
  away_.emplace(ManagerAway{reason, wait}, now);
  out.push_back(away_->first);
}

void ZoneWatch::come_back(Instant now, std::vector<ZoneNews>& out) {
  out.push_back(ManagerBack{now - away_->second});
  away_.reset();
  taking_over_ = false;
  down_told_ = false;
}

}  // namespace everdial::desk
