#pragma once

#include <functional>
#include <memory>
#include <optional>
#include <vector>

#include "campaign_director/alarm_machine.h"
#include "campaign_director/alarm_store.h"
#include "runtime/directory.h"
#include "runtime/seams.h"

namespace everdial {

/// Raises and clears alarms while its process is the common director, and tells them to a webhook.
class AlarmService {
 public:
  struct Settings {
    AlarmMachine::Settings machine;
    Duration look_every = 1s;
    /// Tells the webhook; blocking, on a store thread. None when empty.
    std::function<Status(const std::string& body)> post;
    Duration first_wait = 2s;  ///< before the second try; doubled with each
    Duration longest_wait = 10min;
    int most_tries = 12;                                      ///< about an hour and a half; then it is given up
    std::function<void(const AlarmEffect&)> note;             ///< for the log
    std::function<void(const std::string& error)> gave_up;    ///< the same
    std::function<void(const std::vector<AlarmName>&)> open;  ///< all that are open, for counting; with each look
  };

  AlarmService(Seams& seams, AlarmStore& store, const Directory& directory, std::function<void(const LeaseGrant&)> fenced,
               Settings settings);

  void acquired(const LeaseGrant& grant);
  void lost();

 private:
  void look();
  void seen(AlarmFacts facts);
  void tell();
  void look_again();
  /// Runs only while we act under the grant under which it began; a stale one ends there.
  template <class Work, class Done>
  void run(Work work, Done done);

  Seams& seams_;
  AlarmStore& store_;
  const Directory& directory_;
  std::function<void(const LeaseGrant&)> fenced_;
  Settings settings_;
  AlarmMachine machine_;
  std::optional<LeaseGrant> grant_;
  std::unique_ptr<Timer> timer_;
  bool telling_ = false;
};

}  // namespace everdial
