#pragma once

#include <stdexcept>
#include <string>

namespace everdial::ctl {

/// What the shell is told. Scripts rely on these: they are part of the program's interface.
enum ExitCode {
  kDone = 0,
  kRefused = 1,      ///< the server said no: wrong input, or not possible now
  kUsage = 2,        ///< the command line or the configuration is wrong
  kNotAllowed = 3,   ///< not logged in, or not with this role
  kNotFound = 4,     ///< no such list, job, ...
  kUnreachable = 5,  ///< no server answered, or none could reach the database
  kEndedBadly = 6,   ///< what was waited for ended otherwise: an import failed, a job was stopped
};

/// Ends the command; caught in one place (run), which prints the text and returns the code.
class Failure : public std::runtime_error {
 public:
  Failure(ExitCode code, const std::string& text) : std::runtime_error(text), code(code) {}
  ExitCode code;
};

}  // namespace everdial::ctl
