#include "dashboard/readiness.h"

#include <algorithm>
#include <cmath>
#include <map>
#include <set>

namespace everdial {
namespace {

constexpr double kMostClockOffsetMs = 500;
constexpr double kMostDatabaseMs = 1000;
constexpr double kMostSilenceMs = 1000;
constexpr Duration kOldReport = 20s;

bool acts(ComponentState state) {
  return state == ComponentState::MASTER || state == ComponentState::DORMANT || state == ComponentState::RUNNING;
}

/// Servers on which a component could do its work now.
std::set<std::string> servers_with(const SystemStatus& status, const std::string& component) {
  std::set<std::string> out;
  for (const ServerStatus& server : status.servers)
    for (const ComponentStatus& one : server.components)
      if (one.component == component && acts(one.state)) out.insert(server.name);
  return out;
}

std::string whole(double number) { return std::to_string(static_cast<int64_t>(std::llround(number))); }

Need clock_need(const ReportSeen& report) {
  const std::string ahead = "the database's clock is " + whole(report.clock_offset_ms) + " ms ahead of this server's";
  if (std::abs(report.clock_offset_ms) <= kMostClockOffsetMs) return {"clock", true, ahead};
  return {"clock", false, ahead + "; see that NTP runs on both"};
}

Need database_need(const ReportSeen& report) {
  if (report.age > kOldReport)
    return {"database", false, "it last reached the database " + whole(std::chrono::duration<double>(report.age).count()) + " s ago"};
  return {"database", report.database_ms <= kMostDatabaseMs, "the database answers within " + whole(std::ceil(report.database_ms)) + " ms"};
}

Need heartbeat_need(const SystemStatus& status, const ReportSeen& report) {
  std::string unheard;
  for (const ServerStatus& server : status.servers) {
    if (server.name == report.server || server.state == ComponentState::STOPPED) continue;
    const auto peer = std::find_if(report.peers.begin(), report.peers.end(), [&](const auto& p) { return p.name == server.name; });
    if (peer != report.peers.end() && peer->heard && peer->silence_ms <= kMostSilenceMs) continue;
    unheard += (unheard.empty() ? "" : ", ") + server.name;
  }
  if (unheard.empty()) return {"heartbeats", true, "it hears all servers that live"};
  return {"heartbeats", false, "it does not hear " + unheard + "; let UDP pass between the servers, to heartbeat.port"};
}

/// Of servers that live: what does not run cannot be reached, and is told elsewhere.
Need ports_need(const SystemStatus& status, const ReportSeen& report) {
  std::string unreachable;
  for (const ReportSeen::Peer& peer : report.peers) {
    const auto living = [&](const ServerStatus& server) { return server.name == peer.name && server.state != ComponentState::STOPPED; };
    if (std::none_of(status.servers.begin(), status.servers.end(), living)) continue;
    for (const std::string& component : peer.unreachable) unreachable += (unreachable.empty() ? "" : ", ") + component + " of " + peer.name;
  }
  if (unreachable.empty()) return {"ports", true, "it reaches the components of all servers that live"};
  return {"ports", false, "it cannot connect to " + unreachable + "; let TCP pass between the servers, to rpc.listen_host"};
}

Need version_need(const SystemStatus& status, const ServerStatus& server) {
  std::set<std::string> others;
  for (const ServerStatus& other : status.servers)
    if (other.state != ComponentState::STOPPED && other.version != server.version) others.insert(other.version);
  if (others.empty()) return {"version", true, server.version};
  return {"version", false, "it runs " + server.version + ", others run " + *others.begin() + "; finish the upgrade"};
}

Need media_need(const SystemStatus& status) {
  const bool wanted = std::find(status.components.begin(), status.components.end(), "mpp") != status.components.end();
  if (!wanted) return {"media", true, "no server is to run an mpp"};
  const size_t count = servers_with(status, "mpp").size();
  return {"media", count > 0,
          count > 0 ? "media servers on " + std::to_string(count) + (count == 1 ? " server" : " servers")
                    : "no media server is left; start an mpp"};
}

Need component_need(const ServerStatus& server) {
  std::string missing;
  for (const ComponentStatus& one : server.components)
    if (!acts(one.state)) missing += (missing.empty() ? "" : ", ") + one.component + " is " + std::string(to_string(one.state));
  return {"components", missing.empty(), missing.empty() ? "all of its components run" : missing};
}

}  // namespace

Tolerance fault_tolerance(const SystemStatus& status) {
  std::optional<int> least;
  std::map<int, std::vector<std::string>> limits;
  for (const std::string& component : status.components) {
    const auto servers = servers_with(status, component);
    const int spare = static_cast<int>(servers.size()) - 1;
    least = std::min(least.value_or(spare), spare);
    if (servers.empty()) limits[spare].push_back("no server runs " + component);
    else if (servers.size() == 1) limits[spare].push_back("only " + *servers.begin() + " runs " + component);
    else limits[spare].push_back(std::to_string(servers.size()) + " servers run " + component);
  }
  if (!least) return {0, {"no server is known"}};
  return {std::max(0, *least), limits[*least]};
}

std::optional<std::string> drill_objection(const SystemStatus& status, const std::string& server,
                                           const std::vector<std::string>& components, bool without_spare) {
  for (const std::string& component : components) {
    auto servers = servers_with(status, component);
    if (!servers.contains(server)) return component + " does not run on " + server + ".";
    servers.erase(server);
    if (servers.empty()) return "No other server runs " + component + ": nobody would do its work.";
    if (servers.size() == 1 && !without_spare)
      return "Only " + *servers.begin() + " would be left with " + component +
             ": a second failure could not be borne. Add a server, or accept it.";
  }
  return std::nullopt;
}

std::vector<Readiness> readiness(const SystemStatus& status, const std::vector<ReportSeen>& reports) {
  std::vector<Readiness> out;
  for (const ServerStatus& server : status.servers) {
    Readiness one{server.name, false, {}};
    const auto report = std::find_if(reports.begin(), reports.end(), [&](const ReportSeen& r) { return r.server == server.name; });
    if (server.state == ComponentState::STOPPED) one.needs.push_back({"server", false, "it does not run"});
    else if (report == reports.end()) one.needs.push_back({"report", false, "it has not told of itself yet"});
    else
      one.needs = {clock_need(*report),          database_need(*report), heartbeat_need(status, *report), ports_need(status, *report),
                   version_need(status, server), media_need(status),     component_need(server)};
    one.ready = std::all_of(one.needs.begin(), one.needs.end(), [](const Need& need) { return need.met; });
    out.push_back(std::move(one));
  }
  return out;
}

}  // namespace everdial
