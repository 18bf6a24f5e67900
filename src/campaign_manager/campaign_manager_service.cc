#include "campaign_manager/campaign_manager_service.h"

#include <charconv>

#include "base/overloaded.h"

namespace everdial {

struct CampaignManagerService::Job : std::enable_shared_from_this<Job> {
  Job(LeaseGrant g, JobId i, uint64_t l, const JobMachine::Settings& settings)
      : grant(std::move(g)), id(i), lane(l), machine(grant, i, settings) {}
  LeaseGrant grant;
  JobId id;
  uint64_t lane;
  JobMachine machine;
  std::unique_ptr<EffectRunner<JobEffect>> runner;
  bool path_open = false;
  ReplyId last_reply = 0;
  std::map<ReplyId, ReplyFn> replies;  ///< to the agents' manager

  ~Job() {
    for (auto& [reply, answer] : replies) answer(Error{ErrorKind::unavailable, "campaign_manager: the job is not here any more"});
  }
  ReplyId expect(ReplyFn reply) {
    replies.emplace(++last_reply, std::move(reply));
    return last_reply;
  }
  void answer(ReplyId reply, Result<Reply> given) {
    if (auto waiting = replies.extract(reply)) waiting.mapped()(std::move(given));
  }
  bool over = false;  ///< lost: nothing is fed or performed any more
};

namespace {

JobId job_of(const Resource& resource) {
  int64_t id = 0;
  const std::string& name = resource.value;
  const size_t slash = name.find('/');
  std::from_chars(name.data() + slash + 1, name.data() + name.size(), id);
  return JobId{id};
}

}  // namespace

CampaignManagerService::CampaignManagerService(Seams& seams, AttemptStore& store, const Directory& directory, ServerName server,
                                               Leases leases, Settings settings)
    : seams_(seams), store_(store), directory_(directory), server_(std::move(server)), leases_(std::move(leases)), settings_(settings) {}

CampaignManagerService::~CampaignManagerService() = default;

void CampaignManagerService::start() {
  tick();
  poll_states();
}

void CampaignManagerService::acquired(const LeaseGrant& grant) {
  auto job = std::make_shared<Job>(grant, job_of(grant.resource), ++next_lane_, settings_.job);
  // Callbacks hold the job weakly: once it is lost or begun anew, what was under way for the old one finds it gone.
  const std::weak_ptr<Job> weak = job;
  job->runner = std::make_unique<EffectRunner<JobEffect>>(
      seams_.store, job->lane,
      EffectRunner<JobEffect>::Shell{
          .is_save = [](const JobEffect& effect) { return is_save(effect); },
          .commit = [&store = store_, grant, id = job->id,
                     &clock = seams_.clock](const std::vector<JobEffect>& saves) { return store.commit(grant, id, saves, clock.now()); },
          .perform =
              [this, weak](JobEffect& effect) {
                if (const auto alive = weak.lock()) perform(*alive, effect);
              },
          .failed =
              [this, weak](const Error& error) {
                const auto alive = weak.lock();
                if (!alive) return;
                const LeaseGrant lost_grant = alive->grant;
                if (error.kind == ErrorKind::fenced) leases_.fenced(lost_grant);
                else begin_again(lost_grant, error.message);
              },
      });
  jobs_[grant.resource] = job;
  load(*job);
}

void CampaignManagerService::lost(const LeaseGrant& grant) {
  const auto found = jobs_.find(grant.resource);
  if (found == jobs_.end() || found->second->grant.epoch != grant.epoch) return;
  found->second->over = true;
  found->second->runner->reset();
  jobs_.erase(found);
}

void CampaignManagerService::load(Job& job) {
  const std::weak_ptr<Job> weak = job.weak_from_this();
  run_store(
      seams_.store, job.lane, [&store = store_, grant = job.grant, id = job.id] { return store.load(grant, id); },
      [this, weak](Result<JobLoaded> loaded) {
        const auto alive = weak.lock();
        if (!alive) return;
        if (loaded.ok()) return feed(*alive, *loaded);
        if (loaded.error().kind == ErrorKind::fenced) return leases_.fenced(alive->grant);
        begin_again(alive->grant, loaded.error().message);
      });
}

void CampaignManagerService::begin_again(const LeaseGrant& grant, const std::string& why) {
  settings_.trouble(grant, why);
  leases_.renounce(grant);
}

void CampaignManagerService::feed(Job& job, const JobInput& input) {
  if (job.over) return;
  const auto keep = job.shared_from_this();
  job.runner->run(job.machine.step(input, seams_.clock.now()));
}

void CampaignManagerService::perform(Job& job, JobEffect& effect) {
  std::visit(Overloaded{
                 [&](AskMpp& e) { ask(job, e.mpp); },
                 [&](FetchDue& e) {
                   const std::weak_ptr<Job> weak = job.weak_from_this();
                   run_store(
                       seams_.store, job.lane,
                       [&store = store_, id = job.id, e, now = seams_.clock.now()] { return store.fetch_due(id, e.after, e.limit, now); },
                       [this, weak](Result<DueFetched> fetched) {
                         const auto alive = weak.lock();
                         if (!alive) return;
                         if (fetched.ok()) feed(*alive, *fetched);
                         else feed(*alive, FetchFailed{});
                       });
                 },
                 [&](CheckRules& e) { check(job, e); },
                 [&](PlaceOrders& e) { place(job, e); },
                 [&](FetchContact& e) { fetch_contact(job, e.contact); },
                 [&](AnswerGrant& e) { job.answer(e.reply, Reply{std::move(e.used)}); },
                 [&](AnswerSettle& e) {
                   if (e.status.ok()) job.answer(e.reply, Reply{Done{}});
                   else job.answer(e.reply, e.status.error());
                 },
                 [&](ShowContact& e) { show(e.request); },
                 [&](TellSettled& e) { settled_.insert(settled_.end(), e.attempts.begin(), e.attempts.end()); },
                 [&](StartOver& e) {
                   const LeaseGrant grant = job.grant;
                   begin_again(grant, e.reason);
                 },
                 [](auto&) {},
             },
             effect);
}

void CampaignManagerService::fetch_contact(Job& job, ContactId contact) {
  const std::weak_ptr<Job> weak = job.weak_from_this();
  run_store(
      seams_.store, job.lane, [&store = store_, id = job.id, contact] { return store.fetch_contact(id, contact); },
      [this, weak, contact](Result<std::optional<DueContact>> fetched) {
        const auto alive = weak.lock();
        if (alive && fetched.ok()) feed(*alive, ContactFetched{contact, std::move(*fetched)});
      });
}

/// Told again until the manager has settled it, so nothing is lost with a message.
void CampaignManagerService::show(const TellPreview& request) {
  if (const auto to = directory_.holder_address(request.resource))
    seams_.network.request(*to, request, settings_.request_timeout, [](Result<Reply>) {});
}

bool CampaignManagerService::path_open() const { return application_server() && !directory_.serving("mpp").empty(); }

std::optional<Address> CampaignManagerService::application_server() const {
  // That of our own server first: one hop less, and it dies with us.
  auto living = directory_.serving("application_server");
  std::erase_if(living, [&](const Session& s) { return !answers(s.address); });
  const auto own = std::find_if(living.begin(), living.end(), [&](const Session& s) { return s.server == server_; });
  if (own != living.end()) return own->address;
  return living.empty() ? std::nullopt : std::optional(living.front().address);
}

bool CampaignManagerService::answers(const Address& address) const {
  const auto owing = owing_.find(address);
  return owing == owing_.end() || seams_.clock.steady() - owing->second.since < settings_.answer_within;
}

void CampaignManagerService::answered(const Address& address, bool reached) {
  const auto owing = owing_.find(address);
  if (reached) owing->second.since = seams_.clock.steady();
  if (--owing->second.orders == 0) owing_.erase(owing);
}

void CampaignManagerService::place(Job& job, PlaceOrders& orders) {
  const auto to = application_server();
  std::vector<AttemptId> attempts;
  for (const CallOrder& order : orders.orders) attempts.push_back(order.attempt);
  if (!to) {
    const std::vector<OrderVerdict> none(attempts.size(), OrderVerdict::no_mpp);
    return feed(job, OrdersAnswered{attempts, none});
  }
  if (Owing& owing = owing_[*to]; owing.orders++ == 0) owing.since = seams_.clock.steady();
  const std::weak_ptr<Job> weak = job.weak_from_this();
  seams_.network.request(*to, PlaceCalls{std::move(orders.orders)}, settings_.request_timeout,
                         [this, here = std::weak_ptr(alive_), weak, attempts, to](Result<Reply> reply) {
                           if (here.expired()) return;
                           answered(*to, reply.ok());
                           const auto alive = weak.lock();
                           if (!alive) return;
                           if (!reply.ok()) return feed(*alive, OrdersUnanswered{});
                           if (auto* placed = std::get_if<CallsPlaced>(&reply.value()))
                             feed(*alive, OrdersAnswered{attempts, placed->verdicts});
                           else feed(*alive, OrdersUnanswered{});
                         });
}

void CampaignManagerService::ask(Job& job, const std::string& mpp) {
  for (const Session& session : directory_.sessions()) {
    if (session.component != "mpp" || session.address.value.empty() || mpp_name(session) != mpp) continue;
    const std::weak_ptr<Job> weak = job.weak_from_this();
    seams_.network.request(session.address, RaiseBarrier{job.grant.resource, job.grant.epoch}, settings_.request_timeout,
                           [this, weak, mpp](Result<Reply> reply) {
                             const auto alive = weak.lock();
                             if (!alive || !reply.ok()) return;
                             if (auto* raised = std::get_if<BarrierRaised>(&reply.value()))
                               feed(*alive, MppAnswered{mpp, std::move(raised->executed), raised->forgot_at});
                           });
  }
}

void CampaignManagerService::check(Job& job, CheckRules& check) {
  const auto to = directory_.holder_address(Resource{"rule_engine"});
  if (!to) return feed(job, RulesFailed{});
  const std::weak_ptr<Job> weak = job.weak_from_this();
  seams_.network.request(*to, std::move(check.request), settings_.request_timeout, [this, weak](Result<Reply> reply) {
    const auto alive = weak.lock();
    if (!alive) return;
    const ContactsChecked* checked = reply.ok() ? std::get_if<ContactsChecked>(&reply.value()) : nullptr;
    if (checked) feed(*alive, RulesAnswered{*checked});
    else feed(*alive, RulesFailed{});
  });
}

void CampaignManagerService::tick() {
  const bool open = path_open();
  const auto jobs = jobs_;  // a step may end a job
  for (const auto& [resource, job] : jobs) {
    if (job->path_open != open) {
      job->path_open = open;
      feed(*job, PathSeen{open});
    } else {
      feed(*job, JobTick{seams_.clock.steady()});
    }
  }
  tell_settled();
  tick_ = seams_.clock.after(settings_.tick, [this] { tick(); });
}

void CampaignManagerService::tell_settled() {
  if (settled_.empty()) return;
  const AttemptsSettled told{std::exchange(settled_, {})};
  // A lost message only means that the MPP tells us the results again.
  const auto to = application_server();
  if (to) seams_.network.request(*to, told, settings_.request_timeout, [](Result<Reply>) {});
}

void CampaignManagerService::poll_states() {
  std::vector<JobId> ids;
  for (const auto& [resource, job] : jobs_) ids.push_back(job->id);
  if (ids.empty()) {
    state_poll_ = seams_.clock.after(settings_.state_poll, [this] { poll_states(); });
    return;
  }
  run_store(
      seams_.store, 999, [&store = store_, ids] { return store.states(ids); },
      [this, asked_at = seams_.clock.steady()](Result<std::map<JobId, JobStateSeen>> states) {
        if (states.ok()) {
          for (auto& [id, seen] : *states) {
            seen.asked_at = asked_at;
            if (const auto job = jobs_.find(job_resource(id)); job != jobs_.end()) feed(*job->second, seen);
          }
        }
        state_poll_ = seams_.clock.after(settings_.state_poll, [this] { poll_states(); });
      });
}

void CampaignManagerService::handle(Request request, ReplyFn reply) {
  if (auto* grant = std::get_if<GrantCalls>(&request))
    return of_agents(grant->job, std::move(reply), [&](Job& job, ReplyFn answer) {
      feed(job, GrantArrived{job.expect(std::move(answer)), *grant});
    });
  if (auto* claim = std::get_if<ClaimPreview>(&request))
    return of_agents(claim->job, std::move(reply), [&](Job& job, const ReplyFn& answer) {
      answer(Reply{Done{}});
      feed(job, ClaimArrived{*claim});
    });
  if (auto* settle = std::get_if<SettlePreview>(&request))
    return of_agents(settle->attempt.job, std::move(reply), [&](Job& job, ReplyFn answer) {
      feed(job, SettleArrived{job.expect(std::move(answer)), *settle});
    });
  auto* results = std::get_if<AttemptResults>(&request);
  if (!results) return reply(Error{ErrorKind::invalid, "campaign_manager: not a request for a campaign manager"});
  const auto job = jobs_.find(results->resource);
  reply(Reply{Done{}});
  if (job == jobs_.end()) return look_up(results->records);
  feed(*job->second, ResultsArrived{std::move(results->records)});
}

void CampaignManagerService::of_agents(JobId job, ReplyFn reply, const std::function<void(Job&, ReplyFn)>& take) {
  const auto found = jobs_.find(job_resource(job));
  if (found == jobs_.end())
    return reply(Error{ErrorKind::unavailable, "campaign_manager: job " + to_string(job) + " is not here, ask its owner"});
  const auto keep = found->second;
  take(*keep, std::move(reply));
}

/// Results of a job that is not ours: it may have ended before the MPP heard that they were settled, and then it is nobody's.
void CampaignManagerService::look_up(const std::vector<CallRecord>& records) {
  std::vector<AttemptId> ended;
  for (const CallRecord& record : records)
    if (record.stage == CallStage::ended) ended.push_back(record.attempt);
  if (ended.empty()) return;
  run_store(
      seams_.store, 999, [&store = store_, ended = std::move(ended)] { return store.settled(ended); },
      [this, alive = std::weak_ptr(alive_)](Result<std::vector<AttemptId>> settled) {
        if (alive.expired() || !settled.ok()) return;
        settled_.insert(settled_.end(), settled->begin(), settled->end());
      });
}

std::vector<CampaignManagerService::JobView> CampaignManagerService::jobs() const {
  std::vector<JobView> out;
  for (const auto& [resource, job] : jobs_) out.push_back({job->id, job->machine.calls_in_air()});
  return out;
}

}  // namespace everdial
