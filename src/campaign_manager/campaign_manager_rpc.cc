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

rpc::CallGrant encode(const GrantCalls& from) {
  rpc::CallGrant to;
  to.set_job(from.job.value);
  to.set_manager(from.manager.value);
  to.set_epoch(from.epoch.value);
  to.set_seq(from.seq);
  to.set_calls(from.calls);
  to.set_valid_for(from.valid_for.count());
  return to;
}
std::optional<Request> decode(const rpc::CallGrant& from) {
  return GrantCalls{.job = JobId{from.job()},
                    .manager = Resource{from.manager()},
                    .epoch = Epoch{from.epoch()},
                    .seq = from.seq(),
                    .calls = from.calls(),
                    .valid_for = Duration{from.valid_for()}};
}
void encode(const GrantUsed& from, rpc::GrantUsed* to) {
  for (const AttemptId& attempt : from.placed) rpc::encode(attempt, to->add_placed());
}
std::optional<Reply> decode(const rpc::GrantUsed& from) {
  GrantUsed to;
  for (const auto& attempt : from.placed()) to.placed.push_back(rpc::decode(attempt));
  return to;
}

rpc::PreviewClaim encode(const ClaimPreview& from) {
  rpc::PreviewClaim to;
  to.set_job(from.job.value);
  to.set_manager(from.manager.value);
  to.set_agent(from.agent.value);
  if (from.contact) to.set_contact(from.contact->value);
  to.set_phone(from.phone);
  return to;
}
std::optional<Request> decode(const rpc::PreviewClaim& from) {
  ClaimPreview to{JobId{from.job()}, Resource{from.manager()}, AgentId{from.agent()}, std::nullopt, from.phone()};
  if (from.has_contact()) to.contact = ContactId{from.contact()};
  return to;
}

rpc::PreviewSettlement encode(const SettlePreview& from) {
  rpc::PreviewSettlement to;
  rpc::encode(from.attempt, to.mutable_attempt());
  to.set_dial(from.dial);
  to.set_again(from.again);
  return to;
}
std::optional<Request> decode(const rpc::PreviewSettlement& from) {
  return SettlePreview{rpc::decode(from.attempt()), from.dial(), from.again()};
}

std::optional<Reply> done(const rpc::Empty&) { return Done{}; }

class Service final : public rpc::CampaignManager::CallbackService {
 public:
  explicit Service(RequestHandler handler) : handler_(std::move(handler)) {}

  grpc::ServerUnaryReactor* TellResults(grpc::CallbackServerContext* context, const rpc::AttemptResults* in, rpc::Empty*) override {
    return rpc::serve_unary(context, handler_, decode(*in), [](const Reply&) {});
  }
  grpc::ServerUnaryReactor* GrantCalls(grpc::CallbackServerContext* context, const rpc::CallGrant* in, rpc::GrantUsed* out) override {
    return rpc::serve_unary(context, handler_, decode(*in), [out](const Reply& reply) { encode(std::get<GrantUsed>(reply), out); });
  }
  grpc::ServerUnaryReactor* ClaimPreview(grpc::CallbackServerContext* context, const rpc::PreviewClaim* in, rpc::Empty*) override {
    return rpc::serve_unary(context, handler_, decode(*in), [](const Reply&) {});
  }
  grpc::ServerUnaryReactor* SettlePreview(grpc::CallbackServerContext* context, const rpc::PreviewSettlement* in, rpc::Empty*) override {
    return rpc::serve_unary(context, handler_, decode(*in), [](const Reply&) {});
  }

 private:
  RequestHandler handler_;
};

class Client final : public RpcClient {
 public:
  explicit Client(const std::shared_ptr<grpc::Channel>& channel) : stub_(rpc::CampaignManager::NewStub(channel)) {}

  void call(const Request& request, Duration timeout, ReplyFn reply) override {
    if (const auto* grant = std::get_if<GrantCalls>(&request))
      rpc::call_unary<rpc::GrantUsed>(
          encode(*grant), timeout, std::move(reply), [this](auto... all) { stub_->async()->GrantCalls(all...); },
          [](const rpc::GrantUsed& used) { return decode(used); });
    else if (const auto* claim = std::get_if<everdial::ClaimPreview>(&request))
      rpc::call_unary<rpc::Empty>(
          encode(*claim), timeout, std::move(reply), [this](auto... all) { stub_->async()->ClaimPreview(all...); }, done);
    else if (const auto* settle = std::get_if<everdial::SettlePreview>(&request))
      rpc::call_unary<rpc::Empty>(
          encode(*settle), timeout, std::move(reply), [this](auto... all) { stub_->async()->SettlePreview(all...); }, done);
    else
      rpc::call_unary<rpc::Empty>(
          encode(std::get<AttemptResults>(request)), timeout, std::move(reply),
          [this](auto... all) { stub_->async()->TellResults(all...); }, done);
  }

 private:
  std::unique_ptr<rpc::CampaignManager::Stub> stub_;
};

class Receiver final : public RpcReceiver {
 public:
  bool takes(const Request& request) const override {
    return std::holds_alternative<AttemptResults>(request) || std::holds_alternative<GrantCalls>(request) ||
           std::holds_alternative<ClaimPreview>(request) || std::holds_alternative<SettlePreview>(request);
  }
  std::unique_ptr<RpcClient> client(const std::shared_ptr<grpc::Channel>& channel) const override {
    return std::make_unique<Client>(channel);
  }
  std::unique_ptr<grpc::Service> service(RequestHandler handler) const override { return std::make_unique<Service>(std::move(handler)); }
};

}  // namespace

std::unique_ptr<RpcReceiver> make_campaign_manager_rpc() { return std::make_unique<Receiver>(); }

}  // namespace everdial
