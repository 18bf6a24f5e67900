#pragma once

#include <vector>

#include "base/time.h"
#include "model/ids.h"

namespace everdial {

/// Those of the addresses at which nobody takes a TCP connection within `patience`, in their order. All are tried at once. Blocking.
std::vector<Address> out_of_reach(const std::vector<Address>& addresses, Duration patience);

}  // namespace everdial
