#pragma once

#include <filesystem>
#include <string>

#include "base/result.h"

namespace everdial {

/// Where alarms are told: an HTTPS POST of JSON, signed, so that its receiver knows whom it is from.
struct AlarmWebhook {
  std::string url;     ///< https://host[:port]/path
  std::string secret;  ///< shared with the receiver
  std::string ca_file;

  /// Blocking, at most 5 s. Anything but a 2xx answer is an error.
  Status post(const std::string& body) const;
};

/// HMAC-SHA256 of "TIMESTAMP.BODY" in hexadecimal, as it stands in X-Everdial-Signature beside X-Everdial-Timestamp.
std::string webhook_signature(const std::string& secret, const std::string& timestamp, const std::string& body);

}  // namespace everdial
