#include "ha/lease_machine.h"

#include <algorithm>

#include "base/overloaded.h"

namespace everdial {

std::vector<LeaseEffect> LeaseMachine::step(const LeaseInput& input, Instant now) {
  std::vector<LeaseEffect> out;
  std::visit(Overloaded{
                 [&](const LeasesSeen& i) { seen(i, now, out); },
                 [&](const LeasesUnreadable&) {
                   if (!last_seen_at_ || now - *last_seen_at_ < settings_.act_without_database) return;
                   while (!acting_.empty()) stop(Resource{acting_.begin()->first}, "database_unreachable", out);
                 },
                 [&](const LeaseAcquired& i) {
                   acquiring_.erase(i.grant.resource);
                   if (draining_) {
                     out.push_back(ReleaseLease{i.grant, "draining"});
                   } else if (!acting_.contains(i.grant.resource)) {
                     acting_.emplace(i.grant.resource, i.grant);
                     out.push_back(StartActing{i.grant});
                   }
                 },
                 [&](const LeaseNotAcquired& i) { acquiring_.erase(i.resource); },
                 [&](const LeaseFenced& i) {
                   const auto found = acting_.find(i.grant.resource);
                   if (found != acting_.end() && found->second.epoch == i.grant.epoch) stop(i.grant.resource, "fenced", out);
                 },
                 [&](const LeaseRenounced& i) {
                   const auto found = acting_.find(i.grant.resource);
                   if (found == acting_.end() || found->second.epoch != i.grant.epoch) return;
                   stop(i.grant.resource, "renounced", out);
                   out.push_back(ReleaseLease{i.grant, "renounced"});
                   // Until the release is seen, the record names us: taking it for a lost answer would be to go on under the old epoch.
                   renounced_[i.grant.resource] = i.grant.epoch;
                 },
                 [&](const LeaseCandidacy& i) {
                   if (i.competes) {
                     candidacies_.insert(i.resource);
                     return;
                   }
                   candidacies_.erase(i.resource);
                   const auto found = acting_.find(i.resource);
                   if (found == acting_.end()) return;
                   const LeaseGrant grant = found->second;
                   stop(i.resource, "handed_over", out);
                   out.push_back(ReleaseLease{grant, "handed_over"});
                 },
                 [&](const LeasesDrain&) {
                   draining_ = true;
                   const auto held = acting_;
                   for (const auto& [resource, grant] : held) {
                     stop(resource, "draining", out);
                     out.push_back(ReleaseLease{grant, "draining"});
                   }
                 },
             },
             input);
  return out;
}

void LeaseMachine::seen(const LeasesSeen& input, Instant now, std::vector<LeaseEffect>& out) {
  // A long time between two polls is a time in which we saw nothing: it may not count as the holder's silence.
  const Duration since_last = last_seen_at_ ? std::min<Duration>(now - *last_seen_at_, 500ms) : Duration{0};
  last_seen_at_ = now;
  std::set<Resource> present;
  for (const LeaseRow& row : input.leases) {
    present.insert(row.resource);
    seen_one(row, since_last, now, out);
  }
  const auto held = acting_;
  for (const auto& [resource, grant] : held)
    if (!present.contains(resource)) stop(resource, "fenced", out);
  std::erase_if(watched_, [&](const auto& w) { return !present.contains(w.first); });
}

void LeaseMachine::seen_one(const LeaseRow& row, Duration since_last, Instant now, std::vector<LeaseEffect>& out) {
  const bool mine = row.holder == me_;
  if (const auto found = acting_.find(row.resource); found != acting_.end()) {
    if (!mine || row.epoch != found->second.epoch) {
      stop(row.resource, "fenced", out);
    } else if (row.desired && *row.desired != me_) {
      const LeaseGrant grant = found->second;
      stop(row.resource, "handed_over", out);
      out.push_back(ReleaseLease{grant, "handed_over"});
    }
    return;
  }
  if (draining_) return;

  const bool wanted = row.desired ? *row.desired == me_ : candidacies_.contains(row.resource);
  if (mine) {
    // The answer to our acquire was lost, or we had stopped for want of the database: what counts is the record.
    const LeaseGrant grant{row.resource, row.res_id, row.epoch, me_};
    const auto renounced = renounced_.find(row.resource);
    if (!wanted || (renounced != renounced_.end() && renounced->second == row.epoch)) {
      out.push_back(ReleaseLease{grant, wanted ? "renounced" : "handed_over"});
    } else if (!acquiring_.contains(row.resource) || now - acquiring_.at(row.resource) > settings_.acquire_timeout) {
      acquiring_.erase(row.resource);
      acting_.emplace(row.resource, grant);
      out.push_back(StartActing{grant});
    }
    return;
  }

  std::string reason;
  Duration still{};
  if (!row.holder) {
    watched_.erase(row.resource);
    renounced_.erase(row.resource);
    reason = "released";
  } else if (row.holder_renew_seq < 0) {
    reason = "holder_gone";
  } else {
    Watched& watched = watched_[row.resource];
    if (watched.holder != *row.holder || watched.renew_seq != row.holder_renew_seq) {
      watched = Watched{*row.holder, row.holder_renew_seq, Duration{0}};
    } else {
      watched.still += since_last;
    }
    still = watched.still;
    if (still < settings_.holder_silent_after) return;
    reason = "holder_silent";
  }
  if (!wanted) return;
  if (const auto pending = acquiring_.find(row.resource); pending != acquiring_.end() && now - pending->second < settings_.acquire_timeout)
    return;
  acquiring_[row.resource] = now;
  out.push_back(AcquireLease{row, reason, still});
}

void LeaseMachine::stop(const Resource& resource, const std::string& reason, std::vector<LeaseEffect>& out) {
  const auto found = acting_.find(resource);
  const LeaseGrant grant = found->second;
  acting_.erase(found);
  out.push_back(StopActing{grant, reason});
}

}  // namespace everdial
