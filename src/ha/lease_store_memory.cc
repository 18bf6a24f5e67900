#include "ha/lease_store_memory.h"

#include <algorithm>

namespace everdial {

using Lock = std::lock_guard<std::mutex>;

Status MemoryLeaseStore::open_session(const Session& session) {
  const Lock lock(mutex_);
  const auto [at, inserted] = sessions_.emplace(session.incarnation, session);
  if (!inserted) at->second.address = session.address;
  return success();
}

Status MemoryLeaseStore::set_draining(const Incarnation& incarnation) {
  const Lock lock(mutex_);
  if (const auto found = sessions_.find(incarnation); found != sessions_.end()) found->second.draining = true;
  return success();
}

Status MemoryLeaseStore::renew(const std::vector<Incarnation>& incarnations) {
  const Lock lock(mutex_);
  for (const auto& incarnation : incarnations)
    if (const auto found = sessions_.find(incarnation); found != sessions_.end()) ++found->second.renew_seq;
  return success();
}

Result<std::vector<Session>> MemoryLeaseStore::sessions() {
  const Lock lock(mutex_);
  std::vector<Session> out;
  out.reserve(sessions_.size());
  for (const auto& [incarnation, session] : sessions_) out.push_back(session);
  return out;
}

Result<std::vector<LeaseRow>> MemoryLeaseStore::leases(const std::vector<Resource>& also) {
  const Lock lock(mutex_);
  std::vector<LeaseRow> out;
  for (const auto& [resource, lease] : leases_) {
    if (!lease.holder && !lease.desired && std::find(also.begin(), also.end(), resource) == also.end()) continue;
    LeaseRow row;
    row.resource = resource;
    row.res_id = lease.res_id;
    row.epoch = lease.epoch;
    row.holder = lease.holder;
    row.desired = lease.desired;
    row.holder_renew_seq = -1;
    if (lease.holder) {
      if (const auto session = sessions_.find(*lease.holder); session != sessions_.end()) {
        row.holder_renew_seq = session->second.renew_seq;
        row.holder_draining = session->second.draining;
        row.holder_address = session->second.address;
        row.holder_server = session->second.server;
      }
    }
    out.push_back(std::move(row));
  }
  return out;
}

Status MemoryLeaseStore::ensure(const std::vector<Resource>& resources) {
  const Lock lock(mutex_);
  for (const auto& resource : resources) leases_.emplace(resource, Lease{.res_id = static_cast<int64_t>(leases_.size()) + 1});
  return success();
}

Result<std::optional<LeaseGrant>> MemoryLeaseStore::acquire(const Acquire& request) {
  const Lock lock(mutex_);
  const auto found = leases_.find(request.seen.resource);
  if (found == leases_.end() || !sessions_.contains(request.me)) return std::optional<LeaseGrant>{};
  Lease& lease = found->second;
  if (lease.epoch != request.seen.epoch || lease.holder != request.seen.holder) return std::optional<LeaseGrant>{};
  if (lease.holder) {
    const auto session = sessions_.find(*lease.holder);
    if (session != sessions_.end() && session->second.renew_seq != request.seen.holder_renew_seq) return std::optional<LeaseGrant>{};
  }
  History row{request.seen.resource, Epoch{lease.epoch.value + 1}, lease.holder, request.me, request.reason, 0, 0, 0, now_()};
  row.detect_ms = std::chrono::duration<double, std::milli>(request.detect).count();
  row.evidence = request.evidence;
  history_.push_back(std::move(row));
  lease.holder = request.me;
  if (request.seen.desired != request.me && lease.desired == request.seen.desired) lease.desired.reset();
  ++lease.epoch.value;
  return std::optional(LeaseGrant{request.seen.resource, lease.res_id, lease.epoch, request.me});
}

void MemoryLeaseStore::free(const Resource& resource, Lease& lease, const std::string& reason) {
  history_.push_back(History{resource, lease.epoch, lease.holder, std::nullopt, reason, 0, 0, 0, now_()});
  lease.holder.reset();
}

Status MemoryLeaseStore::release(const LeaseGrant& grant, const std::string& reason) {
  const Lock lock(mutex_);
  const auto found = leases_.find(grant.resource);
  if (found != leases_.end() && found->second.epoch == grant.epoch && found->second.holder == grant.incarnation)
    free(grant.resource, found->second, reason);
  return success();
}

Status MemoryLeaseStore::bury(const std::vector<Incarnation>& incarnations, const std::string& reason) {
  const Lock lock(mutex_);
  for (auto& [resource, lease] : leases_)
    if (lease.holder && std::find(incarnations.begin(), incarnations.end(), *lease.holder) != incarnations.end())
      free(resource, lease, reason);
  for (const auto& incarnation : incarnations) sessions_.erase(incarnation);
  return success();
}

Result<std::vector<LeaseStore::History>> MemoryLeaseStore::history(const Resource& resource) {
  const Lock lock(mutex_);
  std::vector<History> out;
  std::copy_if(history_.begin(), history_.end(), std::back_inserter(out), [&](const History& h) { return h.resource == resource; });
  return out;
}

Result<std::string> MemoryLeaseStore::heartbeat_key() { return std::string(64, 'k'); }

std::vector<LeaseStore::History> MemoryLeaseStore::all_history() {
  const Lock lock(mutex_);
  return history_;
}

Status MemoryLeaseStore::fence(const LeaseGrant& grant) {
  const Lock lock(mutex_);
  const auto found = leases_.find(grant.resource);
  if (found != leases_.end() && found->second.epoch == grant.epoch && found->second.holder == grant.incarnation) return success();
  return Error{ErrorKind::fenced, "fenced: " + grant.resource.value + " is not held at epoch " + to_string(grant.epoch) + " any more"};
}

void MemoryLeaseStore::set_desired(const Resource& resource, std::optional<Incarnation> desired) {
  const Lock lock(mutex_);
  leases_.emplace(resource, Lease{.res_id = static_cast<int64_t>(leases_.size()) + 1}).first->second.desired = std::move(desired);
}

}  // namespace everdial
