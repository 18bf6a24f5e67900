#include "dashboard/live_poller.h"

#include <set>

#include "dashboard/access_store.h"
#include "dashboard/campaign_store.h"
#include "dashboard/handlers.h"
#include "dashboard/history_store.h"
#include "dashboard/list_store.h"
#include "dashboard/status_json.h"
#include "dashboard/status_store.h"
#include "runtime/log.h"
#include "runtime/pg.h"

namespace everdial {
namespace {

using nlohmann::json;

constexpr auto kPeriod = std::chrono::seconds(1);
constexpr int kLooksBetweenCleanUps = 60;

Instant wall_now() { return std::chrono::time_point_cast<Duration>(std::chrono::system_clock::now()); }
Instant steady_now() { return Instant{std::chrono::duration_cast<Duration>(std::chrono::steady_clock::now().time_since_epoch())}; }

/// Publishes each and forgets the ones that are not there any more.
std::set<int64_t> publish_all(LiveFeed& feed, LiveTopic topic, const std::vector<json>& all, const char* key = "id") {
  std::set<int64_t> ids;
  for (const json& one : all) {
    const auto id = one[key].get<int64_t>();
    const std::string text = one.dump(-1, ' ', false, json::error_handler_t::replace);
    ids.insert(id);
    feed.publish(topic, id, text, text);
  }
  feed.retain(topic, [&](int64_t id) { return ids.contains(id); });
  return ids;
}

}  // namespace

LivePoller::LivePoller(pg::Pool& pool, LiveFeed& feed, JobRates& rates, std::string server, std::string version)
    : pool_(pool), feed_(feed), rates_(rates), server_(std::move(server)), version_(std::move(version)), thread_([this] { run(); }) {}

LivePoller::~LivePoller() {
  {
    const std::lock_guard lock{mutex_};
    stopping_ = true;
  }
  stop_.notify_all();
  thread_.join();
}

void LivePoller::run() {
  bool well = true;
  auto next = std::chrono::steady_clock::now();
  for (int looks = 0;; ++looks) {
    auto db = pool_.take();
    Status looked = db.ok() ? look(**db) : Status(db.error());
    if (looked.ok() && looks % kLooksBetweenCleanUps == 0) looked = access_store::clean_up(**db);
    if (db.ok()) pool_.give_back(std::move(*db));
    if (looked.ok() != well) {
      if (looked.ok()) log_info("the live view reads the database again");
      else log_warning("the live view cannot read the database and stands still", {{"error", looked.error().message}});
      well = looked.ok();
    }
    feed_.wake();
    next = std::max(next + kPeriod, std::chrono::steady_clock::now());
    std::unique_lock lock{mutex_};
    if (stop_.wait_until(lock, next, [this] { return stopping_; })) return;
  }
}

Status LivePoller::look(pg::Connection& db) {
  const auto seen = status_store::system_seen(db);
  if (!seen.ok()) return seen.error();
  json status = status_json(*seen, server_, version_, wall_now());
  std::string text = status.dump();
  status.erase("at");  // always another: no news
  feed_.publish(LiveTopic::status, 0, std::move(text), status.dump());

  auto jobs = campaign_store::live_jobs(db);
  if (!jobs.ok()) return jobs.error();
  for (json& job : *jobs) {
    rates_.observe(job["id"].get<int64_t>(), job["progress"]["attempts"].get<int64_t>(), steady_now());
    add_rate(job, rates_);
  }
  rates_.retain(publish_all(feed_, LiveTopic::job_progress, *jobs));

  std::vector<int64_t> with_agents;
  for (const json& job : *jobs)
    if (job.contains("agents")) with_agents.push_back(job["id"].get<int64_t>());
  const auto agents = history_store::agents_now(db, with_agents);
  if (!agents.ok()) return agents.error();
  publish_all(feed_, LiveTopic::job_agents, *agents, "job_id");

  const auto imports = list_store::live_imports(db);
  if (!imports.ok()) return imports.error();
  publish_all(feed_, LiveTopic::import_progress, *imports);
  return success();
}

}  // namespace everdial
