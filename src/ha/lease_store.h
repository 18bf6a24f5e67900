#pragma once

#include <memory>
#include <string>
#include <vector>

#include "base/result.h"
#include "model/lease.h"

namespace everdial {

namespace pg {
class Pool;
}

/// ha_session, ha_lease and ha_history (schema/0001_leases.sql). Blocking; called on store threads.
class LeaseStore {
 public:
  struct Acquire {
    LeaseRow seen;  ///< as the caller saw it; any change since makes the acquire fail
    Incarnation me;
    std::string reason;
    Duration detect{};
    std::string evidence = "{}";  ///< a JSON object
  };
  struct History {
    Resource resource;
    Epoch epoch;
    std::optional<Incarnation> from, to;
    std::string reason;
    double detect_ms = 0, acquire_ms = 0, barrier_ms = 0;
    Instant at;
    std::string evidence = "{}";  ///< a JSON object
  };

  virtual ~LeaseStore() = default;

  virtual Status open_session(const Session& session) = 0;
  virtual Status set_draining(const Incarnation& incarnation) = 0;
  /// One statement for all; not waiting for the disk (a lost renewal only looks like a little silence).
  virtual Status renew(const std::vector<Incarnation>& incarnations) = 0;
  virtual Result<std::vector<Session>> sessions() = 0;
  /// Every lease that is held, desired, or named in `also`.
  virtual Result<std::vector<LeaseRow>> leases(const std::vector<Resource>& also) = 0;
  /// The rows exist afterwards, whoever made them.
  virtual Status ensure(const std::vector<Resource>& resources) = 0;
  /// Empty when the lease has changed since it was seen, or its holder has moved. Whoever takes one that was allotted to another ends that
  /// allotment: it would be handed over to one who did not come for it.
  virtual Result<std::optional<LeaseGrant>> acquire(const Acquire& request) = 0;
  virtual Status release(const LeaseGrant& grant, const std::string& reason) = 0;
  /// All leases of these incarnations, and their sessions: they are dead, or have drained.
  virtual Status bury(const std::vector<Incarnation>& incarnations, const std::string& reason) = 0;
  virtual Result<std::vector<History>> history(const Resource& resource) = 0;
  virtual Result<Instant> clock() = 0;  ///< the database's wall clock
  /// By which all servers know each other's heartbeats for genuine.
  virtual Result<std::string> heartbeat_key() = 0;
};

std::unique_ptr<LeaseStore> make_pg_lease_store(pg::Pool& pool);

}  // namespace everdial
