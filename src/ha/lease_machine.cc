#include "ha/lease_machine.h"

#include <algorithm>

#include "base/overloaded.h"

namespace everdial {

std::vector<LeaseEffect> LeaseMachine::step(const LeaseInput& input, Instant now) {
  std::vector<LeaseEffect> out;
  std::visit(Overloaded{
                 [&](const LeasesSeen& i) { seen(i, now, out); },
                 [&](const LeasesUnreadable&) { stop_unrenewed(now, out); },
                 [&](const OutlookSeen& i) { look(i.outlook, now, out); },
                 [&](const LeaseAcquired& i) {
                   acquiring_.erase(i.grant.resource);
                   if (draining_) {
                     out.push_back(ReleaseLease{i.grant, "draining"});
                   } else if (!acting_.contains(i.grant.resource) && renewed(i.grant.resource, now)) {
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
                 },
                 [&](const LeaseCandidacy& i) {
                   if (i.competes) {
                     candidacies_[i.resource] = i.patience;
                     return;
                   }
                   candidacies_.erase(i.resource);
                   if (acting_.contains(i.resource)) release(i.resource, "handed_over", out);
                 },
                 [&](const LeasesDrain&) {
                   draining_ = true;
                   const auto held = acting_;
                   for (const auto& [resource, grant] : held) release(resource, "draining", out);
                 },
             },
             input);
  return out;
}

void LeaseMachine::look(const Outlook& outlook, Instant now, std::vector<LeaseEffect>& out) {
  outlook_at_ = now;
  assured_until_ = outlook.assured_until;
  doubts_.clear();
  for (const Doubt& doubt : outlook.doubts) doubts_.emplace(doubt.incarnation, doubt);
  // A master whom most of the others do not hear is of no use to them. But where all are cut off from all, one is better than none.
  if (outlook.isolated && !isolated_) {
    yields_until_ = now + settings_.yield_for;
    const auto held = acting_;
    for (const auto& [resource, grant] : held) release(resource, "isolated", out);
  }
  isolated_ = outlook.isolated;
}

void LeaseMachine::seen(const LeasesSeen& input, Instant now, std::vector<LeaseEffect>& out) {
  // A long time between two polls is a time in which we saw nothing: it may not count as the holder's silence.
  const Duration since_last = last_seen_at_ ? std::min<Duration>(now - *last_seen_at_, 500ms) : Duration{0};
  last_seen_at_ = now;
  see_our_renewals(input);
  std::set<Resource> present;
  for (const LeaseRow& row : input.leases) {
    present.insert(row.resource);
    seen_one(row, since_last, now, out);
  }
  const auto held = acting_;
  for (const auto& [resource, grant] : held)
    if (!present.contains(resource)) stop(resource, "fenced", out);
  std::erase_if(watched_, [&](const auto& w) { return !present.contains(w.first); });
  std::erase_if(vacant_, [&](const auto& v) { return !present.contains(v.first); });
  stop_unrenewed(now, out);
}

void LeaseMachine::see_our_renewals(const LeasesSeen& input) {
  const auto ours = std::find_if(input.leases.begin(), input.leases.end(), [&](const LeaseRow& row) { return row.holder == me_; });
  const auto before = std::exchange(our_renew_seq_, ours == input.leases.end() ? std::nullopt : std::optional(ours->holder_renew_seq));
  // It was lower when the poll before this one began, so it has moved since; when exactly, nobody needs to know.
  if (before && our_renew_seq_ && *our_renew_seq_ > *before) renewed_after_ = *last_asked_at_;
  last_asked_at_ = input.asked_at;
}

/// Can nobody have seen our renewals stand still for long, as far as this resource is concerned?
bool LeaseMachine::renewed(const Resource& resource, Instant now) const {
  const auto found = not_ours_at_.find(resource);
  const Instant since = found == not_ours_at_.end() ? renewed_after_ : std::max(renewed_after_, found->second);
  return lately(since, now);
}

bool LeaseMachine::lately(Instant since, Instant now) const {
  return now - since < (now < assured_until_ ? settings_.act_assured : settings_.act_unrenewed);
}

bool LeaseMachine::fit(Instant now) const { return !last_asked_at_ || lately(*last_asked_at_, now); }

void LeaseMachine::stop_unrenewed(Instant now, std::vector<LeaseEffect>& out) {
  const auto held = acting_;
  for (const auto& [resource, grant] : held)
    if (!renewed(resource, now)) stop(resource, "not_renewed", out);
}

void LeaseMachine::seen_one(const LeaseRow& row, Duration since_last, Instant now, std::vector<LeaseEffect>& out) {
  const bool mine = row.holder == me_;
  const bool wanted = row.desired ? *row.desired == me_ : candidacies_.contains(row.resource);
  if (!mine) not_ours_at_[row.resource] = *last_asked_at_;
  else vacant_.erase(row.resource);
  if (const auto found = acting_.find(row.resource); found != acting_.end()) {
    if (row.epoch < found->second.epoch) return;  // the poll is older than our acquire
    if (!mine || row.epoch != found->second.epoch || row.holder_renew_seq < 0) {
      stop(row.resource, "fenced", out);
    } else if (row.desired && !wanted) {
      release(row.resource, "handed_over", out);
    }
  } else if (draining_) {
    return;
  } else if (!mine) {
    take_over(row, since_last, now, out);
  } else if (!wanted) {
    out.push_back(ReleaseLease{LeaseGrant{row.resource, row.res_id, row.epoch, me_}, "handed_over"});
  } else if (renewed(row.resource, now)) {
    // The answer to our acquire was lost, we had not been renewed for a while, or we have renounced it.
    acquire({row, "resumed", {}, "{}"}, now, out);
  }
}

void LeaseMachine::take_over(const LeaseRow& row, Duration since_last, Instant now, std::vector<LeaseEffect>& out) {
  AcquireLease take{row, "released", {}, "{}"};
  if (!row.holder) {
    watched_.erase(row.resource);
  } else if (row.holder_renew_seq < 0) {
    take.reason = "holder_gone";
  } else {
    Watched& watched = watched_[row.resource];
    if (watched.epoch != row.epoch || watched.renew_seq != row.holder_renew_seq) {
      watched = Watched{row.epoch, row.holder_renew_seq, Duration{0}};
    } else {
      watched.still += since_last;
    }
    take.reason = "holder_silent";
    take.detect = watched.still;
    take.evidence = "{\"renew_still_ms\":" + std::to_string(std::chrono::duration_cast<std::chrono::milliseconds>(watched.still).count());
    Duration enough = settings_.silent_after;
    if (const auto doubt = doubts_.find(*row.holder); doubt != doubts_.end() && now - outlook_at_ < settings_.outlook_holds) {
      const bool sure = doubt->second.kind == DoubtKind::stuck || doubt->second.kind == DoubtKind::server_refused;
      enough = sure ? settings_.surely_silent_after : settings_.doubted_silent_after;
      take.reason = to_string(doubt->second.kind);
      take.evidence += ",\"doubt\":" + doubt->second.evidence;
    }
    take.evidence += "}";
    if (watched.still < enough) {
      vacant_.erase(row.resource);
      return;
    }
  }
  if (is_ours_to_take(row, since_last)) acquire(std::move(take), now, out);
}

bool LeaseMachine::is_ours_to_take(const LeaseRow& row, Duration since_last) {
  const auto [vacant, first] = vacant_.try_emplace(row.resource, Duration{0});
  if (!first) vacant->second += since_last;
  if (row.desired == me_) return true;
  const auto candidacy = candidacies_.find(row.resource);
  if (candidacy == candidacies_.end()) return false;
  return candidacy->second ? vacant->second >= *candidacy->second : !row.desired;
}

void LeaseMachine::acquire(AcquireLease take, Instant now, std::vector<LeaseEffect>& out) {
  if (isolated_ && now < yields_until_) return;
  const auto pending = acquiring_.find(take.seen.resource);
  if (pending != acquiring_.end() && now - pending->second < settings_.acquire_timeout) return;
  acquiring_[take.seen.resource] = now;
  out.push_back(std::move(take));
}

void LeaseMachine::release(const Resource& resource, const std::string& reason, std::vector<LeaseEffect>& out) {
  const LeaseGrant grant = acting_.at(resource);
  stop(resource, reason, out);
  out.push_back(ReleaseLease{grant, reason});
}

void LeaseMachine::stop(const Resource& resource, const std::string& reason, std::vector<LeaseEffect>& out) {
  const auto found = acting_.find(resource);
  const LeaseGrant grant = found->second;
  acting_.erase(found);
  out.push_back(StopActing{grant, reason});
}

}  // namespace everdial
