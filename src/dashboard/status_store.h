#pragma once

#include <nlohmann/json_fwd.hpp>
#include <optional>
#include <string>
#include <string_view>

#include "base/result.h"
#include "dashboard/page.h"
#include "dashboard/system_status.h"

namespace everdial::pg {
class Connection;
}

/// Who is there and who is master of what (schema/0001_leases.sql).
namespace everdial::status_store {

Result<SystemSeen> system_seen(pg::Connection& db);
/// As much of it as tells how one component of one server is.
struct ComponentSeen {
  SystemSeen system;
  std::optional<std::string> stopped_by;  ///< when it is stopped by order; a drill is none
};
Result<ComponentSeen> component_seen(pg::Connection& db, const ServerName& server, const std::string& component);
/// How loaded each server is, as it said last, and what the load monitor made of it (schema/0006_load.sql): {"items": [...]}.
Result<nlohmann::json> loads(pg::Connection& db);
/// All of late, newest first.
Result<Page> alarms(pg::Connection& db, const PageRequest& page);
/// Changes of a lease, newest first; ErrorKind::not_found when there never was such a resource.
Result<Page> lease_history(pg::Connection& db, const Resource& resource, const PageRequest& page);
/// Why this (schema/0012) is not begun now; empty when it may be.
Result<std::optional<std::string>> restricted(pg::Connection& db, std::string_view what);
/// Whether the database answers.
Status ping(pg::Connection& db);

}  // namespace everdial::status_store
