#pragma once

#include <set>
#include <vector>

#include "campaign_director/director_types.h"

namespace everdial {

/// The director of one zone (C-02): fills the queues of its jobs, one chunk of each at a time so that no job waits for a long list.
class ZoneDirectorMachine {
 public:
  std::vector<ZoneDirectorEffect> step(const ZoneDirectorInput& input, Instant now);

 private:
  std::set<JobId> under_way_;
};

}  // namespace everdial
