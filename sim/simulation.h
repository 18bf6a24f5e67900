#pragma once

#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <queue>
#include <set>
#include <string>
#include <vector>

#include "runtime/seams.h"

// Virtual time, and processes that live in it. One seed, one history: nothing here or above reads a real clock or a real random.

namespace everdial::sim {

/// The queue of all that is yet to happen.
class Timeline {
 public:
  explicit Timeline(uint64_t seed) : state_(seed * 0x9E3779B97F4A7C15ull + 0x1234567) {}

  Instant now() const { return now_; }
  void after(Duration delay, std::function<void()> fn);
  /// Makes the next thing happen; false when nothing is left.
  bool step();
  uint64_t events() const { return events_; }

  uint64_t random();
  double uniform();  ///< [0, 1)
  Duration between(Duration least, Duration most);
  bool chance(double probability) { return uniform() < probability; }
  size_t pick(size_t n) { return static_cast<size_t>(random() % n); }

 private:
  struct Event {
    Instant at;
    uint64_t order;
    std::function<void()> fn;
    bool operator<(const Event& other) const { return at != other.at ? at > other.at : order > other.order; }
  };
  std::priority_queue<Event> queue_;
  Instant now_ = Instant{} + std::chrono::hours(24 * 365 * 56) + std::chrono::hours(12);
  uint64_t order_ = 0, events_ = 0;
  uint64_t state_;
};

/// What can go wrong with a statement on its way to the database and back.
enum class StoreFault { none, unavailable, lost_answer };

/// Delays, losses and cuts between servers, and between servers and the database; "" names the database.
class Weather {
 public:
  double loss = 0;           ///< of each message between processes
  double duplicate = 0;      ///< of each request
  double store_failure = 0;  ///< of each store call: half fail before, half lose their answer
  Duration slowest = 3ms;    ///< of a message
  Duration slowest_store = 4ms;
  void cut(const std::string& a, const std::string& b) {
    cut_one_way(a, b);
    cut_one_way(b, a);
  }
  void cut_one_way(const std::string& from, const std::string& to) { cuts_.insert({from, to}); }
  void heal() { cuts_.clear(); }
  const std::set<std::pair<std::string, std::string>>& cuts() const { return cuts_; }
  bool reaches(const std::string& from, const std::string& to) const { return from == to || !cuts_.contains({from, to}); }

 private:
  std::set<std::pair<std::string, std::string>> cuts_;  ///< from, to
};

class Process;

/// Everything that processes share: time, weather, addresses.
struct Ground {
  Timeline timeline;
  Weather weather;
  std::map<Address, Process*> listening;
  std::set<std::string> dark;                 ///< servers without power: nothing there answers, not even that nobody listens
  StoreFault store_fault = StoreFault::none;  ///< of the store call under way
  std::function<void(const Process& from, const Address& to, Request&)> on_request;  ///< a test's hand on messages
  std::function<void(const std::string& who, const std::string& what)> narrate;      ///< for transcripts
  std::string stale_commit;     ///< the last one that a store let pass; must stay empty
  std::string wrong_take_over;  ///< the last one from a holder that was being renewed; must stay empty
  std::map<Incarnation, Instant> renewed_at;
  Duration database_ahead{};  ///< of the timeline: the database's clock can be set, and processes live by it
  uint64_t clock_sets = 0;
  uint64_t effects = 0;      ///< changes written and requests sent so far
  uint64_t fail_effect = 0;  ///< this one fails: a change is not made or its answer is lost, a request is lost; 0: none

  Instant database_now() const { return timeline.now() + database_ahead; }
  void set_database_clock(Duration by) {
    database_ahead += by;
    ++clock_sets;
  }
  /// Counts an effect; true when it is the one to fail.
  bool effect_fails() { return ++effects == fail_effect; }
  void tell(const std::string& who, const std::string& what) const {
    if (narrate) narrate(who, what);
  }
  explicit Ground(uint64_t seed) : timeline(seed) {}
};

/// One life of one process: the seams its services see. Its death ends all its callbacks at once; what it has sent may still arrive,
/// and a statement on its way to the database may still be executed.
class Process final : public Clock, public StoreExecutor, public Network, public Random {
 public:
  Process(Ground& ground, std::string server, std::string name, Address address);
  ~Process() override;

  Seams& seams() { return seams_; }
  const std::string& server() const { return server_; }
  const std::string& name() const { return name_; }
  const Address& address() const { return address_; }

  void pause();   ///< SIGSTOP
  void resume();  ///< SIGCONT
  bool paused() const { return life_->paused; }
  /// Since when it has lived without a break.
  Instant running_since() const { return running_since_; }
  void die();  ///< SIGKILL; the object stays for what is on its way
  bool alive() const { return life_->alive; }

  /// Looked up once a second, so that what the database's clock was set by is known here a while later.
  Instant now() const override;
  Instant steady() const override { return ground_.timeline.now(); }
  std::unique_ptr<Timer> after(Duration delay, std::function<void()> fn) override;
  void post(std::function<void()> fn) override;
  void run(uint64_t lane, std::function<void()> work, std::function<void()> done) override;
  void request(const Address& to, Request request, Duration timeout, ReplyFn reply) override;
  void serve(RequestHandler handler) override;
  /// Datagrams: lost like any message, never answered; `refused` when the machine says that nobody hears there.
  void send_datagram(const Address& to, std::string bytes, std::function<void()> refused);
  void hear_datagrams(std::function<void(const std::string&)> handler);
  uint64_t next() override { return ground_.timeline.random(); }

 private:
  struct Life {
    bool alive = true;
    bool paused = false;
    std::vector<std::function<void()>> held;  ///< what happened to it while it was paused
  };
  /// Runs `fn` on this process's loop: now, when it resumes, or never.
  static void enter(const std::shared_ptr<Life>& life, std::function<void()> fn);
  void deliver(const Address& to, const std::shared_ptr<Request>& request, const std::shared_ptr<ReplyFn>& answered, Duration delay);

  Ground& ground_;
  std::string server_, name_;
  Address address_;
  std::shared_ptr<Life> life_ = std::make_shared<Life>();
  RequestHandler handler_;
  std::function<void(const std::string&)> hear_;
  Instant running_since_;
  mutable uint64_t clock_set_ = 0;  ///< the last setting that has been noticed
  mutable Duration ahead_{};
  mutable std::optional<Instant> notices_at_;
  std::map<uint64_t, Instant> lane_free_;
  Seams seams_{*this, *this, *this, *this};
};

}  // namespace everdial::sim
