#include "dashboard/router.h"

#include "base/check.h"

namespace everdial {
namespace {

bool is_variable(const std::string& step) { return step.starts_with('{'); }

}  // namespace

void Router::add(Method method, std::string_view path_template, size_t operation) {
  const auto target = parse_target(path_template);
  EVERDIAL_CHECK(target.has_value());
  auto route = std::find_if(routes_.begin(), routes_.end(), [&](const Route& r) { return r.steps == target->path; });
  if (route == routes_.end()) {
    // Fixed steps first, so that find() may take the first that fits.
    const auto fixed = [](const Route& r) { return std::count_if(r.steps.begin(), r.steps.end(), is_variable); };
    Route made{target->path, {}};
    route = routes_.insert(
        std::upper_bound(routes_.begin(), routes_.end(), made, [&](const Route& a, const Route& b) { return fixed(a) < fixed(b); }), made);
  }
  route->operations.emplace_back(method, operation);
}

std::optional<TextMap> Router::match(const std::vector<std::string>& steps, const std::vector<std::string>& path) {
  if (steps.size() != path.size()) return std::nullopt;
  TextMap parameters;
  for (size_t i = 0; i < steps.size(); ++i) {
    if (is_variable(steps[i]) && !path[i].empty()) parameters[steps[i].substr(1, steps[i].size() - 2)] = path[i];
    else if (steps[i] != path[i]) return std::nullopt;
  }
  return parameters;
}

std::optional<Router::Match> Router::find(std::string_view method, const std::vector<std::string>& path) const {
  for (const Route& route : routes_) {
    auto parameters = match(route.steps, path);
    if (!parameters) continue;
    Match found{std::nullopt, std::move(*parameters), {}};
    for (const auto& [m, operation] : route.operations) {
      found.allowed.push_back(m);
      if (to_string(m) == method) found.operation = operation;
    }
    return found;
  }
  return std::nullopt;
}

}  // namespace everdial
