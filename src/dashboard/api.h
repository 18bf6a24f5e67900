#pragma once

#include <functional>
#include <memory>
#include <mutex>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"
#include "dashboard/access.h"
#include "dashboard/api_message.h"
#include "dashboard/http_server.h"
#include "dashboard/job_rates.h"
#include "dashboard/live_feed.h"
#include "dashboard/login_limiter.h"
#include "dashboard/router.h"

namespace everdial {

namespace pg {
class Pool;
class Connection;
}  // namespace pg

/// What all requests of one dashboard share. Safe from any thread.
struct ApiWorld {
  std::string server, version;
  bool secure_cookies = false;  ///< under TLS
  pg::Pool& pool;
  LiveFeed& feed;
  JobRates& rates;
  std::mutex login_mutex{};  ///< of login_limiter
  LoginLimiter login_limiter{};
  std::vector<std::string> agent_origins{};  ///< of pages elsewhere that may let agents in
};

/// /api/v1: finds the operation, who asks and whether they may, does it once per idempotency key, and answers in JSON.
class Api {
 public:
  explicit Api(ApiWorld& world);

  static constexpr std::string_view kPrefix = "/api/v1";

  HttpServer::Demands demands(std::string_view method, std::string_view target) const;

  /// Blocking.
  Response handle(const ApiRequest& request);

  /// Whether this cookie or token still lets its owner read; for streams that last.
  bool still_welcome(const ApiRequest& request);

  struct OperationName {
    std::string id, method, path;
    std::string least_role;  ///< empty: open to all
  };
  static std::vector<OperationName> operations();

 private:
  std::string other_origin(const ApiRequest& request, const Target& target) const;
  Response respond(const ApiRequest& request, const Target& target);
  Response answer(const ApiRequest& request, const Target& target, size_t operation, const TextMap& parameters);

  ApiWorld& world_;
  Router router_;
};

}  // namespace everdial
