#pragma once

#include <functional>
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

  Result<Rows> load(const LeaseGrant& grant, const std::string& zone) override {
    const std::lock_guard lock(mutex_);
    const Zone& of_zone = zones_[zone];
    Rows out{{}, {}, jobs(zone), of_zone.pacing, mpps(), {}};
    for (const auto& row : leases_.all_history())
      if (row.resource == grant.resource && row.epoch == grant.epoch && row.to && row.from)
        out.away = Duration{static_cast<int64_t>((row.detect_ms + row.acquire_ms) * 1000)};
    for (const auto& [id, agent] : of_zone.agents) out.agents.push_back(agent);
    for (const auto& [attempt, call] : of_zone.calls) out.calls.push_back(call);
    return out;
  }

  Result<Seen> look(const std::string& zone, Instant due_by) override {
    const std::lock_guard lock(mutex_);
    Seen out{{}, jobs(zone), mpps(), {}, {}};
    for (const auto& [id, agent] : zones_[zone].agents) out.agents.push_back({id, agent.skills, agent.lines});
    for (const auto& [id, callback] : zones_[zone].callbacks)
      if (callback.due_at <= due_by) out.callbacks.push_back(callback);
    for (const auto& [id, order] : zones_[zone].orders) out.orders.push_back(order);
    for (const auto& [id, queue] : zones_[zone].queues) out.queues.push_back(queue);
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
                     [&](const SaveAgent& e) {
                       if (const auto found = of_zone.agents.find(e.agent.id); found != of_zone.agents.end()) found->second = e.agent;
                     },
                     [&](const SaveCall& e) { of_zone.calls.insert_or_assign(e.call.attempt, e.call); },
                     [&](const RemoveCall& e) { of_zone.calls.erase(e.attempt); },
                     [&](const SaveTime& e) { of_zone.times.add(e); },
                     [&](const SaveAway& e) { of_zone.times.add(e); },
                     [&](const SaveCallback& e) {
                       const auto id = ++last_callback_;
                       of_zone.callbacks[id] = {id, e.attempt, e.agent, e.callback.kind, e.phone, e.callback.at, e.callback.until};
                       of_zone.work.push_back(effect);
                     },
                     [&](const SaveCallbackEnd& e) { of_zone.callbacks.erase(e.id); },
                     [&](const SavePacing& e) { of_zone.pacing[e.job] = e.memory; },
                     [&](const SaveOrderEnd& e) {
                       if (of_zone.orders.erase(e.id)) of_zone.ended.push_back(e);
                     },
                     [&](const SaveQueueStep& e) {
                       if (const auto queue = of_zone.queues.find(e.queue); queue != of_zone.queues.end()) queue->second.stepped_at = e.at;
                     },
                     [&](const auto& e) {
                       if (is_save(Effect{e})) of_zone.work.push_back(effect);
                     },
                 },
                 effect);
    return success();
  }

  /// As an administrator and a director make them.
  void add_agent(const std::string& zone, const Agent& agent) { zones_[zone].agents.insert_or_assign(agent.id, agent); }
  void move_agent(AgentId id, const std::string& from, const std::string& to) { zones_[to].agents.insert(zones_[from].agents.extract(id)); }
  /// As a supervisor asks for it.
  void put_order(const std::string& zone, const KeptOrder& order) { zones_[zone].orders.insert_or_assign(order.id, order); }
  /// As people set it and an outside contact center tells of it.
  void put_queue(const std::string& zone, const InboundQueue& queue) { zones_[zone].queues.insert_or_assign(queue.id, queue); }
  /// Where jobs and MPPs stand in other tables.
  std::function<std::vector<AgentJob>(const std::string& zone)> jobs = [](const std::string&) { return std::vector<AgentJob>{}; };
  std::function<std::vector<std::string>()> mpps = [] { return std::vector<std::string>{}; };

  struct Zone {
    std::map<AgentId, Agent> agents;
    std::map<AttemptId, LiveCall> calls;
    std::map<int64_t, Callback> callbacks;
    std::map<JobId, std::string> pacing;
    AgentTimes times;
    std::map<int64_t, KeptOrder> orders;
    std::vector<SaveOrderEnd> ended;  ///< of them
    std::map<int64_t, InboundQueue> queues;
    std::vector<Effect> work;  ///< dispositions, notes, callbacks, changes
  };
  const Zone& zone(const std::string& name) { return zones_[name]; }

 private:
  MemoryLeaseStore& leases_;
  std::mutex mutex_;
  std::map<std::string, Zone> zones_;
  int64_t last_callback_ = 0;
};

}  // namespace everdial::zone
