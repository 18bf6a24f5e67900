#include "agent_sdk/agent_sdk_rpc.h"

#include "model/agent.h"
#include "proto/agent_sdk.grpc.pb.h"
#include "runtime/rpc_unary.h"

namespace everdial {
namespace {

rpc::AgentNotices encode(const AgentNotices& from) {
  rpc::AgentNotices to;
  to.set_agent(from.agent.value);
  to.set_session(from.session);
  to.set_first(from.first);
  for (const AgentNotice& notice : from.notices) to.add_notices(to_json(notice));
  return to;
}
std::optional<Request> decode(const rpc::AgentNotices& from) {
  AgentNotices to{AgentId{from.agent()}, from.session(), from.first(), {}};
  for (const std::string& text : from.notices()) {
    auto notice = agent_notice_from_json(text);
    if (!notice.ok()) return std::nullopt;
    to.notices.push_back(std::move(*notice));
  }
  return to;
}

class Service final : public rpc::AgentSdk::CallbackService {
 public:
  explicit Service(RequestHandler handler) : handler_(std::move(handler)) {}
  grpc::ServerUnaryReactor* TellNotices(grpc::CallbackServerContext* context, const rpc::AgentNotices* in, rpc::Empty*) override {
    return rpc::serve_unary(context, handler_, decode(*in), [](const Reply&) {});
  }

 private:
  RequestHandler handler_;
};

class Client final : public RpcClient {
 public:
  explicit Client(const std::shared_ptr<grpc::Channel>& channel) : stub_(rpc::AgentSdk::NewStub(channel)) {}
  void call(const Request& request, Duration timeout, ReplyFn reply) override {
    rpc::call_unary<rpc::Empty>(
        encode(std::get<AgentNotices>(request)), timeout, std::move(reply), [this](auto... all) { stub_->async()->TellNotices(all...); },
        [](const rpc::Empty&) -> std::optional<Reply> { return Done{}; });
  }

 private:
  std::unique_ptr<rpc::AgentSdk::Stub> stub_;
};

class Receiver final : public RpcReceiver {
 public:
  bool takes(const Request& request) const override { return std::holds_alternative<AgentNotices>(request); }
  std::unique_ptr<RpcClient> client(const std::shared_ptr<grpc::Channel>& channel) const override {
    return std::make_unique<Client>(channel);
  }
  std::unique_ptr<grpc::Service> service(RequestHandler handler) const override { return std::make_unique<Service>(std::move(handler)); }
};

}  // namespace

std::unique_ptr<RpcReceiver> make_agent_sdk_rpc() { return std::make_unique<Receiver>(); }

}  // namespace everdial
