#pragma once

#include <functional>
#include <map>
#include <memory>
#include <string>

#include "campaign_manager/attempt_store.h"
#include "campaign_manager/job_machine.h"
#include "runtime/directory.h"
#include "runtime/effect_runner.h"
#include "runtime/seams.h"

namespace everdial {

/// The shell around the jobs that one campaign manager owns: one JobMachine per grant of a job's lease (M-01).
class CampaignManagerService {
 public:
  struct Settings {
    JobMachine::Settings job;
    Duration tick = 20ms;
    Duration state_poll = 200ms;
    Duration request_timeout = 2s;
    /// An application server that has answered nothing for so long gets no more orders: what is sent to one that has lost its power
    /// stays undecided for as long as its MPPs cannot be asked.
    Duration answer_within = 500ms;
    /// Told, for the log, why a lease is renounced.
    std::function<void(const LeaseGrant&, const std::string& why)> trouble = [](const LeaseGrant&, const std::string&) {};
  };

  /// `renounce` gives a job's lease back, so that it is acquired again under a higher epoch; `fenced` tells that a store refused it.
  struct Leases {
    std::function<void(const LeaseGrant&)> renounce;
    std::function<void(const LeaseGrant&)> fenced;
  };

  CampaignManagerService(Seams& seams, AttemptStore& store, const Directory& directory, ServerName server, Leases leases,
                         Settings settings);
  ~CampaignManagerService();

  void start();
  void acquired(const LeaseGrant& grant);       ///< a job's lease is ours
  void lost(const LeaseGrant& grant);           ///< and is not any more: all its work here ends now
  void handle(Request request, ReplyFn reply);  ///< AttemptResults, GrantCalls, ClaimPreview, SettlePreview

  struct JobView {
    JobId job;
    size_t calls_in_air = 0;
  };
  std::vector<JobView> jobs() const;

 private:
  struct Job;

  void feed(Job& job, const JobInput& input);
  void perform(Job& job, JobEffect& effect);
  void load(Job& job);
  void begin_again(const LeaseGrant& grant, const std::string& why);
  void tick();
  void poll_states();
  bool path_open() const;
  std::optional<Address> application_server() const;
  bool answers(const Address& address) const;
  void answered(const Address& address, bool reached);
  void place(Job& job, PlaceOrders& orders);
  void ask(Job& job, const std::string& mpp);
  void check(Job& job, CheckRules& check);
  void fetch_contact(Job& job, ContactId contact);
  void show(const TellPreview& request);
  void of_agents(JobId job, ReplyFn reply, const std::function<void(Job&, ReplyFn)>& take);
  void tell_settled();
  void look_up(const std::vector<CallRecord>& records);

  Seams& seams_;
  AttemptStore& store_;
  const Directory& directory_;
  ServerName server_;
  Leases leases_;
  Settings settings_;
  std::map<Resource, std::shared_ptr<Job>> jobs_;
  std::vector<AttemptId> settled_;  ///< to be told with the next tick
  struct Owing {
    int orders = 0;
    Instant since;  ///< the first of them, or the last answer
  };
  std::map<Address, Owing> owing_;  ///< orders that application servers have not answered yet
  uint64_t next_lane_ = 1000;
  std::unique_ptr<Timer> tick_, state_poll_;
  std::shared_ptr<char> alive_ = std::make_shared<char>();  ///< answers that come after our end find it expired
};

}  // namespace everdial
