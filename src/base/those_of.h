#pragma once

#include <variant>
#include <vector>

namespace everdial {

/// Of several variants those that hold a T, in their order.
template <class T, class... Ts>
std::vector<T> those_of(const std::vector<std::variant<Ts...>>& all) {
  std::vector<T> found;
  for (const auto& each : all)
    if (const T* one = std::get_if<T>(&each)) found.push_back(*one);
  return found;
}

}  // namespace everdial
