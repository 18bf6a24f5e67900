#include "runtime/call_rpc.h"

#include "runtime/rpc_unary.h"

namespace everdial::rpc {
namespace {

void encode(const everdial::CallPlan& from, CallPlan* to) {
  to->set_phone(from.phone);
  to->set_caller_id(from.caller_id);
  to->set_ring_timeout(from.ring_timeout.count());
  to->set_max_call(from.max_call.count());
  to->set_prompt(from.prompt);
  to->set_machine_prompt(from.machine_prompt);
  to->set_analyse(from.analyse);
  to->set_machine_action(static_cast<MachineAction>(encode_enum(from.machine_action)));
  to->set_record(from.record);
  to->set_opt_out_digit(from.opt_out_digit);
  to->set_agents(from.agents.value);
  if (from.party != everdial::Party::contact) to->set_party(static_cast<Party>(encode_enum(from.party)));
}

bool decode(const CallPlan& from, everdial::CallPlan& to) {
  to.phone = from.phone();
  to.caller_id = from.caller_id();
  to.ring_timeout = Duration{from.ring_timeout()};
  to.max_call = Duration{from.max_call()};
  to.prompt = from.prompt();
  to.machine_prompt = from.machine_prompt();
  to.analyse = from.analyse();
  to.record = from.record();
  to.opt_out_digit = static_cast<char>(from.opt_out_digit());
  to.agents = Resource{from.agents()};
  if (from.party() != PARTY_UNSPECIFIED && !decode_enum(from.party(), to.party)) return false;
  return decode_enum(from.machine_action(), to.machine_action);
}

void encode(const everdial::Conversation& from, Conversation* to) {
  to->set_id(from.id.value);
  for (const auto& member : from.members) {
    auto* out = to->add_members();
    encode(member.call, out->mutable_call());
    out->set_role(static_cast<Conversation::Role>(encode_enum(member.role)));
    if (member.role == everdial::Conversation::Role::whispers) encode(member.to, out->mutable_to());
  }
}

bool decode(const Conversation& from, everdial::Conversation& to) {
  to.id = ConversationId{from.id()};
  for (const auto& member : from.members()) {
    auto& out = to.members.emplace_back();
    out.call = decode(member.call());
    out.to = decode(member.to());
    if (!decode_enum(member.role(), out.role)) return false;
  }
  return true;
}

}  // namespace

void encode(const everdial::AttemptId& from, AttemptId* to) {
  to->set_job(from.job.value);
  to->set_contact(from.contact.value);
  to->set_number(from.number);
}
everdial::AttemptId decode(const AttemptId& from) { return {JobId{from.job()}, ContactId{from.contact()}, from.number()}; }

void encode(const everdial::CallOrder& from, CallOrder* to) {
  encode(from.attempt, to->mutable_attempt());
  to->set_resource(from.resource.value);
  to->set_epoch(from.epoch.value);
  to->set_not_after(to_micros(from.not_after));
  encode(from.plan, to->mutable_plan());
}
bool decode(const CallOrder& from, everdial::CallOrder& to) {
  to.attempt = decode(from.attempt());
  to.resource = Resource{from.resource()};
  to.epoch = Epoch{from.epoch()};
  to.not_after = from_micros(from.not_after());
  return decode(from.plan(), to.plan);
}

void encode(const everdial::CallRecord& from, CallRecord* to) {
  encode(from.attempt, to->mutable_attempt());
  to->set_resource(from.resource.value);
  to->set_epoch(from.epoch.value);
  to->set_mpp(from.mpp);
  to->set_trunk(from.trunk);
  encode(from.plan, to->mutable_plan());
  to->set_stage(static_cast<CallStage>(encode_enum(from.stage)));
  to->set_placed_at(to_micros(from.placed_at));
  if (from.ringing_at) to->set_ringing_at(to_micros(*from.ringing_at));
  if (from.answered_at) to->set_answered_at(to_micros(*from.answered_at));
  if (from.ended_at) to->set_ended_at(to_micros(*from.ended_at));
  if (from.analysis) to->set_analysis(static_cast<CompletionCode>(encode_enum(*from.analysis)));
  to->set_code(static_cast<CompletionCode>(encode_enum(from.code)));
  to->set_sip_status(from.sip_status);
  to->set_never_sent(from.never_sent);
  to->set_opted_out(from.opted_out);
  to->set_digits(from.digits);
  to->set_recording(from.recording);
  if (from.conversation) encode(*from.conversation, to->mutable_conversation());
  to->set_steered_by(from.steered_by.value);
  to->set_steered(from.steered);
  if (from.analysed_at) to->set_analysed_at(to_micros(*from.analysed_at));
}
bool decode(const CallRecord& from, everdial::CallRecord& to) {
  to.attempt = decode(from.attempt());
  to.resource = Resource{from.resource()};
  to.epoch = Epoch{from.epoch()};
  to.mpp = from.mpp();
  to.trunk = from.trunk();
  to.placed_at = from_micros(from.placed_at());
  if (from.has_ringing_at()) to.ringing_at = from_micros(from.ringing_at());
  if (from.has_answered_at()) to.answered_at = from_micros(from.answered_at());
  if (from.has_ended_at()) to.ended_at = from_micros(from.ended_at());
  if (from.has_analysis() && !decode_enum(from.analysis(), to.analysis.emplace())) return false;
  to.sip_status = from.sip_status();
  to.never_sent = from.never_sent();
  to.opted_out = from.opted_out();
  to.digits = from.digits();
  to.recording = from.recording();
  if (from.has_conversation() && !decode(from.conversation(), to.conversation.emplace())) return false;
  to.steered_by = Epoch{from.steered_by()};
  to.steered = from.steered();
  if (from.has_analysed_at()) to.analysed_at = from_micros(from.analysed_at());
  return decode(from.plan(), to.plan) && decode_enum(from.stage(), to.stage) && decode_enum(from.code(), to.code);
}

void encode(const everdial::CallEvents& from, CallEvents* to) {
  to->set_mpp(from.mpp.value);
  for (const auto& event : from.events) {
    auto* out = to->add_events();
    encode(event.record, out->mutable_record());
    out->set_kind(static_cast<CallEvents::Kind>(encode_enum(event.kind)));
    out->set_digit(event.digit);
  }
}
bool decode(const CallEvents& from, everdial::CallEvents& to) {
  to.mpp = Address{from.mpp()};
  for (const auto& event : from.events()) {
    auto& out = to.events.emplace_back();
    out.digit = static_cast<char>(event.digit());
    if (!decode(event.record(), out.record) || !decode_enum(event.kind(), everdial::CallEvents::Kind::unattended, out.kind)) return false;
  }
  return true;
}

template <class Steering>
CallsToSteer encode_steering(const Steering& from) {
  CallsToSteer to;
  to.set_resource(from.resource.value);
  to.set_epoch(from.epoch.value);
  to.set_seq(from.seq);
  for (const auto& conversation : from.conversations) encode(conversation, to.add_conversations());
  for (const everdial::CallCommand& command : from.commands) {
    auto* out = to.add_commands();
    encode(command.attempt, out->mutable_attempt());
    out->set_kind(static_cast<CallCommand::Kind>(encode_enum(command.kind)));
    out->set_prompt(command.prompt);
    out->set_code(static_cast<CompletionCode>(encode_enum(command.code)));
    out->set_digits(command.digits);
  }
  return to;
}
template CallsToSteer encode_steering(const SteerCalls& from);
template CallsToSteer encode_steering(const ControlCalls& from);

template <class Steering>
std::optional<Request> decode_steering(const CallsToSteer& from) {
  Steering to;
  to.resource = Resource{from.resource()};
  to.epoch = Epoch{from.epoch()};
  to.seq = from.seq();
  for (const auto& conversation : from.conversations())
    if (!decode(conversation, to.conversations.emplace_back())) return std::nullopt;
  for (const auto& command : from.commands()) {
    auto& out = to.commands.emplace_back();
    out.attempt = decode(command.attempt());
    out.prompt = command.prompt();
    out.digits = command.digits();
    if (!decode_enum(command.kind(), everdial::CallCommand::Kind::press, out.kind) || !decode_enum(command.code(), out.code))
      return std::nullopt;
  }
  return to;
}
template std::optional<Request> decode_steering<SteerCalls>(const CallsToSteer& from);
template std::optional<Request> decode_steering<ControlCalls>(const CallsToSteer& from);

grpc::Status to_grpc(const Error& error) {
  switch (error.kind) {
    case ErrorKind::invalid:
      return {grpc::StatusCode::INVALID_ARGUMENT, error.message};
    case ErrorKind::not_found:
      return {grpc::StatusCode::NOT_FOUND, error.message};
    case ErrorKind::conflict:
      return {grpc::StatusCode::ABORTED, error.message};
    case ErrorKind::fenced:
      return {grpc::StatusCode::FAILED_PRECONDITION, error.message};
    case ErrorKind::unavailable:
      return {grpc::StatusCode::UNAVAILABLE, error.message};
    case ErrorKind::unknown:
      return {grpc::StatusCode::UNKNOWN, error.message};
    case ErrorKind::overloaded:
      return {grpc::StatusCode::RESOURCE_EXHAUSTED, error.message};
    case ErrorKind::internal:
      break;
  }
  return {grpc::StatusCode::INTERNAL, error.message};
}

Error from_grpc(const grpc::Status& status) {
  switch (status.error_code()) {
    case grpc::StatusCode::INVALID_ARGUMENT:
      return {ErrorKind::invalid, status.error_message()};
    case grpc::StatusCode::NOT_FOUND:
      return {ErrorKind::not_found, status.error_message()};
    case grpc::StatusCode::ABORTED:
      return {ErrorKind::conflict, status.error_message()};
    case grpc::StatusCode::FAILED_PRECONDITION:
      return {ErrorKind::fenced, status.error_message()};
    case grpc::StatusCode::UNKNOWN:
      return {ErrorKind::unknown, status.error_message()};
    case grpc::StatusCode::RESOURCE_EXHAUSTED:
      return {ErrorKind::overloaded, status.error_message()};
    // A request whose time is over, or whose connection was lost, may have been done: Network says so of `unavailable`.
    case grpc::StatusCode::UNAVAILABLE:
    case grpc::StatusCode::CANCELLED:
    case grpc::StatusCode::DEADLINE_EXCEEDED:
      return {ErrorKind::unavailable, status.error_message()};
    default:
      return {ErrorKind::internal, status.error_message()};
  }
}

}  // namespace everdial::rpc
