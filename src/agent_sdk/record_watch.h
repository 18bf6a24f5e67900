#pragma once

#include <optional>
#include <vector>

#include "base/time.h"
#include "model/doubt.h"

namespace everdial::desk {

/// Whether desktops are better off at another server: ours is without the record while another's is not, by what the servers tell each
/// other. A machine that is shown what the failure detector says of the agent_sdks.
/// - Another is heard and says nothing of the kind: it has the record.
/// - Those that are heard say the same as we: the database is away for all, and desktops stay where they are.
/// - Nobody is heard: as likely as not it is we who are cut off. Without record and peers there is nothing to stay for.
class RecordWatch {
 public:
  struct Settings {
    /// Whoever has lost the database with us has said so by then: one server may notice it 1.2 s after another (act_assured and
    /// act_unrenewed of ha/lease_machine.h), and the word of it takes its time.
    Duration others_say_so_within = 2s;
  };
  explicit RecordWatch(Settings settings) : settings_(settings) {}

  using Standing = std::optional<DoubtKind>;  ///< of an agent_sdk; empty: nothing is wrong with it
  struct Seen {
    Standing here;
    std::vector<Standing> others;  ///< those that lived when the record was last read
  };
  /// True: desktops are to go.
  bool look(const Seen& seen, Instant now);

 private:
  Settings settings_;
  std::optional<Instant> since_;  ///< ours is without the record and another may have it
};

}  // namespace everdial::desk
