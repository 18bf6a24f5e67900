#pragma once

#include <set>
#include <string>
#include <utility>
#include <vector>

#include "application_server/call_control_types.h"
#include "base/time.h"

namespace everdial {

/// This application server's share of every trunk's channels and calls per second, and who may use them now.
class TrunkAllotment {
 public:
  explicit TrunkAllotment(std::vector<TrunkLimits> trunks);

  /// Each of `servers` has an equal share; of what cannot be divided the first ones have one more.
  void share(size_t rank, size_t servers);

  /// Trunks for one more call in the configured order, all but `down`; the first one's limits are charged. Empty: none has room.
  std::vector<std::string> take(const std::set<std::string>& down, Instant now);

  /// A call occupies a channel of `trunk`, and does no more.
  void occupy(const std::string& trunk);
  void release(const std::string& trunk);

  int occupied(const std::string& trunk) const;

 private:
  struct Trunk {
    TrunkLimits limits;
    int channels = 0;  ///< our share, with limits.channels
    double rate = 0;   ///< our share, with limits.calls_per_second
    double tokens = 1;
    Instant tokens_at;
    int occupied = 0;
  };
  bool has_room(Trunk& trunk, Instant now) const;
  Trunk* find(const std::string& name);

  std::vector<Trunk> trunks_;
};

}  // namespace everdial
