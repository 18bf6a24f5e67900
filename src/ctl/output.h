#pragma once

#include <iosfwd>
#include <nlohmann/json.hpp>
#include <string>
#include <vector>

#include "base/enum_names.h"

namespace everdial::ctl {

enum class Format { human, json, yaml };
}  // namespace everdial::ctl

namespace everdial {
template <>
inline constexpr auto enum_names<ctl::Format> = std::to_array<std::pair<ctl::Format, std::string_view>>({
    {ctl::Format::human, "human"},
    {ctl::Format::json, "json"},
    {ctl::Format::yaml, "yaml"},
});
}  // namespace everdial

namespace everdial::ctl {

/// A column of a table: its heading, and a JSON pointer to what stands in it.
struct Column {
  std::string heading, pointer;
};

/// Rows under headings; numbers to the right.
std::string table(const std::vector<Column>& columns, const std::vector<nlohmann::json>& rows);
/// The members of an object, one a line, with their values beside each other.
std::string members(const nlohmann::json& object);
std::string yaml(const nlohmann::json& value);
/// "[######      ]  50 %"
std::string bar(int64_t done, int64_t all);
/// Texts with commas between them; "nobody" when there is none.
std::string list_of(const nlohmann::json& texts);
/// A value as people read it.
std::string human(const nlohmann::json& value);

}  // namespace everdial::ctl
