#pragma once

#include <map>
#include <vector>

#include "campaign_director/director_types.h"

namespace everdial {

/// Job life cycle and allotting of jobs to campaign managers (C-01). It keeps nothing: all it needs is in the record, so a director
/// that takes over goes on from the first look.
class CommonDirectorMachine {
 public:
  std::vector<DirectorEffect> step(const CommonDirectorInput& input, Instant now);
};

}  // namespace everdial
