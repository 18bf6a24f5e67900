#pragma once

#include <memory>

#include "runtime/rpc.h"

namespace everdial {

/// Requests to an application server over gRPC (proto/application_server.proto).
std::unique_ptr<RpcReceiver> make_application_server_rpc();

}  // namespace everdial
