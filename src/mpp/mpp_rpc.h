#pragma once

#include <memory>

#include "runtime/rpc.h"

namespace everdial {

/// Requests to an MPP worker over gRPC (proto/mpp.proto).
std::unique_ptr<RpcReceiver> make_mpp_rpc();

}  // namespace everdial
