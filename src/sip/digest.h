#pragma once

#include <optional>
#include <string>

#include "sip/message.h"

namespace everdial::sip {

/// What one answer to a challenge is made from.
struct DigestInput {
  std::string user, password;
  std::string method, uri, body;
  std::string cnonce;
  uint32_t nonce_count = 1;
};

/// The value of Authorization or Proxy-Authorization for a Digest challenge (RFC 2617, 7616, 8760): MD5, SHA-256, SHA-512-256 and their
/// -sess forms, with qop auth, auth-int or none. Empty when we cannot answer the challenge.
std::optional<std::string> answer_challenge(const Challenge& challenge, const DigestInput& input);

}  // namespace everdial::sip
