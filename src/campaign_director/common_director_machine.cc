#include "campaign_director/common_director_machine.h"

#include <algorithm>

#include "model/server_choice.h"

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
      return job.finish_reason.value_or(FinishReason::stopped) == FinishReason::stopped ? JobState::stopped : JobState::completed;
    default:
      return std::nullopt;
  }
}

bool may_finish(JobState state) {
  return state == JobState::filtering || state == JobState::running || state == JobState::pausing || state == JobState::paused;
}

/// Whether one of its criteria is met.
std::optional<FinishReason> criterion_met(const JobSeen& job, Instant at) {
  if (!job.criteria || !may_finish(job.state)) return std::nullopt;
  const JobSeen::Criteria& c = *job.criteria;
  if (c.finish.goal && c.reached >= c.finish.goal->count) return FinishReason::goal;
  const auto time = c.began ? finish_time(c.finish, *c.began) : std::nullopt;
  if (time && *time <= at) return FinishReason::time;
  return std::nullopt;
}

std::optional<FinishReason> reason_of(JobState from, JobState to, bool by_request) {
  if (by_request && (to == JobState::stopping || to == JobState::stopped)) return FinishReason::stopped;
  if (from == JobState::running && to == JobState::completed) return FinishReason::exhausted;
  return std::nullopt;
}

bool ended(JobState state) { return state == JobState::stopped || state == JobState::completed; }

const ServerSeen* seen_of(const WorldSeen& world, const ServerName& server) {
  const auto found = std::find_if(world.servers.begin(), world.servers.end(), [&](const ServerSeen& s) { return s.name == server; });
  return found == world.servers.end() ? nullptr : &*found;
}

bool parked(const WorldSeen& world, const ServerName& server) {
  const ServerSeen* seen = seen_of(world, server);
  return seen && seen->parked;
}

}  // namespace

std::vector<DirectorEffect> CommonDirectorMachine::step(const CommonDirectorInput& input, Instant now) {
  const WorldSeen& world = std::get<WorldSeen>(input);
  std::vector<DirectorEffect> out;
  agents(world, zones(world, now, out), out);
  schedules(world, out);
  jobs(world, now, out);
  return out;
}

/// What was due while nobody was there is dealt with at once and together, as the schedule wants it.
void CommonDirectorMachine::schedules(const WorldSeen& world, std::vector<DirectorEffect>& out) {
  constexpr int kMostCounted = 1000;
  for (const ScheduleSeen& s : world.schedules) {
    if (s.next_at > world.at) continue;
    FireSchedule fire{.schedule = s.id, .seen = s.next_at, .due = s.next_at};
    while ((fire.next = next_due(s.timetable, fire.due)) && *fire.next <= world.at && fire.missed < kMostCounted) {
      fire.due = *fire.next;
      ++fire.missed;
    }
    if (fire.next && *fire.next <= world.at) fire.next = next_due(s.timetable, world.at);
    fire.run = s.misfire == Misfire::run_once || world.at - fire.due <= s.grace;
    out.push_back(fire);
  }
}

void CommonDirectorMachine::watch(const Session& director, Instant now) {
  Life& life = lives_[director.server];
  if (life.director != director.incarnation) {
    life.director = director.incarnation;
    life.since = now;
    life.begun.push_back(now);
  }
  while (!life.begun.empty() && life.begun.front() + settings_.flap_window < now) life.begun.pop_front();
}

CommonDirectorMachine::Loads CommonDirectorMachine::zones(const WorldSeen& world, Instant now, std::vector<DirectorEffect>& out) {
  std::map<ServerName, Incarnation> directors;
  std::map<Incarnation, ServerName> server_of;
  std::vector<ServerStanding> servers;
  for (const Session& director : world.directors) {
    watch(director, now);
    const ServerSeen* recorded = seen_of(world, director.server);
    ServerStanding server = recorded ? *recorded : ServerStanding{director.server};
    const Life& life = lives_[director.server];
    server.settled = now - life.since >= settings_.settled_after;
    server.flaps = static_cast<int>(life.begun.size()) >= settings_.flaps;
    if (recorded && (recorded->settled != server.settled || recorded->flaps != server.flaps))
      out.push_back(SaveStanding{server.name, server.settled, server.flaps});
    servers.push_back(server);
    if (server.parked) continue;
    directors[director.server] = director.incarnation;
    server_of[director.incarnation] = director.server;
  }

  std::vector<ZoneNeed> needs;
  for (const ZoneSeen& zone : world.zones) {
    ZoneNeed need{zone.name, zone.weight, zone.home, std::nullopt, zone.going_home};
    if (const auto& director = zone.allotted ? zone.allotted : zone.holder)
      if (const auto at = server_of.find(*director); at != server_of.end()) need.current = at->second;
    needs.push_back(std::move(need));
  }
  const auto chosen = choose_servers(std::move(needs), servers);
  Loads directed;
  for (const ZoneSeen& zone : world.zones) {
    const auto server = chosen.find(zone.name);
    if (server == chosen.end()) continue;
    directed[server->second] += zone.weight;
    const Incarnation& director = directors.at(server->second);
    const bool going_home = zone.going_home && zone.home != server->second;
    if (zone.allotted != director || zone.going_home != going_home)
      out.push_back(AllotZone{zone.name, director, server->second, going_home});
  }
  return directed;
}

/// A zone's agents stay with whoever manages them, until that one is gone, its server is parked, or they are ordered elsewhere. Allotted
/// until they are there, and no longer.
void CommonDirectorMachine::agents(const WorldSeen& world, const Loads& directed, std::vector<DirectorEffect>& out) {
  std::map<Incarnation, ServerName> living;
  std::map<ServerName, Incarnation> managers;
  std::vector<ServerStanding> servers;
  for (const Session& manager : world.agent_managers) {
    living[manager.incarnation] = manager.server;
    managers[manager.server] = manager.incarnation;
    const ServerSeen* recorded = seen_of(world, manager.server);
    ServerStanding& server = servers.emplace_back(recorded ? *recorded : ServerStanding{manager.server});
    server.settled = false;  // nobody goes home but by order
    const auto load = directed.find(manager.server);
    if (load != directed.end()) server.load = load->second;
  }
  const auto server_of = [&](const std::optional<Incarnation>& manager) {
    const auto found = manager ? living.find(*manager) : living.end();
    return found == living.end() ? std::nullopt : std::optional(found->second);
  };
  const auto is_left_alone = [&](const ZoneSeen& zone) {
    return !zone.allotted && zone.holder && world.doubted_agent_managers.contains(*zone.holder);
  };
  std::vector<ZoneNeed> needs;
  for (const ZoneSeen& zone : world.agent_zones) {
    if (is_left_alone(zone)) continue;
    const auto target = server_of(zone.allotted), holder = server_of(zone.holder);
    if (zone.home || !holder) needs.push_back({zone.name, zone.weight, zone.home, target ? target : holder, zone.going_home});
    else needs.push_back({zone.name, zone.weight, holder});  // of equal servers the one where they are
  }
  const auto chosen = choose_servers(std::move(needs), servers);
  for (const ZoneSeen& zone : world.agent_zones) {
    const auto server = chosen.find(zone.name);
    if (server == chosen.end()) continue;
    const Incarnation& manager = managers.at(server->second);
    const auto allotted = zone.holder == manager ? std::nullopt : std::optional(manager);
    const bool going_home = zone.going_home && zone.home != server->second;
    if (zone.allotted != allotted || zone.going_home != going_home || !zone.home)
      out.push_back(AllotAgents{zone.name, allotted, server->second, going_home});
  }
}

void CommonDirectorMachine::jobs(const WorldSeen& world, Instant now, std::vector<DirectorEffect>& out) {
  std::map<Incarnation, int> load;
  for (const Session& manager : world.managers)
    if (!parked(world, manager.server)) load[manager.incarnation] = 0;
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
    std::optional<FinishReason> reason;
    if (!to && (reason = criterion_met(job, world.at))) to = JobState::stopping;
    if (!to) to = next_state(job);
    if (to) {
      out.push_back(SaveJobState{job.id, job.state, *to, by_request, reason ? reason : reason_of(job.state, *to, by_request)});
      state = *to;
    }
    if (job.criteria && (state == JobState::filtering || state == JobState::running)) grant(job, world.at, now, out);

    if (ended(state)) {
      granted_at_.erase(job.id);
      if (job.allotted) out.push_back(AllotJob{job.id, std::nullopt});
    } else if ((!job.allotted || !load.contains(*job.allotted)) && !load.empty()) {
      // To the least busy; the first of them by incarnation, so that two looks at one record give one answer.
      const auto least = std::min_element(load.begin(), load.end(), [](const auto& a, const auto& b) { return a.second < b.second; });
      ++least->second;
      out.push_back(AllotJob{job.id, least->first});
    }
  }
}

/// However long we are away, the allowance does not reach past the criterion: each call in the air and each one that may still be placed
/// could be the one that counts, and together they are no more than what the goal lacks.
void CommonDirectorMachine::grant(const JobSeen& job, Instant at, Instant now, std::vector<DirectorEffect>& out) {
  const JobSeen::Criteria& c = *job.criteria;
  DialingAllowance allowance;
  if (c.finish.goal) allowance.claims = c.claimed + std::max<int64_t>(0, c.finish.goal->count - c.reached - c.in_flight);
  if (const auto time = c.began ? finish_time(c.finish, *c.began) : std::nullopt) allowance.valid_for = *time - at;
  const auto granted_at = granted_at_.find(job.id);
  const bool renew = allowance.valid_for && (granted_at == granted_at_.end() || now - granted_at->second >= settings_.grant_every);
  if (!renew && (!allowance.claims || allowance.claims == c.allowed_claims)) return;
  granted_at_[job.id] = now;
  out.push_back(GrantAllowance{job.id, allowance});
}

}  // namespace everdial
