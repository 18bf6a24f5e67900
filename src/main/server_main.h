#pragma once

#include <filesystem>

#include "runtime/config.h"

namespace everdial {

/// `everdial server`: runs until it has drained; gives the exit code. `config_file` is handed to the components.
int run_server(const Config& config, const std::filesystem::path& config_file);

}  // namespace everdial
