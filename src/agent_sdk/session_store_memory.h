#pragma once

#include <functional>
#include <mutex>

#include "agent_sdk/session_store.h"

namespace everdial::desk {

/// The same in memory, for tests and the simulator.
class MemorySessionStore final : public SessionStore {
 public:
  explicit MemorySessionStore(std::function<Instant()> now) : now_(std::move(now)) {}

  Result<std::optional<SessionRow>> begin(const std::string& ticket, const std::string& token, const std::string& carrier) override {
    const std::lock_guard lock(mutex_);
    const auto found = tickets_.extract(ticket);
    if (!found || found.mapped().expires_at <= now_()) return std::optional<SessionRow>{};
    const std::string id = std::to_string(++last_session_);
    sessions_[id] = {token, found.mapped().agent, carrier, now_()};
    return std::optional(row(id));
  }

  Result<std::optional<SessionRow>> resume(const std::string& token, const std::string& carrier) override {
    const std::lock_guard lock(mutex_);
    for (auto& [id, session] : sessions_) {
      if (session.token != token || session.seen_at + kSessionOutlives <= now_()) continue;
      session.carrier = carrier;
      session.seen_at = now_();
      return std::optional(row(id));
    }
    return std::optional<SessionRow>{};
  }

  Result<std::optional<SessionRow>> look(const std::string& session) override {
    const std::lock_guard lock(mutex_);
    return sessions_.contains(session) ? std::optional(row(session)) : std::nullopt;
  }

  Result<std::vector<Carried>> keep(const std::vector<Carried>& carried) override {
    const std::lock_guard lock(mutex_);
    std::vector<Carried> out;
    for (const Carried& one : carried) {
      const auto found = sessions_.find(one.session);
      if (found == sessions_.end() || found->second.carrier != one.carrier) continue;
      found->second.seen_at = now_();
      out.push_back(one);
    }
    return out;
  }

  Result<std::vector<Expired>> expired() override {
    const std::lock_guard lock(mutex_);
    std::vector<Expired> out;
    for (const auto& [id, session] : sessions_)
      if (session.seen_at + kSessionOutlives <= now_()) out.push_back({id, session.agent, agents_.at(session.agent).zone});
    return out;
  }

  Status end(const std::string& session) override {
    const std::lock_guard lock(mutex_);
    sessions_.erase(session);
    return success();
  }

  Status listen(const Incarnation& me, const std::string& url) override {
    const std::lock_guard lock(mutex_);
    listeners_[me] = url;
    return success();
  }
  Result<std::map<Incarnation, std::string>> listeners() override {
    const std::lock_guard lock(mutex_);
    return listeners_;
  }

  /// As an administrator, a dashboard and the zone's manager make them.
  void add_agent(const SessionRow& agent) { agents_[agent.agent] = agent; }
  void add_ticket(const std::string& ticket, AgentId agent) { tickets_[ticket] = {agent, now_() + std::chrono::seconds(60)}; }
  /// The agent works at this session's desktop, and stands so.
  void set_agent(const std::string& session, AgentId agent, Situation situation, std::vector<AgentNotice> kept, int64_t last) {
    SessionRow& known = agents_.at(agent);
    known.id = session;
    known.situation = std::move(situation);
    known.kept = std::move(kept);
    known.last = last;
  }

 private:
  struct Ticket {
    AgentId agent;
    Instant expires_at;
  };
  struct Kept {
    std::string token;
    AgentId agent;
    std::string carrier;
    Instant seen_at;
  };

  SessionRow row(const std::string& id) {
    const SessionRow& agent = agents_.at(sessions_.at(id).agent);
    SessionRow out{id, agent.agent, agent.login, agent.name, agent.zone, agent.supervisor};
    if (agent.id != id) return out;
    out.owner = true;
    out.situation = agent.situation;
    out.last = agent.last;
    out.kept = agent.kept;
    return out;
  }

  std::function<Instant()> now_;
  std::mutex mutex_;
  std::map<AgentId, SessionRow> agents_;  ///< id: the session at whose desktop the agent works
  std::map<std::string, Ticket> tickets_;
  std::map<std::string, Kept> sessions_;
  std::map<Incarnation, std::string> listeners_;
  int64_t last_session_ = 0;
};

}  // namespace everdial::desk
