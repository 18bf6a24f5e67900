#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "agent_manager/test_zone.h"

// What a zone asks of the owners of its jobs: grants, previews, callbacks; and how it finds out what it was not told.

namespace everdial::zone {
namespace {

using namespace agent_command;
using C = AgentCallState;

int granted(const std::vector<Effect>& effects) {
  int calls = 0;
  for (const Grant& grant : those_of<Grant>(effects)) calls += grant.request.calls;
  return calls;
}

/// A zone whose job dials by itself.
struct DialingZone : TestZone {
  explicit DialingZone(int agents = 3, PacingMode pacing = PacingMode::progressive) : TestZone(agents) {
    jobs[0].settings.pacing = pacing;
    step(JobsSeen{jobs});
  }
};

TEST(ZoneGrants, D_04_one_call_for_each_agent_who_waits_and_none_for_those_under_way) {
  DialingZone zone;
  EXPECT_EQ(granted(zone.pass(500ms)), 0) << "nobody waits";
  zone.at_work(1);
  zone.at_work(2);
  const auto first = those_of<Grant>(zone.pass(500ms));
  ASSERT_EQ(first.size(), 1u);
  EXPECT_EQ(first[0].request.calls, 2);
  EXPECT_EQ(first[0].request.job, JobId{7});
  EXPECT_EQ(first[0].request.seq, 1);
  EXPECT_EQ(granted(zone.pass(500ms)), 0) << "the owner may still be placing them";
  zone.step(GrantAnswered{1, {zone.attempt(1)}});
  EXPECT_EQ(granted(zone.pass(500ms)), 1) << "one of the two was not placed";
  zone.step(GrantAnswered{2, {zone.attempt(2)}});
  zone.contact_answers(1);
  EXPECT_EQ(granted(zone.pass(500ms)), 0) << "one talks, and a call is on its way to the other";
}

TEST(ZoneGrants, D_04_a_grant_without_an_answer_lapses_and_is_not_waited_for) {
  DialingZone zone;
  zone.at_work(1);
  EXPECT_EQ(granted(zone.pass(500ms)), 1);
  EXPECT_EQ(granted(zone.pass(1s)), 0);
  EXPECT_EQ(granted(zone.pass(2s)), 1);
}

TEST(ZoneGrants, A_06_a_new_manager_grants_nothing_for_calls_that_it_finds_under_way) {
  DialingZone zone;
  zone.at_work(1);
  EXPECT_EQ(granted(zone.pass(500ms)), 1);
  CallRecord& ringing = zone.calls[zone.attempt(1)];
  ringing.attempt = zone.attempt(1);
  ringing.stage = CallStage::ringing;
  ringing.placed_at = zone.now;
  zone.start(300ms);
  EXPECT_EQ(granted(zone.pass(500ms)), 0);
  zone.ends(zone.attempt(1));
  EXPECT_EQ(granted(zone.pass(500ms)), 1);
}

TEST(ZoneGrants, what_pacing_has_learned_is_saved_and_goes_to_the_next_manager) {
  DialingZone zone(3, PacingMode::predictive);
  const auto saved = those_of<SavePacing>(zone.pass(10s));
  ASSERT_EQ(saved.size(), 1u);
  EXPECT_EQ(saved[0].job, JobId{7});
  EXPECT_TRUE(parse_pacing_memory(saved[0].memory).ok());
}

TEST(ZoneNuisance, D_04_the_window_begins_when_a_voice_was_heard_and_a_free_agent_takes_the_call_however_late) {
  TestZone zone;
  const auto answered = [&](int contact, Duration ago) {
    CallRecord& record = zone.calls[zone.attempt(contact)];
    record.attempt = zone.attempt(contact);
    record.plan.analyse = false;
    record.stage = CallStage::answered;
    record.answered_at = zone.now - ago;
    zone.step(EventsArrived{++zone.reply, {Address{"mpp"}, {{record, CallEvents::Kind::answered}}}});
  };
  answered(1, 1s);
  EXPECT_EQ(zone.live.at(zone.attempt(1)).nuisance_at, zone.now + 1s);
  answered(2, 3s);
  EXPECT_EQ(zone.hung_up.at(zone.attempt(2)), CompletionCode::nuisance);
  zone.at_work(1);
  zone.ends(zone.attempt(1));
  zone.order(1, WrapUp{"done"});
  answered(3, 3s);
  EXPECT_EQ(zone.call_of(1), C::talking) << "our being late is no reason to hang up";
}

TEST(ZonePreviews, an_agent_learns_that_a_contact_is_not_to_be_dialed) {
  DialingZone zone(3, PacingMode::preview);
  zone.at_work(1);
  zone.step(PreviewClaimed{AgentId{1}, zone.attempt(5), "+15550005"});
  zone.order(1, DialPreview{});
  zone.told.clear();
  zone.step(PreviewRefused{zone.attempt(5), "restricted_dnc"});
  EXPECT_EQ(zone.call_of(1), C::wrapup);
  EXPECT_EQ(zone.told[AgentId{1}].at(0), (AgentNotice{agent_notice::DialFailed{zone.attempt(5), "restricted_dnc"}}));
}

TEST(ZonePreviews, A_06_what_was_to_be_dialed_is_said_again_by_the_next_manager) {
  DialingZone zone(3, PacingMode::preview);
  zone.at_work(1);
  zone.step(PreviewClaimed{AgentId{1}, zone.attempt(5), "+15550005"});
  zone.order(1, DialPreview{});
  zone.start(300ms);
  EXPECT_EQ(zone.call_of(1), C::dialing);
  const auto again = those_of<SettlePreview>(zone.step(PreviewClaimed{AgentId{1}, zone.attempt(5), "+15550005"}));
  ASSERT_EQ(again.size(), 1u);
  EXPECT_TRUE(again[0].dial);
}

TEST(ZonePreviews, another_number_of_the_contact_is_claimed_before_it_is_dialed) {
  DialingZone zone(3, PacingMode::preview);
  zone.at_work(1);
  zone.step(PreviewClaimed{AgentId{1}, zone.attempt(5), "+15550005"});
  const auto effects = zone.step(CommandArrived{++zone.reply, {AgentId{1}, "desk1", "x", DialPreview{"+15559999"}}});
  EXPECT_TRUE(those_of<SettlePreview>(effects).at(0).again);
  EXPECT_EQ(those_of<AskPreview>(effects).at(0).phone, "+15559999");
  AttemptId other = zone.attempt(5);
  ++other.number;
  const auto dialed = those_of<SettlePreview>(zone.step(PreviewClaimed{AgentId{1}, other, "+15559999"}));
  ASSERT_EQ(dialed.size(), 1u);
  EXPECT_TRUE(dialed[0].dial);
  EXPECT_EQ(zone.agent(1).attempt, other);
}

struct CallbackZone : DialingZone {
  CallbackZone() { due = now + 1min; }
  Callback promised(CallbackKind kind) const { return {1, {JobId{7}, ContactId{5}, 1}, AgentId{1}, kind, "+15550005", due, due + 10min}; }
  /// Whom it is offered when it is due.
  std::optional<AgentId> offered(CallbackKind kind, Duration later = 1min) {
    now += later;
    const auto asked = those_of<AskPreview>(step(CallbacksSeen{{promised(kind)}}));
    return asked.empty() ? std::nullopt : std::optional(asked[0].agent);
  }
  Instant due;
};

TEST(ZoneCallbacks, one_that_is_due_is_shown_to_whoever_promised_it_and_is_dialed_once) {
  CallbackZone zone;
  zone.at_work(2);
  zone.at_work(1);
  EXPECT_EQ(zone.offered(CallbackKind::agent, 30s), std::nullopt) << "not yet";
  EXPECT_EQ(zone.offered(CallbackKind::agent, 30s), AgentId{1});
  AttemptId attempt = zone.attempt(5);
  attempt.number = 2;
  zone.step(PreviewClaimed{AgentId{1}, attempt, "+15550005"});
  EXPECT_EQ(zone.call_of(1), C::callback);
  const auto dialed = zone.step(CommandArrived{++zone.reply, {AgentId{1}, "desk1", "x", DialPreview{}}});
  EXPECT_TRUE(those_of<SettlePreview>(dialed).at(0).dial);
  EXPECT_EQ(those_of<SaveCallbackEnd>(dialed).at(0).how, "dialed");
  EXPECT_EQ(zone.offered(CallbackKind::agent), std::nullopt);
}

TEST(ZoneCallbacks, another_gets_it_when_its_agent_is_away_unless_it_is_promised_strictly) {
  CallbackZone zone;
  zone.at_work(2);
  EXPECT_EQ(zone.offered(CallbackKind::strict_agent), std::nullopt);
  EXPECT_EQ(CallbackZone().offered(CallbackKind::agent), std::nullopt) << "nobody is there";
  CallbackZone other;
  other.at_work(2);
  EXPECT_EQ(other.offered(CallbackKind::agent), AgentId{2});
}

TEST(ZoneCallbacks, its_agent_is_waited_for_a_while) {
  CallbackZone zone;
  zone.at_work(1);
  zone.contact_answers(9);
  zone.at_work(2);
  EXPECT_EQ(zone.offered(CallbackKind::agent), std::nullopt);
  EXPECT_EQ(zone.offered(CallbackKind::agent, 2min), AgentId{2});
}

TEST(ZoneCallbacks, expires_when_nobody_has_called) {
  CallbackZone zone;
  zone.step(CallbacksSeen{{zone.promised(CallbackKind::campaign)}});
  const auto ended = those_of<SaveCallbackEnd>(zone.pass(11min));
  ASSERT_EQ(ended.size(), 1u);
  EXPECT_EQ(ended[0].how, "expired");
}

TEST(ZoneInquiry, A_08_a_call_that_no_mpp_knows_any_more_has_ended) {
  TestZone zone;
  zone.at_work(1);
  zone.contact_answers(5);
  EXPECT_EQ(those_of<AskMpp>(zone.pass(10s)).size(), 1u);
  zone.step(MppAnswered{"as1/mpp", {zone.calls.at(zone.attempt(5)), zone.calls.at(line_of(AgentId{1}, 1))}});
  EXPECT_EQ(zone.call_of(1), C::talking);
  zone.pass(10s);
  zone.step(MppAnswered{"as1/mpp", {zone.calls.at(line_of(AgentId{1}, 1))}});
  EXPECT_EQ(zone.call_of(1), C::wrapup);
  zone.order(1, WrapUp{"done"});
  zone.pass(10s);
  zone.step(MppAnswered{"as1/mpp", {}});
  EXPECT_EQ(zone.agent(1).states.nail, NailState::not_nailed);
}

TEST(ZoneCalls, F_03_what_needs_an_mpp_is_refused_and_not_remembered_while_what_was_said_does_not_arrive) {
  TestZone zone;
  zone.at_work(1);
  zone.at_work(2);
  zone.contact_answers(8);
  zone.contact_answers(9);
  const AttemptId call = zone.agent(1).attempt.value();
  zone.step(SteeringStalled{{call}, AgentError::media_server_not_reachable});
  EXPECT_EQ(zone.order(1, Hold{}, "hold").error, AgentError::media_server_not_reachable);
  EXPECT_EQ(zone.call_of(1), C::talking);
  EXPECT_EQ(zone.order(1, AddNote{"called back"}).error, AgentError::none) << "nobody needs to be steered for this";
  EXPECT_EQ(zone.order(2, Hold{}).error, AgentError::none) << "another call";
  zone.step(SteeringStalled{{call}});
  EXPECT_EQ(zone.order(1, Hold{}, "hold").error, AgentError::none) << "the same command again";
  EXPECT_EQ(zone.call_of(1), C::held);
}

TEST(ZoneContacts, show_and_let_change_only_what_the_campaign_allows) {
  TestZone zone;
  zone.jobs[0].settings.mask_phone = true;
  zone.jobs[0].settings.read_only_attributes = {"name"};
  zone.step(JobsSeen{zone.jobs});
  zone.at_work(1);
  zone.contact_answers(5);
  const auto offered = std::find_if(zone.told[AgentId{1}].begin(), zone.told[AgentId{1}].end(),
                                    [](const AgentNotice& notice) { return std::holds_alternative<agent_notice::CallOffered>(notice); });
  ASSERT_NE(offered, zone.told[AgentId{1}].end());
  EXPECT_EQ(std::get<agent_notice::CallOffered>(*offered).phone, "•••005");
  EXPECT_EQ(zone.order(1, SetAttribute{"name", "x"}).error, AgentError::not_allowed);
  EXPECT_EQ(zone.order(1, SetAttribute{"city", "Bonn"}).error, AgentError::none);
}

TEST(ZonePreviews, D_04_a_manual_job_offers_contacts_one_by_one_and_dials_none_by_itself) {
  DialingZone zone(2, PacingMode::manual);
  zone.at_work(1);
  EXPECT_EQ(granted(zone.pass(500ms)), 0);
  zone.pass(2s);
  const auto asked = those_of<AskPreview>(zone.pass(2s));
  ASSERT_EQ(asked.size(), 1u);
  EXPECT_EQ(asked[0].agent, AgentId{1});
  zone.step(PreviewClaimed{AgentId{1}, zone.attempt(5), "+15550005"});
  ASSERT_EQ(zone.call_of(1), C::preview);
  EXPECT_FALSE(zone.agent(1).until.has_value());
  const auto hours = zone.pass(5h);
  EXPECT_EQ(zone.call_of(1), C::preview);
  EXPECT_TRUE(those_of<SettlePreview>(hours).empty()) << "nothing is dialed but by hand";
  EXPECT_TRUE(those_of<AskPreview>(hours).empty()) << "one contact at a time";

  const auto dialed = zone.step(CommandArrived{900, {AgentId{1}, "desk1", "d", DialPreview{"+15550999"}}});
  const auto settled = those_of<SettlePreview>(dialed);
  ASSERT_EQ(settled.size(), 1u);
  EXPECT_FALSE(settled[0].dial) << "another number has an intent of its own";
  ASSERT_EQ(those_of<AskPreview>(dialed).size(), 1u);
  EXPECT_EQ(those_of<AskPreview>(dialed)[0].phone, "+15550999");
}

}  // namespace
}  // namespace everdial::zone
