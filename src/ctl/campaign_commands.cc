#include <CLI/CLI.hpp>
#include <chrono>
#include <thread>

#include "ctl/ctl.h"

namespace everdial::ctl {
namespace {

using nlohmann::json;

const std::vector<Column> kCounts = {{"RESULT", "/code"}, {"COUNT", "/count"}};

std::string campaign_path(Ctl& ctl, const std::string& name) { return "/campaigns/" + std::to_string(ctl.api().id_of("/campaigns", name)); }

/// What makes a campaign, on the command line.
struct CampaignOptions {
  explicit CampaignOptions(Command& command)
      : strategy(command.option("--strategy", "file with the strategy as JSON; - for standard input")),
        calls_per_second(command.option("--calls-per-second", "most calls a second in one job")),
        max_calls(command.option("--max-calls", "most calls in the air at once in one job")),
        finish(command.option("--finish", "file with the finish criteria as JSON; - for standard input")),
        agents(command.option("--agents", "file with what is asked of agents as JSON; - for standard input")),
        pacing(command.option("--pacing", "with agents: manual, preview, progressive or predictive; none: without agents")) {}

  void put_into(Ctl& ctl, json& body) const {
    put_json(ctl, body, "strategy", *strategy);
    put_json(ctl, body, "finish", *finish);
    put_json(ctl, body, "agents", *agents);
    if (*pacing == "none") body.erase("agents");
    else if (!pacing->empty()) body["agents"]["pacing"] = *pacing;
    if (!calls_per_second->empty()) body["calls_per_second"] = number("--calls-per-second", *calls_per_second);
    if (!max_calls->empty()) body["max_calls"] = static_cast<int64_t>(number("--max-calls", *max_calls));
  }

  static void put_json(Ctl& ctl, json& body, const char* member, const std::string& file) {
    if (file.empty()) return;
    body[member] = json::parse(read_input(ctl, file), nullptr, false);
    if (body[member].is_discarded()) throw Failure(kUsage, std::string("the ") + member + " in " + file + " is not JSON");
  }

  Command::Text strategy, calls_per_second, max_calls, finish, agents, pacing;
};

std::string progress_of(const json& job) {
  const json& p = job["progress"];
  std::string line = human(job["state"]) + "  " + bar(p["done"].get<int64_t>(), p["contacts"].get<int64_t>()) + "  " + human(p["done"]) +
                     " of " + human(p["contacts"]) + " contacts, " + human(p["in_flight"]) + " in the air, " + human(p["attempts"]) +
                     " attempts";
  if (p.contains("attempts_per_s")) line += ", " + human(p["attempts_per_s"]) + " a second";
  return line;
}

void show_job(Ctl& ctl, const json& job) {
  if (ctl.format != Format::human) return ctl.show(job);
  json head = job;
  head.erase("results");
  head.erase("contact_results");
  head.erase("progress");
  head.erase("owner");
  if (job["finish"].empty()) head.erase("finish");
  head.erase("agents");
  if (job.contains("agents")) head["pacing"] = job["agents"]["pacing"];
  if (job.contains("owner")) head["owner"] = job["owner"].value("server", "a server that is gone");
  ctl.out << members(head) << progress_of(job) << "\n";
  if (!job["results"].empty()) ctl.out << table(kCounts, job["results"].get<std::vector<json>>());
}

void watch_job(Ctl& ctl, const std::string& path) {
  json job = ctl.api().get(path);
  while (job["state"] != "completed" && job["state"] != "stopped") {
    ctl.progress(progress_of(job));
    std::this_thread::sleep_for(kLookEach);
    job = ctl.api().get(path);
  }
  ctl.end_progress();
  if (job["state"] == "stopped") ctl.code = kEndedBadly;
  show_job(ctl, job);
}

void add_campaigns(CLI::App& app, Ctl& ctl) {
  auto& campaigns = group(app, "campaigns", "what is said to whom, and how often it is tried");
  Command(campaigns, "list", "all campaigns").run([&ctl] {
    ctl.show_rows({{"ID", "/id"},
                   {"NAME", "/name"},
                   {"LIST", "/list_name"},
                   {"CALLS/S", "/calls_per_second"},
                   {"MAX CALLS", "/max_calls"},
                   {"PACING", "/agents/pacing"},
                   {"JOB", "/unfinished_job_id"}},
                  ctl.api().items("/campaigns", ctl.most_items));
  });

  Command show(campaigns, "show", "one campaign");
  const auto shown = show.argument("CAMPAIGN", "id or name");
  show.run([&ctl, shown] { ctl.show(ctl.api().get(campaign_path(ctl, *shown))); });

  Command create(campaigns, "create", "make a campaign");
  const auto name = create.argument("NAME", "of the campaign");
  const auto list = create.required_option("--list", "contact list, id or name");
  const CampaignOptions made(create);
  create.run([&ctl, name, list, made] {
    json body = {{"name", *name}, {"list_id", ctl.api().id_of("/lists", *list)}};
    made.put_into(ctl, body);
    ctl.show(ctl.api().call("POST", "/campaigns", body));
  });

  Command update(campaigns, "update", "change a campaign; what is left out stays");
  const auto updated = update.argument("CAMPAIGN", "id or name");
  const auto new_name = update.option("--name", "another name");
  const auto new_list = update.option("--list", "another contact list, id or name");
  const CampaignOptions changed(update);
  update.run([&ctl, updated, new_name, new_list, changed] {
    const std::string path = campaign_path(ctl, *updated);
    const json before = ctl.api().get(path);
    json body;
    for (const char* member : {"name", "list_id", "strategy", "calls_per_second", "max_calls", "finish", "agents"})
      if (before.contains(member)) body[member] = before[member];
    if (!new_name->empty()) body["name"] = *new_name;
    if (!new_list->empty()) body["list_id"] = ctl.api().id_of("/lists", *new_list);
    changed.put_into(ctl, body);
    ctl.show(ctl.api().call("PUT", path, body));
  });

  Command remove(campaigns, "delete", "remove a campaign that was never started");
  const auto removed = remove.argument("CAMPAIGN", "id or name");
  remove.run([&ctl, removed] {
    ctl.api().call("DELETE", campaign_path(ctl, *removed));
    ctl.say("campaign " + *removed + " is removed");
  });
}

void add_jobs(CLI::App& app, Ctl& ctl) {
  auto& jobs = group(app, "jobs", "runs of campaigns");
  Command list(jobs, "list", "jobs, newest first");
  const auto state = list.option("--state", "only in this state; unfinished for all that are under way");
  const auto campaign = list.option("--campaign", "only of this campaign, id or name");
  list.run([&ctl, state, campaign] {
    const std::string id = campaign->empty() ? "" : std::to_string(ctl.api().id_of("/campaigns", *campaign));
    ctl.show_rows({{"ID", "/id"},
                   {"CAMPAIGN", "/campaign_name"},
                   {"STATE", "/state"},
                   {"CONTACTS", "/progress/contacts"},
                   {"DONE", "/progress/done"},
                   {"IN THE AIR", "/progress/in_flight"},
                   {"ATTEMPTS", "/progress/attempts"},
                   {"CREATED", "/created_at"}},
                  ctl.api().items("/jobs" + query({{"state", *state}, {"campaign_id", id}}), ctl.most_items));
  });

  Command start(jobs, "start", "start a job of a campaign");
  const auto started = start.argument("CAMPAIGN", "id or name");
  const auto then_watch = start.flag("--watch", "wait for its end and show its progress");
  start.run([&ctl, started, then_watch] {
    const json job = ctl.api().call("POST", campaign_path(ctl, *started) + "/jobs");
    if (*then_watch) watch_job(ctl, "/jobs/" + human(job["id"]));
    else show_job(ctl, job);
  });

  Command show(jobs, "show", "one job, its progress and its results");
  const auto shown = show.argument("JOB", "id");
  show.run([&ctl, shown] { show_job(ctl, ctl.api().get("/jobs/" + encoded(*shown))); });

  Command watch(jobs, "watch", "wait for a job's end; exit code 6 when it was stopped");
  const auto watched = watch.argument("JOB", "id");
  watch.run([&ctl, watched] { watch_job(ctl, "/jobs/" + encoded(*watched)); });

  for (const auto& [request, help] : {std::pair{"pause", "stop dialing for now; calls in the air go on"}, std::pair{"resume", "dial on"},
                                      std::pair{"stop", "end the job for good"}}) {
    Command ask(jobs, request, help);
    const auto asked = ask.argument("JOB", "id");
    ask.run([&ctl, asked, request = std::string(request)] {
      show_job(ctl, ctl.api().call("POST", "/jobs/" + encoded(*asked) + "/requests", {{"request", request}}));
    });
  }

  Command attempts(jobs, "attempts", "the attempts of a job");
  const auto of = attempts.argument("JOB", "id");
  const auto code = attempts.option("--code", "only with this completion code");
  const auto in_state = attempts.option("--state", "only in this state: intent, done, aborted, unknown");
  const auto phone = attempts.option("--phone", "only to this number, E.164");
  attempts.run([&ctl, of, code, in_state, phone] {
    ctl.show_rows({{"ATTEMPT", "/id"},
                   {"PHONE", "/phone"},
                   {"STATE", "/state"},
                   {"CODE", "/code"},
                   {"SIP", "/sip_status"},
                   {"MPP", "/mpp"},
                   {"TRUNK", "/trunk"},
                   {"INTENT AT", "/intent_at"}},
                  ctl.api().items("/jobs/" + encoded(*of) + "/attempts" + query({{"code", *code}, {"state", *in_state}, {"phone", *phone}}),
                                  ctl.most_items));
  });
}

void add_attempt(CLI::App& app, Ctl& ctl) {
  auto& attempt = group(app, "attempt", "one try to reach one contact");
  Command show(attempt, "show", "its whole way, with owners, epochs and times");
  const auto shown = show.argument("ATTEMPT", "job-contact-number, as 42-1001-3");
  show.run([&ctl, shown] {
    const json way = ctl.api().get("/attempts/" + encoded(*shown));
    if (ctl.format != Format::human) return ctl.show(way);
    json head = way["attempt"];
    head["campaign"] = way["campaign_name"];
    for (const char* time : {"intent_at", "placed_at", "ringing_at", "answered_at", "ended_at", "done_at"}) head.erase(time);
    ctl.out << members(head) << "\n";
    std::vector<json> timeline;
    for (json entry : way["timeline"]) {
      // Whole, with the microseconds: the order of things is what one looks for.
      std::string at = entry["at"].get<std::string>();
      at[10] = ' ';
      entry["at"] = at.substr(0, at.size() - 1);
      timeline.push_back(std::move(entry));
    }
    ctl.out << table({{"AT", "/at"},
                      {"WHAT", "/what"},
                      {"EPOCH", "/epoch"},
                      {"SERVER", "/by/server"},
                      {"COMPONENT", "/by/component"},
                      {"MPP", "/mpp"},
                      {"TRUNK", "/trunk"},
                      {"SIP", "/sip_status"},
                      {"CODE", "/code"},
                      {"DETAIL", "/detail"}},
                     timeline);
  });
}

}  // namespace

void add_campaign_commands(CLI::App& app, Ctl& ctl) {
  add_campaigns(app, ctl);
  add_jobs(app, ctl);
  add_attempt(app, ctl);
}

}  // namespace everdial::ctl
