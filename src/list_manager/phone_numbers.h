#pragma once

#include <string>
#include <string_view>

namespace everdial {

namespace phone_patterns {
struct Region;
}

/// A telephone number as a list has it, in the one form Everdial dials, or why it cannot be dialed.
struct PhoneReading {
  std::string e164;          ///< "+12015550123"; empty when refused
  std::string_view refusal;  ///< what a person needs to know to put it right; empty when not refused
};

/// Reads the numbers of one list: those without a country code belong to `region` (ISO 3166, "US").
class PhoneNumbers {
 public:
  static bool is_region(const std::string& region);

  explicit PhoneNumbers(std::string region);

  PhoneReading read(std::string_view text) const;
  /// What libphonenumber says. `read` says the same, but has most numbers from an automaton made of libphonenumber's own expressions,
  /// forty times as fast.
  PhoneReading read_by_library(std::string_view text) const;

 private:
  std::string read_at_a_glance(std::string_view text) const;

  std::string region_;
  const phone_patterns::Region* patterns_;  ///< null: numbers without country code are left to libphonenumber
};

/// The IANA zone a number lies in by its prefix. Where the prefix has several: `list_zone` if it is one of them, else the one of most
/// of the country's numbers. Where the prefix tells nothing (satellite, international freephone): `list_zone`.
std::string_view time_zone_of(std::string_view e164, std::string_view list_zone);

}  // namespace everdial
