#include <CLI/CLI.hpp>
#include <chrono>
#include <set>
#include <thread>

#include "ctl/ctl.h"

namespace everdial::ctl {
namespace {

using nlohmann::json;

const std::vector<Column> kFailovers = {{"ID", "/id"},
                                        {"AT", "/at"},
                                        {"RESOURCE", "/resource"},
                                        {"FROM", "/from/server"},
                                        {"TO", "/to/server"},
                                        {"WHY", "/reason"},
                                        {"DETECT MS", "/detect_ms"},
                                        {"ACQUIRE MS", "/acquire_ms"},
                                        {"BARRIER MS", "/barrier_ms"},
                                        {"WITHOUT MS", "/without_master_ms"}};
const std::vector<Column> kDrills = {{"ID", "/id"},       {"SERVER", "/server"}, {"COMPONENTS", "/components"},
                                     {"STATE", "/state"}, {"BY", "/asked_by"},   {"BEGUN", "/begun_at"},
                                     {"CALLS", "/calls"}};

std::vector<json> rows_of(const json& array) { return array.get<std::vector<json>>(); }

/// Whole, with the microseconds: the order of things is what one looks for.
std::vector<json> with_exact_times(const json& timeline) {
  std::vector<json> out;
  for (json entry : timeline) {
    std::string at = entry["at"];
    at[10] = ' ';
    entry["at"] = at.substr(0, at.size() - 1);
    out.push_back(std::move(entry));
  }
  return out;
}

void show_failover(Ctl& ctl, const json& failover) {
  if (ctl.format != Format::human) return ctl.show(failover);
  json head = failover;
  for (const char* part : {"timeline", "together_with", "evidence", "from", "to", "settled"}) head.erase(part);
  head["from"] = failover["from"].value("server", "?") + "/" + failover["from"].value("component", "?");
  head["to"] = failover["to"].value("server", "?") + "/" + failover["to"].value("component", "?");
  head["evidence"] = failover["evidence"].dump();
  if (failover.contains("settled")) head["settled"] = failover["settled"].dump();
  ctl.out << members(head) << "\n"
          << table({{"AT", "/at"}, {"WHAT", "/what"}, {"DETAIL", "/detail"}}, with_exact_times(failover["timeline"]));
  if (!failover["together_with"].empty()) ctl.out << "\ntogether with\n" << table(kFailovers, rows_of(failover["together_with"]));
}

std::string tolerance_of(const json& tolerance) {
  const auto servers = tolerance["servers"].get<int64_t>();
  return std::to_string(servers) + (servers == 1 ? " server" : " servers") + " more may be lost: " + list_of(tolerance["limited_by"]);
}

void show_what_if(Ctl& ctl, const json& w) {
  if (ctl.format != Format::human) return ctl.show(w);
  const json& takes = w["takes"];
  ctl.out << "If " << w["server"].get<std::string>() << " were lost now:\n"
          << "  calls in the air it could touch: " << human(w["calls"]) << "\n"
          << "  jobs: " << human(w["jobs"]["count"]) << ", to " << list_of(w["jobs"]["candidates"]) << "\n";
  for (const json& master : w["masters"])
    ctl.out << "  master of " << master["resource"].get<std::string>() << ": to " << list_of(master["candidates"]) << "\n";
  for (const json& zone : w["agent_zones"])
    ctl.out << "  agents of zone " << zone["zone"].get<std::string>() << " (" << human(zone["logged_on"]) << " logged on, stay so): to "
            << zone.value("to", "nobody") << "\n";
  ctl.out << "  until others act: at most " << human(takes["worst_ms"]) << " ms, "
          << (takes["source"] == "measured" ? "the worst of the last " + human(takes["of"])
                                            : std::string("the budget; none was measured yet"))
          << "\n";
  if (!w["without_work"].empty()) ctl.out << "  nobody would do the work of " << list_of(w["without_work"]) << "\n";
  ctl.out << "  afterwards " << tolerance_of(w["tolerance_after"]) << "\n";
  if (!w["zones"].empty()) ctl.out << table({{"ZONE", "/zone"}, {"FROM", "/from"}, {"TO", "/to"}, {"WHY", "/why"}}, rows_of(w["zones"]));
}

void show_readiness(Ctl& ctl, const json& readiness) {
  if (ctl.format != Format::human) return ctl.show(readiness);
  ctl.out << tolerance_of(readiness["tolerance"]) << "\n";
  std::vector<json> rows;
  for (const json& server : readiness["servers"])
    for (const json& need : server["needs"])
      rows.push_back({{"server", server["server"]}, {"need", need["need"]}, {"met", need["met"]}, {"detail", need["detail"]}});
  ctl.out << table({{"SERVER", "/server"}, {"NEED", "/need"}, {"MET", "/met"}, {"DETAIL", "/detail"}}, rows);
}

/// Tells each change when it comes, until the drill is over. Some of what was killed may be cut off with it: the other servers answer.
void watch_drill(Ctl& ctl, const json& begun) {
  std::set<int64_t> told;
  json drill = begun;
  ctl.say("drill " + human(begun["id"]) + " has begun; everdialctl failover abort " + human(begun["id"]) + " ends it at once");
  while (true) {
    drill = ctl.api().get("/drills/" + human(begun["id"]));
    for (const json& change : drill["changes"]) {
      if (!told.insert(change["id"].get<int64_t>()).second || ctl.format != Format::human) continue;
      ctl.out << "  " << change["at"].get<std::string>() << "  " << change["resource"].get<std::string>() << " from "
              << change["from"].value("server", "?") << " to " << change["to"].value("server", "?") << " after "
              << human(change["without_master_ms"]) << " ms\n"
              << std::flush;
    }
    if (drill["state"] != "under_way") break;
    std::this_thread::sleep_for(kLookEach);
  }
  if (ctl.format != Format::human) return ctl.show(drill);
  ctl.say("drill " + human(begun["id"]) + (drill["state"] == "aborted" ? " was aborted" : " has ended") + "; " +
          std::to_string(told.size()) + " changes of master");
}

void add_drill(CLI::App& failover, Ctl& ctl) {
  Command drill(failover, "drill", "kill a server's components, or one, and hold them down for a while; tells who takes over");
  const auto target = drill.argument("SERVER|SERVER/COMPONENT", "what is to fail");
  const auto seconds = drill.option("--seconds", "how long it is held down", "10");
  const auto calls = drill.option("--most-calls", "refuse when more calls in the air could be touched", "0");
  const auto spare = drill.flag("--without-spare", "although a second failure meanwhile could not be borne");
  drill.run([&ctl, target, seconds, calls, spare] {
    json body = {{"seconds", static_cast<int64_t>(number("--seconds", *seconds))},
                 {"most_calls", static_cast<int64_t>(number("--most-calls", *calls))},
                 {"without_spare", *spare}};
    const size_t slash = target->find('/');
    body["server"] = target->substr(0, slash);
    if (slash != std::string::npos) body["component"] = target->substr(slash + 1);
    watch_drill(ctl, ctl.api().call("POST", "/drills", body));
  });
  Command drills(failover, "drills", "drills, newest first");
  drills.run([&ctl] { ctl.show_rows(kDrills, ctl.api().items("/drills", ctl.most_items)); });
  Command abort(failover, "abort", "end a drill at once");
  const auto id = abort.argument("DRILL", "id");
  abort.run([&ctl, id] {
    ctl.api().call("POST", "/drills/" + encoded(*id) + "/abort");
    ctl.say("drill " + *id + " is aborted; what it killed starts again");
  });
}

}  // namespace

void add_failover_commands(CLI::App& app, Ctl& ctl) {
  auto& failover = group(app, "failover", "what failed and who took over, what would, and drills");
  Command history(failover, "history", "each change of master, newest first");
  const auto resource = history.option("--resource", "only this one, or this kind: rule_engine, job/42, job");
  const auto server = history.option("--from", "only what this server lost");
  history.run([&ctl, resource, server] {
    ctl.show_rows(kFailovers, ctl.api().items("/failovers" + query({{"resource", *resource}, {"server", *server}}), ctl.most_items));
  });
  Command show(failover, "show", "one of them: timeline, evidence, attempts settled, what else changed hands");
  const auto shown = show.argument("ID", "from the history");
  show.run([&ctl, shown] { show_failover(ctl, ctl.api().get("/failovers/" + encoded(*shown))); });
  Command what_if(failover, "what-if", "what would move where, were this server lost now, and how long it would take");
  const auto lost = what_if.argument("SERVER", "name");
  what_if.run([&ctl, lost] { show_what_if(ctl, ctl.api().get("/servers/" + encoded(*lost) + "/what-if")); });
  Command(failover, "readiness", "how many servers may be lost, and whether each could take over").run([&ctl] {
    show_readiness(ctl, ctl.api().get("/readiness"));
  });
  add_drill(failover, ctl);
}

}  // namespace everdial::ctl
