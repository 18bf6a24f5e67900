#include "dashboard/secrets.h"

#include <argon2.h>
#include <sodium.h>

#include "base/check.h"
#include "dashboard/api_message.h"

namespace everdial {
namespace {

constexpr uint32_t kPasses = 2, kMemoryKib = 19 * 1024, kLanes = 1, kHashBytes = 32;

std::string random_bytes(size_t count) {
  static const bool ready = sodium_init() >= 0;
  EVERDIAL_CHECK(ready);
  std::string bytes(count, '\0');
  randombytes_buf(bytes.data(), bytes.size());
  return bytes;
}

}  // namespace

std::string random_secret() { return base64url(random_bytes(32)); }

std::string sha256(std::string_view text) {
  std::string hash(crypto_hash_sha256_BYTES, '\0');
  crypto_hash_sha256(reinterpret_cast<unsigned char*>(hash.data()), reinterpret_cast<const unsigned char*>(text.data()), text.size());
  return hash;
}

bool equal_secrets(std::string_view a, std::string_view b) {
  return a.size() == b.size() && sodium_memcmp(a.data(), b.data(), a.size()) == 0;
}

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
