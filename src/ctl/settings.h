#pragma once

#include <functional>
#include <optional>
#include <string>
#include <vector>

namespace everdial::ctl {

/// Where the servers are and who we are: command line, then environment, then the file.
struct Settings {
  std::vector<std::string> servers;
  std::string ca_file;
  std::string token, token_from;  ///< the token, and where it was found; both empty: none
  std::string file;               ///< the configuration file
  std::string token_file;         ///< where `login` puts its token
};

using Environment = std::function<std::optional<std::string>(const std::string&)>;

/// What the command line gives; empty: not given.
struct GivenSettings {
  std::string file, token_file, ca_file;
  std::vector<std::string> servers;
};

/// Throws Failure(kUsage) when a file cannot be read or says something unknown.
Settings load_settings(const GivenSettings& given, const Environment& environment);

/// Readable for its owner alone.
void save_token(const std::string& file, const std::string& token);

}  // namespace everdial::ctl
