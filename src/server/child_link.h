#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "model/doubt.h"

namespace everdial::server {

// What a server and its child tell each other over the socket that the child inherits; message boundaries are kept, nobody ever waits.

/// From the child, each 100 ms: its loop turns.
inline constexpr char kFit = '.';
inline constexpr char kWithoutDatabase = '!';  ///< it turns, but does not act, since the database does not answer

/// To the child: there may be a lease for it.
inline constexpr std::string_view kWake = "wake\n";

/// To the child, ten times a second.
inline constexpr size_t kLargestOutlook = 128 * 1024;
std::string encode(const Outlook& outlook);
/// Empty when it is anything else.
std::optional<Outlook> decode_outlook(std::string_view text);

}  // namespace everdial::server
