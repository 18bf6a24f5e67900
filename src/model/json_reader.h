#pragma once

#include <algorithm>
#include <nlohmann/json.hpp>
#include <optional>
#include <string>
#include <vector>

#include "base/enum_names.h"
#include "base/result.h"
#include "base/time.h"

// How the JSON of this folder is read; included by its .cc files alone.

namespace everdial::model_json {

using nlohmann::json;

inline Error wrong(const std::string& field, const std::string& what) { return Error{ErrorKind::invalid, "/" + field + ": " + what}; }

/// Reads the fields of one JSON object and keeps the first thing that is wrong.
class Reader {
 public:
  Reader(const json& object, std::string of) : object_(object), of_(std::move(of)) {}

  void seconds(const char* field, Duration& out, double least, double most) {
    double value = std::chrono::duration<double>(out).count();
    number(field, value, least, most);
    out = Duration{static_cast<int64_t>(value * 1e6)};
  }
  void integer(const char* field, int& out, int least, int most) {
    double value = out;
    number(field, value, least, most);
    if (!error_ && value != static_cast<int>(value)) error_ = wrong(field, "must be a whole number");
    out = static_cast<int>(value);
  }
  void real(const char* field, double& out, double least, double most) { number(field, out, least, most); }
  void boolean(const char* field, bool& out) {
    if (const json* v = find(field)) {
      if (v->is_boolean()) out = v->get<bool>();
      else error_ = wrong(field, "must be true or false");
    }
  }
  void text(const char* field, std::string& out, size_t most) {
    if (const json* v = find(field)) {
      if (!v->is_string()) error_ = wrong(field, "must be a text");
      else if (v->get_ref<const std::string&>().size() > most)
        error_ = wrong(field, "must be at most " + std::to_string(most) + " characters");
      else if (v->get_ref<const std::string&>().find('\0') != std::string::npos) error_ = wrong(field, "must not hold NUL");
      else out = v->get<std::string>();
    }
  }
  template <class E>
  void choice(const char* field, E& out) {
    std::string name{to_string(out)};
    text(field, name, 100);
    if (const auto value = parse_enum<E>(name)) out = *value;
    else if (!error_) error_ = wrong(field, "must be one of " + names<E>());
  }
  const json* find(const char* field) {
    known_.push_back(field);
    if (error_) return nullptr;
    const auto found = object_.find(field);
    return found == object_.end() ? nullptr : &*found;
  }
  void fail(Error error) {
    if (!error_) error_ = std::move(error);
  }
  std::optional<Error> finish() {
    for (const auto& [key, value] : object_.items())
      if (!error_ && std::find(known_.begin(), known_.end(), key) == known_.end()) error_ = wrong(key, "is not a field of " + of_);
    return error_;
  }
  template <class E>
  static std::string names() {
    std::string all;
    for (const auto& [value, name] : enum_names<E>) all += (all.empty() ? "" : ", ") + std::string(name);
    return all;
  }

 private:
  void number(const char* field, double& out, double least, double most) {
    if (const json* v = find(field)) {
      if (!v->is_number()) error_ = wrong(field, "must be a number");
      else if (const double value = v->get<double>(); !(value >= least && value <= most))
        error_ = wrong(field, "must be from " + json(least).dump() + " to " + json(most).dump());
      else out = value;
    }
  }

  const json& object_;
  const std::string of_;
  std::vector<std::string> known_;
  std::optional<Error> error_;
};

/// A fault inside a field: "/2/code: ..." of "codes" becomes "/codes/2/code: ...".
inline Error inside(const char* field, const Error& error) {
  return {error.kind, "/" + std::string(field) + error.message.substr(error.message.starts_with("/:") ? 1 : 0)};
}

/// What `read` makes of a field, when it is given.
template <class T, class Read>
void read_inside(Reader& reader, const char* field, T& out, Read read) {
  const json* given = reader.find(field);
  if (!given) return;
  auto value = read(*given);
  if (value.ok()) out = std::move(*value);
  else reader.fail(inside(field, value.error()));
}

}  // namespace everdial::model_json
