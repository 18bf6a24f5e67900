#pragma once

#include <mutex>

#include "agent_manager/agent_store.h"
#include "agent_manager/agent_times.h"
#include "base/overloaded.h"
#include "ha/lease_store_memory.h"

namespace everdial::zone {

/// The agents' tables in memory, for tests and the simulator.
class MemoryAgentStore final : public AgentStore {
 public:
  explicit MemoryAgentStore(MemoryLeaseStore& leases) : leases_(leases) {}

  Result<Rows> load(const std::string& zone) override {
    const std::lock_guard lock(mutex_);
    const Zone& of_zone = zones_[zone];
    Rows out{{}, {}, of_zone.jobs};
    for (const auto& [id, agent] : of_zone.agents) out.agents.push_back(agent);
    for (const auto& [attempt, call] : of_zone.calls) out.calls.push_back(call);
    return out;
  }

  Result<std::vector<Time>> times(const std::string& zone, Instant day) override {
    const std::lock_guard lock(mutex_);
    std::vector<Time> out;
    for (const auto& [key, time] : zones_[zone].times.all())
      if (std::get<1>(key) == AgentTimes::day_of(day)) out.push_back({std::get<0>(key), std::get<2>(key), time});
    return out;
  }

  Status commit(const LeaseGrant& grant, const std::string& zone, const std::vector<Effect>& effects) override {
    if (Status mine = leases_.fence(grant); !mine.ok()) return mine;
    const std::lock_guard lock(mutex_);
    Zone& of_zone = zones_[zone];
    for (const Effect& effect : effects)
      std::visit(Overloaded{
                     [&](const SaveAgent& e) { of_zone.agents.insert_or_assign(e.agent.id, e.agent); },
                     [&](const SaveCall& e) { of_zone.calls.insert_or_assign(e.call.attempt, e.call); },
                     [&](const RemoveCall& e) { of_zone.calls.erase(e.attempt); },
                     [&](const SaveTime& e) { of_zone.times.add(e); },
                     [&](const SaveAway& e) { of_zone.times.add(e); },
                     [&](const auto& e) {
                       if (is_save(Effect{e})) of_zone.work.push_back(effect);
                     },
                 },
                 effect);
    return success();
  }

  /// As an administrator and a director make them.
  void add_agent(const std::string& zone, const Agent& agent) { zones_[zone].agents.insert_or_assign(agent.id, agent); }
  void set_jobs(const std::string& zone, std::vector<AgentJob> jobs) { zones_[zone].jobs = std::move(jobs); }

 private:
  struct Zone {
    std::map<AgentId, Agent> agents;
    std::map<AttemptId, LiveCall> calls;
    std::vector<AgentJob> jobs;
    AgentTimes times;
    std::vector<Effect> work;  ///< dispositions, notes, callbacks, changes
  };
  MemoryLeaseStore& leases_;
  std::mutex mutex_;
  std::map<std::string, Zone> zones_;
};

}  // namespace everdial::zone
