#include "sip/digest.h"

#include <openssl/evp.h>

#include <array>

namespace everdial::sip {
namespace {

struct Algorithm {
  std::string_view name;
  const EVP_MD* (*hash)();
  bool session;
};
constexpr std::array<Algorithm, 6> kAlgorithms{{{"MD5", EVP_md5, false},
                                                {"MD5-sess", EVP_md5, true},
                                                {"SHA-256", EVP_sha256, false},
                                                {"SHA-256-sess", EVP_sha256, true},
                                                {"SHA-512-256", EVP_sha512_256, false},
                                                {"SHA-512-256-sess", EVP_sha512_256, true}}};

std::optional<std::string> hex_hash(const EVP_MD* hash, const std::string& text) {
  std::array<unsigned char, EVP_MAX_MD_SIZE> bytes;
  unsigned size = 0;
  if (EVP_Digest(text.data(), text.size(), bytes.data(), &size, hash, nullptr) != 1) return std::nullopt;
  constexpr std::string_view digits = "0123456789abcdef";
  std::string out;
  for (unsigned i = 0; i < size; ++i) out.append({digits[bytes[i] >> 4], digits[bytes[i] & 15]});
  return out;
}

std::string parameter(const Challenge& challenge, const std::string& name) {
  const auto found = challenge.parameters.find(name);
  return found == challenge.parameters.end() ? std::string() : found->second;
}

/// "auth" when it is offered, else "auth-int"; empty when no qop is asked for; no value when only unknown ones are.
std::optional<std::string> choose_qop(const Challenge& challenge) {
  if (!challenge.parameters.contains("qop")) return "";
  const std::string offered = "," + lower(parameter(challenge, "qop")) + ",";
  std::string squeezed;
  for (const char c : offered)
    if (c != ' ') squeezed.push_back(c);
  if (squeezed.find(",auth,") != squeezed.npos) return "auth";
  if (squeezed.find(",auth-int,") != squeezed.npos) return "auth-int";
  return std::nullopt;
}

/// Quotes as RFC 3261 does; a quote within would let a peer add parameters of its own.
std::string quoted(const std::string& text) {
  std::string out = "\"";
  for (const char c : text) {
    if (c == '"' || c == '\\') out.push_back('\\');
    out.push_back(c);
  }
  return out + "\"";
}

}  // namespace

std::optional<std::string> answer_challenge(const Challenge& challenge, const DigestInput& input) {
  if (lower(challenge.scheme) != "digest" || parameter(challenge, "nonce").empty()) return std::nullopt;
  const std::string named = parameter(challenge, "algorithm");
  const Algorithm* algorithm = nullptr;
  for (const Algorithm& known : kAlgorithms)
    if (lower(known.name) == lower(named.empty() ? "MD5" : named)) algorithm = &known;
  const auto qop = choose_qop(challenge);
  if (algorithm == nullptr || !qop) return std::nullopt;

  const auto hash = [&](const std::string& text) { return hex_hash(algorithm->hash(), text); };
  const std::string realm = parameter(challenge, "realm"), nonce = parameter(challenge, "nonce"), opaque = parameter(challenge, "opaque");
  char count[9];
  std::snprintf(count, sizeof count, "%08x", input.nonce_count);

  auto a1 = hash(input.user + ":" + realm + ":" + input.password);
  if (a1 && algorithm->session) a1 = hash(*a1 + ":" + nonce + ":" + input.cnonce);
  const auto body = hash(input.body);
  if (!a1 || !body) return std::nullopt;
  const auto a2 = hash(input.method + ":" + input.uri + (*qop == "auth-int" ? ":" + *body : ""));
  if (!a2) return std::nullopt;
  const auto response =
      hash(*a1 + ":" + nonce + ":" + (qop->empty() ? "" : std::string(count) + ":" + input.cnonce + ":" + *qop + ":") + *a2);
  if (!response) return std::nullopt;

  std::string out = "Digest username=" + quoted(input.user) + ", realm=" + quoted(realm) + ", nonce=" + quoted(nonce) +
                    ", uri=" + quoted(input.uri) + ", response=\"" + *response + "\"";
  if (!named.empty()) out += ", algorithm=" + std::string(algorithm->name);
  if (!qop->empty()) out += ", qop=" + *qop + ", nc=" + count;
  if (!qop->empty() || algorithm->session) out += ", cnonce=" + quoted(input.cnonce);
  if (!opaque.empty()) out += ", opaque=" + quoted(opaque);
  return out;
}

}  // namespace everdial::sip
