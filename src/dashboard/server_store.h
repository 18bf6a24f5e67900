#pragma once

#include <nlohmann/json_fwd.hpp>
#include <optional>
#include <string>
#include <vector>

#include "base/result.h"
#include "dashboard/page.h"
#include "dashboard/zone_plan.h"
#include "model/component_action.h"

namespace everdial::pg {
class Connection;
}

/// What people ask of servers, components and zones (schema/0011, 0013, 0014).
namespace everdial::server_store {

/// Keeps the wish for the server to carry out. `by` is an account's name, or kServiceManager. ErrorKind::not_found when the server has no
/// such component, ErrorKind::conflict when the wish makes no sense now.
Result<nlohmann::json> order_component(pg::Connection& db, const ServerName& server, const std::string& component, ComponentAction action,
                                       const std::string& by);
/// Newest first; of all servers when `server` is empty.
Result<Page> component_orders(pg::Connection& db, const std::optional<std::string>& server, const PageRequest& page);
/// ErrorKind::invalid when there is no such server, or it does not serve the zone: nobody would have the zone there.
Status must_serve(pg::Connection& db, const ServerName& server, const std::string& zone);
/// ErrorKind::conflict when a server that is saved in this column of table zone does not serve its zone any more.
Status saved_must_serve(pg::Connection& db, const std::string& column, const std::vector<std::string>& zones);
/// ErrorKind::not_found when there is no such server.
Status set_server(pg::Connection& db, const ServerChange& change);
/// Kept, not acted upon. ErrorKind::not_found when there is no such zone, ErrorKind::invalid as must_serve.
Status save_zone(pg::Connection& db, const ZoneChange& change);
/// What is saved of these zones becomes valid, and they go home now. ErrorKind::conflict as saved_must_serve.
Status apply_zones(pg::Connection& db, const std::vector<std::string>& zones);

}  // namespace everdial::server_store
