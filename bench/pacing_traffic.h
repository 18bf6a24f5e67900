#pragma once

#include <cstdint>
#include <queue>
#include <random>
#include <vector>

#include "agent_manager/pacing_types.h"

namespace everdial::bench {

/// Contacts and agents as a pacer meets them.
struct TrafficMix {
  const char* name = "";
  double answer = 0.3;  ///< of the calls placed
  double ring_from = 4, ring_to = 16;
  double no_answer = 25;                 ///< rings until given up
  double fails_fast = 0.2;               ///< of the calls not answered: busy or no such number, in 1 to 3 s
  double person = 1;                     ///< of the answers; below 1 the calls are analysed
  double analysis = 0;                   ///< seconds; the window begins with the answer
  double talk = 120, talk_spread = 0.8;  ///< mean, and sigma of the log-normal distribution
  double wrapup = 15, wrapup_spread = 0.5;
  bool drifts = false;    ///< the answer rate swings between half and double
  bool pauses = false;    ///< agents go away for 10 minutes, once an hour each
  bool logs_out = false;  ///< 30 % of the agents leave at half time, at once
};

struct TrafficFigures {
  double talk_share = 0;       ///< of the agents' time
  double abandoned_share = 0;  ///< of the live calls
  int64_t placed = 0, live = 0, abandoned = 0;
  int64_t lost = 0;  ///< calls and agents that the pacer knows otherwise than they are, at the end
};

/// Who is measured. Told what happens, asked twice a second.
class Pacer {
 public:
  virtual ~Pacer() = default;
  virtual void note(const PacingFact& fact, Instant at) = 0;
  virtual int64_t tick(Instant now) = 0;
  virtual int64_t calls() const = 0;   ///< not yet connected ones it knows of
  virtual int64_t agents() const = 0;  ///< it knows of
};

/// One campaign of some hours, from a cold start. Free calls go to the agent who has waited longest, oldest call first.
class Traffic {
 public:
  Traffic(const TrafficMix& mix, int agents, double hours, uint64_t seed)
      : mix_(mix), agents_(static_cast<size_t>(agents)), hours_(hours), random_(seed) {}
  TrafficFigures run(Pacer& pacer);

 private:
  enum class What { call_over, answered, classified, given_up, talk_over, wrapup_over, pause_over, shift_over };
  struct Event {
    int64_t at, order;
    What what;
    int64_t who;
    bool operator<(const Event& other) const { return std::pair(other.at, other.order) < std::pair(at, order); }
  };
  struct Agent {
    int64_t talking_since = -1;
    bool present = true, leaving = false;
  };
  struct Waiting {
    int64_t call, since;
  };

  double uniform(double from, double to) { return std::uniform_real_distribution(from, to)(random_); }
  double log_normal(double mean, double spread);
  void after(double seconds, What what, int64_t who);
  void place(Pacer& pacer);
  void handle(Pacer& pacer, const Event& event);
  void free(Pacer& pacer, int64_t agent);
  void leave(Pacer& pacer, int64_t agent, double seconds);
  void connect(Pacer& pacer);
  void wait_for_agent(Pacer& pacer, int64_t call);
  double answer_rate() const;
  void tell(Pacer& pacer, const PacingFact& fact) const { pacer.note(fact, from_micros(now_)); }
  static AttemptId attempt(int64_t call) { return {JobId{1}, ContactId{call}, 1}; }

  TrafficMix mix_;
  std::vector<Agent> agents_;
  double hours_;
  std::mt19937_64 random_;
  std::priority_queue<Event> events_;
  std::vector<int64_t> idle_;  ///< longest first
  std::vector<Waiting> waiting_;
  int64_t now_ = 0, order_ = 0, calls_ = 0, open_ = 0;
  double talked_ = 0, present_ = 0;
  TrafficFigures figures_;
};

}  // namespace everdial::bench
