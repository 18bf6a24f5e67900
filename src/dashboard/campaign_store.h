#pragma once

#include <nlohmann/json_fwd.hpp>
#include <optional>
#include <string>
#include <vector>

#include "base/result.h"
#include "dashboard/page.h"
#include "model/campaign.h"

namespace everdial::pg {
class Connection;
}

/// Campaigns and jobs (schema/0003_campaigns.sql), as people read and steer them.
namespace everdial::campaign_store {

inline constexpr const char* kNameTaken = "There is a campaign of this name already.";

struct NewCampaign {
  std::string name;
  ContactListId list;
  Strategy strategy;
  double calls_per_second = 10;
  int max_calls = 100;
  Finish finish;
  std::optional<AgentSettings> agents;
};
Result<Page> campaigns(pg::Connection& db, const PageRequest& page);
Result<nlohmann::json> campaign(pg::Connection& db, int64_t id);
/// ErrorKind::conflict when the name is taken, ErrorKind::invalid when the list does not exist.
Result<nlohmann::json> create_campaign(pg::Connection& db, const NewCampaign& campaign);
/// Also ErrorKind::conflict while a job of it is unfinished.
Result<nlohmann::json> update_campaign(pg::Connection& db, int64_t id, const NewCampaign& campaign);
/// ErrorKind::conflict when it has jobs.
Status delete_campaign(pg::Connection& db, int64_t id);

struct JobFilter {
  std::optional<int64_t> campaign;
  std::optional<std::string> state;  ///< a JobState, or "unfinished"
};
/// `attempts_per_s` is left to the caller.
Result<Page> jobs(pg::Connection& db, const JobFilter& filter, const PageRequest& page);
Result<nlohmann::json> job(pg::Connection& db, int64_t id);
/// Those unfinished, and those that ended within the last minute.
Result<std::vector<nlohmann::json>> live_jobs(pg::Connection& db);
/// ErrorKind::conflict while another job of the campaign is unfinished.
Result<nlohmann::json> start_job(pg::Connection& db, int64_t campaign);
/// Keeps the wish for the director; ErrorKind::conflict when it makes no sense.
Result<nlohmann::json> request_job_change(pg::Connection& db, int64_t job, JobRequest request);

struct AttemptFilter {
  std::optional<std::string> code, state, phone;
};
Result<Page> attempts(pg::Connection& db, int64_t job, const AttemptFilter& filter, const PageRequest& page);
/// An attempt with all that happened around it, as AttemptWay of the API.
Result<nlohmann::json> attempt_way(pg::Connection& db, const AttemptId& id);

}  // namespace everdial::campaign_store
