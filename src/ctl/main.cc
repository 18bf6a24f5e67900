#include <unistd.h>

#include <cstdlib>
#include <iostream>

#include "ctl/ctl.h"

int main(int argc, char** argv) {
  everdial::ctl::Ctl ctl{.out = std::cout,
                         .err = std::cerr,
                         .in = std::cin,
                         .err_is_terminal = isatty(STDERR_FILENO) == 1,
                         .environment = [](const std::string& name) {
                           const char* value = std::getenv(name.c_str());
                           return value ? std::optional<std::string>(value) : std::nullopt;
                         }};
  return everdial::ctl::run({argv + 1, argv + argc}, ctl);
}
