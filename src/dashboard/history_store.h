#pragma once

#include <nlohmann/json_fwd.hpp>
#include <optional>
#include <string>
#include <vector>

#include "base/result.h"
#include "dashboard/page.h"

namespace everdial::pg {
class Connection;
}

/// What jobs came to, and what was removed (schema/0019_history.sql, 0020_purge.sql).
namespace everdial::history_store {

/// As JobSummary of the API.
Result<nlohmann::json> job_summary(pg::Connection& db, int64_t job);
/// As JobAgents of the API: how agents work for it now, and what share of those who answered found none. ErrorKind::not_found without
/// agents.
Result<nlohmann::json> job_agents(pg::Connection& db, int64_t job);
/// Of these jobs: as JobAgentsNow of the API.
Result<std::vector<nlohmann::json>> agents_now(pg::Connection& db, const std::vector<int64_t>& jobs);
/// As Trend of the API: by hour or by day, the last `buckets` of them that have any attempt.
Result<nlohmann::json> trend(pg::Connection& db, int64_t campaign, bool by_day, int64_t buckets);
Result<Page> nuisance_alarms(pg::Connection& db, const PageRequest& page);

/// Days; empty: for ever.
struct Retention {
  std::optional<int64_t> attempts, contacts, uploads, exports, orders;
};
Result<nlohmann::json> retention(pg::Connection& db);
Result<nlohmann::json> update_retention(pg::Connection& db, const Retention& retention);
Result<Page> purges(pg::Connection& db, const PageRequest& page);
/// ErrorKind::conflict while another one is under way.
Result<nlohmann::json> begin_purge(pg::Connection& db, const std::string& by);

}  // namespace everdial::history_store
