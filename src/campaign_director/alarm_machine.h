#pragma once

#include <map>
#include <vector>

#include "campaign_director/alarm_types.h"

namespace everdial {

/// Decides which alarms are to be open. All but how long a thing has been so is in the record, so that whoever becomes the common director
/// goes on from its first look. `now` is Clock::steady().
class AlarmMachine {
 public:
  struct Settings {
    double most_clock_offset_ms = 500;
    double most_database_age_ms = 5000;
    int64_t flaps = 3;  ///< deaths of one component within ten minutes
    Duration mixed_for = 4h;
    Duration no_mpp_for = 5s;
    Duration no_master_for = 10s;  ///< beyond every budget
  };

  AlarmMachine() = default;
  explicit AlarmMachine(Settings settings) : settings_(settings) {}

  std::vector<AlarmEffect> step(const AlarmFacts& facts, Instant now);

 private:
  using Wanted = std::map<AlarmName, std::string>;
  void servers(const AlarmFacts& facts, Wanted& wanted) const;
  void versions(const AlarmFacts& facts, Instant now, Wanted& wanted);
  void work(const AlarmFacts& facts, Instant now, Wanted& wanted);
  /// Whether `so` has been true for this long.
  bool lasting(const AlarmName& name, bool so, Duration time, Instant now);

  Settings settings_;
  std::map<AlarmName, Instant> since_;
};

}  // namespace everdial
