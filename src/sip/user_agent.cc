#include "sip/user_agent.h"

#include <pthread.h>

#include <atomic>
#include <future>
#include <mutex>
#include <thread>
#include <unordered_map>

#include "base/check.h"
#include "sip/ack_log.h"
#include "sip/call.h"
#include "sip/peer.h"
#include "sip/stack.h"
#include "sip/timers.h"

namespace everdial::sip {

namespace {

constexpr auto kStartInterval = 200us;  // 5 INVITEs a millisecond
constexpr auto kStartBurst = 4ms;       // of at most 20

/// "10.0.0.1:5060" of "sip:user@10.0.0.1:5060;lr"
std::string host_of(std::string_view uri) {
  uri = uri.substr(0, uri.find_first_of(";?"));
  const size_t at = uri.rfind('@');
  return std::string(at != uri.npos ? uri.substr(at + 1) : uri.substr(uri.find(':') + 1));
}

}  // namespace

class UserAgent::Impl {
 public:
  Impl(Settings settings, Handler handler) : settings_(std::move(settings)), handler_(std::move(handler)) {}

  ~Impl() {
    if (!thread_.joinable()) return;
    post([this] { stopping_ = true; });
    thread_.join();
  }

  Status start() {
    std::promise<Status> started;
    auto status = started.get_future();
    thread_ = std::thread([this, &started] { run(started); });
    Status result = status.get();
    if (!result.ok()) thread_.join();
    return result;
  }

  void post(std::function<void()> command) {
    const std::lock_guard lock(mutex_);
    commands_.push_back(std::move(command));
    if (commands_.size() == 1) stack_->wake();  // within the lock: once the last command is taken, the stack may be gone
  }

  CallHandle next_handle() { return CallHandle{last_handle_.fetch_add(1) + 1}; }

  void place(CallHandle handle, InviteSpec spec) {
    Hop& hop = hops_[host_of(spec.proxy.empty() ? spec.request_uri : spec.proxy)];
    add(handle, std::make_unique<Call>(handle, around(), hop, std::move(spec)));
    hop.waiting.push_back(handle);
  }

  void restore(CallHandle handle, DialogSnapshot snapshot, Credentials credentials) {
    Hop& hop = hops_[host_of(snapshot.route_set.empty() ? snapshot.remote_target : snapshot.route_set.front())];
    add(handle, std::make_unique<Call>(handle, around(), hop, std::move(snapshot), std::move(credentials)));
  }

  template <class Command>
  void to_call(CallHandle handle, Command command) {
    post([this, handle, command = std::move(command)]() mutable {
      if (const auto found = calls_.find(handle); found != calls_.end()) command(*found->second);
    });
  }

  void watch(std::string name, PeerSpec spec) {
    unwatch(name);
    auto peer = std::make_unique<Peer>(name, std::move(spec), around());
    peers_.emplace(std::move(name), std::move(peer)).first->second->ask();
  }
  void unwatch(const std::string& name) { peers_.erase(name); }

  int port(Transport transport) const { return ports_[static_cast<size_t>(transport)]; }
  Statistics statistics() const { return {call_count_, waiting_count_, transaction_count_}; }

 private:
  Surroundings& around() { return *around_; }

  void add(CallHandle handle, std::unique_ptr<Call> call) {
    by_tag_[call->local_tag()] = handle;
    calls_.emplace(handle, std::move(call));
  }

  /// Starts the calls that there is room for, as evenly as bursts of a few allow: a burst of a hundred loses packets. Tells whether some
  /// only wait for the next millisecond.
  bool start_waiting() {
    size_t left = 0;
    bool paced = false;
    const auto now = std::chrono::steady_clock::now();
    next_start_ = std::max(next_start_, now - kStartBurst);
    for (auto& [host, hop] : hops_) {
      while (!hop.waiting.empty() && hop.unanswered < settings_.most_unanswered && !paced) {
        if (next_start_ > now) {
          paced = true;
          break;
        }
        const auto call = calls_.find(hop.waiting.front());
        hop.waiting.pop_front();
        if (call == calls_.end()) continue;
        next_start_ += kStartInterval;
        call->second->start();
      }
      left += hop.waiting.size();
    }
    waiting_count_ = left;
    return paced;
  }

  void run(std::promise<Status>& started) {
    pthread_setname_np(pthread_self(), "sip");
    auto stack = Stack::open(settings_, {[this](const Response& r) { on_stray(r); },
                                         [this](const IncomingRequest& r, Stack::Incoming id) { on_request(r, id); }});
    if (!stack.ok()) return started.set_value(stack.error());
    stack_ = std::move(*stack);
    ports_ = {stack_->port(Transport::udp), stack_->port(Transport::tcp)};
    around_ = std::make_unique<Surroundings>(
        Surroundings{settings_, *stack_, timers_, acks_, handler_, [this](CallHandle handle) { over_.push_back(handle); }});
    started.set_value(success());
    while (!stopping_) {
      for (const auto& command : take_commands()) command();
      const Duration until_timer = timers_.run().value_or(1s);
      const Duration wait = std::min<Duration>(until_timer, start_waiting() ? 1ms : 1s);
      bury();
      stack_->step(wait);
    }
    peers_.clear();
    calls_.clear();
    stack_.reset();
  }

  std::vector<std::function<void()>> take_commands() {
    const std::lock_guard lock(mutex_);
    return std::exchange(commands_, {});
  }

  void bury() {
    for (const CallHandle handle : std::exchange(over_, {})) {
      const auto found = calls_.find(handle);
      by_tag_.erase(found->second->local_tag());
      calls_.erase(found);
    }
    call_count_ = calls_.size();
    transaction_count_ = stack_->transactions();
  }

  Call* call_of(const std::string& local_tag, const std::string& call_id) {
    const auto handle = by_tag_.find(local_tag);
    if (handle == by_tag_.end()) return nullptr;
    Call& call = *calls_.at(handle->second);
    return call.call_id() == call_id ? &call : nullptr;
  }

  void on_stray(const Response& response) {
    if (response.method != "INVITE") return;
    if (response.status >= 200)
      if (const std::string* ack = acks_.find(response)) return stack_->send_ack(*ack);
    if (Call* call = call_of(response.from_tag, response.call_id)) call->on_invite_response(response);
  }

  void on_request(const IncomingRequest& request, Stack::Incoming id) {
    Call* call = call_of(request.to_tag, request.call_id);
    if (call != nullptr && call->knows_remote(request.from_tag)) return call->on_request(request, id);
    if (request.method == "OPTIONS")
      return stack_->respond(id, 200, {{"Allow", "INVITE, ACK, CANCEL, BYE, OPTIONS"}, {"Accept", "application/sdp"}});
    if (!request.to_tag.empty() || request.method == "BYE" || request.method == "CANCEL") return stack_->respond(id, 481);
    if (request.method != "INVITE") return stack_->respond(id, 405, {{"Allow", "INVITE, ACK, CANCEL, BYE, OPTIONS"}});
    const int status = settings_.admit ? settings_.admit({request.uri, request.from, request.source}) : 403;
    stack_->respond(id, status >= 300 && status < 700 ? status : 403);
  }

  const Settings settings_;
  const Handler handler_;
  std::atomic<int64_t> last_handle_{0};
  std::atomic<size_t> call_count_{0}, waiting_count_{0}, transaction_count_{0};
  std::array<int, 2> ports_{-1, -1};

  std::mutex mutex_;
  std::vector<std::function<void()>> commands_;

  // Of the SIP thread alone from here; in this order, for calls and peers use what stands above them.
  bool stopping_ = false;
  Timers timers_;
  AckLog acks_;
  std::unique_ptr<Stack> stack_;
  std::unique_ptr<Surroundings> around_;
  std::map<std::string, Hop> hops_;  // one per trunk and host: few
  std::chrono::steady_clock::time_point next_start_;
  std::unordered_map<CallHandle, std::unique_ptr<Call>> calls_;
  std::unordered_map<std::string, CallHandle> by_tag_;
  std::vector<CallHandle> over_;
  std::map<std::string, std::unique_ptr<Peer>> peers_;

  std::thread thread_;
};

UserAgent::UserAgent(std::unique_ptr<Impl> impl) : impl_(std::move(impl)) {}
UserAgent::~UserAgent() = default;

Result<std::unique_ptr<UserAgent>> UserAgent::start(Settings settings, Handler handler) {
  EVERDIAL_CHECK(handler != nullptr);
  auto impl = std::make_unique<Impl>(std::move(settings), std::move(handler));
  if (Status started = impl->start(); !started.ok()) return started.error();
  return std::unique_ptr<UserAgent>(new UserAgent(std::move(impl)));
}

int UserAgent::udp_port() const { return impl_->port(Transport::udp); }
int UserAgent::tcp_port() const { return impl_->port(Transport::tcp); }

CallHandle UserAgent::invite(InviteSpec spec) {
  const CallHandle handle = impl_->next_handle();
  impl_->post([impl = impl_.get(), handle, spec = std::move(spec)]() mutable { impl->place(handle, std::move(spec)); });
  return handle;
}

void UserAgent::hang_up(CallHandle call, std::string reason) {
  impl_->to_call(call, [reason = std::move(reason)](Call& c) { c.hang_up(reason); });
}
void UserAgent::reinvite(CallHandle call, std::string sdp) {
  impl_->to_call(call, [sdp = std::move(sdp)](Call& c) { c.reinvite(sdp); });
}
void UserAgent::answer(CallHandle call, std::string sdp) {
  impl_->to_call(call, [sdp = std::move(sdp)](Call& c) { c.answer(sdp); });
}
void UserAgent::refuse(CallHandle call, int status) {
  impl_->to_call(call, [status](Call& c) { c.refuse(status); });
}

CallHandle UserAgent::restore(DialogSnapshot snapshot, Credentials credentials) {
  const CallHandle handle = impl_->next_handle();
  impl_->post([impl = impl_.get(), handle, snapshot = std::move(snapshot), credentials = std::move(credentials)]() mutable {
    impl->restore(handle, std::move(snapshot), std::move(credentials));
  });
  return handle;
}

void UserAgent::watch(std::string peer, PeerSpec spec) {
  impl_->post([impl = impl_.get(), peer = std::move(peer), spec = std::move(spec)] { impl->watch(peer, spec); });
}
void UserAgent::unwatch(std::string peer) {
  impl_->post([impl = impl_.get(), peer = std::move(peer)] { impl->unwatch(peer); });
}

UserAgent::Statistics UserAgent::statistics() const { return impl_->statistics(); }

}  // namespace everdial::sip
