#pragma once

#include <memory>
#include <string>
#include <vector>

#include "base/result.h"
#include "model/lease.h"

namespace everdial {

namespace pg {
class Pool;
}

/// A campaign's day on which more of the persons who answered were dropped than the campaign allows.
struct NuisanceAlarm {
  CampaignId campaign;
  std::string day;
  int64_t answered = 0, nuisance = 0;
};

struct HistoryLimits {
  int attempts_per_step = 5'000;
  double most_nuisance = 0.03;  ///< of campaigns without agents; others have their own (AgentSettings::abandoned_most)
  int64_t least_answered = 30;  ///< fewer say nothing
};

/// The history of jobs (schema/0019_history.sql). Blocking; called on store threads.
class HistoryStore {
 public:
  virtual ~HistoryStore() = default;

  struct Step {
    bool caught_up = false;             ///< every result there is has been taken up
    std::vector<NuisanceAlarm> raised;  ///< by these results, for the first time
  };
  /// Takes up the next results, and moves how far it is, in one transaction fenced by `campaign_director`.
  virtual Result<Step> take_up(const LeaseGrant& grant, const HistoryLimits& limits) = 0;
};

std::unique_ptr<HistoryStore> make_pg_history_store(pg::Pool& pool);

}  // namespace everdial
