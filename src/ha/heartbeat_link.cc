#include "ha/heartbeat_link.h"

#include <netdb.h>
#include <netinet/in.h>
#include <poll.h>
#include <sodium.h>
#include <sys/eventfd.h>
#include <sys/socket.h>
#include <unistd.h>

#include <array>
#include <atomic>
#include <cstring>
#include <deque>
#include <map>
#include <mutex>
#include <set>
#include <thread>

// After the C library's own, which it clashes with.
#include <linux/errqueue.h>

#include "base/check.h"
#include "base/overloaded.h"

namespace everdial {
namespace {

constexpr size_t kTagSize = 16;
constexpr size_t kLargest = 8192;      ///< of a datagram
constexpr size_t kTagsRemembered = 4;  ///< per peer: a refusal that comes later tells nothing new
constexpr uint64_t kLookupLane = 901;

using Tag = std::array<unsigned char, kTagSize>;

struct SocketAddress {
  sockaddr_storage storage{};
  socklen_t size = 0;
};

/// Blocking when the host is a name and not a number.
Result<SocketAddress> look_up(const std::string& host, const std::string& port, int family, bool to_listen) {
  addrinfo hints{};
  hints.ai_family = family;
  hints.ai_socktype = SOCK_DGRAM;
  hints.ai_flags = (to_listen ? AI_PASSIVE : 0) | (family == AF_INET6 ? AI_V4MAPPED | AI_ALL : 0);
  addrinfo* found = nullptr;
  if (const int error = getaddrinfo(host.c_str(), port.c_str(), &hints, &found); error != 0)
    return Error{ErrorKind::unavailable, "cannot look up " + host + ": " + gai_strerror(error)};
  SocketAddress out;
  std::memcpy(&out.storage, found->ai_addr, found->ai_addrlen);
  out.size = found->ai_addrlen;
  freeaddrinfo(found);
  return out;
}

Result<SocketAddress> look_up(const Address& address, int family) {
  const size_t colon = address.value.rfind(':');
  if (colon == std::string::npos) return Error{ErrorKind::invalid, "'" + address.value + "' is not HOST:PORT"};
  std::string host = address.value.substr(0, colon);
  if (host.starts_with('[') && host.ends_with(']')) host = host.substr(1, host.size() - 2);
  return look_up(host, address.value.substr(colon + 1), family, false);
}

Error system_error(const std::string& what) { return {ErrorKind::unavailable, what + ": " + std::strerror(errno)}; }

Instant steady() { return Instant{std::chrono::floor<Duration>(std::chrono::steady_clock::now().time_since_epoch())}; }
Instant wall() { return std::chrono::floor<Duration>(std::chrono::system_clock::now()); }

}  // namespace

struct HeartbeatLink::State {
  State(Seams& s, DetectorMachine m, Settings st, OnOutlook d)
      : seams(s), machine(std::move(m)), settings(std::move(st)), on_outlook(std::make_shared<OnOutlook>(std::move(d))) {}

  ~State() {
    if (thread.joinable()) {
      stopping = true;
      wake();
      thread.join();
    }
    if (socket >= 0) close(socket);
    if (wake_fd >= 0) close(wake_fd);
  }

  // ---- on the loop -----------------------------------------------------------------------------------------------------------
  Status bind_socket();
  void wake() {
    const uint64_t one = 1;
    (void)!write(wake_fd, &one, sizeof one);
  }

  // ---- on the thread ---------------------------------------------------------------------------------------------------------
  void run();
  void take_mail();
  void read_refusals();
  void read_heartbeats();
  void tick();
  void feed(const DetectorInput& input);
  void send(const SendHeartbeat& send);
  Tag tag_of(std::string_view payload) const;

  Seams& seams;
  DetectorMachine machine;
  Settings settings;
  std::shared_ptr<OnOutlook> on_outlook;  ///< gone when we are: what was posted finds nobody to tell
  int socket = -1, wake_fd = -1;
  int family = AF_INET;
  Address address;
  std::string key;
  std::map<Incarnation, std::deque<Tag>> sent;  ///< the tags of the last few datagrams
  std::set<Address> looking_up;                 ///< the loop's own

  std::mutex mutex;  ///< of what follows: the mail between loop and thread
  std::optional<std::vector<PeerServer>> new_peers;
  std::map<Address, SocketAddress> addresses;
  std::vector<Unfit> unfit;
  Instant observed_at = steady();
  Instant database_at = steady();
  std::vector<DetectorMachine::PeerView> views;

  std::atomic<bool> stopping = false;
  std::thread thread;
};

Status HeartbeatLink::State::bind_socket() {
  const auto listen = look_up(settings.listen_host, std::to_string(settings.port), AF_UNSPEC, true);
  if (!listen.ok()) return listen.error();
  family = listen->storage.ss_family;
  socket = ::socket(family, SOCK_DGRAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
  if (socket < 0) return system_error("cannot make a socket for heartbeats");
  const int on = 1;
  setsockopt(socket, IPPROTO_IP, IP_RECVERR, &on, sizeof on);
  if (family == AF_INET6) setsockopt(socket, IPPROTO_IPV6, IPV6_RECVERR, &on, sizeof on);
  const auto where = settings.listen_host + " UDP port " + std::to_string(settings.port);
  if (bind(socket, reinterpret_cast<const sockaddr*>(&listen->storage), listen->size) != 0)
    return system_error("cannot listen for heartbeats on " + where);
  sockaddr_storage bound{};
  socklen_t size = sizeof bound;
  getsockname(socket, reinterpret_cast<sockaddr*>(&bound), &size);
  const uint16_t port =
      family == AF_INET6 ? reinterpret_cast<const sockaddr_in6&>(bound).sin6_port : reinterpret_cast<const sockaddr_in&>(bound).sin_port;
  const std::string& host = settings.advertise_host;
  address = Address{(host.find(':') == std::string::npos ? host : "[" + host + "]") + ":" + std::to_string(ntohs(port))};
  wake_fd = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
  if (wake_fd < 0) return system_error("eventfd");
  return success();
}

void HeartbeatLink::State::run() {
  pthread_setname_np(pthread_self(), "heartbeats");
  Instant next = steady();
  while (!stopping) {
    const auto left = std::chrono::ceil<std::chrono::milliseconds>(next - steady()).count();
    pollfd fds[] = {{socket, POLLIN, 0}, {wake_fd, POLLIN, 0}};
    poll(fds, 2, static_cast<int>(std::max<int64_t>(left, 0)));
    take_mail();
    read_refusals();
    read_heartbeats();
    const Instant now = steady();
    if (now < next) continue;
    next = std::max(next + settings.detector.every, now);
    tick();
  }
}

void HeartbeatLink::State::take_mail() {
  uint64_t count = 0;
  (void)!read(wake_fd, &count, sizeof count);
  std::optional<std::vector<PeerServer>> peers;
  {
    const std::lock_guard lock{mutex};
    peers.swap(new_peers);
  }
  if (!peers) return;
  feed(PeersSeen{*peers});
  std::set<Incarnation> present;
  for (const PeerServer& peer : *peers) present.insert(peer.incarnation);
  std::erase_if(sent, [&](const auto& entry) { return !present.contains(entry.first); });
}

void HeartbeatLink::State::read_refusals() {
  for (;;) {
    char data[kLargest], control[512];
    iovec part{data, sizeof data};
    msghdr message{};
    message.msg_iov = &part;
    message.msg_iovlen = 1;
    message.msg_control = control;
    message.msg_controllen = sizeof control;
    const ssize_t got = recvmsg(socket, &message, MSG_ERRQUEUE | MSG_DONTWAIT);
    if (got < 0) return;
    bool refused = false;
    for (cmsghdr* header = CMSG_FIRSTHDR(&message); header; header = CMSG_NXTHDR(&message, header)) {
      const bool is_error = (header->cmsg_level == IPPROTO_IP && header->cmsg_type == IP_RECVERR) ||
                            (header->cmsg_level == IPPROTO_IPV6 && header->cmsg_type == IPV6_RECVERR);
      if (!is_error) continue;
      sock_extended_err error;
      std::memcpy(&error, CMSG_DATA(header), sizeof error);
      const bool by_icmp = error.ee_origin == SO_EE_ORIGIN_ICMP || error.ee_origin == SO_EE_ORIGIN_ICMP6;
      refused = refused || (by_icmp && error.ee_errno == ECONNREFUSED);
    }
    if (!refused || static_cast<size_t>(got) < kTagSize) continue;
    // It quotes the datagram that was refused: one that we have sent lately, or a forgery.
    for (const auto& [peer, tags] : sent)
      if (std::any_of(tags.begin(), tags.end(), [&](const Tag& tag) { return std::memcmp(tag.data(), data, kTagSize) == 0; }))
        feed(PeerRefused{peer});
  }
}

void HeartbeatLink::State::read_heartbeats() {
  for (int n = 0; n < 1000; ++n) {  // a flood is not to keep us from our own heartbeats
    char data[kLargest];
    const ssize_t got = recv(socket, data, sizeof data, MSG_DONTWAIT);
    if (got < 0 && errno != ECONNREFUSED) return;
    if (got < static_cast<ssize_t>(kTagSize)) continue;
    const std::string_view payload(data + kTagSize, static_cast<size_t>(got) - kTagSize);
    if (sodium_memcmp(tag_of(payload).data(), data, kTagSize) != 0) continue;
    if (auto heartbeat = decode_heartbeat(payload)) feed(HeartbeatReceived{std::move(*heartbeat), wall()});
  }
}

void HeartbeatLink::State::tick() {
  DetectorTick self;
  {
    const std::lock_guard lock{mutex};
    const Instant now = steady();
    self.wall = wall();
    self.loop_lag = std::max(Duration{0}, now - observed_at - settings.detector.every);
    self.database_age = now - database_at;
    self.unfit = unfit;
  }
  feed(self);
  const std::lock_guard lock{mutex};
  views = machine.peers(steady());
}

void HeartbeatLink::State::feed(const DetectorInput& input) {
  for (DetectorEffect& effect : machine.step(input, steady()))
    std::visit(Overloaded{
                   [&](SendHeartbeat& e) { send(e); },
                   [&](TellOutlook& e) {
                     seams.clock.post([weak = std::weak_ptr(on_outlook), outlook = std::move(e.outlook)] {
                       if (const auto tell = weak.lock()) (*tell)(outlook);
                     });
                   },
               },
               effect);
}

void HeartbeatLink::State::send(const SendHeartbeat& send) {
  SocketAddress to;
  {
    const std::lock_guard lock{mutex};
    const auto found = addresses.find(send.to);
    if (found == addresses.end()) return;
    to = found->second;
  }
  const std::string payload = encode(send.heartbeat);
  const Tag tag = tag_of(payload);
  auto& tags = sent[send.heartbeat.to];
  tags.push_back(tag);
  if (tags.size() > kTagsRemembered) tags.pop_front();
  std::string datagram(reinterpret_cast<const char*>(tag.data()), kTagSize);
  datagram += payload;
  // The error that a call reports may be an older datagram's, and this one is not sent then.
  for (int i = 0; i < 2; ++i)
    if (sendto(socket, datagram.data(), datagram.size(), MSG_NOSIGNAL, reinterpret_cast<const sockaddr*>(&to.storage), to.size) >= 0)
      return;
}

Tag HeartbeatLink::State::tag_of(std::string_view payload) const {
  Tag tag;
  crypto_generichash(tag.data(), tag.size(), reinterpret_cast<const unsigned char*>(payload.data()), payload.size(),
                     reinterpret_cast<const unsigned char*>(key.data()), key.size());
  return tag;
}

// ---- the loop's side ---------------------------------------------------------------------------------------------------------

HeartbeatLink::HeartbeatLink(std::unique_ptr<State> state) : state_(std::move(state)) {}
HeartbeatLink::~HeartbeatLink() = default;

Result<std::unique_ptr<HeartbeatLink>> HeartbeatLink::open(Seams& seams, Incarnation me, ServerName name, std::string version,
                                                           Settings settings, OnOutlook on_outlook) {
  if (sodium_init() < 0) return Error{ErrorKind::internal, "libsodium cannot be used"};
  DetectorMachine machine{std::move(me), std::move(name), std::move(version), settings.detector};
  auto state = std::make_unique<State>(seams, std::move(machine), std::move(settings), std::move(on_outlook));
  if (Status bound = state->bind_socket(); !bound.ok()) return bound.error();
  return std::unique_ptr<HeartbeatLink>{new HeartbeatLink(std::move(state))};
}

const Address& HeartbeatLink::address() const { return state_->address; }

void HeartbeatLink::start(const std::string& key) {
  EVERDIAL_CHECK(!state_->thread.joinable());
  EVERDIAL_CHECK(key.size() >= crypto_generichash_KEYBYTES_MIN && key.size() <= crypto_generichash_KEYBYTES_MAX);
  state_->key = key;
  state_->thread = std::thread([state = state_.get()] { state->run(); });
}

void HeartbeatLink::set_peers(std::vector<PeerServer> peers) {
  const std::lock_guard lock{state_->mutex};
  std::erase_if(state_->addresses, [&](const auto& entry) {
    return std::none_of(peers.begin(), peers.end(), [&](const PeerServer& peer) { return peer.address == entry.first; });
  });
  for (const PeerServer& peer : peers) {
    if (state_->addresses.contains(peer.address) || !state_->looking_up.insert(peer.address).second) continue;
    run_store(
        state_->seams.store, kLookupLane, [address = peer.address, family = state_->family] { return look_up(address, family); },
        [state = state_.get(), weak = std::weak_ptr(state_->on_outlook), address = peer.address](Result<SocketAddress> found) {
          if (weak.expired()) return;
          const std::lock_guard lock{state->mutex};
          state->looking_up.erase(address);
          if (found.ok()) state->addresses[address] = *found;
        });
  }
  state_->new_peers = std::move(peers);
  state_->wake();
}

void HeartbeatLink::observe(Duration database_age, std::vector<Unfit> unfit) {
  const std::lock_guard lock{state_->mutex};
  state_->observed_at = steady();
  state_->database_at = state_->observed_at - database_age;
  state_->unfit = std::move(unfit);
}

std::vector<DetectorMachine::PeerView> HeartbeatLink::peers() const {
  const std::lock_guard lock{state_->mutex};
  return state_->views;
}

}  // namespace everdial
