#include "sip/call.h"

#include <charconv>
#include <random>

#include "sip/digest.h"

namespace everdial::sip {
namespace {

constexpr uint32_t kSkipAfterRestore = 1000;  // more requests than a predecessor can have sent since its last snapshot
constexpr size_t kMostRedirects = 5;
constexpr int kMostAuthorizations = 3;  // of one request
constexpr int kMostGlares = 5;
constexpr Duration kCancelPatience = 32s;     // 64 T1: RFC 3261 section 9.1
constexpr Duration kLostCancelPatience = 5s;  // T2 and some: a 2xx on its way is repeated within it
constexpr Duration kOwnerPatience = 5s;
constexpr std::string_view kAllow = "INVITE, ACK, CANCEL, BYE, OPTIONS, INFO, UPDATE, PRACK";

std::vector<std::string> reversed(std::vector<std::string> routes) { return {routes.rbegin(), routes.rend()}; }

/// The dialog that this response of the far end makes or belongs to.
DialogSnapshot dialog_of(const DialogSnapshot& dialog, const Response& response) {
  DialogSnapshot out = dialog;
  out.remote_tag = response.to_tag;
  if (!response.contacts.empty()) out.remote_target = response.contacts.front();
  if (dialog.stage != DialogStage::answered) out.route_set = reversed(response.record_routes);
  return out;
}

Headers reason_header(const std::string& reason) {
  if (reason.empty() || !is_one_line(reason)) return {};
  std::string quoted;
  for (const char c : reason) {
    if (c == '"' || c == '\\') quoted.push_back('\\');
    quoted.push_back(c);
  }
  return {{"Reason", "SIP;cause=200;text=\"" + quoted + "\""}};
}

/// "Signal=5\r\nDuration=160" of application/dtmf-relay, or the digit alone of application/dtmf.
std::optional<InfoDigit> digit_of(const IncomingRequest& request) {
  const bool relay = request.content_type == "application/dtmf-relay";
  if (!relay && request.content_type != "application/dtmf") return std::nullopt;
  const auto after = [&](std::string_view name) -> std::string_view {
    const size_t at = request.body.find(name);
    if (at == std::string::npos) return {};
    std::string_view value = std::string_view(request.body).substr(at + name.size());
    value.remove_prefix(std::min(value.find_first_not_of(" ="), value.size()));
    return value.substr(0, value.find_first_of("\r\n"));
  };
  const std::string_view signal = relay ? after("Signal") : std::string_view(request.body);
  if (signal.empty() || std::string_view("0123456789*#ABCD").find(signal.front()) == std::string_view::npos) return std::nullopt;
  InfoDigit digit{.digit = signal.front()};
  int milliseconds = 0;
  const std::string_view duration = after("Duration");
  if (relay && std::from_chars(duration.data(), duration.data() + duration.size(), milliseconds).ec == std::errc{})
    digit.duration = std::chrono::milliseconds(std::clamp(milliseconds, 0, 60'000));
  return digit;
}

Duration random_between(Duration least, Duration most) {
  thread_local std::minstd_rand random{std::random_device{}()};
  return Duration(std::uniform_int_distribution<int64_t>(least.count(), most.count())(random));
}

}  // namespace

Call::Call(CallHandle handle, Surroundings& around, Hop& hop, InviteSpec spec)
    : handle_(handle), around_(around), hop_(hop), credentials_(std::move(spec.credentials)), own_headers_(std::move(spec.headers)) {
  dialog_.transport = spec.transport;
  dialog_.call_id = random_token(16);
  dialog_.local_tag = random_token(8);
  dialog_.local_uri = name_addr(spec.from);
  dialog_.remote_uri = name_addr(spec.to.empty() ? spec.request_uri : spec.to);
  dialog_.remote_target = std::move(spec.request_uri);
  if (!spec.proxy.empty()) dialog_.route_set = {spec.proxy + (spec.proxy.find(";lr") == std::string::npos ? ";lr" : "")};
  dialog_.local_sdp = std::move(spec.offer);
  asked_session_expires_s_ =
      static_cast<uint32_t>(std::chrono::duration_cast<std::chrono::seconds>(around.settings.session_expires).count());
}

Call::Call(CallHandle handle, Surroundings& around, Hop& hop, DialogSnapshot snapshot, Credentials credentials)
    : handle_(handle), around_(around), hop_(hop), dialog_(std::move(snapshot)), credentials_(std::move(credentials)), started_(true) {
  dialog_.local_cseq += kSkipAfterRestore;
  told_answered_ = dialog_.stage == DialogStage::answered;
  if (told_answered_) {
    dialog_.local_contact = contact(next_transport(dialog_));
    start_session_timer(true);
  }
}

Call::~Call() {
  around_.stack.drop(invite_);
  for (Stack::Transaction request : requests_) around_.stack.drop(request);
  for (Timers::Id* timer : {&cancel_timer_, &retry_timer_, &update_timer_, &refresh_timer_, &expiry_timer_}) around_.timers.cancel(*timer);
}

// ---- the first INVITE ------------------------------------------------------------------------------------------------------------

void Call::start() {
  if (std::exchange(started_, true)) return;
  bool clean = is_one_line(dialog_.local_uri) && is_one_line(dialog_.remote_uri) && is_one_line(dialog_.remote_target);
  for (const std::string& route : dialog_.route_set) clean = clean && is_one_line(route);
  for (const auto& [name, value] : own_headers_) clean = clean && !name.empty() && is_one_line(name) && is_one_line(value);
  if (!clean) return fail(0, "a control character in the request");
  visited_.insert(dialog_.remote_target);
  send_invite();
}

void Call::send_invite() {
  dialog_.stage = DialogStage::calling;
  dialog_.remote_tag.clear();
  dialog_.branch = new_branch();
  reliable_.clear();
  early_sdp_.clear();
  const Transport transport = next_transport(dialog_);
  dialog_.local_contact = contact(transport);
  Request request = dialog_request(dialog_, "INVITE", ++dialog_.local_cseq, new_via(dialog_, dialog_.branch));
  request.headers.emplace_back("Contact", "<" + dialog_.local_contact + ">");
  request.headers.emplace_back("Allow", kAllow);
  request.headers.emplace_back("Supported", asked_session_expires_s_ > 0 ? "100rel, timer" : "100rel");
  request.headers.emplace_back("User-Agent", around_.settings.user_agent);
  for (auto& header : session_headers("")) request.headers.push_back(std::move(header));
  for (const auto& header : own_headers_) request.headers.push_back(header);
  for (const auto& [asker, header] : authorizations_.headers) request.headers.push_back(header);
  if (!dialog_.local_sdp.empty()) request.headers.emplace_back("Content-Type", "application/sdp");
  request.body = dialog_.local_sdp;
  dialog_.invite = to_text(request);
  snapshot();
  if (!unanswered_) unanswered_.emplace(hop_);
  invite_ = around_.stack.send(dialog_.invite, [this](const Response& response) { on_invite_response(response); });
  if (invite_ == 0) fail(0, "the INVITE cannot be written: see its URIs and headers");
}

void Call::on_invite_response(const Response& response) {
  if (is_over_) return;
  if (dialog_.stage != DialogStage::answered) unanswered_.reset();
  if (dialog_.stage == DialogStage::answered) {
    if (response.status < 200 || response.status >= 300) return;
    // Ours again, when the predecessor that got it could not acknowledge it; else another branch of a fork answered as well.
    return response.to_tag == dialog_.remote_tag ? acknowledge(response) : end_fork(response);
  }
  if (!response.made_here && response.branch != dialog_.branch) return;
  if (response.status < 200) provisional(response);
  else if (response.status < 300) answered(response);
  else refused(response);
}

void Call::provisional(const Response& response) {
  around_.stack.drop(invite_);
  if (hanging_up_) send_cancel();
  if (response.status == 100) return;
  if (response.requires_100rel && response.rseq != 0 && !response.to_tag.empty()) {
    uint32_t& last = reliable_[response.to_tag];
    if (last != 0 && response.rseq != last + 1) return;  // again, or out of order: the one before it comes again too
    last = response.rseq;
    send_prack(response);
  }
  if (!response.sdp.empty()) early_sdp_ = response.sdp;
  if (dialog_.stage == DialogStage::calling && !response.to_tag.empty()) {
    dialog_.stage = DialogStage::early;
    dialog_.remote_tag = response.to_tag;
    snapshot();
  }
  if (!hanging_up_) around_.emit(Provisional{handle_, response.status, response.sdp});
}

void Call::send_prack(const Response& response) {
  const Headers headers = {{"RAck", std::to_string(response.rseq) + " " + std::to_string(response.cseq) + " INVITE"}};
  send_in_dialog(dialog_of(dialog_, response), "PRACK", headers, "", [](const Response&) {});
}

void Call::answered(const Response& response) {
  dialog_ = dialog_of(dialog_, response);
  dialog_.stage = DialogStage::answered;
  dialog_.remote_sdp = response.sdp.empty() ? early_sdp_ : response.sdp;
  dialog_.branch.clear();
  dialog_.invite.clear();
  around_.stack.drop(invite_);
  around_.timers.cancel(cancel_timer_);
  learn_session_timer(response.session_expires_s, response.refresher, true);
  snapshot();
  acknowledge(response);
  if (hanging_up_) return bye(Ended::By::us, hang_up_reason_);
  told_answered_ = true;
  authorizations_ = {};
  start_session_timer();
  around_.emit(Answered{handle_, dialog_.remote_sdp});
  offer_next();
}

void Call::refused(const Response& response) {
  if (response.made_here) {
    invite_ = 0;
    return fail(0, response.status == 408 ? "no answer to the INVITE" : response.phrase);
  }
  if (std::exchange(invite_, 0) == 0) {  // else the stack has acknowledged it
    const std::string ack = hop_request(dialog_.invite, "ACK", response.to_tag);
    around_.stack.send_ack(ack);
    around_.acks.remember(response, ack);
  }
  if (hanging_up_) return fail(response.status, "hung up before the answer", response.q850);
  if (auto authorizations = authorize(authorizations_, response, "INVITE", dialog_.remote_target, dialog_.local_sdp)) {
    authorizations_ = std::move(*authorizations);
    return send_invite();
  }
  if (response.status == 422 && response.min_se_s > asked_session_expires_s_ && ++timer_refusals_ <= 2) {
    asked_session_expires_s_ = response.min_se_s;
    return send_invite();
  }
  if (response.status < 400 && redirect(response)) return send_invite();
  fail(response.status, response.reason_text.empty() ? response.phrase : response.reason_text, response.q850);
}

bool Call::redirect(const Response& response) {
  for (const std::string& target : response.contacts) {
    if (visited_.size() > kMostRedirects || !is_one_line(target)) return false;
    if (!visited_.insert(target).second) continue;
    dialog_.remote_target = target;
    authorizations_ = {};
    return true;
  }
  return false;
}

void Call::send_cancel() {
  if (cancel_timer_ != 0) return;
  const auto patience = [this](Duration duration) {
    around_.timers.cancel(cancel_timer_);
    cancel_timer_ = around_.timers.after(duration, [this] { fail(0, "cancelled, and no final answer came"); });
  };
  patience(around_.settings.transaction_timeout + kCancelPatience);
  const std::string cancel = hop_request(dialog_.invite, "CANCEL", "", reason_header(hang_up_reason_));
  const Stack::Transaction id = around_.stack.send(cancel, [this, patience](const Response& response) {
    if (is_over_ || dialog_.stage == DialogStage::answered || response.status < 200) return;
    if (response.made_here) return fail(0, "cancelled, and the far end is silent");
    patience(response.status == 481 ? kLostCancelPatience : kCancelPatience);
  });
  if (id == 0) return fail(0, "the CANCEL cannot be written");
  requests_.insert(id);
}

void Call::hang_up(const std::string& reason) {
  if (is_over_ || std::exchange(hanging_up_, true)) return;
  hang_up_reason_ = reason;
  if (!std::exchange(started_, true)) return fail(487, "hung up before it was sent");
  if (dialog_.stage == DialogStage::answered) return bye(Ended::By::us, reason);
  if (invite_ == 0) send_cancel();  // else once the far end has said something: RFC 3261 section 9.1
}

// ---- requests in the dialog --------------------------------------------------------------------------------------------------------

void Call::send_in_dialog(const DialogSnapshot& dialog, const std::string& method, const Headers& headers, const std::string& body,
                          Done done, const Authorizations& authorizations) {
  Request request = dialog_request(dialog, method, ++dialog_.local_cseq, new_via(dialog, new_branch()));
  request.headers.insert(request.headers.end(), headers.begin(), headers.end());
  request.headers.emplace_back("User-Agent", around_.settings.user_agent);
  if (!body.empty()) request.headers.emplace_back("Content-Type", "application/sdp");
  for (const auto& [asker, header] : authorizations.headers) request.headers.push_back(header);
  request.body = body;
  auto id = std::make_shared<Stack::Transaction>(0);
  *id = around_.stack.send(to_text(request), [=, this, uri = request.uri](const Response& response) {
    if (response.status < 200) return;
    requests_.erase(*id);
    if (is_over_) return;
    const auto answers = authorize(authorizations, response, method, uri, body);
    return answers ? send_in_dialog(dialog, method, headers, body, done, *answers) : done(response);
  });
  if (*id == 0) return done(Response{.status = 400, .phrase = "the request cannot be written", .made_here = true});
  requests_.insert(*id);
}

void Call::acknowledge(const Response& response) {
  const DialogSnapshot dialog = dialog_of(dialog_, response);
  Request ack = dialog_request(dialog, "ACK", response.cseq, new_via(dialog, new_branch()));
  for (const auto& [asker, header] : authorizations_.headers) ack.headers.push_back(header);
  const std::string text = to_text(ack);
  around_.stack.send_ack(text);
  around_.acks.remember(response, text);
}

void Call::end_fork(const Response& response) {
  acknowledge(response);
  DialogSnapshot fork = dialog_of(dialog_, response);
  fork.route_set = reversed(response.record_routes);
  const Request request = dialog_request(fork, "BYE", ++dialog_.local_cseq, new_via(fork, new_branch()));
  around_.stack.send(to_text(request), [](const Response&) {});
}

void Call::bye(Ended::By by, const std::string& reason) {
  hanging_up_ = true;
  for (Timers::Id* timer : {&retry_timer_, &refresh_timer_, &expiry_timer_}) around_.timers.cancel(*timer);
  end_incoming_update(487);
  if (!unanswered_) unanswered_.emplace(hop_);
  send_in_dialog(dialog_, "BYE", reason_header(reason), "", [this, by, reason](const Response&) { end(by, reason); });
  if (by != Ended::By::us) end(by, reason);  // nobody is expected to answer
}

void Call::reinvite(std::string sdp) {
  if (is_over_ || hanging_up_) return;
  waiting_offer_ = std::move(sdp);
  offer_next();
}

void Call::offer_next() {
  if (waiting_offer_ && dialog_.stage == DialogStage::answered && !offering_ && update_ == 0 && retry_timer_ == 0)
    offer(*std::exchange(waiting_offer_, std::nullopt), false);
}

void Call::offer(const std::string& sdp, bool refresh) {
  offering_ = true;
  Headers headers = {{"Contact", "<" + dialog_.local_contact + ">"}, {"Allow", std::string(kAllow)}, {"Supported", "timer"}};
  if (dialog_.session_expires_s > 0)
    for (auto& header : session_headers(dialog_.we_refresh ? "uac" : "uas")) headers.push_back(std::move(header));
  send_in_dialog(dialog_, "INVITE", std::move(headers), sdp,
                 [this, sdp, refresh](const Response& response) { offer_done(response, sdp, refresh); });
}

void Call::offer_done(const Response& response, const std::string& sdp, bool refresh) {
  offering_ = false;
  const bool taken = response.status < 300 && !response.made_here;
  if (taken) acknowledge(response);
  if (hanging_up_) return;
  if (response.status == 481 || response.status == 408) return bye(Ended::By::lost, response.phrase);
  if (response.status == 491 && ++glares_ <= kMostGlares) {
    // The Call-ID's owner waits the longer share of the range (RFC 3261 section 14.1).
    retry_timer_ = around_.timers.after(random_between(2100ms, 4s), [this, sdp, refresh] { offer_again(sdp, refresh); });
    return;
  }
  glares_ = 0;
  if (response.status == 422 && response.min_se_s > dialog_.session_expires_s && ++timer_refusals_ <= 2) {
    dialog_.session_expires_s = asked_session_expires_s_ = response.min_se_s;
    return offer(sdp, refresh);
  }
  bool news = !refresh;
  if (taken) {
    dialog_ = dialog_of(dialog_, response);
    dialog_.local_sdp = sdp;
    news = news || (!response.sdp.empty() && response.sdp != dialog_.remote_sdp);
    if (!response.sdp.empty()) dialog_.remote_sdp = response.sdp;
    learn_session_timer(response.session_expires_s, response.refresher, true);
    snapshot();
    start_session_timer();
  } else if (refresh) {
    refresh_timer_ = around_.timers.after(std::min<Duration>(30s, std::chrono::seconds(dialog_.session_expires_s) / 8),
                                          [this] { offer(dialog_.local_sdp, true); });
  }
  if (news) around_.emit(Renegotiated{handle_, response.made_here ? 0 : response.status, response.sdp});
  offer_next();
}

void Call::offer_again(const std::string& sdp, bool refresh) {
  retry_timer_ = 0;
  if (!refresh && !waiting_offer_) waiting_offer_ = sdp;
  offer_next();
  if (refresh && !offering_ && update_ == 0) offer(dialog_.local_sdp, true);
}

// ---- requests of the far end -------------------------------------------------------------------------------------------------------

void Call::on_request(const IncomingRequest& request, Stack::Incoming id) {
  Stack& stack = around_.stack;
  if (dialog_.has_remote_cseq && request.cseq < dialog_.remote_cseq) return stack.respond(id, 500);
  dialog_.remote_cseq = request.cseq;
  dialog_.has_remote_cseq = true;
  if (request.method == "BYE") {
    stack.respond(id, 200);
    if (told_answered_) return end(Ended::By::far_end, request.reason_text);
    return fail(hanging_up_ ? 487 : 480, "ended by the far end before the answer");
  }
  if (request.method == "INVITE" || request.method == "UPDATE") return update_received(request, id);
  if (request.method == "OPTIONS") return stack.respond(id, 200, {{"Allow", std::string(kAllow)}, {"Accept", "application/sdp"}});
  if (request.method == "INFO") {
    if (auto digit = digit_of(request)) {
      stack.respond(id, 200);
      digit->call = handle_;
      return around_.emit(std::move(*digit));
    }
    return stack.respond(id, request.body.empty() ? 200 : 415);
  }
  stack.respond(id, 405, {{"Allow", std::string(kAllow)}});
}

void Call::update_received(const IncomingRequest& request, Stack::Incoming id) {
  Stack& stack = around_.stack;
  const auto least = static_cast<uint32_t>(std::chrono::duration_cast<std::chrono::seconds>(around_.settings.min_session_expires).count());
  if (hanging_up_ || is_over_) return stack.respond(id, 481);
  if (dialog_.stage != DialogStage::answered || offering_) return stack.respond(id, 491);
  if (update_ != 0) return stack.respond(id, 500, {{"Retry-After", "2"}});
  if (request.session_expires_s != 0 && request.session_expires_s < least)
    return stack.respond(id, 422, {{"Min-SE", std::to_string(least)}});
  if (!request.body.empty() && request.content_type != "application/sdp") return stack.respond(id, 415, {{"Accept", "application/sdp"}});
  update_ = id;
  update_request_ = request;
  if (request.body.empty() || request.body == dialog_.remote_sdp) return accept_update(dialog_.local_sdp);
  update_timer_ = around_.timers.after(kOwnerPatience, [this] { refuse(488); });
  around_.emit(Offered{handle_, request.body});
}

void Call::answer(const std::string& sdp) {
  if (update_ != 0) accept_update(sdp);
}

void Call::refuse(int status) { end_incoming_update(status < 300 ? 488 : status); }

void Call::end_incoming_update(int status) {
  around_.timers.cancel(update_timer_);
  if (update_ != 0) around_.stack.respond(std::exchange(update_, 0), status);
}

void Call::accept_update(const std::string& sdp) {
  around_.timers.cancel(update_timer_);
  const bool invite = update_request_.method == "INVITE", offered = !update_request_.body.empty();
  std::string refresher = update_request_.refresher;
  if (refresher.empty()) refresher = update_request_.supports_timer ? "uac" : "uas";
  learn_session_timer(update_request_.session_expires_s, refresher, false);
  if (!update_request_.contact.empty()) dialog_.remote_target = update_request_.contact;
  if (offered) dialog_.remote_sdp = update_request_.body;
  dialog_.local_sdp = sdp;
  snapshot();

  Headers headers = {{"Contact", "<" + dialog_.local_contact + ">"}, {"Allow", std::string(kAllow)}, {"Supported", "timer"}};
  if (dialog_.session_expires_s > 0) {
    headers.emplace_back("Session-Expires", std::to_string(dialog_.session_expires_s) + ";refresher=" + refresher);
    if (refresher == "uac") headers.emplace_back("Require", "timer");
  }
  const std::string body = invite || offered ? sdp : "";
  if (!body.empty()) headers.emplace_back("Content-Type", "application/sdp");
  std::function<void(const std::string&)> on_ack;
  if (invite && !offered)
    on_ack = [this, alive = std::weak_ptr(alive_)](const std::string& answer) {
      if (alive.expired() || is_over_ || answer == dialog_.remote_sdp) return;
      dialog_.remote_sdp = answer;
      snapshot();
      around_.emit(Renegotiated{handle_, 200, answer});
    };
  around_.stack.respond(std::exchange(update_, 0), 200, headers, body, std::move(on_ack));
  start_session_timer();
  offer_next();
}

// ---- session timer (RFC 4028) ------------------------------------------------------------------------------------------------------

void Call::learn_session_timer(uint32_t expires_s, const std::string& refresher, bool we_asked) {
  dialog_.session_expires_s = expires_s;
  dialog_.we_refresh = we_asked ? refresher != "uas" : refresher == "uas";
}

Headers Call::session_headers(const std::string& refresher) const {
  const uint32_t expires_s = dialog_.session_expires_s > 0 ? dialog_.session_expires_s : asked_session_expires_s_;
  if (expires_s == 0) return {};
  const auto least = std::chrono::duration_cast<std::chrono::seconds>(around_.settings.min_session_expires).count();
  return {{"Session-Expires", std::to_string(expires_s) + (refresher.empty() ? "" : ";refresher=" + refresher)},
          {"Min-SE", std::to_string(std::min<int64_t>(least, expires_s))}};
}

void Call::start_session_timer(bool restored) {
  around_.timers.cancel(refresh_timer_);
  around_.timers.cancel(expiry_timer_);
  if (dialog_.session_expires_s == 0) return;
  const Duration interval = std::chrono::seconds(dialog_.session_expires_s);
  const Duration grace = std::min<Duration>(32s, interval / 3);
  expiry_timer_ = around_.timers.after(dialog_.we_refresh ? interval : interval - grace,
                                       [this] { bye(Ended::By::session_expired, "no session refresh"); });
  // When a predecessor last refreshed is not known: soon, then.
  if (dialog_.we_refresh)
    refresh_timer_ = around_.timers.after(restored ? std::min<Duration>(20s, interval / 4) : interval / 2, [this] {
      if (!offering_ && update_ == 0) offer(dialog_.local_sdp, true);
    });
}

// ---- small things --------------------------------------------------------------------------------------------------------------------

std::optional<Authorizations> Call::authorize(const Authorizations& used, const Response& response, const std::string& method,
                                              const std::string& uri, const std::string& body) const {
  if ((response.status != 401 && response.status != 407) || credentials_.user.empty() || used.tries == kMostAuthorizations)
    return std::nullopt;
  Authorizations out{.headers = used.headers, .tries = used.tries + 1};
  std::set<std::string> answered;
  for (const Challenge& challenge : response.challenges) {
    const auto parameter = [&](const char* name) {
      const auto found = challenge.parameters.find(name);
      return found == challenge.parameters.end() ? std::string() : found->second;
    };
    const std::string asker = (challenge.proxy ? "proxy " : "server ") + parameter("realm");
    if (answered.contains(asker)) continue;  // the same one again with another algorithm
    const std::string stale = parameter("stale");
    if (used.headers.contains(asker) && stale != "true" && stale != "TRUE") return std::nullopt;  // what we said was wrong
    const DigestInput input{.user = credentials_.user,
                            .password = credentials_.password,
                            .method = method,
                            .uri = uri,
                            .body = body,
                            .cnonce = random_token(8)};
    const auto answer = answer_challenge(challenge, input);
    if (!answer) continue;
    out.headers.insert_or_assign(asker, std::pair(challenge.proxy ? "Proxy-Authorization" : "Authorization", *answer));
    answered.insert(asker);
  }
  if (answered.empty()) return std::nullopt;
  return out;
}

Transport Call::next_transport(const DialogSnapshot& dialog) const {
  const Transport wanted = transport_of(dialog.route_set.empty() ? dialog.remote_target : dialog.route_set.front(), dialog.transport);
  return around_.stack.port(wanted) >= 0 ? wanted : Transport::udp;
}

std::string Call::new_via(const DialogSnapshot& dialog, const std::string& branch) const {
  return around_.stack.via(next_transport(dialog), branch);
}

std::string Call::contact(Transport transport) const {
  return "sip:everdial@" + host_port(around_.settings.address, around_.stack.port(transport)) +
         (transport == Transport::tcp ? ";transport=tcp" : "");
}

void Call::snapshot() { around_.emit(SnapshotChanged{handle_, dialog_}); }

void Call::end(Ended::By by, const std::string& reason) {
  if (!told_answered_) return last_event(Failed{handle_, 487, "hung up before the answer", 0, dialog_.stage == DialogStage::answered});
  last_event(Ended{handle_, by, reason});
}

void Call::fail(int status, const std::string& reason, int q850) { last_event(Failed{handle_, status, reason, q850}); }

void Call::last_event(Event event) {
  if (std::exchange(is_over_, true)) return;
  unanswered_.reset();
  end_incoming_update(487);
  for (Timers::Id* timer : {&cancel_timer_, &retry_timer_, &refresh_timer_, &expiry_timer_}) around_.timers.cancel(*timer);
  around_.emit(std::move(event));
  around_.over(handle_);
}

}  // namespace everdial::sip
