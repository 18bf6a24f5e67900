#include "agent_manager/pacing_machine.h"

#include <gtest/gtest.h>
#include <rapidcheck/gtest.h>

#include <chrono>
#include <queue>
#include <random>

namespace everdial {
namespace {

constexpr PacingLimits kPlenty{1'000'000, 1'000'000};

Instant at(double seconds) { return from_micros(static_cast<int64_t>(seconds * 1e6)); }
AttemptId attempt(int64_t call) { return {JobId{1}, ContactId{call}, 1}; }

/// Callers and agents of one job: answers after 4 to 16 s, else 25 s of ringing; conversations of 120 s and 15 s of work after them.
class SmallTraffic {
 public:
  explicit SmallTraffic(int agents, PacingSettings settings = {}, PacingMemory learned = {}) : machine_(settings, std::move(learned)) {
    for (int agent = 0; agent < agents; ++agent) become_ready(agent);
  }

  void run(double minutes) {
    for (const double end = now_ + minutes * 60; now_ < end; now_ += 0.5) {
      while (!events_.empty() && events_.top().first <= now_) {
        const auto event = events_.top();
        events_.pop();
        event.second();
      }
      const int64_t calls = machine_.tick({free_channels - open(), contacts_left}, at(now_));
      most_at_once = std::max(most_at_once, calls);
      for (int64_t i = 0; i < calls; ++i) place();
      most_open = std::max(most_open, open());
    }
  }
  void log_out(int from, int to) {
    for (int agent = from; agent < to; ++agent) {
      leaving_.insert(agent);
      if (std::erase(idle_, agent) > 0) machine_.note(AgentGone{AgentId{agent}}, at(now_));
    }
  }
  double abandoned_share() const { return static_cast<double>(abandoned) / static_cast<double>(std::max<int64_t>(live, 1)); }
  void forget_counts() { live = abandoned = 0; }
  int64_t open() const { return static_cast<int64_t>(machine_.calls()); }
  PacingMachine& machine() { return machine_; }
  double now() const { return now_; }

  double answer = 0.3;
  int64_t free_channels = 1'000'000, contacts_left = 1'000'000;
  int64_t live = 0, abandoned = 0, placed = 0, most_at_once = 0, most_open = 0;

 private:
  using Event = std::pair<double, std::function<void()>>;
  struct Later {
    bool operator()(const Event& a, const Event& b) const { return a.first > b.first; }
  };
  double uniform(double from, double to) { return std::uniform_real_distribution(from, to)(random_); }
  void after(double seconds, std::function<void()> what) { events_.push({now_ + seconds, std::move(what)}); }
  void note(const PacingFact& fact) { machine_.note(fact, at(now_)); }

  void place() {
    const int64_t call = ++placed;
    --contacts_left;
    note(CallPlaced{attempt(call)});
    if (uniform(0, 1) >= answer) return after(25, [=, this] { note(CallEnded{attempt(call)}); });
    after(uniform(4, 16), [=, this] {
      note(CallAnswered{attempt(call)});
      waiting_.push_back(call);
      after(2, [=, this] {
        if (std::erase(waiting_, call) == 0) return;
        ++live, ++abandoned;
        note(CallAbandoned{attempt(call)});
      });
      connect();
    });
  }
  void become_ready(int agent) {
    idle_.push_back(agent);
    note(AgentReady{AgentId{agent}});
    connect();
  }
  void connect() {
    while (!idle_.empty() && !waiting_.empty()) {
      const int agent = idle_.front();
      note(CallConnected{attempt(waiting_.front())});
      note(AgentTalking{AgentId{agent}});
      idle_.erase(idle_.begin());
      waiting_.erase(waiting_.begin());
      ++live;
      after(std::exponential_distribution(1 / 120.)(random_), [=, this] {
        note(AgentWrapup{AgentId{agent}});
        after(uniform(10, 20), [=, this] {
          if (leaving_.contains(agent)) note(AgentGone{AgentId{agent}});
          else become_ready(agent);
        });
      });
    }
  }

  PacingMachine machine_;
  std::mt19937 random_{7};
  std::priority_queue<Event, std::vector<Event>, Later> events_;
  std::vector<int> idle_;
  std::vector<int64_t> waiting_;
  std::set<int> leaving_;
  double now_ = 0;
};

TEST(PacingMachine, without_history_begins_with_few_more_calls_than_agents) {
  PacingMachine machine{{}};
  for (int agent = 0; agent < 20; ++agent) machine.note(AgentReady{AgentId{agent}}, at(0));
  const int64_t calls = machine.tick(kPlenty, at(0));
  EXPECT_GE(calls, 20);
  EXPECT_LE(calls, 40);
}

TEST(PacingMachine, keeps_the_cap_from_the_first_hour_on_without_history) {
  SmallTraffic traffic(25);
  traffic.run(60);
  EXPECT_LE(traffic.abandoned, 0.03 * static_cast<double>(traffic.live) + 10) << traffic.live;
  traffic.run(6 * 60);
  EXPECT_LE(traffic.abandoned_share(), 0.033);
}

TEST(PacingMachine, keeps_the_cap_with_five_agents) {
  SmallTraffic traffic(5);
  traffic.run(16 * 60);
  EXPECT_LE(traffic.abandoned_share(), 0.033);
  EXPECT_GT(traffic.live, 16 * 5 * 18);  // each agent talks more than 60 % of the time
}

TEST(PacingMachine, ends_a_list_with_its_last_contact_and_keeps_the_cap) {
  SmallTraffic traffic(10);
  traffic.contacts_left = 4000;
  traffic.run(10 * 60);
  EXPECT_EQ(traffic.placed, 4000);
  EXPECT_EQ(traffic.open(), 0);
  EXPECT_LE(traffic.abandoned, 0.03 * static_cast<double>(traffic.live) + 10);
}

TEST(PacingMachine, keeps_the_cap_when_half_the_agents_leave_at_once) {
  SmallTraffic traffic(40);
  traffic.run(120);
  traffic.forget_counts();
  traffic.log_out(0, 20);
  traffic.run(5);
  // Calls that ring already cannot be taken back; nothing more comes on top of them.
  EXPECT_LE(traffic.abandoned, 10) << traffic.live;
  traffic.run(60);
  EXPECT_EQ(traffic.machine().agents(), 20U);
  EXPECT_LE(traffic.abandoned_share(), 0.04);
}

TEST(PacingMachine, keeps_the_cap_when_the_answer_rate_doubles_within_minutes) {
  SmallTraffic traffic(40);
  traffic.answer = 0.2;
  traffic.run(120);
  const int64_t live = traffic.live, abandoned = traffic.abandoned;
  for (int minute = 0; minute < 4; ++minute) {
    traffic.answer += 0.05;
    traffic.run(1);
  }
  // What the surprise costs is within the grace of the period, and is saved up again.
  EXPECT_LE(traffic.abandoned - abandoned, 0.03 * static_cast<double>(traffic.live - live) + 10);
  traffic.run(120);
  EXPECT_LE(traffic.abandoned_share(), 0.0315) << traffic.live;
}

TEST(PacingMachine, places_one_call_for_each_waiting_agent_once_the_budget_is_spent) {
  PacingMemory learned;
  learned.days.push_back({0, 1000, 45});
  SmallTraffic traffic(20, {}, learned);
  traffic.run(30);
  EXPECT_EQ(traffic.abandoned, 0);
  EXPECT_GT(traffic.live, 50);
}

TEST(PacingMachine, counts_a_budget_that_is_older_than_the_period_no_more) {
  PacingMemory learned;
  learned.days.push_back({0, 1000, 45});
  PacingMachine machine{{}, learned};
  const Instant later = at(31 * 86'400.);
  for (int agent = 0; agent < 20; ++agent) machine.note(AgentReady{AgentId{agent}}, later);
  EXPECT_GT(machine.tick(kPlenty, later), 20);
}

TEST(PacingMachine, progressive_never_has_more_calls_open_than_agents_wait) {
  SmallTraffic traffic(10, {.mode = PacingMode::progressive});
  traffic.run(120);
  EXPECT_EQ(traffic.abandoned, 0);
  EXPECT_LE(traffic.most_open, 10);
  EXPECT_GT(traffic.live, 10);
}

TEST(PacingMachine, manual_and_preview_place_one_call_for_each_that_an_agent_asked_for) {
  for (const PacingMode mode : {PacingMode::manual, PacingMode::preview}) {
    PacingMachine machine{{.mode = mode}};
    for (int agent = 0; agent < 3; ++agent) machine.note(AgentReady{AgentId{agent}}, at(0));
    EXPECT_EQ(machine.tick(kPlenty, at(0)), 0);
    machine.note(AgentAsks{AgentId{1}}, at(1));
    machine.note(AgentAsks{AgentId{1}}, at(1));
    EXPECT_EQ(machine.tick(kPlenty, at(1)), 1);
    EXPECT_EQ(machine.tick({0, 5}, at(1)), 0);
    machine.note(CallPlaced{attempt(1)}, at(2));
    EXPECT_EQ(machine.tick(kPlenty, at(2)), 0);
  }
}

TEST(PacingMachine, goes_on_after_a_failover_as_if_there_had_been_none) {
  SmallTraffic traffic(20);
  traffic.run(120);
  const auto saved = parse_pacing_memory(to_json(traffic.machine().memory()));
  ASSERT_TRUE(saved.ok()) << saved.error().message;
  EXPECT_EQ(*saved, traffic.machine().memory());
  SmallTraffic later(20, {}, *saved), fresh(20);
  later.run(60);
  fresh.run(60);
  EXPECT_GT(later.live, fresh.live * 9 / 10);
  EXPECT_LE(later.abandoned_share(), 0.035);
}

TEST(PacingMachine, is_told_of_calls_that_began_before_it) {
  PacingMachine machine{{}};
  for (int agent = 0; agent < 10; ++agent) machine.note(AgentReady{AgentId{agent}}, at(100));
  const int64_t alone = machine.tick(kPlenty, at(100));
  for (int call = 0; call < 10; ++call) machine.note(CallPlaced{attempt(call)}, at(95));
  EXPECT_LT(machine.tick(kPlenty, at(100)), alone);
}

TEST(PacingMachine, does_not_count_on_an_agent_who_has_said_to_leave) {
  const auto calls_with = [](int told) {
    PacingMemory learned;
    learned.steer = 0;
    PacingMachine machine{{}, learned};
    for (int agent = 0; agent < 30; ++agent) machine.note(AgentWrapup{AgentId{agent}}, at(80));
    for (int agent = 0; agent < 15 && told > 0; ++agent) machine.note(AgentLeaving{AgentId{agent}}, at(90));
    for (int agent = 0; agent < 15 && told > 1; ++agent) machine.note(AgentLeaving{AgentId{agent}, false}, at(95));
    return machine.tick(kPlenty, at(100));
  };
  EXPECT_GT(calls_with(0), calls_with(1));
  EXPECT_EQ(calls_with(0), calls_with(2));
}

TEST(PacingMachine, counts_machines_among_the_live_calls_only_when_told_so) {
  for (const LiveCalls counted : {LiveCalls::person, LiveCalls::answer}) {
    PacingMachine machine{{.analysis = true, .counted = counted}};
    machine.note(CallPlaced{attempt(1)}, at(0));
    machine.note(CallAnswered{attempt(1)}, at(5));
    machine.note(CallClassified{attempt(1), false}, at(6));
    EXPECT_EQ(machine.calls(), 0U);
    EXPECT_EQ(machine.memory().days.size(), counted == LiveCalls::answer ? 1U : 0U);
  }
}

TEST(PacingMachine, refuses_a_memory_that_is_damaged_and_says_what_is_wrong) {
  for (const char* text : {"", "{}", "[1]", R"({"ringing":{"rang":[1]}})"}) {
    const auto memory = parse_pacing_memory(text);
    ASSERT_FALSE(memory.ok()) << text;
    EXPECT_EQ(memory.error().kind, ErrorKind::invalid);
  }
}

/// A job in the middle of anything.
struct Scene {
  int agents = 0, ready = 0;
  std::vector<int> talking_since, wrapup_since, ringing_since;
  PacingMemory memory;
  PacingMachine machine(PacingSettings settings, int more_ready = 0) const {
    PacingMachine result{settings, memory};
    int64_t agent = 0, call = 0;
    for (int i = 0; i < ready + more_ready; ++i) result.note(AgentReady{AgentId{agent++}}, at(1000));
    for (const int since : talking_since) result.note(AgentTalking{AgentId{agent++}}, at(1000 - since));
    for (const int since : wrapup_since) result.note(AgentWrapup{AgentId{agent++}}, at(1000 - since));
    for (const int since : ringing_since) result.note(CallPlaced{attempt(++call)}, at(1000 - since));
    return result;
  }
};

Scene any_scene() {
  Scene scene;
  scene.ready = *rc::gen::inRange(0, 30);
  const auto ages = [](int longest) { return *rc::gen::resize(40, rc::gen::container<std::vector<int>>(rc::gen::inRange(0, longest))); };
  scene.talking_since = ages(900);
  scene.wrapup_since = ages(60);
  scene.ringing_since = ages(30);
  scene.memory.steer = *rc::gen::inRange(-90, 11) / 10.0;
  scene.memory.answers_seen = *rc::gen::inRange(0, 60);
  scene.memory.answers_expected = *rc::gen::inRange(0, 60);
  for (size_t s = 0; s < kRingSeconds; ++s) {
    scene.memory.ringing.rang[s] = *rc::gen::inRange(0, 500);
    scene.memory.ringing.answered[s] = scene.memory.ringing.rang[s] * *rc::gen::inRange(0, 10) / 100;
  }
  return scene;
}

PacingMode any_mode() {
  return *rc::gen::element(PacingMode::manual, PacingMode::preview, PacingMode::progressive, PacingMode::predictive);
}

RC_GTEST_PROP(PacingMachine, never_exceeds_a_limit_and_is_never_negative, ()) {
  const Scene scene = any_scene();
  const PacingLimits limits{*rc::gen::inRange(-5, 60), *rc::gen::inRange(-5, 60)};
  const PacingSettings settings{.mode = any_mode(), .calls_per_agent = *rc::gen::inRange(1, 20) / 1.0};
  PacingMachine machine = scene.machine(settings);
  const int64_t calls = machine.tick(limits, at(1000));
  RC_ASSERT(calls >= 0);
  RC_ASSERT(calls <= std::max<int64_t>(0, std::min(limits.free_channels, limits.contacts_left)));
  RC_ASSERT(calls == 0 || static_cast<double>(calls) + static_cast<double>(machine.calls()) <=
                              settings.calls_per_agent * static_cast<double>(machine.agents()));
}

RC_GTEST_PROP(PacingMachine, places_no_fewer_calls_when_one_more_agent_waits, ()) {
  const Scene scene = any_scene();
  RC_ASSERT(scene.machine({}, 1).tick(kPlenty, at(1000)) >= scene.machine({}).tick(kPlenty, at(1000)));
}

RC_GTEST_PROP(PacingMachine, places_no_more_calls_when_one_more_rings, ()) {
  Scene scene = any_scene();
  const int64_t before = scene.machine({}).tick(kPlenty, at(1000));
  scene.ringing_since.push_back(*rc::gen::inRange(0, 30));
  RC_ASSERT(scene.machine({}).tick(kPlenty, at(1000)) <= before);
}

RC_GTEST_PROP(PacingMachine, gives_the_same_answer_to_the_same_facts, ()) {
  const Scene scene = any_scene();
  RC_ASSERT(scene.machine({}).tick(kPlenty, at(1000)) == scene.machine({}).tick(kPlenty, at(1000)));
}

RC_GTEST_PROP(PacingMachine, ignores_facts_that_cannot_follow, ()) {
  PacingMachine machine{{.mode = any_mode(), .analysis = *rc::gen::arbitrary<bool>()}};
  const int count = *rc::gen::inRange(0, 200);
  double now = 1000;
  for (int i = 0; i < count; ++i) {
    const AttemptId call = attempt(*rc::gen::inRange(0, 8));
    const AgentId agent{*rc::gen::inRange(0, 5)};
    const PacingFact facts[] = {CallPlaced{call},    CallAnswered{call},  CallClassified{call, i % 2 == 0},
                                CallConnected{call}, CallAbandoned{call}, CallEnded{call},
                                AgentReady{agent},   AgentTalking{agent}, AgentWrapup{agent},
                                AgentLeaving{agent}, AgentGone{agent},    AgentAsks{agent}};
    machine.note(facts[*rc::gen::inRange<size_t>(0, std::size(facts))], at(now));
    now += *rc::gen::inRange(-30, 60) / 10.0;  // what is told may be older than what was told before
    RC_ASSERT(machine.tick({100, 100}, at(now)) >= 0);
  }
  RC_ASSERT(machine.calls() <= 8U);
  RC_ASSERT(machine.agents() <= 5U);
  RC_ASSERT(parse_pacing_memory(to_json(machine.memory())).ok());
}

}  // namespace
}  // namespace everdial
