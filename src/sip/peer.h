#pragma once

#include <optional>
#include <string>

#include "sip/call.h"

namespace everdial::sip {

/// Asks a peer with OPTIONS, again and again, whether it is there.
class Peer {
 public:
  Peer(std::string name, PeerSpec spec, Surroundings& around);
  ~Peer();
  Peer(const Peer&) = delete;
  Peer& operator=(const Peer&) = delete;

  void ask();

 private:
  void healthy(const std::string& reason);
  void failed(const std::string& reason);
  void tell(bool up, const std::string& reason);
  void ask_again(Duration after);

  const std::string name_;
  const PeerSpec spec_;
  Surroundings& around_;
  Stack::Transaction question_ = 0;
  Timers::Id timeout_ = 0, next_ = 0;
  int failures_ = 0;  ///< in a row
  std::optional<bool> up_;
};

}  // namespace everdial::sip
