#pragma once

#include <cstdint>
#include <cstdio>

#include "model/ids.h"
#include "runtime/seams.h"

namespace everdial {

/// A new life's name: a random UUID (version 4).
inline Incarnation new_incarnation(Random& random) {
  const uint64_t a = random.next(), b = random.next();
  char text[37];
  std::snprintf(text, sizeof text, "%08x-%04x-4%03x-%04x-%04x%08x", static_cast<unsigned>(a >> 32),
                static_cast<unsigned>(a >> 16) & 0xffffu, static_cast<unsigned>(a) & 0xfffu,
                (static_cast<unsigned>(b >> 48) & 0x3fffu) | 0x8000u, static_cast<unsigned>(b >> 32) & 0xffffu, static_cast<unsigned>(b));
  return Incarnation{text};
}

}  // namespace everdial
