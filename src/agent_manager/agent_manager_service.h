#pragma once

#include <functional>
#include <map>
#include <memory>
#include <string>

#include "agent_manager/agent_store.h"
#include "agent_manager/zone_machine.h"
#include "runtime/directory.h"
#include "runtime/effect_runner.h"
#include "runtime/seams.h"

namespace everdial {

/// The shell around the zones whose agents this process manages: one ZoneMachine per grant of a zone's lease. What comes while a
/// commit is under way shares the next one.
class AgentManagerService {
 public:
  struct Settings {
    zone::ZoneMachine::Settings zone;
    Duration tick = 100ms;
    Duration look_every = 1s;  ///< at what others change: jobs, agents, callbacks
    Duration request_timeout = 1s;
    Duration say_again = 200ms;  ///< what was not acknowledged
    Duration give_up_after = 30s;
    /// Told, for the log, why a lease is renounced.
    std::function<void(const LeaseGrant&, const std::string& why)> trouble = [](const LeaseGrant&, const std::string&) {};
    /// Told, for log and metrics, of MPPs that do not answer a new manager.
    std::function<void(const LeaseGrant&, const zone::MppsSilent&)> silent = [](const LeaseGrant&, const zone::MppsSilent&) {};
    /// Told, for log and metrics, of agents who were logged out since it cannot be said whose call it is.
    std::function<void(const LeaseGrant&, const zone::SaveDisposition&)> desktop_error = [](const LeaseGrant&,
                                                                                            const zone::SaveDisposition&) {};
  };

  /// `renounce` gives a zone's lease back, so that it is acquired again under a higher epoch; `fenced` tells that it is another's.
  struct Leases {
    std::function<void(const LeaseGrant&)> renounce;
    std::function<void(const LeaseGrant&)> fenced;
  };

  AgentManagerService(Seams& seams, zone::AgentStore& store, const Directory& directory, ServerName server, Leases leases,
                      Settings settings);
  ~AgentManagerService();

  void start();
  void acquired(const LeaseGrant& grant);
  void lost(const LeaseGrant& grant);
  void handle(Request request, ReplyFn reply);  ///< CommandAgent, AgentCallEvents, TakeNotices, TellPreview

  /// Null when the zone is not ours.
  const zone::ZoneMachine* machine_of(const std::string& zone) const;

 private:
  struct Zone;

  void load(Zone& zone);
  void feed(Zone& zone, const zone::Input& input);
  void perform(Zone& zone, zone::Effect& effect);
  void ask(Zone& zone, const std::string& mpp);
  void place_line(Zone& zone, const CallOrder& order, int turn);
  void steer(Zone& zone, const SteerCalls& request, int turn);
  void forget(const std::vector<AttemptId>& lines);
  void notify(Zone& zone, const AgentNotices& notices);
  void claim(Zone& zone, const zone::AskPreview& ask);
  void settle(Zone& zone, const SettlePreview& request, int turn);
  void grant(Zone& zone, const GrantCalls& request);
  void later(Zone& zone, std::function<void(Zone&)> again);
  void tick();
  void look();
  void look(Zone& zone, std::function<void(Zone&)> then);
  void seen(Zone& zone, const zone::AgentStore::Seen& seen);
  std::optional<Address> application_server(int turn) const;

  Seams& seams_;
  zone::AgentStore& store_;
  const Directory& directory_;
  ServerName server_;
  Leases leases_;
  Settings settings_;
  std::map<Resource, std::shared_ptr<Zone>> zones_;
  uint64_t next_lane_ = 2000;
  std::unique_ptr<Timer> tick_, look_;
};

}  // namespace everdial
