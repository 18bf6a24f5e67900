#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace everdial {

/// One field of a CSV file, quoted. A spreadsheet would run what begins like a formula, so that gets an apostrophe in front; numbers do
/// not.
std::string csv_field(std::string_view text);
/// A whole row with its end; what is missing is empty.
std::string csv_row(const std::vector<std::optional<std::string>>& fields);

}  // namespace everdial
