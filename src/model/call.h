#pragma once

#include <optional>
#include <string>

#include "base/time.h"
#include "model/campaign.h"
#include "model/ids.h"

namespace everdial {

/// What a call shall do from INVITE to BYE; all an MPP and an application server need, so that either can go on alone.
struct CallPlan {
  std::string phone;  ///< E.164 with '+'
  std::string caller_id;
  Duration ring_timeout = 45s;
  Duration max_call = 60min;
  std::string prompt;
  std::string machine_prompt;
  bool analyse = true;
  MachineAction machine_action = MachineAction::hang_up;
  bool record = false;
  char opt_out_digit = 0;
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
  CompletionCode code = CompletionCode::general_failure;  ///< meaningful when ended
  int sip_status = 0;                                     ///< final status of the INVITE, 0 until there is one
  bool never_sent = false;                                ///< ended, and its INVITE has never left: nobody was called
  bool opted_out = false;
  std::string digits;     ///< DTMF received, at most 64
  std::string recording;  ///< file name of the recording, if any
};

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
