#pragma once

#include <algorithm>
#include <map>
#include <set>
#include <string>
#include <vector>

#include "agent_manager/agent_store_memory.h"
#include "campaign_director/director_service.h"
#include "campaign_manager/campaign_manager_service.h"
#include "mpp/journal.h"
#include "mpp/mpp_service.h"
#include "rule_engine/rule_engine_service.h"
#include "sim/tables.h"

// The stores as one process reaches them: over a network and a database that fail as the weather and the scenario want it.

namespace everdial::sim {

/// A safety step taken out, to show that the simulator misses it.
enum class Without { nothing, write_ahead, fence, barrier, duplicate_check, renew_check, allowance };

inline Error unavailable() { return Error{ErrorKind::unavailable, "the database cannot be reached"}; }

/// A store call as the network lets it: not done, done, or done without an answer.
template <class Call>
auto through(const Ground& ground, Call call) -> decltype(call()) {
  if (ground.store_fault == StoreFault::unavailable) return unavailable();
  auto result = call();
  if (ground.store_fault == StoreFault::lost_answer && result.ok()) return Error{ErrorKind::unknown, "connection lost before the answer"};
  return result;
}

/// The same for a call that changes something: one effect of those that can be made to fail, before or after it is done.
template <class Change>
auto change(Ground& ground, Change make) -> decltype(make()) {
  if (ground.effect_fails()) ground.store_fault = ground.fail_effect % 2 ? StoreFault::unavailable : StoreFault::lost_answer;
  return through(ground, make);
}

class FaultyLeaseStore final : public LeaseStore {
 public:
  FaultyLeaseStore(Ground& ground, MemoryLeaseStore& store, std::string who, Without without)
      : ground_(ground), store_(store), who_(std::move(who)), without_(without) {}
  Status open_session(const Session& s) override {
    return through(ground_, [&] { return store_.open_session(s); });
  }
  Status set_draining(const Incarnation& i) override {
    return through(ground_, [&] { return store_.set_draining(i); });
  }
  Status renew(const std::vector<Incarnation>& i) override {
    return through(ground_, [&] {
      for (const Incarnation& incarnation : i) ground_.renewed_at[incarnation] = ground_.timeline.now();
      return store_.renew(i);
    });
  }
  Result<std::vector<Session>> sessions() override {
    return through(ground_, [&] { return store_.sessions(); });
  }
  Result<std::vector<LeaseRow>> leases(const std::vector<Resource>& also) override {
    return through(ground_, [&] { return store_.leases(also); });
  }
  Status ensure(const std::vector<Resource>& r) override {
    return through(ground_, [&] { return store_.ensure(r); });
  }
  Result<std::optional<LeaseGrant>> acquire(const Acquire& a) override {
    return change(ground_, [&] {
      auto granted = store_.acquire(without_ == Without::renew_check ? as_if_not_renewed(a) : a);
      if (granted.ok() && *granted) acquired(a, **granted);
      return granted;
    });
  }
  Status release(const LeaseGrant& g, const std::string& why) override {
    return change(ground_, [&] { return store_.release(g, why); });
  }
  Status bury(const std::vector<Incarnation>& i, const std::string& why) override {
    return through(ground_, [&] { return store_.bury(i, why); });
  }
  Result<std::vector<History>> history(const Resource& r) override {
    return through(ground_, [&] { return store_.history(r); });
  }
  Result<Instant> clock() override { return store_.clock(); }
  Result<std::string> heartbeat_key() override { return store_.heartbeat_key(); }

 private:
  Acquire as_if_not_renewed(Acquire a) {
    for (const LeaseRow& row : store_.leases({a.seen.resource}).value())
      if (row.resource == a.seen.resource) a.seen.holder_renew_seq = row.holder_renew_seq;
    return a;
  }
  void acquired(const Acquire& a, const LeaseGrant& grant) {
    ground_.tell(who_, "acquires " + a.seen.resource.value + " at epoch " + to_string(grant.epoch) + ": " + a.reason);
    if (!a.seen.holder || *a.seen.holder == a.me || a.seen.holder_renew_seq < 0) return;
    const auto renewed = ground_.renewed_at.find(*a.seen.holder);
    if (renewed != ground_.renewed_at.end() && ground_.timeline.now() - renewed->second < 500ms)
      ground_.wrong_take_over =
          a.seen.resource.value + ": taken from " + a.seen.holder->value + " (" + a.reason + "), which is being renewed";
  }

  Ground& ground_;
  MemoryLeaseStore& store_;
  std::string who_;
  Without without_;
};

/// Without the fence, a grant is taken for what it says.
struct Unfenced {
  Unfenced(Tables& tables, const LeaseGrant& grant, Without without) : grant(grant) {
    if (without != Without::fence) return;
    for (const LeaseRow& row : tables.leases.leases({grant.resource}).value())
      if (row.resource == grant.resource && row.holder) this->grant = LeaseGrant{row.resource, row.res_id, row.epoch, *row.holder};
  }
  LeaseGrant grant;
};

inline void narrate_saves(const Ground& ground, const std::vector<JobEffect>& saves) {
  if (!ground.narrate) return;
  for (const JobEffect& save : saves) {
    if (const auto* s = std::get_if<SaveIntent>(&save)) ground.tell("campaign_manager", "commits the INTENT of " + to_string(s->attempt));
    if (const auto* s = std::get_if<SaveResult>(&save))
      ground.tell("campaign_manager", "commits the result of " + to_string(s->record.attempt) + ": " + std::string(to_string(s->code)) +
                                          (s->retry_at ? ", to be tried again" : ""));
    if (const auto* s = std::get_if<SaveAborted>(&save))
      ground.tell("campaign_manager", "commits " + to_string(s->attempt) + " as aborted: " + s->reason);
    if (const auto* s = std::get_if<SaveUnknown>(&save))
      ground.tell("campaign_manager", "commits " + to_string(s->attempt) + " as UNKNOWN");
    if (const auto* s = std::get_if<SaveRestricted>(&save))
      ground.tell("campaign_manager", "commits contact " + to_string(s->contact) + " as " + std::string(to_string(s->code)));
  }
}

class FaultyAttemptStore final : public AttemptStore {
 public:
  FaultyAttemptStore(Ground& ground, Tables& tables, Without without)
      : ground_(ground), tables_(tables), store_(tables), without_(without) {}
  Result<JobLoaded> load(const LeaseGrant& g, JobId job) override {
    return through(ground_, [&] { return store_.load(Unfenced(tables_, g, without_).grant, job); });
  }
  Result<DueFetched> fetch_due(JobId job, const std::optional<DueKey>& after, int limit, Instant now) override {
    return through(ground_, [&] { return store_.fetch_due(job, after, limit, now); });
  }
  Result<std::optional<DueContact>> fetch_contact(JobId job, ContactId contact) override {
    return through(ground_, [&] { return store_.fetch_contact(job, contact); });
  }
  Status commit(const LeaseGrant& g, JobId job, const std::vector<JobEffect>& saves, Instant now) override {
    if (without_ == Without::write_ahead &&
        std::any_of(saves.begin(), saves.end(), [](const JobEffect& s) { return std::holds_alternative<SaveIntent>(s); })) {
      // The intent is written some time after the order has gone, if its writer still lives and is the master then.
      ground_.timeline.after(1500ms, [&store = store_, g, job, saves, now] { (void)store.commit(g, job, saves, now); });
      return success();
    }
    Status status = change(ground_, [&] { return store_.commit(Unfenced(tables_, g, without_).grant, job, saves, now); });
    if (!status.ok()) return status;
    if (!tables_.leases.fence(g).ok())
      ground_.stale_commit = g.resource.value + ": a commit under epoch " + to_string(g.epoch) + ", which is not the present one";
    narrate_saves(ground_, saves);
    return status;
  }
  Result<std::vector<AttemptId>> settled(const std::vector<AttemptId>& attempts) override {
    return through(ground_, [&] { return store_.settled(attempts); });
  }
  Result<std::map<JobId, JobStateSeen>> states(const std::vector<JobId>& jobs) override {
    return through(ground_, [&] { return store_.states(jobs); });
  }

 private:
  Ground& ground_;
  Tables& tables_;
  MemoryAttemptStore store_;
  Without without_;
};

class FaultyDirectorStore final : public DirectorStore {
 public:
  FaultyDirectorStore(Ground& ground, Tables& tables, Without without) : ground_(ground), store_(tables), without_(without) {}
  Result<Record> record() override {
    return through(ground_, [&] { return store_.record(); });
  }
  Status commit(const LeaseGrant& g, const std::vector<DirectorEffect>& given) override {
    std::vector<DirectorEffect> effects = given;
    if (without_ == Without::allowance)
      for (DirectorEffect& effect : effects)
        if (auto* grant = std::get_if<GrantAllowance>(&effect)) grant->allowance.claims = 1'000'000;
    Status status = change(ground_, [&] { return store_.commit(g, effects); });
    if (!status.ok()) return status;
    for (const DirectorEffect& effect : effects) {
      if (const auto* e = std::get_if<SaveJobState>(&effect))
        ground_.tell("campaign_director",
                     "job " + to_string(e->job) + ": " + std::string(to_string(e->from)) + " -> " + std::string(to_string(e->to)) +
                         (e->reason && *e->reason != FinishReason::exhausted ? ", " + std::string(to_string(*e->reason)) : ""));
      if (const auto* e = std::get_if<FireSchedule>(&effect))
        ground_.tell("campaign_director", "schedule " + to_string(e->schedule) + (e->run ? " fires" : " is skipped: it is too late"));
      if (const auto* e = std::get_if<AllotJob>(&effect))
        ground_.tell("campaign_director",
                     "job " + to_string(e->job) + (e->manager ? " is allotted to a campaign manager" : " is allotted to nobody"));
    }
    return status;
  }
  Result<bool> filter_chunk(const LeaseGrant& g, JobId job, int limit) override {
    auto complete = change(ground_, [&] { return store_.filter_chunk(g, job, limit); });
    if (complete.ok())
      ground_.tell("zone director", "job " + to_string(job) + (*complete ? ": its queue is filled" : ": a chunk of its list is queued"));
    return complete;
  }

 private:
  Ground& ground_;
  MemoryDirectorStore store_;
  Without without_;
};

class FaultyAgentStore final : public zone::AgentStore {
 public:
  FaultyAgentStore(Ground& ground, Tables& tables, zone::MemoryAgentStore& store) : ground_(ground), tables_(tables), store_(store) {}
  Result<Rows> load(const LeaseGrant& g, const std::string& zone) override {
    return through(ground_, [&] { return store_.load(g, zone); });
  }
  Result<Seen> look(const std::string& zone, Instant due_by) override {
    return through(ground_, [&] { return store_.look(zone, due_by); });
  }
  Result<std::vector<Time>> times(const std::string& zone, Instant day) override {
    return through(ground_, [&] { return store_.times(zone, day); });
  }
  Status commit(const LeaseGrant& g, const std::string& zone, const std::vector<zone::Effect>& effects) override {
    const std::string wrong = needless_nuisance(zone, effects);
    Status status = change(ground_, [&] { return store_.commit(g, zone, effects); });
    if (!status.ok()) return status;
    if (!tables_.leases.fence(g).ok())
      ground_.stale_commit = g.resource.value + ": a commit under epoch " + to_string(g.epoch) + ", which is not the present one";
    if (!wrong.empty()) ground_.stale_commit = wrong;
    for (const zone::Effect& effect : effects)
      if (const auto* e = std::get_if<zone::SaveAgent>(&effect))
        ground_.tell("agent_manager", "agent " + to_string(e->agent.id) + ": " + std::string(to_string(e->agent.states.agent)) + ", " +
                                          std::string(to_string(e->agent.states.nail)) + ", " +
                                          std::string(to_string(e->agent.states.call)));
    return status;
  }

 private:
  /// A call may be called a nuisance only when nobody is free: neither in the record, nor by what is saved with it.
  std::string needless_nuisance(const std::string& zone, const std::vector<zone::Effect>& effects) {
    const auto& rows = store_.zone(zone);
    std::set<AgentId> changed;
    for (const zone::Effect& effect : effects)
      if (const auto* e = std::get_if<zone::SaveAgent>(&effect)) changed.insert(e->agent.id);
    for (const zone::Effect& effect : effects) {
      const auto* e = std::get_if<zone::SaveCall>(&effect);
      if (!e || !e->call.nuisance) continue;
      for (const auto& [id, agent] : rows.agents)
        if (!changed.contains(id) && agent.job == e->call.attempt.job &&
            agent.states == AgentStates{AgentState::ready, NailState::nailed, AgentCallState::idle, AgentJobState::attached})
          return "call " + to_string(e->call.attempt) + " became a nuisance while agent " + to_string(id) + " was free";
    }
    return "";
  }

  Ground& ground_;
  Tables& tables_;
  zone::MemoryAgentStore& store_;
};

class FaultyRuleStore final : public RuleStore {
 public:
  FaultyRuleStore(Ground& ground, Tables& tables) : ground_(ground), tables_(tables) {}
  Result<std::set<std::string>> listed(const LeaseGrant& grant, const std::vector<std::string>& phones) override {
    return through(ground_, [&]() -> Result<std::set<std::string>> {
      if (Status fenced = tables_.leases.fence(grant); !fenced.ok()) return fenced.error();
      std::set<std::string> out;
      for (const std::string& phone : phones)
        if (tables_.dnc.contains(phone)) out.insert(phone);
      return out;
    });
  }

 private:
  Ground& ground_;
  Tables& tables_;
};

class FaultyMppStore final : public MppStore {
 public:
  FaultyMppStore(Ground& ground, Tables& tables) : ground_(ground), tables_(tables) {}
  Result<std::optional<Instant>> enter(const std::string& name, bool without_records) override {
    return through(ground_, [&]() -> Result<std::optional<Instant>> {
      if (!tables_.mpps.insert(name).second && without_records) tables_.forgot_at[name] = ground_.timeline.now();
      const auto forgot = tables_.forgot_at.find(name);
      return forgot == tables_.forgot_at.end() ? std::nullopt : std::optional(forgot->second);
    });
  }
  Result<std::vector<std::pair<Resource, Epoch>>> epochs() override {
    return through(ground_, [&]() -> Result<std::vector<std::pair<Resource, Epoch>>> {
      std::vector<std::pair<Resource, Epoch>> out;
      std::vector<Resource> all;
      for (const auto& [id, job] : tables_.jobs) all.push_back(job_resource(id));
      all.push_back(agent_zone_resource("default"));
      for (const LeaseRow& row : tables_.leases.leases(all).value()) out.emplace_back(row.resource, row.epoch);
      return out;
    });
  }

 private:
  Ground& ground_;
  Tables& tables_;
};

/// An MPP's disk: what a dead process was about to write stays unwritten.
class LivingJournal final : public JournalStore {
 public:
  LivingJournal(const Process& process, MemoryJournal& disk) : process_(process), disk_(disk) {}
  Result<std::vector<mpp::JournalEntry>> load() override { return disk_.load(); }
  Status append(const std::vector<mpp::JournalEntry>& entries, bool durable) override {
    return process_.alive() ? disk_.append(entries, durable) : Status{Error{ErrorKind::unavailable, "dead"}};
  }
  Status rewrite(const std::vector<mpp::JournalEntry>& entries) override {
    return process_.alive() ? disk_.rewrite(entries) : Status{Error{ErrorKind::unavailable, "dead"}};
  }

 private:
  const Process& process_;
  MemoryJournal& disk_;
};

}  // namespace everdial::sim
