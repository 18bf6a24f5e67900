#pragma once

#include <functional>
#include <memory>

#include "runtime/pg.h"

namespace everdial {

/// Tells when a lease has become free or is meant for somebody. It only wakes: who misses it sees the same at the next poll. One
/// connection per server, on a thread of its own.
class LeaseBell {
 public:
  /// `rung` is called on the bell's thread, also after each connect, for what may have been missed before.
  LeaseBell(pg::Settings settings, std::function<void()> rung);
  ~LeaseBell();
  LeaseBell(const LeaseBell&) = delete;
  LeaseBell& operator=(const LeaseBell&) = delete;

 private:
  struct State;
  std::unique_ptr<State> state_;
};

}  // namespace everdial
