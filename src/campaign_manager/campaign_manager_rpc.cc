#include "campaign_manager/campaign_manager_rpc.h"

#include "proto/campaign_manager.grpc.pb.h"
#include "runtime/call_rpc.h"
#include "runtime/rpc_unary.h"

namespace everdial {
namespace {

rpc::AttemptResults encode(const AttemptResults& from) {
  rpc::AttemptResults to;
  to.set_resource(from.resource.value);
  for (const CallRecord& record : from.records) rpc::encode(record, to.add_records());
  return to;
}
std::optional<Request> decode(const rpc::AttemptResults& from) {
  AttemptResults to{.resource = Resource{from.resource()}};
  for (const auto& record : from.records())
    if (!rpc::decode(record, to.records.emplace_back())) return std::nullopt;
  return to;
}

class Service final : public rpc::CampaignManager::CallbackService {
 public:
  explicit Service(RequestHandler handler) : handler_(std::move(handler)) {}

  grpc::ServerUnaryReactor* TellResults(grpc::CallbackServerContext* context, const rpc::AttemptResults* in, rpc::Empty*) override {
    return rpc::serve_unary(context, handler_, decode(*in), [](const Reply&) {});
  }

 private:
  RequestHandler handler_;
};

class Client final : public RpcClient {
 public:
  explicit Client(const std::shared_ptr<grpc::Channel>& channel) : stub_(rpc::CampaignManager::NewStub(channel)) {}

  void call(const Request& request, Duration timeout, ReplyFn reply) override {
    rpc::call_unary<rpc::Empty>(
        encode(std::get<AttemptResults>(request)), timeout, std::move(reply), [this](auto... all) { stub_->async()->TellResults(all...); },
        [](const rpc::Empty&) { return std::optional<Reply>{Done{}}; });
  }

 private:
  std::unique_ptr<rpc::CampaignManager::Stub> stub_;
};

class Receiver final : public RpcReceiver {
 public:
  bool takes(const Request& request) const override { return std::holds_alternative<AttemptResults>(request); }
  std::unique_ptr<RpcClient> client(const std::shared_ptr<grpc::Channel>& channel) const override {
    return std::make_unique<Client>(channel);
  }
  std::unique_ptr<grpc::Service> service(RequestHandler handler) const override { return std::make_unique<Service>(std::move(handler)); }
};

}  // namespace

std::unique_ptr<RpcReceiver> make_campaign_manager_rpc() { return std::make_unique<Receiver>(); }

}  // namespace everdial
