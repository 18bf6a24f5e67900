#pragma once

#include <map>
#include <set>
#include <string>
#include <variant>
#include <vector>

#include "base/time.h"
#include "model/lease.h"

namespace everdial {

/// What one poll of the database showed. `leases` has at least every lease that is held, desired by someone or competed for by us.
struct LeasesSeen {
  std::vector<LeaseRow> leases;
};
struct LeasesUnreadable {};  ///< the poll failed: the database is out of reach
struct LeaseAcquired {
  LeaseGrant grant;
};
struct LeaseNotAcquired {
  Resource resource;
};
struct LeaseFenced {  ///< the store refused our epoch: another has acquired
  LeaseGrant grant;
};
/// We cannot go on under this epoch (a commit or an order has an unknown outcome): give it back, to begin again under a higher one.
struct LeaseRenounced {
  LeaseGrant grant;
};
struct LeaseCandidacy {
  Resource resource;
  bool competes = true;
};
struct LeasesDrain {};  ///< stop acting and release all; take nothing more
using LeaseInput =
    std::variant<LeasesSeen, LeasesUnreadable, LeaseAcquired, LeaseNotAcquired, LeaseFenced, LeaseRenounced, LeaseCandidacy, LeasesDrain>;

struct AcquireLease {
  LeaseRow seen;
  std::string reason;  ///< "released", "holder_gone", "holder_silent"
  Duration detect{};   ///< how long the holder had been silent
};
struct StartActing {
  LeaseGrant grant;
};
struct StopActing {
  LeaseGrant grant;
  std::string reason;  ///< "fenced", "database_unreachable", "handed_over", "renounced", "draining"
};
struct ReleaseLease {
  LeaseGrant grant;
  std::string reason;
};
using LeaseEffect = std::variant<AcquireLease, StartActing, StopActing, ReleaseLease>;

/// Decides for one process when to acquire, act under, and give up leases. No clocks are compared: a holder is silent when its
/// renew_seq stands still on our own clock while we could read the database. `now` is Clock::steady().
class LeaseMachine {
 public:
  struct Settings {
    Duration holder_silent_after = 5s;   ///< of time in which the database could be read
    Duration act_without_database = 3s;  ///< shorter than holder_silent_after, so that we stop before another may start
    Duration acquire_timeout = 2s;       ///< after which an unanswered acquire is tried again
  };

  LeaseMachine(Incarnation me, Settings settings) : me_(std::move(me)), settings_(settings) {}

  std::vector<LeaseEffect> step(const LeaseInput& input, Instant now);

  /// The grants under which this process acts now.
  const std::map<Resource, LeaseGrant>& acting() const { return acting_; }

 private:
  struct Watched {
    Incarnation holder;
    int64_t renew_seq = 0;
    Duration still{};  ///< database-reachable time since renew_seq last moved
  };

  void seen(const LeasesSeen& input, Instant now, std::vector<LeaseEffect>& out);
  void seen_one(const LeaseRow& row, Duration since_last, Instant now, std::vector<LeaseEffect>& out);
  void stop(const Resource& resource, const std::string& reason, std::vector<LeaseEffect>& out);

  Incarnation me_;
  Settings settings_;
  std::set<Resource> candidacies_;
  std::map<Resource, LeaseGrant> acting_;
  std::map<Resource, Watched> watched_;
  std::map<Resource, Epoch> renounced_;
  std::map<Resource, Instant> acquiring_;  ///< since when an acquire is under way
  std::optional<Instant> last_seen_at_;
  bool draining_ = false;
};

}  // namespace everdial
