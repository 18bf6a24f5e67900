#pragma once

#include <nlohmann/json_fwd.hpp>

#include "ctl/ctl.h"

namespace everdial::ctl {

/// What a person may fix about a CSV file; the rest is found out from it.
class FileOptions {
 public:
  explicit FileOptions(Command& command);
  /// As the API takes it.
  nlohmann::json to_json() const;

 private:
  Command::Text separator_, phone_, ref_, zone_, region_;
  std::shared_ptr<bool> no_header_;
};

}  // namespace everdial::ctl
