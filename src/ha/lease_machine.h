#pragma once

#include <map>
#include <optional>
#include <set>
#include <string>
#include <variant>
#include <vector>

#include "base/time.h"
#include "model/doubt.h"
#include "model/lease.h"

namespace everdial {

/// What one poll of the database showed. `leases` has at least every lease that is held, desired by someone or competed for by us.
struct LeasesSeen {
  std::vector<LeaseRow> leases;
  Instant asked_at;  ///< when the poll began: what it shows is not older
};
struct LeasesUnreadable {};  ///< a poll failed, or one is long under way
struct OutlookSeen {         ///< what the failure detector of our server says; again and again
  Outlook outlook;
};
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
  /// For so long a lease that could be taken is left to whoever a director allots it to; then it is taken, whatever he says or said.
  /// Without it, it is taken at once when it is allotted to nobody, and never when it is allotted to another.
  std::optional<Duration> patience = std::nullopt;
};
struct LeasesDrain {};  ///< stop acting and release all; take nothing more
using LeaseInput = std::variant<LeasesSeen, LeasesUnreadable, OutlookSeen, LeaseAcquired, LeaseNotAcquired, LeaseFenced, LeaseRenounced,
                                LeaseCandidacy, LeasesDrain>;

struct AcquireLease {
  LeaseRow seen;
  std::string reason;    ///< "released", "holder_gone", "holder_silent", what the holder is in doubt for, or "resumed": it is ours
  Duration detect{};     ///< how long the holder's renewals had stood still
  std::string evidence;  ///< for the history: a JSON object
};
struct StartActing {
  LeaseGrant grant;
};
struct StopActing {
  LeaseGrant grant;
  std::string reason;  ///< "fenced", "not_renewed", "handed_over", "renounced", "isolated", "draining"
};
struct ReleaseLease {
  LeaseGrant grant;
  std::string reason;
};
using LeaseEffect = std::variant<AcquireLease, StartActing, StopActing, ReleaseLease>;

/// Decides for one process when to acquire, act under, and give up leases. No clocks are compared: a holder is silent when its
/// renew_seq stands still on our own clock while we could read the database. `now` is Clock::steady().
///
/// The mirror image of that: we act only as long as nobody can have seen our own renew_seq stand still for so long that he may take
/// over. So a holder that the database does not see, or whose server does not renew it, has stopped before another starts. Whenever we
/// start to act it is under an epoch of its own: what we had on its way before is settled like a dead master's.
class LeaseMachine {
 public:
  struct Settings {
    // How long a holder's renewals must have stood still, in time in which the database could be read, before it is taken for dead:
    Duration silent_after = 5s;              ///< on no other sign
    Duration doubted_silent_after = 1500ms;  ///< when the failure detector doubts it
    Duration surely_silent_after = 600ms;    ///< when it is stuck, or its server is gone for sure; longer than from one renewal to the next
    Duration outlook_holds = 1s;             ///< without being told again
    Duration act_unrenewed = 1300ms;         ///< shorter than doubted_silent_after, by more than a poll
    Duration act_assured = 2500ms;           ///< the same while no other server can doubt ours; shorter than silent_after
    Duration yield_for = 3s;                 ///< when our server finds itself isolated: long enough for those whom all others hear
    Duration acquire_timeout = 2s;           ///< after which an unanswered acquire is tried again
  };

  LeaseMachine(Incarnation me, Settings settings) : me_(std::move(me)), settings_(settings) {}

  std::vector<LeaseEffect> step(const LeaseInput& input, Instant now);

  /// The grants under which this process acts now.
  const std::map<Resource, LeaseGrant>& acting() const { return acting_; }
  /// False when the database does not answer us, so that we have stopped acting, or will at once.
  bool fit(Instant now) const;

 private:
  struct Watched {
    Epoch epoch;  ///< to acquire it again is a sign of life, too
    int64_t renew_seq = 0;
    Duration still{};  ///< database-reachable time since they last moved
  };

  void seen(const LeasesSeen& input, Instant now, std::vector<LeaseEffect>& out);
  void look(const Outlook& outlook, Instant now, std::vector<LeaseEffect>& out);
  void release(const Resource& resource, const std::string& reason, std::vector<LeaseEffect>& out);
  void see_our_renewals(const LeasesSeen& input);
  void seen_one(const LeaseRow& row, Duration since_last, Instant now, std::vector<LeaseEffect>& out);
  void take_over(const LeaseRow& row, Duration since_last, Instant now, std::vector<LeaseEffect>& out);
  bool is_ours_to_take(const LeaseRow& row, Duration since_last);
  void acquire(AcquireLease take, Instant now, std::vector<LeaseEffect>& out);
  bool lately(Instant since, Instant now) const;
  bool renewed(const Resource& resource, Instant now) const;
  void stop_unrenewed(Instant now, std::vector<LeaseEffect>& out);
  void stop(const Resource& resource, const std::string& reason, std::vector<LeaseEffect>& out);

  Incarnation me_;
  Settings settings_;
  std::map<Resource, std::optional<Duration>> candidacies_;  ///< with our patience
  std::map<Resource, LeaseGrant> acting_;
  std::map<Resource, Watched> watched_;
  std::map<Resource, Duration> vacant_;      ///< for how long, in database-reachable time, it could have been taken
  std::map<Resource, Instant> acquiring_;    ///< since when an acquire is under way
  std::map<Resource, Instant> not_ours_at_;  ///< somebody else's, or nobody's, then: nobody can have watched us as its holder before
  std::map<Incarnation, Doubt> doubts_;
  Instant outlook_at_, assured_until_, yields_until_;
  bool isolated_ = false;
  std::optional<Instant> last_seen_at_;   ///< when the last poll was answered
  std::optional<Instant> last_asked_at_;  ///< when it began
  std::optional<int64_t> our_renew_seq_;  ///< as the last poll showed it, if it showed it
  Instant renewed_after_;                 ///< our renew_seq has moved since then
  bool draining_ = false;
};

}  // namespace everdial
