#pragma once

namespace everdial {

/// Reports a bug of ours on standard error and aborts; never returns.
[[noreturn]] void check_failed(const char* condition, const char* file, int line);

}  // namespace everdial

/// An assertion that stays in release builds: for our own bugs, never for bad input.
#define EVERDIAL_CHECK(condition) ((condition) ? static_cast<void>(0) : ::everdial::check_failed(#condition, __FILE__, __LINE__))
