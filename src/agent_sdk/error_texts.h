#pragma once

#include <optional>
#include <string>

namespace everdial::desk {

struct ErrorText {
  int code = 0;
  std::string error;  ///< the code's name
  std::string text;   ///< what it means and what to do, for agents
};

/// Of each code that a desktop may be refused with.
std::optional<ErrorText> error_text(int code);

}  // namespace everdial::desk
