#pragma once

#include <filesystem>
#include <functional>
#include <memory>
#include <set>
#include <string>

#include "ha/lease_service.h"
#include "runtime/config.h"
#include "runtime/directory.h"
#include "runtime/loop.h"
#include "runtime/metrics.h"
#include "runtime/pg.h"
#include "runtime/rpc.h"

namespace everdial {

/// Settings of this process's database connections. Their application_name ends in the incarnation's first eight characters, by which
/// whoever takes over our leases finds and ends them.
Result<pg::Settings> database_settings(const Config& config, const std::string& name, const Incarnation& me);
/// The same, with its failures counted.
pg::Settings counted(pg::Settings settings, Metrics& metrics);

GrpcNetwork::Settings network_settings(const Config& config);

/// What one component is, once it is wired; its services live as long as these functions.
struct Duties {
  RequestHandler handle;  ///< requests of other components; none when empty
  std::function<void()> start = [] {};
  std::function<void(std::function<void()>)> drain = [](std::function<void()> done) { done(); };
};

/// The process of one component: what all of them have in common. Single-threaded on its loop.
class Process {
 public:
  /// Comes up to the point where services can be made; blocking, no database needed yet.
  static Result<std::unique_ptr<Process>> open(std::string component, std::string instance, Config config);

  const Config& config() const { return config_; }
  const std::string& instance() const { return instance_; }
  const Incarnation& me() const { return me_; }
  ServerName server() const { return ServerName{config_.server.name}; }
  Loop& loop() { return loop_; }
  Seams& seams() { return seams_; }
  pg::Pool& pool() { return pool_; }
  LeaseService& leases() { return leases_; }
  Directory& directory() { return directory_; }
  /// Told of each poll of the leases, after the directory has it.
  std::function<void(const std::vector<LeaseRow>&)> on_leases = [](const std::vector<LeaseRow>&) {};
  Metrics& metrics() { return metrics_; }
  Random& random() { return random_; }

  /// Runs until SIGTERM and everything has drained; gives the exit code.
  int run(Duties duties);

 private:
  Process(std::string component, std::string instance, Config config, Incarnation me, pg::Settings database);

  void show_progress();
  void hear_server();
  void note_acting(const LeaseGrant& grant, const std::string& reason);
  void count_acting();
  void read_time();
  void keep_time();
  void renew_myself();
  void enter();
  void look_for_myself(const std::vector<Session>& sessions);
  void drain();
  void leave();
  [[noreturn]] void end(int code);

  std::string component_, instance_;
  Config config_;
  Incarnation me_;
  Loop loop_;
  StoreThreads store_;
  SystemRandom random_;
  GrpcNetwork network_;
  Seams seams_{loop_, random_, store_, network_};
  Metrics metrics_;
  Metrics::Histogram lag_;
  std::set<std::string> kinds_acted_;  ///< of leases
  pg::Pool pool_;
  std::unique_ptr<LeaseStore> lease_store_;
  LeaseService leases_;
  Directory directory_;
  Duties duties_;
  int link_fd_ = -1;  ///< to our server; -1: nobody supervises us
  bool entered_ = false, seen_ = false, draining_ = false;
  int still_draining_ = 0;
  std::unique_ptr<Timer> link_watch_, progress_timer_, enter_timer_, renew_timer_, time_timer_;
};

}  // namespace everdial
