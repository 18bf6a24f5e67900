#pragma once

#include <grpcpp/grpcpp.h>

#include <memory>
#include <optional>
#include <utility>

#include "runtime/seams.h"

// What every *_rpc.cc is made of: one request, one reply, over gRPC's callback API. Only those files include this.

namespace everdial::rpc {

grpc::Status to_grpc(const Error& error);
Error from_grpc(const grpc::Status& status);

/// Server side of one method. `request` is empty when it could not be understood; `encode(reply)` fills the answer.
template <class Encode>
grpc::ServerUnaryReactor* serve_unary(grpc::CallbackServerContext* context, const RequestHandler& handler, std::optional<Request> request,
                                      Encode encode) {
  grpc::ServerUnaryReactor* reactor = context->DefaultReactor();
  if (!request) {
    reactor->Finish({grpc::StatusCode::INVALID_ARGUMENT, "the request holds a value that this version does not know"});
    return reactor;
  }
  handler(std::move(*request), [reactor, encode = std::move(encode)](const Result<Reply>& reply) {
    if (reply.ok()) encode(*reply);
    reactor->Finish(reply.ok() ? grpc::Status::OK : to_grpc(reply.error()));
  });
  return reactor;
}

/// Client side of one method: `start(context, request, response, done)` is the stub's async method; `decode(response)` gives the reply,
/// empty when it could not be understood.
template <class Response, class Message, class Start, class Decode>
void call_unary(Message message, Duration timeout, ReplyFn reply, Start start, Decode decode) {
  struct Call {
    ReplyFn reply;  ///< destroyed last: with it gRPC has let go of the call
    grpc::ClientContext context;
    Message message;
    Response response;
  };
  const auto call = std::make_shared<Call>();
  call->reply = std::move(reply);
  call->message = std::move(message);
  call->context.set_deadline(std::chrono::system_clock::now() + timeout);
  start(&call->context, &call->message, &call->response, [call, decode = std::move(decode)](const grpc::Status& status) {
    if (!status.ok()) return call->reply(from_grpc(status));
    std::optional<Reply> decoded = decode(call->response);
    if (decoded) return call->reply(std::move(*decoded));
    call->reply(Error{ErrorKind::internal, "the reply holds a value that this version does not know"});
  });
}

/// Enumerators of proto/ stand in the order of their C++ enum, one higher: 0 is none of them.
template <class E>
int encode_enum(E value) {
  return static_cast<int>(value) + 1;
}
template <class E>
bool decode_enum(int value, E last, E& out) {
  if (value < 1 || value > static_cast<int>(last) + 1) return false;
  out = static_cast<E>(value - 1);
  return true;
}
template <class E>
requires(enum_names<E>.size() > 0) bool decode_enum(int value, E& out) { return decode_enum(value, enum_names<E>.back().first, out); }

}  // namespace everdial::rpc
