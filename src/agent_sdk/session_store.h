#pragma once

#include <map>
#include <memory>
#include <string>
#include <vector>

#include "agent_sdk/desk_types.h"
#include "base/result.h"

namespace everdial {
namespace pg {
class Pool;
}

namespace desk {

constexpr std::chrono::minutes kSessionOutlives{30};  ///< its last connection

/// Tickets and sessions of desktops (schema/0026_agent_sessions.sql), the same for all servers. Blocking; called on store threads.
class SessionStore {
 public:
  virtual ~SessionStore() = default;

  /// Makes a session for whoever brings the ticket, and uses that up. Empty: it is unknown, used, or too old.
  /// `carrier` is the connection that has the session from now on.
  virtual Result<std::optional<SessionRow>> begin(const std::string& ticket, const std::string& token, const std::string& carrier) = 0;
  /// Empty: there is no such session, or it has ended.
  virtual Result<std::optional<SessionRow>> resume(const std::string& token, const std::string& carrier) = 0;

  /// As it stands now.
  virtual Result<std::optional<SessionRow>> look(const std::string& session) = 0;

  struct Carried {
    std::string session, carrier;
    auto operator<=>(const Carried&) const = default;
  };
  /// Notes that these are connected. Gives those that are carried so; each other one is another connection's, or has ended.
  virtual Result<std::vector<Carried>> keep(const std::vector<Carried>& carried) = 0;
  /// Sessions without a connection for too long; they stand there until they are ended.
  struct Expired {
    std::string session;
    AgentId agent;
    std::string zone;
  };
  virtual Result<std::vector<Expired>> expired() = 0;
  virtual Status end(const std::string& session) = 0;

  /// Where desktops reach this agent_sdk, and all others. One that has no ha_session any more is not among them.
  virtual Status listen(const Incarnation& me, const std::string& url) = 0;
  virtual Result<std::map<Incarnation, std::string>> listeners() = 0;
};

std::unique_ptr<SessionStore> make_pg_session_store(pg::Pool& pool);

}  // namespace desk
}  // namespace everdial
