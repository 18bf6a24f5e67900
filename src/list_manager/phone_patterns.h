#pragma once

#include <cstddef>
#include <cstdint>
#include <string_view>

// The automaton that phone_patterns.py makes at build time; what it accepts is told there.

namespace everdial::phone_patterns {

/// Numbers without a plus in the list's region.
struct Region {
  std::string_view name;             ///< "DE"
  std::string_view country_code;     ///< "49"
  std::string_view national_prefix;  ///< "0" where it is a plain one, else empty
  uint16_t start;
};

extern const uint16_t next[][10];       ///< by state and digit
extern const uint16_t first_accepting;  ///< this state and all after it
extern const uint16_t international;    ///< where numbers with a plus begin
extern const Region regions[];          ///< by ascending name
extern const size_t region_count;

}  // namespace everdial::phone_patterns
