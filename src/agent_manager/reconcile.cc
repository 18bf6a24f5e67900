#include "agent_manager/reconcile.h"

#include <algorithm>
#include <iterator>

#include "agent_manager/agent_states.h"

namespace everdial::zone {
namespace {

using C = AgentCallState;

// The reference product's Table 9, but for one cell: it sends whoever was passive in a conference to preview when the contact is gone.
// There is nobody to be previewed then, so here it is idle, as after any other end of a conference.
struct Cell {
  C before;
  bool passive;
  C after, after_line_lost, after_contact_gone;
};
// clang-format off
constexpr Cell kTable9[] = {
    {C::idle,               false, C::idle,               C::idle,     C::idle},
    {C::talking,            false, C::talking,            C::wrapup,   C::wrapup},
    {C::wrapup,             false, C::wrapup,             C::wrapup,   C::wrapup},
    {C::held,               false, C::held,               C::wrapup,   C::wrapup},
    {C::consult,            false, C::consult,            C::wrapup,   C::wrapup},
    {C::consult,            true,  C::consult,            C::idle,     C::idle},
    {C::conference_owner,   false, C::conference_owner,   C::wrapup,   C::wrapup},
    {C::conference_passive, true,  C::conference_passive, C::idle,     C::idle},
    {C::preview,            false, C::preview,            C::idle,     C::preview},
    {C::dialing,            false, C::talking,            C::wrapup,   C::wrapup},
    {C::callback,           false, C::callback,           C::callback, C::callback},
    {C::pending_call,       false, C::idle,               C::idle,     C::idle},
};
// clang-format on

/// States in which a contact's call is there; without it at any MPP, it is gone.
bool hears_contact(C call) {
  return call == C::talking || call == C::held || call == C::consult || call == C::conference_owner || call == C::conference_passive;
}

}  // namespace

Reconciled reconcile(const Agent& row, const std::optional<agent_command::SayStates>& desktop, const MppWord& mpp) {
  AgentStates states = row.states;
  if (states.agent == AgentState::logged_out) return {states};
  // The line talks to one contact, the desktop shows the same one, and the record knows of another or none: whose call it is cannot be
  // said.
  if (desktop && desktop->attempt && desktop->attempt != row.attempt && desktop->attempt == mpp.joined)
    return {AgentStates{}, desktop->attempt};

  if (mpp.line_up && states.nail == NailState::pending) {
    states.nail = NailState::nailed;
    if (states.job == AgentJobState::pending_attach) states.job = AgentJobState::attached;
  } else if (!mpp.line_up && (states.nail == NailState::nailed || mpp.line_gone)) {
    states.nail = NailState::not_nailed;
  }

  using Contact = MppWord::Contact;
  const bool gone = mpp.contact == Contact::gone || (mpp.contact == Contact::none && hears_contact(states.call));
  const Cell& cell = *std::find_if(std::begin(kTable9), std::end(kTable9), [&](const Cell& c) {
    return c.before == states.call && (c.before != C::consult || c.passive == row.consulted);
  });
  C after = cell.after;
  const bool needs_no_line = !row.keep_line && states.call == C::preview;
  if (states.nail != NailState::nailed && !needs_no_line) after = cell.after_line_lost;
  else if (gone) after = cell.after_contact_gone;
  else if (states.call == C::dialing && mpp.contact != Contact::up) after = C::dialing;  // it still rings, or is about to
  return {with_call(states, after)};
}

}  // namespace everdial::zone
