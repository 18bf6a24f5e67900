#pragma once

#include <array>
#include <optional>
#include <string_view>
#include <utility>

namespace everdial {

/// The one spelling of each value of an enum, the same in C++, SQL, JSON and the docs. Specialise `enum_names<E>` beside the enum:
///   template <> inline constexpr auto enum_names<Colour> = std::to_array<std::pair<Colour, std::string_view>>({{Colour::red, "red"}});
template <class E>
inline constexpr std::array<std::pair<E, std::string_view>, 0> enum_names{};

template <class E>
requires(enum_names<E>.size() > 0) constexpr std::string_view to_string(E value) {
  for (const auto& [v, name] : enum_names<E>)
    if (v == value) return name;
  return "?";
}

/// The value spelled so, or empty.
template <class E>
requires(enum_names<E>.size() > 0) constexpr std::optional<E> parse_enum(std::string_view name) {
  for (const auto& [v, n] : enum_names<E>)
    if (n == name) return v;
  return std::nullopt;
}

}  // namespace everdial
