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
  return decode_enum(from.machine_action(), to.machine_action);
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
  return decode(from.plan(), to.plan) && decode_enum(from.stage(), to.stage) && decode_enum(from.code(), to.code);
}

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
