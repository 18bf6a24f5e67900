#include "dashboard/status_json.h"

#include <cmath>
#include <nlohmann/json.hpp>

namespace everdial {
namespace {

using nlohmann::json;

double seconds(Duration d) { return std::round(std::chrono::duration<double>(d).count() * 10) / 10; }

void put(json& out, const char* name, const std::optional<ServerName>& server) {
  if (server) out[name] = server->value;
}

json component_json(const ComponentStatus& c) {
  json out = {{"component", c.component}, {"instance", c.instance}, {"state", to_string(c.state)}, {"leases", c.leases}};
  if (!c.address.empty()) out["address"] = c.address;
  if (!c.version.empty()) out["version"] = c.version;
  if (c.silent) out["silent_s"] = seconds(*c.silent);
  if (c.kept_stopped) out["kept_stopped"] = true;
  return out;
}

json server_json(const SystemSeen& seen, const ServerStatus& s) {
  json components = json::array();
  for (const auto& c : s.components) components.push_back(component_json(c));
  int zones = 0, agent_zones = 0, jobs = 0;
  for (const ZoneKnown& zone : seen.zones) zones += zone.allotted_to && zone.allotted_to->value == s.name;
  // A job that is allotted to nobody has ended.
  for (const auto& [lease, since] : seen.leases) {
    if (!lease.holder_server || lease.holder_server->value != s.name) continue;
    agent_zones += zone_of_agents(lease.resource).has_value();
    jobs += lease.resource.value.starts_with("job/") && lease.desired;
  }
  json out = {{"name", s.name},
              {"state", to_string(s.state)},
              {"components", std::move(components)},
              {"capacity", s.known.capacity},
              {"parked", s.known.parked},
              {"settled", s.known.settled},
              {"flaps", s.known.flaps},
              {"zones", zones},
              {"agent_zones", agent_zones},
              {"jobs", jobs}};
  if (!s.version.empty()) out["version"] = s.version;
  return out;
}

json lease_json(const SystemSeen& seen, const SystemSeen::LeaseSeen& l) {
  json out = {{"resource", l.lease.resource.value}, {"epoch", l.lease.epoch.value}};
  put(out, "preferred", l.lease.preferred);
  if (!l.lease.holder) return out;
  put(out, "server", l.lease.holder_server);
  if (l.since) out["since"] = to_iso8601(*l.since);
  for (const auto& s : seen.sessions)
    if (s.session.incarnation == *l.lease.holder) {
      out["component"] = s.session.component;
      out["instance"] = s.session.instance;
    }
  return out;
}

json zone_json(const SystemSeen& seen, const ZoneKnown& zone) {
  json out = {{"name", zone.name}, {"state", "waiting"}, {"weight", zone.weight}, {"jobs", zone.jobs}, {"going_home", zone.going_home}};
  put(out, "home", zone.home);
  put(out, "allotted_to", zone.allotted_to);
  put(out, "saved_home", zone.saved_home);
  if (zone.saved_weight) out["saved_weight"] = *zone.saved_weight;
  for (const auto& l : seen.leases) {
    if (l.lease.resource.value != "zone_director/" + zone.name || !l.lease.holder) continue;
    out["state"] = "owned";
    out["epoch"] = l.lease.epoch.value;
    put(out, "server", l.lease.holder_server);
  }
  return out;
}

}  // namespace

json servers_json(const SystemSeen& seen) {
  json out = json::array();
  for (const auto& s : system_status(seen).servers) out.push_back(server_json(seen, s));
  return out;
}

json zones_json(const SystemSeen& seen) {
  json out = json::array();
  for (const auto& z : seen.zones) out.push_back(zone_json(seen, z));
  return out;
}

json plan_json(const std::vector<PlannedZone>& plan) {
  json out = json::array();
  for (const PlannedZone& zone : plan) {
    json item = {{"zone", zone.zone}, {"moves", zone.from != zone.to && zone.to}, {"why", zone.why}};
    put(item, "from", zone.from);
    put(item, "to", zone.to);
    out.push_back(std::move(item));
  }
  return out;
}

json status_json(const SystemSeen& seen, const std::string& server, const std::string& version, Instant at) {
  json out = {{"server", server},
              {"version", version},
              {"at", to_iso8601(at)},
              {"components", system_status(seen).components},
              {"servers", servers_json(seen)},
              {"leases", json::array()},
              {"restrictions", json::array()},
              {"alarms", json::array()},
              {"zones", zones_json(seen)}};
  for (const auto& l : seen.leases) out["leases"].push_back(lease_json(seen, l));
  for (const auto& a : seen.alarms)
    out["alarms"].push_back(
        {{"id", a.id}, {"kind", a.kind}, {"subject", a.subject}, {"text", a.text}, {"raised_at", to_iso8601(a.raised_at)}});
  for (const auto& r : seen.restrictions)
    out["restrictions"].push_back({{"name", r.name}, {"reason", r.reason}, {"since", to_iso8601(r.since)}});
  return out;
}

}  // namespace everdial
