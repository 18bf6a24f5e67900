#include "list_manager/column_roles.h"

#include <algorithm>
#include <span>

namespace everdial {
namespace {

// In order of preference, spelled as `plain` leaves them.
constexpr std::string_view phone_names[] = {"phone",  "phonenumber", "number",       "telephone", "telephonenumber", "tel",
                                            "mobile", "mobilephone", "mobilenumber", "cell",      "cellphone",       "cellnumber",
                                            "msisdn", "phone1",      "primaryphone", "homephone", "workphone",       "contactnumber"};
constexpr std::string_view ref_names[] = {"ref", "reference", "externalid", "customerid", "contactid", "clientid", "accountid", "id"};
constexpr std::string_view zone_names[] = {"timezone", "tz", "tzname", "zone"};

/// "Phone Number", "phone_number" and "PHONE-NUMBER" are one name.
std::string plain(std::string_view name) {
  std::string out;
  for (const char c : name) {
    if (c >= 'A' && c <= 'Z') out += static_cast<char>(c - 'A' + 'a');
    else if ((c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || (c & 0x80)) out += c;
  }
  return out;
}

std::optional<size_t> find(const std::vector<std::string>& columns, std::span<const std::string_view> names) {
  for (const std::string_view name : names)
    for (size_t i = 0; i < columns.size(); ++i)
      if (plain(columns[i]) == name) return i;
  return std::nullopt;
}

bool looks_like_number(std::string_view value) {
  const auto digits = std::count_if(value.begin(), value.end(), [](char c) { return c >= '0' && c <= '9'; });
  return digits >= 7 && digits <= 17 && value.find_first_not_of("+0123456789 ()-./\t") == std::string_view::npos;
}

std::string listed(const std::vector<std::string>& columns) {
  std::string out;
  for (const std::string& column : columns) {
    if (out.size() > 300) return out + ", ...";
    out += (out.empty() ? "" : ", ") + column;
  }
  return out;
}

}  // namespace

Result<ColumnRoles> choose_columns(const CsvLayout& layout, const ImportOptions& options, const std::vector<std::string_view>& first_row) {
  std::optional<Error> error;
  const auto named = [&](const std::string& name) -> std::optional<size_t> {
    const auto found = std::find(layout.columns.begin(), layout.columns.end(), name);
    if (found != layout.columns.end()) return static_cast<size_t>(found - layout.columns.begin());
    const std::string_view wanted[] = {name};
    if (const auto alike = find(layout.columns, wanted)) return alike;
    error = Error{ErrorKind::invalid, "header: the file has no column \"" + name + "\"; its columns are: " + listed(layout.columns)};
    return std::nullopt;
  };
  std::optional<size_t> phone = options.phone_column.empty() ? find(layout.columns, phone_names) : named(options.phone_column);
  ColumnRoles roles;
  roles.ref = options.ref_column.empty() ? find(layout.columns, ref_names) : named(options.ref_column);
  roles.time_zone = options.time_zone_column.empty() ? find(layout.columns, zone_names) : named(options.time_zone_column);
  if (error) return *error;
  if (!phone && !layout.header) {
    const auto found = std::find_if(first_row.begin(), first_row.end(), looks_like_number);
    if (found != first_row.end()) phone = static_cast<size_t>(found - first_row.begin());
  }
  if (!phone) {
    return Error{ErrorKind::invalid,
                 layout.header
                     ? "header: no column holds telephone numbers by its name (phone, number, telephone, mobile, ...); its columns are: " +
                           listed(layout.columns)
                     : "row 1: no column looks like a telephone number"};
  }
  roles.phone = *phone;
  return roles;
}

}  // namespace everdial
