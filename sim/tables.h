#pragma once

#include <map>
#include <optional>
#include <set>
#include <string>
#include <vector>

#include "campaign_director/director_store.h"
#include "campaign_manager/attempt_store.h"
#include "ha/lease_store_memory.h"
#include "mpp/mpp_store.h"
#include "sim/simulation.h"

// The database in memory: the tables of schema/ as far as dialing goes, and each store over them. Contract tests hold them to what the
// PostgreSQL stores do (tests/contract).

namespace everdial::sim {

enum class AttemptState { intent, done, aborted, unknown };

struct Tables {
  struct Contact {
    ContactId id;
    std::string phone;
    std::string time_zone = "UTC";
  };
  struct Job {
    JobId id;
    Campaign campaign;
    std::string zone = "default";
    JobState state = JobState::queued;
    std::optional<JobRequest> requested;
    int64_t filter_cursor = 0;
    int64_t contacts = 0;
    bool drained = false;
    std::optional<Incarnation> desired;
    std::optional<FinishReason> finish_reason;
    std::optional<Instant> began;
    int64_t claimed = 0;
    DialingAllowance allowance;
    int64_t allowance_seq = 0;
  };
  struct JobContact {
    JobContactState state = JobContactState::ready;
    Instant due_at;
    int attempts = 0;
    std::vector<CompletionCode> codes;
    std::optional<CompletionCode> code;
  };
  struct Attempt {
    std::string phone;
    AttemptState state = AttemptState::intent;
    std::optional<CompletionCode> code;
    Epoch intent_epoch;
    std::optional<Epoch> done_epoch;
    Instant intent_at;
  };
  /// Starts a job of its campaign, or imports a file.
  struct Schedule {
    Timetable timetable;
    Misfire misfire = Misfire::run_once;
    Duration grace = 60s;
    std::optional<Instant> next_at;
    Campaign campaign;
    std::string file;
    struct Firing {
      Instant due;
      std::string outcome;
      int missed = 0;
    };
    std::vector<Firing> firings;
  };
  using ContactKey = std::pair<JobId, ContactId>;

  explicit Tables(std::function<Instant()> clock) : leases(clock), now(std::move(clock)) {}

  MemoryLeaseStore leases;
  std::vector<Contact> contacts;  ///< one list, ids 1, 2, 3...
  std::map<JobId, Job> jobs;
  std::map<ContactKey, JobContact> job_contacts;
  std::map<AttemptId, Attempt> attempts;
  std::set<std::string> dnc;
  std::map<std::string, Instant> opted_out_at;  ///< when the opt-out was committed
  std::set<std::string> mpps;
  std::map<std::string, Instant> forgot_at;  ///< MPPs that have lost their journal
  std::map<std::string, ServerName> zone_homes, agents_homes;
  std::set<std::string> agents_moving;  ///< zones whose agents go home by order
  std::map<ScheduleId, Schedule> schedules;
  std::set<std::string> collecting;                         ///< files to be imported
  std::vector<std::pair<std::string, std::string>> outbox;  ///< key, event
  std::function<Instant()> now;

  /// What a goal counts, so far.
  int64_t reached(const Job& job) const;
  int64_t in_flight(JobId job) const;
};

class MemoryAttemptStore : public AttemptStore {
 public:
  explicit MemoryAttemptStore(Tables& tables) : tables_(tables) {}
  Result<JobLoaded> load(const LeaseGrant& grant, JobId job) override;
  Result<DueFetched> fetch_due(JobId job, const std::optional<DueKey>& after, int limit, Instant now) override;
  Result<std::optional<DueContact>> fetch_contact(JobId job, ContactId contact) override;
  Status commit(const LeaseGrant& grant, JobId job, const std::vector<JobEffect>& saves, Instant now) override;
  Result<std::vector<AttemptId>> settled(const std::vector<AttemptId>& attempts) override;
  Result<std::map<JobId, JobStateSeen>> states(const std::vector<JobId>& jobs) override;

 private:
  Status apply(const LeaseGrant& grant, JobId job, const JobEffect& save, Instant now);
  Tables& tables_;
};

class MemoryDirectorStore : public DirectorStore {
 public:
  explicit MemoryDirectorStore(Tables& tables) : tables_(tables) {}
  Result<Record> record() override;
  Status commit(const LeaseGrant& grant, const std::vector<DirectorEffect>& effects) override;
  Result<bool> filter_chunk(const LeaseGrant& grant, JobId job, int limit) override;

 private:
  void fire(const FireSchedule& e);
  Tables& tables_;
};

}  // namespace everdial::sim
