#pragma once

#include <memory>

#include "runtime/rpc.h"

namespace everdial {

/// What every component's process answers, over gRPC (proto/process.proto).
std::unique_ptr<RpcReceiver> make_process_rpc();

}  // namespace everdial
