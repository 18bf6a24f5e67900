#pragma once

#include <sys/types.h>

#include <string>
#include <vector>

#include "base/result.h"
#include "model/ids.h"

namespace everdial::server {

/// How a server and its children know each other; see src/main/process.h for the child's side.
inline constexpr const char* kLinkFdVariable = "EVERDIAL_LINK_FD";
inline constexpr const char* kIncarnationVariable = "EVERDIAL_INCARNATION";
inline constexpr const char* kParentVariable = "EVERDIAL_PARENT";

struct ChildProcess {
  pid_t pid = 0;
  int link_fd = -1;  ///< our end of the socket between us (child_link.h); the caller closes it
};

/// Starts `program` with `arguments` (the first is its name), our environment and output, and the three variables above.
Result<ChildProcess> start_child(const std::string& program, const std::vector<std::string>& arguments, const Incarnation& incarnation);

}  // namespace everdial::server
