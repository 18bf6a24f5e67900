#pragma once

namespace everdial {

/// Of this program, as its build names it.
extern const char* const kVersion;

}  // namespace everdial
