#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <string>

#include "base/result.h"
#include "base/time.h"
#include "model/ids.h"
#include "model/messages.h"

// The seams between deciding and doing. Services see the world through these alone; the product and the simulator implement each.
// (The trunk's seam is mpp/trunk.h, the event sink's comes with the event relay, stores are each component's own.)

namespace everdial {

/// A timer; destroying it cancels it.
class Timer {
 public:
  virtual ~Timer() = default;
};

/// The clock and the loop of one process. All callbacks of a service run on its loop, one at a time.
class Clock {
 public:
  virtual ~Clock() = default;
  virtual Instant now() const = 0;     ///< wall clock
  virtual Instant steady() const = 0;  ///< never steps; comparable within this process only
  virtual std::unique_ptr<Timer> after(Duration delay, std::function<void()> fn) = 0;
  virtual void post(std::function<void()> fn) = 0;  ///< from any thread: run on the loop soon
};

class Random {
 public:
  virtual ~Random() = default;
  virtual uint64_t next() = 0;
};

/// Runs blocking store calls away from the loop. `work` runs on a store thread, `done` on the loop afterwards; calls given the same
/// `lane` run one after the other in order, different lanes in parallel.
class StoreExecutor {
 public:
  virtual ~StoreExecutor() = default;
  virtual void run(uint64_t lane, std::function<void()> work, std::function<void()> done) = 0;
};

using ReplyFn = std::function<void(Result<Reply>)>;
using RequestHandler = std::function<void(Request, ReplyFn)>;

/// Requests to other components. A time-out or a lost connection is ErrorKind::unavailable, and the request may have been done.
class Network {
 public:
  virtual ~Network() = default;
  virtual void request(const Address& to, Request request, Duration timeout, ReplyFn reply) = 0;
  virtual void serve(RequestHandler handler) = 0;  ///< the handler runs on the loop and answers exactly once
};

/// All of one process's seams, handed to each service.
struct Seams {
  Clock& clock;
  Random& random;
  StoreExecutor& store;
  Network& network;
};

/// store.run with a value: `work` gives it on the store thread, `done` takes it on the loop.
template <class Work, class Done>
void run_store(StoreExecutor& executor, uint64_t lane, Work work, Done done) {
  using Value = decltype(work());
  auto value = std::make_shared<std::unique_ptr<Value>>();
  executor.run(
      lane, [value, work = std::move(work)]() mutable { *value = std::make_unique<Value>(work()); },
      [value, done = std::move(done)]() mutable { done(std::move(**value)); });
}

}  // namespace everdial
