#pragma once

#include <nlohmann/json_fwd.hpp>
#include <optional>
#include <string>
#include <vector>

#include "base/result.h"
#include "dashboard/page.h"
#include "model/schedule.h"

namespace everdial::pg {
class Connection;
}

/// Schedules and what became of their due times (schema/0017_schedules.sql).
namespace everdial::schedule_store {

inline constexpr const char* kNameTaken = "There is a schedule of this name already.";
inline constexpr int kTimesShown = 5;

struct NewSchedule {
  std::string name;
  ScheduledKind kind = ScheduledKind::start_job;
  std::optional<int64_t> campaign, list;
  std::optional<std::string> file;  ///< in the import folder
  std::string options = "{}";       ///< of an import, JSON
  Timetable timetable;
  Misfire misfire = Misfire::run_once;
  int64_t grace_s = 60;
  bool enabled = true;
};
Result<Page> schedules(pg::Connection& db, const PageRequest& page);
Result<nlohmann::json> schedule(pg::Connection& db, int64_t id);
/// ErrorKind::conflict when the name is taken, ErrorKind::invalid when the campaign or list does not exist.
Result<nlohmann::json> create_schedule(pg::Connection& db, const NewSchedule& schedule);
/// From now on: due times that are past stay past.
Result<nlohmann::json> update_schedule(pg::Connection& db, int64_t id, const NewSchedule& schedule);
Status delete_schedule(pg::Connection& db, int64_t id);
Result<Page> firings(pg::Connection& db, int64_t id, const PageRequest& page);
/// The next due times by the database's clock, as {"times": [...]}.
Result<nlohmann::json> preview(pg::Connection& db, const Timetable& timetable);

}  // namespace everdial::schedule_store
