#pragma once

#include "load_monitor/load_types.h"

namespace everdial {

/// Decides each server's level from its newest sample and the level it has, which is kept in the database: a new master goes on where
/// the old one stood. A level is left only some way beyond the border at which it was entered, so that it does not flutter.
class LoadMachine {
 public:
  static constexpr double high_leaves = 0.15;  ///< so far below where it was entered
  static constexpr double low_below = 0.25, low_until = 0.40;
  static constexpr Duration restrict_after = 60s;  ///< of high load: a burst is none
  static constexpr Duration silent_after = 30s;
  static constexpr Duration stale_after = 15min;

  /// `high_from`: of processors or memory, whichever is more.
  explicit LoadMachine(double high_from = 0.90) : high_from_(high_from) {}

  std::vector<LoadEffect> step(const LoadInput& input, Instant now) const;

 private:
  LevelDecided decide(const ServerLoad& server) const;
  LoadLevel level_of(double load, LoadLevel present) const;

  double high_from_;
};

}  // namespace everdial
