#include "dashboard/secrets.h"

#include <argon2.h>

#include "base/check.h"
#include "runtime/secret.h"

namespace everdial {
namespace {

constexpr uint32_t kPasses = 2, kMemoryKib = 19 * 1024, kLanes = 1, kHashBytes = 32;

}  // namespace

std::string hash_password(std::string_view password) {
  const std::string salt = random_bytes(16);
  std::string encoded(argon2_encodedlen(kPasses, kMemoryKib, kLanes, static_cast<uint32_t>(salt.size()), kHashBytes, Argon2_id), '\0');
  const int error = argon2id_hash_encoded(kPasses, kMemoryKib, kLanes, password.data(), password.size(), salt.data(), salt.size(),
                                          kHashBytes, encoded.data(), encoded.size());
  EVERDIAL_CHECK(error == ARGON2_OK);
  encoded.resize(encoded.find('\0'));
  return encoded;
}

bool verify_password(const std::string& encoded, std::string_view password) {
  return argon2id_verify(encoded.c_str(), password.data(), password.size()) == ARGON2_OK;
}

const std::string& nobodys_password_hash() {
  static const std::string hash = hash_password(random_secret());
  return hash;
}

}  // namespace everdial
