#pragma once

#include <optional>

#include "model/messages.h"

namespace everdial {

/// What a call needs now, given what has happened and all that is known of it; empty: nothing, it goes on by itself. A session keeps no
/// state but the call's record, so any application server can steer any call at any moment, and doing it twice does no harm.
std::optional<CallCommand> next_command(const CallEvents::Event& event);

}  // namespace everdial
