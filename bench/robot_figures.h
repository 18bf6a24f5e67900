#pragma once

#include <map>
#include <string>
#include <vector>

#include "base/time.h"

namespace everdial::robots {

/// What all robots have seen since the last report.
struct Figures {
  int64_t calls = 0;     ///< conversations begun
  int64_t log_outs = 0;  ///< that no robot asked for
  int64_t sessions_lost = 0;
  int64_t resumed = 0;  ///< sessions that went on over another connection
  int64_t missed = 0;   ///< notices that no server had any more
  int64_t lines_lost = 0;
  Duration logged_on{}, talking{};         ///< of all robots together
  Duration longest_offline{};              ///< from the loss of a connection until the session went on
  std::vector<Duration> answers;           ///< of each command, from the wish to its answer, whatever failed meanwhile
  std::map<std::string, int64_t> refused;  ///< "release: wrong_call_state"
};

/// One line of JSON; `robots` of which `on` are logged on, for `period`.
std::string to_json(Figures figures, size_t robots, size_t on, Duration period);

}  // namespace everdial::robots
