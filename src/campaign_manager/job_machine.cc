#include "campaign_manager/job_machine.h"

#include <algorithm>

#include "base/overloaded.h"

namespace everdial {

std::vector<JobEffect> JobMachine::step(const JobInput& input, Instant now) {
  if (over_) return {};
  std::visit(Overloaded{
                 [&](const JobLoaded& i) { loaded(i, now); },
                 [&](const JobStateSeen& i) { seen(i); },
                 [&](const PathSeen& i) { path_open_ = i.open; },
                 [&](const MppAnswered& i) { answered(i, now); },
                 [&](const DueFetched& i) { fetched(i, now); },
                 [&](const FetchFailed&) { fetching_ = false; },
                 [&](const RulesAnswered& i) {
                   if (checking_shown_.empty()) checked(i, now);
                   else shown_checked(i.checked, now);
                 },
                 [&](const RulesFailed&) {
                   // Unchecked contacts are not dialed: they are read again from the start of the queue.
                   for (const DueContact& contact : checking_) buffered_.erase(contact.key.contact);
                   checking_.clear();
                   if (!checking_shown_.empty()) check_shown_at_ = now + settings_.fetch_every;
                   checking_shown_.clear();
                   cursor_.reset();
                   next_fetch_ = now + settings_.fetch_every;
                 },
                 [&](const OrdersAnswered& i) { orders_answered(i, now); },
                 [&](const OrdersUnanswered&) {
                   emit(StartOver{"orders to an application server were not answered"});
                   over_ = true;
                 },
                 [&](const ResultsArrived& i) {
                   for (const CallRecord& record : i.records) arrived(record, now);
                 },
                 [&](const JobTick& i) { steady_ = i.steady; },
                 [&](const GrantArrived& i) { granted(i, now); },
                 [&](const ClaimArrived& i) { claim_arrived(i.claim, now); },
                 [&](const ContactFetched& i) { contact_fetched(i, now); },
                 [&](const SettleArrived& i) { settle_arrived(i, now); },
             },
             input);
  if (loaded_ && !over_) tick(now);
  return std::exchange(out_, {});
}

void JobMachine::loaded(const JobLoaded& input, Instant now) {
  loaded_ = true;
  campaign_ = input.campaign;
  state_ = input.state;
  mpps_ = input.mpps;
  claimed_ = input.claimed;
  zone_ = input.zone;
  tokens_at_ = now;
  std::set<AttemptId> doubtful;
  for (const UnsettledAttempt& u : input.unsettled) {
    in_air_.emplace(u.attempt, Call{u.phone, u.codes, u.since, true});
    contacts_in_air_.insert(u.attempt.contact);
    doubtful.insert(u.attempt);
  }
  start_inquiry(true, std::move(doubtful), now);
  Inquiry late{true, now, now, {mpps_.begin(), mpps_.end()}, {}};
  for (const UnsettledAttempt& u : input.unknown) {
    unknown_.emplace(u.attempt, Call{u.phone, u.codes, u.since, true});
    late.doubtful.insert(u.attempt);
  }
  if (!unknown_.empty()) late_.push_back(std::move(late));  // the inquiry asks for both
}

void JobMachine::seen(const JobStateSeen& input) {
  if (state_ != input.state) {
    drained_ = false;
    nothing_left_ = false;
  }
  state_ = input.state;
  allowance_ = input.allowance;
  // A time runs from its grant, which came after the look before this one. A grant that was there before our first look may be of any age.
  if (asked_at_ && allowance_seq_ != input.allowance_seq && allowance_.valid_for) allowed_until_ = *asked_at_ + *allowance_.valid_for;
  allowance_seq_ = input.allowance_seq;
  asked_at_ = input.asked_at;
}

/// How many more contacts may be claimed now (C-11).
int64_t JobMachine::allowed() const {
  if (campaign_.finish.by_time() && steady_ >= allowed_until_) return 0;
  return campaign_.finish.goal ? std::max<int64_t>(0, allowance_.claims.value_or(0) - claimed_) : INT64_MAX;
}

void JobMachine::start_inquiry(bool barrier, std::set<AttemptId> doubtful, Instant now) {
  inquiry_ = Inquiry{barrier, now, now, {mpps_.begin(), mpps_.end()}, std::move(doubtful)};
  for (const std::string& mpp : mpps_) emit(AskMpp{mpp});
  if (mpps_.empty()) end_inquiry(now);
}

void JobMachine::answered(const MppAnswered& input, Instant now) {
  for (const CallRecord& record : input.records) {
    if (inquiry_) inquiry_->doubtful.erase(record.attempt);
    for (Inquiry& late : late_) late.doubtful.erase(record.attempt);
    arrived(record, now);
  }
  const auto complete = [&input](Inquiry& inquiry) {
    if (inquiry.unanswered.erase(input.mpp) > 0) inquiry.forgotten = std::max(inquiry.forgotten, input.forgot_at.value_or(Instant{}));
    return inquiry.unanswered.empty();
  };
  if (inquiry_ && complete(*inquiry_)) end_inquiry(now);
  std::erase_if(late_, [&](Inquiry& late) {
    if (!complete(late)) return false;
    settle_doubtful(late, now);
    return true;
  });
}

void JobMachine::end_inquiry(Instant now) {
  settle_doubtful(*inquiry_, now);
  if (inquiry_->barrier) barrier_took_ = now - inquiry_->since;
  inquiry_.reset();
  inquired_at_ = now;
}

/// All MPPs have answered at our epoch, so none will execute an older order: what none has executed never will be.
void JobMachine::settle_doubtful(const Inquiry& inquiry, Instant now) {
  for (const AttemptId& attempt : inquiry.doubtful) {
    const Call* call = open_call(attempt);
    if (!call) continue;
    if (inquiry.barrier && call->since < inquiry.forgotten) {
      make_unknown(attempt);  // and for good
    } else if (inquiry.barrier) {
      emit(SaveAborted{attempt, "settled_not_executed", now});
      close(attempt);
      nothing_left_ = false;
    } else {
      // An MPP took the order, and none has a record of it: its journal is lost.
      CallRecord lost{.attempt = attempt, .resource = grant_.resource, .epoch = grant_.epoch};
      lost.stage = CallStage::ended;
      lost.placed_at = call->since;
      lost.ended_at = now;
      lost.code = CompletionCode::call_lost;
      settle(lost, now);
    }
  }
}

/// What is in doubt is UNKNOWN: never dialed again by itself, and settled when the MPPs that did not answer do so after all.
void JobMachine::give_up_inquiry(Instant now) {
  std::erase_if(inquiry_->doubtful, [this](const AttemptId& attempt) { return !in_air_.contains(attempt); });
  for (const AttemptId& attempt : inquiry_->doubtful) make_unknown(attempt);
  if (!inquiry_->doubtful.empty()) late_.push_back(std::move(*inquiry_));
  inquiry_.reset();
  inquired_at_ = now;
}

void JobMachine::make_unknown(const AttemptId& attempt) {
  if (!in_air_.contains(attempt)) return;
  emit(SaveUnknown{attempt});
  contacts_in_air_.erase(attempt.contact);
  unknown_.insert(in_air_.extract(attempt));
}

void JobMachine::ask_late(Instant now) {
  if (now - late_asked_at_ < settings_.ask_late) return;
  late_asked_at_ = now;
  std::set<std::string> mpps;
  for (const Inquiry& late : late_) mpps.insert(late.unanswered.begin(), late.unanswered.end());
  for (const std::string& mpp : mpps)
    if (!inquiry_ || !inquiry_->unanswered.contains(mpp)) emit(AskMpp{mpp});
}

const JobMachine::Call* JobMachine::open_call(const AttemptId& attempt) const {
  if (const auto call = in_air_.find(attempt); call != in_air_.end()) return &call->second;
  const auto call = unknown_.find(attempt);
  return call == unknown_.end() ? nullptr : &call->second;
}

void JobMachine::close(const AttemptId& attempt) {
  if (in_air_.erase(attempt) > 0) contacts_in_air_.erase(attempt.contact);
  unknown_.erase(attempt);
}

void JobMachine::arrived(const CallRecord& record, Instant now) {
  if (!loaded_) return;  // told again in a second
  if (record.stage == CallStage::ended) {
    settle(record, now);
  } else if (const auto call = in_air_.find(record.attempt); call != in_air_.end()) {
    call->second.ordered = true;
  }
}

void JobMachine::settle(const CallRecord& record, Instant now) {
  // Of an attempt that is not open the record is told twice.
  const Call* call = open_call(record.attempt);
  if (record.never_sent) {
    // The MPP died between taking the order and sending it: nobody was called.
    if (call) {
      emit(SaveAborted{record.attempt, "never_sent", now + settings_.retry_refused});
      close(record.attempt);
      nothing_left_ = false;
    }
    emit(TellSettled{{record.attempt}});
    return;
  }
  const CompletionCode code = record.opted_out ? CompletionCode::opted_out : record.code;
  std::optional<Instant> retry;
  if (call) {
    retry = retry_at(code, call->codes, record.ended_at.value_or(now));
    close(record.attempt);
    if (retry) nothing_left_ = false;
  }
  emit(SaveResult{record, code, retry});
  emit(TellSettled{{record.attempt}});
}

std::optional<Instant> JobMachine::retry_at(CompletionCode code, const std::vector<CompletionCode>& before, Instant ended) const {
  const auto rule = campaign_.strategy.retries.find(code);
  if (rule == campaign_.strategy.retries.end()) return std::nullopt;
  if (static_cast<int>(before.size()) + 1 >= campaign_.strategy.max_attempts) return std::nullopt;
  if (std::count(before.begin(), before.end(), code) >= rule->second.times) return std::nullopt;
  return ended + rule->second.delay;
}

bool JobMachine::dialing() const { return path_open_ && (state_ == JobState::running || state_ == JobState::filtering); }

void JobMachine::fetched(const DueFetched& input, Instant now) {
  fetching_ = false;
  CheckContacts check{{}, campaign_.strategy.calling_from_minute, campaign_.strategy.calling_until_minute};
  for (const DueContact& contact : input.contacts) {
    cursor_ = contact.key;
    if (known(contact.key.contact)) continue;
    buffered_.insert(contact.key.contact);
    check.contacts.push_back({contact.key.contact, contact.phone, contact.time_zone});
    checking_.push_back(contact);
  }
  if (input.exhausted) {
    // From the start next time: contacts return to the queue (retries, aborted ones) before the cursor.
    cursor_.reset();
    next_fetch_ = now + settings_.fetch_every;
  }
  nothing_left_ = input.nothing_left && input.contacts.empty();
  if (!check.contacts.empty()) {
    checking_since_ = now;
    emit(CheckRules{std::move(check)});
  }
}

void JobMachine::checked(const RulesAnswered& input, Instant now) {
  const Instant until = checking_since_ + input.checked.valid_for;
  for (const ContactsChecked::Answer& answer : input.checked.answers) {
    if (checking_.empty()) break;
    DueContact contact = std::move(checking_.front());
    checking_.pop_front();
    const ContactId id = contact.key.contact;
    switch (answer.verdict) {
      case ContactsChecked::Verdict::allowed:
        ready_.emplace_back(std::move(contact), until);
        break;
      case ContactsChecked::Verdict::on_dnc:
        buffered_.erase(id);
        emit(SaveRestricted{id, CompletionCode::restricted_dnc, std::nullopt});
        break;
      case ContactsChecked::Verdict::outside_hours:
        buffered_.erase(id);
        emit(SaveRestricted{id, CompletionCode::restricted_hours, std::max(answer.retry_at, now + 1s)});
        break;
    }
  }
}

void JobMachine::orders_answered(const OrdersAnswered& input, Instant now) {
  for (size_t i = 0; i < input.attempts.size() && i < input.verdicts.size(); ++i) {
    const auto call = in_air_.find(input.attempts[i]);
    if (call == in_air_.end()) continue;  // its result was faster than the answer to its order
    if (input.verdicts[i] == OrderVerdict::accepted || input.verdicts[i] == OrderVerdict::duplicate) {
      call->second.ordered = true;
      continue;
    }
    emit(SaveAborted{input.attempts[i], std::string(to_string(input.verdicts[i])), now + settings_.retry_refused});
    contacts_in_air_.erase(input.attempts[i].contact);
    in_air_.erase(call);
    nothing_left_ = false;
  }
}

void JobMachine::tick(Instant now) {
  if (inquiry_) {
    if (now - inquiry_->since >= settings_.unknown_after) {
      give_up_inquiry(now);
    } else if (now - inquiry_->asked_at >= settings_.ask_again) {
      inquiry_->asked_at = now;
      for (const std::string& mpp : inquiry_->unanswered) emit(AskMpp{mpp});
    }
  } else if (now - inquired_at_ >= settings_.inquire_every) {
    std::set<AttemptId> doubtful;
    for (const auto& [attempt, call] : in_air_)
      if (call.ordered && now - call.since >= settings_.inquire_every) doubtful.insert(attempt);
    inquired_at_ = now;
    if (!doubtful.empty()) start_inquiry(false, std::move(doubtful), now);
  }
  ask_late(now);
  drop_stale(now);
  claim_for_agents(now);
  check_shown(now);
  dial(now);
  end_grants(now);
  fetch(now);
  drained_if_so(now);
}

void JobMachine::dial(Instant now) {
  const double rate = campaign_.calls_per_second;
  tokens_ += rate * std::chrono::duration<double>(now - tokens_at_).count();
  tokens_at_ = now;
  tokens_ = std::clamp(tokens_, 0.0, std::max(1.0, rate * 0.1));
  if (!dialing()) return;
  PlaceOrders place;
  const int64_t allowed = std::min(this->allowed(), granted());
  while (!ready_.empty() && tokens_ >= 1 && static_cast<int>(in_air_.size()) < campaign_.max_calls &&
         static_cast<int>(place.orders.size()) < settings_.batch_most && static_cast<int64_t>(place.orders.size()) < allowed) {
    auto [contact, until] = std::move(ready_.front());
    ready_.pop_front();
    buffered_.erase(contact.key.contact);
    tokens_ -= 1;
    const AttemptId attempt = claim(contact, contact.phone, now);
    place.orders.push_back(order_of(attempt, contact.phone, now, until));
  }
  if (place.orders.empty()) return;
  if (campaign_.agents) {
    std::vector<AttemptId> placed;
    for (const CallOrder& order : place.orders) placed.push_back(order.attempt);
    use_grants(placed);
  }
  emit(std::move(place));
}

/// Writes the attempt ahead.
AttemptId JobMachine::claim(const DueContact& contact, const std::string& phone, Instant now) {
  const AttemptId attempt{job_, contact.key.contact, contact.attempts + 1};
  in_air_.emplace(attempt, Call{phone, contact.codes, now, false});
  contacts_in_air_.insert(attempt.contact);
  ++claimed_;
  emit(SaveIntent{attempt, phone});
  if (const auto took = std::exchange(barrier_took_, std::nullopt)) emit(SaveBarrier{*took});
  return attempt;
}

/// `until`: the rules' answer holds no longer.
CallOrder JobMachine::order_of(const AttemptId& attempt, const std::string& phone, Instant now, Instant until) const {
  if (campaign_.finish.by_time()) until = std::min(until, now + (allowed_until_ - steady_));
  CallOrder order{attempt, grant_.resource, grant_.epoch, std::min(now + settings_.order_valid, until),
                  make_call_plan(campaign_.strategy, phone)};
  if (campaign_.agents) {
    order.plan.agents = agent_zone_resource(zone_);
    order.plan.prompt = campaign_.agents->nuisance_prompt;  // people are not played the campaign's own: an agent speaks
  }
  return order;
}

/// Where the rules' answer is too old: to be read and checked again.
void JobMachine::drop_stale(Instant now) {
  while (!ready_.empty() && now >= ready_.front().second) {
    buffered_.erase(ready_.front().first.key.contact);
    ready_.pop_front();
    cursor_.reset();
  }
}

// ---- what the agents' manager grants ---------------------------------------------------------------------------------------------

int64_t JobMachine::granted() const {
  if (!campaign_.agents) return INT64_MAX;
  int64_t calls = 0;
  for (const Grant& grant : grants_) calls += grant.left;
  return calls;
}

void JobMachine::granted(const GrantArrived& input, Instant now) {
  const GrantCalls& grant = input.grant;
  const bool ours = loaded_ && campaign_.agents && grant.manager == agent_zone_resource(zone_);
  const bool counted = grant.epoch < grants_epoch_ || (grant.epoch == grants_epoch_ && grant.seq <= grants_seq_);
  if (!ours || counted || grant.calls <= 0) return emit(AnswerGrant{input.reply, {}});
  grants_epoch_ = grant.epoch;
  grants_seq_ = grant.seq;
  grants_.push_back({input.reply, grant.calls, now + std::min<Duration>(grant.valid_for, 5s), {}});
}

void JobMachine::use_grants(const std::vector<AttemptId>& placed) {
  auto grant = grants_.begin();
  for (const AttemptId& attempt : placed) {
    while (grant->left == 0) ++grant;
    --grant->left;
    grant->placed.push_back(attempt);
  }
}

void JobMachine::end_grants(Instant now) {
  for (auto grant = grants_.begin(); grant != grants_.end();) {
    const bool over = grant->left == 0 || now >= grant->until;
    if (over) emit(AnswerGrant{grant->reply, {std::move(grant->placed)}});
    grant = over ? grants_.erase(grant) : std::next(grant);
  }
}

void JobMachine::fetch(Instant now) {
  if (!dialing() || fetching_ || !checking_.empty() || !checking_shown_.empty() || now < next_fetch_) return;
  const int wanted = std::clamp(static_cast<int>(campaign_.calls_per_second), 20, settings_.prefetch_most);
  if (static_cast<int>(ready_.size()) * 2 > wanted) return;
  fetching_ = true;
  emit(FetchDue{cursor_, wanted});
}

void JobMachine::drained_if_so(Instant now) {
  if (drained_ && now - drained_at_ >= settings_.drained_again) {
    // The store has seen a contact that we have not (its filter was still at work), or the director is away: look again.
    drained_ = false;
    nothing_left_ = false;
  }
  const bool winding_down = state_ == JobState::pausing || state_ == JobState::stopping;
  if (winding_down) take_from_agents(now);
  if (drained_ || !in_air_.empty()) return;
  const bool finished = state_ == JobState::running && nothing_left_ && buffered_.empty();
  if (!winding_down && !finished) return;
  drained_ = true;
  drained_at_ = now;
  emit(SaveDrained{});
}

}  // namespace everdial
