#pragma once

#include <filesystem>
#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "runtime/seams.h"

namespace grpc {
class Channel;
class Service;
}  // namespace grpc

namespace everdial {

/// Requests to one receiver over one connection; called on the loop, answers come on any thread.
class RpcClient {
 public:
  virtual ~RpcClient() = default;
  virtual void call(const Request& request, Duration timeout, ReplyFn reply) = 0;
};

/// How the requests to one receiver travel: src/RECEIVER/RECEIVER_rpc.h gives one, made from proto/RECEIVER.proto.
class RpcReceiver {
 public:
  virtual ~RpcReceiver() = default;
  virtual bool takes(const Request& request) const = 0;
  virtual std::unique_ptr<RpcClient> client(const std::shared_ptr<grpc::Channel>& channel) const = 0;
  /// `handler` is called on any thread and answers exactly once.
  virtual std::unique_ptr<grpc::Service> service(RequestHandler handler) const = 0;
};

/// The real network: gRPC. A request goes to the receiver that takes its type.
class GrpcNetwork final : public Network {
 public:
  struct Settings {
    std::string listen_host = "127.0.0.1";
    std::string advertise_host = "127.0.0.1";
    std::filesystem::path cert, key, ca;  ///< PEM; mutual TLS when given
    /// Told on the loop, for the log, when another process and we do not trust each other; once for each reason.
    std::function<void(const std::string&)> note = nullptr;
  };

  GrpcNetwork(Clock& clock, Settings settings, std::vector<std::unique_ptr<RpcReceiver>> receivers);
  ~GrpcNetwork() override;

  void request(const Address& to, Request request, Duration timeout, ReplyFn reply) override;
  void serve(RequestHandler handler) override;

  /// Where others reach us, once serve() has been called; the error says why we cannot listen.
  const Result<Address>& address() const { return address_; }

 private:
  struct Incoming;
  struct Outgoing;
  struct Peer;
  Peer& peer(const Address& address);
  Result<Reply> explain(const Address& to, Result<Reply> result);

  Clock& clock_;
  Settings settings_;
  std::vector<std::unique_ptr<RpcReceiver>> receivers_;
  struct Grpc;  ///< what needs gRPC's headers
  std::unique_ptr<Grpc> grpc_;
  std::shared_ptr<Incoming> incoming_;
  std::shared_ptr<Outgoing> outgoing_;
  Result<Address> address_{Error{ErrorKind::unavailable, "not listening yet"}};
};

/// Whatever gRPC itself has to complain of (a caller that shows no certificate, say) goes to `note` from now on, from any thread; the same
/// at most each 10 s.
void note_grpc_complaints(std::function<void(const std::string&)> note);

}  // namespace everdial
