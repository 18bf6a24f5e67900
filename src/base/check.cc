#include "base/check.h"

#include <cstdio>
#include <cstdlib>

namespace everdial {

void check_failed(const char* condition, const char* file, int line) {
  std::fprintf(stderr, "everdial: bug: %s is not true at %s:%d\n", condition, file, line);
  std::fflush(stderr);
  std::abort();
}

}  // namespace everdial
