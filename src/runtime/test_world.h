#pragma once

#include <map>
#include <memory>
#include <string>
#include <utility>

#include "runtime/seams.h"

namespace everdial {

/// The seams for tests of one or two services: virtual time, store calls and messages that take one turn of the loop. What goes wrong
/// between processes is the simulator's matter; here a peer is a handler, and one that is not there does not answer.
class TestWorld : public Clock, public Random, public StoreExecutor {
 public:
  Instant now() const override { return now_ + wall_ahead; }
  Instant steady() const override { return now_; }
  uint64_t next() override { return seed_ = seed_ * 6364136223846793005u + 1442695040888963407u; }

  std::unique_ptr<Timer> after(Duration delay, std::function<void()> fn) override {
    auto armed = std::make_shared<std::function<void()>>(std::move(fn));
    due_.emplace(now_ + delay, [weak = std::weak_ptr(armed)] {
      if (const auto still = weak.lock()) {
        const auto keep = *still;  // the callback may destroy its own timer
        keep();
      }
    });
    return std::make_unique<Armed>(std::move(armed));
  }
  void post(std::function<void()> fn) override { due_.emplace(now_, std::move(fn)); }
  void run(uint64_t, std::function<void()> work, std::function<void()> done) override {
    post([work = std::move(work), done = std::move(done)] {
      work();
      done();
    });
  }

  /// The network as the process that listens on `self` sees it.
  class Wire : public Network {
   public:
    Wire(TestWorld& world, Address self) : world_(world), self_(std::move(self)) {}
    void request(const Address& to, Request request, Duration timeout, ReplyFn reply) override {
      world_.due_.emplace(world_.now_, [this, to, timeout, request = std::move(request), reply = std::move(reply)]() mutable {
        const auto found = world_.peers.find(to);
        if (found == world_.peers.end()) return reply(Error{ErrorKind::unavailable, to.value + " does not answer"});
        auto answered = std::make_shared<bool>(false);
        const auto once = [answered, reply](Result<Reply> result) {
          if (!std::exchange(*answered, true)) reply(std::move(result));
        };
        world_.due_.emplace(world_.now_ + timeout, [once] { once(Error{ErrorKind::unavailable, "timed out"}); });
        found->second(std::move(request),
                      [this, once](Result<Reply> result) { world_.post([once, result = std::move(result)] { once(result); }); });
      });
    }
    void serve(RequestHandler handler) override { world_.peers[self_] = std::move(handler); }

   private:
    TestWorld& world_;
    Address self_;
  };

  /// Everything that falls due within `time`.
  void pass(Duration time) {
    const Instant until = now_ + time;
    while (!due_.empty() && due_.begin()->first <= until) {
      auto next = due_.extract(due_.begin());
      now_ = std::max(now_, next.key());
      next.mapped()();
    }
    now_ = until;
  }

  std::map<Address, RequestHandler> peers;
  Duration wall_ahead{};  ///< set it, and the wall clock has been set

 private:
  struct Armed : Timer {
    explicit Armed(std::shared_ptr<std::function<void()>> fn) : fn_(std::move(fn)) {}
    std::shared_ptr<std::function<void()>> fn_;
  };

  Instant now_ = from_micros(1'800'000'000'000'000);
  uint64_t seed_ = 1;
  std::multimap<Instant, std::function<void()>> due_;
};

}  // namespace everdial
