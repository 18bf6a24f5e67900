#include <CLI/CLI.hpp>
#include <cmath>

#include "ctl/ctl.h"

namespace everdial::ctl {
namespace {

using nlohmann::json;

/// Components down, servers across: the state in each field, with the instances beside each other.
void show_matrix(Ctl& ctl, const json& status) {
  std::vector<Column> columns = {{"COMPONENT", "/component"}};
  std::vector<json> rows;
  for (const json& server : status["servers"]) columns.push_back({server["name"].get<std::string>(), "/" + std::to_string(columns.size())});
  for (const json& name : status["components"]) {
    json row = {{"component", name}};
    for (size_t i = 0; i < status["servers"].size(); ++i) {
      std::string states;
      for (const json& c : status["servers"][i]["components"])
        if (c["component"] == name) states += (states.empty() ? "" : " ") + c["state"].get<std::string>();
      row[std::to_string(i + 1)] = states.empty() ? "-" : states;
    }
    rows.push_back(std::move(row));
  }
  ctl.out << table(columns, rows);
  for (const json& r : status["restrictions"])
    ctl.out << "held back by load: " << r["name"].get<std::string>() << ", " << r["reason"].get<std::string>() << ", since "
            << r["since"].get<std::string>() << '\n';
}

const std::vector<Column> kLeases = {
    {"RESOURCE", "/resource"}, {"EPOCH", "/epoch"}, {"SERVER", "/server"}, {"COMPONENT", "/component"}, {"SINCE", "/since"}};

}  // namespace

void add_status_commands(CLI::App& app, Ctl& ctl) {
  Command(app, "status", "every component on every server, and who is master").run([&ctl] {
    const json status = ctl.api().get("/status");
    if (ctl.format == Format::human) show_matrix(ctl, status);
    else ctl.show(status);
  });

  Command alarms(app, "alarms", "what is wrong now and what to do; with --all, of late");
  const auto all = alarms.flag("--all", "those that are cleared, too");
  alarms.run([&ctl, all] {
    const std::vector<Column> columns = {
        {"ID", "/id"}, {"KIND", "/kind"}, {"SUBJECT", "/subject"}, {"RAISED", "/raised_at"}, {"CLEARED", "/cleared_at"}, {"TEXT", "/text"}};
    ctl.show_rows(columns, *all ? ctl.api().items("/alarms", ctl.most_items) : ctl.api().get("/status")["alarms"].get<std::vector<json>>());
  });

  Command(app, "load", "how loaded each server is; what is held back by it is in everdialctl status").run([&ctl] {
    std::vector<json> rows = ctl.api().get("/loads")["items"].get<std::vector<json>>();
    if (ctl.format == Format::human)
      for (json& row : rows)
        for (const char* share : {"cpu", "memory"}) row[share] = std::to_string(std::lround(row[share].get<double>() * 100)) + " %";
    ctl.show_rows({{"SERVER", "/server"},
                   {"LEVEL", "/level"},
                   {"SINCE", "/since"},
                   {"PROCESSORS", "/cpu"},
                   {"MEMORY", "/memory"},
                   {"RUN QUEUE", "/run_queue"},
                   {"AS OF", "/sampled_at"},
                   {"BECAUSE", "/reason"}},
                  rows);
  });

  Command leases(app, "leases", "who is master of what; with a resource, how that came about");
  const auto resource = leases.optional_argument("RESOURCE", "such as campaign_director or job/42");
  leases.run([&ctl, resource] {
    if (resource->empty()) return ctl.show_rows(kLeases, ctl.api().get("/status")["leases"].get<std::vector<json>>());
    std::string name = *resource;
    if (const size_t slash = name.find('/'); slash != std::string::npos) name[slash] = ':';
    ctl.show_rows({{"AT", "/at"},
                   {"EPOCH", "/epoch"},
                   {"FROM", "/from/server"},
                   {"COMPONENT", "/from/component"},
                   {"TO", "/to/server"},
                   {"COMPONENT", "/to/component"},
                   {"REASON", "/reason"},
                   {"DETECT MS", "/detect_ms"},
                   {"ACQUIRE MS", "/acquire_ms"}},
                  ctl.api().items("/leases/" + encoded(name) + "/history", ctl.most_items));
  });

  Command(app, "config", "where the servers are and who we are, as this program sees it").run([&ctl] {
    const Settings& s = ctl.api().settings();
    ctl.show({{"servers", s.servers}, {"ca_file", s.ca_file}, {"configuration_file", s.file}, {"token_from", s.token_from}});
  });
}

}  // namespace everdial::ctl
