#include "mpp/mpp_rpc.h"

#include "proto/mpp.grpc.pb.h"
#include "runtime/call_rpc.h"
#include "runtime/rpc_unary.h"

namespace everdial {
namespace {

rpc::Barrier encode(const RaiseBarrier& from) {
  rpc::Barrier to;
  to.set_resource(from.resource.value);
  to.set_epoch(from.epoch.value);
  return to;
}
std::optional<Request> decode(const rpc::Barrier& from) { return RaiseBarrier{Resource{from.resource()}, Epoch{from.epoch()}}; }

void encode(const BarrierRaised& from, rpc::BarrierRaised* to) {
  for (const CallRecord& record : from.executed) rpc::encode(record, to->add_executed());
  if (from.forgot_at) to->set_forgot_at(to_micros(*from.forgot_at));
}
std::optional<Reply> decode(const rpc::BarrierRaised& from) {
  BarrierRaised to;
  for (const auto& record : from.executed())
    if (!rpc::decode(record, to.executed.emplace_back())) return std::nullopt;
  if (from.has_forgot_at()) to.forgot_at = from_micros(from.forgot_at());
  return to;
}

rpc::CallsToExecute encode(const ExecuteCalls& from) {
  rpc::CallsToExecute to;
  to.set_application_server(from.application_server.value);
  for (const auto& order : from.orders) {
    auto* out = to.add_orders();
    rpc::encode(order.order, out->mutable_order());
    for (const auto& trunk : order.trunks) out->add_trunks(trunk);
  }
  return to;
}
std::optional<Request> decode(const rpc::CallsToExecute& from) {
  ExecuteCalls to{.application_server = Address{from.application_server()}};
  for (const auto& order : from.orders()) {
    auto& out = to.orders.emplace_back();
    out.trunks.assign(order.trunks().begin(), order.trunks().end());
    if (!rpc::decode(order.order(), out.order)) return std::nullopt;
  }
  return to;
}

void encode(const CallsExecuted& from, rpc::CallsExecuted* to) {
  for (OrderVerdict verdict : from.verdicts) to->add_verdicts(static_cast<rpc::OrderVerdict>(rpc::encode_enum(verdict)));
  for (const auto& trunk : from.trunks_down) to->add_trunks_down(trunk);
}
std::optional<Reply> decode(const rpc::CallsExecuted& from) {
  CallsExecuted to{.trunks_down = {from.trunks_down().begin(), from.trunks_down().end()}};
  for (int verdict : from.verdicts())
    if (!rpc::decode_enum(verdict, to.verdicts.emplace_back())) return std::nullopt;
  return to;
}

rpc::CallsToForget encode(const ForgetCalls& from) {
  rpc::CallsToForget to;
  for (const AttemptId& attempt : from.attempts) rpc::encode(attempt, to.add_attempts());
  return to;
}
std::optional<Request> decode(const rpc::CallsToForget& from) {
  ForgetCalls to;
  for (const auto& attempt : from.attempts()) to.attempts.push_back(rpc::decode(attempt));
  return to;
}

std::optional<Reply> done(const rpc::Empty&) { return Done{}; }

class Service final : public rpc::Mpp::CallbackService {
 public:
  explicit Service(RequestHandler handler) : handler_(std::move(handler)) {}

  grpc::ServerUnaryReactor* RaiseBarrier(grpc::CallbackServerContext* context, const rpc::Barrier* in, rpc::BarrierRaised* out) override {
    return rpc::serve_unary(context, handler_, decode(*in), [out](const Reply& reply) { encode(std::get<BarrierRaised>(reply), out); });
  }
  grpc::ServerUnaryReactor* ExecuteCalls(grpc::CallbackServerContext* context, const rpc::CallsToExecute* in,
                                         rpc::CallsExecuted* out) override {
    return rpc::serve_unary(context, handler_, decode(*in), [out](const Reply& reply) { encode(std::get<CallsExecuted>(reply), out); });
  }
  grpc::ServerUnaryReactor* ControlCalls(grpc::CallbackServerContext* context, const rpc::CallsToSteer* in, rpc::Empty*) override {
    return rpc::serve_unary(context, handler_, rpc::decode_steering<everdial::ControlCalls>(*in), [](const Reply&) {});
  }
  grpc::ServerUnaryReactor* ForgetCalls(grpc::CallbackServerContext* context, const rpc::CallsToForget* in, rpc::Empty*) override {
    return rpc::serve_unary(context, handler_, decode(*in), [](const Reply&) {});
  }

 private:
  RequestHandler handler_;
};

class Client final : public RpcClient {
 public:
  explicit Client(const std::shared_ptr<grpc::Channel>& channel) : stub_(rpc::Mpp::NewStub(channel)) {}

  void call(const Request& request, Duration timeout, ReplyFn reply) override {
    if (const auto* barrier = std::get_if<RaiseBarrier>(&request))
      rpc::call_unary<rpc::BarrierRaised>(
          encode(*barrier), timeout, std::move(reply), [this](auto... all) { stub_->async()->RaiseBarrier(all...); },
          [](const rpc::BarrierRaised& raised) { return decode(raised); });
    else if (const auto* execute = std::get_if<ExecuteCalls>(&request))
      rpc::call_unary<rpc::CallsExecuted>(
          encode(*execute), timeout, std::move(reply), [this](auto... all) { stub_->async()->ExecuteCalls(all...); },
          [](const rpc::CallsExecuted& executed) { return decode(executed); });
    else if (const auto* control = std::get_if<ControlCalls>(&request))
      rpc::call_unary<rpc::Empty>(
          rpc::encode_steering(*control), timeout, std::move(reply), [this](auto... all) { stub_->async()->ControlCalls(all...); }, done);
    else
      rpc::call_unary<rpc::Empty>(
          encode(std::get<ForgetCalls>(request)), timeout, std::move(reply), [this](auto... all) { stub_->async()->ForgetCalls(all...); },
          done);
  }

 private:
  std::unique_ptr<rpc::Mpp::Stub> stub_;
};

class Receiver final : public RpcReceiver {
 public:
  bool takes(const Request& request) const override {
    return std::holds_alternative<RaiseBarrier>(request) || std::holds_alternative<ExecuteCalls>(request) ||
           std::holds_alternative<ControlCalls>(request) || std::holds_alternative<ForgetCalls>(request);
  }
  std::unique_ptr<RpcClient> client(const std::shared_ptr<grpc::Channel>& channel) const override {
    return std::make_unique<Client>(channel);
  }
  std::unique_ptr<grpc::Service> service(RequestHandler handler) const override { return std::make_unique<Service>(std::move(handler)); }
};

}  // namespace

std::unique_ptr<RpcReceiver> make_mpp_rpc() { return std::make_unique<Receiver>(); }

}  // namespace everdial
