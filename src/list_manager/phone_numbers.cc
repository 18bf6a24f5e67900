#include "list_manager/phone_numbers.h"

#include <phonenumbers/phonenumberutil.h>

#include <algorithm>
#include <array>
#include <set>

#include "base/check.h"
#include "list_manager/phone_patterns.h"
#include "list_manager/time_zones.h"

namespace everdial {
namespace {

using i18n::phonenumbers::PhoneNumber;
using i18n::phonenumbers::PhoneNumberUtil;

std::string_view refusal_of(PhoneNumberUtil::ErrorType error) {
  switch (error) {
    case PhoneNumberUtil::INVALID_COUNTRY_CODE_ERROR:
      return "no country has this country code";
    case PhoneNumberUtil::TOO_SHORT_AFTER_IDD:
    case PhoneNumberUtil::TOO_SHORT_NSN:
      return "too short";
    case PhoneNumberUtil::TOO_LONG_NSN:
      return "too long";
    default:
      return "not a telephone number";
  }
}

std::string_view refusal_of(PhoneNumberUtil::ValidationResult result) {
  switch (result) {
    case PhoneNumberUtil::TOO_SHORT:
      return "too short";
    case PhoneNumberUtil::TOO_LONG:
      return "too long";
    case PhoneNumberUtil::IS_POSSIBLE_LOCAL_ONLY:
      return "the area code is missing";
    case PhoneNumberUtil::INVALID_COUNTRY_CODE:
      return "no country has this country code";
    default:
      return "no such number can exist in its country's numbering plan";
  }
}

}  // namespace

bool PhoneNumbers::is_region(const std::string& region) {
  static const std::set<std::string> regions = [] {
    std::set<std::string> all;
    PhoneNumberUtil::GetInstance()->GetSupportedRegions(&all);
    return all;
  }();
  return regions.contains(region);
}

PhoneNumbers::PhoneNumbers(std::string region) : region_(std::move(region)) {
  EVERDIAL_CHECK(is_region(region_));
  using namespace phone_patterns;
  const Region* const end = regions + region_count;
  const Region* const found =
      std::lower_bound(regions, end, region_, [](const Region& r, const std::string& name) { return r.name < name; });
  patterns_ = found != end && found->name == region_ ? found : nullptr;
}

PhoneReading PhoneNumbers::read(std::string_view text) const {
  std::string e164 = read_at_a_glance(text);
  if (!e164.empty()) return {.e164 = std::move(e164)};
  return read_by_library(text);
}

/// Empty when that is not enough to know.
std::string PhoneNumbers::read_at_a_glance(std::string_view text) const {
  // Digits behind a plus or none, and between them what libphonenumber takes for punctuation and nothing else.
  std::array<char, 24> digits;
  size_t count = 0;
  bool plus = false;
  for (const char c : text) {
    if (c >= '0' && c <= '9') {
      if (count == digits.size()) return {};
      digits[count++] = c;
    } else if (c == '+') {
      if (plus || count > 0) return {};
      plus = true;
    } else if (c != ' ' && c != '-' && c != '.' && c != '(' && c != ')') {
      return {};
    }
  }
  if (!plus && !patterns_) return {};
  uint16_t state = plus ? phone_patterns::international : patterns_->start;
  for (size_t i = 0; i < count; ++i) state = phone_patterns::next[state][digits[i] - '0'];
  if (state < phone_patterns::first_accepting) return {};

  const std::string_view number{digits.data(), count};
  std::string e164 = "+";
  e164.reserve(count + 5);
  if (plus || number.starts_with(patterns_->country_code)) {
    e164 += number;
  } else {
    e164 += patterns_->country_code;
    e164 += number.substr(number.starts_with(patterns_->national_prefix) ? patterns_->national_prefix.size() : 0);
  }
  return e164;
}

PhoneReading PhoneNumbers::read_by_library(std::string_view text) const {
  if (text.find_first_not_of(" \t") == std::string_view::npos) return {.refusal = "empty"};
  const PhoneNumberUtil& util = *PhoneNumberUtil::GetInstance();
  PhoneNumber number;
  if (const auto error = util.Parse(std::string(text), region_, &number); error != PhoneNumberUtil::NO_PARSING_ERROR)
    return {.refusal = refusal_of(error)};
  if (number.has_extension()) return {.refusal = "has an extension, which cannot be dialed"};
  if (!util.IsValidNumber(number)) return {.refusal = refusal_of(util.IsPossibleNumberWithReason(number))};
  PhoneReading reading;
  util.Format(number, PhoneNumberUtil::E164, &reading.e164);
  return reading;
}

std::string_view time_zone_of(std::string_view e164, std::string_view list_zone) {
  using namespace time_zones;
  // digits[n] is the prefix of n digits behind a leading 1, as the table has it.
  std::array<uint32_t, 10> digits{1};
  size_t length = 0;
  for (const char c : e164.substr(e164.starts_with('+') ? 1 : 0)) {
    if (length == static_cast<size_t>(longest_prefix)) break;
    digits[length + 1] = digits[length] * 10 + static_cast<uint32_t>(c - '0');
    ++length;
  }
  for (; length > 0; --length) {
    const Prefix* const end = prefixes + prefix_count;
    const Prefix* const found = std::lower_bound(prefixes, end, digits[length], [](const Prefix& p, uint32_t d) { return p.digits < d; });
    if (found == end || found->digits != digits[length]) continue;
    const uint16_t* const first = groups + found->group;
    const bool has_list_zone = std::any_of(first, first + found->zones, [&](uint16_t zone) { return names[zone] == list_zone; });
    return has_list_zone ? list_zone : names[*first];
  }
  return list_zone;
}

}  // namespace everdial
