#pragma once

#include <nlohmann/json_fwd.hpp>
#include <optional>
#include <string>
#include <vector>

#include "base/result.h"
#include "dashboard/page.h"
#include "model/inbound_queue.h"

namespace everdial::pg {
class Connection;
}

/// Inbound queues to which agents are blended, and what an outside contact center tells of them (schema/0031_blending.sql).
namespace everdial::inbound_store {

/// Oldest first; only of the zone, when one is given.
Result<Page> queues(pg::Connection& db, const std::optional<std::string>& zone, const PageRequest& page);
Result<nlohmann::json> queue(pg::Connection& db, int64_t id);
struct NewQueue {
  std::string zone, name;
  InboundSettings settings;
};
/// ErrorKind::conflict when the zone has a queue of this name, or too many; ErrorKind::invalid when there is no such zone of agents.
Result<nlohmann::json> create_queue(pg::Connection& db, const NewQueue& queue);
Result<nlohmann::json> update_queue(pg::Connection& db, int64_t id, const InboundSettings& settings);
Status delete_queue(pg::Connection& db, int64_t id);

struct Told {
  std::string queue;
  std::optional<double> length, expected_wait_s, service_level;
  std::optional<Instant> at;  ///< empty, or later than now: now
};
/// Which of these the zone has no queue for, by their places in the list.
Result<std::vector<size_t>> without_queue(pg::Connection& db, const std::string& zone, const std::vector<Told>& told);
/// What is older than what is known already changes nothing.
Status tell(pg::Connection& db, const std::string& zone, const std::vector<Told>& told);

}  // namespace everdial::inbound_store
