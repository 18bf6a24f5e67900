#include "agent_manager/agent_manager_rpc.h"

#include "proto/agent_manager.grpc.pb.h"
#include "runtime/call_rpc.h"
#include "runtime/rpc_unary.h"

namespace everdial {
namespace {

rpc::CommandOfAgent encode(const CommandAgent& from) {
  rpc::CommandOfAgent to;
  to.set_resource(from.resource.value);
  to.set_agent(from.command.agent.value);
  to.set_session(from.command.session);
  to.set_id(from.command.id);
  to.set_order(to_json(from.command.order));
  to.set_notices_to(from.notices_to.value);
  to.set_late(from.command.late);
  return to;
}
std::optional<Request> decode(const rpc::CommandOfAgent& from) {
  auto order = agent_order_from_json(from.order());
  if (!order.ok()) return std::nullopt;
  return CommandAgent{Resource{from.resource()},
                      {AgentId{from.agent()}, from.session(), from.id(), std::move(*order), from.late()},
                      Address{from.notices_to()}};
}

void encode(const AgentAnswer& from, rpc::AnswerToAgent* to) {
  to->set_error(static_cast<int>(from.error));
  to->set_text(from.text);
  to->set_agent_state(std::string(to_string(from.states.agent)));
  to->set_nail_state(std::string(to_string(from.states.nail)));
  to->set_call_state(std::string(to_string(from.states.call)));
  to->set_job_state(std::string(to_string(from.states.job)));
}
std::optional<Reply> decode(const rpc::AnswerToAgent& from) {
  const auto agent = parse_enum<AgentState>(from.agent_state());
  const auto nail = parse_enum<NailState>(from.nail_state());
  const auto call = parse_enum<AgentCallState>(from.call_state());
  const auto job = parse_enum<AgentJobState>(from.job_state());
  const bool known = from.error() >= 0 && from.error() <= static_cast<int>(enum_names<AgentError>.back().first);
  if (!known || !agent || !nail || !call || !job) return std::nullopt;
  return AgentAnswer{static_cast<AgentError>(from.error()), from.text(), {*agent, *nail, *call, *job}};
}

rpc::AgentCallEvents encode(const AgentCallEvents& from) {
  rpc::AgentCallEvents to;
  to.set_resource(from.resource.value);
  rpc::encode(from.events, to.mutable_events());
  return to;
}
std::optional<Request> decode(const rpc::AgentCallEvents& from) {
  AgentCallEvents to{Resource{from.resource()}, {}};
  if (!rpc::decode(from.events(), to.events)) return std::nullopt;
  return to;
}

rpc::NoticesTaken encode(const TakeNotices& from) {
  rpc::NoticesTaken to;
  to.set_resource(from.resource.value);
  for (const NoticesTaken& one : from.taken) {
    auto* taken = to.add_taken();
    taken->set_agent(one.agent.value);
    taken->set_session(one.session);
    taken->set_up_to(one.up_to);
    taken->set_again(one.again);
  }
  to.set_notices_to(from.notices_to.value);
  return to;
}
std::optional<Request> decode(const rpc::NoticesTaken& from) {
  TakeNotices to{Resource{from.resource()}, {}, Address{from.notices_to()}};
  for (const auto& one : from.taken()) to.taken.push_back({AgentId{one.agent()}, one.session(), one.up_to(), one.again()});
  return to;
}

rpc::PreviewClaimed encode(const TellPreview& from) {
  rpc::PreviewClaimed to;
  to.set_resource(from.resource.value);
  to.set_agent(from.agent.value);
  rpc::encode(from.attempt, to.mutable_attempt());
  to.set_phone(from.phone);
  return to;
}
std::optional<Request> decode(const rpc::PreviewClaimed& from) {
  return TellPreview{Resource{from.resource()}, AgentId{from.agent()}, rpc::decode(from.attempt()), from.phone()};
}

std::optional<Reply> done(const rpc::Empty&) { return Done{}; }

class Service final : public rpc::AgentManager::CallbackService {
 public:
  explicit Service(RequestHandler handler) : handler_(std::move(handler)) {}

  grpc::ServerUnaryReactor* Command(grpc::CallbackServerContext* context, const rpc::CommandOfAgent* in, rpc::AnswerToAgent* out) override {
    return rpc::serve_unary(context, handler_, decode(*in), [out](const Reply& reply) { encode(std::get<AgentAnswer>(reply), out); });
  }
  grpc::ServerUnaryReactor* TellEvents(grpc::CallbackServerContext* context, const rpc::AgentCallEvents* in, rpc::Empty*) override {
    return rpc::serve_unary(context, handler_, decode(*in), [](const Reply&) {});
  }
  grpc::ServerUnaryReactor* TakeNotices(grpc::CallbackServerContext* context, const rpc::NoticesTaken* in, rpc::Empty*) override {
    return rpc::serve_unary(context, handler_, decode(*in), [](const Reply&) {});
  }
  grpc::ServerUnaryReactor* TellPreview(grpc::CallbackServerContext* context, const rpc::PreviewClaimed* in, rpc::Empty*) override {
    return rpc::serve_unary(context, handler_, decode(*in), [](const Reply&) {});
  }

 private:
  RequestHandler handler_;
};

class Client final : public RpcClient {
 public:
  explicit Client(const std::shared_ptr<grpc::Channel>& channel) : stub_(rpc::AgentManager::NewStub(channel)) {}

  void call(const Request& request, Duration timeout, ReplyFn reply) override {
    if (const auto* command = std::get_if<CommandAgent>(&request))
      rpc::call_unary<rpc::AnswerToAgent>(
          encode(*command), timeout, std::move(reply), [this](auto... all) { stub_->async()->Command(all...); },
          [](const rpc::AnswerToAgent& answer) { return decode(answer); });
    else if (const auto* events = std::get_if<AgentCallEvents>(&request))
      rpc::call_unary<rpc::Empty>(
          encode(*events), timeout, std::move(reply), [this](auto... all) { stub_->async()->TellEvents(all...); }, done);
    else if (const auto* taken = std::get_if<everdial::TakeNotices>(&request))
      rpc::call_unary<rpc::Empty>(
          encode(*taken), timeout, std::move(reply), [this](auto... all) { stub_->async()->TakeNotices(all...); }, done);
    else
      rpc::call_unary<rpc::Empty>(
          encode(std::get<everdial::TellPreview>(request)), timeout, std::move(reply),
          [this](auto... all) { stub_->async()->TellPreview(all...); }, done);
  }

 private:
  std::unique_ptr<rpc::AgentManager::Stub> stub_;
};

class Receiver final : public RpcReceiver {
 public:
  bool takes(const Request& request) const override {
    return std::holds_alternative<CommandAgent>(request) || std::holds_alternative<AgentCallEvents>(request) ||
           std::holds_alternative<TakeNotices>(request) || std::holds_alternative<TellPreview>(request);
  }
  std::unique_ptr<RpcClient> client(const std::shared_ptr<grpc::Channel>& channel) const override {
    return std::make_unique<Client>(channel);
  }
  std::unique_ptr<grpc::Service> service(RequestHandler handler) const override { return std::make_unique<Service>(std::move(handler)); }
};

}  // namespace

std::unique_ptr<RpcReceiver> make_agent_manager_rpc() { return std::make_unique<Receiver>(); }

}  // namespace everdial
