#pragma once

#include <atomic>
#include <condition_variable>
#include <deque>
#include <functional>
#include <memory>
#include <mutex>
#include <random>
#include <thread>
#include <unordered_map>
#include <vector>

#include "runtime/seams.h"

namespace boost::asio {
class io_context;
}

namespace everdial {

/// What this machine's clock says.
Instant system_now();

/// The real clock and loop of a process: one thread runs it, any may post.
class Loop final : public Clock {
 public:
  Loop();
  ~Loop() override;

  void run();   ///< until stop(); may be run again
  void stop();  ///< from any thread

  /// The system's time of day when the loop was made, and what has passed since: a clock that is set meanwhile changes nothing.
  Instant now() const override;
  Instant steady() const override;
  std::unique_ptr<Timer> after(Duration delay, std::function<void()> fn) override;
  void post(std::function<void()> fn) override;

  /// From now on the time of day is so far ahead of steady().
  void set_wall_ahead(Duration ahead) { wall_ahead_ = ahead; }

  /// `fn` runs on the loop for each such signal; the signal's own action no longer happens in this process.
  void on_signal(int number, std::function<void()> fn);
  /// `fn` runs on the loop whenever `fd` can be read (or has been closed at the other end), until the watch is destroyed. The caller
  /// keeps and closes the fd, after the watch.
  std::unique_ptr<Timer> on_readable(int fd, std::function<void()> fn);

  boost::asio::io_context& context();  ///< for those who speak Asio themselves

 private:
  struct State;
  std::unique_ptr<State> state_;
  std::atomic<Duration> wall_ahead_;
};

/// Threads for blocking store calls. Calls of one lane run in order, one at a time.
class StoreThreads final : public StoreExecutor {
 public:
  StoreThreads(Clock& clock, int threads);
  ~StoreThreads() override;  ///< waits for the calls that run; those that wait are dropped

  void run(uint64_t lane, std::function<void()> work, std::function<void()> done) override;

 private:
  struct Call {
    std::function<void()> work, done;
  };
  void serve();

  Clock& clock_;
  std::mutex mutex_;
  std::condition_variable changed_;
  std::unordered_map<uint64_t, std::deque<Call>> lanes_;  ///< a lane is here while it runs or waits
  std::deque<uint64_t> ready_;                            ///< lanes with a call to run, none running
  bool stopping_ = false;
  std::vector<std::thread> threads_;
};

class SystemRandom final : public Random {
 public:
  SystemRandom();
  uint64_t next() override { return engine_(); }

 private:
  std::mt19937_64 engine_;
};

}  // namespace everdial
