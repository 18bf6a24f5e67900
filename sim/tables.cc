#include "sim/tables.h"

#include <algorithm>

#include "base/overloaded.h"

namespace everdial::sim {

int64_t Tables::reached(const Job& job) const {
  if (!job.campaign.finish.goal) return 0;
  const Goal& goal = *job.campaign.finish.goal;
  const auto counts = [&](const std::optional<CompletionCode>& code) { return code && (goal.codes.empty() || goal.codes.contains(*code)); };
  if (goal.of == GoalOf::attempts)
    return std::count_if(attempts.begin(), attempts.end(), [&](const auto& a) {
      return a.first.job == job.id && a.second.state == AttemptState::done && counts(a.second.code);
    });
  return std::count_if(job_contacts.begin(), job_contacts.end(), [&](const auto& c) {
    return c.first.first == job.id && c.second.state == JobContactState::done && counts(c.second.code);
  });
}

int64_t Tables::in_flight(JobId job) const {
  return std::count_if(job_contacts.begin(), job_contacts.end(),
                       [&](const auto& c) { return c.first.first == job && c.second.state == JobContactState::in_flight; });
}

Result<JobLoaded> MemoryAttemptStore::load(const LeaseGrant& grant, JobId job) {
  if (Status fenced = tables_.leases.fence(grant); !fenced.ok()) return fenced.error();
  const auto found = tables_.jobs.find(job);
  if (found == tables_.jobs.end()) return Error{ErrorKind::not_found, "job " + to_string(job) + " does not exist"};
  JobLoaded out{found->second.campaign, found->second.state, {}, {tables_.mpps.begin(), tables_.mpps.end()},
                found->second.claimed,  found->second.zone};
  for (const auto& [id, attempt] : tables_.attempts) {
    if (id.job != job) continue;
    const UnsettledAttempt open{id, attempt.phone, tables_.job_contacts.at({job, id.contact}).codes, attempt.intent_at};
    if (attempt.state == AttemptState::intent) out.unsettled.push_back(open);
    else if (attempt.state == AttemptState::unknown) out.unknown.push_back(open);
  }
  return out;
}

Result<DueFetched> MemoryAttemptStore::fetch_due(JobId job, const std::optional<DueKey>& after, int limit, Instant now) {
  std::vector<DueContact> due;
  bool any_ready = false;
  for (const auto& [key, row] : tables_.job_contacts) {
    if (key.first != job || row.state != JobContactState::ready) continue;
    any_ready = true;
    const DueKey due_key{row.due_at, key.second};
    if (row.due_at > now || (after && due_key <= *after)) continue;
    const Tables::Contact& contact = tables_.contacts.at(static_cast<size_t>(key.second.value - 1));
    due.push_back({due_key, contact.phone, contact.time_zone, row.attempts, row.codes});
  }
  std::sort(due.begin(), due.end(), [](const auto& a, const auto& b) { return a.key < b.key; });
  DueFetched out;
  out.exhausted = static_cast<int>(due.size()) < limit;
  if (!out.exhausted) due.resize(static_cast<size_t>(limit));
  out.nothing_left = due.empty() && !after && !any_ready;
  out.contacts = std::move(due);
  return out;
}

Result<std::optional<DueContact>> MemoryAttemptStore::fetch_contact(JobId job, ContactId id) {
  const auto row = tables_.job_contacts.find({job, id});
  if (row == tables_.job_contacts.end() || row->second.state == JobContactState::in_flight) return std::optional<DueContact>{};
  const Tables::Contact& contact = tables_.contacts.at(static_cast<size_t>(id.value - 1));
  return std::optional(DueContact{{row->second.due_at, id}, contact.phone, contact.time_zone, row->second.attempts, row->second.codes});
}

Status MemoryAttemptStore::commit(const LeaseGrant& grant, JobId job, const std::vector<JobEffect>& saves, Instant now) {
  if (Status fenced = tables_.leases.fence(grant); !fenced.ok()) return fenced;
  // All or nothing: an intent that does not fit is found before anything is changed. Results come first, as in one statement each.
  const auto before_contacts = tables_.job_contacts;
  const auto before_attempts = tables_.attempts;
  Tables::Job& row = tables_.jobs.at(job);
  const auto intents_among =
      std::count_if(saves.begin(), saves.end(), [](const JobEffect& save) { return std::holds_alternative<SaveIntent>(save); });
  if (row.allowance.claims && intents_among > 0) {
    if (row.claimed + intents_among > *row.allowance.claims)
      return Error{ErrorKind::conflict, "more contacts were claimed than the director allows"};
  }
  for (const bool intents : {false, true}) {
    for (const JobEffect& save : saves) {
      if (std::holds_alternative<SaveIntent>(save) != intents) continue;
      if (Status status = apply(grant, job, save, now); !status.ok()) {
        tables_.job_contacts = before_contacts;
        tables_.attempts = before_attempts;
        return status;
      }
    }
  }
  if (row.allowance.claims) row.claimed += intents_among;
  return success();
}

Status MemoryAttemptStore::apply(const LeaseGrant& grant, JobId job, const JobEffect& save, Instant now) {
  auto open = [&](const AttemptId& id, bool unknown_too) -> Tables::Attempt* {
    const auto found = tables_.attempts.find(id);
    if (found == tables_.attempts.end()) return nullptr;
    const bool is_open = found->second.state == AttemptState::intent || (unknown_too && found->second.state == AttemptState::unknown);
    return is_open ? &found->second : nullptr;
  };
  // What was UNKNOWN may be settled late: where somebody has had the contact dialed again meanwhile, that attempt counts for it.
  auto counts = [&](const AttemptId& id, const Tables::Attempt& attempt, const auto& contact) {
    return attempt.state == AttemptState::intent || (contact.state == JobContactState::done && contact.attempts == id.number);
  };
  Status status = success();
  std::visit(Overloaded{
                 [&](const SaveIntent& s) {
                   auto& contact = tables_.job_contacts[{job, s.attempt.contact}];
                   if (contact.state != JobContactState::ready || contact.attempts != s.attempt.number - 1) {
                     status = Error{ErrorKind::conflict, "a contact was not ready when its intent was written"};
                     return;
                   }
                   contact.state = JobContactState::in_flight;
                   contact.attempts = s.attempt.number;
                   tables_.attempts[s.attempt] = {s.phone, AttemptState::intent, std::nullopt, grant.epoch, std::nullopt, now};
                 },
                 [&](const SaveResult& s) {
                   Tables::Attempt* attempt = open(s.record.attempt, true);
                   if (!attempt) return;
                   auto& contact = tables_.job_contacts[{job, s.record.attempt.contact}];
                   if (counts(s.record.attempt, *attempt, contact)) {
                     contact.state = s.retry_at ? JobContactState::ready : JobContactState::done;
                     if (s.retry_at) contact.due_at = *s.retry_at;
                     contact.code = s.code;
                     contact.codes.push_back(s.code);
                   }
                   attempt->state = AttemptState::done;
                   attempt->code = s.code;
                   attempt->done_epoch = grant.epoch;
                   if (s.record.opted_out && tables_.dnc.insert(attempt->phone).second) tables_.opted_out_at[attempt->phone] = now;
                   tables_.outbox.emplace_back(to_string(s.record.attempt.contact), std::string(to_string(s.code)));
                 },
                 [&](const SaveAborted& s) {
                   Tables::Attempt* attempt = open(s.attempt, true);
                   if (!attempt) return;
                   auto& contact = tables_.job_contacts[{job, s.attempt.contact}];
                   if (counts(s.attempt, *attempt, contact)) {
                     contact.state = JobContactState::ready;
                     contact.due_at = s.due_at;
                   }
                   attempt->state = AttemptState::aborted;
                   attempt->code.reset();
                   attempt->done_epoch = grant.epoch;
                 },
                 [&](const SaveUnknown& s) {
                   Tables::Attempt* attempt = open(s.attempt, false);
                   if (!attempt) return;
                   attempt->state = AttemptState::unknown;
                   attempt->code = CompletionCode::attempt_unknown;
                   attempt->done_epoch = grant.epoch;
                   auto& contact = tables_.job_contacts[{job, s.attempt.contact}];
                   contact.state = JobContactState::done;
                   contact.code = CompletionCode::attempt_unknown;
                 },
                 [&](const SaveRestricted& s) {
                   auto& contact = tables_.job_contacts[{job, s.contact}];
                   if (contact.state != JobContactState::ready) return;
                   contact.code = s.code;
                   if (s.due_at) contact.due_at = *s.due_at;
                   else contact.state = JobContactState::done;
                 },
                 [&](const SaveReopened& s) {
                   auto& contact = tables_.job_contacts[{job, s.contact}];
                   if (contact.state != JobContactState::done) return;
                   contact.state = JobContactState::ready;
                   contact.due_at = now;
                 },
                 [&](const SaveDrained&) {
                   Tables::Job& row = tables_.jobs.at(job);
                   if (row.state != JobState::running && row.state != JobState::pausing && row.state != JobState::stopping) return;
                   for (const auto& [key, contact] : tables_.job_contacts) {
                     if (key.first != job) continue;
                     if (contact.state == JobContactState::in_flight ||
                         (contact.state == JobContactState::ready && row.state == JobState::running))
                       return;
                   }
                   row.drained = true;
                 },
                 [](const auto&) {},
             },
             save);
  return status;
}

Result<std::map<JobId, JobStateSeen>> MemoryAttemptStore::states(const std::vector<JobId>& jobs) {
  std::map<JobId, JobStateSeen> out;
  for (JobId job : jobs)
    if (const auto found = tables_.jobs.find(job); found != tables_.jobs.end())
      out[job] = {found->second.state, found->second.allowance, found->second.allowance_seq};
  return out;
}

Result<std::vector<AttemptId>> MemoryAttemptStore::settled(const std::vector<AttemptId>& attempts) {
  std::vector<AttemptId> out;
  for (const AttemptId& attempt : attempts) {
    const auto found = tables_.attempts.find(attempt);
    const bool open =
        found != tables_.attempts.end() && (found->second.state == AttemptState::intent || found->second.state == AttemptState::unknown);
    if (!open) out.push_back(attempt);
  }
  return out;
}

Result<DirectorStore::Record> MemoryDirectorStore::record() {
  Record out;
  for (const auto& [id, job] : tables_.jobs) {
    const bool ended = job.state == JobState::stopped || job.state == JobState::completed;
    if (ended && !job.desired) continue;
    JobSeen& seen = out.jobs.emplace_back(JobSeen{id, job.zone, job.state, job.requested, job.drained, job.desired, job.finish_reason});
    if (job.campaign.finish == Finish{}) continue;
    seen.criteria = {job.campaign.finish, job.began, tables_.reached(job), job.claimed, tables_.in_flight(id), job.allowance.claims};
  }
  out.at = tables_.now();
  for (const auto& [id, schedule] : tables_.schedules)
    if (schedule.next_at && *schedule.next_at <= out.at)
      out.schedules.push_back({id, schedule.timetable, schedule.misfire, schedule.grace, *schedule.next_at});
  const auto see = [](const LeaseRow& row, const std::string& prefix, const std::map<std::string, ServerName>& homes,
                      std::vector<ZoneSeen>& seen) {
    if (!row.resource.value.starts_with(prefix)) return;
    const std::string name = row.resource.value.substr(prefix.size());
    const auto home = homes.find(name);
    seen.push_back({name, 1, home == homes.end() ? std::nullopt : std::optional(home->second), row.desired, row.holder});
  };
  for (const LeaseRow& row : tables_.leases.leases({agent_zone_resource("default")}).value()) {
    see(row, "zone_director/", tables_.zone_homes, out.zones);
    see(row, "agent_manager/zone/", tables_.agents_homes, out.agent_zones);
  }
  for (ZoneSeen& zone : out.agent_zones) zone.going_home = tables_.agents_moving.contains(zone.name);
  return out;
}

Status MemoryDirectorStore::commit(const LeaseGrant& grant, const std::vector<DirectorEffect>& effects) {
  if (Status fenced = tables_.leases.fence(grant); !fenced.ok()) return fenced;
  for (const DirectorEffect& effect : effects) {
    std::visit(Overloaded{
                   [&](const SaveJobState& e) {
                     Tables::Job& job = tables_.jobs.at(e.job);
                     if (job.state != e.from) return;
                     job.state = e.to;
                     job.drained = false;
                     if (e.clears_request) job.requested.reset();
                     if (e.reason) job.finish_reason = e.reason;
                   },
                   [&](const GrantAllowance& e) {
                     Tables::Job& job = tables_.jobs.at(e.job);
                     if (job.state != JobState::filtering && job.state != JobState::running) return;
                     job.allowance = e.allowance;
                     ++job.allowance_seq;
                   },
                   [&](const ClearRequest& e) {
                     Tables::Job& job = tables_.jobs.at(e.job);
                     if (job.requested == e.request) job.requested.reset();
                   },
                   [&](const FireSchedule& e) { fire(e); },
                   [&](const AllotZone& e) {
                     tables_.zone_homes.emplace(e.zone, e.server);
                     tables_.leases.set_desired(Resource{"zone_director/" + e.zone}, e.director);
                   },
                   [&](const AllotAgents& e) {
                     if (!e.server.value.empty()) tables_.agents_homes.emplace(e.zone, e.server);
                     if (!e.going_home) tables_.agents_moving.erase(e.zone);
                     tables_.leases.set_desired(agent_zone_resource(e.zone), e.manager);
                   },
                   [](const SaveStanding&) {},
                   [&](const AllotJob& e) {
                     tables_.jobs.at(e.job).desired = e.manager;
                     tables_.leases.set_desired(job_resource(e.job), e.manager);
                   },
               },
               effect);
  }
  return success();
}

void MemoryDirectorStore::fire(const FireSchedule& e) {
  Tables::Schedule& schedule = tables_.schedules.at(e.schedule);
  if (schedule.next_at != e.seen) return;
  schedule.next_at = e.next;
  const bool is_import = !schedule.file.empty();
  const bool busy =
      is_import ? tables_.collecting.contains(schedule.file) : std::any_of(tables_.jobs.begin(), tables_.jobs.end(), [&](const auto& j) {
        return j.second.campaign.id == schedule.campaign.id && j.second.state != JobState::stopped && j.second.state != JobState::completed;
      });
  schedule.firings.push_back({e.due, !e.run ? "skipped" : busy ? "refused" : "started", e.missed});
  if (!e.run || busy) return;
  if (is_import) {
    tables_.collecting.insert(schedule.file);
    return;
  }
  const JobId id{tables_.jobs.empty() ? 1 : tables_.jobs.rbegin()->first.value + 1};
  tables_.jobs[id].id = id;
  tables_.jobs[id].campaign = schedule.campaign;
}

Result<bool> MemoryDirectorStore::filter_chunk(const LeaseGrant& grant, JobId id, int limit) {
  if (Status fenced = tables_.leases.fence(grant); !fenced.ok()) return fenced.error();
  Tables::Job& job = tables_.jobs.at(id);
  if (job.state != JobState::filtering) return true;
  if (!job.began) job.began = tables_.now();
  int taken = 0;
  for (; taken < limit && job.filter_cursor < static_cast<int64_t>(tables_.contacts.size()); ++taken) {
    ++job.filter_cursor;
    if (tables_.job_contacts.emplace(Tables::ContactKey{id, ContactId{job.filter_cursor}}, Tables::JobContact{}).second) ++job.contacts;
  }
  if (taken < limit) job.state = JobState::running;
  return job.state != JobState::filtering;
}

}  // namespace everdial::sim
