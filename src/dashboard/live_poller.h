#pragma once

#include <condition_variable>
#include <mutex>
#include <string>
#include <thread>

#include "base/result.h"
#include "dashboard/job_rates.h"
#include "dashboard/live_feed.h"

namespace everdial {

namespace pg {
class Pool;
class Connection;
}  // namespace pg

/// Looks at the record each second and tells the feed what it finds; now and then removes what has expired. A thread of its own.
class LivePoller {
 public:
  LivePoller(pg::Pool& pool, LiveFeed& feed, JobRates& rates, std::string server, std::string version);
  ~LivePoller();

 private:
  void run();
  Status look(pg::Connection& db);

  pg::Pool& pool_;
  LiveFeed& feed_;
  JobRates& rates_;
  const std::string server_, version_;
  std::mutex mutex_;
  std::condition_variable stop_;
  bool stopping_ = false;
  std::thread thread_;
};

}  // namespace everdial
