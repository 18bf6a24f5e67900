#include "dashboard/request_reader.h"

#include <charconv>
#include <nlohmann/json.hpp>
#include <set>

namespace everdial {
namespace {

using nlohmann::json;

size_t characters(const std::string& text) {
  return static_cast<size_t>(std::count_if(text.begin(), text.end(), [](char c) { return (c & 0xc0) != 0x80; }));
}

bool is_plain(char c, std::string_view punctuation) {
  return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || punctuation.find(c) != std::string_view::npos;
}

/// A name as a step of a JSON pointer (RFC 6901).
std::string step(std::string_view name) {
  std::string out;
  for (const char c : name) out += c == '~' ? "~0" : c == '/' ? "~1" : std::string(1, c);
  return out;
}

std::string range(const json& least, const json& most) { return "must be from " + least.dump() + " to " + most.dump(); }

}  // namespace

bool is_phone(std::string_view text) {
  return text.size() >= 8 && text.size() <= 16 && text[0] == '+' &&
         std::all_of(text.begin() + 1, text.end(), [](char c) { return c >= '0' && c <= '9'; });
}

std::optional<int64_t> parse_integer(std::string_view text) {
  int64_t value = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
  if (error != std::errc{} || end != text.data() + text.size() || text.empty()) return std::nullopt;
  return value;
}

// ---- BodyReader --------------------------------------------------------------------------------------------------------------

BodyReader::BodyReader(const json& body, std::string pointer) : body_(body), pointer_(std::move(pointer)) {
  if (!body_.is_object()) errors_.push_back({pointer_, "must be an object"});
}

const json* BodyReader::member(const char* field) {
  known_.emplace_back(field);
  if (!body_.is_object()) return nullptr;
  const auto found = body_.find(field);
  return found == body_.end() ? nullptr : &*found;
}

bool BodyReader::require(const char* field) {
  if (!body_.is_object()) return false;
  if (body_.contains(field)) return true;
  fail(field, "is missing");
  return false;
}

std::optional<std::string> BodyReader::optional_text(const char* field, const TextLimits& limits) {
  const json* value = member(field);
  if (!value) return std::nullopt;
  if (!value->is_string()) return fail(field, "must be a text"), std::nullopt;
  const auto& text = value->get_ref<const std::string&>();
  const size_t length = characters(text);
  if (!is_storable_text(text)) fail(field, "must not hold NUL");
  else if (length < limits.least)
    fail(field, limits.least == 1 ? "must not be empty" : "must have at least " + std::to_string(limits.least) + " characters");
  else if (length > limits.most) fail(field, "must have at most " + std::to_string(limits.most) + " characters");
  else if (!limits.allowed_punctuation.empty() &&
           !std::all_of(text.begin(), text.end(), [&](char c) { return is_plain(c, limits.allowed_punctuation); }))
    fail(field, "must hold letters, digits and " + std::string(limits.allowed_punctuation) + " only");
  else return text;
  return std::nullopt;
}

std::string BodyReader::text(const char* field, const TextLimits& limits) {
  require(field);
  return optional_text(field, limits).value_or("");
}

std::string BodyReader::text_or(const char* field, const TextLimits& limits, std::string otherwise) {
  return optional_text(field, limits).value_or(std::move(otherwise));
}

std::optional<int64_t> BodyReader::optional_integer(const char* field, int64_t least, int64_t most) {
  const json* value = member(field);
  if (!value) return std::nullopt;
  if (!value->is_number_integer()) return fail(field, "must be a whole number"), std::nullopt;
  // Above the signed range it is unsigned: too large in any case.
  const bool too_large = value->is_number_unsigned() && value->get<uint64_t>() > static_cast<uint64_t>(most);
  if (too_large || value->get<int64_t>() < least || value->get<int64_t>() > most) return fail(field, range(least, most)), std::nullopt;
  return value->get<int64_t>();
}

int64_t BodyReader::integer(const char* field, int64_t least, int64_t most) {
  require(field);
  return optional_integer(field, least, most).value_or(least);
}

int64_t BodyReader::integer_or(const char* field, int64_t least, int64_t most, int64_t otherwise) {
  return optional_integer(field, least, most).value_or(otherwise);
}

void BodyReader::fail_inside(const std::string& field, const std::string& message) {
  const size_t colon = message.find(": ");
  const std::string pointer = message.substr(0, colon);
  fail(field + (pointer == "/" ? "" : pointer), colon == std::string::npos ? message : message.substr(colon + 2));
}

std::optional<double> BodyReader::optional_number(const char* field, double above, double most) {
  const json* value = member(field);
  if (!value) return std::nullopt;
  if (!value->is_number()) return fail(field, "must be a number"), std::nullopt;
  const auto number = value->get<double>();
  if (!(number > above && number <= most))
    return fail(field, "must be above " + json(above).dump() + " and at most " + json(most).dump()), std::nullopt;
  return number;
}

std::optional<double> BodyReader::optional_number_from(const char* field, double least, double most) {
  const json* value = member(field);
  if (!value) return std::nullopt;
  if (!value->is_number()) return fail(field, "must be a number"), std::nullopt;
  const auto number = value->get<double>();
  if (!(number >= least && number <= most)) return fail(field, range(least, most)), std::nullopt;
  return number;
}

double BodyReader::number_or(const char* field, double above, double most, double otherwise) {
  return optional_number(field, above, most).value_or(otherwise);
}

std::optional<bool> BodyReader::optional_boolean(const char* field) {
  const json* value = member(field);
  if (!value) return std::nullopt;
  if (!value->is_boolean()) return fail(field, "must be true or false"), std::nullopt;
  return value->get<bool>();
}

std::vector<std::string> BodyReader::texts(const char* field, size_t most) {
  require(field);
  const json* value = member(field);
  if (!value) return {};
  std::vector<std::string> out;
  if (value->is_array() && !value->empty() && value->size() <= most)
    for (const json& one : *value)
      if (one.is_string() && !one.get_ref<const std::string&>().empty() && is_storable_text(one.get_ref<const std::string&>()))
        out.push_back(one.get<std::string>());
  if (out.empty() || out.size() != value->size()) fail(field, "must be an array of 1 to " + std::to_string(most) + " texts");
  return out;
}

void BodyReader::objects(const char* field, size_t most, const std::function<void(BodyReader&)>& read) {
  const json* all = member(field);
  if (!all) return;
  if (!all->is_array() || all->size() > most) return fail(field, "must be an array of at most " + std::to_string(most));
  for (size_t i = 0; i < all->size(); ++i) {
    BodyReader one((*all)[i], pointer_ + "/" + field + "/" + std::to_string(i));
    read(one);
    if (auto wrong = one.finish()) std::move(wrong->errors.begin(), wrong->errors.end(), std::back_inserter(errors_));
  }
}

std::vector<int64_t> BodyReader::ids(const char* field, size_t most) {
  require(field);
  const json* value = member(field);
  if (!value) return {};
  std::set<int64_t> out;
  if (value->is_array() && value->size() <= most)
    for (const json& one : *value)
      if (one.is_number_integer() && one.get<int64_t>() > 0) out.insert(one.get<int64_t>());
  if (out.empty() || out.size() != value->size()) fail(field, "must be an array of 1 to " + std::to_string(most) + " ids, each once");
  return {out.begin(), out.end()};
}

std::vector<std::string> BodyReader::phones(const char* field, size_t most) {
  require(field);
  const json* value = member(field);
  if (!value) return {};
  if (!value->is_array() || value->empty() || value->size() > most) {
    fail(field, "must be an array of 1 to " + std::to_string(most) + " numbers");
    return {};
  }
  std::vector<std::string> out;
  for (size_t i = 0; i < value->size(); ++i) {
    const json& one = (*value)[i];
    if (one.is_string() && is_phone(one.get_ref<const std::string&>())) out.push_back(one.get<std::string>());
    else fail(field + std::string("/") + std::to_string(i), "must be E.164: + and 7 to 15 digits");
    if (errors_.size() >= 20) break;  // enough to see what is wrong with the rest
  }
  return out;
}

void BodyReader::fail(const std::string& field, std::string detail) { errors_.push_back({pointer_ + "/" + field, std::move(detail)}); }

std::optional<Problem> BodyReader::finish() {
  if (body_.is_object())
    for (const auto& [key, value] : body_.items())
      if (std::find(known_.begin(), known_.end(), key) == known_.end()) fail(step(key), "is not known here");
  if (errors_.empty()) return std::nullopt;
  return invalid_problem(std::move(errors_));
}

// ---- QueryReader -------------------------------------------------------------------------------------------------------------

std::optional<std::string> QueryReader::text(const char* name) {
  known_.emplace_back(name);
  const auto found = query_.find(name);
  if (found == query_.end()) return std::nullopt;
  return found->second;
}

std::optional<int64_t> QueryReader::optional_integer(const char* name, int64_t least, int64_t most) {
  const auto value = text(name);
  if (!value) return std::nullopt;
  const auto number = parse_integer(*value);
  if (!number || *number < least || *number > most) {
    fail(name, most == INT64_MAX ? "must be a whole number from " + std::to_string(least) : range(least, most));
    return std::nullopt;
  }
  return number;
}

std::optional<int64_t> QueryReader::id(const char* name) { return optional_integer(name, 1, INT64_MAX); }

int64_t QueryReader::integer_or(const char* name, int64_t least, int64_t most, int64_t otherwise) {
  return optional_integer(name, least, most).value_or(otherwise);
}

std::optional<std::string> QueryReader::phone(const char* name) {
  auto value = text(name);
  if (value && !is_phone(*value)) fail(name, "must be E.164: + (in a query written %2B or +) and 7 to 15 digits");
  return value;
}

void QueryReader::fail(const std::string& name, std::string detail) { errors_.push_back({"?" + name, std::move(detail)}); }

std::optional<Problem> QueryReader::finish() {
  for (const auto& [name, value] : query_)
    if (std::find(known_.begin(), known_.end(), name) == known_.end()) fail(name, "is not known here");
  if (errors_.empty()) return std::nullopt;
  return invalid_problem(std::move(errors_));
}

}  // namespace everdial
