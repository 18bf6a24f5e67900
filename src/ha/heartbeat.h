#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "model/doubt.h"

namespace everdial {

/// What one server tells another every 100 ms. Clocks are the sender's own unless said.
struct Heartbeat {
  Incarnation from, to;  ///< of the two `everdial server` processes
  int64_t seq = 0;       ///< counts up with each heartbeat sent, to whomever
  Instant sent_at;       ///< wall clock
  /// The last heartbeat that came from the receiver: when it was sent there (the receiver's wall clock) and when it came here.
  struct Echo {
    int64_t seq = 0;
    Instant sent_at, received_at;
    bool operator==(const Echo&) const = default;
  };
  std::optional<Echo> echo;
  Duration loop_lag{};      ///< how late the loop that watches the components is
  Duration database_age{};  ///< since the database last answered
  std::string version;
  std::vector<Unfit> unfit;            ///< of its components
  std::vector<Incarnation> suspected;  ///< servers that it does not hear
  bool operator==(const Heartbeat&) const = default;
};

/// As it goes over the wire; both sides check nothing but the shape.
std::string encode(const Heartbeat& heartbeat);
/// Empty when it is anything else.
std::optional<Heartbeat> decode_heartbeat(std::string_view bytes);

}  // namespace everdial
