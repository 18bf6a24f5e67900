#pragma once

#include "list_manager/import_types.h"

namespace everdial {

/// contact_import.layout, as this program writes it.
std::string to_json(const ImportLayout& layout);
Result<ImportLayout> layout_from_json(const std::string& json);

/// contact_import.options, as people write it: every key may be missing; errors name the key and what is allowed.
/// {"separator": ";", "header": true, "phone_column": "Mobile", "ref_column": "id", "time_zone_column": "tz", "default_region": "DE"}
std::string to_json(const ImportOptions& options);
Result<ImportOptions> options_from_json(const std::string& json);

}  // namespace everdial
