#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <utility>
#include <variant>
#include <vector>

#include "model/call.h"
#include "model/messages.h"
#include "mpp/trunk.h"

// What goes into the MPP's machine, what comes out of it, and what its journal holds.

namespace everdial::mpp {

// ---- the journal: what an MPP must still know after it died ------------------------------------------------------------------------

/// Orders for `resource` below `epoch` are refused.
struct EpochRaised {
  Resource resource;
  Epoch epoch;
};
/// The call as it is now; the last one of an attempt counts.
struct CallWritten {
  CallRecord record;
  std::optional<CompletionCode> hanging_up;  ///< we are ending it, and so it is to end
  Instant not_after;                         ///< of its order
};
/// What a later process needs to end the call, should this one die.
struct DialogWritten {
  AttemptId attempt;
  std::string snapshot;
};
/// The attempt's result is committed. Its id is kept for a while, so that a late copy of its order is still seen to be one.
struct CallForgotten {
  AttemptId attempt;
  Resource resource;
  Epoch epoch;
  Instant copies_until;  ///< until then a copy of the order may come that is not too late
};
using JournalEntry = std::variant<EpochRaised, CallWritten, DialogWritten, CallForgotten>;

// ---- inputs ------------------------------------------------------------------------------------------------------------------------

using ReplyId = uint64_t;  ///< given by the service, to find whom to answer

/// What an earlier process left; the first input, once.
struct JournalLoaded {
  std::vector<JournalEntry> entries;
};
/// Every lease's epoch, read after this MPP had become visible to the leases' next owners: from here on it may serve.
struct EpochsRead {
  std::vector<std::pair<Resource, Epoch>> epochs;
  std::optional<Instant> forgot_at;  ///< when this MPP last found its journal gone
};
struct BarrierAsked {
  ReplyId reply;
  RaiseBarrier request;
};
struct OrdersArrived {
  ReplyId reply;
  ExecuteCalls request;
};
struct OrdersRefused {  ///< before we served: their owner takes them for never executed, so a late copy must find them refused, too
  ExecuteCalls request;
};
struct CommandsArrived {
  ReplyId reply;
  ControlCalls request;
};
struct ForgetAsked {
  ReplyId reply;
  ForgetCalls request;
};
struct TrunkReported {
  std::vector<TrunkEvent> events;
};
struct TimePassed {};
/// The wall clock was set: time-outs under way keep their length.
struct ClockStepped {
  Duration by{};
};
/// No new calls from here on.
struct DrainBegun {};
/// Whoever still talks is hung up on.
struct DrainEnded {};

using Input = std::variant<JournalLoaded, EpochsRead, BarrierAsked, OrdersArrived, OrdersRefused, CommandsArrived, ForgetAsked,
                           TrunkReported, TimePassed, ClockStepped, DrainBegun, DrainEnded>;

// ---- effects: nothing is done before what was written ahead of it is in the journal ---------------------------------------------------

struct WriteJournal {
  JournalEntry entry;
  /// Must outlive the machine's power: what decides whether an INVITE may be sent. For all else it is enough to outlive the process:
  /// what was told of a call stands in the database of whoever was told first.
  bool durable = false;
};
/// Put these entries in place of all that was written before.
struct CompactJournal {
  std::vector<JournalEntry> entries;
};
struct Serve {};
struct Answer {
  ReplyId reply;
  Result<Reply> body;
};
struct PlaceOnTrunk {
  LegOrder order;
};
struct PlayOnTrunk {
  AttemptId attempt;
  std::string prompt;
};
struct ConverseOnTrunk {
  Conversation conversation;
};
struct PressOnTrunk {
  AttemptId attempt;
  std::string digits;
};
struct HangUpOnTrunk {
  AttemptId attempt;
};
struct EndRestored {
  AttemptId attempt;
  std::string snapshot;
};
struct SendEvent {
  Address to;  ///< the application server that ordered the call; empty: any
  CallEvents::Event event;
};
/// The one timer; a new one takes the old one's place.
struct ArmTimer {
  Instant at;
};

using Effect = std::variant<WriteJournal, CompactJournal, Serve, Answer, PlaceOnTrunk, PlayOnTrunk, ConverseOnTrunk, PressOnTrunk,
                            HangUpOnTrunk, EndRestored, SendEvent, ArmTimer>;

}  // namespace everdial::mpp
