#include "runtime/process_rpc.h"

#include "proto/process.grpc.pb.h"
#include "runtime/rpc_unary.h"

namespace everdial {
namespace {

class Service final : public rpc::Process::CallbackService {
 public:
  explicit Service(RequestHandler handler) : handler_(std::move(handler)) {}

  grpc::ServerUnaryReactor* ReadMetrics(grpc::CallbackServerContext* context, const rpc::Empty*, rpc::MetricsRead* out) override {
    return rpc::serve_unary(context, handler_, everdial::ReadMetrics{},
                            [out](const Reply& reply) { out->set_text(std::get<MetricsRead>(reply).text); });
  }

 private:
  RequestHandler handler_;
};

class Client final : public RpcClient {
 public:
  explicit Client(const std::shared_ptr<grpc::Channel>& channel) : stub_(rpc::Process::NewStub(channel)) {}

  void call(const Request&, Duration timeout, ReplyFn reply) override {
    rpc::call_unary<rpc::MetricsRead>(
        rpc::Empty{}, timeout, std::move(reply), [this](auto... all) { stub_->async()->ReadMetrics(all...); },
        [](const rpc::MetricsRead& read) -> std::optional<Reply> { return MetricsRead{read.text()}; });
  }

 private:
  std::unique_ptr<rpc::Process::Stub> stub_;
};

class Receiver final : public RpcReceiver {
 public:
  bool takes(const Request& request) const override { return std::holds_alternative<ReadMetrics>(request); }
  std::unique_ptr<RpcClient> client(const std::shared_ptr<grpc::Channel>& channel) const override {
    return std::make_unique<Client>(channel);
  }
  std::unique_ptr<grpc::Service> service(RequestHandler handler) const override { return std::make_unique<Service>(std::move(handler)); }
};

}  // namespace

std::unique_ptr<RpcReceiver> make_process_rpc() { return std::make_unique<Receiver>(); }

}  // namespace everdial
