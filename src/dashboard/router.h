#pragma once

#include <cstddef>
#include <functional>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "dashboard/api_message.h"

namespace everdial {

/// Finds which of many path templates ("/jobs/{job_id}/attempts") a path is. A template's fixed step goes before its variable one.
class Router {
 public:
  void add(Method method, std::string_view path_template, size_t operation);

  struct Match {
    std::optional<size_t> operation;  ///< empty: the path exists, the method does not
    TextMap parameters;
    std::vector<Method> allowed;  ///< methods that the path has
  };
  /// Empty when no template has this path.
  std::optional<Match> find(std::string_view method, const std::vector<std::string>& path) const;

 private:
  struct Route {
    std::vector<std::string> steps;
    std::vector<std::pair<Method, size_t>> operations;
  };
  static std::optional<TextMap> match(const std::vector<std::string>& steps, const std::vector<std::string>& path);

  std::vector<Route> routes_;
};

}  // namespace everdial
