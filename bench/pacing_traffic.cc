#include "pacing_traffic.h"

#include <algorithm>
#include <cmath>
#include <numbers>

namespace everdial::bench {
namespace {
constexpr double kWindow = 2, kTick = 0.5, kPause = 600;
constexpr double kSecond = 1e6;
}  // namespace

double Traffic::log_normal(double mean, double spread) {
  return std::lognormal_distribution(std::log(mean) - spread * spread / 2, spread)(random_);
}

void Traffic::after(double seconds, What what, int64_t who) {
  events_.push({now_ + static_cast<int64_t>(seconds * kSecond), ++order_, what, who});
}

double Traffic::answer_rate() const {
  if (!mix_.drifts) return mix_.answer;
  const double hours = static_cast<double>(now_) / kSecond / 3600;
  return mix_.answer * std::exp2(std::sin(2 * std::numbers::pi * hours));
}

TrafficFigures Traffic::run(Pacer& pacer) {
  for (size_t agent = 0; agent < agents_.size(); ++agent) free(pacer, static_cast<int64_t>(agent));
  if (mix_.logs_out) after(hours_ * 1800, What::shift_over, 0);
  const auto end = static_cast<int64_t>(hours_ * 3600 * kSecond);
  for (int64_t tick = 0; tick < end; tick += static_cast<int64_t>(kTick * kSecond)) {
    for (; !events_.empty() && events_.top().at <= tick;) {
      const Event event = events_.top();
      events_.pop();
      now_ = event.at;
      handle(pacer, event);
    }
    now_ = tick;
    for (int64_t calls = pacer.tick(from_micros(now_)); calls > 0; --calls) place(pacer);
    for (const Agent& agent : agents_) present_ += agent.present ? kTick : 0;
  }
  for (const Agent& agent : agents_)
    if (agent.talking_since >= 0) talked_ += static_cast<double>(end - agent.talking_since) / kSecond;
  figures_.talk_share = talked_ / present_;
  figures_.abandoned_share = static_cast<double>(figures_.abandoned) / static_cast<double>(std::max<int64_t>(figures_.live, 1));
  const auto here = std::ranges::count(agents_, true, &Agent::present);
  figures_.lost = std::abs(pacer.calls() - open_) + std::abs(pacer.agents() - here);
  return figures_;
}

void Traffic::place(Pacer& pacer) {
  const int64_t call = ++calls_;
  ++figures_.placed;
  ++open_;
  tell(pacer, CallPlaced{attempt(call)});
  if (uniform(0, 1) < answer_rate()) after(uniform(mix_.ring_from, mix_.ring_to), What::answered, call);
  else if (uniform(0, 1) < mix_.fails_fast) after(uniform(1, 3), What::call_over, call);
  else after(mix_.no_answer, What::call_over, call);
}

void Traffic::handle(Pacer& pacer, const Event& event) {
  switch (event.what) {
    case What::call_over:
      --open_;
      return tell(pacer, CallEnded{attempt(event.who)});
    case What::answered:
      tell(pacer, CallAnswered{attempt(event.who)});
      if (mix_.person >= 1) return wait_for_agent(pacer, event.who);
      return after(mix_.analysis, What::classified, event.who);
    case What::classified: {
      const bool person = uniform(0, 1) < mix_.person;
      tell(pacer, CallClassified{attempt(event.who), person});
      if (person) wait_for_agent(pacer, event.who);
      else --open_;
      return;
    }
    case What::given_up: {
      const auto call = std::ranges::find(waiting_, event.who, &Waiting::call);
      if (call == waiting_.end()) return;
      waiting_.erase(call);
      --open_;
      ++figures_.live;
      ++figures_.abandoned;
      return tell(pacer, CallAbandoned{attempt(event.who)});
    }
    case What::talk_over: {
      Agent& agent = agents_[static_cast<size_t>(event.who)];
      talked_ += static_cast<double>(now_ - std::exchange(agent.talking_since, -1)) / kSecond;
      tell(pacer, AgentWrapup{AgentId{event.who}});
      return after(log_normal(mix_.wrapup, mix_.wrapup_spread), What::wrapup_over, event.who);
    }
    case What::wrapup_over:
      if (agents_[static_cast<size_t>(event.who)].leaving) return leave(pacer, event.who, 1e6);
      // About 27 conversations an hour.
      if (mix_.pauses && uniform(0, 1) < 1 / 27.) return leave(pacer, event.who, kPause);
      return free(pacer, event.who);
    case What::pause_over:
      if (agents_[static_cast<size_t>(event.who)].leaving) return;
      agents_[static_cast<size_t>(event.who)].present = true;
      return free(pacer, event.who);
    case What::shift_over:
      for (size_t agent = 0; agent < agents_.size() * 3 / 10; ++agent) {
        agents_[agent].leaving = true;
        const auto id = static_cast<int64_t>(agent);
        if (std::erase(idle_, id) > 0) leave(pacer, id, 1e6);
      }
  }
}

void Traffic::free(Pacer& pacer, int64_t agent) {
  idle_.push_back(agent);
  tell(pacer, AgentReady{AgentId{agent}});
  connect(pacer);
}

void Traffic::leave(Pacer& pacer, int64_t agent, double seconds) {
  agents_[static_cast<size_t>(agent)].present = false;
  tell(pacer, AgentGone{AgentId{agent}});
  after(seconds, What::pause_over, agent);
}

void Traffic::wait_for_agent(Pacer& pacer, int64_t call) {
  waiting_.push_back({call, now_});
  after(std::max(0.0, kWindow - mix_.analysis), What::given_up, call);
  connect(pacer);
}

void Traffic::connect(Pacer& pacer) {
  while (!idle_.empty() && !waiting_.empty()) {
    const int64_t agent = idle_.front(), call = waiting_.front().call;
    idle_.erase(idle_.begin());
    waiting_.erase(waiting_.begin());
    --open_;
    ++figures_.live;
    tell(pacer, CallConnected{attempt(call)});
    tell(pacer, AgentTalking{AgentId{agent}});
    agents_[static_cast<size_t>(agent)].talking_since = now_;
    after(log_normal(mix_.talk, mix_.talk_spread), What::talk_over, agent);
  }
}

}  // namespace everdial::bench
