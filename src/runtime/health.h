#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>

#include "base/result.h"
#include "runtime/loop.h"

namespace everdial {

/// A small HTTP listener for load balancers, orchestrators and Prometheus: /livez, /readyz, /role/COMPONENT, /metrics. GET and HEAD only.
/// It says nothing that must be kept from those who can reach it; everything else is the dashboard's.
class HealthServer {
 public:
  struct Answers {
    std::function<Status()> ready;                                          ///< the error says what is missing
    std::function<std::optional<bool>(const std::string& component)> role;  ///< is it master (or active) on this server? empty: unknown
    std::function<void(std::function<void(std::string)>)> metrics;          ///< may take its time, and answers on the loop
  };

  /// All answers are asked on the loop. Port 0 takes any that is free.
  static Result<std::unique_ptr<HealthServer>> open(Loop& loop, const std::string& host, uint16_t port, Answers answers);
  ~HealthServer();

  uint16_t port() const;

 private:
  struct State;
  explicit HealthServer(std::shared_ptr<State> state);
  std::shared_ptr<State> state_;
};

}  // namespace everdial
