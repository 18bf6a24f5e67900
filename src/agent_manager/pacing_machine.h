#pragma once

#include <optional>
#include <unordered_map>

#include "agent_manager/pacing_forecast.h"

namespace everdial {

/// How many calls one job may place now. Told of every call and every change of its agents, asked at each tick; the README says how it
/// decides. It knows agents only as ones who wait, talk, or work after a call.
class PacingMachine {
 public:
  explicit PacingMachine(PacingSettings settings, PacingMemory learned = {});

  /// `at` is when it became true, which a new owner tells of what it finds. What cannot follow (a call unknown, said twice) is ignored.
  void note(const PacingFact& fact, Instant at);

  /// Calls that may be placed now, beside those noted as placed already.
  int64_t tick(const PacingLimits& limits, Instant now);

  const PacingMemory& memory() const { return memory_; }  ///< to be saved now and then
  size_t calls() const { return calls_.size(); }          ///< placed and neither connected nor ended
  size_t agents() const { return agents_.size(); }

 private:
  enum class Call { ringing, analysis, waiting };
  enum class Agent { ready, talking, wrapup };
  template <class Id, class State>
  struct Member {
    Id id;
    State state;
    Instant since;
    int seconds = 0;  ///< of this state that have been learned from
    bool leaving = false;
  };
  /// Dense, because all are looked at in each tick.
  template <class Id, class State>
  class Members {
   public:
    using Item = Member<Id, State>;
    Item* find(const Id& id);
    void put(const Id& id, State state, Instant since);
    void erase(const Id& id);
    size_t size() const { return items_.size(); }
    auto begin() { return items_.begin(); }
    auto end() { return items_.end(); }
    auto begin() const { return items_.begin(); }
    auto end() const { return items_.end(); }

   private:
    std::vector<Item> items_;
    std::unordered_map<Id, size_t> places_;
  };

  void on(const CallPlaced&, Instant at);
  void on(const CallAnswered&, Instant at);
  void on(const CallClassified&, Instant at);
  void on(const CallConnected&, Instant at);
  void on(const CallAbandoned&, Instant at);
  void on(const CallEnded&, Instant at);
  void on(const AgentReady&, Instant at);
  void on(const AgentTalking&, Instant at);
  void on(const AgentWrapup&, Instant at);
  void on(const AgentLeaving&, Instant at);
  void on(const AgentGone&, Instant at);
  void on(const AgentAsks&, Instant at);
  void agent_is(AgentId agent, Agent state, Instant at);
  void settle(bool abandoned, Instant at);
  void count_live(bool abandoned, Instant at);
  void learn(Instant now);
  double risk(Instant now) const;
  int rang_until(Member<AttemptId, Call>& call, Instant at);
  template <class Picture>
  int64_t predicted(double risk, int64_t most, Picture picture, Instant now) const;

  PacingSettings settings_;
  PacingMemory memory_;
  PacingForecast forecast_;
  Members<AttemptId, Call> calls_;
  Members<AgentId, Agent> agents_;
  std::vector<AgentId> asking_;
  std::optional<Instant> rebuilt_;
  int64_t new_calls_ = 0, new_talks_ = 0;
};

}  // namespace everdial
