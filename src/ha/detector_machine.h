#pragma once

#include <map>
#include <optional>
#include <set>
#include <string>
#include <variant>
#include <vector>

#include "base/time.h"
#include "ha/heartbeat.h"
#include "model/ids.h"

namespace everdial {

/// Another server as ha_session shows it.
struct PeerServer {
  Incarnation incarnation;
  ServerName name;
  Address address;
  std::vector<Incarnation> components;
  int64_t renew_seq = 0;  ///< of the server's own session
};

struct PeersSeen {  ///< all other servers that have a session
  std::vector<PeerServer> peers;
};
struct HeartbeatReceived {
  Heartbeat heartbeat;
  Instant wall;  ///< our wall clock at its receipt
};
struct PeerRefused {  ///< the peer's machine answered a heartbeat of ours: nobody listens there
  Incarnation peer;
};
struct DetectorTick {  ///< each Settings::every, with what is known of ourselves
  Instant wall;
  Duration loop_lag{}, database_age{};
  std::vector<Unfit> unfit;
};
using DetectorInput = std::variant<PeersSeen, HeartbeatReceived, PeerRefused, DetectorTick>;

struct SendHeartbeat {
  Address to;
  Heartbeat heartbeat;
};
struct TellOutlook {
  Outlook outlook;
};
using DetectorEffect = std::variant<SendHeartbeat, TellOutlook>;

/// Finds out which servers have failed, from their heartbeats; one in each `everdial server`. `now` is the steady clock.
/// - refused: a server with which heartbeats went both ways, and whose machine now answers that nobody listens there.
/// - silent: nothing heard for a time that is both long and, for this server's usual rhythm, improbable (phi accrual); it counts once
///   a majority of the servers that we do hear say the same.
/// - isolated: most of the servers that live, as their renewals in the database show, do not hear us or are not heard. Then what is master
///   here is of no use to them.
/// - self-doubt: when our own thread runs late, or all fall silent at once, we wait longer before we suspect others.
class DetectorMachine {
 public:
  struct Settings {
    Duration every = 100ms;
    Duration silent_after = 1s;
    double phi = 8;
    Duration refused_after = 150ms;  ///< without a heartbeat, when the port refuses
    Duration lag_is_silence = 1s;    ///< a sender whose own loop stands still gives no sign of life
    Duration unheard_after = 4s;     ///< of one never heard: it may not know of us yet, and so wait for no word of ours
    Duration lives_for = 2s;         ///< after its last renewal, when it is not heard
    Duration gone_after = 10s;       ///< the same, for long
    double most_stretch = 8;         ///< of silent_after, by self-doubt
  };

  DetectorMachine(Incarnation me, ServerName name, std::string version, Settings settings)
      : me_(std::move(me)), name_(std::move(name)), version_(std::move(version)), settings_(settings) {}

  std::vector<DetectorEffect> step(const DetectorInput& input, Instant now);

  /// What is known of a peer, for people and metrics.
  struct PeerView {
    ServerName name;
    Incarnation incarnation;
    std::string version;
    bool heard = false;  ///< ever
    Duration silence{};
    double phi = 0;
    std::optional<DoubtKind> suspicion;  ///< our own; what others say is not in it
    Duration database_age{}, loop_lag{};
    std::optional<Duration> clock_offset;  ///< how far its wall clock is ahead of ours
    std::optional<Duration> round_trip;
  };
  std::vector<PeerView> peers(Instant now) const;
  double stretch() const;

 private:
  struct Peer {
    PeerServer known;
    Instant heard_at;  ///< of its last sign of life; when we came to know it, before the first
    double interval, variance;
    std::optional<Heartbeat> last;
    Instant last_received_at;            ///< of `last`, on our wall clock
    std::optional<Instant> heard_us_at;  ///< when we sent the last heartbeat that it has heard
    int refusals = 0;                    ///< since it was last heard
    std::optional<DoubtKind> suspicion;
    Instant renewed_at;  ///< when we last saw its renew_seq move
    Duration silence{};  ///< when it became suspected
    double phi = 0;
    struct ClockSample {
      Duration round_trip, offset;
      Instant at;
    };
    std::optional<ClockSample> clock;
  };

  void seen(const PeersSeen& input, Instant now);
  void received(const HeartbeatReceived& input, Instant now);
  void estimate_clock(Peer& peer, const HeartbeatReceived& input, Instant now) const;
  void tick(const DetectorTick& input, Instant now, std::vector<DetectorEffect>& out);
  void look_at_ourselves(Instant now);
  void judge(Peer& peer, Instant now) const;
  void beat(const DetectorTick& self, Instant now, std::vector<DetectorEffect>& out);
  std::vector<Doubt> doubts(const DetectorTick& self, Instant now);
  Instant assured_until(Instant now) const;
  bool isolated(Instant now) const;
  bool hears(const Peer& peer, Instant now) const;
  std::vector<std::string> who_suspect(const Peer& peer, Instant now) const;
  double phi_of(const Peer& peer, Duration silence) const;

  Incarnation me_;
  ServerName name_;
  std::string version_;
  Settings settings_;
  std::map<Incarnation, Peer> peers_;
  std::map<Incarnation, Instant> strangers_;  ///< whose heartbeats come, but whom we do not know: when last
  int64_t seq_ = 0;
  std::map<int64_t, Instant> sent_at_;  ///< of the heartbeats of the last while, unless our loop stood still
  std::optional<Instant> last_tick_;
  double lateness_ = 0;  ///< 0 to most_stretch - 1: how much our own thread has run late of late
  bool alone_ = false;   ///< all have fallen silent at once
  std::map<Incarnation, Doubt> doubts_;
};

}  // namespace everdial
