#pragma once

#include <deque>
#include <map>
#include <set>
#include <vector>

#include "server/server_types.h"

namespace everdial::server {

/// Keeps a server's components running: starts them, restarts those that die or hang, buries the dead, renews the living. `now` is the
/// steady clock; ServerTick comes every `Settings::tick`.
class ServerMachine {
 public:
  struct Settings {
    Duration tick = 100ms;
    Duration renew_every = 500ms;
    Duration stuck_after = 1200ms;  ///< without progress: not fit, and not renewed any more
    Duration killed_after = 2s;     ///< without progress
    Duration start_within = 15s;    ///< until the first progress
    Duration quick_death = 2s;      ///< who dies younger waits before the next start
    Duration first_wait = 100ms;    ///< doubled with each quick death in a row
    Duration longest_wait = 5s;
    Duration drain_within = 40s;    ///< then killed
    Duration death_window = 10min;  ///< in which deaths are counted
    Duration dead_told_for = 30s;   ///< to the other servers; a heartbeat has room for so many
    Duration bury_within = 3s;      ///< at the end; then others take what we held for silent
  };

  ServerMachine(Incarnation me, std::vector<ChildName> children, Settings settings);

  /// Starts all but the components that are to stay stopped; the first thing asked of it.
  std::vector<Effect> begin(Instant now, std::set<std::string> stopped = {});
  std::vector<Effect> step(const Input& input, Instant now);

  /// How many run and have shown progress, of how many.
  size_t serving() const;
  size_t wanted() const;
  /// Those that cannot do their work, or are dead and the database may not know it yet, as the other servers are to be told.
  std::vector<Unfit> unfit(Instant now) const;
  /// How often each component has died of late, on its own and not by order.
  std::map<std::string, int> deaths(Instant now) const;

 private:
  enum class State { waiting, starting, serving, draining, stopped, gone };
  struct Child {
    State state = State::waiting;
    Incarnation incarnation;
    Instant since;     ///< of the state; of the start, while it runs
    Instant progress;  ///< last seen
    Instant start_at;  ///< while waiting
    Instant drain_until;
    int quick_deaths = 0;
    bool progressed = false;  ///< since the last renewal
    bool fit = false;         ///< as it last said
    Instant fit_at;
    bool killed = false;
    bool by_order = false;       ///< killed by order
    std::deque<Instant> deaths;  ///< within the death window
  };

  void start(const ChildName& name, Child& child, Instant now, std::vector<Effect>& out);
  void wait_and_start(Child& child, Instant now);
  void exited(const ChildName& name, Child& child, Instant now, std::vector<Effect>& out);
  void tick(Instant now, std::vector<Effect>& out);
  void watch(const ChildName& name, Child& child, Instant now, std::vector<Effect>& out);
  void renew(Instant now, std::vector<Effect>& out);
  void drain(Instant now, std::vector<Effect>& out);
  void drain_child(const ChildName& name, Child& child, Instant now, std::vector<Effect>& out);
  void heed(const WishesSeen& wishes, Instant now, std::vector<Effect>& out);
  void bury(std::vector<Effect>& out);
  void maybe_exit(Instant now, std::vector<Effect>& out);
  static bool running(const Child& child) {
    return child.state == State::starting || child.state == State::serving || child.state == State::draining;
  }

  Incarnation me_;
  Settings settings_;
  std::map<ChildName, Child> children_;
  std::set<std::string> stopped_;        ///< components that are not to run
  std::map<Incarnation, Instant> dead_;  ///< since when; not yet known to be buried
  bool burying_ = false, renewing_ = false, draining_ = false, exiting_ = false;
  std::optional<Instant> last_tick_, last_renewal_;
  std::optional<Instant> bury_until_;  ///< set when no child is left
};

}  // namespace everdial::server
