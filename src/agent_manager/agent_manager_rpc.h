#pragma once

#include <memory>

#include "runtime/rpc.h"

namespace everdial {

/// CommandAgent, AgentCallEvents, TakeNotices and TellPreview over gRPC (proto/agent_manager.proto).
std::unique_ptr<RpcReceiver> make_agent_manager_rpc();

}  // namespace everdial
