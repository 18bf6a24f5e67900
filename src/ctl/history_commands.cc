#include <CLI/CLI.hpp>

#include "ctl/ctl.h"

namespace everdial::ctl {
namespace {

using nlohmann::json;

const std::vector<Column> kBuckets = {
    {"AT", "/at"},         {"ATTEMPTS", "/attempts"}, {"ANSWERED", "/answered"}, {"NUISANCE", "/nuisance"},
    {"TALK S", "/talk_s"}, {"RING S", "/ring_s"}};

void add_history(CLI::App& app, Ctl& ctl) {
  auto& history = group(app, "history", "what jobs and campaigns came to");
  Command job(history, "job", "a job by code and by hour");
  const auto shown = job.argument("JOB", "id");
  job.run([&ctl, shown] {
    const json summary = ctl.api().get("/jobs/" + encoded(*shown) + "/summary");
    if (ctl.format != Format::human) return ctl.show(summary);
    json head = summary;
    head.erase("by_code");
    head.erase("by_hour");
    ctl.out << members(head)
            << table({{"RESULT", "/code"}, {"ATTEMPTS", "/attempts"}, {"TALK S", "/talk_s"}}, summary["by_code"].get<std::vector<json>>())
            << table(kBuckets, summary["by_hour"].get<std::vector<json>>());
  });

  Command trend(history, "trend", "all jobs of a campaign over time");
  const auto campaign = trend.argument("CAMPAIGN", "id or name");
  const auto by = trend.option("--by", "hour or day (UTC)", "hour");
  trend.run([&ctl, campaign, by] {
    const json answer =
        ctl.api().get("/campaigns/" + std::to_string(ctl.api().id_of("/campaigns", *campaign)) + "/trend" + query({{"by", *by}}));
    if (ctl.format != Format::human) return ctl.show(answer);
    ctl.say("as of " + human(answer["as_of"]));
    ctl.out << table(kBuckets, answer["buckets"].get<std::vector<json>>());
  });

  Command(history, "nuisance", "days on which too many of those who answered were dropped").run([&ctl] {
    ctl.show_rows({{"DAY", "/day"},
                   {"CAMPAIGN", "/campaign_name"},
                   {"ANSWERED", "/answered"},
                   {"NUISANCE", "/nuisance"},
                   {"ALLOWED", "/most"},
                   {"RAISED", "/raised_at"}},
                  ctl.api().items("/nuisance-alarms", ctl.most_items));
  });
}

void add_retention(CLI::App& app, Ctl& ctl) {
  auto& retention = group(app, "retention", "how long things are kept, in days");
  Command(retention, "show", "the settings; what is not there is kept for ever").run([&ctl] { ctl.show(ctl.api().get("/retention")); });

  Command set(retention, "set", "change settings; the others stay");
  std::vector<std::pair<std::string, Command::Text>> options;
  for (const auto& [name, help] :
       {std::pair{"attempts", "of ended jobs"}, std::pair{"contacts", "of lists that no job has used for so long"},
        std::pair{"uploads", "bytes of imported files"}, std::pair{"exports", "exported files"},
        std::pair{"orders", "what supervisors asked of agents, once it has ended"}})
    options.emplace_back(std::string(name) + "_days", set.option("--" + std::string(name) + "-days", std::string(help) + "; or forever"));
  set.run([&ctl, options] {
    json body = ctl.api().get("/retention");
    for (const auto& [member, text] : options) {
      if (*text == "forever") body.erase(member);
      else if (!text->empty()) body[member] = static_cast<int64_t>(number("--" + member, *text));
    }
    ctl.show(ctl.api().call("PUT", "/retention", body));
  });
}

void add_purges(CLI::App& app, Ctl& ctl) {
  auto& purges = group(app, "purges", "removals of what is kept long enough");
  Command(purges, "list", "purges and what they removed, newest first").run([&ctl] {
    ctl.show_rows({{"ID", "/id"},
                   {"STATE", "/state"},
                   {"BY", "/begun_by"},
                   {"ATTEMPTS", "/removed/attempts"},
                   {"CONTACTS", "/removed/contacts"},
                   {"UPLOADS", "/removed/uploads"},
                   {"EXPORTS", "/removed/exports"},
                   {"ORDERS", "/removed/orders"},
                   {"BEGUN", "/created_at"},
                   {"FINISHED", "/finished_at"}},
                  ctl.api().items("/purges", ctl.most_items));
  });
  Command(purges, "start", "remove now what is kept long enough").run([&ctl] { ctl.show(ctl.api().call("POST", "/purges")); });
}

}  // namespace

void add_history_commands(CLI::App& app, Ctl& ctl) {
  add_history(app, ctl);
  add_retention(app, ctl);
  add_purges(app, ctl);
}

}  // namespace everdial::ctl
