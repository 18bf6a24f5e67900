#include "runtime/secret.h"

#include <sodium.h>

#include "base/check.h"

namespace everdial {

std::string random_bytes(size_t count) {
  static const bool ready = sodium_init() >= 0;
  EVERDIAL_CHECK(ready);
  std::string bytes(count, '\0');
  randombytes_buf(bytes.data(), bytes.size());
  return bytes;
}

std::string random_secret() {
  constexpr int kShape = sodium_base64_VARIANT_URLSAFE_NO_PADDING;
  const std::string bytes = random_bytes(32);
  std::string text(sodium_base64_ENCODED_LEN(32, kShape), '\0');
  sodium_bin2base64(text.data(), text.size(), reinterpret_cast<const unsigned char*>(bytes.data()), bytes.size(), kShape);
  text.pop_back();  // its NUL
  return text;
}

std::string sha256(std::string_view text) {
  std::string hash(crypto_hash_sha256_BYTES, '\0');
  crypto_hash_sha256(reinterpret_cast<unsigned char*>(hash.data()), reinterpret_cast<const unsigned char*>(text.data()), text.size());
  return hash;
}

bool equal_secrets(std::string_view a, std::string_view b) {
  return a.size() == b.size() && sodium_memcmp(a.data(), b.data(), a.size()) == 0;
}

}  // namespace everdial
