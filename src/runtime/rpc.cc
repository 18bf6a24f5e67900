#include "runtime/rpc.h"

#include <grpcpp/grpcpp.h>
#include <grpcpp/impl/service_type.h>

#include <fstream>
#include <mutex>
#include <sstream>
#include <unordered_map>

#include "base/check.h"

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
  return Pem{*cert, *key, *ca};
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

struct GrpcNetwork::Peer {
  std::shared_ptr<grpc::Channel> channel;
  std::vector<std::unique_ptr<RpcClient>> clients;  ///< one per receiver, made when first needed
  Instant used_at;
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
      incoming_(std::make_shared<Incoming>()) {
  grpc_->pem = read_pem(settings_);
}

GrpcNetwork::~GrpcNetwork() {
  incoming_->close();
  if (grpc_->server) grpc_->server->Shutdown(std::chrono::system_clock::now());
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
  const auto answer = [&clock = clock_, reply = std::move(reply)](Result<Reply> result) {
    clock.post([reply, result = std::move(result)]() mutable { reply(std::move(result)); });
  };
  if (!grpc_->pem.ok()) return answer(grpc_->pem.error());
  const auto receiver = std::find_if(receivers_.begin(), receivers_.end(), [&](const auto& r) { return r->takes(request); });
  EVERDIAL_CHECK(receiver != receivers_.end());
  Peer& peer = this->peer(to);
  auto& client = peer.clients[static_cast<size_t>(receiver - receivers_.begin())];
  if (!client) client = (*receiver)->client(peer.channel);
  client->call(request, timeout, answer);
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

}  // namespace everdial
