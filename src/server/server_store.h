#pragma once

#include <memory>
#include <set>
#include <string>
#include <vector>

#include "base/result.h"
#include "model/ids.h"
#include "server/server_types.h"

namespace everdial {

namespace pg {
class Pool;
}

/// What a server tells of itself every few seconds.
struct ServerReport {
  ServerName server;
  Incarnation incarnation;
  std::string version;
  Duration clock_offset{};    ///< how far the database's clock is ahead
  Duration database_time{};   ///< until the database had answered
  std::string peers = "[]";   ///< JSON: of each other server name, heard, silence_ms, database_age_ms, version, unreachable
  std::string deaths = "{}";  ///< JSON: component: how often it has died of late
};

/// What a server writes about itself, beside its session, and what people want of its components. Blocking; called on store threads.
class ServerStore {
 public:
  virtual ~ServerStore() = default;
  /// This server exists, begins anew, is to run these components and serves these zones; gives those of the components that are to stay
  /// stopped: what the service manager has stopped only after a `crash`. Orders that came before have nobody left to be carried out on.
  virtual Result<std::set<std::string>> announce(const ServerName& server, const std::vector<std::string>& components,
                                                 const std::vector<std::string>& zones, bool crash) = 0;
  /// What people want now. Each order is given once.
  virtual Result<server::WishesSeen> take_wishes(const ServerName& server) = 0;
  virtual Status report(const ServerReport& report) = 0;
};

std::unique_ptr<ServerStore> make_pg_server_store(pg::Pool& pool);

}  // namespace everdial
