#pragma once

#include <memory>
#include <string>
#include <vector>

#include "agent_manager/zone_types.h"
#include "base/result.h"
#include "model/lease.h"

namespace everdial {
namespace pg {
class Pool;
}

namespace zone {

/// Agents and their live calls (schema/0022_agents.sql). Blocking; called on store threads.
class AgentStore {
 public:
  virtual ~AgentStore() = default;

  struct Rows {
    std::vector<Agent> agents;
    std::vector<LiveCall> calls;
    std::vector<AgentJob> jobs;
    std::map<JobId, std::string> pacing;
    std::vector<std::string> mpps;
    Duration away{};  ///< until the grant, without a master
  };
  /// All of the zone of this grant.
  virtual Result<Rows> load(const LeaseGrant& grant, const std::string& zone) = 0;
  /// What others change.
  struct Seen {
    std::vector<AgentSeen> agents;
    std::vector<AgentJob> jobs;
    std::vector<std::string> mpps;
    std::vector<Callback> callbacks;  ///< open, of running jobs, and due by then
    std::vector<KeptOrder> orders;    ///< that wait, oldest first
    std::vector<InboundQueue> queues{};
  };
  virtual Result<Seen> look(const std::string& zone, Instant due_by) = 0;
  /// Time reports of a zone's agents, of one UTC day.
  struct Time {
    AgentId agent;
    std::string state;  ///< an agent state, or "total_ha_time"
    Duration time{};
    auto operator<=>(const Time&) const = default;
  };
  virtual Result<std::vector<Time>> times(const std::string& zone, Instant day) = 0;
  /// All effects that are to be saved, in one fenced transaction.
  virtual Status commit(const LeaseGrant& grant, const std::string& zone, const std::vector<Effect>& effects) = 0;
};

std::unique_ptr<AgentStore> make_pg_agent_store(pg::Pool& pool);

}  // namespace zone
}  // namespace everdial
