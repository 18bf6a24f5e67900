#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "base/result.h"
#include "dashboard/access.h"

namespace everdial {

namespace pg {
class Pool;
}

struct DashboardSettings {
  std::string server;   ///< this server's name
  std::string version;  ///< of this program
  std::string listen_host = "127.0.0.1";
  uint16_t listen_port = 8080;           ///< 0: any free one
  std::string tls_certificate, tls_key;  ///< PEM files; needed when the host is not a loopback address
  std::string console_dir;               ///< web/apps/console/dist, or where it is installed
  std::string agent_dir;                 ///< web/apps/agent/dist, the same; served under /agent/
  int workers = 8;
  std::vector<std::string> agent_origins{};  ///< of pages elsewhere that may fetch tickets for agents' desktops
};

/// The REST API, the live stream, and the files of console and agent desktop on one listener. Has threads of its own; all state is in the
/// database.
class DashboardService {
 public:
  DashboardService(DashboardSettings settings, pg::Pool& pool);
  ~DashboardService();

  Status start();
  uint16_t port() const;
  /// No new connections, requests under way are answered. `done` runs on a thread of the dashboard, once.
  void drain(std::function<void()> done);

 private:
  struct State;
  const DashboardSettings settings_;
  pg::Pool& pool_;
  std::unique_ptr<State> state_;
};

/// For the command line of a server, where there may be no account yet or the last password is lost: makes the account, or gives it this
/// password and role. Its sessions end.
Status put_account(pg::Pool& pool, const std::string& name, const std::string& password, Role role);
/// One that is worth being told once.
std::string random_password();

}  // namespace everdial
