#include "campaign_director/alarm_machine.h"

#include <algorithm>
#include <cmath>
#include <set>

namespace everdial {
namespace {

std::string whole(double number) { return std::to_string(std::llround(number)); }

bool among(const std::vector<Session>& sessions, const ServerName& server) {
  return std::any_of(sessions.begin(), sessions.end(), [&](const Session& session) { return session.server == server; });
}

}  // namespace

std::vector<AlarmEffect> AlarmMachine::step(const AlarmFacts& facts, Instant now) {
  Wanted wanted;
  servers(facts, wanted);
  versions(facts, now, wanted);
  work(facts, now, wanted);
  std::vector<AlarmEffect> out;
  for (const auto& [name, text] : wanted)
    if (std::find(facts.open.begin(), facts.open.end(), name) == facts.open.end()) out.push_back(RaiseAlarm{name, text});
  for (const AlarmName& name : facts.open)
    if (!wanted.contains(name)) out.push_back(ClearAlarm{name});
  return out;
}

void AlarmMachine::servers(const AlarmFacts& facts, Wanted& wanted) const {
  for (const Session& server : facts.servers)
    if (!among(facts.living_servers, server.server))
      wanted[{AlarmKind::server_lost, server.server.value}] =
          "The server " + server.server.value + " is lost: it gives no sign of life. Look at its machine and its network.";
  for (const auto& report : facts.reports)
    if (std::abs(report.clock_offset_ms) > settings_.most_clock_offset_ms)
      wanted[{AlarmKind::clock_offset, report.server.value}] = "The clocks of " + report.server.value + " and of the database differ by " +
                                                               whole(std::abs(report.clock_offset_ms)) + " ms. See that NTP runs on both.";
  for (const auto& age : facts.database_ages)
    if (age.ms > settings_.most_database_age_ms && among(facts.servers, age.server))
      wanted[{AlarmKind::database_unreachable, age.server.value}] =
          "The server " + age.server.value + " cannot reach the database. Its masters have gone to others; mend its way to the database.";
  for (const auto& death : facts.deaths)
    if (death.count >= settings_.flaps)
      wanted[{AlarmKind::component_flaps, death.server.value + "/" + death.component}] =
          death.component + " on " + death.server.value + " dies again and again. Look into its log for the reason.";
  for (const ServerName& server : facts.load_silent)
    if (among(facts.living_servers, server))
      wanted[{AlarmKind::load_data_old, server.value}] =
          "There is no load data of " + server.value + " for 30 s. Look whether its load_monitor runs.";
}

void AlarmMachine::versions(const AlarmFacts& facts, Instant now, Wanted& wanted) {
  std::set<std::string> versions;
  for (const Session& server : facts.living_servers) versions.insert(server.version);
  const AlarmName name{AlarmKind::versions_mixed, ""};
  if (!lasting(name, versions.size() > 1, settings_.mixed_for, now)) return;
  std::string all;
  for (const std::string& version : versions) all += (all.empty() ? "" : ", ") + version;
  wanted[name] = "Servers run different versions for long: " + all + ". Finish the upgrade.";
}

void AlarmMachine::work(const AlarmFacts& facts, Instant now, Wanted& wanted) {
  const AlarmName no_mpp{AlarmKind::no_mpp, ""};
  if (lasting(no_mpp, facts.mpp_wanted && facts.mpps.empty(), settings_.no_mpp_for, now))
    wanted[no_mpp] = "No media server is left: nothing can be dialed. Start an mpp.";
  for (const auto& master : facts.masters) {
    const bool held = master.holder && std::find(facts.sessions.begin(), facts.sessions.end(), *master.holder) != facts.sessions.end();
    const AlarmName name{AlarmKind::no_master, master.resource.value};
    if (lasting(name, !held, settings_.no_master_for, now))
      wanted[name] = master.resource.value + " has no master for longer than it may. Look whether a server runs that could be.";
  }
}

bool AlarmMachine::lasting(const AlarmName& name, bool so, Duration time, Instant now) {
  if (!so) {
    since_.erase(name);
    return false;
  }
  return now - since_.emplace(name, now).first->second >= time;
}

}  // namespace everdial
