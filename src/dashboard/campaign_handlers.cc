#include "dashboard/campaign_store.h"
#include "dashboard/handlers.h"

namespace everdial {
namespace {

using nlohmann::json;

/// A campaign from a body; problems point into it, into the strategy too.
std::variant<campaign_store::NewCampaign, Problem> read_campaign(const json& from) {
  BodyReader body(from);
  campaign_store::NewCampaign out;
  out.name = body.text("name", {.least = 1});
  out.list = ContactListId{body.integer("list_id", 1, INT64_MAX)};
  out.calls_per_second = body.number_or("calls_per_second", 0, 10'000, 10);
  out.max_calls = static_cast<int>(body.integer_or("max_calls", 1, 100'000, 100));
  if (const json* given = body.member("strategy")) body.take(strategy_from_json(given->dump()), "strategy", out.strategy);
  if (const json* given = body.member("finish")) body.take(finish_from_json(given->dump()), "finish", out.finish);
  if (const json* given = body.member("agents")) body.take(agent_settings_from_json(given->dump()), "agents", out.agents.emplace());
  if (auto wrong = body.finish()) return std::move(*wrong);
  return out;
}

Answer campaign_problem(const Error& error, const char* taken) {
  if (error.kind == ErrorKind::invalid) return pointed(error, ErrorKind::invalid, "/list_id");
  return error.message == taken ? pointed(error, ErrorKind::conflict, "/name") : Answer(error);
}

}  // namespace

void add_rate(json& job, const JobRates& rates) {
  const auto rate = rates.rate(job["id"].get<int64_t>());
  if (rate) job["progress"]["attempts_per_s"] = std::round(*rate * 10) / 10;
}

Answer list_campaigns(const Call& call) {
  QueryReader query(call.query);
  const PageRequest page = read_page(query, 1);
  if (auto wrong = query.finish()) return std::move(*wrong);
  return campaign_store::campaigns(call.db(), page);
}

Answer create_campaign(const Call& call) {
  auto read = read_campaign(call.body);
  if (auto* wrong = std::get_if<Problem>(&read)) return std::move(*wrong);
  const auto made = campaign_store::create_campaign(call.db(), std::get<campaign_store::NewCampaign>(read));
  return made.ok() ? created(made) : campaign_problem(made.error(), campaign_store::kNameTaken);
}

Answer get_campaign(const Call& call) { return campaign_store::campaign(call.db(), call.number("campaign_id")); }

Answer update_campaign(const Call& call) {
  auto read = read_campaign(call.body);
  if (auto* wrong = std::get_if<Problem>(&read)) return std::move(*wrong);
  const auto changed = campaign_store::update_campaign(call.db(), call.number("campaign_id"), std::get<campaign_store::NewCampaign>(read));
  return changed.ok() ? Answer(changed) : campaign_problem(changed.error(), campaign_store::kNameTaken);
}

Answer delete_campaign(const Call& call) { return campaign_store::delete_campaign(call.db(), call.number("campaign_id")); }

Answer start_job(const Call& call) { return created(campaign_store::start_job(call.db(), call.number("campaign_id"))); }

Answer list_jobs(const Call& call) {
  QueryReader query(call.query);
  const PageRequest page = read_page(query, 1);
  campaign_store::JobFilter filter{query.id("campaign_id"), query.text("state")};
  if (filter.state && *filter.state != "unfinished" && !parse_enum<JobState>(*filter.state))
    query.fail("state", "must be unfinished or one of " + names_of<JobState>());
  if (auto wrong = query.finish()) return std::move(*wrong);
  auto jobs = campaign_store::jobs(call.db(), filter, page);
  if (jobs.ok())
    for (json& job : jobs->items) add_rate(job, call.world.rates);
  return jobs;
}

Answer get_job(const Call& call) {
  auto job = campaign_store::job(call.db(), call.number("job_id"));
  if (job.ok()) add_rate(*job, call.world.rates);
  return job;
}

Answer request_job_change(const Call& call) {
  BodyReader body(call.body);
  const auto request = body.choice("request", JobRequest::pause);
  if (auto wrong = body.finish()) return std::move(*wrong);
  Answer answer = campaign_store::request_job_change(call.db(), call.number("job_id"), request);
  if (answer.good()) answer.response().status = 202;
  return answer;
}

Answer list_attempts(const Call& call) {
  QueryReader query(call.query);
  const PageRequest page = read_page(query, 2);
  campaign_store::AttemptFilter filter;
  if (const auto code = query.choice<CompletionCode>("code")) filter.code = std::string(to_string(*code));
  filter.state = query.text("state");
  if (filter.state && *filter.state != "intent" && *filter.state != "done" && *filter.state != "aborted" && *filter.state != "unknown")
    query.fail("state", "must be one of intent, done, aborted, unknown");
  filter.phone = query.phone("phone");
  if (auto wrong = query.finish()) return std::move(*wrong);
  return campaign_store::attempts(call.db(), call.number("job_id"), filter, page);
}

Answer get_attempt(const Call& call) {
  const auto id = parse_attempt_id(call.parameters.find("attempt_id")->second);
  if (!id) return invalid_problem({{"{attempt_id}", "must be job-contact-number, as 42-1001-3"}});
  return campaign_store::attempt_way(call.db(), *id);
}

}  // namespace everdial
