#pragma once

namespace everdial {

/// Why an agent is logged off whose session another desktop has ended.
inline constexpr const char* kLoggedOnElsewhere = "logged on elsewhere";

}  // namespace everdial
