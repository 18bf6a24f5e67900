#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "base/result.h"
#include "mpp/mpp_types.h"

namespace everdial {

/// The bytes of one entry as they stand in the file: length, checksum, kind and fields, little endian.
void append_encoded(const mpp::JournalEntry& entry, std::string& to);

/// Takes the entry that `bytes` begins with off its front. `not_found` when no whole and undamaged one is there.
Result<mpp::JournalEntry> take_encoded(std::string_view& bytes);

/// CRC-32C (Castagnoli).
uint32_t crc32c(std::string_view bytes);

}  // namespace everdial
