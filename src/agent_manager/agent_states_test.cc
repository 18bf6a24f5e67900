#include "agent_manager/agent_states.h"

#include <gtest/gtest.h>

#include "agent_manager/assignment.h"
#include "agent_manager/reconcile.h"

namespace everdial::zone {
namespace {

using A = AgentState;
using N = NailState;
using C = AgentCallState;
using J = AgentJobState;
using Contact = MppWord::Contact;

TEST(AgentStates, every_call_state_is_left_and_reached) {
  for (const auto& [state, name] : enum_names<C>) {
    bool left = false, reached = false;
    for (const auto& [other, unused] : enum_names<C>) {
      left = left || (other != state && may_follow(state, other));
      reached = reached || (other != state && may_follow(other, state));
    }
    EXPECT_TRUE(left && reached) << name;
  }
}

TEST(AgentStates, whoever_talks_has_a_line_and_is_busy) {
  EXPECT_TRUE(together({A::busy, N::nailed, C::talking, J::attached}));
  EXPECT_FALSE(together({A::busy, N::not_nailed, C::talking, J::attached}));
  EXPECT_FALSE(together({A::ready, N::nailed, C::talking, J::attached}));
  EXPECT_FALSE(together({A::logged_out, N::nailed, C::idle, J::detached}));
}

TEST(AgentStates, what_follows_a_call_keeps_to_the_tables) {
  for (const auto& [agent, a] : enum_names<A>)
    for (const auto& [nail, n] : enum_names<N>)
      for (const auto& [call, c] : enum_names<C>)
        for (const auto& [job, j] : enum_names<J>) {
          const AgentStates before{agent, nail, call, job};
          if (!together(before) || agent == A::logged_out) continue;
          if (may_follow(call, C::idle)) {
            EXPECT_TRUE(together(with_call(before, C::idle))) << a << n << c << j;
            EXPECT_TRUE(may_follow(before, with_call(before, C::idle))) << a << n << c << j;
          }
          if (may_follow(call, C::wrapup)) {
            EXPECT_TRUE(together(with_call(before, C::wrapup))) << a << n << c << j;
            EXPECT_TRUE(may_follow(before, with_call(before, C::wrapup))) << a << n << c << j;
          }
        }
}

TEST(AgentStates, an_order_that_does_not_fit_is_refused_with_what_would) {
  Agent agent{.id = AgentId{1}};
  EXPECT_EQ(refusal(agent, agent_command::Hold{})->error, AgentError::not_logged_on);
  agent.states = {A::ready, N::nailed, C::idle, J::attached};
  const auto refused = refusal(agent, agent_command::Hold{});
  EXPECT_EQ(refused->error, AgentError::wrong_call_state);
  EXPECT_EQ(refused->text, "'hold': the call is idle, and must be talking");
  EXPECT_EQ(refusal(agent, agent_command::LogOn{"100"})->error, AgentError::already_logged_on);
  agent.states.agent = A::busy;
  agent.states.call = C::talking;
  EXPECT_FALSE(refusal(agent, agent_command::Hold{}));
}

TEST(AgentError, has_the_numbers_that_desktops_know) {
  EXPECT_EQ(number_of(AgentError::none), 0);
  EXPECT_EQ(number_of(AgentError::call_control_not_available), 9007);
  EXPECT_EQ(number_of(AgentError::media_server_not_reachable), 9009);
}

// ---- after a take-over ---------------------------------------------------------------------------------------------------------

const AttemptId kCall{JobId{7}, ContactId{5}, 1}, kOther{JobId{7}, ContactId{6}, 1};

Agent agent_in(C call, J job = J::attached, bool consulted = false) {
  Agent agent{.id = AgentId{1}};
  const bool idle = call == C::idle, wrapup = call == C::wrapup;
  agent.states = {idle ? A::ready : wrapup ? A::work_not_ready : A::busy, N::nailed, call, job};
  agent.job = JobId{7};
  agent.consulted = consulted;
  if (!idle) agent.attempt = kCall;
  return agent;
}

struct Cell {
  const char* name;
  C before;
  bool passive;
  C still_up, line_lost, contact_gone;
};
class Table9 : public testing::TestWithParam<Cell> {
 protected:
  C after(bool line_up, Contact contact, J job = J::attached) const {
    const Agent row = agent_in(GetParam().before, job, GetParam().passive);
    const Reconciled result = reconcile(row, std::nullopt, {line_up, contact});
    EXPECT_FALSE(result.desktop_error);
    EXPECT_TRUE(together(result.states));
    EXPECT_TRUE(may_follow(row.states, result.states));
    EXPECT_EQ(result.states.nail, line_up ? N::nailed : N::not_nailed);
    return result.states.call;
  }
};
TEST_P(Table9, A_10_line_and_contact_are_there) { EXPECT_EQ(after(true, Contact::up), GetParam().still_up); }
TEST_P(Table9, A_10_line_is_lost) { EXPECT_EQ(after(false, Contact::up), GetParam().line_lost); }
TEST_P(Table9, A_10_A_08_contact_is_gone) { EXPECT_EQ(after(true, Contact::gone), GetParam().contact_gone); }
TEST_P(Table9, A_11_holds_in_each_job_state) {
  if (GetParam().before == C::idle) return;
  for (const J job : {J::attached, J::end, J::pending_inbound, J::pending_manual_inbound, J::pending_movement}) {
    EXPECT_EQ(after(true, Contact::up, job), GetParam().still_up);
    EXPECT_EQ(after(false, Contact::up, job), GetParam().line_lost);
    EXPECT_EQ(after(true, Contact::gone, job), GetParam().contact_gone);
  }
}
// One cell differs from the reference product's table, on purpose: a passive member of a conference whose contact is gone has nobody to
// preview, and is idle.
INSTANTIATE_TEST_SUITE_P(A_10, Table9,
                         testing::Values(Cell{"idle", C::idle, false, C::idle, C::idle, C::idle},
                                         Cell{"talking", C::talking, false, C::talking, C::wrapup, C::wrapup},
                                         Cell{"wrapup", C::wrapup, false, C::wrapup, C::wrapup, C::wrapup},
                                         Cell{"held", C::held, false, C::held, C::wrapup, C::wrapup},
                                         Cell{"consult_owner", C::consult, false, C::consult, C::wrapup, C::wrapup},
                                         Cell{"consult_passive", C::consult, true, C::consult, C::idle, C::idle},
                                         Cell{"conference_owner", C::conference_owner, false, C::conference_owner, C::wrapup, C::wrapup},
                                         Cell{"conference_passive", C::conference_passive, true, C::conference_passive, C::idle, C::idle},
                                         Cell{"preview", C::preview, false, C::preview, C::idle, C::preview},
                                         Cell{"dialing", C::dialing, false, C::talking, C::wrapup, C::wrapup},
                                         Cell{"callback", C::callback, false, C::callback, C::callback, C::callback},
                                         Cell{"pending_call", C::pending_call, false, C::idle, C::idle, C::idle}),
                         [](const auto& info) { return info.param.name; });

TEST(Reconcile, A_10_a_contact_who_still_rings_is_still_dialed) {
  EXPECT_EQ(reconcile(agent_in(C::dialing), std::nullopt, {true, Contact::ringing}).states.call, C::dialing);
}
TEST(Reconcile, A_11_an_agent_without_a_job_stays_as_it_is) {
  Agent agent{.id = AgentId{1}};
  agent.states = {A::not_ready, N::nailed, C::idle, J::detached};
  EXPECT_EQ(reconcile(agent, std::nullopt, {true, Contact::none}).states, agent.states);
  agent.states.agent = A::logged_out;
  agent.states.nail = N::not_nailed;
  EXPECT_EQ(reconcile(agent, std::nullopt, {false, Contact::none}).states, agent.states);
}
TEST(Reconcile, A_22_a_call_that_no_mpp_knows_is_gone_and_the_agent_wraps_up) {
  const AgentStates after = reconcile(agent_in(C::talking), std::nullopt, {true, Contact::none}).states;
  EXPECT_EQ(after, (AgentStates{A::work_not_ready, N::nailed, C::wrapup, J::attached}));
}
TEST(Reconcile, A_09_a_desktop_that_is_behind_is_told_and_not_logged_out) {
  const Agent row = agent_in(C::wrapup);
  const Reconciled after =
      reconcile(row, agent_command::SayStates{{A::busy, N::nailed, C::talking, J::attached}, kCall}, {true, Contact::gone});
  EXPECT_FALSE(after.desktop_error);
  EXPECT_EQ(after.states, row.states);
}
TEST(Reconcile, A_09_a_call_that_only_the_record_does_not_know_is_a_desktop_error) {
  const agent_command::SayStates word{{A::busy, N::nailed, C::talking, J::attached}, kOther};
  EXPECT_EQ(reconcile(agent_in(C::idle), word, {true, Contact::none, kOther}).desktop_error, kOther);
  EXPECT_EQ(reconcile(agent_in(C::idle), word, {true, Contact::none, kOther}).states, AgentStates{});
  EXPECT_FALSE(reconcile(agent_in(C::idle), word, {true, Contact::none}).desktop_error);
}
TEST(Reconcile, whoever_was_to_be_not_ready_after_the_call_is_so) {
  Agent row = agent_in(C::pending_call);
  row.states.agent = A::pending_not_ready;
  EXPECT_EQ(reconcile(row, std::nullopt, {true, Contact::up}).states.agent, A::not_ready);
}

// ---- assignment ----------------------------------------------------------------------------------------------------------------

TEST(Assignment, A_06_the_oldest_call_goes_to_whoever_of_its_job_is_ready_longest) {
  const Instant t{};
  const JobId job{7}, other{8};
  const AttemptId old{job, ContactId{1}, 1}, young{job, ContactId{2}, 1}, elsewhere{other, ContactId{3}, 1};
  EXPECT_EQ(assign({{young, t + 2s}, {elsewhere, t}, {old, t + 1s}}, {{AgentId{1}, job, t + 5s}, {AgentId{2}, job, t + 4s}}),
            (std::vector<Assigned>{{old, AgentId{2}}, {young, AgentId{1}}}));
}
TEST(Assignment, gives_each_agent_one_call) {
  const JobId job{7};
  EXPECT_EQ(assign({{{job, ContactId{1}, 1}, Instant{}}, {{job, ContactId{2}, 1}, Instant{}}}, {{AgentId{1}, job, Instant{}}}).size(), 1u);
}

}  // namespace
}  // namespace everdial::zone
