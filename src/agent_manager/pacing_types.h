#pragma once

#include <array>
#include <cstdint>
#include <string>
#include <variant>
#include <vector>

#include "base/enum_names.h"
#include "base/result.h"
#include "base/time.h"
#include "model/agent_campaign.h"
#include "model/ids.h"

namespace everdial {

/// What the abandoned calls are a share of.
enum class LiveCalls {
  person,  ///< calls that a person has answered
  answer,  ///< all answered calls, machines too
};
template <>
inline constexpr auto enum_names<LiveCalls> = std::to_array<std::pair<LiveCalls, std::string_view>>({
    {LiveCalls::person, "person"},
    {LiveCalls::answer, "answer"},
});

struct PacingSettings {
  PacingMode mode = PacingMode::predictive;
  double cap = 0.03;       ///< abandoned of live calls, within the period
  double target = 0.0293;  ///< what is steered to: as far below the cap as chance needs
  double grace = 10;       ///< abandoned calls by which a young period, or a day, may be ahead of its share
  int period_days = 30;    ///< the cap holds over so many days, counted in UTC, this one included
  Duration window = 2s;    ///< a live call that nobody takes for so long is abandoned
  bool analysis = false;   ///< answers are classified before an agent hears them
  LiveCalls counted = LiveCalls::person;
  double calls_per_agent = 15;  ///< not yet connected ones, at most
};

/// What has become true. `at` of PacingMachine::note says when: a new owner tells what it finds with the times at which it began.
struct CallPlaced {
  AttemptId call;
};
struct CallAnswered {
  AttemptId call;
};
struct CallClassified {  ///< only with analysis; without it each answer is a person
  AttemptId call;
  bool person = true;
};
struct CallConnected {  ///< an agent has it
  AttemptId call;
};
struct CallAbandoned {  ///< the window has passed
  AttemptId call;
};
struct CallEnded {  ///< nobody answered, busy, failed, or hung up before an agent or the window's end came
  AttemptId call;
};
struct AgentReady {
  AgentId agent;
};
struct AgentTalking {
  AgentId agent;
};
struct AgentWrapup {
  AgentId agent;
};
struct AgentLeaving {  ///< will not be ready after this call, or has thought better of it
  AgentId agent;
  bool leaving = true;
};
struct AgentGone {  ///< not ready, elsewhere, or logged out
  AgentId agent;
};
struct AgentAsks {  ///< manual and preview: for one call
  AgentId agent;
};
using PacingFact = std::variant<CallPlaced, CallAnswered, CallClassified, CallConnected, CallAbandoned, CallEnded, AgentReady, AgentTalking,
                                AgentWrapup, AgentLeaving, AgentGone, AgentAsks>;

struct PacingLimits {
  int64_t free_channels = 0;
  int64_t contacts_left = 0;
};

/// Pieces of the elapsed time of a conversation or of the work after it, each with its own rate of ending.
inline constexpr std::array<int, 20> kWorkPieces{0, 3, 6, 10, 15, 20, 25, 30, 40, 50, 60, 80, 100, 120, 150, 180, 240, 300, 420, 600};
inline constexpr size_t kRingSeconds = 48;

/// What a job has learned, and what it has used of its budget: all that outlives a failover beside the facts themselves.
struct PacingMemory {
  struct Ringing {  ///< by second since the call was placed
    std::array<double, kRingSeconds> rang{}, answered{}, cleared{};
    bool operator==(const Ringing&) const = default;
  };
  struct Work {  ///< by piece of elapsed time
    std::array<double, kWorkPieces.size()> seconds{}, ended{};
    bool operator==(const Work&) const = default;
  };
  struct Day {
    int64_t day = 0;  ///< since 1970
    int64_t live = 0, abandoned = 0;
    bool operator==(const Day&) const = default;
  };
  Ringing ringing;
  Work talking, wrapup;
  double answers_seen = 0, answers_expected = 0;  ///< lately: by how much the rate of answers differs from what was learned
  double classified = 0, persons = 0;
  double wrapups = 0, returned = 0;  ///< how many of those who finished their work went on
  double steer = -3.476;             ///< log odds of the risk that a new call may take; 3 % to begin with
  double balance = 0;                ///< abandoned calls that the target would have allowed beyond those there were
  std::vector<Day> days;
  bool operator==(const PacingMemory&) const = default;
};

/// One line of JSON, about 4 kB.
std::string to_json(const PacingMemory& memory);
Result<PacingMemory> parse_pacing_memory(std::string_view json);

}  // namespace everdial
