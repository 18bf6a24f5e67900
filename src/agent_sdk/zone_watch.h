#pragma once

#include "agent_sdk/desk_types.h"

namespace everdial::desk {

/// Whether a zone has a manager, as its desktops are told: a machine that is shown what the directory has, and told of answers.
class ZoneWatch {
 public:
  struct Settings {
    Duration wait_when_failed = 500ms;
    Duration wait_when_handed_over = 250ms;
    Duration wait_when_not_reachable = 3s;
    Duration down_after = 5s;
  };
  explicit ZoneWatch(Settings settings) : settings_(settings) {}

  struct Seen {
    std::optional<Epoch> epoch;  ///< of the holder of the zone; empty: there is none
    bool draining = false;       ///< the holder is about to hand over
    bool reachable = true;       ///< as far as the failure detector has heard
    bool others = true;          ///< some agent manager lives
  };
  std::vector<ZoneNews> look(const Seen& seen, Instant now);
  /// The manager of this epoch has answered a command with something else than "not yet".
  std::vector<ZoneNews> served(Epoch epoch, Instant now);

  ZoneStatus status() const;
  std::optional<Epoch> epoch() const { return epoch_; }

 private:
  void leave(AwayReason reason, Instant now, std::vector<ZoneNews>& out);
  void come_back(Instant now, std::vector<ZoneNews>& out);

  Settings settings_;
  std::optional<Epoch> epoch_;  ///< the last one seen
  bool looked_ = false, was_draining_ = false;
  bool taking_over_ = false;  ///< it holds the zone, and has not served yet
  bool down_told_ = false;
  std::optional<std::pair<ManagerAway, Instant>> away_;  ///< since when
};

}  // namespace everdial::desk
