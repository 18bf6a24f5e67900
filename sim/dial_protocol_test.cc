#include <gtest/gtest.h>

#include <array>
#include <deque>
#include <functional>
#include <map>
#include <optional>
#include <string>
#include <unordered_map>
#include <vector>

// A model of the dial protocol (src/campaign_manager/README.md, src/mpp/README.md), small enough that every order of its steps, losses,
// repetitions, deaths and take-overs is tried: one contact, one MPP, owners under three epochs of which each may be stale without knowing,
// three attempts. The simulator samples the product; this leaves nothing out, but knows the protocol only.

namespace everdial {
namespace {

/// A step of the protocol that is left out, to see that it is needed.
enum class Without { nothing, write_ahead, fence, barrier, durable_epoch, durable_records, duplicate_check, unknown, forgetting };

constexpr uint8_t kEpochs = 3, kAttempts = 3;

enum class Contact : uint8_t { ready, in_flight, done, unknown };
enum class Attempt : uint8_t { none, intent, done, aborted, unknown };

/// The owner of the job under one epoch; it goes on until it finds out that it is not the owner any more.
enum class Step : uint8_t { not_yet, raise_barrier, settle, idle, order, commit_late, await, gone };
struct Owner {
  Step step = Step::not_yet;
  bool was_answered = false;  ///< the barrier was
  uint8_t executed = 0;       ///< what the MPP said then, a bit for each attempt
  uint8_t forgotten = 0;      ///< and of which it knows nothing, since its journal was lost
  uint8_t attempt = 0;        ///< the one under way
};

/// Messages by attempt and epoch: how many are on their way.
using Wire = std::array<std::array<uint8_t, kEpochs + 1>, kAttempts + 1>;

struct State {
  // the record
  uint8_t epoch = 1;
  Contact contact = Contact::ready;
  uint8_t attempts = 0;
  std::array<Attempt, kAttempts + 1> attempt{};
  // whoever acts
  std::array<Owner, kEpochs + 1> owner{};
  uint8_t mpp_epoch = 0, mpp_executed = 0, mpp_forgot = 0;
  Wire orders{}, executed{}, refused{};
  // what the callee and the auditor saw
  uint8_t invites = 0;
  bool without_intent = false;
  // faults left
  uint8_t repetitions = 2, losses = 2, mpp_crashes = 2, mpp_disk_losses = 1;
};

uint8_t bit(uint8_t attempt) { return static_cast<uint8_t>(1u << attempt); }

/// All bytes that matter, as the key of what has been visited.
std::string key_of(const State& s) {
  std::string k;
  const auto put = [&k](auto v) { k.push_back(static_cast<char>(v)); };
  put(s.epoch), put(s.contact), put(s.attempts);
  for (const Attempt a : s.attempt) put(a);
  for (const Owner& o : s.owner) put(o.step), put(o.was_answered), put(o.executed), put(o.forgotten), put(o.attempt);
  put(s.mpp_epoch), put(s.mpp_executed), put(s.mpp_forgot);
  for (const Wire* wire : {&s.orders, &s.executed, &s.refused})
    for (const auto& of_attempt : *wire)
      for (const uint8_t n : of_attempt) put(n);
  put(s.invites), put(s.without_intent), put(s.repetitions), put(s.losses), put(s.mpp_crashes), put(s.mpp_disk_losses);
  return k;
}

class Model {
 public:
  explicit Model(Without without) : without_(without) {}

  struct Result {
    size_t states = 0;
    std::string violation;           ///< empty: none, whatever happened in whatever order
    std::vector<std::string> story;  ///< the shortest way there
  };

  Result explore() {
    State first;
    first.owner[1].step = Step::raise_barrier;
    visit(first, 0, "");
    for (size_t at = 0; at < visited_.size(); ++at) {
      const State state = visited_[at].state;
      if (const std::string wrong = violation(state); !wrong.empty()) return {visited_.size(), wrong, story(at)};
      from_ = at;
      successors(state);
    }
    return {visited_.size(), "", {}};
  }

 private:
  struct Visited {
    State state;
    size_t from;
    std::string by;
  };

  bool has(Without step) const { return without_ != step; }

  static std::string violation(const State& s) {
    if (s.invites > 1) return "the callee was called twice";
    if (s.without_intent) return "an INVITE without a committed INTENT";
    return "";
  }

  std::vector<std::string> story(size_t at) const {
    std::deque<std::string> steps;
    for (; at != 0; at = visited_[at].from) steps.push_front(visited_[at].by);
    return {steps.begin(), steps.end()};
  }

  void visit(const State& state, size_t from, std::string by) {
    if (known_.emplace(key_of(state), visited_.size()).second) visited_.push_back({state, from, std::move(by)});
  }

  /// What may happen next, in a copy of the state.
  void may(const State& state, const std::string& what, const std::function<void(State&)>& happen) {
    State next = state;
    happen(next);
    visit(next, from_, what);
  }

  void successors(const State& s) {
    if (s.epoch < kEpochs)
      may(s, "owner " + std::to_string(s.epoch + 1) + " takes the job over",
          [](State& n) { n.owner[++n.epoch].step = Step::raise_barrier; });
    for (uint8_t e = 1; e <= kEpochs; ++e) owner_acts(s, e);
    for (uint8_t a = 1; a <= kAttempts; ++a)
      for (uint8_t e = 1; e <= kEpochs; ++e) messages(s, a, e);
    if (s.mpp_crashes > 0)
      may(s, "the MPP crashes and is back", [this](State& n) {
        --n.mpp_crashes;
        if (!has(Without::durable_epoch)) n.mpp_epoch = 0;
        if (!has(Without::durable_records)) n.mpp_executed = 0;
      });
    // It takes longer to put in another disk than orders are valid, and at its start an MPP reads the leases' epochs.
    if (s.mpp_disk_losses > 0 && s.orders == Wire{})
      may(s, "the MPP is back without its journal", [this](State& n) {
        --n.mpp_disk_losses;
        n.mpp_epoch = n.epoch;
        n.mpp_executed = 0;
        if (has(Without::forgetting)) n.mpp_forgot = static_cast<uint8_t>((2u << n.attempts) - 1);
      });
  }

  void owner_acts(const State& s, uint8_t e) {
    const std::string who = "owner " + std::to_string(e);
    const Owner& owner = s.owner[e];
    if (owner.step == Step::not_yet || owner.step == Step::gone) return;
    may(s, who + " dies", [e](State& n) { n.owner[e].step = Step::gone; });
    switch (owner.step) {
      case Step::raise_barrier:
        if (!has(Without::barrier)) {
          may(s, who + " does not ask the MPP", [e](State& n) { n.owner[e].step = Step::settle, n.owner[e].was_answered = true; });
          break;
        }
        may(s, who + " raises the barrier", [e](State& n) {
          if (n.mpp_epoch > e) {
            n.owner[e].step = Step::gone;
            return;
          }
          n.mpp_epoch = e;
          n.owner[e] = Owner{Step::settle, true, n.mpp_executed, n.mpp_forgot, 0};
        });
        may(s, who + " cannot ask the MPP", [e](State& n) { n.owner[e].step = Step::settle; });
        break;
      case Step::settle:
        may(s, who + " settles", [this, e](State& n) {
          transact(
              n, e, [this, e](State& in) { settle(in, in.owner[e]); }, Step::idle);
        });
        break;
      case Step::idle:
        if (s.contact == Contact::unknown && !owner.was_answered && has(Without::barrier))
          may(s, who + " asks the MPP again", [e](State& n) { n.owner[e].step = Step::raise_barrier; });
        if (s.contact != Contact::ready || s.attempts == kAttempts) break;
        if (has(Without::write_ahead)) {
          may(s, who + " commits an INTENT", [this, e](State& n) {
            transact(
                n, e, [e](State& in) { intend(in, e); }, Step::order);
          });
        } else {
          may(s, who + " orders first", [e](State& n) {
            n.owner[e].attempt = static_cast<uint8_t>(n.attempts + 1);
            ++n.orders[n.owner[e].attempt][e];
            n.owner[e].step = Step::commit_late;
          });
        }
        break;
      case Step::commit_late:
        may(s, who + " commits the INTENT late", [this, e](State& n) {
          transact(
              n, e, [e](State& in) { intend(in, e); }, Step::await);
        });
        break;
      case Step::order:
        may(s, who + " orders attempt " + std::to_string(owner.attempt), [e](State& n) {
          ++n.orders[n.owner[e].attempt][e];
          n.owner[e].step = Step::await;
        });
        break;
      default:
        break;
    }
  }

  /// In one transaction, whose first statement is the fence.
  void transact(State& n, uint8_t e, const std::function<void(State&)>& change, Step then) const {
    if (has(Without::fence) && n.epoch != e) {
      n.owner[e].step = Step::gone;
      return;
    }
    n.owner[e].step = then;
    change(n);
  }

  void settle(State& n, const Owner& owner) const {
    for (uint8_t a = 1; a <= kAttempts; ++a) {
      if (n.attempt[a] != Attempt::intent && n.attempt[a] != Attempt::unknown) continue;
      if (owner.executed & bit(a)) {
        n.attempt[a] = Attempt::done, n.contact = Contact::done;
      } else if ((owner.was_answered && !(owner.forgotten & bit(a))) || !has(Without::unknown)) {
        n.attempt[a] = Attempt::aborted, n.contact = Contact::ready;
      } else {
        n.attempt[a] = Attempt::unknown, n.contact = Contact::unknown;
      }
    }
  }

  static void intend(State& n, uint8_t e) {
    if (n.contact != Contact::ready || n.attempts == kAttempts) {  // the claim finds nobody to dial
      n.owner[e].step = Step::idle;
      return;
    }
    n.owner[e].attempt = ++n.attempts;
    n.attempt[n.attempts] = Attempt::intent;
    n.contact = Contact::in_flight;
  }

  void messages(const State& s, uint8_t a, uint8_t e) {
    const std::string which = "the order of attempt " + std::to_string(a) + " by owner " + std::to_string(e);
    if (s.orders[a][e] > 0) {
      may(s, which + " arrives", [this, a, e](State& n) {
        --n.orders[a][e];
        if (e < n.mpp_epoch) {
          ++n.refused[a][e];
        } else if (!(n.mpp_executed & bit(a)) || !has(Without::duplicate_check)) {
          n.mpp_executed |= bit(a);
          ++n.invites;
          if (n.attempt[a] == Attempt::none) n.without_intent = true;
          ++n.executed[a][e];
        }
      });
      if (s.losses > 0) may(s, which + " is lost", [a, e](State& n) { --n.orders[a][e], --n.losses; });
      if (s.repetitions > 0) may(s, which + " is repeated", [a, e](State& n) { ++n.orders[a][e], --n.repetitions; });
    }
    const std::string owner = "owner " + std::to_string(e);
    if (s.executed[a][e] > 0)
      may(s, owner + " hears that attempt " + std::to_string(a) + " was executed", [this, a, e](State& n) {
        --n.executed[a][e];
        if (n.owner[e].step != Step::await || n.owner[e].attempt != a) return;
        transact(
            n, e, [a](State& in) { in.attempt[a] = Attempt::done, in.contact = Contact::done; }, Step::idle);
      });
    if (s.refused[a][e] > 0)
      may(s, owner + " hears that attempt " + std::to_string(a) + " was refused", [this, a, e](State& n) {
        --n.refused[a][e];
        if (n.owner[e].step != Step::await || n.owner[e].attempt != a) return;
        transact(
            n, e, [a](State& in) { in.attempt[a] = Attempt::aborted, in.contact = Contact::ready; }, Step::idle);
      });
  }

  const Without without_;
  std::vector<Visited> visited_;
  std::unordered_map<std::string, size_t> known_;
  size_t from_ = 0;
};

TEST(DialProtocol, M_06_dials_nobody_twice_whatever_happens_in_whatever_order) {
  const auto result = Model(Without::nothing).explore();
  EXPECT_EQ(result.violation, "") << testing::PrintToString(result.story);
  EXPECT_GT(result.states, 100'000u);
  RecordProperty("states", static_cast<int>(result.states));
}

class DialProtocolWithout : public testing::TestWithParam<std::pair<const char*, Without>> {};

TEST_P(DialProtocolWithout, M_06_goes_wrong) {
  const auto result = Model(GetParam().second).explore();
  const bool ahead = GetParam().second == Without::write_ahead;
  EXPECT_EQ(result.violation, ahead ? "an INVITE without a committed INTENT" : "the callee was called twice");
}

INSTANTIATE_TEST_SUITE_P(Each, DialProtocolWithout,
                         testing::Values(std::pair{"write_ahead", Without::write_ahead}, std::pair{"fence", Without::fence},
                                         std::pair{"barrier", Without::barrier}, std::pair{"durable_epoch", Without::durable_epoch},
                                         std::pair{"durable_records", Without::durable_records},
                                         std::pair{"duplicate_check", Without::duplicate_check}, std::pair{"unknown", Without::unknown},
                                         std::pair{"forgetting", Without::forgetting}),
                         [](const auto& info) { return std::string(info.param.first); });

}  // namespace
}  // namespace everdial
