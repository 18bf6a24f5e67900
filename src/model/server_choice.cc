#include "model/server_choice.h"

#include <algorithm>
#include <cstdint>
#include <tuple>

namespace everdial {
namespace {

struct Place {
  const ServerStanding* server;
  double load = 0;
  int zones = 0;
};
using Places = std::map<ServerName, Place>;

/// FNV-1a: the same on every server and in every version, which std::hash is not.
uint64_t hash_of(const std::string& zone, const std::string& server) {
  uint64_t hash = 14695981039346656037ull;
  for (const std::string* text : {&zone, &server}) {
    for (const char c : *text) hash = (hash ^ static_cast<unsigned char>(c)) * 1099511628211ull;
    hash = (hash ^ 0xffu) * 1099511628211ull;
  }
  return hash;
}

/// One that flaps is for zones that nobody else serves.
bool may_have(const std::string& zone, const ServerStanding& server, const Places& places) {
  const auto is_steady = [&](const auto& place) { return !place.second.server->flaps && place.second.server->serves(zone); };
  return server.serves(zone) && (!server.flaps || std::none_of(places.begin(), places.end(), is_steady));
}

}  // namespace

bool ServerStanding::serves(const std::string& zone) const {
  return !zones || std::find(zones->begin(), zones->end(), zone) != zones->end();
}

std::map<std::string, ServerName> choose_servers(std::vector<ZoneNeed> zones, const std::vector<ServerStanding>& servers) {
  std::map<std::string, ServerName> chosen;
  Places places;
  for (const ServerStanding& server : servers)
    if (!server.parked) places[server.name] = {&server, server.load};
  const auto put = [&](const ZoneNeed& zone, Place& place) {
    place.load += zone.weight;
    ++place.zones;
    chosen.emplace(zone.name, place.server->name);
  };
  const auto place_of = [&](const ZoneNeed& zone, const std::optional<ServerName>& server) -> Place* {
    const auto found = server ? places.find(*server) : places.end();
    return found != places.end() && may_have(zone.name, *found->second.server, places) ? &found->second : nullptr;
  };

  std::vector<ZoneNeed> orphans;
  for (ZoneNeed& zone : zones) {
    Place* const home = place_of(zone, zone.home);
    Place* const current = place_of(zone, zone.current);
    if (home && (home->server->settled || zone.going_home)) put(zone, *home);
    else if (current) put(zone, *current);
    else orphans.push_back(std::move(zone));
  }

  std::sort(orphans.begin(), orphans.end(),
            [](const ZoneNeed& a, const ZoneNeed& b) { return std::tie(b.weight, a.name) < std::tie(a.weight, b.name); });
  for (const ZoneNeed& zone : orphans) {
    const auto rank = [&](const Place& place) {
      return std::tuple(!may_have(zone.name, *place.server, places), (place.load + zone.weight) / place.server->capacity,
                        zone.home != place.server->name, place.zones, hash_of(zone.name, place.server->name.value));
    };
    const auto best =
        std::min_element(places.begin(), places.end(), [&](const auto& a, const auto& b) { return rank(a.second) < rank(b.second); });
    if (best != places.end() && may_have(zone.name, *best->second.server, places)) put(zone, best->second);
  }
  return chosen;
}

}  // namespace everdial
