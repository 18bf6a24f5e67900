#pragma once

#include <cstdint>
#include <string_view>

#include "base/enum_names.h"

// What may be imported, and from where: known to those who take a wish and to those who carry it out.

namespace everdial {

/// Where an import's file comes from.
enum class ImportSource { upload, folder };
template <>
inline constexpr auto enum_names<ImportSource> = std::to_array<std::pair<ImportSource, std::string_view>>({
    {ImportSource::upload, "upload"},
    {ImportSource::folder, "folder"},
});

inline constexpr int64_t most_import_bytes = int64_t{4} << 30;

/// Of a file in the import folder. Hidden ones are left out with the paths: they are what copying tools write before they rename.
bool is_plain_file_name(std::string_view name);
inline constexpr std::string_view plain_file_name_rule =
    "must be the plain name of a file in the import folder: no path, no dot at its beginning, no control characters, 255 bytes at most";

}  // namespace everdial
