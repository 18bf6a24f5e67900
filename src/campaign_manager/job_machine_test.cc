#include "campaign_manager/job_machine.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace everdial {
namespace {

class Job : public testing::Test {
 protected:
  Job() {
    campaign.calls_per_second = 1000;
    campaign.max_calls = 100;
    campaign.strategy.retries[CompletionCode::call_busy] = {2, 60s};
    campaign.strategy.max_attempts = 3;
  }

  template <class E>
  std::vector<E> of(const std::vector<JobEffect>& effects) {
    std::vector<E> out;
    for (const auto& effect : effects)
      if (const E* e = std::get_if<E>(&effect)) out.push_back(*e);
    return out;
  }
  std::vector<JobEffect> step(const JobInput& input, Duration later = 0ms) { return machine.step(input, now += later); }

  void load(std::vector<UnsettledAttempt> unsettled = {}, std::vector<std::string> mpps = {}) {
    step(JobLoaded{campaign, JobState::running, std::move(unsettled), std::move(mpps)});
  }
  static DueContact contact(int64_t id, int attempts = 0, std::vector<CompletionCode> codes = {}) {
    return DueContact{{Instant{}, ContactId{id}}, "+1555000" + std::to_string(id), "UTC", attempts, std::move(codes)};
  }
  static ContactsChecked allowed(size_t n) { return {std::vector<ContactsChecked::Answer>(n), 10s}; }
  AttemptId id(int64_t contact, int number = 1) { return {JobId{7}, ContactId{contact}, number}; }
  CallRecord ended(const AttemptId& attempt, CompletionCode code) {
    CallRecord record{.attempt = attempt, .resource = grant.resource, .epoch = grant.epoch};
    record.stage = CallStage::ended;
    record.ended_at = now;
    record.code = code;
    return record;
  }
  std::vector<JobEffect> dial(int64_t contact_id, int attempts = 0, std::vector<CompletionCode> codes = {}) {
    step(PathSeen{true}, 1s);
    step(DueFetched{{contact(contact_id, attempts, std::move(codes))}, true, false});
    return step(RulesAnswered{allowed(1)});
  }

  Campaign campaign;
  LeaseGrant grant{job_resource(JobId{7}), 1, Epoch{4}, Incarnation{"me"}};
  JobMachine machine{grant, JobId{7}, {}};
  Instant now = Instant{} + 1000h;
};

TEST_F(Job, M_01_writes_the_attempt_ahead_and_places_it_under_its_epoch) {
  load();
  const auto effects = dial(1);
  ASSERT_EQ(of<SaveIntent>(effects).size(), 1u);
  ASSERT_EQ(of<PlaceOrders>(effects).size(), 1u);
  const CallOrder order = of<PlaceOrders>(effects)[0].orders.at(0);
  EXPECT_EQ(order.attempt, id(1));
  EXPECT_EQ(order.epoch, Epoch{4});
  EXPECT_GT(order.not_after, now);
}

TEST_F(Job, R_03_never_dials_a_contact_that_was_not_checked_or_whose_check_is_too_old) {
  load();
  step(PathSeen{true}, 1s);
  step(DueFetched{{contact(1)}, true, false});
  EXPECT_TRUE(of<PlaceOrders>(step(RulesFailed{}, 1s)).empty());
  step(PathSeen{false});
  step(DueFetched{{contact(2)}, true, false});
  step(RulesAnswered{allowed(1)});
  EXPECT_TRUE(of<PlaceOrders>(step(PathSeen{true}, 11s)).empty());
}

TEST_F(Job, F_07_does_not_burn_a_contact_when_no_mpp_takes_the_order) {
  load();
  dial(1);
  const auto effects = step(OrdersAnswered{{id(1)}, {OrderVerdict::no_mpp}});
  ASSERT_EQ(of<SaveAborted>(effects).size(), 1u);
  EXPECT_EQ(of<SaveAborted>(effects)[0].reason, "no_mpp");
  EXPECT_GT(of<SaveAborted>(effects)[0].due_at, now);
}

TEST_F(Job, F_07_does_not_burn_a_contact_whose_mpp_died_before_its_invite_left) {
  load();
  dial(1);
  CallRecord record = ended(id(1), CompletionCode::call_lost);
  record.never_sent = true;
  const auto effects = step(ResultsArrived{{record}});
  EXPECT_TRUE(of<SaveResult>(effects).empty());
  ASSERT_EQ(of<SaveAborted>(effects).size(), 1u);
  EXPECT_EQ(of<TellSettled>(effects).size(), 1u);
  EXPECT_EQ(machine.calls_in_air(), 0u);
}

TEST_F(Job, retries_by_the_strategy_and_then_is_done_with_the_contact) {
  load();
  dial(1);
  auto result = of<SaveResult>(step(ResultsArrived{{ended(id(1), CompletionCode::call_busy)}}));
  ASSERT_EQ(result.size(), 1u);
  EXPECT_EQ(result[0].retry_at, now + 60s);
  dial(1, 1, {CompletionCode::call_busy});
  EXPECT_TRUE(of<SaveResult>(step(ResultsArrived{{ended(id(1, 2), CompletionCode::call_busy)}}))[0].retry_at);
  dial(1, 2, {CompletionCode::call_busy, CompletionCode::call_busy});
  EXPECT_FALSE(of<SaveResult>(step(ResultsArrived{{ended(id(1, 3), CompletionCode::call_busy)}}))[0].retry_at) << "twice is enough";
  dial(2);
  EXPECT_FALSE(of<SaveResult>(step(ResultsArrived{{ended(id(2), CompletionCode::answer_human)}}))[0].retry_at);
}

TEST_F(Job, begins_again_under_a_higher_epoch_when_it_cannot_know_whether_its_orders_were_taken) {
  load();
  dial(1);
  EXPECT_EQ(of<StartOver>(step(OrdersUnanswered{})).size(), 1u);
  EXPECT_TRUE(step(JobTick{}, 5s).empty());
}

TEST_F(Job, M_05_settles_what_its_predecessor_left_once_every_mpp_has_answered) {
  load({{id(1), "+1", {}}, {id(2), "+2", {}}, {id(3), "+3", {}}}, {"as1/mpp/1", "as1/mpp/2"});
  CallRecord live = ended(id(2), CompletionCode::answer_human);
  live.stage = CallStage::ringing;
  auto first = step(MppAnswered{"as1/mpp/1", {ended(id(1), CompletionCode::call_busy), live}});
  EXPECT_EQ(of<SaveResult>(first).size(), 1u);
  EXPECT_TRUE(of<SaveAborted>(first).empty()) << "the other MPP may still have executed it";
  auto second = step(MppAnswered{"as1/mpp/2", {}});
  ASSERT_EQ(of<SaveAborted>(second).size(), 1u);
  EXPECT_EQ(of<SaveAborted>(second)[0].attempt, id(3));
  EXPECT_EQ(machine.calls_in_air(), 1u) << "the ringing call is adopted";
}

TEST_F(Job, M_05_makes_attempts_unknown_when_an_mpp_cannot_be_asked_for_a_minute_and_never_redials_them) {
  load({{id(1), "+1", {}}}, {"as1/mpp/1"});
  EXPECT_EQ(of<AskMpp>(step(JobTick{}, 400ms)).size(), 1u);
  EXPECT_TRUE(of<SaveUnknown>(step(JobTick{}, 50s)).empty());
  EXPECT_EQ(of<SaveUnknown>(step(JobTick{}, 11s)).size(), 1u);
  EXPECT_EQ(machine.calls_in_air(), 0u);
  // told late after all: the store settles it
  EXPECT_EQ(of<SaveResult>(step(ResultsArrived{{ended(id(1), CompletionCode::answer_human)}})).size(), 1u);
}

TEST_F(Job, M_05_settles_what_was_unknown_once_the_mpps_that_did_not_answer_have) {
  load({{id(1), "+1", {}}, {id(2), "+2", {}}, {id(3), "+3", {}}}, {"as1/mpp/1", "as2/mpp/1"});
  step(MppAnswered{"as1/mpp/1", {}});
  EXPECT_EQ(of<SaveUnknown>(step(JobTick{}, 61s)).size(), 3u);
  const auto asked = of<AskMpp>(step(JobTick{}, 1s));
  ASSERT_EQ(asked.size(), 1u);
  EXPECT_EQ(asked[0].mpp, "as2/mpp/1");
  CallRecord never_sent = ended(id(2), CompletionCode::call_lost);
  never_sent.never_sent = true;
  const auto late = step(MppAnswered{"as2/mpp/1", {ended(id(1), CompletionCode::call_busy), never_sent}}, 30s);
  ASSERT_EQ(of<SaveResult>(late).size(), 1u);
  EXPECT_TRUE(of<SaveResult>(late)[0].retry_at) << "by the strategy";
  ASSERT_EQ(of<SaveAborted>(late).size(), 2u) << "neither the one that was never sent nor the one that nobody knows of was called";
  EXPECT_EQ(of<SaveAborted>(late)[1].attempt, id(3));
  EXPECT_TRUE(of<AskMpp>(step(JobTick{}, 2s)).empty()) << "all is known";
}

TEST_F(Job, M_05_settles_what_its_predecessor_made_unknown_and_waits_for_it_with_nothing) {
  JobLoaded input{campaign, JobState::running, {}, {"as1/mpp/1"}};
  input.unknown = {{id(1), "+1", {}, now}};
  step(input);
  EXPECT_EQ(of<PlaceOrders>(dial(2)).size(), 1u);
  const auto late = step(MppAnswered{"as1/mpp/1", {}}, 90s);
  ASSERT_EQ(of<SaveAborted>(late).size(), 1u);
  EXPECT_EQ(of<SaveAborted>(late)[0].attempt, id(1));
}

TEST_F(Job, M_06_never_dials_again_what_an_mpp_without_its_journal_may_have_dialed) {
  const Instant lost_at = now + 3s;
  load({{id(1), "+1", {}, now}, {id(2), "+2", {}, now + 4s}}, {"as1/mpp/1"});
  const auto answered = step(MppAnswered{"as1/mpp/1", {}, lost_at}, 5s);
  ASSERT_EQ(of<SaveUnknown>(answered).size(), 1u);
  EXPECT_EQ(of<SaveUnknown>(answered)[0].attempt, id(1));
  ASSERT_EQ(of<SaveAborted>(answered).size(), 1u) << "it was ordered after that";
  EXPECT_EQ(of<SaveAborted>(answered)[0].attempt, id(2));
  EXPECT_TRUE(of<SaveAborted>(step(MppAnswered{"as1/mpp/1", {}, lost_at}, 90s)).empty());
}

TEST_F(Job, dials_other_contacts_while_old_attempts_wait_for_the_barrier) {
  load({{id(1), "+1", {}}}, {"as1/mpp/1"});
  EXPECT_EQ(of<PlaceOrders>(dial(2)).size(), 1u);
}

TEST_F(Job, A_16_tells_with_its_first_intents_how_long_the_barrier_took_and_only_then) {
  load({}, {"as1/mpp/1"});
  step(MppAnswered{"as1/mpp/1", {}}, 300ms);
  const auto first = dial(2);
  ASSERT_EQ(of<SaveBarrier>(first).size(), 1u);
  EXPECT_EQ(of<SaveBarrier>(first)[0].took, 300ms);
  EXPECT_TRUE(of<SaveBarrier>(step(JobTick{}, 1s)).empty());
}

TEST_F(Job, never_places_a_contact_that_is_in_the_air_again) {
  load({{id(1), "+1", {}}}, {"as1/mpp/1"});
  step(PathSeen{true}, 1s);
  EXPECT_TRUE(of<CheckRules>(step(DueFetched{{contact(1, 1)}, true, false})).empty());
}

TEST_F(Job, keeps_to_its_rate_and_to_its_calls_in_the_air) {
  campaign.calls_per_second = 10;
  campaign.max_calls = 3;
  load();
  step(PathSeen{true}, 10s);
  std::vector<DueContact> many;
  for (int i = 1; i <= 20; ++i) many.push_back(contact(i));
  step(DueFetched{many, false, false});
  size_t placed = 0;
  auto count = [&](const std::vector<JobEffect>& effects) {
    for (const auto& p : of<PlaceOrders>(effects)) placed += p.orders.size();
  };
  count(step(RulesAnswered{allowed(20)}));
  EXPECT_EQ(placed, 1u) << "time in which nothing could be dialed saves up no burst";
  for (int i = 0; i < 100; ++i) count(step(JobTick{}, 100ms));
  EXPECT_EQ(placed, 3u);
}

TEST_F(Job, is_drained_when_all_is_done_and_looks_again_when_it_does_not_end) {
  load();
  step(PathSeen{true});
  auto effects = step(DueFetched{{}, true, true});
  EXPECT_EQ(of<SaveDrained>(effects).size(), 1u);
  effects = step(JobTick{}, 2s);
  EXPECT_TRUE(of<SaveDrained>(effects).empty());
  EXPECT_EQ(of<FetchDue>(effects).size(), 1u);
}

TEST_F(Job, stops_dialing_when_pausing_and_is_drained_when_the_last_call_has_ended) {
  load();
  dial(1);
  EXPECT_TRUE(of<SaveDrained>(step(JobStateSeen{JobState::pausing})).empty());
  EXPECT_EQ(of<SaveDrained>(step(ResultsArrived{{ended(id(1), CompletionCode::call_busy)}})).size(), 1u);
}

TEST_F(Job, C_11_claims_no_more_than_its_director_allows) {
  campaign.finish.goal = Goal{5, GoalOf::attempts, {}};
  load();
  step(PathSeen{true}, 1s);
  std::vector<DueContact> many;
  for (int i = 1; i <= 9; ++i) many.push_back(contact(i));
  step(DueFetched{many, false, false});
  EXPECT_TRUE(of<SaveIntent>(step(RulesAnswered{allowed(9)})).empty()) << "nothing is allowed yet";
  EXPECT_EQ(of<SaveIntent>(step(JobStateSeen{JobState::running, {.claims = 5}, 1})).size(), 5u);
  EXPECT_TRUE(of<SaveIntent>(step(JobTick{}, 1s)).empty());
  EXPECT_EQ(of<SaveIntent>(step(JobStateSeen{JobState::running, {.claims = 6}, 2})).size(), 1u);
}

TEST_F(Job, C_11_dials_until_its_time_is_up_and_trusts_no_grant_of_unknown_age) {
  campaign.finish.after = 1h;
  load();
  const Instant steady = Instant{} + 5h;
  step(JobTick{steady});
  step(JobStateSeen{JobState::running, {.valid_for = 10s}, 7, steady});
  EXPECT_TRUE(of<SaveIntent>(dial(1)).empty()) << "it was there before we looked first";
  EXPECT_TRUE(of<SaveIntent>(step(JobStateSeen{JobState::running, {.valid_for = 10s}, 7, steady + 200ms})).empty());
  const auto placed = of<PlaceOrders>(step(JobStateSeen{JobState::running, {.valid_for = 3s}, 8, steady + 400ms}));
  ASSERT_EQ(placed.size(), 1u) << "given since the look before";
  EXPECT_EQ(placed[0].orders.at(0).not_after, now + 3200ms);
  step(JobTick{steady + 3300ms});
  EXPECT_TRUE(of<SaveIntent>(dial(2)).empty());
  EXPECT_EQ(of<SaveIntent>(step(JobStateSeen{JobState::running, {.valid_for = 1min}, 9, steady + 3300ms})).size(), 1u);
}

// ---- jobs with agents ------------------------------------------------------------------------------------------------------------

class AgentJob : public Job {
 protected:
  AgentJob() {
    campaign.agents = AgentSettings{.nuisance_prompt = "sorry.wav"};
    campaign.strategy.prompt = "hello.wav";
  }
  static constexpr auto kManager = "agent_manager/zone/default";
  JobInput grant_of(int64_t seq, int calls, int64_t epoch = 1) {
    return GrantArrived{static_cast<ReplyId>(100 * epoch + seq), {JobId{7}, Resource{kManager}, Epoch{epoch}, seq, calls}};
  }
  /// Contacts that are due and allowed.
  std::vector<JobEffect> ready(int count) {
    step(PathSeen{true}, 1s);
    std::vector<DueContact> due;
    for (int i = 1; i <= count; ++i) due.push_back(contact(i));
    step(DueFetched{due, true, false});
    return step(RulesAnswered{allowed(static_cast<size_t>(count))});
  }
  static size_t orders(const std::vector<JobEffect>& effects) {
    size_t count = 0;
    for (const auto& effect : effects)
      if (const auto* place = std::get_if<PlaceOrders>(&effect)) count += place->orders.size();
    return count;
  }
  /// Claimed for agent 3, who has seen it.
  AttemptId shown() {
    ready(2);
    const auto effects = step(ClaimArrived{{JobId{7}, Resource{kManager}, AgentId{3}, std::nullopt, ""}});
    EXPECT_EQ(of<SaveIntent>(effects).size(), 1u);
    EXPECT_EQ(of<ShowContact>(effects).size(), 1u);
    return of<ShowContact>(effects).at(0).request.attempt;
  }
};

TEST_F(AgentJob, D_04_places_nothing_without_a_grant_and_no_more_than_it_grants) {
  load();
  EXPECT_EQ(orders(ready(9)), 0u);
  EXPECT_EQ(orders(step(JobTick{}, 1s)), 0u);
  const auto effects = step(grant_of(1, 3));
  ASSERT_EQ(orders(effects), 3u);
  const CallPlan plan = of<PlaceOrders>(effects)[0].orders[0].plan;
  EXPECT_EQ(plan.agents.value, kManager);
  EXPECT_EQ(plan.prompt, "sorry.wav") << "people hear an agent, not the campaign's prompt";
  ASSERT_EQ(of<AnswerGrant>(effects).size(), 1u) << "it is used up";
  EXPECT_EQ(of<AnswerGrant>(effects)[0].used.placed.size(), 3u);
  EXPECT_EQ(orders(step(JobTick{}, 100ms)), 0u);
}

TEST_F(AgentJob, D_04_counts_each_grant_once_and_none_of_an_older_manager) {
  load();
  ready(9);
  EXPECT_EQ(orders(step(grant_of(1, 1))), 1u);
  EXPECT_EQ(orders(step(grant_of(1, 1), 100ms)), 0u);
  EXPECT_EQ(orders(step(grant_of(1, 1, 2), 100ms)), 1u) << "the next manager counts from one again";
  EXPECT_EQ(orders(step(grant_of(2, 1, 1), 100ms)), 0u);
  EXPECT_EQ(of<AnswerGrant>(step(grant_of(2, 1, 1))).size(), 1u) << "whoever asks is answered";
}

TEST_F(AgentJob, D_04_lets_lapse_after_a_second_what_it_has_not_used) {
  load();
  step(PathSeen{true}, 1s);
  step(grant_of(1, 2));
  EXPECT_TRUE(of<AnswerGrant>(step(JobTick{}, 900ms)).empty());
  const auto lapsed = step(JobTick{}, 100ms);
  ASSERT_EQ(of<AnswerGrant>(lapsed).size(), 1u);
  EXPECT_TRUE(of<AnswerGrant>(lapsed)[0].used.placed.empty());
  EXPECT_EQ(orders(ready(2)), 0u);
}

TEST_F(AgentJob, claims_a_contact_for_an_agent_and_dials_it_when_told_and_the_rules_still_allow_it) {
  load();
  const AttemptId attempt = shown();
  EXPECT_EQ(of<ShowContact>(step(JobTick{}, 1s)).size(), 1u) << "told until it is settled";
  EXPECT_TRUE(of<SaveIntent>(step(ClaimArrived{{JobId{7}, Resource{kManager}, AgentId{3}, std::nullopt, ""}})).empty());
  step(DueFetched{{}, true, false});
  auto effects = step(SettleArrived{5, {attempt, true, false}}, 100ms);
  ASSERT_EQ(of<CheckRules>(effects).size(), 1u);
  EXPECT_TRUE(of<AnswerSettle>(effects).empty());
  effects = step(RulesAnswered{allowed(1)});
  EXPECT_EQ(orders(effects), 1u);
  ASSERT_EQ(of<AnswerSettle>(effects).size(), 1u);
  EXPECT_TRUE(of<AnswerSettle>(effects)[0].status.ok());
  effects = step(SettleArrived{6, {attempt, true, false}});
  EXPECT_EQ(orders(effects), 0u) << "said twice, dialed once";
  EXPECT_TRUE(of<AnswerSettle>(effects).at(0).status.ok());
}

TEST_F(AgentJob, R_03_does_not_dial_a_contact_that_has_come_onto_a_list_while_an_agent_looked_at_it) {
  load();
  const AttemptId attempt = shown();
  step(DueFetched{{}, true, false});
  step(SettleArrived{5, {attempt, true, false}}, 100ms);
  const auto effects = step(RulesAnswered{{{{ContactsChecked::Verdict::on_dnc, {}}}, 10s}});
  EXPECT_EQ(orders(effects), 0u);
  EXPECT_EQ(of<SaveAborted>(effects).size(), 1u);
  EXPECT_EQ(of<SaveRestricted>(effects).size(), 1u);
  EXPECT_EQ(of<AnswerSettle>(effects).at(0).status.error().kind, ErrorKind::conflict);
}

TEST_F(AgentJob, gives_back_what_an_agent_skips_and_is_done_with_what_an_agent_cancels) {
  load();
  const auto skipped = step(SettleArrived{5, {shown(), false, true}});
  ASSERT_EQ(of<SaveAborted>(skipped).size(), 1u);
  EXPECT_GT(of<SaveAborted>(skipped)[0].due_at, now);
  EXPECT_TRUE(of<SaveRestricted>(skipped).empty());
  const auto claimed = step(ClaimArrived{{JobId{7}, Resource{kManager}, AgentId{3}, std::nullopt, ""}});
  const auto cancelled = step(SettleArrived{6, {of<ShowContact>(claimed).at(0).request.attempt, false, false}});
  EXPECT_EQ(of<SaveRestricted>(cancelled).at(0).code, CompletionCode::stopped);
  EXPECT_EQ(machine.calls_in_air(), 0u);
  EXPECT_EQ(of<AnswerSettle>(step(SettleArrived{7, {id(99), true, false}})).at(0).status.error().kind, ErrorKind::conflict);
}

TEST_F(AgentJob, claims_a_certain_contact_anew_for_a_callback) {
  load();
  step(PathSeen{true}, 1s);
  const auto asked = step(ClaimArrived{{JobId{7}, Resource{kManager}, AgentId{3}, ContactId{5}, "+15559999"}});
  EXPECT_EQ(of<FetchContact>(asked).size(), 1u);
  const auto effects = step(ContactFetched{ContactId{5}, contact(5, 1, {CompletionCode::answer_human})});
  EXPECT_EQ(of<SaveReopened>(effects).size(), 1u);
  EXPECT_EQ(of<SaveIntent>(effects).at(0).phone, "+15559999");
  EXPECT_EQ(of<ShowContact>(effects).at(0).request.attempt, id(5, 2));
}

TEST_F(AgentJob, takes_from_its_agents_what_they_look_at_when_it_is_stopped) {
  load();
  const AttemptId attempt = shown();
  const auto effects = step(JobStateSeen{JobState::stopping});
  EXPECT_EQ(of<SaveAborted>(effects).at(0).attempt, attempt);
  EXPECT_EQ(of<SaveDrained>(effects).size(), 1u);
}

}  // namespace
}  // namespace everdial
