#pragma once

#include <map>
#include <optional>
#include <set>
#include <string>
#include <vector>

#include "base/enum_names.h"
#include "model/lease.h"

namespace everdial {

/// What a component is doing on a server, in the words of the status page.
enum class ComponentState { MASTER, DORMANT, RUNNING, STARTING, STOPPING, STOPPED };
template <>
inline constexpr auto enum_names<ComponentState> = std::to_array<std::pair<ComponentState, std::string_view>>({
    {ComponentState::MASTER, "MASTER"},
    {ComponentState::DORMANT, "DORMANT"},
    {ComponentState::RUNNING, "RUNNING"},
    {ComponentState::STARTING, "STARTING"},
    {ComponentState::STOPPING, "STOPPING"},
    {ComponentState::STOPPED, "STOPPED"},
});

/// A server, as it has announced itself, as an administrator has set it, and as the common director judges it.
struct ServerKnown {
  std::vector<std::string> components;  ///< that it is to run
  std::set<std::string> stopped;        ///< of these, by order, until they are started
  double capacity = 1;
  bool parked = false, settled = true, flaps = false;
  std::optional<std::vector<std::string>> zones = std::nullopt;  ///< that it serves; empty: it has not said so
};
struct ZoneKnown {
  std::string name;
  double weight = 1;
  int64_t jobs = 0;                       ///< unfinished ones
  bool has_director = false;              ///< there is a lease for it, held or not
  std::optional<ServerName> home;         ///< where it belongs
  std::optional<ServerName> allotted_to;  ///< where it is, or is on its way to
  std::optional<ServerName> saved_home;   ///< not applied yet
  std::optional<double> saved_weight;
  bool going_home = false;  ///< applied: moves as soon as its home can take it
};

/// The record of who is there, as one query reads it.
struct SystemSeen {
  struct SessionSeen {
    Session session;
    Duration silent{};  ///< since its last renewal, by the database's clock alone
  };
  struct LeaseSeen {
    LeaseRow lease;
    std::optional<Instant> since;
  };
  std::vector<SessionSeen> sessions;
  std::vector<LeaseSeen> leases;
  std::map<std::string, ServerKnown> servers;  ///< all known
  std::vector<ZoneKnown> zones;
  struct RestrictionSeen {
    std::string name, reason;
    Instant since;
  };
  struct AlarmSeen {
    int64_t id = 0;
    std::string kind, subject, text;
    Instant raised_at;
  };
  std::vector<AlarmSeen> alarms;              ///< that are open
  std::vector<RestrictionSeen> restrictions;  ///< by load (L-03)
};

struct ComponentStatus {
  std::string component, instance;
  ComponentState state = ComponentState::STOPPED;
  std::string address, version;
  std::optional<Duration> silent;  ///< when it gives no sign of life
  int leases = 0;
  bool kept_stopped = false;  ///< by order, until it is started
  Incarnation incarnation;    ///< of its newest process; empty when there was none
};
struct ServerStatus {
  std::string name;
  ComponentState state = ComponentState::STOPPED;
  std::string version;
  std::vector<ComponentStatus> components;
  ServerKnown known;
};
struct SystemStatus {
  std::vector<std::string> components;  ///< rows of the matrix in their order
  std::vector<ServerStatus> servers;
};

/// Without a renewal for so long, a process is taken for dead (renewals come each 500 ms).
inline constexpr Duration kSilentIsStopped = 2500ms;

SystemStatus system_status(const SystemSeen& seen);

}  // namespace everdial
