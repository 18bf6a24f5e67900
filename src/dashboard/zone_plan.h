#pragma once

#include <optional>
#include <string>
#include <vector>

#include "dashboard/system_status.h"

namespace everdial {

/// What somebody thinks of changing, or of losing.
struct ZoneChange {
  std::string zone;
  std::optional<ServerName> home;  ///< it would go there at once
  std::optional<double> weight;
};
struct ServerChange {
  ServerName server;
  std::optional<bool> parked;
  std::optional<double> capacity;
  bool lost = false;
};

/// Where a zone is, and where it would be.
struct PlannedZone {
  std::string zone;
  std::optional<ServerName> from, to;
  std::string why;
};

/// What the common director would do with all zones after these changes: by the same choice, on the same record (A-12, C-16).
std::vector<PlannedZone> plan_zones(const SystemSeen& seen, const std::vector<ZoneChange>& zones, const std::vector<ServerChange>& servers);

/// The same of zones' agents, as agent_store::places has them: where they would be managed.
std::vector<PlannedZone> plan_agents(const SystemSeen& seen, const std::vector<ZoneKnown>& places, const std::vector<ZoneChange>& changes,
                                     const std::vector<ServerChange>& servers = {});

/// What is saved and not yet applied, and then these changes, which count where both speak of a zone.
std::vector<ZoneChange> after_saved(const std::vector<ZoneKnown>& zones, std::vector<ZoneChange> changes);

}  // namespace everdial
