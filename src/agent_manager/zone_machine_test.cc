#include "agent_manager/zone_machine.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <rapidcheck/gtest.h>

#include "agent_manager/agent_states.h"
#include "agent_manager/test_zone.h"

namespace everdial::zone {
namespace {

using namespace agent_command;
using A = AgentState;
using N = NailState;
using C = AgentCallState;
using J = AgentJobState;

AttemptId line(int agent, int number = 1) { return line_of(AgentId{agent}, number); }
std::vector<Conversation::Member> talk(std::vector<AttemptId> calls) {
  std::vector<Conversation::Member> out;
  for (const AttemptId& call : calls) out.push_back({call});
  return out;
}
ConversationId with(const AttemptId& contact) { return ConversationId{to_string(contact)}; }

TEST(Zone, an_agent_works_from_log_on_to_disposition) {
  TestZone zone;
  EXPECT_EQ(zone.order(1, LogOn{"sip:1@phones.example"}).states, (AgentStates{A::not_ready, N::not_nailed, C::idle, J::detached}));
  EXPECT_EQ(zone.order(1, Ready{}).states.agent, A::ready);
  EXPECT_EQ(zone.agent(1).states, (AgentStates{A::ready, N::pending, C::idle, J::pending_attach}));
  zone.answer_lines();
  EXPECT_EQ(zone.agent(1).states, (AgentStates{A::ready, N::nailed, C::idle, J::attached}));
  zone.contact_answers(5);
  EXPECT_EQ(zone.agent(1).states, (AgentStates{A::busy, N::nailed, C::talking, J::attached}));
  EXPECT_EQ(zone.conversations[with(zone.attempt(5))], talk({zone.attempt(5), line(1)}));
  zone.order(1, Hold{});
  EXPECT_EQ(zone.conversations[with(zone.attempt(5))], talk({zone.attempt(5)}));
  zone.order(1, Resume{});
  EXPECT_EQ(zone.conversations[with(zone.attempt(5))], talk({zone.attempt(5), line(1)}));
  zone.order(1, Release{});
  EXPECT_TRUE(zone.hung_up.contains(zone.attempt(5)));
  EXPECT_EQ(zone.agent(1).states, (AgentStates{A::work_not_ready, N::nailed, C::wrapup, J::attached}));
  EXPECT_EQ(zone.order(1, WrapUp{"lunch"}).error, AgentError::no_such_code);
  EXPECT_EQ(zone.order(1, WrapUp{"done"}).error, AgentError::none);
  EXPECT_EQ(zone.disposed.at(zone.attempt(5)), "done");
  EXPECT_EQ(zone.agent(1).states, (AgentStates{A::ready, N::nailed, C::idle, J::attached}));
  zone.order(1, LogOff{});
  EXPECT_EQ(zone.agent(1).states, AgentStates{});
  EXPECT_TRUE(zone.hung_up.contains(line(1)));
  EXPECT_TRUE(zone.live.empty());
}

TEST(Zone, a_line_for_each_call_is_called_when_there_is_one) {
  TestZone zone;
  zone.order(1, LogOn{.phone = "+15550100", .keep_line = false});
  zone.order(1, Ready{});
  EXPECT_EQ(zone.agent(1).states, (AgentStates{A::ready, N::not_nailed, C::idle, J::attached}));
  zone.contact_answers(5);
  EXPECT_EQ(zone.agent(1).states, (AgentStates{A::busy, N::pending, C::pending_call, J::attached}));
  zone.answer_lines();
  EXPECT_EQ(zone.call_of(1), C::talking);
  zone.ends(zone.attempt(5));
  zone.order(1, WrapUp{"done"});
  EXPECT_EQ(zone.agent(1).states, (AgentStates{A::ready, N::not_nailed, C::idle, J::attached}));
}

TEST(Zone, a_call_goes_to_somebody_else_when_the_agents_phone_does_not_answer) {
  TestZone zone;
  zone.order(1, LogOn{.phone = "+15550100", .keep_line = false});
  zone.order(1, Ready{});
  zone.now += 1s;
  zone.at_work(2);
  zone.contact_answers(5);
  zone.ends(line(1));
  EXPECT_EQ(zone.call_of(1), C::idle);
  EXPECT_EQ(zone.agent(2).attempt, zone.attempt(5));
}

TEST(Zone, D_04_a_call_without_an_agent_in_time_is_a_nuisance_call_and_hears_the_message) {
  TestZone zone;
  zone.jobs[0].settings.nuisance_prompt = "sorry.wav";
  zone.step(JobsSeen{zone.jobs});
  zone.contact_answers(5);
  EXPECT_TRUE(those_of<Steer>(zone.pass(1999ms)).empty());
  const auto steered = those_of<Steer>(zone.pass(1ms));
  ASSERT_EQ(steered.size(), 1u);
  EXPECT_EQ(steered[0].request.commands.at(0).prompt, "sorry.wav");
  EXPECT_TRUE(zone.live.at(zone.attempt(5)).nuisance);
  zone.at_work(1);
  EXPECT_EQ(zone.call_of(1), C::idle) << "too late is too late";
  zone.step(EventsArrived{99, {Address{"mpp"}, {{zone.calls.at(zone.attempt(5)), CallEvents::Kind::prompt_done}}}});
  EXPECT_EQ(zone.hung_up.at(zone.attempt(5)), CompletionCode::nuisance);
}

TEST(Zone, A_05_A_06_calls_that_wait_through_a_take_over_are_served_in_time_oldest_first) {
  TestZone zone;
  zone.at_work(1);
  zone.contact_answers(1);
  zone.now += 1s;
  zone.contact_answers(2);
  zone.now += 100ms;
  zone.contact_answers(3);
  zone.now += 900ms;
  zone.start(900ms);
  zone.ends(zone.attempt(1));
  zone.order(1, WrapUp{"done"});
  EXPECT_EQ(zone.agent(1).attempt, zone.attempt(2));
  zone.now += 1150ms;
  zone.start(1s);
  EXPECT_EQ(zone.call_of(1), C::talking);
  EXPECT_TRUE(zone.live.at(zone.attempt(3)).nuisance) << "its window has passed meanwhile";
  EXPECT_FALSE(zone.live.at(zone.attempt(2)).nuisance);
}

TEST(Zone, a_desktop_is_told_of_another_reason_for_the_same_state_and_of_the_same_one_once) {
  TestZone zone;
  zone.at_work(1);
  zone.order(1, NotReady{"lunch"});
  zone.told.clear();
  zone.order(1, NotReady{"meeting"});
  zone.order(1, NotReady{"meeting"});
  ASSERT_EQ(zone.told[AgentId{1}].size(), 1u);
  EXPECT_EQ(zone.told[AgentId{1}][0], AgentNotice(agent_notice::StatesChanged{zone.agent(1).states, "meeting"}));
}

TEST(Zone, A_08_a_call_that_ended_meanwhile_is_told_and_the_agent_wraps_up) {
  TestZone zone;
  zone.at_work(1);
  zone.contact_answers(5);
  zone.calls.at(zone.attempt(5)).stage = CallStage::ended;
  zone.told.clear();
  zone.start(300ms);
  EXPECT_EQ(zone.call_of(1), C::wrapup);
  EXPECT_EQ(std::get<agent_notice::StatesChanged>(zone.told[AgentId{1}].at(0)).states.call, C::wrapup);
  EXPECT_EQ(zone.disposed.size(), 0u);
}

TEST(Zone, A_08_an_agent_is_told_once_that_a_call_ended_while_there_was_no_manager) {
  for (const bool forgotten : {false, true}) {
    TestZone zone;
    zone.at_work(1);
    zone.contact_answers(5);
    CallRecord& ended = zone.calls.at(zone.attempt(5));
    ended.stage = CallStage::ended;
    ended.code = CompletionCode::answer_human;
    const CallRecord told_again = ended;
    if (forgotten) zone.calls.erase(zone.attempt(5));  // the owner of the job had its result
    zone.told.clear();
    zone.start(300ms);
    zone.step(EventsArrived{99, {Address{"mpp"}, {{told_again, CallEvents::Kind::ended}}}});
    const std::string code = forgotten ? "call_lost" : "answer_human";
    EXPECT_EQ(
        std::count(zone.told[AgentId{1}].begin(), zone.told[AgentId{1}].end(), AgentNotice{agent_notice::CallEnded{zone.attempt(5), code}}),
        1);
    EXPECT_EQ(zone.told[AgentId{1}].back(), (AgentNotice{agent_notice::CallEnded{zone.attempt(5), code}}));
  }
}

TEST(Zone, A_08_an_agent_is_told_of_a_contact_who_did_not_answer_while_there_was_no_manager) {
  TestZone zone;
  zone.jobs[0].settings.pacing = PacingMode::preview;
  zone.step(JobsSeen{zone.jobs});
  zone.at_work(1);
  zone.step(PreviewClaimed{AgentId{1}, zone.attempt(5), "+15550005"});
  zone.order(1, DialPreview{});
  CallRecord& ended = zone.calls[zone.attempt(5)];
  ended.attempt = zone.attempt(5);
  ended.stage = CallStage::ended;
  ended.code = CompletionCode::ring_no_answer;
  zone.start(300ms);
  EXPECT_EQ(zone.call_of(1), C::wrapup);
  EXPECT_EQ(zone.told[AgentId{1}].back(), (AgentNotice{agent_notice::DialFailed{zone.attempt(5), "ring_no_answer"}}));
}

TEST(Zone, A_08_an_agent_is_told_once_that_the_line_was_lost_while_there_was_no_manager) {
  for (const bool forgotten : {false, true}) {
    TestZone zone;
    zone.at_work(1);
    CallRecord& ended = zone.calls.at(line(1));
    ended.stage = CallStage::ended;
    ended.code = CompletionCode::answer_human;
    const CallRecord told_again = ended;
    if (forgotten) zone.calls.erase(line(1));
    zone.told.clear();
    zone.start(300ms);
    zone.step(EventsArrived{99, {Address{"mpp"}, {{told_again, CallEvents::Kind::ended}}}});
    EXPECT_EQ(zone.agent(1).states.nail, N::not_nailed);
    const std::vector<AgentNotice>& told = zone.told[AgentId{1}];
    ASSERT_EQ(told.size(), 2u);
    EXPECT_EQ(told[0], (AgentNotice{agent_notice::NailingLost{forgotten ? "call_lost" : "answer_human"}}));
    EXPECT_EQ(std::get<agent_notice::StatesChanged>(told[1]).reason, "taken_over");
  }
}

TEST(Zone, A_09_a_desktop_error_logs_out_where_nothing_can_be_reconciled) {
  TestZone zone;
  zone.at_work(1);
  CallRecord& stray = zone.calls[zone.attempt(9)];
  stray.attempt = zone.attempt(9);
  stray.stage = CallStage::answered;
  zone.calls.at(line(1)).conversation = Conversation{ConversationId{"x"}, {{zone.attempt(9)}, {line(1)}}};
  zone.load({"as1/mpp"}, 1s);
  EXPECT_EQ(zone.order(1, SayStates{{A::busy, N::nailed, C::talking, J::attached}, zone.attempt(9)}).error,
            AgentError::manager_not_available);
  zone.step(MppAnswered{"as1/mpp", {stray, zone.calls.at(line(1))}});
  EXPECT_EQ(zone.agent(1).states, AgentStates{});
  EXPECT_EQ(zone.disposed.at(zone.attempt(9)), "desktop_error");
  EXPECT_TRUE(std::get<agent_notice::LoggedOff>(zone.told[AgentId{1}].back()).forced);
}

/// Two agents in a conference with contact 5, the first its owner, whose desktops say so to a new manager before he has heard the MPP.
TestZone in_conference_without_manager() {
  TestZone zone;
  zone.at_work(1);
  zone.contact_answers(5);
  zone.at_work(2);
  zone.order(1, Consult{AgentId{2}});
  zone.order(1, StartConference{});
  zone.load({"as1/mpp"}, 1s);
  for (const int agent : {1, 2}) zone.order(agent, SayStates{zone.rows.at(AgentId{agent}).states, zone.attempt(5)});
  return zone;
}

TEST(Zone, A_10_nobody_is_logged_out_when_the_contact_of_a_conference_hangs_up_without_a_manager) {
  TestZone zone = in_conference_without_manager();
  zone.calls.at(zone.attempt(5)).stage = CallStage::ended;
  zone.answer_for_mpp();
  EXPECT_EQ(zone.call_of(1), C::wrapup);
  EXPECT_EQ(zone.call_of(2), C::idle);
  EXPECT_EQ(zone.agent(2).states.nail, N::nailed);
}

TEST(Zone, A_10_who_is_passive_in_a_conference_is_not_logged_out_when_its_owners_line_is_lost_without_a_manager) {
  TestZone zone = in_conference_without_manager();
  zone.calls.at(line(1)).stage = CallStage::ended;
  zone.answer_for_mpp();
  EXPECT_EQ(zone.call_of(1), C::wrapup);
  EXPECT_EQ(zone.agent(2).states.nail, N::nailed);
  EXPECT_TRUE(zone.disposed.empty());
}

TEST(Zone, A_17_the_time_without_a_manager_is_counted_for_each_agent_logged_on) {
  TestZone zone(2);
  zone.at_work(1);
  zone.machine =
      std::make_unique<ZoneMachine>(LeaseGrant{agent_zone_resource("default"), 1, Epoch{9}, Incarnation{"me"}}, ZoneMachine::Settings{});
  const auto away = those_of<SaveAway>(zone.step(ZoneLoaded{{zone.rows.at(AgentId{1}), zone.rows.at(AgentId{2})}, {}, {}, {}, 420ms}));
  ASSERT_EQ(away.size(), 1u);
  EXPECT_EQ(away[0].agent, AgentId{1});
  EXPECT_EQ(away[0].away, 420ms);
}

TEST(Zone, A_04_a_command_given_again_is_answered_again_and_not_done_again) {
  TestZone zone;
  zone.at_work(1);
  zone.contact_answers(5);
  zone.order(1, Release{}, "same");
  const size_t told = zone.told[AgentId{1}].size();
  zone.start();
  EXPECT_EQ(zone.order(1, Release{}, "same").error, AgentError::none);
  EXPECT_EQ(zone.told[AgentId{1}].size(), told);
  EXPECT_EQ(zone.order(1, Release{}, "other").error, AgentError::wrong_call_state);
}

TEST(Zone, A_04_a_command_asked_for_long_after_is_answered_truthfully_and_never_done) {
  TestZone zone;
  zone.at_work(1);
  zone.contact_answers(5);
  zone.order(1, Hold{}, "done");
  const auto ask = [&](AgentOrder order, const std::string& id, bool late) {
    zone.step(CommandArrived{++zone.reply, {AgentId{1}, "desk1", id, std::move(order), late}});
    return zone.answers.at(zone.reply).error;
  };
  zone.start();
  EXPECT_EQ(ask(Hold{}, "done", true), AgentError::none);
  EXPECT_EQ(ask(Release{}, "lost", true), AgentError::not_done);
  EXPECT_EQ(ask(Release{}, "lost", false), AgentError::not_done) << "an older copy that comes later";
  EXPECT_EQ(zone.call_of(1), C::held);
}

TEST(Zone, another_desktop_takes_the_session_only_by_force) {
  TestZone zone;
  zone.at_work(1);
  const auto from = [&](const std::string& desk, AgentOrder order) {
    zone.step(CommandArrived{++zone.reply, {AgentId{1}, desk, desk + std::to_string(zone.reply), std::move(order)}});
    return zone.answers.at(zone.reply).error;
  };
  EXPECT_EQ(from("new", LogOn{"sip:1@phones.example"}), AgentError::already_logged_on);
  EXPECT_EQ(from("new", NotReady{}), AgentError::session_ended);
  EXPECT_EQ(from("new", LogOn{.phone = "sip:1@phones.example", .forced = true}), AgentError::none);
  EXPECT_EQ(from("desk1", NotReady{}), AgentError::session_ended);
  EXPECT_EQ(zone.agent(1).states.nail, N::nailed) << "the agent goes on where it is";
}

TEST(Zone, whoever_is_asked_gets_the_call_with_a_warm_transfer) {
  TestZone zone;
  zone.at_work(1);
  zone.contact_answers(5);
  zone.at_work(2);
  EXPECT_EQ(zone.order(1, Consult{AgentId{3}}).error, AgentError::agent_not_free);
  EXPECT_EQ(zone.order(1, Consult{AgentId{2}}).error, AgentError::none);
  EXPECT_EQ(zone.call_of(2), C::consult);
  EXPECT_EQ(zone.conversations[with(zone.attempt(5))], talk({zone.attempt(5)}));
  EXPECT_EQ(zone.conversations[ConversationId{"line-0-1-1"}], talk({line(1), line(2)}));
  EXPECT_EQ(zone.order(2, CompleteTransfer{}).error, AgentError::not_allowed);
  zone.order(1, CompleteTransfer{});
  EXPECT_EQ(zone.call_of(1), C::wrapup);
  EXPECT_EQ(zone.call_of(2), C::talking);
  EXPECT_FALSE(zone.hung_up.contains(zone.attempt(5)));
  EXPECT_EQ(zone.conversations[with(zone.attempt(5))], talk({zone.attempt(5), line(2)}));
}

TEST(Zone, a_conference_changes_its_owner_and_ends_with_the_contact) {
  TestZone zone;
  zone.at_work(1);
  zone.contact_answers(5);
  zone.at_work(2);
  zone.order(1, Consult{AgentId{2}});
  zone.order(1, StartConference{});
  EXPECT_EQ(zone.conversations[with(zone.attempt(5))], talk({zone.attempt(5), line(1), line(2)}));
  zone.order(1, ChangeConferenceOwner{});
  EXPECT_EQ(zone.call_of(1), C::conference_passive);
  EXPECT_EQ(zone.call_of(2), C::conference_owner);
  zone.start();
  EXPECT_EQ(zone.call_of(1), C::conference_passive);
  zone.ends(zone.attempt(5));
  EXPECT_EQ(zone.call_of(1), C::idle);
  EXPECT_EQ(zone.call_of(2), C::wrapup);
}

TEST(Zone, a_supervisor_whispers_to_the_agent_alone) {
  TestZone zone;
  zone.at_work(1);
  zone.contact_answers(5);
  zone.at_work(2);
  EXPECT_EQ(zone.order(1, Monitor{AgentId{2}, Monitoring::whisper}).error, AgentError::none);
  const auto members = zone.conversations[with(zone.attempt(5))];
  ASSERT_EQ(members.size(), 3u);
  EXPECT_EQ(members[2].role, Conversation::Role::whispers);
  EXPECT_EQ(members[2].to, line(1));
  zone.contact_answers(6);
  EXPECT_EQ(zone.call_of(2), C::idle) << "who listens takes no call";
}

TEST(Zone, a_contact_is_shown_before_it_is_dialed) {
  TestZone zone;
  zone.jobs[0].settings.pacing = PacingMode::preview;
  zone.step(JobsSeen{zone.jobs});
  zone.at_work(1);
  zone.step(PreviewClaimed{AgentId{1}, zone.attempt(5), "+15550005"});
  EXPECT_EQ(zone.call_of(1), C::preview);
  const auto dialed = those_of<SettlePreview>(zone.pass(60s));
  ASSERT_EQ(dialed.size(), 1u) << "the time is up";
  EXPECT_TRUE(dialed[0].dial);
  EXPECT_EQ(zone.call_of(1), C::dialing);
  zone.contact_answers(5);
  EXPECT_EQ(zone.call_of(1), C::talking);
}

TEST(Zone, a_preview_skipped_comes_again_and_one_cancelled_does_not) {
  TestZone zone;
  zone.jobs[0].settings.pacing = PacingMode::preview;
  zone.step(JobsSeen{zone.jobs});
  zone.at_work(1);
  for (const bool skip : {true, false}) {
    zone.step(PreviewClaimed{AgentId{1}, zone.attempt(skip ? 5 : 6), "+15550005"});
    const AgentOrder order = skip ? AgentOrder{SkipPreview{}} : AgentOrder{CancelPreview{}};
    const auto settled =
        those_of<SettlePreview>(zone.step(CommandArrived{++zone.reply, {AgentId{1}, "desk1", std::to_string(zone.reply), order}}));
    ASSERT_EQ(settled.size(), 1u);
    EXPECT_FALSE(settled[0].dial);
    EXPECT_EQ(settled[0].again, skip);
    EXPECT_EQ(zone.call_of(1), C::idle);
  }
}

TEST(Zone, the_work_after_a_call_has_a_limit_that_can_be_extended) {
  TestZone zone;
  zone.at_work(1);
  zone.contact_answers(5);
  zone.order(1, LogOffLater{});
  zone.ends(zone.attempt(5));
  zone.pass(59s);
  EXPECT_EQ(zone.order(1, ExtendWrapUp{}).error, AgentError::none);
  zone.pass(30s);
  EXPECT_EQ(zone.order(1, ExtendWrapUp{}).error, AgentError::none);
  EXPECT_EQ(zone.order(1, ExtendWrapUp{}).error, AgentError::not_allowed);
  zone.pass(31s);
  EXPECT_EQ(zone.disposed.at(zone.attempt(5)), "done");
  EXPECT_EQ(zone.agent(1).states, AgentStates{}) << "logged off as it was asked to";
}

TEST(Zone, A_07_a_move_to_another_job_waits_for_the_calls_end) {
  TestZone zone;
  zone.jobs.push_back({JobId{8}, "summer", true, {}});
  zone.at_work(1);
  zone.contact_answers(5);
  zone.step(JobsSeen{zone.jobs});
  EXPECT_EQ(zone.order(1, MoveToJob{JobId{9}}).error, AgentError::no_such_job);
  zone.order(1, MoveToJob{JobId{8}});
  EXPECT_EQ(zone.agent(1).states.job, J::pending_movement);
  zone.start(1s);
  EXPECT_EQ(zone.agent(1).states.job, J::pending_movement);
  zone.ends(zone.attempt(5));
  zone.order(1, WrapUp{"done"});
  EXPECT_EQ(zone.agent(1).states.job, J::attached);
  EXPECT_EQ(zone.agent(1).job, JobId{8});
}

TEST(Zone, agents_leave_a_job_that_ends_after_their_call) {
  TestZone zone(2);
  zone.at_work(1);
  zone.at_work(2);
  zone.contact_answers(5);
  zone.step(JobsSeen{});
  EXPECT_EQ(zone.agent(1).states.job, J::end);
  EXPECT_EQ(zone.agent(2).states.job, J::detached);
  zone.ends(zone.attempt(5));
  zone.order(1, WrapUp{"done"});
  EXPECT_EQ(zone.agent(1).states.job, J::detached);
}

TEST(Zone, agents_get_jobs_whose_skills_they_have) {
  TestZone zone(2);
  zone.jobs[0].settings.skills = {{"Spanish", 5}};
  zone.step(JobsSeen{zone.jobs});
  zone.order(1, LogOn{.phone = "+15550100", .skills = Skills{{"Spanish", 7}}});
  zone.order(1, Ready{});
  zone.order(2, LogOn{"+15550101"});
  zone.order(2, Ready{});
  EXPECT_EQ(zone.agent(1).states.job, J::pending_attach);
  EXPECT_EQ(zone.agent(2).states.job, J::detached);
}

TEST(Zone, skills_are_checked_wherever_they_are_said) {
  TestZone zone;
  EXPECT_EQ(zone.order(1, LogOn{.phone = "+15550100", .skills = Skills{{"Spanish", 11}}}).error, AgentError::invalid);
  EXPECT_EQ(zone.agent(1).states.agent, A::logged_out);
  zone.order(1, LogOn{.phone = "+15550100", .skills = Skills{{"Spanish", 10}}});
  EXPECT_EQ(zone.order(1, SetSkills{{{"", 5}}}).error, AgentError::invalid);
  EXPECT_EQ(zone.agent(1).skills, (Skills{{"Spanish", 10}}));
}

TEST(Zone, A_19_a_line_that_was_lost_is_called_again_by_itself) {
  TestZone zone;
  zone.at_work(1);
  zone.ends(line(1));
  EXPECT_EQ(zone.agent(1).states.nail, N::not_nailed);
  zone.pass(5s);
  EXPECT_EQ(zone.agent(1).states.nail, N::pending);
  zone.answer_lines();
  EXPECT_EQ(zone.agent(1).states.nail, N::nailed);
}

TEST(Zone, A_12_a_zone_that_moves_logs_nobody_out) {
  TestZone zone;
  for (const int agent : {1, 2, 3}) zone.at_work(agent);
  zone.contact_answers(5);
  std::map<AgentId, AgentStates> before;
  for (const auto& [id, agent] : zone.machine->agents()) before[id] = agent.states;
  zone.told.clear();
  zone.start();
  for (const auto& [id, agent] : zone.machine->agents()) EXPECT_EQ(agent.states, before[id]);
  EXPECT_TRUE(zone.told.empty());
  EXPECT_TRUE(zone.hung_up.empty());
}

TEST(Zone, A_02_whose_line_was_answered_while_there_was_no_manager_works_for_its_job_then) {
  TestZone zone;
  zone.order(1, LogOn{"sip:1@phones.example"});
  zone.order(1, Ready{});
  ASSERT_EQ(zone.agent(1).states.job, J::pending_attach);
  zone.calls.at(line(1)).stage = CallStage::answered;
  zone.start();
  EXPECT_EQ(zone.agent(1).states, (AgentStates{A::ready, N::nailed, C::idle, J::attached}));
  zone.contact_answers(5);
  EXPECT_EQ(zone.call_of(1), C::talking);
}

/// A new manager, and two MPPs of which one has not answered: agent 1 talks there, agent 2 is free at the other.
struct SilentMpp : TestZone {
  SilentMpp() {
    at_work(1);
    contact_answers(5);
    at_work(2);
    load({"as1/mpp", "as2/mpp"}, 1s);
    step(MppAnswered{"as2/mpp", {calls.at(line(2))}});
    EXPECT_FALSE(machine->serving());
    EXPECT_EQ(order(2, NotReady{}).error, AgentError::manager_not_available);
    silent = those_of<MppsSilent>(pass(500ms));
  }
  std::vector<MppsSilent> silent;
};

TEST(Zone, A_03_a_silent_mpp_holds_up_nobody_and_whoever_it_may_carry_stays_as_recorded) {
  SilentMpp zone;
  EXPECT_TRUE(zone.machine->serving());
  ASSERT_EQ(zone.silent.size(), 1u);
  EXPECT_EQ(zone.silent[0].mpps, std::set<std::string>{"as1/mpp"});
  EXPECT_EQ(zone.silent[0].unheard, 2u) << "a line and a call";
  EXPECT_EQ(zone.order(2, NotReady{}).error, AgentError::none);
  EXPECT_EQ(zone.call_of(1), C::talking);
  EXPECT_EQ(those_of<AskMpp>(zone.pass(300ms)).size(), 1u) << "it is asked on";
  EXPECT_EQ(zone.order(1, Release{}).error, AgentError::none);
}

TEST(Zone, A_03_an_mpp_that_answers_late_is_told_again_who_hears_whom) {
  SilentMpp zone;
  zone.conversations.clear();
  zone.step(MppAnswered{"as1/mpp", {zone.calls.at(line(1)), zone.calls.at(zone.attempt(5))}});
  EXPECT_EQ(zone.call_of(1), C::talking);
  EXPECT_FALSE(zone.conversations.empty());
}

TEST(Zone, A_05_a_line_that_is_heard_of_gets_the_waiting_call_though_another_mpp_is_silent_yet) {
  TestZone zone;
  zone.at_work(1);
  zone.load({"as1/mpp", "as2/mpp", "as3/mpp"}, 1s);
  zone.step(MppAnswered{"as2/mpp", {}});
  zone.pass(500ms);
  zone.contact_answers(5);
  EXPECT_EQ(zone.call_of(1), C::idle) << "nobody has heard of its line";
  zone.pass(4s);
  EXPECT_FALSE(zone.live.at(zone.attempt(5)).nuisance) << "somebody may be free";
  zone.step(MppAnswered{"as1/mpp", {zone.calls.at(line(1))}});
  EXPECT_EQ(zone.call_of(1), C::talking);
}

TEST(Zone, A_03_who_was_at_an_mpp_that_comes_back_without_them_is_called_again) {
  SilentMpp zone;
  zone.step(MppAnswered{"as1/mpp", {}});
  EXPECT_EQ(zone.agent(1).states.nail, N::not_nailed);
  EXPECT_NE(zone.call_of(1), C::talking);
}

TEST(Zone, A_03_an_mpp_that_stays_silent_is_given_up) {
  SilentMpp zone;
  const auto told = those_of<MppsSilent>(zone.pass(30s));
  ASSERT_EQ(told.size(), 1u);
  EXPECT_TRUE(told[0].given_up);
  EXPECT_EQ(zone.agent(1).states.nail, N::not_nailed);
  EXPECT_EQ(zone.agent(2).states.nail, N::nailed);
}

TEST(Zone, A_03_nobody_whose_line_is_unheard_gets_a_call) {
  TestZone zone(1);
  zone.at_work(1);
  zone.load({"as1/mpp"}, 1s);
  zone.pass(500ms);
  zone.contact_answers(5);
  EXPECT_EQ(zone.call_of(1), C::idle);
  zone.step(MppAnswered{"as1/mpp", {zone.calls.at(line(1)), zone.calls.at(zone.attempt(5))}});
  EXPECT_EQ(zone.call_of(1), C::talking);
}

// ---- whatever happens ----------------------------------------------------------------------------------------------------------

AgentOrder some_order(int kind, int other) {
  const std::vector<AgentOrder> all{LogOn{"+15550100"},
                                    LogOn{.phone = "+15550100", .keep_line = false},
                                    LogOff{},
                                    LogOffLater{},
                                    Ready{},
                                    NotReady{"lunch"},
                                    NailUp{},
                                    DropLine{},
                                    DialPreview{},
                                    SkipPreview{},
                                    CancelPreview{},
                                    Hold{},
                                    Resume{},
                                    SendDigits{"1"},
                                    Release{},
                                    Redial{},
                                    Consult{AgentId{other}},
                                    CancelConsult{},
                                    CompleteTransfer{},
                                    Transfer{AgentId{other}},
                                    StartConference{},
                                    EndConference{},
                                    ChangeConferenceOwner{},
                                    WrapUp{"done"},
                                    ExtendWrapUp{},
                                    BlendToInbound{},
                                    BlendToOutbound{},
                                    MoveToJob{JobId{other + 6}},
                                    MoveToJob{JobId{}},
                                    ForceState{A::logged_out},
                                    Monitor{AgentId{other}, Monitoring::listen},
                                    Monitor{AgentId{other}, Monitoring::none}};
  return all[static_cast<size_t>(kind) % all.size()];
}

// Steps of the machine check the tables themselves (EVERDIAL_CHECK); here, that what it says to all sides fits together.
RC_GTEST_PROP(ZoneProperty, every_change_is_saved_and_told_whatever_happens, ()) {
  TestZone zone(4);
  zone.jobs.push_back({JobId{8}, "summer", true, {}});
  if (*rc::gen::arbitrary<bool>()) zone.jobs[0].settings.pacing = PacingMode::preview;
  const auto all_jobs = zone.jobs;
  zone.step(JobsSeen{zone.jobs});
  int contact = 0;
  const int steps = *rc::gen::inRange(1, 120);
  for (int i = 0; i < steps; ++i) {
    std::map<AgentId, AgentStates> before;
    for (const auto& [id, agent] : zone.machine->agents()) before[id] = agent.states;
    zone.told.clear();
    const int agent = *rc::gen::inRange(1, 5);
    switch (*rc::gen::inRange(0, 12)) {
      case 0:
      case 1:
      case 2:
      case 3: {
        const std::string id = std::to_string(i);
        const AgentOrder order = some_order(*rc::gen::inRange(0, 32), *rc::gen::inRange(1, 5));
        const AgentAnswer first = zone.order(agent, order, id);
        const AgentStates states = zone.agent(agent).states;
        const auto again = zone.step(CommandArrived{1'000'000, {AgentId{agent}, "desk" + std::to_string(agent), id, order}});
        RC_ASSERT(zone.answers.at(1'000'000) == first);
        RC_ASSERT(zone.agent(agent).states == states);
        RC_ASSERT(those_of<SaveAgent>(again).empty());
        break;
      }
      case 4:
        zone.at_work(agent);
        break;
      case 5:
      case 6:
        zone.contact_answers(++contact);
        break;
      case 7:
        zone.answer_lines();
        break;
      case 8:
        if (!zone.calls.empty()) {
          auto call = zone.calls.begin();
          std::advance(call, *rc::gen::inRange<size_t>(0, zone.calls.size()));
          zone.ends(AttemptId{call->first});
        }
        break;
      case 9:
        zone.pass(std::chrono::milliseconds(*rc::gen::inRange(1, 70'000)));
        break;
      case 10:
        zone.start(1s);
        break;
      case 11:
        zone.jobs = *rc::gen::arbitrary<bool>() ? all_jobs : std::vector<AgentJob>{all_jobs[1]};
        zone.step(JobsSeen{zone.jobs});
        zone.step(PreviewClaimed{AgentId{agent}, {JobId{7}, ContactId{1000 + i}, 1}, "+15550005"});
        break;
    }
    for (const auto& [id, a] : zone.machine->agents()) {
      RC_ASSERT(together(a.states));
      RC_ASSERT(zone.rows.at(id).states == a.states);
      RC_ASSERT(zone.rows.at(id).next_notice == a.next_notice);
      if (before[id] == a.states) continue;
      std::optional<AgentStates> last;
      for (const AgentNotice& notice : zone.told[id])
        if (const auto* changed = std::get_if<agent_notice::StatesChanged>(&notice)) last = changed->states;
      RC_ASSERT(last == a.states);
    }
    // Each contact's call is with one agent at most, and who talks has one that is not over.
    std::map<AttemptId, int> talking;
    for (const auto& [id, a] : zone.machine->agents())
      if (a.states.call == C::talking || a.states.call == C::held || a.states.call == C::conference_owner ||
          (a.states.call == C::consult && !a.consulted)) {
        RC_ASSERT(a.attempt && ++talking[*a.attempt] == 1);
        RC_ASSERT(zone.live.contains(*a.attempt));
      }
  }
}

}  // namespace
}  // namespace everdial::zone
