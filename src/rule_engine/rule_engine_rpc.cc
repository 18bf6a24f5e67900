#include "rule_engine/rule_engine_rpc.h"

#include "proto/rule_engine.grpc.pb.h"
#include "runtime/rpc_unary.h"

namespace everdial {
namespace {

using Verdict = everdial::ContactsChecked::Verdict;

rpc::ContactsToCheck encode(const CheckContacts& from) {
  rpc::ContactsToCheck to;
  for (const auto& contact : from.contacts) {
    auto* out = to.add_contacts();
    out->set_contact(contact.contact.value);
    out->set_phone(contact.phone);
    out->set_time_zone(contact.time_zone);
  }
  to.set_calling_from_minute(from.calling_from_minute);
  to.set_calling_until_minute(from.calling_until_minute);
  return to;
}

std::optional<Request> decode(const rpc::ContactsToCheck& from) {
  CheckContacts to{.calling_from_minute = from.calling_from_minute(), .calling_until_minute = from.calling_until_minute()};
  for (const auto& contact : from.contacts()) to.contacts.push_back({ContactId{contact.contact()}, contact.phone(), contact.time_zone()});
  return to;
}

void encode(const ContactsChecked& from, rpc::ContactsChecked* to) {
  for (const auto& answer : from.answers) {
    auto* out = to->add_answers();
    out->set_verdict(static_cast<rpc::ContactsChecked::Verdict>(rpc::encode_enum(answer.verdict)));
    out->set_retry_at(to_micros(answer.retry_at));
  }
  to->set_valid_for(from.valid_for.count());
}

std::optional<Reply> decode(const rpc::ContactsChecked& from) {
  ContactsChecked to{.valid_for = Duration{from.valid_for()}};
  for (const auto& answer : from.answers()) {
    auto& out = to.answers.emplace_back();
    out.retry_at = from_micros(answer.retry_at());
    if (!rpc::decode_enum(answer.verdict(), Verdict::outside_hours, out.verdict)) return std::nullopt;
  }
  return to;
}

class Service final : public rpc::RuleEngine::CallbackService {
 public:
  explicit Service(RequestHandler handler) : handler_(std::move(handler)) {}

  grpc::ServerUnaryReactor* CheckContacts(grpc::CallbackServerContext* context, const rpc::ContactsToCheck* in,
                                          rpc::ContactsChecked* out) override {
    return rpc::serve_unary(context, handler_, decode(*in), [out](const Reply& reply) { encode(std::get<ContactsChecked>(reply), out); });
  }

 private:
  RequestHandler handler_;
};

class Client final : public RpcClient {
 public:
  explicit Client(const std::shared_ptr<grpc::Channel>& channel) : stub_(rpc::RuleEngine::NewStub(channel)) {}

  void call(const Request& request, Duration timeout, ReplyFn reply) override {
    rpc::call_unary<rpc::ContactsChecked>(
        encode(std::get<CheckContacts>(request)), timeout, std::move(reply), [this](auto... all) { stub_->async()->CheckContacts(all...); },
        [](const rpc::ContactsChecked& checked) { return decode(checked); });
  }

 private:
  std::unique_ptr<rpc::RuleEngine::Stub> stub_;
};

class Receiver final : public RpcReceiver {
 public:
  bool takes(const Request& request) const override { return std::holds_alternative<CheckContacts>(request); }
  std::unique_ptr<RpcClient> client(const std::shared_ptr<grpc::Channel>& channel) const override {
    return std::make_unique<Client>(channel);
  }
  std::unique_ptr<grpc::Service> service(RequestHandler handler) const override { return std::make_unique<Service>(std::move(handler)); }
};

}  // namespace

std::unique_ptr<RpcReceiver> make_rule_engine_rpc() { return std::make_unique<Receiver>(); }

}  // namespace everdial
