#pragma once

#include <functional>
#include <map>
#include <mutex>

#include "ha/lease_store.h"

namespace everdial {

/// The lease tables in memory, for tests and the simulator. Other memory stores take it for their fence.
class MemoryLeaseStore final : public LeaseStore {
 public:
  explicit MemoryLeaseStore(std::function<Instant()> now) : now_(std::move(now)) {}

  Status open_session(const Session& session) override;
  Status set_draining(const Incarnation& incarnation) override;
  Status renew(const std::vector<Incarnation>& incarnations) override;
  Result<std::vector<Session>> sessions() override;
  Result<std::vector<LeaseRow>> leases(const std::vector<Resource>& also) override;
  Status ensure(const std::vector<Resource>& resources) override;
  Result<std::optional<LeaseGrant>> acquire(const Acquire& request) override;
  Status release(const LeaseGrant& grant, const std::string& reason) override;
  Status bury(const std::vector<Incarnation>& incarnations, const std::string& reason) override;
  Result<std::vector<History>> history(const Resource& resource) override;
  Result<Instant> clock() override { return now_(); }
  Result<std::string> heartbeat_key() override;

  /// What ha_fence does: ErrorKind::fenced unless the grant is the current one.
  Status fence(const LeaseGrant& grant);
  /// Wishes of the director, as its PostgreSQL store writes them into the lease row.
  void set_desired(const Resource& resource, std::optional<Incarnation> desired);
  std::vector<History> all_history();

 private:
  struct Lease {
    int64_t res_id = 0;
    Epoch epoch;
    std::optional<Incarnation> holder;
    std::optional<Incarnation> desired;
  };
  void free(const Resource& resource, Lease& lease, const std::string& reason);

  std::mutex mutex_;
  std::function<Instant()> now_;
  std::map<Incarnation, Session> sessions_;
  std::map<Resource, Lease> leases_;
  std::vector<History> history_;
};

}  // namespace everdial
