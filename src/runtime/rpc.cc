#include "runtime/rpc.h"

#include <grpc/support/log.h>
#include <grpcpp/grpcpp.h>
#include <grpcpp/impl/service_type.h>

#include <condition_variable>
#include <fstream>
#include <map>
#include <mutex>
#include <sstream>
#include <unordered_map>

#include "base/check.h"
#include "runtime/certificate.h"

namespace everdial {
namespace {

constexpr int kLargestMessage = 64 << 20;  ///< a barrier's answer holds every unsettled call of a job
constexpr Duration kForgetPeerAfter = 5min;

Result<std::string> read_file(const std::filesystem::path& path) {
  std::ifstream in(path);
  if (!in) return Error{ErrorKind::invalid, "cannot read " + path.string()};
  std::ostringstream text;
  text << in.rdbuf();
  return text.str();
}

struct Pem {
  std::string cert, key, ca;
};

/// Empty strings when TLS is not wanted.
Result<Pem> read_pem(const GrpcNetwork::Settings& settings) {
  if (settings.cert.empty()) return Pem{};
  const auto cert = read_file(settings.cert), key = read_file(settings.key), ca = read_file(settings.ca);
  for (const auto* file : {&cert, &key, &ca})
    if (!file->ok()) return file->error();
  if (Status fit = check_certificate(*cert, *key, *ca, settings.advertise_host); !fit.ok())
    return Error{fit.error().kind, "rpc: " + fit.error().message + " (" + settings.cert.string() + ", " + settings.key.string() + ", " +
                                       settings.ca.string() + ")"};
  return Pem{*cert, *key, *ca};
}

/// What gRPC says when certificates are the trouble, in words that help; empty when it is something else.
std::string why_not_trusted(std::string_view text) {
  static constexpr std::pair<std::string_view, std::string_view> kReasons[] = {
      {"certificate verify failed", "its certificate is not from our authority, or is not valid now"},
      {"peer did not return a certificate", "it shows no certificate"},
      {"is not in peer certificate", "its certificate is not for the address by which we call it"},
      {"No match found for server name", "its certificate is not for the address by which we call it"},
      {"wrong version number", "it does not speak TLS"},
      {"http request", "it does not speak TLS"},
      {"alert", "it does not accept our certificate"},
      // With TLS 1.3 that is all that a caller hears of a server that wants another certificate.
      {"Socket closed", "it hung up on us: it wants another certificate than ours, or TLS where we have none, or has died"},
  };
  for (const auto& [words, reason] : kReasons)
    if (text.find(words) != std::string_view::npos) return std::string(reason);
  return "";
}

std::shared_ptr<grpc::ChannelCredentials> channel_credentials(const Pem& pem) {
  if (pem.cert.empty()) return grpc::InsecureChannelCredentials();
  return grpc::SslCredentials({.pem_root_certs = pem.ca, .pem_private_key = pem.key, .pem_cert_chain = pem.cert});
}

std::shared_ptr<grpc::ServerCredentials> server_credentials(const Pem& pem) {
  if (pem.cert.empty()) return grpc::InsecureServerCredentials();
  grpc::SslServerCredentialsOptions options{GRPC_SSL_REQUEST_AND_REQUIRE_CLIENT_CERTIFICATE_AND_VERIFY};
  options.pem_root_certs = pem.ca;
  options.pem_key_cert_pairs = {{pem.key, pem.cert}};
  return grpc::SslServerCredentials(options);
}

std::string host_and_port(const std::string& host, int port) {
  return (host.find(':') == std::string::npos ? host : "[" + host + "]") + ":" + std::to_string(port);
}

}  // namespace

/// Requests being handled here. Whoever answers after the network is gone finds nothing to answer.
struct GrpcNetwork::Incoming {
  std::mutex mutex;
  RequestHandler handler;
  uint64_t last_id = 0;
  std::unordered_map<uint64_t, ReplyFn> waiting;
  bool closed = false;

  ReplyFn take(uint64_t id) {
    const std::lock_guard lock{mutex};
    auto found = waiting.extract(id);
    return found ? std::move(found.mapped()) : nullptr;
  }

  void close() {
    std::unordered_map<uint64_t, ReplyFn> left;
    {
      const std::lock_guard lock{mutex};
      closed = true;
      left.swap(waiting);
    }
    for (auto& [id, reply] : left) reply(Error{ErrorKind::unavailable, "shutting down"});
  }
};

/// Counts our own requests until gRPC has let go of them.
struct GrpcNetwork::Outgoing {
  std::mutex mutex;
  std::condition_variable changed;
  int count = 0;

  static std::shared_ptr<void> one_more(const std::shared_ptr<Outgoing>& all) {
    const std::lock_guard lock{all->mutex};
    ++all->count;
    return {nullptr, [all](void*) {
              const std::lock_guard done{all->mutex};
              --all->count;
              all->changed.notify_all();
            }};
  }
  void wait_for_all() {
    std::unique_lock lock{mutex};
    changed.wait(lock, [this] { return count == 0; });
  }
};

struct GrpcNetwork::Peer {
  std::shared_ptr<grpc::Channel> channel;
  std::vector<std::unique_ptr<RpcClient>> clients;  ///< one per receiver, made when first needed
  Instant used_at;
  std::string distrust;  ///< told already
};

struct GrpcNetwork::Grpc {
  Result<Pem> pem{Pem{}};
  std::unordered_map<Address, Peer> peers;
  std::vector<std::unique_ptr<grpc::Service>> services;
  std::unique_ptr<grpc::Server> server;
};

GrpcNetwork::GrpcNetwork(Clock& clock, Settings settings, std::vector<std::unique_ptr<RpcReceiver>> receivers)
    : clock_(clock),
      settings_(std::move(settings)),
      receivers_(std::move(receivers)),
      grpc_(std::make_unique<Grpc>()),
      incoming_(std::make_shared<Incoming>()),
      outgoing_(std::make_shared<Outgoing>()) {
  grpc_->pem = read_pem(settings_);
}

GrpcNetwork::~GrpcNetwork() {
  incoming_->close();
  if (grpc_->server) grpc_->server->Shutdown(std::chrono::system_clock::now());
  // gRPC aborts when the last to hold a channel is one of its own threads, at the end of a call.
  outgoing_->wait_for_all();
}

GrpcNetwork::Peer& GrpcNetwork::peer(const Address& address) {
  Peer& peer = grpc_->peers[address];
  peer.used_at = clock_.steady();
  if (peer.channel) return peer;
  // A process that starts again has a new port, so old addresses pile up unless they are forgotten.
  std::erase_if(grpc_->peers, [&](const auto& entry) { return entry.second.used_at + kForgetPeerAfter < peer.used_at; });
  grpc::ChannelArguments arguments;
  arguments.SetInt(GRPC_ARG_INITIAL_RECONNECT_BACKOFF_MS, 100);
  arguments.SetInt(GRPC_ARG_MIN_RECONNECT_BACKOFF_MS, 1000);  // the time for one attempt, TLS and a lost packet included
  arguments.SetInt(GRPC_ARG_MAX_RECONNECT_BACKOFF_MS, 500);
  arguments.SetInt(GRPC_ARG_ENABLE_HTTP_PROXY, 0);
  // A network that came back after 40 s was used again only 16 s later, when TCP next repeated itself: dead connections are given up.
  arguments.SetInt(GRPC_ARG_KEEPALIVE_TIME_MS, 2000);
  arguments.SetInt(GRPC_ARG_KEEPALIVE_TIMEOUT_MS, 3000);
  arguments.SetInt(GRPC_ARG_KEEPALIVE_PERMIT_WITHOUT_CALLS, 1);
  arguments.SetInt(GRPC_ARG_HTTP2_MAX_PINGS_WITHOUT_DATA, 0);
  arguments.SetMaxReceiveMessageSize(kLargestMessage);
  peer.channel = grpc::CreateCustomChannel(address.value, channel_credentials(*grpc_->pem), arguments);
  peer.clients.resize(receivers_.size());
  return peer;
}

void GrpcNetwork::request(const Address& to, Request request, Duration timeout, ReplyFn reply) {
  const auto answer = [this, to, one = Outgoing::one_more(outgoing_), alive = std::weak_ptr(incoming_), &clock = clock_,
                       reply = std::move(reply)](Result<Reply> result) {
    clock.post([this, to, alive, reply, result = std::move(result)]() mutable {
      if (!alive.expired()) result = explain(to, std::move(result));
      reply(std::move(result));
    });
  };
  if (!grpc_->pem.ok()) return answer(grpc_->pem.error());
  const auto receiver = std::find_if(receivers_.begin(), receivers_.end(), [&](const auto& r) { return r->takes(request); });
  EVERDIAL_CHECK(receiver != receivers_.end());
  Peer& peer = this->peer(to);
  auto& client = peer.clients[static_cast<size_t>(receiver - receivers_.begin())];
  if (!client) client = (*receiver)->client(peer.channel);
  client->call(request, timeout, answer);
}

Result<Reply> GrpcNetwork::explain(const Address& to, Result<Reply> result) {
  const auto peer = grpc_->peers.find(to);
  if (peer == grpc_->peers.end()) return result;
  const bool unreached = !result.ok() && result.error().message.starts_with("failed to connect");
  const std::string reason = unreached ? why_not_trusted(result.error().message) : "";
  const bool news = !reason.empty() && peer->second.distrust != reason;
  if (!unreached || !reason.empty()) peer->second.distrust = reason;
  if (reason.empty()) return result;
  const std::string text = "cannot speak with " + to.value + ": " + reason;
  if (news && settings_.note) settings_.note(text);
  return Error{ErrorKind::unavailable, text + " (" + result.error().message + ")"};
}

void GrpcNetwork::serve(RequestHandler handler) {
  EVERDIAL_CHECK(!grpc_->server);
  incoming_->handler = std::move(handler);
  // Runs on gRPC's threads: the request goes to the loop, the answer comes from there.
  const RequestHandler to_loop = [&clock = clock_, incoming = incoming_](Request request, ReplyFn reply) {
    uint64_t id = 0;
    {
      const std::lock_guard lock{incoming->mutex};
      if (!incoming->closed) incoming->waiting.emplace(id = ++incoming->last_id, std::move(reply));
    }
    if (id == 0) return reply(Error{ErrorKind::unavailable, "shutting down"});
    clock.post([incoming, id, request = std::move(request)]() mutable {
      incoming->handler(std::move(request), [incoming, id](Result<Reply> result) {
        if (const ReplyFn reply = incoming->take(id)) reply(std::move(result));
      });
    });
  };
  if (!grpc_->pem.ok()) {
    address_ = grpc_->pem.error();
    return;
  }
  int port = 0;
  grpc::ServerBuilder builder;
  builder.AddListeningPort(host_and_port(settings_.listen_host, 0), server_credentials(*grpc_->pem), &port);
  builder.SetMaxReceiveMessageSize(kLargestMessage);
  builder.AddChannelArgument(GRPC_ARG_ALLOW_REUSEPORT, 0);
  builder.AddChannelArgument(GRPC_ARG_HTTP2_MAX_PING_STRIKES, 0);  // peers ask each second whether we are there
  for (const auto& receiver : receivers_) builder.RegisterService(grpc_->services.emplace_back(receiver->service(to_loop)).get());
  grpc_->server = builder.BuildAndStart();
  if (grpc_->server && port != 0) address_ = Address{host_and_port(settings_.advertise_host, port)};
  else address_ = Error{ErrorKind::unavailable, "cannot listen for other components on " + settings_.listen_host};
}

// ---- gRPC's own complaints ----------------------------------------------------------------------------------------------------

namespace {

constexpr auto kSameComplaintAfter = std::chrono::seconds(10);

struct Complaints {
  std::mutex mutex;
  std::function<void(const std::string&)> note;
  std::map<std::string, std::chrono::steady_clock::time_point> noted;  ///< by our reason, or by where gRPC said it
};
Complaints& complaints() {
  static Complaints all;
  return all;
}

void complain(gpr_log_func_args* said) {
  const std::string reason = why_not_trusted(said->message);
  const std::lock_guard lock{complaints().mutex};
  const auto now = std::chrono::steady_clock::now();
  const auto [noted, first] =
      complaints().noted.try_emplace(reason.empty() ? said->file + (":" + std::to_string(said->line)) : reason, now);
  if (!first && now - noted->second < kSameComplaintAfter) return;
  noted->second = now;
  complaints().note(reason.empty() ? std::string("gRPC: ") + said->message
                                   : "another process was refused: " + reason + " (gRPC: " + said->message + ")");
}

}  // namespace

void note_grpc_complaints(std::function<void(const std::string&)> note) {
  {
    const std::lock_guard lock{complaints().mutex};
    complaints().note = std::move(note);
    complaints().noted.clear();
  }
  gpr_set_log_function(complain);
}

}  // namespace everdial
