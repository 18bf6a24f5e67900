#include "server/server_machine.h"

#include <ranges>

#include "base/check.h"
#include "base/overloaded.h"

namespace everdial::server {

ServerMachine::ServerMachine(Incarnation me, std::vector<ChildName> children, Settings settings) : me_(std::move(me)), settings_(settings) {
  for (ChildName& name : children) children_.emplace(std::move(name), Child{});
}

std::vector<Effect> ServerMachine::begin(Instant now, std::set<std::string> stopped) {
  std::vector<Effect> out;
  stopped_ = std::move(stopped);
  for (auto& [name, child] : children_) {
    if (stopped_.contains(name.component)) child.state = State::stopped;
    else start(name, child, now, out);
  }
  return out;
}

std::vector<Effect> ServerMachine::step(const Input& input, Instant now) {
  std::vector<Effect> out;
  std::visit(Overloaded{
                 [&](const ChildStarted& e) {
                   Child& child = children_.at(e.child);
                   child.incarnation = e.incarnation;
                 },
                 [&](const ChildNotStarted& e) {
                   Child& child = children_.at(e.child);
                   if (draining_) child.state = State::gone;
                   else if (stopped_.contains(e.child.component)) child.state = State::stopped;
                   else wait_and_start(child, now);
                   maybe_exit(now, out);
                 },
                 [&](const ChildProgressed& e) {
                   Child& child = children_.at(e.child);
                   if (!running(child)) return;  // a byte left in the pipe of a dead one
                   child.progress = now;
                   child.progressed = true;
                   child.fit = e.fit;
                   if (e.fit) child.fit_at = now;
                   if (child.state == State::starting) child.state = State::serving;
                 },
                 [&](const ChildExited& e) { exited(e.child, children_.at(e.child), now, out); },
                 [&](const SessionsRenewed&) { renewing_ = false; },
                 [&](const DeadBuried& e) {
                   burying_ = false;
                   for (const Incarnation& dead : e.dead) dead_.erase(dead);
                   bury(out);
                   maybe_exit(now, out);
                 },
                 [&](const DeadNotBuried&) { burying_ = false; },  // again at the next tick
                 [&](const ServerTick&) { tick(now, out); },
                 [&](const DrainRequested&) { drain(now, out); },
                 [&](const WishesSeen& e) { heed(e, now, out); },
             },
             input);
  return out;
}

size_t ServerMachine::serving() const {
  return static_cast<size_t>(
      std::count_if(children_.begin(), children_.end(), [](const auto& entry) { return entry.second.state == State::serving; }));
}

size_t ServerMachine::wanted() const {
  return static_cast<size_t>(
      std::count_if(children_.begin(), children_.end(), [&](const auto& entry) { return !stopped_.contains(entry.first.component); }));
}

std::vector<Unfit> ServerMachine::unfit(Instant now) const {
  std::vector<Unfit> out;
  for (const auto& [_, child] : children_) {
    if (child.state != State::serving && child.state != State::draining) continue;
    if (now - child.progress >= settings_.stuck_after) out.push_back({child.incarnation, DoubtKind::stuck, now - child.progress});
    else if (!child.fit) out.push_back({child.incarnation, DoubtKind::without_database, now - child.fit_at});
  }
  for (const auto& [incarnation, at] : dead_)
    if (incarnation != me_ && now - at < settings_.dead_told_for) out.push_back({incarnation, DoubtKind::stuck, now - at});
  return out;
}

std::map<std::string, int> ServerMachine::deaths(Instant now) const {
  std::map<std::string, int> out;
  for (const auto& [name, child] : children_)
    for (const Instant at : child.deaths)
      if (at + settings_.death_window >= now) ++out[name.component];
  return out;
}

void ServerMachine::start(const ChildName& name, Child& child, Instant now, std::vector<Effect>& out) {
  child.state = State::starting;
  child.since = child.progress = child.fit_at = now;
  child.progressed = child.killed = child.by_order = child.fit = false;
  child.incarnation = {};
  out.push_back(StartChild{name});
}

void ServerMachine::wait_and_start(Child& child, Instant now) {
  const Duration wait = settings_.first_wait * (1LL << std::min(child.quick_deaths, 20));
  child.state = State::waiting;
  child.start_at = now + std::min(wait, settings_.longest_wait);
  ++child.quick_deaths;
}

void ServerMachine::exited(const ChildName& name, Child& child, Instant now, std::vector<Effect>& out) {
  EVERDIAL_CHECK(running(child));
  dead_.emplace(child.incarnation, now);
  if (child.state != State::draining && !child.by_order) child.deaths.push_back(now);
  while (!child.deaths.empty() && child.deaths.front() + settings_.death_window < now) child.deaths.pop_front();
  bury(out);
  if (draining_) {
    child.state = State::gone;
  } else if (stopped_.contains(name.component)) {
    child.state = State::stopped;
  } else if (child.state == State::draining) {
    start(name, child, now, out);  // it was to restart, or is wanted again
  } else if (now - child.since < settings_.quick_death) {
    wait_and_start(child, now);
  } else {
    child.quick_deaths = 0;
    start(name, child, now, out);
  }
  maybe_exit(now, out);
}

void ServerMachine::tick(Instant now, std::vector<Effect>& out) {
  // What this process itself missed (it was stopped, or starved) is not held against the children.
  if (last_tick_) {
    const Duration lag = now - *last_tick_ - settings_.tick;
    if (lag > settings_.tick)
      for (auto& [_, child] : children_) child.progress += lag;
  }
  last_tick_ = now;
  for (auto& [name, child] : children_) watch(name, child, now, out);
  bury(out);
  renew(now, out);
  maybe_exit(now, out);
}

void ServerMachine::watch(const ChildName& name, Child& child, Instant now, std::vector<Effect>& out) {
  const auto kill = [&](const std::string& reason) {
    if (!std::exchange(child.killed, true)) out.push_back(KillChild{name, reason});
  };
  switch (child.state) {
    case State::waiting:
      if (now >= child.start_at) start(name, child, now, out);
      break;
    case State::starting:
      if (now - child.progress >= settings_.start_within) kill("did not start in time");
      break;
    case State::serving:
      if (now - child.progress >= settings_.killed_after) kill("made no progress");
      break;
    case State::draining:
      if (now >= child.drain_until) kill("did not drain in time");
      else if (now - child.progress >= settings_.killed_after) kill("made no progress while draining");
      break;
    case State::stopped:
    case State::gone:
      break;
  }
}

void ServerMachine::renew(Instant now, std::vector<Effect>& out) {
  if (renewing_ || (last_renewal_ && now - *last_renewal_ < settings_.renew_every)) return;
  RenewSessions renewal{{me_}};
  for (auto& [_, child] : children_)
    if (running(child) && std::exchange(child.progressed, false) && child.fit) renewal.incarnations.push_back(child.incarnation);
  last_renewal_ = now;
  renewing_ = true;
  out.push_back(std::move(renewal));
}

void ServerMachine::drain(Instant now, std::vector<Effect>& out) {
  if (std::exchange(draining_, true)) return;
  for (auto& [name, child] : children_) {
    if (running(child)) drain_child(name, child, now, out);
    else child.state = State::gone;
  }
  maybe_exit(now, out);
}

void ServerMachine::drain_child(const ChildName& name, Child& child, Instant now, std::vector<Effect>& out) {
  child.state = State::draining;
  child.drain_until = now + settings_.drain_within;
  out.push_back(DrainChild{name});
}

void ServerMachine::heed(const WishesSeen& wishes, Instant now, std::vector<Effect>& out) {
  if (draining_) return;
  stopped_ = wishes.stopped;
  for (const ComponentOrder& order : wishes.orders)
    for (auto& [name, child] : children_) {
      if (name.component != order.component || !running(child)) continue;
      if (order.action == ComponentAction::kill && !std::exchange(child.killed, true)) {
        child.by_order = true;
        out.push_back(KillChild{name, "was to be, by order"});
      }
      if (order.action == ComponentAction::restart && child.state != State::draining) drain_child(name, child, now, out);
    }
  for (auto& [name, child] : children_) {
    const bool stop = stopped_.contains(name.component);
    if (stop && child.state == State::waiting) child.state = State::stopped;
    else if (stop && running(child) && child.state != State::draining) drain_child(name, child, now, out);
    else if (!stop && child.state == State::stopped) start(name, child, now, out);
  }
}

void ServerMachine::bury(std::vector<Effect>& out) {
  if (burying_ || dead_.empty()) return;
  burying_ = true;
  const auto names = std::views::keys(dead_);
  out.push_back(BuryDead{{names.begin(), names.end()}, draining_ ? "drained" : "died"});
}

void ServerMachine::maybe_exit(Instant now, std::vector<Effect>& out) {
  if (!draining_ || exiting_ || std::any_of(children_.begin(), children_.end(), [](const auto& entry) { return running(entry.second); }))
    return;
  if (!bury_until_) {
    bury_until_ = now + settings_.bury_within;
    dead_.emplace(me_, now);
    bury(out);
  } else if (dead_.empty() || now >= *bury_until_) {
    exiting_ = true;
    out.push_back(ExitServer{});
  }
}

}  // namespace everdial::server
