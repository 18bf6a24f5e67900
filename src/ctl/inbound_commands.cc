#include <CLI/CLI.hpp>

#include "ctl/ctl.h"

namespace everdial::ctl {
namespace {

using nlohmann::json;

const std::vector<Column> kQueues = {{"ID", "/id"},
                                     {"ZONE", "/zone"},
                                     {"QUEUE", "/name"},
                                     {"NEEDS", "/need"},
                                     {"AGENTS", "/agents"},
                                     {"COMING", "/agents_coming"},
                                     {"LENGTH", "/figures/length"},
                                     {"WAIT S", "/figures/expected_wait_s"},
                                     {"LEVEL %", "/figures/service_level"},
                                     {"TOLD", "/figures/at"},
                                     {"MOVED", "/stepped_at"}};

/// "5:1": beyond five, and back at one.
json limits_of(const std::string& option, const std::string& text) {
  const size_t colon = text.find(':');
  if (colon == std::string::npos) throw Failure(kUsage, option + ": \"" + text + "\" is no limit and way back, as 5:1");
  return {{"limit", number(option, text.substr(0, colon))}, {"back", number(option, text.substr(colon + 1))}};
}

/// The settings that are given on the command line.
struct Given {
  explicit Given(Command& command)
      : limits{{"length", "--length", command.option("--length", "callers who wait: LIMIT:BACK, as 5:1; none for no limit")},
               {"expected_wait_s", "--wait", command.option("--wait", "expected wait in seconds: LIMIT:BACK, as 60:20; none for no limit")},
               {"service_level", "--level",
                command.option("--level", "service level in percent: LIMIT:BACK, as 80:90; none for no limit")}},
        numbers{
            {"agents_most", "--agents-most", command.option("--agents-most", "whom it has at once")},
            {"outbound_least", "--outbound-least", command.option("--outbound-least", "it takes nobody when fewer would stay outbound")},
            {"step_every_s", "--step-every", command.option("--step-every", "seconds between two moves")},
            {"stay_s", "--stay", command.option("--stay", "seconds that an agent stays on either side")},
            {"stale_after_s", "--stale-after",
             command.option("--stale-after", "seconds; figures that are older tell nothing, and agents come back")}},
        skill(command.option("--skill", "of the agents it takes; none for any")) {}

  void put_into(json& settings) const {
    for (const auto& [field, option, text] : limits) {
      if (*text == "none") settings.erase(field);
      else if (!text->empty()) settings[field] = limits_of(option, *text);
    }
    for (const auto& [field, option, text] : numbers)
      if (!text->empty()) settings[field] = number(option, *text);
    if (!skill->empty()) settings["skill"] = *skill == "none" ? "" : *skill;
  }

  struct Field {
    const char *name, *option;
    Command::Text text;
  };
  std::vector<Field> limits, numbers;
  Command::Text skill;
};

/// By id, or ZONE/QUEUE.
json find_queue(Ctl& ctl, const std::string& text) {
  const size_t slash = text.find('/');
  if (slash == std::string::npos) return ctl.api().get("/inbound-queues/" + encoded(text));
  for (json& queue : ctl.api().items("/inbound-queues" + query({{"zone", text.substr(0, slash)}}), 1000))
    if (queue["name"] == text.substr(slash + 1)) return std::move(queue);
  throw Failure(kNotFound, "there is no inbound queue \"" + text + "\"");
}
std::string queue_path(const json& queue) { return "/inbound-queues/" + human(queue["id"]); }

}  // namespace

void add_inbound_commands(CLI::App& app, Ctl& ctl) {
  auto& inbound = group(app, "inbound", "queues of an outside contact center to which agents are moved when it is long");
  constexpr auto which_help = "id, or ZONE/NAME";

  Command list(inbound, "list", "queues, how they are, and how many agents each has");
  const auto zone = list.option("--zone", "only queues of this zone");
  list.run([&ctl, zone] { ctl.show_rows(kQueues, ctl.api().items("/inbound-queues" + query({{"zone", *zone}}), ctl.most_items)); });

  Command show(inbound, "show", "one queue with its settings");
  const auto shown = show.argument("QUEUE", which_help);
  show.run([&ctl, shown] { ctl.show(find_queue(ctl, *shown)); });

  Command create(inbound, "create", "let agents be moved to a queue and back");
  const auto of = create.argument("ZONE", "of the agents");
  const auto name = create.argument("NAME", "as the outside contact center tells of it");
  const Given first(create);
  create.run([&ctl, of, name, first] {
    json body = {{"zone", *of}, {"name", *name}, {"settings", json::object()}};
    first.put_into(body["settings"]);
    ctl.show(ctl.api().call("POST", "/inbound-queues", body));
  });

  Command update(inbound, "update", "set when agents are moved; what is left out stays");
  const auto updated = update.argument("QUEUE", which_help);
  const Given changed(update);
  update.run([&ctl, updated, changed] {
    const json queue = find_queue(ctl, *updated);
    json body = {{"settings", queue["settings"]}};
    changed.put_into(body["settings"]);
    ctl.show(ctl.api().call("PUT", queue_path(queue), body));
  });

  Command remove(inbound, "delete", "move agents to it no more; those whom it has come back");
  const auto removed = remove.argument("QUEUE", which_help);
  remove.run([&ctl, removed] {
    ctl.api().call("DELETE", queue_path(find_queue(ctl, *removed)));
    ctl.say("the inbound queue " + *removed + " is removed");
  });

  Command tell(inbound, "tell", "tell how a queue is now, as an outside contact center does");
  const auto told_zone = tell.argument("ZONE", "of the agents");
  const auto told = tell.argument("NAME", "of the queue");
  const std::vector<Given::Field> measures{{"length", "--length", tell.option("--length", "callers who wait")},
                                           {"expected_wait_s", "--wait", tell.option("--wait", "expected wait in seconds")},
                                           {"service_level", "--level", tell.option("--level", "service level in percent")}};
  tell.run([&ctl, told_zone, told, measures] {
    json one = {{"queue", *told}};
    for (const auto& [field, option, text] : measures)
      if (!text->empty()) one[field] = number(option, *text);
    ctl.api().call("PUT", "/inbound-figures", {{"zone", *told_zone}, {"queues", json::array({one})}});
    ctl.say("taken");
  });
}

}  // namespace everdial::ctl
