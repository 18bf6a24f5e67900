#pragma once

#include "base/enum_names.h"

namespace everdial {

/// How an attempt, or a contact that was not dialed, ended. Agents' own codes come with agents.
enum class CompletionCode {
  answer_human,         ///< a person answered (or analysis was off and the call was answered)
  answer_machine,       ///< an answering machine
  fax,                  ///< a fax or modem tone
  call_busy,            ///< SIP 486, 600, or a busy tone
  ring_no_answer,       ///< rang out: 408, 480, or our own ring time-out
  invalid_number,       ///< SIP 404, 410, 484, 604 or a special information tone
  call_rejected,        ///< SIP 403, 603, 607 and the like
  general_failure,      ///< any other failure of the network or the trunk
  call_lost,            ///< the call was placed and its outcome is lost with the MPP that carried it
  opted_out,            ///< the callee asked not to be called again
  restricted_dnc,       ///< not dialed: on a do-not-call list
  restricted_hours,     ///< not dialed before the job ended: outside calling hours
  no_callable_address,  ///< not dialed: no usable number
  attempt_unknown,      ///< whether it was dialed cannot be found out; shown, never redialed by itself
  stopped,              ///< not dialed: the job was stopped first
  nuisance,             ///< a person answered, and no agent was there in time
};

template <>
inline constexpr auto enum_names<CompletionCode> = std::to_array<std::pair<CompletionCode, std::string_view>>({
    {CompletionCode::answer_human, "answer_human"},
    {CompletionCode::answer_machine, "answer_machine"},
    {CompletionCode::fax, "fax"},
    {CompletionCode::call_busy, "call_busy"},
    {CompletionCode::ring_no_answer, "ring_no_answer"},
    {CompletionCode::invalid_number, "invalid_number"},
    {CompletionCode::call_rejected, "call_rejected"},
    {CompletionCode::general_failure, "general_failure"},
    {CompletionCode::call_lost, "call_lost"},
    {CompletionCode::opted_out, "opted_out"},
    {CompletionCode::restricted_dnc, "restricted_dnc"},
    {CompletionCode::restricted_hours, "restricted_hours"},
    {CompletionCode::no_callable_address, "no_callable_address"},
    {CompletionCode::attempt_unknown, "attempt_unknown"},
    {CompletionCode::stopped, "stopped"},
    {CompletionCode::nuisance, "nuisance"},
});

/// What a final SIP status to our INVITE means for the attempt (RFC 3261 section 21).
CompletionCode completion_code_of_sip_status(int status);

}  // namespace everdial
