#pragma once

#include <algorithm>
#include <cstdint>

namespace everdial {

/// How many times fewer repeats tests of many histories make in builds that look for errors in the code, not in histories.
#if defined(__SANITIZE_THREAD__) || defined(__SANITIZE_ADDRESS__)
inline constexpr uint64_t kFewer = 30;
#else
inline constexpr uint64_t kFewer = 1;
#endif

constexpr uint64_t repeats(uint64_t in_a_plain_build) { return std::max<uint64_t>(1, in_a_plain_build / kFewer); }

}  // namespace everdial
