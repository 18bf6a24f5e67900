#pragma once

#include <memory>

#include "runtime/rpc.h"

namespace everdial {

/// Requests to the rule engine over gRPC (proto/rule_engine.proto).
std::unique_ptr<RpcReceiver> make_rule_engine_rpc();

}  // namespace everdial
