#include <CLI/CLI.hpp>
#include <chrono>
#include <thread>

#include "ctl/ctl.h"

namespace everdial::ctl {
namespace {

using nlohmann::json;

const std::vector<Column> kServers = {
    {"SERVER", "/name"},     {"STATE", "/state"}, {"VERSION", "/version"}, {"CAPACITY", "/capacity"},       {"PARKED", "/parked"},
    {"SETTLED", "/settled"}, {"FLAPS", "/flaps"}, {"ZONES", "/zones"},     {"AGENT ZONES", "/agent_zones"}, {"JOBS", "/jobs"}};
const std::vector<Column> kZones = {{"ZONE", "/name"},     {"STATE", "/state"},           {"HOME", "/home"},
                                    {"SERVER", "/server"}, {"WEIGHT", "/weight"},         {"JOBS", "/jobs"},
                                    {"EPOCH", "/epoch"},   {"SAVED HOME", "/saved_home"}, {"SAVED WEIGHT", "/saved_weight"}};
const std::vector<Column> kPlan = {{"ZONE", "/zone"}, {"FROM", "/from"}, {"TO", "/to"}, {"WHY", "/why"}};
const std::vector<Column> kOrders = {{"ID", "/id"},       {"SERVER", "/server"},  {"COMPONENT", "/component"}, {"ACTION", "/action"},
                                     {"BY", "/asked_by"}, {"ASKED", "/asked_at"}, {"TAKEN", "/taken_at"}};

std::vector<json> items_of(const json& answer) { return answer["items"].get<std::vector<json>>(); }

/// Shows where zones would be, and says that nothing was done.
void show_plan(Ctl& ctl, const json& request) {
  ctl.show_rows(kPlan, items_of(ctl.api().call("POST", "/zones/plan", request)));
  ctl.say("nothing is changed (--dry-run)");
}

json server_named(Ctl& ctl, const std::string& name) {
  for (json& server : items_of(ctl.api().get("/servers")))
    if (server["name"] == name) return std::move(server);
  throw Failure(kNotFound, "there is no server " + name);
}

/// What must be elsewhere before a server is taken away.
std::string work_of(const json& server) {
  return human(server["zones"]) + " zones, " + human(server.value("agent_zones", json(0))) + " zones of agents, " + human(server["jobs"]) +
         " jobs";
}

bool empty(const json& server) { return server["zones"] == 0 && server.value("agent_zones", 0) == 0 && server["jobs"] == 0; }

/// What stands against taking a server away: work that nobody else could do, and others that could not take over.
void upgrade_check(Ctl& ctl, const std::string& name) {
  const json server = server_named(ctl, name), loss = ctl.api().get("/servers/" + encoded(name) + "/what-if");
  std::vector<json> rows;
  const auto add = [&](const char* check, bool met, const std::string& detail) {
    rows.push_back({{"check", check}, {"met", met}, {"detail", detail}});
    if (!met) ctl.code = kEndedBadly;
  };
  const bool replaceable = loss["without_work"].empty();
  add("others do its work", replaceable, replaceable ? "yes" : "nobody else runs " + list_of(loss["without_work"]));
  const json readiness = ctl.api().get("/readiness");
  for (const json& other : readiness["servers"]) {
    if (other["server"] == name) continue;
    std::string missing;
    // Versions differ in the middle of an upgrade, as they may.
    for (const json& need : other["needs"])
      if (!need["met"].get<bool>() && need["need"] != "version")
        missing += (missing.empty() ? "" : "; ") + need["detail"].get<std::string>();
    add(("ready: " + other["server"].get<std::string>()).c_str(), missing.empty(), missing.empty() ? "yes" : missing);
  }
  const std::string holds = work_of(server) + ", " + human(loss["calls"]) + " calls that it could touch";
  rows.push_back({{"check", "parked and empty"}, {"met", server["parked"].get<bool>() && empty(server)}, {"detail", holds}});
  ctl.show_rows({{"CHECK", "/check"}, {"MET", "/met"}, {"DETAIL", "/detail"}}, rows);
  if (ctl.code == kDone)
    ctl.say(server["parked"].get<bool>() ? name + " may be stopped" : "next: everdialctl servers park " + name + " --wait");
}

void add_component(CLI::App& app, Ctl& ctl) {
  auto& component = group(app, "component", "start and stop one component on one server");
  for (const auto& [action, help] :
       {std::pair{"start", "after a stop"}, std::pair{"stop", "gracefully; it stays stopped, over restarts too, until it is started"},
        std::pair{"kill", "at once (kill -9); its server starts it again"}, std::pair{"restart", "gracefully; it runs again at once"}}) {
    Command order(component, action, help);
    const auto server = order.argument("SERVER", "name");
    const auto name = order.argument("COMPONENT", "such as campaign_director; of several (mpp) all are meant");
    order.run([&ctl, server, name, action = std::string(action)] {
      const json kept =
          ctl.api().call("POST", "/servers/" + encoded(*server) + "/components/" + encoded(*name) + "/orders", {{"action", action}});
      if (ctl.format != Format::human) return ctl.show(kept);
      ctl.say(action + " of " + *name + " on " + *server +
              " is ordered; everdialctl status shows it, everdialctl component orders who asked");
    });
  }
  Command orders(component, "orders", "what was asked of components, when and by whom, newest first");
  const auto of = orders.option("--of", "only of this server");
  orders.run([&ctl, of] { ctl.show_rows(kOrders, ctl.api().items("/component-orders" + query({{"server", *of}}), ctl.most_items)); });
}

void add_servers(CLI::App& app, Ctl& ctl) {
  auto& servers = listing(app, "servers", "the servers; with a verb, maintenance of one",
                          [&ctl] { ctl.show_rows(kServers, items_of(ctl.api().get("/servers"))); });
  for (const auto& [verb, help, parked] : {std::tuple{"park", "maintenance: its zones and jobs go to others, and nothing comes back", true},
                                           std::tuple{"unpark", "take it back", false}}) {
    Command park(servers, verb, help);
    const auto server = park.argument("SERVER", "name");
    const auto dry = park.flag("--dry-run", "only show which zones would move");
    const auto wait =
        parked ? park.flag("--wait", "until it has no zone, no zone's agents and no job any more") : std::make_shared<bool>(false);
    park.run([&ctl, server, dry, wait, parked = parked] {
      if (*dry) return show_plan(ctl, {{"servers", {{{"server", *server}, {"parked", parked}}}}});
      json now = ctl.api().call("PUT", "/servers/" + encoded(*server), {{"parked", parked}});
      while (*wait && !empty(now)) {
        ctl.progress(*server + " has " + work_of(now));
        std::this_thread::sleep_for(kLookEach);
        now = server_named(ctl, *server);
      }
      ctl.end_progress();
      ctl.show_rows(kServers, {now});
    });
  }
  Command check(servers, "upgrade-check", "may this server be taken away now? Exit code 6 when not");
  const auto checked = check.argument("SERVER", "name");
  check.run([&ctl, checked] { upgrade_check(ctl, *checked); });
  Command capacity(servers, "capacity", "how much a server can take, relative to the others");
  const auto server = capacity.argument("SERVER", "name");
  const auto size = capacity.argument("CAPACITY", "above 0; 1 is usual");
  capacity.run([&ctl, server, size] {
    ctl.show_rows(kServers, {ctl.api().call("PUT", "/servers/" + encoded(*server), {{"capacity", number("CAPACITY", *size)}})});
  });
}

void add_zones(CLI::App& app, Ctl& ctl) {
  auto& zones = listing(app, "zones", "the zones, where they belong and where they are; with a verb, where they shall be",
                        [&ctl] { ctl.show_rows(kZones, items_of(ctl.api().get("/zones"))); });
  Command set(zones, "set", "save a zone's home and weight; moves it only with --apply");
  const auto zone = set.argument("ZONE", "name");
  const auto home = set.option("--home", "the server that it is to belong to");
  const auto weight = set.option("--weight", "how much it takes, relative to the others");
  const auto dry = set.flag("--dry-run", "only show what would move");
  const auto now = set.flag("--apply", "move it now, by graceful hand-over");
  set.run([&ctl, zone, home, weight, dry, now] {
    json change = json::object();
    if (!home->empty()) change["home"] = *home;
    if (!weight->empty()) change["weight"] = number("--weight", *weight);
    if (change.empty()) throw Failure(kUsage, "nothing to save: give --home, --weight or both");
    if (*dry) {
      change["zone"] = *zone;
      return show_plan(ctl, {{"zones", {change}}});
    }
    json saved = ctl.api().call("PUT", "/zones/" + encoded(*zone), change);
    if (!*now) return ctl.show_rows(kZones, {saved});
    ctl.show_rows(kZones, items_of(ctl.api().call("POST", "/zones/apply", {{"zones", {*zone}}})));
  });

  Command apply(zones, "apply", "make valid what is saved of these zones, and bring them home now");
  const auto names = apply.arguments("ZONE", "names");
  const auto only_show = apply.flag("--dry-run", "only show where all zones would be, were all that is saved applied");
  apply.run([&ctl, names, only_show] {
    if (*only_show) return show_plan(ctl, {{"with_saved", true}});
    ctl.show_rows(kZones, items_of(ctl.api().call("POST", "/zones/apply", {{"zones", *names}})));
  });
}

}  // namespace

void add_server_commands(CLI::App& app, Ctl& ctl) {
  add_servers(app, ctl);
  add_component(app, ctl);
  add_zones(app, ctl);
}

}  // namespace everdial::ctl
