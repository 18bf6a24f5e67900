#pragma once

#include <algorithm>
#include <map>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "model/doubt.h"
#include "model/lease.h"

namespace everdial {

/// Who is there and who is master, as of the last poll of the database (LeaseService feeds it). A hint for where to send: what is
/// safe to do is decided by the fence and the epochs, never by this.
class Directory {
 public:
  void update(std::vector<Session> sessions, const std::vector<LeaseRow>& leases) {
    std::map<Incarnation, Seen> seen;
    for (const Session& session : sessions) {
      const auto before = seen_.find(session.incarnation);
      const bool still = before != seen_.end() && before->second.renew_seq == session.renew_seq;
      seen[session.incarnation] = {session.renew_seq, still ? before->second.looks + 1 : 0};
    }
    seen_ = std::move(seen);
    sessions_ = std::move(sessions);
    leases_.clear();
    for (const LeaseRow& lease : leases) leases_.emplace(lease.resource, lease);
    updated_ = true;
  }

  /// All that the failure detector of our server has.
  void doubt(const std::vector<Doubt>& doubts) {
    doubted_.clear();
    for (const Doubt& doubt : doubts) doubted_.insert_or_assign(doubt.incarnation, doubt.kind);
  }
  std::optional<DoubtKind> doubt_of(const Incarnation& process) const {
    const auto found = doubted_.find(process);
    return found == doubted_.end() ? std::nullopt : std::optional(found->second);
  }

  /// Processes of a component that take work as far as the database showed, in a stable order; not one whose renew_seq has stood still
  /// for fifty looks (5 s in which the database could be read).
  std::vector<Session> living(const std::string& component) const {
    std::vector<Session> out;
    std::copy_if(sessions_.begin(), sessions_.end(), std::back_inserter(out), [&](const Session& s) {
      return s.component == component && !s.draining && !s.address.value.empty() && seen_.at(s.incarnation).looks < kSilentLooks;
    });
    return out;
  }
  /// Those of them that are not in doubt.
  std::vector<Session> serving(const std::string& component) const {
    std::vector<Session> out = living(component);
    std::erase_if(out, [&](const Session& s) { return doubted_.contains(s.incarnation); });
    return out;
  }
  const std::vector<Session>& sessions() const { return sessions_; }

  std::optional<LeaseRow> lease(const Resource& resource) const {
    const auto found = leases_.find(resource);
    return found == leases_.end() ? std::nullopt : std::optional(found->second);
  }
  /// Where the holder of `resource` listens; empty when there is none.
  std::optional<Address> holder_address(const Resource& resource) const {
    const auto found = leases_.find(resource);
    if (found == leases_.end() || !found->second.holder || found->second.holder_address.value.empty()) return std::nullopt;
    return found->second.holder_address;
  }

  bool updated() const { return updated_; }

 private:
  static constexpr int kSilentLooks = 50;
  struct Seen {
    int64_t renew_seq = 0;
    int looks = 0;  ///< in a row with this renew_seq
  };

  std::vector<Session> sessions_;
  std::map<Incarnation, Seen> seen_;
  std::map<Incarnation, DoubtKind> doubted_;
  std::map<Resource, LeaseRow> leases_;
  bool updated_ = false;
};

/// The lasting name of an MPP worker: its journal's, in table mpp and in call records.
inline std::string mpp_name(const Session& session) {
  return session.server.value + "/mpp" + (session.instance.empty() ? "" : "/" + session.instance);
}

}  // namespace everdial
