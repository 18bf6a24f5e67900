#pragma once

#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "ha/detector_machine.h"
#include "ha/lease_store.h"
#include "server/server_machine.h"
#include "sim/simulation.h"

namespace everdial::sim {

/// One life of one server's `everdial server` process: the product's ServerMachine and DetectorMachine over virtual processes, heartbeats
/// and database. Its children are told of and acted on through `Children`.
class Supervisor {
 public:
  struct Children {
    std::function<void(const server::ChildName&, const Incarnation&)> start;
    std::function<void(const server::ChildName&)> kill;
    std::function<void(const Outlook&)> tell;
  };

  /// `leases` as this process reaches it.
  Supervisor(Ground& ground, ServerName name, Incarnation me, Address address, std::unique_ptr<LeaseStore> leases,
             std::vector<server::ChildName> children, Children hands);

  Process& process() { return process_; }
  /// From the children's side of the link; taken when the process runs.
  void hear(const server::ChildName& child, bool fit);
  void exited(const server::ChildName& child);
  std::vector<DetectorMachine::PeerView> peers() const { return detector_.peers(process_.steady()); }

 private:
  void look_for_predecessor();
  void enter(std::vector<Incarnation> dead);
  void again(std::function<void()> step);
  void tick();
  void poll();
  void feed(const server::Input& input);
  void perform(const std::vector<server::Effect>& effects);
  void detect(const DetectorInput& input);

  ServerName name_;
  Incarnation me_;
  Process process_;
  std::unique_ptr<LeaseStore> leases_;
  Children children_;
  server::ServerMachine machine_;
  DetectorMachine detector_;
  Instant polled_at_;
  int started_ = 0;  ///< children
  std::unique_ptr<Timer> timer_, poll_timer_;
};

}  // namespace everdial::sim
