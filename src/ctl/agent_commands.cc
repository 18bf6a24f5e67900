#include <CLI/CLI.hpp>
#include <algorithm>
#include <chrono>
#include <map>
#include <thread>

#include "ctl/ctl.h"

namespace everdial::ctl {
namespace {

using nlohmann::json;

const std::vector<Column> kAgents = {{"ID", "/id"},
                                     {"LOGIN", "/login"},
                                     {"NAME", "/name"},
                                     {"ZONE", "/zone"},
                                     {"STATE", "/states/agent"},
                                     {"CALL", "/states/call"},
                                     {"LINE", "/states/nail"},
                                     {"JOB", "/job_id"},
                                     {"REASON", "/reason"},
                                     {"SINCE", "/since"}};

const std::vector<Column> kZones = {{"ZONE", "/name"},
                                    {"ALLOCATED TO", "/allocated_to"},
                                    {"MANAGED BY", "/manager/server"},
                                    {"EPOCH", "/epoch"},
                                    {"AGENTS", "/agents"},
                                    {"LOGGED ON", "/logged_on"},
                                    {"READY", "/states/ready"},
                                    {"BUSY", "/states/busy"},
                                    {"SAVED", "/saved_server"},
                                    {"MOVING", "/moving"}};

/// By id or login: a login may be a number, which then goes before an id.
std::string agent_path(Ctl& ctl, const std::string& agent) {
  const auto found = ctl.api().items("/agents" + query({{"login", agent}}), 1);
  if (!found.empty()) return "/agents/" + human(found[0]["id"]);
  if (agent.empty() || agent.find_first_not_of("0123456789") != std::string::npos)
    throw Failure(kNotFound, "there is no agent \"" + agent + "\"");
  return "/agents/" + agent;
}

int64_t agent_id(Ctl& ctl, const std::string& agent) {
  const std::string path = agent_path(ctl, agent);
  return static_cast<int64_t>(number("AGENT", path.substr(path.rfind('/') + 1)));
}

/// "Spanish=7,billing=3"
json skills_of(const std::string& text) {
  json out = json::object();
  for (const std::string& one : split(text)) {
    const size_t equals = one.find('=');
    if (equals == std::string::npos) throw Failure(kUsage, "--skills: \"" + one + "\" is no skill with its level, as Spanish=7");
    out[one.substr(0, equals)] = static_cast<int64_t>(number("--skills", one.substr(equals + 1)));
  }
  return out;
}

/// Which agents a list or a watch is about.
struct Which {
  explicit Which(Command& command)
      : zone(command.option("--zone", "only agents of this zone")),
        state(command.option("--state", "only in this state; logged_on for all who are not logged out")) {}

  std::vector<json> agents(Ctl& ctl) const {
    return ctl.api().items("/agents" + query({{"zone", *zone}, {"state", *state}}), ctl.most_items);
  }

  Command::Text zone, state;
};

std::string states_of(const json& agent) {
  std::string out = human(agent["states"]["agent"]) + ", " + human(agent["states"]["call"]) + ", line " + human(agent["states"]["nail"]);
  if (agent.contains("job_id")) out += ", job " + human(agent["job_id"]) + " " + human(agent["states"]["job"]);
  if (agent.contains("reason")) out += ", " + human(agent["reason"]);
  return out;
}

/// A line for each agent whose states are not those of the look before.
void watch_agents(Ctl& ctl, const Which& which, double seconds) {
  std::map<int64_t, std::string> before;
  const auto until = std::chrono::steady_clock::now() + std::chrono::duration<double>(seconds);
  do {
    for (const json& agent : which.agents(ctl)) {
      std::string now = states_of(agent);
      std::string& was = before[agent["id"].get<int64_t>()];
      if (now == was) continue;
      if (ctl.format == Format::human) ctl.out << human(agent["login"]) << ": " << now << std::endl;
      else ctl.out << agent.dump() << std::endl;
      was = std::move(now);
    }
    if (seconds > 0 && std::chrono::steady_clock::now() >= until) return;
    std::this_thread::sleep_for(kLookEach);
  } while (true);
}

void add_reading(CLI::App& agents, Ctl& ctl) {
  Command list(agents, "list", "agents, and what each does now");
  const Which listed(list);
  list.run([&ctl, listed] { ctl.show_rows(kAgents, listed.agents(ctl)); });

  Command show(agents, "show", "one agent");
  const auto shown = show.argument("AGENT", "id or login");
  show.run([&ctl, shown] { ctl.show(ctl.api().get(agent_path(ctl, *shown))); });

  Command job(agents, "job", "how agents work for a job now, and the share of those who answered and found none");
  const auto worked_for = job.argument("JOB", "id");
  job.run([&ctl, worked_for] { ctl.show(ctl.api().get("/jobs/" + encoded(*worked_for) + "/agents")); });

  Command watch(agents, "watch", "a line for each change of an agent's states, until interrupted");
  const Which watched(watch);
  const auto seconds = watch.option("--seconds", "end after so long");
  watch.run([&ctl, watched, seconds] { watch_agents(ctl, watched, seconds->empty() ? 0 : number("--seconds", *seconds)); });

  Command(agents, "zones", "zones with agents: where they are to be managed and where they are, how many are logged on").run([&ctl] {
    ctl.show_rows(kZones, ctl.api().get("/agent-zones")["items"].get<std::vector<json>>());
  });
}

void add_changing(CLI::App& agents, Ctl& ctl) {
  Command create(agents, "create", "make an agent");
  const auto login = create.argument("LOGIN", "letters, digits and _.@-");
  const auto name = create.option("--name", "for people");
  const auto zone = create.option("--zone", "whose campaigns the agent works for", "default");
  const auto skills = create.option("--skills", "names with levels from 1 to 10, as Spanish=7,billing=3");
  const auto supervisor = create.flag("--supervisor", "may move, force and monitor other agents of the zone");
  const auto file = create.option("--password-file", "file with the password; - for standard input");
  create.run([&ctl, login, name, zone, skills, supervisor, file] {
    ctl.show(ctl.api().call("POST", "/agents",
                            {{"login", *login},
                             {"name", *name},
                             {"zone", *zone},
                             {"skills", skills_of(*skills)},
                             {"supervisor", *supervisor},
                             {"password", read_password(ctl, *file, "Password for " + *login)}}));
  });

  Command update(agents, "update", "change an agent; what is left out stays");
  const auto updated = update.argument("AGENT", "id or login");
  const auto new_name = update.option("--name", "for people");
  const auto new_skills = update.option("--skills", "all of them, as Spanish=7,billing=3; none for no skill");
  const auto new_zone = update.option("--zone", "whose campaigns the agent works for; only while logged out");
  const auto new_supervisor = update.option("--supervisor", "yes or no: may move, force and monitor other agents of the zone");
  update.run([&ctl, updated, new_name, new_skills, new_zone, new_supervisor] {
    json body = json::object();
    if (!new_name->empty()) body["name"] = *new_name;
    if (!new_skills->empty()) body["skills"] = *new_skills == "none" ? json::object() : skills_of(*new_skills);
    if (!new_zone->empty()) body["zone"] = *new_zone;
    if (!new_supervisor->empty() && *new_supervisor != "yes" && *new_supervisor != "no") throw Failure(kUsage, "--supervisor: yes or no");
    if (!new_supervisor->empty()) body["supervisor"] = *new_supervisor == "yes";
    ctl.show(ctl.api().call("PUT", agent_path(ctl, *updated), body));
  });

  Command password(agents, "password", "set an agent's password");
  const auto whose = password.argument("AGENT", "id or login");
  const auto new_file = password.option("--password-file", "file with the password; - for standard input");
  password.run([&ctl, whose, new_file] {
    const std::string path = agent_path(ctl, *whose);
    ctl.api().call("PUT", path, {{"password", read_password(ctl, *new_file, "Password for " + *whose)}});
    ctl.say("the password of " + *whose + " is set");
  });

  Command reasons(agents, "reasons", "set why agents of a zone may be not ready");
  const auto of = reasons.argument("ZONE", "name");
  const auto codes = reasons.arguments("REASON", "code, or code=text, as lunch=\"Lunch break\"");
  reasons.run([&ctl, of, codes] {
    json all = json::array();
    for (const std::string& one : *codes) {
      const size_t equals = one.find('=');
      all.push_back({{"code", one.substr(0, equals)}, {"text", equals == std::string::npos ? "" : one.substr(equals + 1)}});
    }
    ctl.show_rows({{"CODE", "/code"}, {"TEXT", "/text"}},
                  ctl.api().call("PUT", "/agent-zones/" + encoded(*of), {{"reasons", all}})["reasons"].get<std::vector<json>>());
  });

  Command remove(agents, "delete", "remove an agent who is logged out");
  const auto removed = remove.argument("AGENT", "id or login");
  remove.run([&ctl, removed] {
    ctl.api().call("DELETE", agent_path(ctl, *removed));
    ctl.say("agent " + *removed + " is removed");
  });
}

const std::vector<Column> kOrders = {{"ID", "/id"},          {"AGENT", "/login"},   {"ORDER", "/order"},       {"JOB", "/job_id"},
                                     {"TO", "/agent_state"}, {"STATE", "/state"},   {"BECAUSE OF", "/detail"}, {"ASKED BY", "/asked_by"},
                                     {"ASKED", "/asked_at"}, {"ENDED", "/ended_at"}};

bool any_is(const json& orders, const char* state) {
  return std::any_of(orders.begin(), orders.end(), [&](const json& one) { return one["state"] == state; });
}

/// Shows what becomes of those that were asked together, and waits a while for it: the zone may be without a master for a moment.
json outcome(Ctl& ctl, json orders, const std::string& wait) {
  const std::string path = "/agent-orders?request=" + human(orders[0]["request"]);
  const auto until = std::chrono::steady_clock::now() + std::chrono::duration<double>(number("--wait", wait));
  while (any_is(orders, "pending") && std::chrono::steady_clock::now() < until) {
    std::this_thread::sleep_for(kLookEach);
    orders = ctl.api().items(path, 1000);
  }
  ctl.show_rows(kOrders, orders.get<std::vector<json>>());
  return orders;
}

void order_agents(Ctl& ctl, const std::vector<std::string>& agents, json body, const std::string& wait) {
  for (const std::string& agent : agents) body["agents"].push_back(agent_id(ctl, agent));
  const json orders = outcome(ctl, ctl.api().call("POST", "/agent-orders", body)["items"], wait);
  if (any_is(orders, "refused") || any_is(orders, "expired")) ctl.code = kEndedBadly;
}

/// A line for each state that agents of a zone are in.
void show_agent_plan(Ctl& ctl, const json& request) {
  const json plan = ctl.api().call("POST", "/agent-zones/plan", request)["items"];
  if (ctl.format != Format::human) return ctl.show(plan);
  std::vector<json> rows;
  for (const json& zone : plan) {
    json row = zone;
    if (zone["agents"].empty()) rows.push_back(row);
    for (const json& doing : zone["agents"]) {
      row["doing"] = doing;
      rows.push_back(row);
    }
  }
  ctl.show_rows({{"ZONE", "/zone"},
                 {"FROM", "/from"},
                 {"TO", "/to"},
                 {"WHY", "/why"},
                 {"STATE", "/doing/agent"},
                 {"CALL", "/doing/call"},
                 {"AGENTS", "/doing/count"}},
                rows);
}

void add_supervising(CLI::App& agents, Ctl& ctl) {
  constexpr auto wait_help = "so many seconds for what becomes of it; what is pending then is still done by whoever manages the zone next";
  Command move(agents, "move", "to another job, after the call; exit code 6 when one was refused");
  const auto moved = move.arguments("AGENT", "ids or logins");
  const auto job = move.option("--job", "its id; left out: away from the job to none, and not ready");
  const auto move_wait = move.option("--wait", wait_help, "10");
  move.run([&ctl, moved, job, move_wait] {
    json body = {{"order", "move_to_job"}};
    if (!job->empty()) body["job_id"] = static_cast<int64_t>(number("--job", *job));
    order_agents(ctl, *moved, body, *move_wait);
  });

  Command release(agents, "release", "end the call that each has with a contact");
  const auto released = release.arguments("AGENT", "ids or logins");
  const auto release_wait = release.option("--wait", wait_help, "10");
  release.run([&ctl, released, release_wait] { order_agents(ctl, *released, {{"order", "release"}}, *release_wait); });

  Command force(agents, "force", "into a state");
  const auto forced = force.arguments("AGENT", "ids or logins");
  const auto to = force.required_option("--to", "ready, not_ready or logged_out");
  const auto reason = force.option("--reason", "told to the agent");
  const auto force_wait = force.option("--wait", wait_help, "10");
  force.run([&ctl, forced, to, reason, force_wait] {
    json body = {{"order", "force_state"}, {"agent_state", *to}};
    if (!reason->empty()) body["reason"] = *reason;
    order_agents(ctl, *forced, body, *force_wait);
  });

  Command move_zone(agents, "move-zone", "save on which server a zone's agents are to be managed; moves them only with --apply");
  const auto zone = move_zone.argument("ZONE", "name");
  const auto server = move_zone.required_option("--to", "server");
  const auto apply = move_zone.flag("--apply", "now: they stay logged on, and calls go on");
  const auto dry = move_zone.flag("--dry-run", "only show what would move, and what the agents do now");
  move_zone.run([&ctl, zone, server, apply, dry] {
    if (*dry) return show_agent_plan(ctl, {{"zones", {{{"zone", *zone}, {"server", *server}}}}});
    const json saved = ctl.api().call("PUT", "/agent-zones/" + encoded(*zone) + "/server", {{"server", *server}});
    if (!*apply) return ctl.show_rows(kZones, {saved});
    const json applied = ctl.api().call("POST", "/agent-zones/apply", {{"zones", {*zone}}});
    ctl.show_rows(kZones, applied["items"].get<std::vector<json>>());
  });

  Command withdraw(agents, "withdraw", "what was asked of an agent and is pending; exit code 6 when it was done after all");
  const auto withdrawn = withdraw.argument("ORDER", "its id, as orders shows it");
  const auto withdraw_wait = withdraw.option("--wait", wait_help, "10");
  withdraw.run([&ctl, withdrawn, withdraw_wait] {
    const json order = ctl.api().call("DELETE", "/agent-orders/" + encoded(*withdrawn));
    const json ended = outcome(ctl, json::array({order}), *withdraw_wait);
    if (std::any_of(ended.begin(), ended.end(), [&](const json& one) { return one["id"] == order["id"] && one["state"] == "done"; }))
      ctl.code = kEndedBadly;
  });

  Command orders(agents, "orders", "what supervisors have asked of agents, and what became of it; newest first");
  const auto whose = orders.option("--agent", "only of this one, id or login");
  const auto state = orders.option("--state", "only pending, done, refused, expired or withdrawn");
  orders.run([&ctl, whose, state] {
    const std::string id = whose->empty() ? "" : std::to_string(agent_id(ctl, *whose));
    ctl.show_rows(kOrders, ctl.api().items("/agent-orders" + query({{"agent_id", id}, {"state", *state}}), ctl.most_items));
  });
}

}  // namespace

void add_agent_commands(CLI::App& app, Ctl& ctl) {
  auto& agents = group(app, "agents", "people who talk to contacts");
  add_reading(agents, ctl);
  add_changing(agents, ctl);
  add_supervising(agents, ctl);
}

}  // namespace everdial::ctl
