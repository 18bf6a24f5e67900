#include "ha/lease_service.h"

#include <algorithm>

#include "base/overloaded.h"

namespace everdial {

namespace {
// Lease calls have lanes of their own, so that a slow poll does not hold up an acquire or a release.
constexpr uint64_t kPollLane = 1;
constexpr uint64_t kLeaseLane = 2;

struct Polled {
  Result<std::vector<Session>> sessions;
  Result<std::vector<LeaseRow>> leases;
};
}  // namespace

LeaseService::LeaseService(Seams& seams, LeaseStore& store, Incarnation me, LeaseMachine::Settings settings, Duration poll_every)
    : seams_(seams), store_(store), me_(me), poll_every_(poll_every), machine_(std::move(me), settings) {}

LeaseService::~LeaseService() = default;

void LeaseService::compete(const Resource& resource, Acting acting, std::optional<Duration> patience) {
  competing_[resource] = std::move(acting);
  feed(LeaseCandidacy{resource, true, patience});
}

void LeaseService::withdraw(const Resource& resource) {
  feed(LeaseCandidacy{resource, false});
  competing_.erase(resource);
}

void LeaseService::follow(const std::string& prefix, Acting acting) { following_[prefix] = std::move(acting); }

void LeaseService::start() { turn(); }

void LeaseService::drain(std::function<void()> done) {
  drained_ = std::move(done);
  ++releasing_;
  // First of all, so that nothing of what is released comes back to us.
  run_store(
      seams_.store, kLeaseLane, [&store = store_, me = me_] { return store.set_draining(me); },
      [this, alive = std::weak_ptr(alive_)](Status) {
        if (!alive.expired() && --releasing_ == 0 && drained_) drained_();
      });
  feed(LeasesDrain{});
}

void LeaseService::fenced(const LeaseGrant& grant) { feed(LeaseFenced{grant}); }

void LeaseService::turn() {
  timer_ = seams_.clock.after(poll_every_, [this] { turn(); });
  // A statement to a database that is cut off hangs for seconds: what must be stopped is not to wait for it.
  if (polling_) feed(LeasesUnreadable{});
  else poll();
}

void LeaseService::poll() {
  std::vector<Resource> names;
  for (const auto& [resource, acting] : competing_) names.push_back(resource);
  polling_ = true;
  run_store(
      seams_.store, kPollLane,
      [&store = store_, names = std::move(names), sessions = static_cast<bool>(on_poll)] {
        auto leases = store.leases(names);
        return Polled{sessions && leases.ok() ? store.sessions() : Result<std::vector<Session>>{std::vector<Session>{}}, std::move(leases)};
      },
      [this, asked_at = seams_.clock.steady(), alive = std::weak_ptr(alive_)](Polled polled) {
        if (alive.expired()) return;
        polling_ = false;
        if (std::exchange(poll_again_, false)) poll();
        if (!polled.leases.ok() || !polled.sessions.ok()) return feed(LeasesUnreadable{});
        if (on_poll) on_poll(*polled.sessions, *polled.leases);
        ensure_rows(*polled.leases);
        feed(LeasesSeen{std::move(*polled.leases), asked_at});
      });
}

void LeaseService::wake() {
  if (polling_) poll_again_ = true;  // the one under way may have read before
  else if (timer_) poll();
}

void LeaseService::look(const Outlook& outlook) { feed(OutlookSeen{outlook}); }

void LeaseService::renounce(const LeaseGrant& grant) { feed(LeaseRenounced{grant}); }

void LeaseService::ensure_rows(const std::vector<LeaseRow>& present) {
  std::vector<Resource> missing;
  for (const auto& [resource, acting] : competing_)
    if (std::none_of(present.begin(), present.end(), [&r = resource](const LeaseRow& row) { return row.resource == r; }))
      missing.push_back(resource);
  if (missing.empty()) return;
  run_store(
      seams_.store, kPollLane, [&store = store_, missing = std::move(missing)] { return store.ensure(missing); }, [](Status) {});
}

void LeaseService::feed(const LeaseInput& input) {
  for (const LeaseEffect& effect : machine_.step(input, seams_.clock.steady())) perform(effect);
}

const LeaseService::Acting* LeaseService::acting_for(const Resource& resource) const {
  if (const auto found = competing_.find(resource); found != competing_.end()) return &found->second;
  for (const auto& [prefix, acting] : following_)
    if (resource.value.starts_with(prefix)) return &acting;
  return nullptr;
}

void LeaseService::perform(const LeaseEffect& effect) {
  const std::weak_ptr<char> alive = alive_;
  std::visit(Overloaded{
                 [&](const AcquireLease& e) {
                   if (!acting_for(e.seen.resource)) return feed(LeaseNotAcquired{e.seen.resource});
                   run_store(
                       seams_.store, kLeaseLane,
                       [&store = store_, request = LeaseStore::Acquire{e.seen, me_, e.reason, e.detect, e.evidence}] {
                         return store.acquire(request);
                       },
                       [this, alive, resource = e.seen.resource](Result<std::optional<LeaseGrant>> granted) {
                         if (alive.expired()) return;
                         if (granted.ok() && *granted) feed(LeaseAcquired{**granted});
                         else feed(LeaseNotAcquired{resource});
                       });
                 },
                 [&](const StartActing& e) {
                   on_acting(e.grant, "");
                   if (const Acting* acting = acting_for(e.grant.resource)) acting->start(e.grant);
                 },
                 [&](const StopActing& e) {
                   on_acting(e.grant, e.reason);
                   if (const Acting* acting = acting_for(e.grant.resource)) acting->stop(e.grant, e.reason);
                 },
                 [&](const ReleaseLease& e) {
                   ++releasing_;
                   run_store(
                       seams_.store, kLeaseLane, [&store = store_, e] { return store.release(e.grant, e.reason); },
                       [this, alive](Status) {
                         if (!alive.expired() && --releasing_ == 0 && drained_) drained_();
                       });
                 },
             },
             effect);
}

}  // namespace everdial
