#pragma once

#include <nlohmann/json_fwd.hpp>
#include <optional>
#include <string>
#include <vector>

#include "base/result.h"
#include "dashboard/page.h"
#include "dashboard/readiness.h"

namespace everdial::pg {
class Connection;
}

/// Changes of masters as people are shown them, and drills (schema/0001_leases.sql, 0015_failover_views.sql).
namespace everdial::failover_store {

struct FailoverFilter {
  std::optional<std::string> resource;  ///< itself, or its kind: "job" for all jobs
  std::optional<std::string> server;    ///< that had it
};
/// Each time that a resource got another holder after having had one; newest first.
Result<Page> failovers(pg::Connection& db, const FailoverFilter& filter, const PageRequest& page);
/// One of them with its timeline, what became of the attempts in the air, and what else changed hands with it.
Result<nlohmann::json> failover(pg::Connection& db, int64_t id);

/// How long it took to find out and to take over when a whole server was lost, of the last ones in the history.
struct Measured {
  int64_t count = 0;
  double median_ms = 0, worst_ms = 0;
};
Result<Measured> lost_server_times(pg::Connection& db);
/// Attempts in the air that the loss of these would touch: those of the jobs that `server` owns, and all of them when it carries calls.
Result<int64_t> calls_touched(pg::Connection& db, const std::string& server, bool carries_calls);
Result<std::vector<ReportSeen>> reports(pg::Connection& db);

struct NewDrill {
  std::string server;
  std::vector<std::string> components;
  int64_t calls = 0, most_calls = 0;
  int64_t seconds = 0;
  std::string by;
};
/// ErrorKind::conflict while another drill is under way.
Result<nlohmann::json> begin_drill(pg::Connection& db, const NewDrill& drill);
Result<Page> drills(pg::Connection& db, const PageRequest& page);
/// With what has changed hands since it began.
Result<nlohmann::json> drill(pg::Connection& db, int64_t id);
/// ErrorKind::conflict when it is over.
Status abort_drill(pg::Connection& db, int64_t id, const std::string& by);

}  // namespace everdial::failover_store
