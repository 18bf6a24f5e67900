#pragma once

#include <cstdint>
#include <map>
#include <string>
#include <variant>
#include <vector>

#include "base/result.h"
#include "model/call.h"
#include "model/messages.h"

// What goes into the call control machine and what comes out of it.

namespace everdial {

/// A trunk as it is configured, the same on all servers; its limits are for all application servers together.
struct TrunkLimits {
  std::string name;
  int channels = 0;             ///< calls at once; 0: no limit
  double calls_per_second = 0;  ///< 0: no limit
};

namespace call_control {

using ReplyId = uint64_t;  ///< given by the service, to find whom to answer

// ---- inputs ------------------------------------------------------------------------------------------------------------------------

/// Who is there, as the directory has it.
struct PeersSeen {
  size_t servers = 1;                   ///< living application servers, this one among them
  size_t rank = 0;                      ///< this one's place among them
  std::map<Address, std::string> mpps;  ///< that take calls, with their lasting names
};
struct OrdersArrived {
  ReplyId reply;
  PlaceCalls request;
};
struct ExecuteAnswered {
  uint64_t batch;
  Result<CallsExecuted> result;
};
struct EventsArrived {
  ReplyId reply;
  CallEvents request;
};
struct SteerArrived {
  ReplyId reply;
  SteerCalls request;
};
struct SettledArrived {
  AttemptsSettled request;
};
/// Now and then; what has not been heard of for long is given up.
struct TimePassed {};

using Input = std::variant<PeersSeen, OrdersArrived, ExecuteAnswered, EventsArrived, SteerArrived, SettledArrived, TimePassed>;

// ---- effects -----------------------------------------------------------------------------------------------------------------------

/// Answered by ExecuteAnswered with the same batch.
struct Execute {
  uint64_t batch;
  Address mpp;
  std::vector<ExecuteCalls::Order> orders;
};
struct AnswerOrders {
  ReplyId reply;
  Result<CallsPlaced> result;
};
/// Hand these to the MPPs and the zones' managers; `reply` is answered when all have acknowledged. So an event is acknowledged only after
/// what it led to, and a manager knows that what it said has arrived.
struct Steer {
  struct Control {
    ControlCalls request;
    bool awaited = false;  ///< else it is told for the unlikely case
  };
  ReplyId reply;
  std::map<Address, Control> controls;  ///< by MPP; may be empty
  std::vector<AgentCallEvents> tell;    ///< may be empty
};
/// To whoever owns the job.
struct Relay {
  CallRecord record;
};
struct Forget {
  Address mpp;
  std::vector<AttemptId> attempts;
};

using Effect = std::variant<Execute, AnswerOrders, Steer, Relay, Forget>;

}  // namespace call_control
}  // namespace everdial
