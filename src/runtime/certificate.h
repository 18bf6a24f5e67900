#pragma once

#include <string>

#include "base/result.h"

namespace everdial {

/// Whether others will take this certificate (PEM, with its chain) for `host`: the key is its own, the authority has signed it, it is
/// valid now, and it is for this name or address. The error says what is wrong with it.
Status check_certificate(const std::string& certificate, const std::string& key, const std::string& authority, const std::string& host);

}  // namespace everdial
