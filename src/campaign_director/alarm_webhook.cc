#include "campaign_director/alarm_webhook.h"

#include <sodium.h>

#include <chrono>

#include "runtime/http_client.h"

namespace everdial {
namespace {

constexpr std::chrono::seconds kTimeout{5};

/// "https://host:port/path" as the server and the path.
std::pair<std::string, std::string> split(const std::string& url) {
  const size_t scheme = url.find("://");
  const size_t slash = scheme == std::string::npos ? std::string::npos : url.find('/', scheme + 3);
  return {url.substr(0, slash), slash == std::string::npos ? "/" : url.substr(slash)};
}

}  // namespace

std::string webhook_signature(const std::string& secret, const std::string& timestamp, const std::string& body) {
  const std::string text = timestamp + "." + body;
  unsigned char mac[crypto_auth_hmacsha256_BYTES];
  crypto_auth_hmacsha256_state state;
  crypto_auth_hmacsha256_init(&state, reinterpret_cast<const unsigned char*>(secret.data()), secret.size());
  crypto_auth_hmacsha256_update(&state, reinterpret_cast<const unsigned char*>(text.data()), text.size());
  crypto_auth_hmacsha256_final(&state, mac);
  char hex[2 * sizeof mac + 1];
  return sodium_bin2hex(hex, sizeof hex, mac, sizeof mac);
}

Status AlarmWebhook::post(const std::string& body) const {
  const auto [server, path] = split(url);
  const auto to = parse_url(server);
  if (!to.ok()) return to.error();
  const std::string timestamp =
      std::to_string(std::chrono::duration_cast<std::chrono::seconds>(std::chrono::system_clock::now().time_since_epoch()).count());
  HttpRequest request{"POST", path, {{"Content-Type", "application/json"}, {"X-Everdial-Timestamp", timestamp}}, body};
  if (!secret.empty()) request.headers.emplace_back("X-Everdial-Signature", "sha256=" + webhook_signature(secret, timestamp, body));
  const auto answer = send_http(*to, request, ca_file, kTimeout);
  if (!answer.ok()) return answer.error();
  if (answer->status / 100 != 2) return Error{ErrorKind::unavailable, server + ": answered " + std::to_string(answer->status)};
  return success();
}

}  // namespace everdial
