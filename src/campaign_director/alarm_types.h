#pragma once

#include <optional>
#include <string>
#include <variant>
#include <vector>

#include "base/enum_names.h"
#include "base/time.h"
#include "model/lease.h"

namespace everdial {

enum class AlarmKind {
  server_lost,
  component_flaps,
  clock_offset,
  database_unreachable,
  versions_mixed,
  load_data_old,
  no_mpp,
  no_master,
};
template <>
inline constexpr auto enum_names<AlarmKind> = std::to_array<std::pair<AlarmKind, std::string_view>>({
    {AlarmKind::server_lost, "server_lost"},
    {AlarmKind::component_flaps, "component_flaps"},
    {AlarmKind::clock_offset, "clock_offset"},
    {AlarmKind::database_unreachable, "database_unreachable"},
    {AlarmKind::versions_mixed, "versions_mixed"},
    {AlarmKind::load_data_old, "load_data_old"},
    {AlarmKind::no_mpp, "no_mpp"},
    {AlarmKind::no_master, "no_master"},
});

/// What an alarm is about; there is one open alarm of a name at a time.
struct AlarmName {
  AlarmKind kind = AlarmKind::server_lost;
  std::string subject;  ///< server, server/component or resource
  auto operator<=>(const AlarmName&) const = default;
};

/// One look at all that alarms are about.
struct AlarmFacts {
  struct Report {  ///< what a server has said of itself within the last seconds
    ServerName server;
    double clock_offset_ms = 0;
  };
  struct Death {
    ServerName server;
    std::string component;
    int64_t count = 0;  ///< within ten minutes
  };
  struct DatabaseAge {
    ServerName server;
    double ms = 0;  ///< since the database last answered it, as it has told the other servers
  };
  struct Master {
    Resource resource;
    std::optional<Incarnation> holder;
  };
  std::vector<Report> reports;
  std::vector<Death> deaths;
  std::vector<DatabaseAge> database_ages;
  std::vector<Master> masters;          ///< of what there is always to be one
  std::vector<ServerName> load_silent;  ///< no load data for 30 s
  bool mpp_wanted = false;              ///< some server is to run one
  std::vector<AlarmName> open;

  // From the directory of the process that looks:
  std::vector<Session> servers;         ///< that have not ended in good order
  std::vector<Session> living_servers;  ///< of those, the ones in no doubt
  std::vector<Session> mpps;            ///< that take calls
  std::vector<Incarnation> sessions;    ///< of all processes
};

struct RaiseAlarm {
  AlarmName name;
  std::string text;  ///< what is wrong and what to do
};
struct ClearAlarm {
  AlarmName name;
};
using AlarmEffect = std::variant<RaiseAlarm, ClearAlarm>;

}  // namespace everdial
