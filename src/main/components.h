#pragma once

#include <string>

#include "main/process.h"

namespace everdial {

/// Makes the services of a component and puts them together with what the process gives.
Result<Duties> make_duties(const std::string& component, Process& process);

}  // namespace everdial
