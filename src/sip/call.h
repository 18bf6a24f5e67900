#pragma once

#include <deque>
#include <map>
#include <memory>
#include <optional>
#include <set>
#include <string>

#include "sip/ack_log.h"
#include "sip/dialog_snapshot.h"
#include "sip/message.h"
#include "sip/stack.h"
#include "sip/timers.h"
#include "sip/user_agent.h"

namespace everdial::sip {

/// Where calls go first, and how it keeps up. More unanswered requests than it can take only lead to more of them, sent again.
struct Hop {
  size_t unanswered = 0;           ///< INVITEs and BYEs to which nothing has come back yet
  std::deque<CallHandle> waiting;  ///< calls to be started once there is room
};

/// One unanswered request, from making it to destroying it.
class Unanswered {
 public:
  explicit Unanswered(Hop& hop) : hop_(hop) { ++hop_.unanswered; }
  ~Unanswered() { --hop_.unanswered; }
  Unanswered(const Unanswered&) = delete;
  Unanswered& operator=(const Unanswered&) = delete;

 private:
  Hop& hop_;
};

/// What all calls of one agent share.
struct Surroundings {
  const Settings& settings;
  Stack& stack;
  Timers& timers;
  AckLog& acks;
  std::function<void(Event)> emit;
  std::function<void(CallHandle)> over;  ///< the call has told its last event and may be destroyed, but not within the call of this
};

/// The answers to challenges that one request carries, by who asked.
struct Authorizations {
  std::map<std::string, Headers::value_type> headers;
  int tries = 0;
};

/// One call from INVITE to its last event: the user agent client of RFC 3261 sections 9, 12-15, with PRACK, session timers and digest.
///
/// The INVITE's transaction stays in the stack only until the far end has said anything at all; from then on its responses are matched
/// here by branch. So a call taken over from another process and one of our own take the same way, and the stack holds no transaction
/// for 32 s after each answer.
class Call {
 public:
  Call(CallHandle handle, Surroundings& around, Hop& hop, InviteSpec spec);
  Call(CallHandle handle, Surroundings& around, Hop& hop, DialogSnapshot snapshot, Credentials credentials);
  ~Call();
  Call(const Call&) = delete;
  Call& operator=(const Call&) = delete;

  const std::string& local_tag() const { return dialog_.local_tag; }
  const std::string& call_id() const { return dialog_.call_id; }
  bool knows_remote(const std::string& tag) const { return dialog_.remote_tag.empty() || dialog_.remote_tag == tag; }

  void start();  ///< once, when its hop has room
  void hang_up(const std::string& reason);
  void reinvite(std::string sdp);
  void answer(const std::string& sdp);
  void refuse(int status);

  void on_invite_response(const Response& response);
  void on_request(const IncomingRequest& request, Stack::Incoming id);

 private:
  using Done = std::function<void(const Response&)>;

  // the first INVITE
  void send_invite();
  void provisional(const Response& response);
  void answered(const Response& response);
  void refused(const Response& response);
  bool redirect(const Response& response);
  void send_cancel();
  void send_prack(const Response& response);

  // requests in the dialog
  void send_in_dialog(const DialogSnapshot& dialog, const std::string& method, const Headers& headers, const std::string& body, Done done,
                      const Authorizations& authorizations = {});
  void acknowledge(const Response& response);
  void end_fork(const Response& response);
  void bye(Ended::By by, const std::string& reason);
  void offer_next();
  void offer(const std::string& sdp, bool refresh);
  void offer_again(const std::string& sdp, bool refresh);
  void offer_done(const Response& response, const std::string& sdp, bool refresh);
  void update_received(const IncomingRequest& request, Stack::Incoming id);
  void accept_update(const std::string& sdp);

  // session timer
  void learn_session_timer(uint32_t expires_s, const std::string& refresher, bool we_asked);
  void start_session_timer(bool restored = false);
  Headers session_headers(const std::string& refresher) const;

  // small things
  std::optional<Authorizations> authorize(const Authorizations& used, const Response& response, const std::string& method,
                                          const std::string& uri, const std::string& body) const;
  Transport next_transport(const DialogSnapshot& dialog) const;
  std::string new_via(const DialogSnapshot& dialog, const std::string& branch) const;
  std::string contact(Transport transport) const;
  void snapshot();
  void end_incoming_update(int status);
  void last_event(Event event);
  void end(Ended::By by, const std::string& reason);
  void fail(int status, const std::string& reason, int q850 = 0);

  const CallHandle handle_;
  Surroundings& around_;
  Hop& hop_;
  DialogSnapshot dialog_;
  Credentials credentials_;
  Headers own_headers_;            ///< of the INVITE, from its spec
  Authorizations authorizations_;  ///< of the first INVITE and its ACK

  bool started_ = false;
  Stack::Transaction invite_ = 0;  ///< while the far end has said nothing
  std::optional<Unanswered> unanswered_;
  std::set<Stack::Transaction> requests_;     ///< others under way
  std::set<std::string> visited_;             ///< URIs tried, against redirection loops
  std::map<std::string, uint32_t> reliable_;  ///< last RSeq by To tag
  std::string early_sdp_;
  uint32_t asked_session_expires_s_ = 0;
  int timer_refusals_ = 0;
  bool hanging_up_ = false;
  bool told_answered_ = false;
  bool is_over_ = false;
  std::string hang_up_reason_;

  std::optional<std::string> waiting_offer_;  ///< reinvite() until its turn comes
  bool offering_ = false;
  int glares_ = 0;              ///< 491 in a row
  Stack::Incoming update_ = 0;  ///< the far end's re-INVITE or UPDATE that waits for the owner
  IncomingRequest update_request_;

  std::shared_ptr<char> alive_ = std::make_shared<char>();
  Timers::Id cancel_timer_ = 0, retry_timer_ = 0, update_timer_ = 0, refresh_timer_ = 0, expiry_timer_ = 0;
};

}  // namespace everdial::sip
