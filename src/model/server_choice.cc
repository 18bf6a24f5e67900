#include "model/server_choice.h"

#include <algorithm>
#include <cstdint>
#include <tuple>

namespace everdial {
namespace {

struct Place {
  const ServerOffer* offer;
  double load = 0;
  int zones = 0;
};

/// FNV-1a: the same on every server and in every version, which std::hash is not.
uint64_t hash_of(const std::string& zone, const std::string& server) {
  uint64_t hash = 14695981039346656037ull;
  for (const std::string* text : {&zone, &server}) {
    for (const char c : *text) hash = (hash ^ static_cast<unsigned char>(c)) * 1099511628211ull;
    hash = (hash ^ 0xffu) * 1099511628211ull;
  }
  return hash;
}

}  // namespace

std::vector<ServerOffer> offers_of(const std::vector<ServerStanding>& servers) {
  std::vector<ServerOffer> offers, flapping;
  for (const ServerStanding& server : servers)
    if (!server.parked) (server.flaps ? flapping : offers).push_back({server.name, server.capacity, server.settled});
  return offers.empty() ? flapping : offers;
}

std::map<std::string, ServerName> choose_servers(std::vector<ZoneNeed> zones, const std::vector<ServerOffer>& servers) {
  std::map<std::string, ServerName> chosen;
  std::map<ServerName, Place> places;
  for (const ServerOffer& offer : servers) places[offer.name] = {&offer};
  if (places.empty()) return chosen;
  const auto put = [&](const ZoneNeed& zone, Place& place) {
    place.load += zone.weight;
    ++place.zones;
    chosen.emplace(zone.name, place.offer->name);
  };

  std::vector<ZoneNeed> orphans;
  for (ZoneNeed& zone : zones) {
    const auto home = zone.home ? places.find(*zone.home) : places.end();
    const auto current = zone.current ? places.find(*zone.current) : places.end();
    if (home != places.end() && (home->second.offer->settled || zone.going_home)) put(zone, home->second);
    else if (current != places.end()) put(zone, current->second);
    else orphans.push_back(std::move(zone));
  }

  std::sort(orphans.begin(), orphans.end(),
            [](const ZoneNeed& a, const ZoneNeed& b) { return std::tie(b.weight, a.name) < std::tie(a.weight, b.name); });
  for (const ZoneNeed& zone : orphans) {
    const auto rank = [&](const Place& place) {
      return std::tuple((place.load + zone.weight) / place.offer->capacity, zone.home != place.offer->name, place.zones,
                        hash_of(zone.name, place.offer->name.value));
    };
    const auto best =
        std::min_element(places.begin(), places.end(), [&](const auto& a, const auto& b) { return rank(a.second) < rank(b.second); });
    put(zone, best->second);
  }
  return chosen;
}

}  // namespace everdial
