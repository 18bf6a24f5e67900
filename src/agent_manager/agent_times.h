#pragma once

#include <map>
#include <string>
#include <tuple>

#include "agent_manager/zone_types.h"

namespace everdial::zone {

/// Time of agents by UTC day and state, summed up; what lasts over midnight is in both days.
class AgentTimes {
 public:
  using Key = std::tuple<AgentId, Instant, std::string>;  ///< agent, midnight at the day's beginning, state

  void add(const SaveTime& e) {
    for (Instant from = e.from; from < e.until;) {
      const Instant midnight = day_of(from), until = std::min<Instant>(e.until, midnight + std::chrono::hours(24));
      all_[{e.agent, midnight, std::string(to_string(e.state))}] += until - from;
      from = until;
    }
  }
  void add(const SaveAway& e) { all_[{e.agent, day_of(e.at), "total_ha_time"}] += e.away; }
  const std::map<Key, Duration>& all() const { return all_; }

  static Instant day_of(Instant at) { return std::chrono::floor<std::chrono::days>(at); }

 private:
  std::map<Key, Duration> all_;
};

}  // namespace everdial::zone
