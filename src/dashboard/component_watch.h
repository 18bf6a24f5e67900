#pragma once

#include <optional>
#include <set>
#include <string>

#include "dashboard/system_status.h"
#include "model/component_action.h"

namespace everdial {

/// What the unit of one component is to say and to do, so that a service manager shows what is true: the unit is up while a process of the
/// component lives, and has ended when none does, for whatever reason.
class ComponentWatch {
 public:
  /// Exit codes; 1 is to be tried again.
  enum class End {
    stopped = 0,     ///< by order, of whomever
    died = 1,        ///< its server starts it again
    not_here = 2,    ///< the server is not to run it
    not_wanted = 3,  ///< a person has stopped it: only people start it again
  };
  struct Verdict {
    std::string status;  ///< for people, in the words of the status page
    bool ready = false;  ///< it runs
    std::optional<ComponentAction> order = std::nullopt;
    std::optional<End> end = std::nullopt;
  };

  explicit ComponentWatch(std::string component) : component_(std::move(component)) {}

  /// To be asked again and again. `stopped_by`: when the component is stopped by order.
  Verdict step(const ServerStatus& server, const std::optional<std::string>& stopped_by);
  /// The same from when the unit is to be stopped.
  Verdict stop(const ServerStatus& server, const std::optional<std::string>& stopped_by) const;

 private:
  struct Processes {
    std::string states;
    std::set<Incarnation> living;
    bool run = false;  ///< one of them is not about to end
  };
  Processes processes(const ServerStatus& server) const;
  bool known(const ServerStatus& server) const;

  std::string component_;
  std::set<Incarnation> seen_;  ///< living when last looked; empty until it runs
};

}  // namespace everdial
