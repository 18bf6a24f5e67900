#pragma once

#include <functional>
#include <map>
#include <memory>
#include <set>
#include <string>

#include "model/agent.h"
#include "sim/tables.h"

namespace everdial::sim {

/// Agents at their desktops: robots that log on, get ready, talk, hold, release and wrap up, through one process that does what agent_sdk
/// does for desktops. They never log off; who is logged off nevertheless has found a fault.
class Desks {
 public:
  Desks(Ground& ground, Tables& tables, int agents);

  /// The first thing that was wrong, if any.
  const std::string& broken() const { return broken_; }
  /// Calls that an agent has ended.
  const std::set<AttemptId>& released() const { return released_; }
  size_t talked() const { return talked_.size(); }
  /// From a command, said again until it is answered, to its answer.
  Duration longest_wait() const { return longest_wait_; }

 private:
  struct Robot {
    AgentId id;
    AgentStates states{};
    bool logged_on = false;
    int64_t last_notice = 0;
    std::optional<AttemptId> attempt = std::nullopt;
    std::optional<AgentCommand> command = std::nullopt;  ///< not answered yet
    int commands = 0;
    Instant acts_at{}, commanded_at{};
    std::unique_ptr<Timer> timer{}, retry{}, heartbeat{};
  };

  void live(Robot& robot);
  void beat(Robot& robot);
  std::optional<AgentOrder> next_order(Robot& robot);
  void order(Robot& robot);
  void answered(Robot& robot, const std::string& command, const Result<Reply>& reply);
  void told(Robot& robot, const AgentNotices& notices);
  void hear(Robot& robot, const AgentNotice& notice);
  std::optional<Address> manager() const;

  Ground& ground_;
  Tables& tables_;
  Process process_;
  std::map<AgentId, Robot> robots_;
  std::set<AttemptId> released_, talked_;
  Duration longest_wait_{};
  std::string broken_;
};

}  // namespace everdial::sim
