#pragma once

#include <cstddef>
#include <cstdint>

// The table that time_zones.py makes at build time.

namespace everdial::time_zones {

struct Prefix {
  uint32_t digits;  ///< of the prefix, behind a leading 1
  uint16_t group;   ///< where its zones begin in `groups`
  uint16_t zones;
};

extern const int longest_prefix;
extern const char* const names[];
extern const uint16_t groups[];  ///< numbers of names; of several zones the likeliest first
extern const Prefix prefixes[];  ///< by ascending `digits`
extern const size_t prefix_count;

}  // namespace everdial::time_zones
