#include "application_server/application_server_rpc.h"

#include "proto/application_server.grpc.pb.h"
#include "runtime/call_rpc.h"
#include "runtime/rpc_unary.h"

namespace everdial {
namespace {

rpc::CallsToPlace encode(const PlaceCalls& from) {
  rpc::CallsToPlace to;
  for (const CallOrder& order : from.orders) rpc::encode(order, to.add_orders());
  return to;
}
std::optional<Request> decode(const rpc::CallsToPlace& from) {
  PlaceCalls to;
  for (const auto& order : from.orders())
    if (!rpc::decode(order, to.orders.emplace_back())) return std::nullopt;
  return to;
}

void encode(const CallsPlaced& from, rpc::CallsPlaced* to) {
  for (OrderVerdict verdict : from.verdicts) to->add_verdicts(static_cast<rpc::OrderVerdict>(rpc::encode_enum(verdict)));
}
std::optional<Reply> decode(const rpc::CallsPlaced& from) {
  CallsPlaced to;
  for (int verdict : from.verdicts())
    if (!rpc::decode_enum(verdict, to.verdicts.emplace_back())) return std::nullopt;
  return to;
}

rpc::CallEvents encode(const CallEvents& from) {
  rpc::CallEvents to;
  rpc::encode(from, &to);
  return to;
}
std::optional<Request> decode(const rpc::CallEvents& from) {
  CallEvents to;
  if (!rpc::decode(from, to)) return std::nullopt;
  return to;
}

rpc::AttemptsSettled encode(const AttemptsSettled& from) {
  rpc::AttemptsSettled to;
  for (const AttemptId& attempt : from.attempts) rpc::encode(attempt, to.add_attempts());
  return to;
}
std::optional<Request> decode(const rpc::AttemptsSettled& from) {
  AttemptsSettled to;
  for (const auto& attempt : from.attempts()) to.attempts.push_back(rpc::decode(attempt));
  return to;
}

std::optional<Reply> done(const rpc::Empty&) { return Done{}; }

class Service final : public rpc::ApplicationServer::CallbackService {
 public:
  explicit Service(RequestHandler handler) : handler_(std::move(handler)) {}

  grpc::ServerUnaryReactor* PlaceCalls(grpc::CallbackServerContext* context, const rpc::CallsToPlace* in, rpc::CallsPlaced* out) override {
    return rpc::serve_unary(context, handler_, decode(*in), [out](const Reply& reply) { encode(std::get<CallsPlaced>(reply), out); });
  }
  grpc::ServerUnaryReactor* TellEvents(grpc::CallbackServerContext* context, const rpc::CallEvents* in, rpc::Empty*) override {
    return rpc::serve_unary(context, handler_, decode(*in), [](const Reply&) {});
  }
  grpc::ServerUnaryReactor* SteerCalls(grpc::CallbackServerContext* context, const rpc::CallsToSteer* in, rpc::Empty*) override {
    return rpc::serve_unary(context, handler_, rpc::decode_steering<everdial::SteerCalls>(*in), [](const Reply&) {});
  }
  grpc::ServerUnaryReactor* TellSettled(grpc::CallbackServerContext* context, const rpc::AttemptsSettled* in, rpc::Empty*) override {
    return rpc::serve_unary(context, handler_, decode(*in), [](const Reply&) {});
  }

 private:
  RequestHandler handler_;
};

class Client final : public RpcClient {
 public:
  explicit Client(const std::shared_ptr<grpc::Channel>& channel) : stub_(rpc::ApplicationServer::NewStub(channel)) {}

  void call(const Request& request, Duration timeout, ReplyFn reply) override {
    if (const auto* place = std::get_if<PlaceCalls>(&request))
      rpc::call_unary<rpc::CallsPlaced>(
          encode(*place), timeout, std::move(reply), [this](auto... all) { stub_->async()->PlaceCalls(all...); },
          [](const rpc::CallsPlaced& placed) { return decode(placed); });
    else if (const auto* events = std::get_if<CallEvents>(&request))
      rpc::call_unary<rpc::Empty>(
          encode(*events), timeout, std::move(reply), [this](auto... all) { stub_->async()->TellEvents(all...); }, done);
    else if (const auto* steer = std::get_if<SteerCalls>(&request))
      rpc::call_unary<rpc::Empty>(
          rpc::encode_steering(*steer), timeout, std::move(reply), [this](auto... all) { stub_->async()->SteerCalls(all...); }, done);
    else
      rpc::call_unary<rpc::Empty>(
          encode(std::get<AttemptsSettled>(request)), timeout, std::move(reply),
          [this](auto... all) { stub_->async()->TellSettled(all...); }, done);
  }

 private:
  std::unique_ptr<rpc::ApplicationServer::Stub> stub_;
};

class Receiver final : public RpcReceiver {
 public:
  bool takes(const Request& request) const override {
    return std::holds_alternative<PlaceCalls>(request) || std::holds_alternative<CallEvents>(request) ||
           std::holds_alternative<AttemptsSettled>(request) || std::holds_alternative<SteerCalls>(request);
  }
  std::unique_ptr<RpcClient> client(const std::shared_ptr<grpc::Channel>& channel) const override {
    return std::make_unique<Client>(channel);
  }
  std::unique_ptr<grpc::Service> service(RequestHandler handler) const override { return std::make_unique<Service>(std::move(handler)); }
};

}  // namespace

std::unique_ptr<RpcReceiver> make_application_server_rpc() { return std::make_unique<Receiver>(); }

}  // namespace everdial
