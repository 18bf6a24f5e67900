#pragma once

#include <string>
#include <string_view>

namespace everdial {

/// 256 random bits as text that needs no quoting anywhere.
std::string random_secret();
/// So many random bytes.
std::string random_bytes(size_t count);

/// 32 bytes.
std::string sha256(std::string_view text);

/// Takes the same time wherever they differ.
bool equal_secrets(std::string_view a, std::string_view b);

}  // namespace everdial
