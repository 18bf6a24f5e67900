#include "application_server/call_session.h"

namespace everdial {
namespace {

using Command = CallCommand;

Command hang_up(const CallRecord& record, CompletionCode code) { return {record.attempt, CallCommand::Kind::hang_up, {}, code, {}}; }

CompletionCode found(const CallRecord& record) { return record.analysis.value_or(CompletionCode::answer_human); }

Command play(const CallRecord& record, const std::string& prompt) {
  if (prompt.empty()) return hang_up(record, found(record));
  return {record.attempt, CallCommand::Kind::play, prompt, found(record), {}};
}

std::optional<Command> classified(const CallRecord& record) {
  if (record.analysis == CompletionCode::answer_human) return play(record, record.plan.prompt);
  if (record.analysis != CompletionCode::answer_machine) return hang_up(record, found(record));
  switch (record.plan.machine_action) {
    case MachineAction::hang_up:
      return hang_up(record, CompletionCode::answer_machine);
    case MachineAction::go_on:
      return play(record, record.plan.prompt);
    case MachineAction::leave_message:
      return std::nullopt;  // after the beep
  }
  return std::nullopt;
}

/// Whom an agent is to talk to: a person, or a machine that is treated as one. What becomes of the call is their manager's to say.
bool is_for_agent(const CallRecord& record) {
  if (record.plan.agents.value.empty()) return false;
  return !record.analysis || record.analysis == CompletionCode::answer_human ||
         (record.analysis == CompletionCode::answer_machine && record.plan.machine_action == MachineAction::go_on);
}

/// Unless there is no manager who would say it: then the campaign's message, and good-bye.
std::optional<Command> without_agent(const CallEvents::Event& event) {
  const CallRecord& record = event.record;
  const bool message = event.kind == CallEvents::Kind::unattended && !record.plan.prompt.empty();
  if (record.steered > 0 || (event.kind != CallEvents::Kind::unattended && event.kind != CallEvents::Kind::prompt_done))
    return std::nullopt;
  if (message) return Command{record.attempt, CallCommand::Kind::play, record.plan.prompt, CompletionCode::nuisance, {}};
  return hang_up(record, CompletionCode::nuisance);
}

}  // namespace

std::optional<CallCommand> next_command(const CallEvents::Event& event) {
  const CallRecord& record = event.record;
  if (record.stage != CallStage::answered || record.plan.party == Party::agent) return std::nullopt;
  if (record.opted_out) return hang_up(record, CompletionCode::opted_out);
  if (is_for_agent(record)) return without_agent(event);
  switch (event.kind) {
    case CallEvents::Kind::answered:
      if (record.plan.analyse) return std::nullopt;  // what to do depends on who has answered
      return play(record, record.plan.prompt);
    case CallEvents::Kind::classified:
      return classified(record);
    case CallEvents::Kind::beep:
      if (record.plan.machine_action != MachineAction::leave_message) return std::nullopt;
      return play(record, record.plan.machine_prompt);
    case CallEvents::Kind::prompt_done:
      return hang_up(record, found(record));
    case CallEvents::Kind::digit:
    case CallEvents::Kind::ringing:
    case CallEvents::Kind::ended:
    case CallEvents::Kind::unattended:
      return std::nullopt;
  }
  return std::nullopt;
}

}  // namespace everdial
