#pragma once

#include <string>
#include <utility>
#include <variant>

#include "base/check.h"
#include "base/enum_names.h"

namespace everdial {

/// What kind of operating error it is; decides whether the caller tries again, gives up, or stops acting as master.
enum class ErrorKind {
  invalid,      ///< the input is wrong; trying again cannot help
  not_found,    ///< the thing named does not exist
  conflict,     ///< the state has changed meanwhile
  fenced,       ///< the lease is not ours any more: stop acting
  unavailable,  ///< database, peer or trunk out of reach; nothing was done
  unknown,      ///< it may or may not have been done (connection lost in a commit)
  overloaded,   ///< refused because of load; try again later
  internal,     ///< a bug or an unexpected answer
};
template <>
inline constexpr auto enum_names<ErrorKind> = std::to_array<std::pair<ErrorKind, std::string_view>>({
    {ErrorKind::invalid, "invalid"},
    {ErrorKind::not_found, "not_found"},
    {ErrorKind::conflict, "conflict"},
    {ErrorKind::fenced, "fenced"},
    {ErrorKind::unavailable, "unavailable"},
    {ErrorKind::unknown, "unknown"},
    {ErrorKind::overloaded, "overloaded"},
    {ErrorKind::internal, "internal"},
});

struct Error {
  ErrorKind kind = ErrorKind::internal;
  std::string message;  ///< what was wrong, where, and what to do; one line, no secrets
};

/// A value or an Error: for operating errors. Bugs of ours are EVERDIAL_CHECK.
template <class T>
class [[nodiscard]] Result {
 public:
  Result(T value) : state_(std::in_place_index<0>, std::move(value)) {}
  Result(Error error) : state_(std::in_place_index<1>, std::move(error)) {}

  bool ok() const { return state_.index() == 0; }
  explicit operator bool() const { return ok(); }

  T& value() & {
    EVERDIAL_CHECK(ok());
    return std::get<0>(state_);
  }
  const T& value() const& {
    EVERDIAL_CHECK(ok());
    return std::get<0>(state_);
  }
  /// By value, so that `for (auto& x : call().value())` does not walk over what is gone.
  T value() && {
    EVERDIAL_CHECK(ok());
    return std::get<0>(std::move(state_));
  }
  const Error& error() const {
    EVERDIAL_CHECK(!ok());
    return std::get<1>(state_);
  }
  T* operator->() { return &value(); }
  const T* operator->() const { return &value(); }
  T& operator*() & { return value(); }
  const T& operator*() const& { return value(); }

 private:
  std::variant<T, Error> state_;
};

using Status = Result<std::monostate>;
inline Status success() { return std::monostate{}; }

}  // namespace everdial
