#pragma once

#include <string_view>

#include "base/enum_names.h"

namespace everdial {

/// What a person asks of one component on one server.
enum class ComponentAction {
  start,    ///< after a stop
  stop,     ///< gracefully, to stay stopped until it is started
  kill,     ///< at once (SIGKILL); it runs again by itself
  restart,  ///< gracefully, to run again at once
};
template <>
inline constexpr auto enum_names<ComponentAction> = std::to_array<std::pair<ComponentAction, std::string_view>>({
    {ComponentAction::start, "start"},
    {ComponentAction::stop, "stop"},
    {ComponentAction::kill, "kill"},
    {ComponentAction::restart, "restart"},
});

/// Who asks for what a server's service manager wants of one component. A component that it has stopped is to run again when the server was
/// stopped in good order and begins anew; one that a person has stopped is not.
inline constexpr std::string_view kServiceManager = "systemd";

}  // namespace everdial
