#pragma once

#include <optional>
#include <string>

#include "base/time.h"
#include "model/campaign.h"
#include "model/conversation.h"
#include "model/ids.h"

namespace everdial {

/// Who is at the far end.
enum class Party {
  contact,
  agent,  ///< a line: no analysis, no longest call, silence while nobody talks
};
template <>
inline constexpr auto enum_names<Party> = std::to_array<std::pair<Party, std::string_view>>({
    {Party::contact, "contact"},
    {Party::agent, "agent"},
});

/// What a call shall do from INVITE to BYE; all an MPP and an application server need, so that either can go on alone.
struct CallPlan {
  std::string phone;  ///< E.164 with '+'; of a line also a SIP address
  std::string caller_id;
  Duration ring_timeout = 45s;
  Duration max_call = 60min;
  std::string prompt;  ///< with `agents`: what a person hears for whom there is no agent
  std::string machine_prompt;
  bool analyse = true;
  MachineAction machine_action = MachineAction::hang_up;
  bool record = false;
  char opt_out_digit = 0;
  Resource agents;  ///< "agent_manager/zone/ID" whose agents the call is for; empty: for none
  Party party = Party::contact;
  bool operator==(const CallPlan&) const = default;
};

CallPlan make_call_plan(const Strategy& strategy, const std::string& phone);

/// An order to place one call. An MPP executes an attempt at most once, refuses an epoch below the resource's highest, and drops
/// an order that reaches it after `not_after`.
struct CallOrder {
  AttemptId attempt;
  Resource resource;  ///< the lease under which the intent was committed
  Epoch epoch;
  Instant not_after;
  CallPlan plan;
};

enum class CallStage { placed, ringing, answered, ended };
template <>
inline constexpr auto enum_names<CallStage> = std::to_array<std::pair<CallStage, std::string_view>>({
    {CallStage::placed, "placed"},
    {CallStage::ringing, "ringing"},
    {CallStage::answered, "answered"},
    {CallStage::ended, "ended"},
});

/// What an MPP knows of an attempt it has executed. It keeps the record until the owner of the job has committed the result.
struct CallRecord {
  AttemptId attempt;
  Resource resource;
  Epoch epoch;
  std::string mpp;  ///< "as1/mpp/1": which MPP worker carried it
  std::string trunk;
  CallPlan plan;
  CallStage stage = CallStage::placed;
  Instant placed_at;
  std::optional<Instant> ringing_at, answered_at, ended_at;
  std::optional<CompletionCode> analysis;                 ///< what call progress analysis found, once it has
  std::optional<Instant> analysed_at;                     ///< when it had
  CompletionCode code = CompletionCode::general_failure;  ///< meaningful when ended
  int sip_status = 0;                                     ///< final status of the INVITE, 0 until there is one
  bool never_sent = false;                                ///< ended, and its INVITE has never left: nobody was called
  bool opted_out = false;
  std::string digits;     ///< DTMF received, at most 64
  std::string recording;  ///< file name of the recording, if any
  std::optional<Conversation> conversation;
  Epoch steered_by;     ///< of the last manager of agents who steered it,
  int64_t steered = 0;  ///< and its SteerCalls::seq; 0: none has
};

/// The manager of agents that steers the call; empty: none does.
inline Resource steered_by(const Resource& resource, const CallPlan& plan) { return plan.party == Party::agent ? resource : plan.agents; }

/// "sip:name@host" in characters that are safe in a request line; what an agent's phone may be reached by besides a number.
bool is_sip_address(const std::string& phone);

/// Whether an order was taken. Only `accepted` and `duplicate` may have led to an INVITE.
enum class OrderVerdict { accepted, duplicate, stale_epoch, too_late, no_trunk, no_mpp, overloaded };
template <>
inline constexpr auto enum_names<OrderVerdict> = std::to_array<std::pair<OrderVerdict, std::string_view>>({
    {OrderVerdict::accepted, "accepted"},
    {OrderVerdict::duplicate, "duplicate"},
    {OrderVerdict::stale_epoch, "stale_epoch"},
    {OrderVerdict::too_late, "too_late"},
    {OrderVerdict::no_trunk, "no_trunk"},
    {OrderVerdict::no_mpp, "no_mpp"},
    {OrderVerdict::overloaded, "overloaded"},
});

}  // namespace everdial
