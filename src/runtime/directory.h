#pragma once

#include <algorithm>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "model/lease.h"

namespace everdial {

/// Who is there and who is master of what, as of the last poll of ha_session and ha_lease (LeaseService::on_poll feeds it). Read and
/// written on the loop. What it says may be outdated by a poll: whoever is asked checks for itself whether it is still the master.
class Directory {
 public:
  struct Holder {
    Incarnation incarnation;
    Epoch epoch;
    Address address;
    bool draining = false;
  };

  void update(std::vector<Session> sessions, std::vector<LeaseRow> leases) {
    sessions_ = std::move(sessions);
    leases_.clear();
    for (LeaseRow& lease : leases) leases_.emplace(lease.resource, std::move(lease));
  }

  /// All sessions of a component ("mpp"), those on `first` (one's own server) before others; draining ones left out unless wanted.
  std::vector<Session> sessions_of(std::string_view component, const ServerName& first = {}, bool with_draining = false) const {
    std::vector<Session> found;
    for (const Session& session : sessions_)
      if (session.component == component && (with_draining || !session.draining)) found.push_back(session);
    std::stable_partition(found.begin(), found.end(), [&](const Session& session) { return session.server == first; });
    return found;
  }

  /// The session with this incarnation, if it lives.
  std::optional<Session> session(const Incarnation& incarnation) const {
    for (const Session& session : sessions_)
      if (session.incarnation == incarnation) return session;
    return std::nullopt;
  }

  /// The present master of a resource, if there is one.
  std::optional<Holder> holder(const Resource& resource) const {
    const auto found = leases_.find(resource);
    if (found == leases_.end() || !found->second.holder) return std::nullopt;
    const LeaseRow& lease = found->second;
    return Holder{*lease.holder, lease.epoch, lease.holder_address, lease.holder_draining};
  }

  const std::vector<Session>& sessions() const { return sessions_; }
  const std::map<Resource, LeaseRow>& leases() const { return leases_; }

 private:
  std::vector<Session> sessions_;
  std::map<Resource, LeaseRow> leases_;
};

}  // namespace everdial
