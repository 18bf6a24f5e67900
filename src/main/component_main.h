#pragma once

#include <string>

#include "base/result.h"
#include "model/ids.h"

namespace everdial {

namespace pg {
class Pool;
}

// One component of this server for a service manager (deploy/systemd/everdial-component@.service). Its server runs it; what is asked here
// goes by the record, as what people ask.

/// Starts it, if it was stopped so, waits until it runs, and stays while it does, telling the service manager how it is. SIGTERM stops it.
/// The exit code is a ComponentWatch::End; 1, too, when it has not ended in time.
int watch_component(pg::Pool& pool, const ServerName& server, const std::string& component);
/// kill -9 of it; its server starts it again.
Status kill_component(pg::Pool& pool, const ServerName& server, const std::string& component);

}  // namespace everdial
