#pragma once

#include <optional>
#include <string>
#include <vector>

#include "dashboard/system_status.h"

namespace everdial {

/// How many more servers may be lost, whichever they are, before some work has nobody to do it; and what comes to its end first.
struct Tolerance {
  int servers = 0;
  std::vector<std::string> limited_by;  ///< for people
};
Tolerance fault_tolerance(const SystemStatus& status);

/// Why these components of a server are not to be killed for a drill; empty when nothing speaks against it. Somebody else must do each
/// one's work, and somebody more besides, should he fail meanwhile, unless `without_spare`.
std::optional<std::string> drill_objection(const SystemStatus& status, const std::string& server,
                                           const std::vector<std::string>& components, bool without_spare);

/// What a server says of itself.
struct ReportSeen {
  std::string server, version;
  double clock_offset_ms = 0, database_ms = 0;
  Duration age{};
  struct Peer {
    std::string name;
    bool heard = false;
    double silence_ms = 0, database_age_ms = 0;
    std::vector<std::string> unreachable;  ///< its components that take no connection from the server
  };
  std::vector<Peer> peers;
};

/// One thing that must hold for a server to take over (S-04).
struct Need {
  std::string need;  ///< "clock", "database", "heartbeats", "ports", "version", "media", "components"
  bool met = false;
  std::string detail;  ///< what was found and, when it is not met, what to do
};
struct Readiness {
  std::string server;
  bool ready = false;
  std::vector<Need> needs;
};
/// Of each server that is known, in their order.
std::vector<Readiness> readiness(const SystemStatus& status, const std::vector<ReportSeen>& reports);

}  // namespace everdial
