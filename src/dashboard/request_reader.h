#pragma once

#include <functional>
#include <nlohmann/json_fwd.hpp>
#include <optional>
#include <string>
#include <vector>

#include "base/enum_names.h"
#include "base/result.h"
#include "dashboard/problem.h"

namespace everdial {

struct TextLimits {
  size_t least = 0;
  size_t most = 200;                     ///< characters
  std::string_view allowed_punctuation;  ///< when given: ASCII letters, digits and these only
};

/// Who logs in: an account or an agent.
inline constexpr TextLimits kLoginName{.least = 1, .most = 100, .allowed_punctuation = "_.@-"};
inline constexpr TextLimits kNewPassword{.least = 10, .most = 1000};
inline constexpr TextLimits kZoneName{.least = 1, .most = 100, .allowed_punctuation = "_.-"};

/// All values, for a message: "pause, resume, stop".
template <class E>
std::string names_of() {
  std::string all;
  for (const auto& [value, name] : enum_names<E>) all += (all.empty() ? "" : ", ") + std::string(name);
  return all;
}

/// E.164: '+' and 7 to 15 digits.
bool is_phone(std::string_view text);

/// Reads the fields of a JSON object and collects everything that is wrong, so that a form can show it all at once.
class BodyReader {
 public:
  explicit BodyReader(const nlohmann::json& body, std::string pointer = "");

  std::string text(const char* field, const TextLimits& limits);  ///< required
  std::string text_or(const char* field, const TextLimits& limits, std::string otherwise);
  std::optional<std::string> optional_text(const char* field, const TextLimits& limits);
  int64_t integer(const char* field, int64_t least, int64_t most);  ///< required
  int64_t integer_or(const char* field, int64_t least, int64_t most, int64_t otherwise);
  std::optional<double> optional_number(const char* field, double above, double most);
  std::optional<double> optional_number_from(const char* field, double least, double most);
  std::optional<bool> optional_boolean(const char* field);
  double number_or(const char* field, double above, double most, double otherwise);
  std::vector<std::string> phones(const char* field, size_t most);  ///< required, at least one
  std::vector<int64_t> ids(const char* field, size_t most);         ///< required, at least one, each once
  std::vector<std::string> texts(const char* field, size_t most);   ///< required, at least one, none of them empty
  /// An array of objects, one after the other; none when there is no such member. What is wrong in them is told with the rest.
  void objects(const char* field, size_t most, const std::function<void(BodyReader&)>& read);
  /// What the model read of a member, or its fault at the field: "/ring_timeout_s: must be ..." becomes "/strategy/ring_timeout_s".
  template <class T>
  void take(Result<T> read, const std::string& field, T& out) {
    if (read.ok()) out = std::move(*read);
    else fail_inside(field, read.error().message);
  }
  /// The member as it is, null when there is none.
  const nlohmann::json* member(const char* field);

  template <class E>
  std::optional<E> optional_choice(const char* field) {
    const auto name = optional_text(field, {});
    if (!name) return std::nullopt;
    const auto value = parse_enum<E>(*name);
    if (!value) fail(field, "must be one of " + names_of<E>());
    return value;
  }
  template <class E>
  E choice(const char* field, E otherwise, bool required = true) {
    if (required) require(field);
    return optional_choice<E>(field).value_or(otherwise);
  }

  void fail(const std::string& field, std::string detail);
  /// What was wrong, unknown members included.
  std::optional<Problem> finish();

 private:
  bool require(const char* field);
  void fail_inside(const std::string& field, const std::string& message);
  std::optional<int64_t> optional_integer(const char* field, int64_t least, int64_t most);

  const nlohmann::json& body_;
  std::string pointer_;
  std::vector<std::string> known_;
  std::vector<FieldError> errors_;
};

/// The same for query parameters.
class QueryReader {
 public:
  explicit QueryReader(const TextMap& query) : query_(query) {}

  std::optional<int64_t> id(const char* name);
  int64_t integer_or(const char* name, int64_t least, int64_t most, int64_t otherwise);
  std::optional<std::string> text(const char* name);
  std::optional<std::string> phone(const char* name);
  template <class E>
  std::optional<E> choice(const char* name) {
    const auto text = this->text(name);
    if (!text) return std::nullopt;
    const auto value = parse_enum<E>(*text);
    if (!value) fail(name, "must be one of " + names_of<E>());
    return value;
  }
  void fail(const std::string& name, std::string detail);
  std::optional<Problem> finish();

 private:
  std::optional<int64_t> optional_integer(const char* name, int64_t least, int64_t most);

  const TextMap& query_;
  std::vector<std::string> known_;
  std::vector<FieldError> errors_;
};

/// A whole number with nothing around it.
std::optional<int64_t> parse_integer(std::string_view text);

}  // namespace everdial
