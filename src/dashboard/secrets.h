#pragma once

#include <string>
#include <string_view>

#include "base/result.h"

namespace everdial {

/// 256 random bits as text that needs no quoting anywhere.
std::string random_secret();

/// 32 bytes.
std::string sha256(std::string_view text);

/// Takes the same time wherever they differ.
bool equal_secrets(std::string_view a, std::string_view b);

/// argon2id (19 MiB, 2 passes) in its encoded form; about 30 ms of one core.
std::string hash_password(std::string_view password);
bool verify_password(const std::string& encoded, std::string_view password);

/// Someone's hash that no password fits: verified in place of an unknown account's, so that both take the same time.
const std::string& nobodys_password_hash();

}  // namespace everdial
