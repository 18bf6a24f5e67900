#include "sim/desks.h"

#include "base/overloaded.h"

namespace everdial::sim {
namespace {

using C = AgentCallState;
const Resource kZone = agent_zone_resource("default");

std::string session_of(AgentId id) { return "desk" + to_string(id); }

}  // namespace

Desks::Desks(Ground& ground, Tables& tables, int agents)
    : ground_(ground), tables_(tables), process_(ground, "desks", "desks/agent_sdk", Address{"desks:1"}) {
  process_.serve([this](Request request, const ReplyFn& reply) {
    reply(Reply{Done{}});
    if (const auto* notices = std::get_if<AgentNotices>(&request)) told(robots_.at(notices->agent), *notices);
  });
  for (int i = 1; i <= agents; ++i) {
    Robot& robot = robots_[AgentId{i}];
    robot.id = AgentId{i};
    robot.acts_at = ground_.timeline.now() + ground_.timeline.between(100ms, 3s);
    live(robot);
    beat(robot);
  }
}

std::optional<Address> Desks::manager() const {
  for (const LeaseRow& row : tables_.leases.leases({kZone}).value())
    if (row.resource == kZone && row.holder && !row.holder_address.value.empty()) return row.holder_address;
  return std::nullopt;
}

void Desks::live(Robot& robot) {
  if (!robot.command && ground_.timeline.now() >= robot.acts_at) {
    robot.acts_at = ground_.timeline.now() + ground_.timeline.between(300ms, 3s);
    if (auto wanted = next_order(robot)) {
      if (std::holds_alternative<agent_command::Release>(*wanted) && robot.attempt) released_.insert(*robot.attempt);
      robot.command = AgentCommand{robot.id, session_of(robot.id), std::to_string(++robot.commands), std::move(*wanted)};
      robot.commanded_at = ground_.timeline.now();
      order(robot);
    }
  }
  robot.timer = process_.after(100ms, [this, &robot] { live(robot); });
}

std::optional<AgentOrder> Desks::next_order(Robot& robot) {
  using namespace agent_command;
  if (!robot.logged_on) return LogOn{.phone = "sip:" + to_string(robot.id) + "@desks"};
  if (robot.states.agent == AgentState::not_ready) return Ready{};
  const double dice = ground_.timeline.uniform();
  switch (robot.states.call) {
    case C::wrapup:
      return WrapUp{"done"};
    case C::talking:
      if (dice < 0.1) return Release{};
      return dice < 0.3 ? std::optional<AgentOrder>(Hold{}) : std::nullopt;
    case C::held:
      return Resume{};
    case C::preview:
      return dice < 0.8 ? AgentOrder{DialPreview{}} : AgentOrder{SkipPreview{}};
    default:
      return std::nullopt;
  }
}

/// Said again, under the same id, until it is answered.
void Desks::order(Robot& robot) {
  const auto to = manager();
  const std::string id = robot.command->id;
  if (!to) return answered(robot, id, Error{ErrorKind::unavailable, "no manager"});
  process_.request(*to, CommandAgent{kZone, *robot.command, process_.address()}, 700ms,
                   [this, &robot, id](const Result<Reply>& reply) { answered(robot, id, reply); });
}

void Desks::answered(Robot& robot, const std::string& command, const Result<Reply>& reply) {
  if (!robot.command || robot.command->id != command) return;
  const auto* answer = reply.ok() ? std::get_if<AgentAnswer>(&*reply) : nullptr;
  if (!answer || answer->error == AgentError::manager_not_available) {
    robot.retry = process_.after(100ms, [this, &robot] { order(robot); });
    return;
  }
  const bool was_log_on = std::holds_alternative<agent_command::LogOn>(robot.command->order);
  robot.command.reset();
  longest_wait_ = std::max(longest_wait_, ground_.timeline.now() - robot.commanded_at);
  if (was_log_on && answer->error == AgentError::none) robot.logged_on = true;
  else if (robot.logged_on && answer->states.agent == AgentState::logged_out && broken_.empty())
    broken_ = "agent " + to_string(robot.id) + " was logged off: " + answer->text;
  // Its states are those of the notices, which have an order: an answer may come long after what followed it.
}

/// Each second, as agent_sdk does for whoever has come back or misses something.
void Desks::beat(Robot& robot) {
  if (const auto to = robot.logged_on ? manager() : std::nullopt)
    process_.request(*to, TakeNotices{kZone, {{robot.id, session_of(robot.id), robot.last_notice, true}}, process_.address()}, 700ms,
                     [](const Result<Reply>&) {});
  robot.heartbeat = process_.after(1s, [this, &robot] { beat(robot); });
}

void Desks::told(Robot& robot, const AgentNotices& notices) {
  int64_t number = notices.first;
  for (const AgentNotice& notice : notices.notices) {
    if (number > robot.last_notice + 1) return;  // some are missing, and come with the next beat
    if (number++ <= robot.last_notice) continue;
    robot.last_notice = number - 1;
    hear(robot, notice);
  }
}

void Desks::hear(Robot& robot, const AgentNotice& notice) {
  std::visit(Overloaded{
                 [&](const agent_notice::StatesChanged& n) {
                   robot.states = n.states;
                   if (n.states.call == C::talking && robot.attempt) talked_.insert(*robot.attempt);
                 },
                 [&](const agent_notice::CallOffered& n) { robot.attempt = n.attempt; },
                 [&](const agent_notice::LoggedOff& n) {
                   if (broken_.empty()) broken_ = "agent " + to_string(robot.id) + " was logged off: " + n.reason;
                 },
                 [](const auto&) {},
             },
             notice);
}

}  // namespace everdial::sim
