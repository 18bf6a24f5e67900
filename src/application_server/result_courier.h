#pragma once

#include <map>
#include <memory>
#include <string>
#include <unordered_map>
#include <vector>

#include "model/messages.h"
#include "runtime/directory.h"
#include "runtime/seams.h"

namespace everdial {

/// Brings call records to the owners of their jobs, many to a message, one message per job under way. Only the newest record of a call
/// is kept waiting, and what cannot be delivered is dropped: the MPP tells of an ended call until its owner has settled it.
class ResultCourier {
 public:
  struct Settings {
    Duration gather = 5ms;
    Duration timeout = 2s;
    size_t most = 500;  ///< records in one message
  };

  ResultCourier(Seams& seams, const Directory& directory, Settings settings) : seams_(seams), directory_(directory), settings_(settings) {}

  void send(CallRecord record);

 private:
  struct Job {
    std::vector<CallRecord> waiting;
    std::unordered_map<AttemptId, size_t> places;  ///< in `waiting`
    bool under_way = false;
  };
  void deliver();
  void deliver_to(const Resource& resource, Job& job);

  Seams& seams_;
  const Directory& directory_;
  Settings settings_;
  std::map<Resource, Job> jobs_;
  std::unique_ptr<Timer> timer_;
  std::shared_ptr<char> alive_ = std::make_shared<char>();
};

}  // namespace everdial
