#pragma once

#include <functional>
#include <memory>
#include <optional>

#include "campaign_director/history_store.h"
#include "runtime/seams.h"

namespace everdial {

/// The common director's history of jobs (C-10, C-12, C-13): takes up results as they come, and after a gap all that came meanwhile.
class HistoryService {
 public:
  struct Settings {
    Duration look_every = 1s;  ///< once it has caught up
    HistoryLimits limits;
    /// Told of each day that got an alarm; it stands in the record by then.
    std::function<void(const NuisanceAlarm&)> raised = [](const NuisanceAlarm&) {};
  };

  HistoryService(Seams& seams, HistoryStore& store, std::function<void(const LeaseGrant&)> fenced, Settings settings)
      : seams_(seams), store_(store), fenced_(std::move(fenced)), settings_(std::move(settings)) {}

  void acquired(const LeaseGrant& grant);  ///< the lease `campaign_director` is ours
  void lost(const LeaseGrant& grant);

 private:
  void step();

  Seams& seams_;
  HistoryStore& store_;
  std::function<void(const LeaseGrant&)> fenced_;
  Settings settings_;
  std::optional<LeaseGrant> grant_;
  std::unique_ptr<Timer> timer_;
  std::shared_ptr<char> life_;  ///< of the present grant
};

}  // namespace everdial
