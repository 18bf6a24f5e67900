#include <algorithm>

#include "campaign_manager/job_machine.h"

// Contacts that an agent sees before they are dialed: claimed with a committed intent, shown until the agent dials or gives them back, and
// checked by the rules just before they are dialed.

namespace everdial {

void JobMachine::claim_arrived(const ClaimPreview& claim, Instant now) {
  if (!loaded_ || !campaign_.agents || claim.manager != agent_zone_resource(zone_)) return;
  for (auto& [attempt, call] : in_air_)
    if (call.shown && call.shown->agent == claim.agent && !call.shown->dial && (!claim.contact || claim.contact == attempt.contact))
      return show(attempt, call, now);
  std::erase_if(claims_, [&](const Claim& c) { return c.agent == claim.agent; });
  claims_.push_back({claim.agent, claim.contact, claim.phone, now + settings_.claim_within});
  if (claim.contact) emit(FetchContact{*claim.contact});
}

void JobMachine::claim_for_agents(Instant now) {
  std::erase_if(claims_, [&](const Claim& c) { return now >= c.until; });
  for (auto wanted = claims_.begin(); wanted != claims_.end();) {
    const bool may = dialing() && !ready_.empty() && allowed() > 0 && static_cast<int>(in_air_.size()) < campaign_.max_calls;
    if (wanted->contact || !may) {
      ++wanted;
      continue;
    }
    const DueContact contact = std::move(ready_.front().first);
    ready_.pop_front();
    buffered_.erase(contact.key.contact);
    Call& call = in_air_.at(claim(contact, contact.phone, now));
    call.shown = Call::Shown{wanted->agent, contact.time_zone, now, std::nullopt};
    show({job_, contact.key.contact, contact.attempts + 1}, call, now);
    wanted = claims_.erase(wanted);
  }
}

void JobMachine::contact_fetched(const ContactFetched& input, Instant now) {
  const auto wanted = std::find_if(claims_.begin(), claims_.end(), [&](const Claim& c) { return c.contact == input.id; });
  if (wanted == claims_.end() || !input.contact || !dialing() || allowed() <= 0 || contacts_in_air_.contains(input.id)) return;
  if (std::any_of(checking_.begin(), checking_.end(), [&](const DueContact& c) { return c.key.contact == input.id; })) return;
  // It may be among those that are ready to be dialed.
  buffered_.erase(input.id);
  std::erase_if(ready_, [&](const auto& r) { return r.first.key.contact == input.id; });
  emit(SaveReopened{input.id});
  const AttemptId attempt = claim(*input.contact, wanted->phone.empty() ? input.contact->phone : wanted->phone, now);
  Call& call = in_air_.at(attempt);
  call.shown = Call::Shown{wanted->agent, input.contact->time_zone, now, std::nullopt};
  claims_.erase(wanted);
  show(attempt, call, now);
}

void JobMachine::show(const AttemptId& attempt, Call& call, Instant now) {
  call.shown->told_at = now;
  emit(ShowContact{{agent_zone_resource(zone_), call.shown->agent, attempt, call.phone}});
}

void JobMachine::settle_arrived(const SettleArrived& input, Instant now) {
  const SettlePreview& settle = input.settle;
  const auto call = in_air_.find(settle.attempt);
  if (call == in_air_.end())
    return emit(AnswerSettle{input.reply, Error{ErrorKind::conflict, "the contact is not claimed any more, another will be offered"}});
  if (!call->second.shown || call->second.shown->dial) return emit(AnswerSettle{input.reply, success()});  // said twice
  if (settle.dial) {
    call->second.shown->dial = input.reply;
    return;
  }
  give_back(settle.attempt, settle.again ? "skipped" : "cancelled", settle.again ? now + settings_.skipped_for : now);
  if (!settle.again) emit(SaveRestricted{settle.attempt.contact, CompletionCode::stopped, std::nullopt});
  emit(AnswerSettle{input.reply, success()});
}

/// Whoever is to be dialed, all in one question; and agents who may not have heard of their contact are told again.
void JobMachine::check_shown(Instant now) {
  const bool ask = dialing() && now >= check_shown_at_ && checking_shown_.empty() && checking_.empty() && !fetching_;
  CheckContacts check{{}, campaign_.strategy.calling_from_minute, campaign_.strategy.calling_until_minute};
  for (auto& [attempt, call] : in_air_) {
    if (!call.shown) continue;
    if (call.shown->dial && ask) {
      checking_shown_.push_back(attempt);
      check.contacts.push_back({attempt.contact, call.phone, call.shown->time_zone});
    } else if (!call.shown->dial && now - call.shown->told_at >= settings_.show_again) {
      show(attempt, call, now);
    }
  }
  if (check.contacts.empty()) return;
  checking_since_ = now;
  emit(CheckRules{std::move(check)});
}

void JobMachine::shown_checked(const ContactsChecked& checked, Instant now) {
  const std::vector<AttemptId> asked = std::exchange(checking_shown_, {});
  PlaceOrders place;
  for (size_t i = 0; i < asked.size() && i < checked.answers.size(); ++i) {
    const auto found = in_air_.find(asked[i]);
    if (found == in_air_.end() || !found->second.shown) continue;
    Call& call = found->second;
    const ReplyId reply = *call.shown->dial;
    const auto verdict = checked.answers[i].verdict;
    if (verdict == ContactsChecked::Verdict::allowed) {
      call.shown.reset();
      call.since = now;
      place.orders.push_back(order_of(asked[i], call.phone, now, checking_since_ + checked.valid_for));
      emit(AnswerSettle{reply, success()});
      continue;
    }
    const bool listed = verdict == ContactsChecked::Verdict::on_dnc;
    const CompletionCode code = listed ? CompletionCode::restricted_dnc : CompletionCode::restricted_hours;
    give_back(asked[i], std::string(to_string(code)), listed ? now : std::max(checked.answers[i].retry_at, now + 1s));
    if (listed) emit(SaveRestricted{asked[i].contact, code, std::nullopt});
    emit(AnswerSettle{reply, Error{ErrorKind::conflict, std::string(to_string(code))}});
  }
  if (!place.orders.empty()) emit(std::move(place));
}

/// It was never ordered, so nobody was called.
void JobMachine::give_back(const AttemptId& attempt, const std::string& reason, Instant due_at) {
  emit(SaveAborted{attempt, reason, due_at});
  contacts_in_air_.erase(attempt.contact);
  in_air_.erase(attempt);
  nothing_left_ = false;
  // It may be due before where the reading stands.
  cursor_.reset();
}

/// A job that winds down shows nobody any more; their agents learn it when they dial.
void JobMachine::take_from_agents(Instant now) {
  std::vector<std::pair<AttemptId, std::optional<ReplyId>>> shown;
  for (const auto& [attempt, call] : in_air_)
    if (call.shown) shown.emplace_back(attempt, call.shown->dial);
  for (const auto& [attempt, dial] : shown) {
    give_back(attempt, "stopped", now);
    if (dial) emit(AnswerSettle{*dial, Error{ErrorKind::conflict, "the job is being stopped"}});
  }
  claims_.clear();
}

}  // namespace everdial
