#pragma once

#include "base/result.h"
#include "list_manager/import_types.h"

namespace everdial {

/// Finds the columns: those the options name, else by the usual names of such columns ("Phone", "mobile_number", "customer id", "tz"),
/// else, for the number in a file without header, the first column whose value in `first_row` looks like one.
Result<ColumnRoles> choose_columns(const CsvLayout& layout, const ImportOptions& options, const std::vector<std::string_view>& first_row);

}  // namespace everdial
