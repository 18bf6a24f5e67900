#include "agent_sdk/record_watch.h"

#include <algorithm>

namespace everdial::desk {

bool RecordWatch::look(const Seen& seen, Instant now) {
  const auto some = [&](const Standing& standing) {
    return std::find(seen.others.begin(), seen.others.end(), standing) != seen.others.end();
  };
  const bool away_for_others = some(DoubtKind::without_database);
  const bool another = some(std::nullopt) || (some(DoubtKind::server_silent) && !away_for_others);
  if (seen.here != DoubtKind::without_database || !another) since_.reset();
  else if (!since_) since_ = now;
  return since_ && now - *since_ >= settings_.others_say_so_within;
}

}  // namespace everdial::desk
