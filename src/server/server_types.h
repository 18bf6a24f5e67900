#pragma once

#include <set>
#include <string>
#include <variant>
#include <vector>

#include "base/time.h"
#include "model/component_action.h"
#include "model/doubt.h"
#include "model/ids.h"

namespace everdial::server {

/// One process that this server keeps running: "mpp" with instance "1", "dashboard" with none.
struct ChildName {
  std::string component;
  std::string instance;
  auto operator<=>(const ChildName&) const = default;
};
inline std::string to_string(const ChildName& name) {
  return name.instance.empty() ? name.component : name.component + "/" + name.instance;
}

// ---- inputs: facts -----------------------------------------------------------------------------------------------------------

struct ChildStarted {
  ChildName child;
  Incarnation incarnation;
};
struct ChildNotStarted {
  ChildName child;
};
struct ChildProgressed {  ///< its loop has turned
  ChildName child;
  bool fit = true;  ///< when not, it does not act, since the database does not answer it
};
struct ChildExited {
  ChildName child;
};
struct SessionsRenewed {  ///< or not: the answer to RenewSessions is there
};
struct DeadBuried {
  std::vector<Incarnation> dead;
};
struct DeadNotBuried {};
struct ServerTick {};
struct DrainRequested {};
struct ComponentOrder {
  std::string component;
  ComponentAction action = ComponentAction::restart;
};
struct WishesSeen {                    ///< what people want, as the record has it
  std::set<std::string> stopped;       ///< components that are not to run
  std::vector<ComponentOrder> orders;  ///< each is told once
};
using Input = std::variant<ChildStarted, ChildNotStarted, ChildProgressed, ChildExited, SessionsRenewed, DeadBuried, DeadNotBuried,
                           ServerTick, DrainRequested, WishesSeen>;

// ---- effects: requests -------------------------------------------------------------------------------------------------------

struct StartChild {
  ChildName child;
};
struct DrainChild {  ///< SIGTERM
  ChildName child;
};
struct KillChild {  ///< SIGKILL
  ChildName child;
  std::string reason;
};
struct RenewSessions {
  std::vector<Incarnation> incarnations;
};
struct BuryDead {  ///< release their leases, delete their sessions
  std::vector<Incarnation> dead;
  std::string reason;
};
struct ExitServer {};
using Effect = std::variant<StartChild, DrainChild, KillChild, RenewSessions, BuryDead, ExitServer>;

}  // namespace everdial::server
