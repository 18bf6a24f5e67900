#pragma once

#include <memory>
#include <string>
#include <vector>

#include "base/result.h"
#include "campaign_director/alarm_types.h"

namespace everdial {

namespace pg {
class Pool;
}

/// Alarms, what they are about, and what is still to be told to the webhook (schema/0021_alarms.sql). Blocking; called on store threads.
class AlarmStore {
 public:
  struct Delivery {
    int64_t id = 0;
    int tries = 0;     ///< before this one
    std::string body;  ///< JSON: what the webhook is told
  };

  virtual ~AlarmStore() = default;
  /// All but what the directory of a process knows.
  virtual Result<AlarmFacts> facts() = 0;
  /// In one fenced transaction, with a delivery for each when `deliver`.
  virtual Status commit(const LeaseGrant& grant, const std::vector<AlarmEffect>& effects, bool deliver) = 0;
  /// Those that are due, oldest first.
  virtual Result<std::vector<Delivery>> due(int limit) = 0;
  virtual Status delivered(const LeaseGrant& grant, int64_t id) = 0;
  /// To be tried again after `wait`, or given up when that is empty.
  virtual Status not_delivered(const LeaseGrant& grant, int64_t id, const std::string& error, std::optional<Duration> wait) = 0;
};

std::unique_ptr<AlarmStore> make_pg_alarm_store(pg::Pool& pool);

}  // namespace everdial
