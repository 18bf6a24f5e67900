#pragma once

#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "base/result.h"
#include "ha/detector_machine.h"
#include "runtime/seams.h"

namespace everdial {

/// Heartbeats to and from the other servers, over UDP, and the detector that draws its conclusions; on a thread of its own, so that a
/// busy loop is not taken for a dead server. UDP, because a lost heartbeat is not to hold up the next; a port where nobody listens any
/// more is told by ICMP. Each datagram is authenticated by a key that all servers have, and a refusal counts only when it quotes one
/// that we have sent lately. All methods are called on the loop.
class HeartbeatLink {
 public:
  struct Settings {
    std::string listen_host = "127.0.0.1", advertise_host = "127.0.0.1";
    int port = 0;  ///< 0: any that is free
    DetectorMachine::Settings detector;
  };
  using OnOutlook = std::function<void(const Outlook&)>;  ///< with each tick

  static Result<std::unique_ptr<HeartbeatLink>> open(Seams& seams, Incarnation me, ServerName name, std::string version, Settings settings,
                                                     OnOutlook on_outlook);
  ~HeartbeatLink();

  /// Where others reach us.
  const Address& address() const;
  /// From now on heartbeats are sent and heard.
  void start(const std::string& key);
  void set_peers(std::vector<PeerServer> peers);
  /// What we are to say of ourselves. To be called each tick of the loop: how late it comes is the loop's lag.
  void observe(Duration database_age, std::vector<Unfit> unfit);

  /// As of the last tick.
  std::vector<DetectorMachine::PeerView> peers() const;

 private:
  struct State;
  explicit HeartbeatLink(std::unique_ptr<State> state);
  std::unique_ptr<State> state_;
};

}  // namespace everdial
