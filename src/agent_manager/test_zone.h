#pragma once

#include <map>
#include <memory>
#include <string>
#include <vector>

#include "agent_manager/zone_machine.h"
#include "base/overloaded.h"
#include "base/those_of.h"

namespace everdial::zone {

/// A zone's machine with the world around it as plain as can be: rows, phones that answer when they are told to, and no faults but those a
/// test asks for.
class TestZone {
 public:
  explicit TestZone(int agents = 3) {
    for (int i = 1; i <= agents; ++i) rows[AgentId{i}] = Agent{.id = AgentId{i}};
    jobs = {{JobId{7}, "spring", true, {}}};
    start();
  }

  /// A new manager has the rows, and has asked these MPPs.
  void load(const std::vector<std::string>& mpps, Duration away) {
    ++epoch;
    machine = std::make_unique<ZoneMachine>(LeaseGrant{agent_zone_resource("default"), 1, Epoch{epoch}, Incarnation{"me"}},
                                            ZoneMachine::Settings{});
    ZoneLoaded loaded{{}, {}, jobs, mpps, away};
    for (const auto& [id, row] : rows) loaded.agents.push_back(row);
    for (const auto& [id, call] : live) loaded.calls.push_back(call);
    step(loaded);
  }
  /// A new manager takes over, from the rows and the MPP.
  void start(Duration away = Duration{}) {
    load({"as1/mpp"}, away);
    answer_for_mpp();
  }
  void answer_for_mpp() {
    MppAnswered answer{"as1/mpp", {}};
    for (const auto& [id, record] : calls) answer.records.push_back(record);
    step(answer);
  }

  std::vector<Effect> step(const Input& input) {
    std::vector<Effect> effects = machine->step(input, now);
    for (const Effect& effect : effects) perform(effect);
    return effects;
  }
  AgentAnswer order(int agent, AgentOrder what, const std::string& id = "") {
    step(CommandArrived{++reply,
                        {AgentId{agent}, "desk" + std::to_string(agent), id.empty() ? std::to_string(reply) : id, std::move(what)}});
    return answers.at(reply);
  }
  /// Logged on, ready, and with its line up.
  void at_work(int agent) {
    order(agent, agent_command::LogOn{"sip:" + std::to_string(agent) + "@phones.example"});
    order(agent, agent_command::Ready{});
    answer_lines();
  }
  void answer_lines() {
    for (auto& [id, record] : calls)
      if (is_line(id) && record.stage == CallStage::placed) {
        record.stage = CallStage::answered;
        step(EventsArrived{++reply, {Address{"mpp"}, {{record, CallEvents::Kind::answered}}}});
      }
  }
  AttemptId attempt(int contact) const { return {JobId{7}, ContactId{contact}, 1}; }
  /// A person says hello.
  std::vector<Effect> contact_answers(int contact) {
    CallRecord& record = calls[attempt(contact)];
    record.attempt = attempt(contact);
    record.plan.phone = "+1555000" + std::to_string(contact);
    record.stage = CallStage::answered;
    record.analysis = CompletionCode::answer_human;
    return step(EventsArrived{++reply, {Address{"mpp"}, {{record, CallEvents::Kind::classified}}}});
  }
  std::vector<Effect> ends(const AttemptId& id) {
    CallRecord& record = calls.at(id);
    record.stage = CallStage::ended;
    return step(EventsArrived{++reply, {Address{"mpp"}, {{record, CallEvents::Kind::ended}}}});
  }
  std::vector<Effect> pass(Duration time) {
    now += time;
    return step(TimePassed{});
  }

  const Agent& agent(int id) const { return machine->agents().at(AgentId{id}); }
  AgentCallState call_of(int id) const { return agent(id).states.call; }

  std::map<AgentId, Agent> rows;
  std::map<AttemptId, LiveCall> live;
  std::map<AttemptId, CallRecord> calls;  ///< at the MPP
  std::map<ReplyId, AgentAnswer> answers;
  std::map<AgentId, std::vector<AgentNotice>> told;
  std::map<AttemptId, std::string> disposed;
  std::map<AttemptId, CompletionCode> hung_up;
  std::map<ConversationId, std::vector<Conversation::Member>> conversations;
  std::vector<AgentJob> jobs;
  std::unique_ptr<ZoneMachine> machine;
  Instant now = Instant{} + 1000h;
  ReplyId reply = 0;
  int64_t epoch = 0;

 private:
  void perform(const Effect& effect) {
    std::visit(Overloaded{
                   [&](const SaveAgent& e) { rows.insert_or_assign(e.agent.id, e.agent); },
                   [&](const SaveCall& e) { live.insert_or_assign(e.call.attempt, e.call); },
                   [&](const RemoveCall& e) { live.erase(e.attempt); },
                   [&](const SaveDisposition& e) { disposed[e.attempt] = e.code; },
                   [&](const PlaceLine& e) {
                     CallRecord& record = calls[e.order.attempt];
                     record.attempt = e.order.attempt;
                     record.plan = e.order.plan;
                   },
                   [&](const Steer& e) { steer(e.request); },
                   [&](const ForgetLines& e) {
                     for (const AttemptId& line : e.lines) calls.erase(line);
                   },
                   [&](const AnswerCommand& e) { answers[e.reply] = e.answer; },
                   [&](const Notify& e) {
                     auto& all = told[e.notices.agent];
                     all.insert(all.end(), e.notices.notices.begin(), e.notices.notices.end());
                   },
                   [](const auto&) {},
               },
               effect);
  }
  void steer(const SteerCalls& request) {
    for (const Conversation& conversation : request.conversations) {
      conversations[conversation.id] = conversation.members;
      for (const auto& member : conversation.members)
        if (const auto call = calls.find(member.call); call != calls.end()) {
          call->second.conversation = conversation;
          ++call->second.steered;
        }
    }
    for (const CallCommand& command : request.commands)
      if (const auto call = calls.find(command.attempt); call != calls.end() && command.kind == CallCommand::Kind::hang_up) {
        call->second.stage = CallStage::ended;
        hung_up[command.attempt] = command.code;
      }
  }
};

}  // namespace everdial::zone
