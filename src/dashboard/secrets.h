#pragma once

#include <string>
#include <string_view>

namespace everdial {

/// argon2id (19 MiB, 2 passes) in its encoded form; about 30 ms of one core.
std::string hash_password(std::string_view password);
bool verify_password(const std::string& encoded, std::string_view password);

/// Someone's hash that no password fits: verified in place of an unknown account's, so that both take the same time.
const std::string& nobodys_password_hash();

}  // namespace everdial
