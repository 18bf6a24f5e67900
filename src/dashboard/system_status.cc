#include "dashboard/system_status.h"

#include <algorithm>
#include <array>
#include <set>
#include <utility>

namespace everdial {
namespace {

/// In the order of a contact's way; components not named here come after them.
constexpr std::array<std::string_view, 11> kOrder = {"list_manager", "campaign_director", "campaign_manager",   "agent_manager",
                                                     "agent_sdk",    "rule_engine",       "application_server", "mpp",
                                                     "load_monitor", "event_relay",       "dashboard"};

/// Of these one acts at a time: the holder of the lease of the same name.
constexpr std::array<std::string_view, 4> kMasters = {"campaign_director", "rule_engine", "load_monitor", "event_relay"};
/// Of this one acts at a time in each zone: the holder of the zone's lease.
constexpr std::string_view kMasterOfZones = "agent_manager";

template <size_t N>
bool contains(const std::array<std::string_view, N>& all, std::string_view one) {
  return std::find(all.begin(), all.end(), one) != all.end();
}

size_t place(const std::string& component) {
  return static_cast<size_t>(std::find(kOrder.begin(), kOrder.end(), component) - kOrder.begin());
}

bool before(const std::string& a, const std::string& b) { return std::pair(place(a), a) < std::pair(place(b), b); }

struct Holdings {
  int count = 0;
  bool master = false;
};

ComponentState state_of(const SystemSeen::SessionSeen& seen, const Holdings& holds) {
  if (seen.silent > kSilentIsStopped) return ComponentState::STOPPED;
  if (seen.session.draining) return ComponentState::STOPPING;
  const bool of_zones = seen.session.component == kMasterOfZones;
  if (!of_zones && !contains(kMasters, seen.session.component)) return ComponentState::RUNNING;
  return holds.master || (of_zones && holds.count > 0) ? ComponentState::MASTER : ComponentState::DORMANT;
}

/// The one process that counts for each component and instance of a server: the dead leave their sessions behind for a while.
using Place = std::pair<std::string, std::string>;
std::map<Place, const SystemSeen::SessionSeen*> newest_sessions(const SystemSeen& seen, const std::string& server) {
  std::map<Place, const SystemSeen::SessionSeen*> newest;
  for (const auto& s : seen.sessions) {
    if (s.session.server.value != server) continue;
    const auto*& kept = newest[{s.session.component, s.session.instance}];
    if (!kept || s.silent < kept->silent) kept = &s;
  }
  return newest;
}

ServerStatus server_status(const SystemSeen& seen, const std::string& name, const ServerKnown& known,
                           const std::map<Incarnation, Holdings>& holdings) {
  ServerStatus server{name, ComponentState::STOPPED, "", {}, known};
  const auto sessions = newest_sessions(seen, name);
  bool watched = false;  // by a `server` process that starts what is missing
  bool any = false;
  for (const auto& [place, s] : sessions) {
    const auto held = holdings.find(s->session.incarnation);
    const ComponentState state = state_of(*s, held == holdings.end() ? Holdings{} : held->second);
    any = any || state != ComponentState::STOPPED;
    if (place.first == "server") {
      watched = state != ComponentState::STOPPED;
      server.state = state;
      server.version = s->session.version;
      continue;
    }
    ComponentStatus component{place.first, place.second, state, s->session.address.value, s->session.version};
    if (state == ComponentState::STOPPED) component.silent = s->silent;
    if (held != holdings.end()) component.leases = held->second.count;
    component.incarnation = s->session.incarnation;
    server.components.push_back(std::move(component));
  }
  // Components may run without a `server` process: then the server is what they are.
  if (!sessions.contains({"server", ""}) && any) server.state = ComponentState::RUNNING;
  for (const std::string& component : known.components) {
    const bool there =
        std::any_of(server.components.begin(), server.components.end(), [&](const auto& c) { return c.component == component; });
    if (!there) server.components.push_back({component, ""});
  }
  for (ComponentStatus& component : server.components) {
    component.kept_stopped = known.stopped.contains(component.component);
    if (component.kept_stopped && component.state != ComponentState::STOPPED) component.state = ComponentState::STOPPING;
    else if (!component.kept_stopped && component.state == ComponentState::STOPPED && watched) component.state = ComponentState::STARTING;
  }
  std::stable_sort(server.components.begin(), server.components.end(),
                   [](const auto& a, const auto& b) { return before(a.component, b.component); });
  return server;
}

}  // namespace

SystemStatus system_status(const SystemSeen& seen) {
  std::map<Incarnation, Holdings> holdings;
  std::map<Incarnation, std::string> components;
  for (const auto& s : seen.sessions) components[s.session.incarnation] = s.session.component;
  for (const auto& l : seen.leases) {
    if (!l.lease.holder) continue;
    Holdings& held = holdings[*l.lease.holder];
    ++held.count;
    if (l.lease.resource.value == components[*l.lease.holder]) held.master = true;
  }

  auto servers = seen.servers;
  for (const auto& s : seen.sessions) servers.try_emplace(s.session.server.value);
  SystemStatus status;
  std::set<std::string> rows;
  for (const auto& [name, known] : servers) {
    status.servers.push_back(server_status(seen, name, known, holdings));
    for (const auto& component : status.servers.back().components) rows.insert(component.component);
  }
  status.components.assign(rows.begin(), rows.end());
  std::sort(status.components.begin(), status.components.end(), before);
  return status;
}

}  // namespace everdial
