#include "sip/peer.h"

namespace everdial::sip {
namespace {

constexpr int kFailuresUntilDown = 2;

}  // namespace

Peer::Peer(std::string name, PeerSpec spec, Surroundings& around) : name_(std::move(name)), spec_(std::move(spec)), around_(around) {}

Peer::~Peer() {
  around_.stack.drop(question_);
  around_.timers.cancel(timeout_);
  around_.timers.cancel(next_);
}

void Peer::ask() {
  if (!is_one_line(spec_.uri)) return failed("a control character in its URI");
  const Transport wanted = transport_of(spec_.uri, spec_.transport);
  const Transport transport = around_.stack.port(wanted) >= 0 ? wanted : Transport::udp;
  const std::string us = "sip:everdial@" + host_port(around_.settings.address, around_.stack.port(transport));
  const DialogSnapshot outside{.call_id = random_token(16),
                               .local_uri = name_addr(us),
                               .local_tag = random_token(8),
                               .remote_uri = name_addr(spec_.uri),
                               .remote_target = spec_.uri};
  Request request = dialog_request(outside, "OPTIONS", 1, around_.stack.via(transport, new_branch()));
  request.headers.emplace_back("Contact", name_addr(us));
  request.headers.emplace_back("Accept", "application/sdp");
  request.headers.emplace_back("User-Agent", around_.settings.user_agent);
  // A timer of our own: the stack's is too long for this, and some failures of transports are never told.
  timeout_ = around_.timers.after(spec_.timeout, [this] {
    around_.stack.drop(question_);
    failed("no answer to OPTIONS");
  });
  question_ = around_.stack.send(to_text(request), [this](const Response& response) {
    if (response.status < 200) return;
    question_ = 0;
    const std::string what = std::to_string(response.status) + " " + response.phrase;
    if (response.made_here || response.status == 408 || response.status == 503) return failed(what);
    healthy(what);
  });
  if (question_ == 0) failed("its URI cannot be used: " + spec_.uri);
}

void Peer::healthy(const std::string& reason) {
  failures_ = 0;
  tell(true, reason);
  ask_again(spec_.interval);
}

void Peer::failed(const std::string& reason) {
  if (++failures_ >= kFailuresUntilDown) tell(false, reason);
  ask_again(spec_.interval / 2);
}

void Peer::tell(bool up, const std::string& reason) {
  if (up_ != up) around_.emit(PeerHealth{name_, up, reason});
  up_ = up;
}

void Peer::ask_again(Duration after) {
  around_.timers.cancel(timeout_);
  next_ = around_.timers.after(after, [this] { ask(); });
}

}  // namespace everdial::sip
