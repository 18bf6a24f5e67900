#include "sim/simulation.h"

namespace everdial::sim {

void Timeline::after(Duration delay, std::function<void()> fn) {
  queue_.push({now_ + std::max(delay, Duration{0}), ++order_, std::move(fn)});
}

bool Timeline::step() {
  if (queue_.empty()) return false;
  Event event = std::move(const_cast<Event&>(queue_.top()));
  queue_.pop();
  now_ = event.at;
  ++events_;
  event.fn();
  return true;
}

uint64_t Timeline::random() {  // splitmix64 (Steele, Lea, Flood 2014)
  uint64_t z = (state_ += 0x9E3779B97F4A7C15ull);
  z = (z ^ (z >> 30)) * 0xBF58476D1CE4E5B9ull;
  z = (z ^ (z >> 27)) * 0x94D049BB133111EBull;
  return z ^ (z >> 31);
}

double Timeline::uniform() { return static_cast<double>(random() >> 11) * 0x1.0p-53; }

Duration Timeline::between(Duration least, Duration most) {
  return least + Duration{static_cast<int64_t>(uniform() * static_cast<double>((most - least).count()))};
}

namespace {

class SimTimer final : public Timer {
 public:
  explicit SimTimer(std::shared_ptr<bool> armed) : armed_(std::move(armed)) {}
  ~SimTimer() override { *armed_ = false; }

 private:
  std::shared_ptr<bool> armed_;
};

}  // namespace

Process::Process(Ground& ground, std::string server, std::string name, Address address)
    : ground_(ground),
      server_(std::move(server)),
      name_(std::move(name)),
      address_(std::move(address)),
      running_since_(ground.timeline.now()),
      clock_set_(ground.clock_sets),
      ahead_(ground.database_ahead) {}

Process::~Process() { die(); }

Instant Process::now() const {
  const Instant real = ground_.timeline.now();
  if (clock_set_ != ground_.clock_sets) {
    if (!notices_at_) notices_at_ = real + ground_.timeline.between(0ms, 1s);
    if (real >= *notices_at_) {
      clock_set_ = ground_.clock_sets;
      ahead_ = ground_.database_ahead;
      notices_at_.reset();
    }
  }
  return real + ahead_;
}

void Process::die() {
  life_->alive = false;
  life_->held.clear();
  const auto found = ground_.listening.find(address_);
  if (found != ground_.listening.end() && found->second == this) ground_.listening.erase(found);
}

void Process::pause() { life_->paused = true; }

void Process::resume() {
  life_->paused = false;
  running_since_ = ground_.timeline.now();
  auto held = std::exchange(life_->held, {});
  for (auto& fn : held) post(std::move(fn));
}

void Process::enter(const std::shared_ptr<Life>& life, std::function<void()> fn) {
  if (!life->alive) return;
  if (life->paused) life->held.push_back(std::move(fn));
  else fn();
}

std::unique_ptr<Timer> Process::after(Duration delay, std::function<void()> fn) {
  auto armed = std::make_shared<bool>(true);
  ground_.timeline.after(delay, [life = life_, armed, fn = std::move(fn)] {
    enter(life, [armed, fn] {
      if (*armed) fn();
    });
  });
  return std::make_unique<SimTimer>(armed);
}

void Process::post(std::function<void()> fn) {
  ground_.timeline.after(Duration{1}, [life = life_, fn = std::move(fn)] { enter(life, fn); });
}

void Process::run(uint64_t lane, std::function<void()> work, std::function<void()> done) {
  Timeline& timeline = ground_.timeline;
  Instant& free = lane_free_[lane];
  const Instant start = std::max(free, timeline.now()) + timeline.between(100us, ground_.weather.slowest_store);
  Duration back = timeline.between(100us, ground_.weather.slowest_store);
  // To a database that is cut off a statement hangs until the connection is given up, or finds at once that there is no way.
  const bool reaches = ground_.weather.reaches(server_, "") && ground_.weather.reaches("", server_);
  if (!reaches && timeline.chance(0.5)) back = 3s;
  free = start + back;
  const bool outlives = timeline.chance(0.5);
  StoreFault fault = StoreFault::none;
  if (timeline.chance(ground_.weather.store_failure)) fault = timeline.chance(0.5) ? StoreFault::unavailable : StoreFault::lost_answer;
  timeline.after(start - timeline.now(), [this_ground = &ground_, life = life_, server = server_, fault, outlives, back,
                                          work = std::move(work), done = std::move(done)] {
    if (!life->alive && !outlives) return;
    const Weather& weather = this_ground->weather;
    this_ground->store_fault = !weather.reaches(server, "")   ? StoreFault::unavailable
                               : !weather.reaches("", server) ? StoreFault::lost_answer
                                                              : fault;
    work();
    this_ground->store_fault = StoreFault::none;
    this_ground->timeline.after(back, [life, done] { enter(life, done); });
  });
}

void Process::request(const Address& to, Request request, Duration timeout, ReplyFn reply) {
  Timeline& timeline = ground_.timeline;
  if (ground_.on_request) ground_.on_request(*this, to, request);
  const bool lost = ground_.effect_fails();
  auto shared = std::make_shared<Request>(std::move(request));
  auto answered = std::make_shared<ReplyFn>(std::move(reply));
  if (!lost) deliver(to, shared, answered, timeline.between(50us, ground_.weather.slowest));
  if (timeline.chance(ground_.weather.duplicate)) deliver(to, shared, answered, timeline.between(50us, 2s));
  timeline.after(timeout, [life = life_, answered] {
    enter(life, [answered] {
      if (*answered) std::exchange(*answered, nullptr)(Error{ErrorKind::unavailable, "no answer in time"});
    });
  });
}

void Process::deliver(const Address& to, const std::shared_ptr<Request>& request, const std::shared_ptr<ReplyFn>& answered,
                      Duration delay) {
  auto back = [ground = &ground_, life = life_, answered](Result<Reply> result) {
    if (ground->timeline.chance(ground->weather.loss)) return;
    ground->timeline.after(ground->timeline.between(50us, ground->weather.slowest), [life, answered, result = std::move(result)]() mutable {
      enter(life, [answered, result = std::move(result)]() mutable {
        if (*answered) std::exchange(*answered, nullptr)(std::move(result));
      });
    });
  };
  if (ground_.timeline.chance(ground_.weather.loss)) return;
  ground_.timeline.after(delay, [ground = &ground_, from = server_, to, request, back] {
    const auto found = ground->listening.find(to);
    if (found == ground->listening.end()) return back(Error{ErrorKind::unavailable, "connection refused"});
    Process& target = *found->second;
    if (!ground->weather.reaches(from, target.server_)) return;
    enter(target.life_, [&target, request, back, ground, from, server = target.server_] {
      target.handler_(*request, [back, ground, from, server](Result<Reply> result) {
        if (ground->weather.reaches(from, server)) back(std::move(result));
      });
    });
  });
}

void Process::send_datagram(const Address& to, std::string bytes, std::function<void()> refused) {
  Timeline& timeline = ground_.timeline;
  if (timeline.chance(ground_.weather.loss)) return;
  timeline.after(timeline.between(50us, ground_.weather.slowest),
                 [ground = &ground_, life = life_, from = server_, to, bytes = std::move(bytes), refused = std::move(refused)] {
                   const std::string server = to.value.substr(0, to.value.find(':'));
                   if (!ground->weather.reaches(from, server) || ground->dark.contains(server)) return;
                   const auto found = ground->listening.find(to);
                   if (found != ground->listening.end())
                     return enter(found->second->life_, [&target = *found->second, bytes] { target.hear_(bytes); });
                   if (ground->weather.reaches(server, from)) enter(life, refused);
                 });
}

void Process::hear_datagrams(std::function<void(const std::string&)> handler) {
  hear_ = std::move(handler);
  ground_.listening[address_] = this;
}

void Process::serve(RequestHandler handler) {
  handler_ = std::move(handler);
  ground_.listening[address_] = this;
}

}  // namespace everdial::sim
