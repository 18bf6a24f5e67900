#pragma once

#include "model/messages.h"
#include "proto/call.pb.h"

// The shared messages of proto/call.proto from and to the structs of model/call.h and model/messages.h. decode() is false when a value is
// not known here.

namespace everdial::rpc {

void encode(const everdial::AttemptId& from, AttemptId* to);
void encode(const everdial::CallOrder& from, CallOrder* to);
void encode(const everdial::CallRecord& from, CallRecord* to);

everdial::AttemptId decode(const AttemptId& from);
bool decode(const CallOrder& from, everdial::CallOrder& to);
bool decode(const CallRecord& from, everdial::CallRecord& to);

void encode(const everdial::CallEvents& from, CallEvents* to);
bool decode(const CallEvents& from, everdial::CallEvents& to);

/// SteerCalls and ControlCalls: the same fields on both ways.
template <class Steering>
CallsToSteer encode_steering(const Steering& from);
template <class Steering>
std::optional<Request> decode_steering(const CallsToSteer& from);

}  // namespace everdial::rpc
