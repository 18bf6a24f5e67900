#include "runtime/loop.h"

#include <boost/asio/io_context.hpp>
#include <boost/asio/posix/stream_descriptor.hpp>
#include <boost/asio/post.hpp>
#include <boost/asio/signal_set.hpp>
#include <boost/asio/steady_timer.hpp>
#include <utility>  // before Asio, which forgets it

namespace everdial {
namespace {

namespace asio = boost::asio;

class AsioTimer final : public Timer {
 public:
  AsioTimer(asio::io_context& context, Duration delay, std::function<void()> fn)
      : shot_(std::make_shared<Shot>(asio::steady_timer{context, std::max(delay, Duration::zero())}, std::move(fn))) {
    shot_->timer.async_wait([shot = shot_](const boost::system::error_code& error) {
      // A shot already queued when the timer is destroyed finds its function gone.
      if (!error && shot->fn) std::exchange(shot->fn, nullptr)();
    });
  }
  ~AsioTimer() override {
    shot_->fn = nullptr;
    shot_->timer.cancel();
  }

 private:
  struct Shot {
    Shot(asio::steady_timer t, std::function<void()> f) : timer(std::move(t)), fn(std::move(f)) {}
    asio::steady_timer timer;
    std::function<void()> fn;
  };
  std::shared_ptr<Shot> shot_;
};

class AsioWatch final : public Timer {
 public:
  AsioWatch(asio::io_context& context, int fd, std::function<void()> fn) : watched_(std::make_shared<Watched>(context, fd, std::move(fn))) {
    wait(watched_);
  }
  ~AsioWatch() override {
    watched_->alive = false;
    watched_->descriptor.release();
  }

 private:
  struct Watched {
    Watched(asio::io_context& context, int fd, std::function<void()> f) : descriptor(context, fd), fn(std::move(f)) {}
    asio::posix::stream_descriptor descriptor;
    std::function<void()> fn;
    bool alive = true;
  };
  static void wait(const std::shared_ptr<Watched>& watched) {
    watched->descriptor.async_wait(asio::posix::stream_descriptor::wait_read, [watched](const boost::system::error_code& error) {
      if (error || !watched->alive) return;
      watched->fn();
      if (watched->alive) wait(watched);
    });
  }
  std::shared_ptr<Watched> watched_;
};

}  // namespace

struct Loop::State {
  asio::io_context context{1};
  asio::executor_work_guard<asio::io_context::executor_type> work{context.get_executor()};
  struct Signal {
    asio::signal_set set;
    std::function<void()> fn;
  };
  std::vector<std::unique_ptr<Signal>> signals;

  static void wait(Signal& signal) {
    signal.set.async_wait([&signal](const boost::system::error_code& error, int) {
      if (error) return;
      signal.fn();
      wait(signal);
    });
  }
};

Loop::Loop() : state_(std::make_unique<State>()), wall_ahead_(system_now() - steady()) {}
Loop::~Loop() = default;

void Loop::run() {
  state_->context.restart();
  state_->context.run();
}
void Loop::stop() { state_->context.stop(); }
boost::asio::io_context& Loop::context() { return state_->context; }

Instant system_now() { return std::chrono::floor<Duration>(std::chrono::system_clock::now()); }
Instant Loop::now() const { return steady() + wall_ahead_.load(); }
Instant Loop::steady() const { return Instant{std::chrono::floor<Duration>(std::chrono::steady_clock::now().time_since_epoch())}; }

std::unique_ptr<Timer> Loop::after(Duration delay, std::function<void()> fn) {
  return std::make_unique<AsioTimer>(state_->context, delay, std::move(fn));
}
void Loop::post(std::function<void()> fn) { asio::post(state_->context, std::move(fn)); }

void Loop::on_signal(int number, std::function<void()> fn) {
  auto& signal = state_->signals.emplace_back(new State::Signal{asio::signal_set{state_->context, number}, std::move(fn)});
  State::wait(*signal);
}
std::unique_ptr<Timer> Loop::on_readable(int fd, std::function<void()> fn) {
  return std::make_unique<AsioWatch>(state_->context, fd, std::move(fn));
}

StoreThreads::StoreThreads(Clock& clock, int threads) : clock_(clock) {
  for (int i = 0; i < threads; ++i) threads_.emplace_back([this] { serve(); });
}

StoreThreads::~StoreThreads() {
  {
    const std::lock_guard lock{mutex_};
    stopping_ = true;
  }
  changed_.notify_all();
  for (auto& thread : threads_) thread.join();
}

void StoreThreads::run(uint64_t lane, std::function<void()> work, std::function<void()> done) {
  {
    const std::lock_guard lock{mutex_};
    const auto [calls, idle] = lanes_.try_emplace(lane);
    calls->second.push_back({std::move(work), std::move(done)});
    if (!idle) return;
    ready_.push_back(lane);
  }
  changed_.notify_one();
}

void StoreThreads::serve() {
  std::unique_lock lock{mutex_};
  for (;;) {
    changed_.wait(lock, [this] { return stopping_ || !ready_.empty(); });
    if (stopping_) return;
    const uint64_t lane = ready_.front();
    ready_.pop_front();
    Call call = std::move(lanes_.at(lane).front());
    lanes_.at(lane).pop_front();
    lock.unlock();
    call.work();
    call.work = nullptr;  // what it holds is released before `done` runs
    clock_.post(std::move(call.done));
    lock.lock();
    if (lanes_.at(lane).empty()) {
      lanes_.erase(lane);
    } else {
      ready_.push_back(lane);
      changed_.notify_one();
    }
  }
}

SystemRandom::SystemRandom() {
  std::random_device device;
  std::seed_seq seed{device(), device(), device(), device()};
  engine_.seed(seed);
}

}  // namespace everdial
