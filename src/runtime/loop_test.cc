#include "runtime/loop.h"

#include <gtest/gtest.h>
#include <unistd.h>

#include <csignal>
#include <mutex>

namespace everdial {
namespace {

TEST(Loop, timers_run_in_the_order_of_their_times) {
  Loop loop;
  std::string order;
  const Instant begun = loop.steady();
  const auto late = loop.after(20ms, [&] { order += 'b', loop.stop(); });
  const auto early = loop.after(1ms, [&] { order += 'a'; });
  loop.run();
  EXPECT_EQ(order, "ab");
  EXPECT_GE(loop.steady() - begun, 20ms);
}

TEST(Loop, a_destroyed_timer_does_not_run_even_when_it_was_due) {
  Loop loop;
  bool ran = false;
  std::unique_ptr<Timer> second;
  const auto first = loop.after(1ms, [&] { second.reset(); });
  second = loop.after(1ms, [&] { ran = true; });
  const auto end = loop.after(10ms, [&] { loop.stop(); });
  loop.run();
  EXPECT_FALSE(ran);
}

TEST(Loop, a_timer_may_replace_itself) {
  Loop loop;
  int turns = 0;
  std::unique_ptr<Timer> timer;
  std::function<void()> tick = [&] {
    if (++turns == 5) return loop.stop();
    timer = loop.after(1ms, tick);
  };
  timer = loop.after(1ms, tick);
  loop.run();
  EXPECT_EQ(turns, 5);
}

TEST(Loop, tells_of_signals_and_readable_fds) {
  Loop loop;
  int fds[2];
  ASSERT_EQ(pipe(fds), 0);
  std::string got;
  std::unique_ptr<Timer> watch;
  watch = loop.on_readable(fds[0], [&] {
    char c;
    if (read(fds[0], &c, 1) == 1) got += c;
    if (got == "xy") watch.reset(), loop.stop();
  });
  loop.on_signal(SIGUSR1, [&] { ASSERT_EQ(write(fds[1], "y", 1), 1); });
  loop.post([&] {
    ASSERT_EQ(write(fds[1], "x", 1), 1);
    kill(getpid(), SIGUSR1);
  });
  loop.run();
  EXPECT_EQ(got, "xy");
  close(fds[0]);
  close(fds[1]);
}

TEST(StoreThreads, run_a_lane_in_order_and_lanes_side_by_side) {
  Loop loop;
  std::vector<int> order;
  std::mutex meeting;
  std::condition_variable met;
  int here = 0;
  int left = 102;
  const auto done = [&] {
    if (--left == 0) loop.stop();
  };
  {
    StoreThreads threads{loop, 2};
    for (int i = 0; i < 100; ++i)
      threads.run(
          1, [&, i] { order.push_back(i); }, done);
    // Each waits for the other: they end only when they run at the same time.
    const auto meet = [&] {
      std::unique_lock lock{meeting};
      ++here;
      met.notify_all();
      met.wait(lock, [&] { return here == 2; });
    };
    threads.run(2, meet, done);
    threads.run(3, meet, done);
    loop.run();
  }
  ASSERT_EQ(order.size(), 100u);
  EXPECT_TRUE(std::is_sorted(order.begin(), order.end()));
}

}  // namespace
}  // namespace everdial
