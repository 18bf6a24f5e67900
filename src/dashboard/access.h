#pragma once

#include <optional>
#include <string>

#include "base/enum_names.h"
#include "base/time.h"

namespace everdial {

/// What an account may do; each may also do what those before it may.
enum class Role { viewer, supervisor, administrator };
template <>
inline constexpr auto enum_names<Role> = std::to_array<std::pair<Role, std::string_view>>({
    {Role::viewer, "viewer"},
    {Role::supervisor, "supervisor"},
    {Role::administrator, "administrator"},
});

/// Who is behind a request.
struct Caller {
  int64_t account = 0;
  std::string name;
  Role role = Role::viewer;
  Instant created_at;
  std::string credential_hash;        ///< SHA-256 of the cookie's value or the token
  std::optional<std::string> csrf;    ///< of a session; empty with a token
  std::optional<Instant> expires_at;  ///< of a session
};

}  // namespace everdial
