#include "dashboard/zone_plan.h"

#include <algorithm>
#include <iterator>
#include <map>

#include "model/server_choice.h"

namespace everdial {
namespace {

const ServerChange* change_of(const std::vector<ServerChange>& changes, const ServerName& server) {
  const auto found = std::find_if(changes.begin(), changes.end(), [&](const ServerChange& change) { return change.server == server; });
  return found == changes.end() ? nullptr : &*found;
}

/// Servers where this component lives, as the common director would see them after the changes.
std::vector<ServerStanding> standings(const SystemSeen& seen, const std::string& component, const std::vector<ServerChange>& changes) {
  std::vector<ServerStanding> out;
  for (const auto& [session, silent] : seen.sessions) {
    if (session.component != component || session.draining || silent > kSilentIsStopped) continue;
    ServerStanding standing{session.server};
    if (const auto known = seen.servers.find(session.server.value); known != seen.servers.end()) {
      const ServerKnown& server = known->second;
      standing = {session.server, server.capacity, server.settled, server.parked, server.flaps, 0, server.zones};
    }
    if (const ServerChange* change = change_of(changes, session.server)) {
      if (change->lost) continue;
      standing.parked = change->parked.value_or(standing.parked);
      standing.capacity = change->capacity.value_or(standing.capacity);
    }
    out.push_back(std::move(standing));
  }
  return out;
}

std::string reason(const PlannedZone& zone, const ZoneNeed& need, const std::vector<ServerStanding>& servers) {
  const auto standing = [&](const std::optional<ServerName>& name) {
    const auto found = std::find_if(servers.begin(), servers.end(), [&](const ServerStanding& server) { return server.name == name; });
    return found == servers.end() ? nullptr : &*found;
  };
  const ServerStanding *home = standing(need.home), *from = standing(zone.from);
  if (need.going_home && home && !home->serves(zone.zone)) return home->name.value + " does not serve this zone (its dialing.zones)";
  if (!zone.to) return zone.from ? "no server could take it" : "it waits for a server";
  if (zone.from == zone.to) return "it stays";
  if (!zone.from) return "it has no server";
  if (!from) return "its server is gone";
  if (from->parked) return "its server is parked";
  if (!from->serves(zone.zone)) return "its server does not serve it any more";
  return zone.to == need.home ? "it goes home" : "its server begins anew too often";
}

std::vector<PlannedZone> plan(const std::vector<ZoneKnown>& known, const std::vector<ZoneChange>& zones,
                              const std::vector<ServerStanding>& standing) {
  std::vector<ZoneNeed> needs;
  std::vector<PlannedZone> plan;
  for (const ZoneKnown& zone : known) {
    if (!zone.allotted_to && !zone.has_director) continue;
    ZoneNeed need{zone.name, zone.weight, zone.home, zone.allotted_to, zone.going_home};
    for (const ZoneChange& change : zones) {
      if (change.zone != zone.name) continue;
      need.weight = change.weight.value_or(need.weight);
      need.going_home = need.going_home || change.home.has_value();
      if (change.home) need.home = change.home;
    }
    plan.push_back({zone.name, zone.allotted_to, std::nullopt, ""});
    needs.push_back(std::move(need));
  }
  const auto chosen = choose_servers(needs, standing);
  for (size_t i = 0; i < plan.size(); ++i) {
    if (const auto to = chosen.find(plan[i].zone); to != chosen.end()) plan[i].to = to->second;
    plan[i].why = reason(plan[i], needs[i], standing);
  }
  return plan;
}

}  // namespace

std::vector<PlannedZone> plan_zones(const SystemSeen& seen, const std::vector<ZoneChange>& zones,
                                    const std::vector<ServerChange>& servers) {
  return plan(seen.zones, zones, standings(seen, "campaign_director", servers));
}

std::vector<PlannedZone> plan_agents(const SystemSeen& seen, const std::vector<ZoneKnown>& places, const std::vector<ZoneChange>& changes,
                                     const std::vector<ServerChange>& servers) {
  std::map<std::string, ServerName> directed;
  for (const PlannedZone& zone : plan_zones(seen, {}, servers))
    if (zone.to) directed.emplace(zone.zone, *zone.to);
  auto standing = standings(seen, "agent_manager", servers);
  for (ServerStanding& server : standing) {
    server.settled = false;  // nobody goes home but by order
    for (const ZoneKnown& zone : seen.zones)
      if (const auto at = directed.find(zone.name); at != directed.end() && at->second == server.name) server.load += zone.weight;
  }
  return plan(places, changes, standing);
}

std::vector<ZoneChange> after_saved(const std::vector<ZoneKnown>& zones, std::vector<ZoneChange> changes) {
  std::vector<ZoneChange> out;
  for (const ZoneKnown& zone : zones)
    if (zone.saved_home || zone.saved_weight) out.push_back({zone.name, zone.saved_home, zone.saved_weight});
  std::move(changes.begin(), changes.end(), std::back_inserter(out));
  return out;
}

}  // namespace everdial
