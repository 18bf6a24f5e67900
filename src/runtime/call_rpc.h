#pragma once

#include "model/call.h"
#include "proto/call.pb.h"

// The shared messages of proto/call.proto from and to the structs of model/call.h. decode() is false when a value is not known here.

namespace everdial::rpc {

void encode(const everdial::AttemptId& from, AttemptId* to);
void encode(const everdial::CallOrder& from, CallOrder* to);
void encode(const everdial::CallRecord& from, CallRecord* to);

everdial::AttemptId decode(const AttemptId& from);
bool decode(const CallOrder& from, everdial::CallOrder& to);
bool decode(const CallRecord& from, everdial::CallRecord& to);

}  // namespace everdial::rpc
