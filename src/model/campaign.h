#pragma once

#include <map>
#include <optional>
#include <set>
#include <string>

#include "base/result.h"
#include "base/time.h"
#include "model/agent_campaign.h"
#include "model/completion_code.h"
#include "model/ids.h"

namespace everdial {

enum class MachineAction { hang_up, leave_message, go_on };
template <>
inline constexpr auto enum_names<MachineAction> = std::to_array<std::pair<MachineAction, std::string_view>>({
    {MachineAction::hang_up, "hang_up"},
    {MachineAction::leave_message, "leave_message"},
    {MachineAction::go_on, "go_on"},
});

/// What to do after one result: try again `times` more, `delay` after the end of the last try.
struct Retry {
  int times = 0;
  Duration delay{};
  bool operator==(const Retry&) const = default;
};

/// How a campaign's contacts are called; stored as JSON in campaign.strategy.
struct Strategy {
  Duration ring_timeout = 45s;  ///< 15 s to 120 s (5 s allowed for tests and demos by configuration)
  Duration max_call = 60min;    ///< longest call, 5 s to 120 min
  std::string prompt;           ///< name of a WAV in the prompt folder; empty: hang up when answered
  std::string machine_prompt;   ///< left after the beep with leave_message; empty: `prompt`
  bool analyse = true;          ///< call progress analysis of answered calls
  MachineAction machine_action = MachineAction::hang_up;
  bool record = false;
  char opt_out_digit = '9';  ///< pressed during the prompt: added to DNC; 0: none
  std::string caller_id;     ///< E.164 shown to the callee; empty: the trunk's own
  std::map<CompletionCode, Retry> retries;
  int max_attempts = 6;                ///< over all results
  int calling_from_minute = 8 * 60;    ///< calling hours in the contact's zone, minutes after midnight
  int calling_until_minute = 21 * 60;  ///< exclusive; equal to from: all day
  bool operator==(const Strategy&) const = default;
};

/// Errors name the JSON pointer of the field, what was wrong and what is allowed.
Result<Strategy> strategy_from_json(const std::string& json);
std::string to_json(const Strategy& strategy);

/// What a goal counts: finished attempts, or contacts that are done.
enum class GoalOf { attempts, contacts };
template <>
inline constexpr auto enum_names<GoalOf> = std::to_array<std::pair<GoalOf, std::string_view>>({
    {GoalOf::attempts, "attempts"},
    {GoalOf::contacts, "contacts"},
});

struct Goal {
  int64_t count = 0;
  GoalOf of = GoalOf::attempts;
  std::set<CompletionCode> codes;  ///< those that count; empty: all
  bool operator==(const Goal&) const = default;
};

/// When a job ends although contacts are left, whichever comes first; stored as JSON in campaign.finish. Without any: when all are done.
struct Finish {
  std::optional<Duration> after;    ///< so long after it began
  std::optional<int> until_minute;  ///< the next time that the clock in `time_zone` shows this, minutes after midnight
  std::string time_zone = "UTC";
  std::optional<Goal> goal;
  bool by_time() const { return after || until_minute; }
  bool operator==(const Finish&) const = default;
};

Result<Finish> finish_from_json(const std::string& json);
std::string to_json(const Finish& finish);
/// When the time of a job that began then is up; empty when it ends not by time.
std::optional<Instant> finish_time(const Finish& finish, Instant began);

/// How far a job with finish criteria may be dialed until its director looks again: never past the criterion, however long that is.
struct DialingAllowance {
  std::optional<int64_t> claims;      ///< with a goal: most contacts claimed since the job began
  std::optional<Duration> valid_for;  ///< with an end by time: so long from the grant
  bool operator==(const DialingAllowance&) const = default;
};

struct Campaign {
  CampaignId id;
  std::string name;
  ContactListId list;
  Strategy strategy;
  double calls_per_second = 10;  ///< rate limit of a job of this campaign
  int max_calls = 100;           ///< calls in the air at once
  Finish finish;
  std::optional<AgentSettings> agents = std::nullopt;  ///< empty: a campaign without agents
};

enum class JobState { queued, filtering, running, pausing, paused, stopping, stopped, completed };
template <>
inline constexpr auto enum_names<JobState> = std::to_array<std::pair<JobState, std::string_view>>({
    {JobState::queued, "queued"},
    {JobState::filtering, "filtering"},
    {JobState::running, "running"},
    {JobState::pausing, "pausing"},
    {JobState::paused, "paused"},
    {JobState::stopping, "stopping"},
    {JobState::stopped, "stopped"},
    {JobState::completed, "completed"},
});

/// What a person asked of a job; kept in job.requested until the director has applied it.
enum class JobRequest { pause, resume, stop };
template <>
inline constexpr auto enum_names<JobRequest> = std::to_array<std::pair<JobRequest, std::string_view>>({
    {JobRequest::pause, "pause"},
    {JobRequest::resume, "resume"},
    {JobRequest::stop, "stop"},
});

/// Why a job ended, or is about to.
enum class FinishReason { exhausted, goal, time, stopped };
template <>
inline constexpr auto enum_names<FinishReason> = std::to_array<std::pair<FinishReason, std::string_view>>({
    {FinishReason::exhausted, "exhausted"},
    {FinishReason::goal, "goal"},
    {FinishReason::time, "time"},
    {FinishReason::stopped, "stopped"},
});

enum class JobContactState { ready, in_flight, done };
template <>
inline constexpr auto enum_names<JobContactState> = std::to_array<std::pair<JobContactState, std::string_view>>({
    {JobContactState::ready, "ready"},
    {JobContactState::in_flight, "in_flight"},
    {JobContactState::done, "done"},
});

}  // namespace everdial
