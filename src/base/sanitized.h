#pragma once

namespace everdial {

/// Built to find errors rather than to be quick; tests that repeat themselves repeat less then.
#if defined(__SANITIZE_ADDRESS__) || defined(__SANITIZE_THREAD__)
inline constexpr bool kSanitized = true;
#else
inline constexpr bool kSanitized = false;
#endif

}  // namespace everdial
