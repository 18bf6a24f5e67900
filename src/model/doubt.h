#pragma once

#include <string>
#include <vector>

#include "base/enum_names.h"
#include "base/time.h"
#include "model/ids.h"

namespace everdial {

/// Why a process is not to be relied on at the moment.
enum class DoubtKind {
  stuck,             ///< its own server sees no progress, or has seen it die and cannot tell the database
  without_database,  ///< its own server says that it cannot reach the database, and so has stopped acting
  server_refused,    ///< where its server listened, nobody listens any more
  server_silent,     ///< we and most of the servers that we hear have not heard its server for a while
};
template <>
inline constexpr auto enum_names<DoubtKind> = std::to_array<std::pair<DoubtKind, std::string_view>>({
    {DoubtKind::stuck, "stuck"},
    {DoubtKind::without_database, "without_database"},
    {DoubtKind::server_refused, "server_refused"},
    {DoubtKind::server_silent, "server_silent"},
});

/// What the failure detector says of one process. It is a hint: who may act is decided by the leases and the fence.
struct Doubt {
  Incarnation incarnation;
  DoubtKind kind = DoubtKind::stuck;
  Duration silence{};    ///< since its last sign of life, when it came into doubt
  std::string evidence;  ///< for the history: a JSON object
};

/// What the failure detector of a server tells that server's processes, ten times a second.
struct Outlook {
  std::vector<Doubt> doubts;  ///< all that stand
  Instant assured_until{};    ///< no other server can call ours silent before; on the steady clock
  bool isolated = false;      ///< ours and those it can talk to are fewer than half of the servers that live
};

/// A process that its own server says is not fit to act.
struct Unfit {
  Incarnation incarnation;
  DoubtKind kind = DoubtKind::stuck;  ///< stuck or without_database
  Duration for_time{};
  bool operator==(const Unfit&) const = default;
};

}  // namespace everdial
