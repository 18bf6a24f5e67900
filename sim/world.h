#pragma once

#include <functional>
#include <map>
#include <memory>
#include <string>
#include <vector>

#include "agent_manager/agent_store_memory.h"
#include "mpp/journal.h"
#include "sim/carrier.h"
#include "sim/desks.h"
#include "sim/faulty_stores.h"
#include "sim/supervisor.h"
#include "sim/tables.h"

namespace everdial::sim {

/// What a run is made of; each is drawn from the seed unless given.
struct Options {
  int servers = 2;
  int mpps_per_server = 2;
  int contacts = 40;
  int jobs = 1;
  double calls_per_second = 8;
  int agents = 0;  ///< robots at desktops, for whom the jobs dial; 0: jobs without agents
  PacingMode pacing = PacingMode::progressive;
  int64_t goal = 0;           ///< attempts with a person that a job is to have; 0: none
  bool scheduled = false;     ///< the first job is started by a schedule, one minute after the beginning; the next would be at minute ten
  Duration finish_after{};    ///< a job ends so long after it began; 0: when all contacts are done
  Duration faults_for = 30s;  ///< then the weather clears and everything is left alone
  Duration converge_within = 240s;
  bool kills = true, pauses = true, cuts = true, loss = true, store_failures = true, duplicates = true, power_cuts = true,
       clock_steps = false, requests = false;
  Without without = Without::nothing;
};

/// Several servers, each with all components, over one database and one carrier: the product's machines, services and effect runner
/// on virtual seams, under the product's supervisor and failure detector.
class World {
 public:
  World(uint64_t seed, Options options);
  ~World();

  /// Plays until all jobs have ended after the faults, or something is wrong. Empty: all is well; else what was wrong.
  struct Outcome {
    enum class Kind { well, broken_invariant, no_progress } kind = Kind::well;
    std::string what;
    uint64_t events = 0;
    Duration took{};  ///< virtual
    size_t invites = 0, attempts = 0, unknown = 0;
    std::map<std::string, size_t> acquired;  ///< leases, by reason
  };
  Outcome run();
  /// Without further faults: plays until all jobs have ended and nothing is open.
  Outcome converge();

  Tables& tables() { return *tables_; }
  Carrier& carrier() { return *carrier_; }
  Ground& ground() { return *ground_; }
  Desks& desks() { return *desks_; }
  const std::map<AgentId, zone::Agent>& agents() { return agent_store_->zone("default").agents; }

  struct Component;
  struct Server;

  /// One process by name: "as1/campaign_manager"; "as1/server" is the one that started all others there. All of a server's can be frozen
  /// at once: "as1".
  void kill(const std::string& name);
  void pause(const std::string& name, Duration how_long);
  void stop(const std::string& name);  ///< SIGTERM
  void cut_power(const std::string& server, Duration how_long);
  void lose_journal(const std::string& mpp);  ///< that is dead
  /// Killed, and for so long it does not come up again.
  void keep_away(const std::string& name, Duration how_long);
  /// Plays until a process that is able to acts under it; how long that took.
  std::optional<Duration> until_owned(const Resource& resource, Duration at_most);
  /// Names of the processes that act under it, but for those that are frozen.
  std::vector<std::string> acting(const Resource& resource) const;
  std::vector<std::string> processes() const;
  /// Runs virtual time on; returns false when an invariant broke meanwhile.
  bool play(Duration time);
  std::string broken();

 private:
  void start_server(Server& server);
  void spawn(Server& server, const server::ChildName& child, const Incarnation& incarnation);
  void end(Component& component);
  void end_supervisor(Server& server);
  Component* component(const std::string& name);
  std::optional<Instant> fit_since(const Server& server, const Component& component) const;
  bool reaches_database(const Server& server) const;
  bool owned(const Resource& resource) const;
  void audit();
  void check_one_acts(const Resource& resource);
  void one_fault();
  void check_database();
  void check_agents();
  std::string agents_alive() const;
  void make_agents();
  std::string liveness() const;
  Outcome outcome(Outcome::Kind kind, std::string what) const;
  void narrate_request(const Process& from, const Request& request);

  Options options_;
  std::unique_ptr<Ground> ground_;
  std::unique_ptr<Tables> tables_;
  std::unique_ptr<Carrier> carrier_;
  std::unique_ptr<zone::MemoryAgentStore> agent_store_;
  std::unique_ptr<Desks> desks_;
  std::map<std::string, std::unique_ptr<Server>> servers_;
  std::map<std::string, std::unique_ptr<MemoryJournal>> journals_;
  std::vector<std::shared_ptr<void>> graveyard_;  ///< statements of the dead may still be on their way
  uint64_t incarnations_ = 0;
  Instant started_;
  Instant calm_since_;
  std::map<Resource, Instant> owned_at_;
  std::map<std::string, Instant> away_until_;
  uint16_t next_port_ = 10000;
  std::string broken_;
  size_t history_checked_ = 0;
  std::map<Resource, Epoch> highest_epoch_;
};

}  // namespace everdial::sim
