#pragma once

#include <optional>
#include <string_view>

#include "base/ids.h"

namespace everdial {

using CampaignId = StrongId<struct CampaignTag>;
using JobId = StrongId<struct JobTag>;
using ContactListId = StrongId<struct ContactListTag>;
using ContactId = StrongId<struct ContactTag>;
using AgentId = StrongId<struct AgentTag>;
using ScheduleId = StrongId<struct ScheduleTag>;
using ExportId = StrongId<struct ExportTag>;
using ImportId = StrongId<struct ImportTag>;
using Epoch = StrongId<struct EpochTag>;                           ///< how often a resource has been acquired; never decreases
using Incarnation = StrongId<struct IncarnationTag, std::string>;  ///< one life of one process: a UUID made at its start
using ServerName = StrongId<struct ServerTag, std::string>;
using Resource = StrongId<struct ResourceTag, std::string>;  ///< what a lease names: "campaign_director", "job/42"
using Address = StrongId<struct AddressTag, std::string>;    ///< host:port of a component's listener

inline Resource job_resource(JobId job) { return Resource{"job/" + to_string(job)}; }
inline constexpr std::string_view agent_zone_prefix = "agent_manager/zone/";
/// What the master of a zone's agents holds.
inline Resource agent_zone_resource(const std::string& zone) { return Resource{std::string(agent_zone_prefix) + zone}; }
/// The zone of such a resource; nothing of any other.
inline std::optional<std::string> zone_of_agents(const Resource& resource) {
  if (!resource.value.starts_with(agent_zone_prefix)) return std::nullopt;
  return resource.value.substr(agent_zone_prefix.size());
}

/// One try to reach one contact in one job. Known before anything is written, so every retry of a request names the same attempt.
struct AttemptId {
  JobId job;
  ContactId contact;
  int number = 0;  ///< 1 for the first try; never reused

  auto operator<=>(const AttemptId&) const = default;
  bool operator==(const AttemptId&) const = default;
};

/// "42-1001-3": job, contact, number.
std::string to_string(const AttemptId& id);
std::optional<AttemptId> parse_attempt_id(std::string_view text);

/// A line is the call to an agent's phone; `number` counts that agent's nailings.
inline AttemptId line_of(AgentId agent, int number) { return {JobId{}, ContactId{agent.value}, number}; }
inline bool is_line(const AttemptId& id) { return id.job == JobId{}; }
inline AgentId agent_of_line(const AttemptId& line) { return AgentId{line.contact.value}; }

}  // namespace everdial

template <>
struct std::hash<everdial::AttemptId> {
  size_t operator()(const everdial::AttemptId& id) const noexcept {
    return static_cast<size_t>((id.job.value * 1'000'003 + id.contact.value) * 31 + id.number);
  }
};
