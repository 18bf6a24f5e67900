#include "sip/stack.h"

#include <arpa/inet.h>
#include <poll.h>
#include <sofia-sip/msg_addr.h>
#include <sofia-sip/nta.h>
#include <sofia-sip/nta_stateless.h>
#include <sofia-sip/sip.h>
#include <sofia-sip/sip_header.h>
#include <sofia-sip/sip_status.h>
#include <sofia-sip/sip_tag.h>
#include <sofia-sip/sip_util.h>
#include <sofia-sip/su_log.h>
#include <sofia-sip/su_tag.h>
#include <sofia-sip/tport_tag.h>
#include <sys/eventfd.h>
#include <sys/random.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <cstring>
#include <ctime>
#include <mutex>
#include <unordered_map>

#include "base/check.h"

extern "C" void (*_su_time)(su_time_t*);  // the library's hook for its clock; exported, in no header

namespace everdial::sip {
namespace {

/// The library's clock: monotonic, so that wall-clock steps do not fire its timers, and floored to milliseconds, because its waits are
/// whole milliseconds cut off: with a finer clock it polls without waiting for the last part of each millisecond.
void monotonic_milliseconds(su_time_t* time) {
  timespec now;
  clock_gettime(CLOCK_MONOTONIC, &now);
  constexpr unsigned long some_ntp_day = 3'900'000'000;  // the library takes seconds since 1900
  time->tv_sec = some_ntp_day + static_cast<unsigned long>(now.tv_sec);
  time->tv_usec = static_cast<unsigned long>(now.tv_nsec / 1'000'000 * 1000);
}

void no_log(void*, char const*, va_list) {}

void initialise_library() {
  static std::once_flag once;
  std::call_once(once, [] {
    _su_time = monotonic_milliseconds;
    su_init();
    su_log_redirect(nullptr, no_log, nullptr);
  });
}

std::string text_of(const char* text) { return text != nullptr ? text : ""; }

std::string text_of(const url_t* url) {
  std::array<char, 2048> buffer;
  const issize_t size = url_e(buffer.data(), buffer.size(), url);
  return size > 0 && static_cast<size_t>(size) < buffer.size() ? std::string(buffer.data(), static_cast<size_t>(size)) : std::string();
}

std::string unquoted(const char* text) {
  std::string out;
  if (text == nullptr) return out;
  if (*text != '"') return text;
  for (++text; *text != '\0' && *text != '"'; ++text) {
    if (*text == '\\' && text[1] != '\0') ++text;
    out.push_back(*text);
  }
  return out;
}

std::string body_of(const sip_t* sip) {
  return sip->sip_payload != nullptr ? std::string(sip->sip_payload->pl_data, sip->sip_payload->pl_len) : std::string();
}

std::string content_type_of(const sip_t* sip) { return sip->sip_content_type != nullptr ? text_of(sip->sip_content_type->c_type) : ""; }

void add_challenges(std::vector<Challenge>& out, const msg_auth_t* auth, bool proxy) {
  for (; auth != nullptr; auth = auth->au_next) {
    Challenge challenge{.proxy = proxy, .scheme = text_of(auth->au_scheme)};
    for (const msg_param_t* parameter = auth->au_params; parameter != nullptr && *parameter != nullptr; ++parameter) {
      const char* equals = std::strchr(*parameter, '=');
      if (equals == nullptr) continue;
      challenge.parameters.emplace(lower({*parameter, equals}), unquoted(equals + 1));
    }
    out.push_back(std::move(challenge));
  }
}

std::vector<std::string> contacts_of(const sip_t* sip) {
  std::vector<std::pair<double, std::string>> found;
  for (const sip_contact_t* contact = sip->sip_contact; contact != nullptr; contact = contact->m_next)
    if (contact->m_url->url_type == url_sip)
      found.emplace_back(contact->m_q != nullptr ? std::strtod(contact->m_q, nullptr) : 1.0, text_of(contact->m_url));
  std::stable_sort(found.begin(), found.end(), [](const auto& a, const auto& b) { return a.first > b.first; });
  std::vector<std::string> out;
  for (auto& [q, uri] : found)
    if (!uri.empty()) out.push_back(std::move(uri));
  return out;
}

void add_reason(const sip_t* sip, int* q850, std::string* text) {
  for (const sip_reason_t* reason = sip->sip_reason; reason != nullptr; reason = reason->re_next) {
    if (q850 != nullptr && su_casematch(reason->re_protocol, "Q.850") && reason->re_cause != nullptr) *q850 = std::atoi(reason->re_cause);
    if (text->empty() && reason->re_text != nullptr) *text = unquoted(reason->re_text);
  }
}

Response response_of(const sip_t* sip, bool made_here) {
  Response r{.status = sip->sip_status->st_status, .phrase = text_of(sip->sip_status->st_phrase), .made_here = made_here};
  if (sip->sip_cseq != nullptr) {
    r.method = text_of(sip->sip_cseq->cs_method_name);
    r.cseq = sip->sip_cseq->cs_seq;
  }
  if (sip->sip_call_id != nullptr) r.call_id = text_of(sip->sip_call_id->i_id);
  if (sip->sip_from != nullptr) r.from_tag = text_of(sip->sip_from->a_tag);
  if (sip->sip_to != nullptr) r.to_tag = text_of(sip->sip_to->a_tag);
  if (sip->sip_via != nullptr) r.branch = text_of(sip->sip_via->v_branch);
  if (made_here || r.status == 100) return r;
  r.contacts = contacts_of(sip);
  for (const sip_record_route_t* route = sip->sip_record_route; route != nullptr; route = route->r_next)
    r.record_routes.push_back(text_of(route->r_url));
  add_challenges(r.challenges, sip->sip_www_authenticate, false);
  add_challenges(r.challenges, sip->sip_proxy_authenticate, true);
  if (su_casematch(content_type_of(sip).c_str(), "application/sdp")) r.sdp = body_of(sip);
  if (sip->sip_session_expires != nullptr) {
    r.session_expires_s = static_cast<uint32_t>(sip->sip_session_expires->x_delta);
    r.refresher = text_of(sip->sip_session_expires->x_refresher);
  }
  if (sip->sip_min_se != nullptr) r.min_se_s = static_cast<uint32_t>(sip->sip_min_se->min_delta);
  if (sip->sip_rseq != nullptr) r.rseq = static_cast<uint32_t>(sip->sip_rseq->rs_response);
  r.requires_100rel = sip->sip_require != nullptr && sip_has_feature(sip->sip_require, "100rel");
  add_reason(sip, &r.q850, &r.reason_text);
  return r;
}

std::string address_of(msg_t* message) {
  const auto* address = reinterpret_cast<const su_sockaddr_t*>(msg_addr(message));
  std::array<char, INET6_ADDRSTRLEN> text{};
  if (address == nullptr || inet_ntop(address->su_family, SU_ADDR(address), text.data(), text.size()) == nullptr) return "";
  return host_port(text.data(), ntohs(address->su_port));
}

IncomingRequest request_of(const sip_t* sip) {
  IncomingRequest r{.method = text_of(sip->sip_request->rq_method_name), .uri = text_of(sip->sip_request->rq_url)};
  r.cseq = sip->sip_cseq->cs_seq;
  r.call_id = text_of(sip->sip_call_id->i_id);
  r.from = text_of(sip->sip_from->a_url);
  r.from_tag = text_of(sip->sip_from->a_tag);
  r.to_tag = text_of(sip->sip_to->a_tag);
  if (const auto contacts = contacts_of(sip); !contacts.empty()) r.contact = contacts.front();
  r.content_type = content_type_of(sip);
  r.body = body_of(sip);
  if (sip->sip_session_expires != nullptr) {
    r.session_expires_s = static_cast<uint32_t>(sip->sip_session_expires->x_delta);
    r.refresher = text_of(sip->sip_session_expires->x_refresher);
  }
  if (sip->sip_min_se != nullptr) r.min_se_s = static_cast<uint32_t>(sip->sip_min_se->min_delta);
  r.supports_timer = sip->sip_supported != nullptr && sip_has_feature(sip->sip_supported, "timer");
  add_reason(sip, nullptr, &r.reason_text);
  return r;
}

}  // namespace

class Stack::Impl {
 public:
  Impl(const Settings& settings, Handlers handlers) : settings_(settings), handlers_(std::move(handlers)) { initialise_library(); }

  ~Impl() {
    for (const auto& [id, incoming] : incoming_) nta_incoming_destroy(incoming->irq);
    if (default_leg_ != nullptr) nta_leg_destroy(default_leg_);
    if (agent_ != nullptr) nta_agent_destroy(agent_);
    if (root_ != nullptr) su_root_destroy(root_);
    if (wake_fd_ >= 0) close(wake_fd_);
  }

  Status open() {
    root_ = su_root_create(nullptr);
    wake_fd_ = eventfd(0, EFD_NONBLOCK | EFD_CLOEXEC);
    if (root_ == nullptr || wake_fd_ < 0) return Error{ErrorKind::unavailable, "SIP: no event loop: " + std::string(std::strerror(errno))};
    su_wait_t wait = SU_WAIT_INIT;
    su_wait_create(&wait, wake_fd_, SU_WAIT_IN);
    su_root_register(root_, &wait, &Impl::on_wake, reinterpret_cast<su_wakeup_arg_t*>(this), 0);

    const auto timeout_ms = std::chrono::duration_cast<std::chrono::milliseconds>(settings_.transaction_timeout).count();
    agent_ = nta_agent_create(root_, reinterpret_cast<url_string_t*>(-1), &Impl::on_message, reinterpret_cast<nta_agent_magic_t*>(this),
                              NTATAG_UA(1), NTATAG_PASS_100(1), NTATAG_SIP_T1X64(static_cast<unsigned>(timeout_ms)), NTATAG_USE_NAPTR(0),
                              NTATAG_MAXSIZE(64 * 1024), NTATAG_CANCEL_487(1), TAG_END());
    if (agent_ == nullptr) return Error{ErrorKind::internal, "SIP: the stack does not start"};
    if (Status bound = bind("udp", settings_.udp_port); !bound.ok()) return bound;
    if (settings_.tcp_port >= 0)
      if (Status bound = bind("tcp", settings_.tcp_port); !bound.ok()) return bound;
    for (const sip_via_t* via = nta_agent_via(agent_); via != nullptr; via = via->v_next) {
      const int port = via->v_port != nullptr ? std::atoi(via->v_port) : 5060;
      (su_casematch(via->v_protocol, sip_transport_tcp) ? tcp_port_ : udp_port_) = port;
    }
    default_leg_ = nta_leg_tcreate(agent_, &Impl::on_request, reinterpret_cast<nta_leg_magic_t*>(this), NTATAG_NO_DIALOG(1), TAG_END());
    return default_leg_ != nullptr ? success() : Status(Error{ErrorKind::internal, "SIP: no default leg"});
  }

  int port(Transport transport) const { return transport == Transport::tcp ? tcp_port_ : udp_port_; }

  std::string via(Transport transport, const std::string& branch) const {
    return std::string("SIP/2.0/") + (transport == Transport::tcp ? "TCP " : "UDP ") + host_port(settings_.address, port(transport)) +
           ";branch=" + branch + ";rport";
  }

  Transaction send(const std::string& request, std::function<void(const Response&)> responses) {
    msg_t* message = parse(request);
    if (message == nullptr) return 0;
    const Transaction id = ++last_id_;
    auto client = std::make_unique<Client>(Client{this, id, nullptr, std::move(responses)});
    client->orq = nta_outgoing_mcreate(agent_, &Impl::on_response, reinterpret_cast<nta_outgoing_magic_t*>(client.get()), nullptr, message,
                                       NTATAG_USER_VIA(1), TPTAG_MTU(kLargestDatagram), TAG_END());
    if (client->orq == nullptr) {
      msg_destroy(message);
      return 0;
    }
    clients_.emplace(id, std::move(client));
    return id;
  }

  void drop(Transaction& transaction) {
    const auto found = clients_.find(std::exchange(transaction, 0));
    if (found == clients_.end()) return;
    nta_outgoing_destroy(found->second->orq);
    clients_.erase(found);
  }

  void send_ack(const std::string& ack) {
    // Without a transaction of its own: the library would want to find the INVITE's, which we have let go.
    if (msg_t* message = parse(ack)) nta_msg_tsend(agent_, message, nullptr, NTATAG_USER_VIA(1), TPTAG_MTU(kLargestDatagram), TAG_END());
  }

  void respond(Incoming id, int status, const Headers& headers, const std::string& body, std::function<void(const std::string&)> on_ack) {
    const auto found = incoming_.find(id);
    EVERDIAL_CHECK(found != incoming_.end());
    nta_incoming_t* irq = found->second->irq;
    std::string lines;
    for (const auto& [name, value] : headers) lines += name + ": " + value + "\r\n";
    nta_incoming_treply(irq, status, sip_status_phrase(status), SIPTAG_SERVER_STR(settings_.user_agent.c_str()),
                        TAG_IF(!lines.empty(), SIPTAG_HEADER_STR(lines.c_str())), TAG_IF(!body.empty(), SIPTAG_PAYLOAD_STR(body.c_str())),
                        TAG_END());
    if (on_ack) {
      found->second->on_ack = std::move(on_ack);
      nta_incoming_bind(irq, &Impl::on_ack, reinterpret_cast<nta_incoming_magic_t*>(found->second.get()));
      return;
    }
    incoming_.erase(found);
    nta_incoming_destroy(irq);
  }

  void step(Duration timeout) { su_root_step(root_, std::chrono::ceil<std::chrono::milliseconds>(timeout).count()); }

  void wake() const {
    const uint64_t one = 1;
    [[maybe_unused]] const ssize_t written = write(wake_fd_, &one, sizeof one);  // fails only when a wake-up is pending already
  }

  size_t transactions() const {
    usize_t used = 0;
    nta_agent_get_stats(agent_, NTATAG_S_ORQ_HASH_USED_REF(used), TAG_END());
    return used;
  }

 private:
  static constexpr int kLargestDatagram = 65535;  // never switch to TCP behind the back of what the Via says

  struct Client {
    Impl* stack;
    Transaction id;
    nta_outgoing_t* orq;
    std::function<void(const Response&)> responses;
  };
  struct Server {
    Impl* stack;
    Incoming id;
    nta_incoming_t* irq;
    std::function<void(const std::string&)> on_ack;
  };

  Status bind(const char* transport, int port) {
    const std::string url = "sip:" + host_port(settings_.address, port) + ";transport=" + transport;
    if (nta_agent_add_tport(agent_, URL_STRING_MAKE(url.c_str()), TPTAG_UDP_RMEM(4 << 20), TPTAG_UDP_WMEM(4 << 20), TAG_END()) == 0)
      return success();
    return Error{ErrorKind::unavailable,
                 "SIP: cannot listen on " + host_port(settings_.address, port) + " (" + transport + "): " + std::strerror(su_errno())};
  }

  static msg_t* parse(const std::string& text) {
    // With the copy, headers go out as they were written, and are not put into words a second time.
    msg_t* message = msg_make(sip_default_mclass(), MSG_DO_EXTRACT_COPY, text.data(), static_cast<ssize_t>(text.size()));
    const sip_t* sip = message != nullptr ? sip_object(message) : nullptr;
    if (sip != nullptr && sip->sip_request != nullptr && sip->sip_error == nullptr && sip_sanity_check(sip) >= 0) return message;
    if (message != nullptr) msg_destroy(message);
    return nullptr;
  }

  static int on_wake(su_root_magic_t*, su_wait_t*, su_wakeup_arg_t* argument) {
    uint64_t count = 0;
    [[maybe_unused]] const ssize_t got = read(reinterpret_cast<Impl*>(argument)->wake_fd_, &count, sizeof count);
    return 0;
  }

  static int on_response(nta_outgoing_magic_t* magic, nta_outgoing_t*, const sip_t* sip) {
    auto* client = reinterpret_cast<Client*>(magic);
    const Response response = sip != nullptr ? response_of(sip, nta_sip_is_internal(sip) != 0)
                                             : Response{.status = 408, .phrase = "Request Timeout", .made_here = true};
    if (response.status < 200) {
      const auto responses = client->responses;  // a copy: the handler may drop the transaction
      responses(response);
      return 0;
    }
    const auto responses = std::move(client->responses);
    Transaction id = client->id;
    client->stack->drop(id);
    responses(response);
    return 0;
  }

  static int on_message(nta_agent_magic_t* magic, nta_agent_t*, msg_t* message, sip_t* sip) {
    if (sip->sip_status != nullptr) reinterpret_cast<Impl*>(magic)->handlers_.stray(response_of(sip, false));
    msg_destroy(message);
    return 0;
  }

  static int on_request(nta_leg_magic_t* magic, nta_leg_t*, nta_incoming_t* irq, const sip_t* sip) {
    auto* self = reinterpret_cast<Impl*>(magic);
    if (sip->sip_request->rq_method == sip_method_ack) return 200;  // ends the library's record of it; nothing is sent
    const Incoming id = ++self->last_id_;
    self->incoming_.emplace(id, std::make_unique<Server>(Server{self, id, irq, {}}));
    IncomingRequest request = request_of(sip);
    if (msg_t* message = nta_incoming_getrequest(irq)) {
      request.source = address_of(message);
      msg_destroy(message);
    }
    self->handlers_.request(request, id);
    return 0;
  }

  static int on_ack(nta_incoming_magic_t* magic, nta_incoming_t* irq, const sip_t* sip) {
    auto* server = reinterpret_cast<Server*>(magic);
    const auto tell = std::move(server->on_ack);
    const bool acknowledged = sip != nullptr && sip->sip_request != nullptr && sip->sip_request->rq_method == sip_method_ack;
    const std::string body = acknowledged ? body_of(sip) : std::string();
    server->stack->incoming_.erase(server->id);
    nta_incoming_destroy(irq);
    if (tell && !body.empty()) tell(body);
    return 0;
  }

  const Settings& settings_;
  Handlers handlers_;
  su_root_t* root_ = nullptr;
  nta_agent_t* agent_ = nullptr;
  nta_leg_t* default_leg_ = nullptr;
  int wake_fd_ = -1;
  int udp_port_ = -1, tcp_port_ = -1;
  uint64_t last_id_ = 0;
  std::unordered_map<Transaction, std::unique_ptr<Client>> clients_;
  std::unordered_map<Incoming, std::unique_ptr<Server>> incoming_;
};

Stack::Stack(std::unique_ptr<Impl> impl) : impl_(std::move(impl)) {}
Stack::~Stack() = default;

Result<std::unique_ptr<Stack>> Stack::open(const Settings& settings, Handlers handlers) {
  auto impl = std::make_unique<Impl>(settings, std::move(handlers));
  if (Status opened = impl->open(); !opened.ok()) return opened.error();
  return std::unique_ptr<Stack>(new Stack(std::move(impl)));
}

int Stack::port(Transport transport) const { return impl_->port(transport); }
std::string Stack::via(Transport transport, const std::string& branch) const { return impl_->via(transport, branch); }
Stack::Transaction Stack::send(const std::string& request, std::function<void(const Response&)> responses) {
  return impl_->send(request, std::move(responses));
}
void Stack::drop(Transaction& transaction) { impl_->drop(transaction); }
void Stack::send_ack(const std::string& ack) { impl_->send_ack(ack); }
void Stack::respond(Incoming incoming, int status, const Headers& headers, const std::string& body,
                    std::function<void(const std::string&)> on_ack) {
  impl_->respond(incoming, status, headers, body, std::move(on_ack));
}
void Stack::step(Duration timeout) { impl_->step(timeout); }
void Stack::wake() { impl_->wake(); }
size_t Stack::transactions() const { return impl_->transactions(); }

std::string random_token(int bytes) {
  std::array<unsigned char, 32> random;
  EVERDIAL_CHECK(static_cast<size_t>(bytes) <= random.size());
  EVERDIAL_CHECK(getrandom(random.data(), static_cast<size_t>(bytes), 0) == bytes);
  constexpr std::string_view digits = "0123456789abcdef";
  std::string out;
  for (int i = 0; i < bytes; ++i) out.append({digits[random[i] >> 4], digits[random[i] & 15]});
  return out;
}

std::string new_branch() { return "z9hG4bK" + random_token(10); }

}  // namespace everdial::sip
