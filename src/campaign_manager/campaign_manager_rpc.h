#pragma once

#include <memory>

#include "runtime/rpc.h"

namespace everdial {

/// Requests to a campaign manager over gRPC (proto/campaign_manager.proto).
std::unique_ptr<RpcReceiver> make_campaign_manager_rpc();

}  // namespace everdial
