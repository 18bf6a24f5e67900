#pragma once

#include <deque>
#include <map>
#include <vector>

#include "campaign_director/director_types.h"

namespace everdial {

/// Job life cycle, finish criteria and the dialing allowances under them (C-11), schedules (C-07), allotting of jobs to campaign managers
/// (C-01), of zones to directors (C-02, C-16, D-03), and moves of zones' agents between managers. All that counts is in the record,
/// so a director that takes over goes on from the first look; what it keeps itself is how long it has seen each server live.
class CommonDirectorMachine {
 public:
  struct Settings {
    Duration settled_after = 10min;  ///< zones go home to a server that has lived for so long
    int flaps = 3;                   ///< a server whose director began anew so often...
    Duration flap_window = 10min;    ///< ...within this time is given no zone while there is another
    Duration grant_every = 1s;       ///< of a dialing allowance with a time, so that a job's new owner need not wait longer
  };

  CommonDirectorMachine() = default;
  explicit CommonDirectorMachine(Settings settings) : settings_(settings) {}

  /// `now` is Clock::steady().
  std::vector<DirectorEffect> step(const CommonDirectorInput& input, Instant now);

 private:
  struct Life {
    Incarnation director;
    Instant since;
    std::deque<Instant> begun;  ///< its lives within the flap window
  };

  void jobs(const WorldSeen& world, Instant now, std::vector<DirectorEffect>& out);
  void grant(const JobSeen& job, Instant at, Instant now, std::vector<DirectorEffect>& out);
  static void schedules(const WorldSeen& world, std::vector<DirectorEffect>& out);
  using Loads = std::map<ServerName, double>;
  /// The weight of the zones that each server directs from now on.
  Loads zones(const WorldSeen& world, Instant now, std::vector<DirectorEffect>& out);
  void watch(const Session& director, Instant now);
  static void agents(const WorldSeen& world, const Loads& directed, std::vector<DirectorEffect>& out);

  Settings settings_;
  std::map<ServerName, Life> lives_;
  std::map<JobId, Instant> granted_at_;  ///< by us
};

}  // namespace everdial
