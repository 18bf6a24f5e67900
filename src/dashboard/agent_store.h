#pragma once

#include <nlohmann/json_fwd.hpp>
#include <optional>
#include <string>
#include <vector>

#include "base/result.h"
#include "dashboard/page.h"
#include "dashboard/zone_plan.h"
#include "model/agent_campaign.h"

namespace everdial::pg {
class Connection;
}

/// Agents as an administrator makes them, what they do now, what supervisors ask of them, and what those of a zone have in common
/// (schema/0022_agents.sql, 0027_agent_zones.sql, 0029_agent_orders.sql).
namespace everdial::agent_store {

struct NewAgent {
  std::string login, name, zone;
  Skills skills;
  bool supervisor = false;  ///< may move, force and monitor other agents of the zone
  std::string password_hash;
};
struct AgentFilter {
  std::optional<std::string> zone, login;
  std::optional<std::string> state;  ///< an AgentState, or "logged_on": all but logged_out
};
Result<Page> agents(pg::Connection& db, const AgentFilter& filter, const PageRequest& page);
Result<nlohmann::json> agent(pg::Connection& db, int64_t id);
/// ErrorKind::conflict when the login is taken.
Result<nlohmann::json> create_agent(pg::Connection& db, const NewAgent& agent);
/// What is empty stays. Skills count from the next log-on.
struct AgentChange {
  std::optional<std::string> name, password_hash;
  std::optional<std::string> zone;  ///< only while logged out
  std::optional<Skills> skills;
  std::optional<bool> supervisor;
};
/// ErrorKind::conflict when the zone is to be another one and the agent is logged on.
Result<nlohmann::json> update_agent(pg::Connection& db, int64_t id, const AgentChange& change);
/// ErrorKind::conflict while the agent is logged on.
Status delete_agent(pg::Connection& db, int64_t id);

/// What a supervisor wants of agents; the master of each one's zone does it once.
struct NewAgentOrder {
  std::vector<int64_t> agents;
  AgentOrder order;
  std::string by;
};
/// {"items": [...]}, one for each agent. ErrorKind::invalid when there is no such agent.
Result<nlohmann::json> order_agents(pg::Connection& db, const NewAgentOrder& order);
/// ErrorKind::invalid unless agents can work for this job now.
Status must_take_agents(pg::Connection& db, int64_t job);
/// Asks the zone's master to end it undone; as it is then. ErrorKind::conflict when it has ended.
Result<nlohmann::json> withdraw_order(pg::Connection& db, int64_t order, const std::string& by);
struct AgentOrderFilter {
  std::optional<int64_t> agent, request;
  std::optional<std::string> state;
};
/// Newest first.
Result<Page> agent_orders(pg::Connection& db, const AgentOrderFilter& filter, const PageRequest& page);

/// Every zone that has agents or a manager of agents.
Result<std::vector<nlohmann::json>> zones(pg::Connection& db);
/// Where the agents of each zone are managed, or are on their way to; only of zones that somebody manages.
Result<std::vector<ZoneKnown>> places(pg::Connection& db);
/// What the logged-on agents of these zones do: {"west": [{"agent", "call", "count"}, ...]}.
Result<nlohmann::json> doings(pg::Connection& db, const std::vector<std::string>& zones);
/// Kept, not acted upon. ErrorKind::not_found when there is no such zone, ErrorKind::invalid when there is no such server, or it does not
/// serve the zone.
Status save_place(pg::Connection& db, const std::string& zone, const ServerName& server);
/// What is saved of these zones becomes valid, and their agents go where they belong now. ErrorKind::conflict as saved_must_serve.
Status apply_places(pg::Connection& db, const std::vector<std::string>& zones);
Result<nlohmann::json> zone(pg::Connection& db, const std::string& name);
/// ErrorKind::not_found when there is no such zone.
Result<nlohmann::json> set_reasons(pg::Connection& db, const std::string& zone, const std::vector<CodeText>& reasons);

}  // namespace everdial::agent_store
