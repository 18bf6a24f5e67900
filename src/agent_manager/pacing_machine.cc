#include "agent_manager/pacing_machine.h"

#include <cmath>

#include "base/check.h"

namespace everdial {
namespace {

constexpr double kBalanceSpan = 200;  ///< live calls over which the balance is to be evened out
constexpr double kNoRisk = 1e-5;
constexpr size_t kExactAgents = 12;  ///< up to so many the distributions are computed as they are, beyond by their moments
constexpr size_t kMoments = kAhead.size();

int64_t day_of(Instant at) { return std::chrono::floor<std::chrono::days>(at).time_since_epoch().count(); }
int whole_seconds(Duration duration) { return static_cast<int>(std::clamp<int64_t>(duration / 1s, 0, 86'400)); }

using Row = std::array<float, kMoments>;

/// Callers and free agents at each moment ahead, each with a chance of their own: the distributions as they are.
class ExactPicture {
 public:
  ExactPicture(size_t waiting, size_t ready, size_t agents) : agents_(agents), callers_used_(std::min(waiting, agents)), free_used_(ready) {
    if (waiting < agents) callers_[waiting].fill(1);
    free_[ready].fill(1);
  }
  void caller(const Chances& chance) { add(callers_, callers_used_, chance); }
  void free(const Chances& chance) { add(free_, free_used_, chance); }

  /// The chance that somebody who answers then, at a moment by these shares, finds all free agents taken.
  double nobody_free(const Chances& shares) const {
    Row more_free{}, found{};  // more free agents than `callers`; a new caller finds one
    for (size_t callers = agents_; callers-- > 0;) {
      for (size_t i = 0; i < kMoments; ++i) more_free[i] += free_[callers + 1][i];
      for (size_t i = 0; i < kMoments; ++i) found[i] += callers_[callers][i] * more_free[i];
    }
    double risk = 1;
    for (size_t i = 0; i < kMoments; ++i) risk -= static_cast<double>(shares[i]) * static_cast<double>(found[i]);
    return risk;
  }

 private:
  using Counts = std::array<Row, kExactAgents + 1>;  ///< by number; callers beyond the number of agents are left out
  void add(Counts& counts, size_t& used, const Chances& chance) const {
    used = std::min(used + 1, agents_);
    for (size_t n = used; n > 0; --n)
      for (size_t i = 0; i < kMoments; ++i) counts[n][i] += (counts[n - 1][i] - counts[n][i]) * chance[i];
    for (size_t i = 0; i < kMoments; ++i) counts[0][i] *= 1 - chance[i];
  }

  size_t agents_, callers_used_, free_used_;
  Counts callers_{}, free_{};
};

/// The same for many agents, by mean, variance and third central moment of callers less free agents.
class MomentPicture {
 public:
  MomentPicture(size_t waiting, size_t ready) { mean_.fill(static_cast<float>(waiting) - static_cast<float>(ready)); }
  void caller(const Chances& chance) { add(chance, 1); }
  void free(const Chances& chance) { add(chance, -1); }

  double nobody_free(const Chances& shares) const {
    double risk = 0;
    for (size_t i = 0; i < kMoments; ++i)
      if (shares[i] > 1e-4F) risk += static_cast<double>(shares[i]) * not_negative(mean_[i], variance_[i], third_[i]);
    return risk;
  }

 private:
  void add(const Chances& chance, float sign) {
    for (size_t i = 0; i < kMoments; ++i) {
      const float p = chance[i], v = p * (1 - p);
      mean_[i] += sign * p;
      variance_[i] += v;
      third_[i] += sign * v * (1 - 2 * p);
    }
  }
  /// That a sum with these moments is not below zero: the normal distribution, corrected for skewness.
  static double not_negative(double mean, double variance, double third) {
    constexpr double kLeastVariance = 0.02;
    const double deviation = std::sqrt(variance + kLeastVariance);
    const double x = (-0.5 - mean) / deviation;
    if (std::abs(x) > 6) return x > 0 ? 0 : 1;
    const double density = std::exp(-0.5 * x * x) * 0.3989422804014327;
    const double skew = third / (deviation * deviation * deviation);
    return std::clamp(0.5 * std::erfc(x * 0.7071067811865476) - skew * (1 - x * x) * density / 6, 0.0, 1.0);
  }

  Row mean_{}, variance_{}, third_{};
};

}  // namespace

template <class Id, class State>
PacingMachine::Member<Id, State>* PacingMachine::Members<Id, State>::find(const Id& id) {
  const auto place = places_.find(id);
  return place == places_.end() ? nullptr : &items_[place->second];
}

template <class Id, class State>
void PacingMachine::Members<Id, State>::put(const Id& id, State state, Instant since) {
  places_.emplace(id, items_.size());
  items_.push_back({id, state, since});
}

template <class Id, class State>
void PacingMachine::Members<Id, State>::erase(const Id& id) {
  const auto place = places_.find(id);
  if (place == places_.end()) return;
  const size_t hole = place->second;
  places_.erase(place);
  if (hole + 1 < items_.size()) {
    items_[hole] = std::move(items_.back());
    places_[items_[hole].id] = hole;
  }
  items_.pop_back();
}

PacingMachine::PacingMachine(PacingSettings settings, PacingMemory learned)
    : settings_(settings),
      memory_(std::move(learned)),
      forecast_(static_cast<int>(std::chrono::round<std::chrono::seconds>(settings.window).count())) {
  EVERDIAL_CHECK(settings.cap >= 0 && settings.target <= settings.cap && settings.period_days > 0 && settings.calls_per_agent >= 1);
}

void PacingMachine::note(const PacingFact& fact, Instant at) {
  std::visit([&](const auto& f) { on(f, at); }, fact);
}

// ---- calls

void PacingMachine::on(const CallPlaced& fact, Instant at) {
  if (calls_.find(fact.call)) return;
  calls_.put(fact.call, Call::ringing, at);
  if (!asking_.empty()) asking_.erase(asking_.begin());
  ++new_calls_;
}

void PacingMachine::on(const CallAnswered& fact, Instant at) {
  auto* call = calls_.find(fact.call);
  if (!call || call->state != Call::ringing) return;
  forecast_.answered(memory_, rang_until(*call, at));
  call->state = settings_.analysis ? Call::analysis : Call::waiting;
  call->since = at;
}

void PacingMachine::on(const CallClassified& fact, Instant at) {
  auto* call = calls_.find(fact.call);
  if (!call || call->state != Call::analysis) return;
  memory_.classified += 1;
  if (fact.person) {
    memory_.persons += 1;
    call->state = Call::waiting;
    return;
  }
  if (settings_.counted == LiveCalls::answer) count_live(false, at);
  calls_.erase(fact.call);
}

void PacingMachine::on(const CallConnected& fact, Instant at) {
  const auto* call = calls_.find(fact.call);
  if (!call) return;
  calls_.erase(fact.call);
  settle(false, at);
}

void PacingMachine::on(const CallAbandoned& fact, Instant at) {
  const auto* call = calls_.find(fact.call);
  if (!call) return;
  calls_.erase(fact.call);
  settle(true, at);
}

void PacingMachine::on(const CallEnded& fact, Instant at) {
  auto* call = calls_.find(fact.call);
  if (!call) return;
  if (call->state == Call::ringing) PacingForecast::cleared(memory_, rang_until(*call, at));
  calls_.erase(fact.call);
}

// ---- agents

void PacingMachine::on(const AgentReady& fact, Instant at) { agent_is(fact.agent, Agent::ready, at); }
void PacingMachine::on(const AgentTalking& fact, Instant at) { agent_is(fact.agent, Agent::talking, at); }
void PacingMachine::on(const AgentWrapup& fact, Instant at) { agent_is(fact.agent, Agent::wrapup, at); }
void PacingMachine::on(const AgentLeaving& fact, Instant) {
  if (auto* agent = agents_.find(fact.agent)) agent->leaving = fact.leaving;
}
void PacingMachine::on(const AgentGone& fact, Instant) {
  const auto* agent = agents_.find(fact.agent);
  if (!agent) return;
  // Who had said so is no surprise, and tells nothing of the others.
  if (agent->state != Agent::ready && !agent->leaving) memory_.wrapups += 1;
  agents_.erase(fact.agent);
  std::erase(asking_, fact.agent);
}
void PacingMachine::on(const AgentAsks& fact, Instant) {
  if (std::find(asking_.begin(), asking_.end(), fact.agent) == asking_.end()) asking_.push_back(fact.agent);
}

void PacingMachine::agent_is(AgentId id, Agent state, Instant at) {
  auto* agent = agents_.find(id);
  if (!agent) {
    agents_.put(id, state, at);
    return;
  }
  if (agent->state == state) return;
  const int seconds = whole_seconds(at - agent->since);
  if (agent->state == Agent::talking) {
    PacingForecast::finished(memory_.talking, seconds);
    ++new_talks_;
  }
  if (agent->state == Agent::wrapup) PacingForecast::finished(memory_.wrapup, seconds);
  if (agent->state != Agent::ready && state == Agent::ready) {
    memory_.wrapups += 1;
    memory_.returned += 1;
  }
  *agent = {id, state, at, 0, agent->leaving && state != Agent::ready};
}

// ---- the budget

void PacingMachine::settle(bool abandoned, Instant at) {
  count_live(abandoned, at);
  const double happened = abandoned ? 1 : 0;
  // Strong feedback costs talk time: the risk then swings, and what it gains above its mean is less than what it loses below.
  const double agents = std::max(static_cast<double>(agents_.size()), 1.0), gain = std::clamp(2 / agents, 0.01, 0.1);
  // Few agents make few live calls, and chance is kept further below the cap.
  const double target = settings_.target - (settings_.cap - settings_.target) * std::min(3.0, 15 / agents);
  const double wanted = std::clamp(target + memory_.balance / kBalanceSpan, 0.0, 2 * target);
  memory_.steer = std::clamp(memory_.steer + gain * (wanted - happened), -9.0, 1.0);
  memory_.balance = std::clamp(memory_.balance + target - happened, -kBalanceSpan, kBalanceSpan);
}

void PacingMachine::count_live(bool abandoned, Instant at) {
  const int64_t today = day_of(at);
  auto& days = memory_.days;
  if (days.empty() || days.back().day < today) {
    days.push_back({today});
    std::erase_if(days, [&](const auto& day) { return day.day <= today - settings_.period_days; });
  }
  days.back().live += 1;
  days.back().abandoned += abandoned;
}

/// The share of risk that one more call may take now: next to none where the period or the day has no budget left.
double PacingMachine::risk(Instant now) const {
  const int64_t today = day_of(now);
  const auto spent = [&](int64_t live, int64_t abandoned) {
    const double next = static_cast<double>(live + 1);
    return static_cast<double>(abandoned + 1) > std::max(settings_.cap * next, settings_.target * next + settings_.grace);
  };
  int64_t live = 0, abandoned = 0;
  for (const PacingMemory::Day& day : memory_.days) {
    if (day.day <= today - settings_.period_days) continue;
    live += day.live;
    abandoned += day.abandoned;
    if (day.day == today && spent(day.live, day.abandoned)) return kNoRisk;
  }
  return spent(live, abandoned) ? kNoRisk : 1 / (1 + std::exp(-memory_.steer));
}

// ---- the tick

/// Learns of the seconds up to this one, which it returns.
int PacingMachine::rang_until(Member<AttemptId, Call>& call, Instant at) {
  const int second = at < call.since ? -1 : whole_seconds(at - call.since);
  for (; call.seconds <= second; ++call.seconds) forecast_.rang(memory_, call.seconds);
  return std::max(second, 0);
}

void PacingMachine::learn(Instant now) {
  for (auto& call : calls_)
    if (call.state == Call::ringing) rang_until(call, now - 1s);
  for (auto& agent : agents_) {
    if (agent.state == Agent::ready) continue;
    PacingMemory::Work& work = agent.state == Agent::talking ? memory_.talking : memory_.wrapup;
    for (const int age = whole_seconds(now - agent.since); agent.seconds < age; ++agent.seconds)
      PacingForecast::worked(work, agent.seconds);
  }
  if (rebuilt_ && now - *rebuilt_ < 10s) return;
  rebuilt_ = now;
  forecast_.learn(memory_, std::exchange(new_calls_, 0), std::exchange(new_talks_, 0));
}

int64_t PacingMachine::tick(const PacingLimits& limits, Instant now) {
  learn(now);
  const auto most_calls = static_cast<int64_t>(settings_.calls_per_agent * static_cast<double>(agents_.size()));
  const int64_t most =
      std::max<int64_t>(0, std::min({limits.free_channels, limits.contacts_left, most_calls - static_cast<int64_t>(calls_.size())}));
  if (settings_.mode == PacingMode::manual || settings_.mode == PacingMode::preview)
    return std::max<int64_t>(0, std::min({limits.free_channels, limits.contacts_left, static_cast<int64_t>(asking_.size())}));
  const auto ready = static_cast<size_t>(std::ranges::count(agents_, Agent::ready, &Member<AgentId, Agent>::state));
  const auto waiting = static_cast<size_t>(std::ranges::count(calls_, Call::waiting, &Member<AttemptId, Call>::state));
  const int64_t one_each = std::clamp<int64_t>(static_cast<int64_t>(ready) - static_cast<int64_t>(calls_.size()), 0, most);
  if (settings_.mode == PacingMode::progressive || one_each == most) return one_each;
  const size_t agents = agents_.size();
  return std::max(one_each, agents <= kExactAgents ? predicted(risk(now), most, ExactPicture(waiting, ready, agents), now)
                                                   : predicted(risk(now), most, MomentPicture(waiting, ready), now));
}

template <class Picture>
int64_t PacingMachine::predicted(double risk, int64_t most, Picture picture, Instant now) const {
  for (const auto& call : calls_) {
    if (call.state == Call::ringing) picture.caller(forecast_.answer(whole_seconds(now - call.since)));
    if (call.state == Call::analysis) picture.caller(forecast_.classified());
  }
  for (const auto& agent : agents_) {
    if (agent.state == Agent::ready || agent.leaving) continue;
    const int seconds = whole_seconds(now - agent.since);
    picture.free(agent.state == Agent::talking ? forecast_.ready_after_talk(seconds) : forecast_.ready_after_wrapup(seconds));
  }
  int64_t calls = 0;
  for (; calls < most && picture.nobody_free(forecast_.answer_shares()) <= risk; ++calls) picture.caller(forecast_.answer(0));
  return calls;
}

}  // namespace everdial
