#pragma once

#include <memory>
#include <string>
#include <vector>

#include "base/result.h"
#include "model/ids.h"

namespace everdial {

namespace pg {
class Pool;
}

/// What a server writes about itself, beside its session. Blocking; called on store threads.
class ServerStore {
 public:
  virtual ~ServerStore() = default;
  /// This server exists and is to run these components.
  virtual Status announce(const ServerName& server, const std::vector<std::string>& components) = 0;
};

std::unique_ptr<ServerStore> make_pg_server_store(pg::Pool& pool);

}  // namespace everdial
