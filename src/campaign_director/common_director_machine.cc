#include "campaign_director/common_director_machine.h"

#include <algorithm>

namespace everdial {
namespace {

/// What a person's request makes of a job in this state; empty: nothing to do but to clear it.
std::optional<JobState> requested_state(JobState state, JobRequest request) {
  switch (request) {
    case JobRequest::pause:
      if (state == JobState::queued) return JobState::paused;
      if (state == JobState::filtering || state == JobState::running) return JobState::pausing;
      return std::nullopt;
    case JobRequest::resume:
      // By way of filtering: the pause may have come before the queue was filled.
      if (state == JobState::paused || state == JobState::pausing) return JobState::filtering;
      return std::nullopt;
    case JobRequest::stop:
      if (state == JobState::queued) return JobState::stopped;
      if (state != JobState::stopping) return JobState::stopping;
      return std::nullopt;
  }
  return std::nullopt;
}

std::optional<JobState> next_state(const JobSeen& job) {
  if (job.state == JobState::queued) return JobState::filtering;
  if (!job.drained) return std::nullopt;
  switch (job.state) {
    case JobState::running:
      return JobState::completed;
    case JobState::pausing:
      return JobState::paused;
    case JobState::stopping:
      return JobState::stopped;
    default:
      return std::nullopt;
  }
}

bool ended(JobState state) { return state == JobState::stopped || state == JobState::completed; }

}  // namespace

std::vector<DirectorEffect> CommonDirectorMachine::step(const CommonDirectorInput& input, Instant) {
  const WorldSeen& world = std::get<WorldSeen>(input);
  std::vector<DirectorEffect> out;
  std::map<Incarnation, int> load;
  for (const Session& manager : world.managers) load[manager.incarnation] = 0;
  for (const JobSeen& job : world.jobs)
    if (job.allotted && load.contains(*job.allotted)) ++load[*job.allotted];

  for (const JobSeen& job : world.jobs) {
    JobState state = job.state;
    std::optional<JobState> to;
    bool by_request = false;
    if (job.requested) {
      to = requested_state(job.state, *job.requested);
      by_request = to.has_value();
      if (!to) out.push_back(ClearRequest{job.id, *job.requested});
    }
    if (!to) to = next_state(job);
    if (to) {
      out.push_back(SaveJobState{job.id, job.state, *to, by_request});
      state = *to;
    }

    if (ended(state)) {
      if (job.allotted) out.push_back(AllotJob{job.id, std::nullopt});
    } else if ((!job.allotted || !load.contains(*job.allotted)) && !load.empty()) {
      // To the least busy; the first of them by incarnation, so that two looks at one record give one answer.
      const auto least = std::min_element(load.begin(), load.end(), [](const auto& a, const auto& b) { return a.second < b.second; });
      ++least->second;
      out.push_back(AllotJob{job.id, least->first});
    }
  }
  return out;
}

}  // namespace everdial
