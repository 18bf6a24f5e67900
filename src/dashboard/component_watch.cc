#include "dashboard/component_watch.h"

#include <algorithm>

namespace everdial {

ComponentWatch::Verdict ComponentWatch::step(const ServerStatus& server, const std::optional<std::string>& stopped_by) {
  const Processes now = processes(server);
  if (!seen_.empty()) {
    // One that died and runs again between two looks has died.
    const bool lives = std::any_of(seen_.begin(), seen_.end(), [&](const Incarnation& one) { return now.living.contains(one); });
    if (!lives) return {now.states, false, {}, stopped_by ? End::stopped : End::died};
    seen_ = now.living;
    return {now.states, true};
  }
  if (server.state == ComponentState::STOPPED) return {"waits: everdial server does not run here (systemctl start everdial)"};
  if (!known(server)) return {"this server is not to run it (server.components of its configuration)", false, {}, End::not_here};
  if (stopped_by == kServiceManager) return {"is being started", false, ComponentAction::start};
  if (stopped_by)
    return {"stopped by " + *stopped_by + ": everdialctl component start " + server.name + " " + component_, false, {}, End::not_wanted};
  if (now.run) seen_ = now.living;
  return {now.states, now.run};
}

ComponentWatch::Verdict ComponentWatch::stop(const ServerStatus& server, const std::optional<std::string>& stopped_by) const {
  if (!known(server)) return {"stopped", false, {}, End::stopped};
  const Processes now = processes(server);
  if (!stopped_by) return {now.states, false, ComponentAction::stop};
  if (now.living.empty()) return {"stopped", false, {}, End::stopped};
  return {now.states};
}

ComponentWatch::Processes ComponentWatch::processes(const ServerStatus& server) const {
  Processes out;
  for (const ComponentStatus& process : server.components) {
    if (process.component != component_) continue;
    out.states += (out.states.empty() ? "" : ", ") + std::string(to_string(process.state));
    if (process.state == ComponentState::STOPPED || process.state == ComponentState::STARTING) continue;
    out.living.insert(process.incarnation);
    out.run = out.run || process.state != ComponentState::STOPPING;
  }
  return out;
}

bool ComponentWatch::known(const ServerStatus& server) const {
  const auto& components = server.known.components;
  return std::find(components.begin(), components.end(), component_) != components.end();
}

}  // namespace everdial
