#pragma once

#include <functional>
#include <memory>
#include <string>
#include <utility>
#include <variant>
#include <vector>

#include "base/ids.h"
#include "base/result.h"
#include "base/time.h"
#include "sip/dialog_snapshot.h"

// A SIP user agent for many calls on one thread of its own. Signalling only: SDP bodies go in and out as text (sip/sdp.h reads and
// writes them), media is the owner's.

namespace everdial::sip {

using CallHandle = StrongId<struct CallHandleTag>;  ///< names one call within one UserAgent; never reused

struct Credentials {
  std::string user;  ///< empty: a challenge is an ordinary failure
  std::string password;
};

/// One call to be placed.
struct InviteSpec {
  std::string request_uri;  ///< "sip:+15550100@carrier.example:5060"; a name without a port is looked up in the DNS: SRV, A, AAAA
  std::string from;         ///< URI or name-addr of the caller: "\"Shop\" <sip:+15550199@us.example>"
  std::string to;           ///< empty: request_uri
  std::string proxy;        ///< "sip:10.0.0.1:5060": where to send it first, as a loose Route; empty: to request_uri
  Transport transport = Transport::udp;
  std::string offer;                                         ///< SDP
  std::vector<std::pair<std::string, std::string>> headers;  ///< as X-Everdial-Attempt; no line breaks in either half
  Credentials credentials;
};

/// A far end whose health is watched with OPTIONS.
struct PeerSpec {
  std::string uri;  ///< "sip:10.0.0.1:5060"
  Transport transport = Transport::udp;
  Duration interval = 10s;  ///< from an answer to the next question; half of it after a failure
  Duration timeout = 2s;    ///< no answer for so long is a failure; any answer but 408, 503 or our own is health
};

// ---- events --------------------------------------------------------------------------------------------------------------------
// Every call has exactly one last event: Failed (never answered) or Ended (answered before). Nothing comes for it afterwards.

/// 101..199; early media when `sdp` is not empty.
struct Provisional {
  CallHandle call;
  int status = 0;
  std::string sdp;
};

/// The first 2xx; its ACK is sent. `sdp` is the answer, that of an early response when the 2xx has none; empty: there was none at all.
struct Answered {
  CallHandle call;
  std::string sdp;
};

/// The last event of a call that was not answered, also after hang_up (487 then, as a rule).
struct Failed {
  CallHandle call;
  int status = 0;          ///< the far end's final status; 0: it could not be sent, or its end was never heard
  std::string reason;      ///< phrase, or what went wrong here
  int q850 = 0;            ///< cause of a Reason header, 0: none
  bool picked_up = false;  ///< with 487: a 2xx had crossed our CANCEL
};

/// The last event of a call that was answered.
struct Ended {
  enum class By {
    far_end,          ///< BYE
    us,               ///< hang_up
    session_expired,  ///< no refresh came (RFC 4028), BYE sent
    lost,             ///< the far end knows the dialog no more, or does not answer: 481, 408 within the dialog
  };
  CallHandle call;
  By by = By::far_end;
  std::string reason;
};

/// The far end's re-INVITE or UPDATE brings a new offer: answer() or refuse() it, within 5 s, or it is refused with 488. Refreshes that
/// change nothing, and requests for our own offer, are answered with what we last sent, without asking.
struct Offered {
  CallHandle call;
  std::string sdp;
};

/// An offer of ours is over: reinvite(), or one that the far end had asked for. `status` 200: `sdp` is the answer; else the session stays
/// as it was (0: nothing came back).
struct Renegotiated {
  CallHandle call;
  int status = 0;
  std::string sdp;
};

/// A DTMF digit in an INFO.
struct InfoDigit {
  CallHandle call;
  char digit = 0;
  Duration duration{};
};

/// What another process needs now to end or continue the call. Handed out before the message that makes it true leaves, so an owner that
/// has stored it when the handler returns never has a call in the network that its successor cannot find.
struct SnapshotChanged {
  CallHandle call;
  DialogSnapshot snapshot;
};

/// The health of a watched peer: down after two failures in a row, up after one success; told at the first answer and at each change.
struct PeerHealth {
  std::string peer;
  bool up = false;
  std::string reason;
};

using Event = std::variant<Provisional, Answered, Failed, Ended, Offered, Renegotiated, InfoDigit, SnapshotChanged, PeerHealth>;

// ---- the agent -----------------------------------------------------------------------------------------------------------------

/// An INVITE that belongs to no dialog of ours.
struct IncomingInvite {
  std::string request_uri;
  std::string from;
  std::string source;  ///< address it came from, numeric
};

struct Settings {
  std::string address = "127.0.0.1";  ///< numeric, IPv4 or IPv6; where to listen and what to put into Via and Contact
  int udp_port = 0;                   ///< 0: a free one
  int tcp_port = 0;                   ///< 0: a free one; -1: no TCP
  std::string user_agent = "Everdial";
  Duration session_expires = 30min;  ///< asked for in INVITE; zero: no session timers
  Duration min_session_expires = 90s;
  Duration transaction_timeout = 32s;               ///< no answer at all for so long fails a request (64 T1)
  size_t most_unanswered = 300;                     ///< requests without any answer to one next hop; further calls to it wait for room
  std::function<int(const IncomingInvite&)> admit;  ///< final status for a call from outside, on the SIP thread; none: 403
};

/// The owner's side of the SIP thread. All methods may be called from any thread and return at once; commands for a call that is over or
/// unknown do nothing. Events come on the SIP thread, one at a time; the handler may call any method, but should only store and post.
class UserAgent {
 public:
  using Handler = std::function<void(Event)>;

  /// Binds the ports and starts the thread.
  static Result<std::unique_ptr<UserAgent>> start(Settings settings, Handler handler);

  /// Ends the thread without a word to the far ends, as a crash would: hang up first, or leave the calls to a successor.
  ~UserAgent();
  UserAgent(const UserAgent&) = delete;
  UserAgent& operator=(const UserAgent&) = delete;

  int udp_port() const;
  int tcp_port() const;  ///< -1 without TCP

  /// Sends the INVITE, at once or, under load, when its turn comes: at most 5 a millisecond, and see most_unanswered. Digest challenges,
  /// 422 and redirects (up to 5) are followed by the agent itself.
  CallHandle invite(InviteSpec spec);

  /// CANCEL before the answer, BYE after it. A 2xx that crosses the CANCEL is acknowledged and ended at once, and reported as Failed 487.
  /// `reason` goes into a Reason header as text when it is not empty.
  void hang_up(CallHandle call, std::string reason = {});

  /// Offers `sdp` in the dialog; Renegotiated tells the end. Waits for an offer under way; 491 is tried again.
  void reinvite(CallHandle call, std::string sdp);

  /// The answer to the Offered one, or a status to refuse it with.
  void answer(CallHandle call, std::string sdp);
  void refuse(CallHandle call, int status = 488);

  /// A call of another process, or an earlier life of this one. Nothing is sent by this alone; then hang_up and reinvite work as on any
  /// other call (a call not yet answered cannot be re-invited; responses that still come for it are followed).
  CallHandle restore(DialogSnapshot snapshot, Credentials credentials = {});

  /// Watches a peer under a name of the owner's; the same name again replaces it.
  void watch(std::string peer, PeerSpec spec);
  void unwatch(std::string peer);

  struct Statistics {
    size_t calls = 0;         ///< calls without a last event
    size_t waiting = 0;       ///< of them, those whose INVITE waits for room
    size_t transactions = 0;  ///< client transactions the stack holds
  };
  Statistics statistics() const;

 private:
  class Impl;
  explicit UserAgent(std::unique_ptr<Impl> impl);
  std::unique_ptr<Impl> impl_;
};

}  // namespace everdial::sip
