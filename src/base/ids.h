#pragma once

#include <compare>
#include <cstdint>
#include <functional>
#include <string>
#include <utility>

namespace everdial {

/// An id that cannot be mistaken for another kind of id.
template <class Tag, class Value = int64_t>
struct StrongId {
  Value value{};

  StrongId() = default;
  explicit StrongId(Value v) : value(std::move(v)) {}
  auto operator<=>(const StrongId&) const = default;
  bool operator==(const StrongId&) const = default;
};

template <class Tag>
std::string to_string(const StrongId<Tag, int64_t>& id) {
  return std::to_string(id.value);
}
template <class Tag>
const std::string& to_string(const StrongId<Tag, std::string>& id) {
  return id.value;
}

}  // namespace everdial

template <class Tag, class Value>
struct std::hash<everdial::StrongId<Tag, Value>> {
  size_t operator()(const everdial::StrongId<Tag, Value>& id) const noexcept { return std::hash<Value>{}(id.value); }
};
