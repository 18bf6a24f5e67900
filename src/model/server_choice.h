#pragma once

#include <map>
#include <optional>
#include <string>
#include <vector>

#include "model/ids.h"

namespace everdial {

/// A server with a living process that zones are given to, as whoever allots zones sees it.
struct ServerStanding {
  ServerName name;
  double capacity = 1;                                           ///< relative to the others', above 0
  bool settled = true;                                           ///< has lived long enough for zones to come home to it
  bool parked = false;                                           ///< under maintenance: is given no zone
  bool flaps = false;                                            ///< begins anew too often: is given no zone while there is another
  double load = 0;                                               ///< the weight of what else it does
  std::optional<std::vector<std::string>> zones = std::nullopt;  ///< that it serves; empty: it has not said so, and may serve all

  bool serves(const std::string& zone) const;
};

/// A zone, and where it is. A `current` that is not among the servers, or must be left, makes the zone an orphan.
struct ZoneNeed {
  std::string name;
  double weight = 1;  ///< relative to the others', above 0
  std::optional<ServerName> home;
  std::optional<ServerName> current;
  bool going_home = false;  ///< by order: its home need not have settled
};

/// Which server each zone belongs on (D-03, C-16); none where no server may have it. Zones stay where they are, but those go home whose
/// home is settled or that are ordered to. Orphans, heaviest first, go each to the server where (load + weight) / capacity is least; of
/// equals to its home, then to the one with fewest zones, then by a hash of both names, so that not all zones of a dead server go to the
/// first of the alphabet. The same answer whatever the order of the input.
std::map<std::string, ServerName> choose_servers(std::vector<ZoneNeed> zones, const std::vector<ServerStanding>& servers);

}  // namespace everdial
