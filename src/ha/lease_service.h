#pragma once

#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <string>

#include "ha/lease_machine.h"
#include "ha/lease_store.h"
#include "runtime/seams.h"

namespace everdial {

/// Watches the leases for one process, acquires and releases, and tells the process's services when they act and when no more.
/// Its poll (100 ms) also feeds whoever wants to know the sessions and leases: set `on_poll` (the Directory does).
class LeaseService {
 public:
  struct Acting {
    std::function<void(const LeaseGrant&)> start;
    std::function<void(const LeaseGrant&, const std::string& reason)> stop;  ///< all work under the grant ends before it returns
  };

  LeaseService(Seams& seams, LeaseStore& store, Incarnation me, LeaseMachine::Settings settings = {}, Duration poll_every = 100ms);
  ~LeaseService();

  /// How long a lease that a director allots is left to him before anybody takes it: longer than it takes another director to begin.
  static constexpr Duration kLeftToDirector = 500ms;

  /// Master / dormant: become master of `resource` whenever it is free; with patience, see LeaseCandidacy.
  void compete(const Resource& resource, Acting acting, std::optional<Duration> patience = std::nullopt);
  /// No candidate any more; released if held.
  void withdraw(const Resource& resource);
  /// Resources that start with `prefix` are taken when their `desired` names this process (jobs).
  void follow(const std::string& prefix, Acting acting);

  void start();
  /// Stops acting, releases all, takes nothing more; `done` when the store has it.
  void drain(std::function<void()> done);
  /// A store refused `grant`: another has it.
  void fenced(const LeaseGrant& grant);
  /// Give `grant` back and acquire again under a higher epoch: what it had on its way is then settled like a dead master's.
  void renounce(const LeaseGrant& grant);
  /// What the failure detector of our server says.
  void look(const Outlook& outlook);
  /// There may be a lease for us (LeaseBell): look now, not at the next poll.
  void wake();
  /// False when the database does not answer us, so that we have stopped acting, or will at once.
  bool fit() const { return machine_.fit(seams_.clock.steady()); }

  const std::map<Resource, LeaseGrant>& acting() const { return machine_.acting(); }

  std::function<void(const std::vector<Session>&, const std::vector<LeaseRow>&)> on_poll;
  /// Told of each beginning (`reason` is empty) and each end of acting, for the log and for counting.
  std::function<void(const LeaseGrant&, const std::string& reason)> on_acting = [](const LeaseGrant&, const std::string&) {};

 private:
  void turn();
  void poll();
  void ensure_rows(const std::vector<LeaseRow>& present);
  void feed(const LeaseInput& input);
  void perform(const LeaseEffect& effect);
  const Acting* acting_for(const Resource& resource) const;

  Seams& seams_;
  LeaseStore& store_;
  Incarnation me_;
  Duration poll_every_;
  LeaseMachine machine_;
  std::map<Resource, Acting> competing_;
  std::map<std::string, Acting> following_;
  std::unique_ptr<Timer> timer_;
  bool polling_ = false, poll_again_ = false;
  int releasing_ = 0;
  std::function<void()> drained_;
  std::shared_ptr<char> alive_ = std::make_shared<char>();
};

}  // namespace everdial
