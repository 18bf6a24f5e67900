#pragma once

#include <nlohmann/json.hpp>
#include <optional>
#include <stdexcept>
#include <string>

#include "model/agent.h"

// How the values in agents' records and notices are written as JSON; included by .cc files alone. What cannot be read throws, to be caught
// where the whole text is read.

namespace everdial::agent_fields {

using nlohmann::json;

template <class Tag>
void put(json& out, const StrongId<Tag>& id) {
  out = id.value;
}
template <class Tag>
void get(const json& in, StrongId<Tag>& id) {
  in.get_to(id.value);
}
inline void put(json& out, const AttemptId& id) { out = to_string(id); }
inline void get(const json& in, AttemptId& id) {
  const auto read = parse_attempt_id(in.get_ref<const std::string&>());
  if (!read) throw std::invalid_argument("not an attempt");
  id = *read;
}
inline void put(json& out, Instant at) { out = to_iso8601(at); }
inline void get(const json& in, Instant& at) {
  const auto read = parse_iso8601(in.get_ref<const std::string&>());
  if (!read) throw std::invalid_argument("not a time");
  at = *read;
}
template <class E>
requires std::is_enum_v<E>
void put(json& out, E value) { out = to_string(value); }
template <class E>
requires std::is_enum_v<E>
void get(const json& in, E& value) {
  const auto read = parse_enum<E>(in.get_ref<const std::string&>());
  if (!read) throw std::invalid_argument("not one of the names");
  value = *read;
}
template <class T>
requires std::is_arithmetic_v<T> || std::is_same_v<T, std::string> || std::is_same_v<T, Skills>
void put(json& out, const T& value) { out = value; }
template <class T>
requires std::is_arithmetic_v<T> || std::is_same_v<T, std::string> || std::is_same_v<T, Skills>
void get(const json& in, T& value) { in.get_to(value); }
inline void put(json& out, const AgentStates& s) {
  out = {{"agent", to_string(s.agent)}, {"nail", to_string(s.nail)}, {"call", to_string(s.call)}, {"job", to_string(s.job)}};
}
inline void get(const json& in, AgentStates& s) {
  get(in.at("agent"), s.agent);
  get(in.at("nail"), s.nail);
  get(in.at("call"), s.call);
  get(in.at("job"), s.job);
}

/// Each is called with a field's name and the field; one that is empty is left out.
struct Write {
  json& out;
  template <class T>
  void operator()(const char* name, const T& value) const {
    put(out[name], value);
  }
  template <class T>
  void operator()(const char* name, const std::optional<T>& value) const {
    if (value) put(out[name], *value);
  }
};
struct Read {
  const json& in;
  template <class T>
  void operator()(const char* name, T& value) const {
    get(in.at(name), value);
  }
  template <class T>
  void operator()(const char* name, std::optional<T>& value) const {
    if (const auto found = in.find(name); found != in.end()) get(*found, value.emplace());
  }
};

}  // namespace everdial::agent_fields
