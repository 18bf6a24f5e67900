#pragma once

#include <memory>

#include "runtime/rpc.h"

namespace everdial {

/// AgentNotices over gRPC (proto/agent_sdk.proto).
std::unique_ptr<RpcReceiver> make_agent_sdk_rpc();

}  // namespace everdial
