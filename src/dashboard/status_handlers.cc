#include <sstream>

#include "dashboard/campaign_store.h"
#include "dashboard/handlers.h"
#include "dashboard/list_store.h"
#include "dashboard/status_json.h"
#include "dashboard/status_store.h"

namespace everdial {

using nlohmann::json;

Answer get_health(const Call& call) {
  const bool reached = call.database && status_store::ping(*call.database).ok();
  return json_response(reached ? 200 : 503,
                       {{"status", reached ? "ok" : "no_database"}, {"server", call.world.server}, {"version", call.world.version}});
}

Answer get_status(const Call& call) {
  const auto seen = status_store::system_seen(call.db());
  if (!seen.ok()) return seen.error();
  return json_response(200, status_json(*seen, call.world.server, call.world.version,
                                        std::chrono::time_point_cast<Duration>(std::chrono::system_clock::now())));
}

Answer list_loads(const Call& call) { return status_store::loads(call.db()); }

Answer list_alarms(const Call& call) {
  QueryReader query(call.query);
  const PageRequest page = read_page(query, 1);
  if (auto wrong = query.finish()) return std::move(*wrong);
  return status_store::alarms(call.db(), page);
}

Answer list_lease_history(const Call& call) {
  QueryReader query(call.query);
  const PageRequest page = read_page(query, 1);
  if (auto wrong = query.finish()) return std::move(*wrong);
  std::string resource = call.parameters.find("resource")->second;
  if (const size_t colon = resource.find(':'); colon != std::string::npos) resource[colon] = '/';
  return status_store::lease_history(call.db(), Resource{resource}, page);
}

Answer get_live(const Call& call) {
  QueryReader query(call.query);
  LiveStream live;
  if (const auto topics = query.text("topics")) {
    live.filter = {false, false, false, {}, {}};
    std::istringstream words(*topics);
    for (std::string word; std::getline(words, word, ',');) {
      if (word == "status") live.filter.status = true;
      else if (word == "jobs") live.filter.jobs = true;
      else if (word == "imports") live.filter.imports = true;
      else query.fail("topics", "must be status, jobs, imports or several of them with commas");
    }
  }
  live.filter.job = query.id("job_id");
  live.filter.import = query.id("import_id");
  if (auto wrong = query.finish()) return std::move(*wrong);
  live.last_event_id = std::string(call.request.header("last-event-id"));

  // The feed has what is under way; what is chosen by its id is told once even when it ended long ago.
  if (live.filter.jobs && live.filter.job) {
    auto job = campaign_store::job(call.db(), *live.filter.job);
    if (!job.ok()) return job.error();
    add_rate(*job, call.world.rates);
    live.first += event_text(LiveTopic::job_progress, job->dump());
  }
  if (live.filter.imports && live.filter.import) {
    auto import = list_store::import(call.db(), *live.filter.import);
    if (!import.ok()) return import.error();
    live.first += event_text(LiveTopic::import_progress, import->dump());
  }
  Response response = text_response(200, "text/event-stream", "");
  response.live = std::move(live);
  return response;
}

}  // namespace everdial
