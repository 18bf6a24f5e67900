#include "agent_manager/agent_states.h"

#include <algorithm>
#include <array>

namespace everdial::zone {
namespace {

/// Some values of an enum.
template <class E>
struct Set {
  unsigned bits = 0;
  constexpr Set() = default;
  constexpr Set(std::initializer_list<E> values) {
    for (const E value : values) bits |= 1u << static_cast<unsigned>(value);
  }
  constexpr bool has(E value) const { return (bits >> static_cast<unsigned>(value)) & 1u; }
};
template <class E>
struct Row {
  E from;
  Set<E> to;
};
template <class E, size_t n>
bool allows(const std::array<Row<E>, n>& table, E from, E to) {
  if (from == to) return true;
  return std::any_of(table.begin(), table.end(), [&](const Row<E>& row) { return row.from == from && row.to.has(to); });
}

using A = AgentState;
using N = NailState;
using C = AgentCallState;
using J = AgentJobState;

// clang-format off
constexpr auto kAgent = std::to_array<Row<A>>({
    {A::logged_out,        {A::not_ready}},
    {A::not_ready,         {A::logged_out, A::ready}},
    {A::ready,             {A::logged_out, A::not_ready, A::busy}},
    {A::busy,              {A::logged_out, A::ready, A::pending_not_ready, A::work_not_ready}},
    {A::pending_not_ready, {A::logged_out, A::not_ready, A::busy, A::work_not_ready}},
    {A::work_not_ready,    {A::logged_out, A::ready, A::pending_not_ready, A::busy}},
});
constexpr auto kNail = std::to_array<Row<N>>({
    {N::not_nailed, {N::pending}},
    {N::pending,    {N::nailed, N::not_nailed}},
    {N::nailed,     {N::not_nailed}},
});
constexpr auto kCall = std::to_array<Row<C>>({
    {C::idle,               {C::preview, C::callback, C::pending_call, C::talking, C::consult}},
    {C::preview,            {C::idle, C::dialing}},
    {C::callback,           {C::idle, C::dialing}},
    {C::dialing,            {C::talking, C::wrapup}},
    {C::pending_call,       {C::idle, C::talking}},
    {C::talking,            {C::held, C::consult, C::wrapup}},
    {C::held,               {C::talking, C::wrapup}},
    {C::consult,            {C::idle, C::talking, C::conference_owner, C::conference_passive, C::wrapup}},
    {C::conference_owner,   {C::talking, C::conference_passive, C::wrapup}},
    {C::conference_passive, {C::idle, C::conference_owner}},
    {C::wrapup,             {C::idle, C::dialing}},
});
constexpr auto kJob = std::to_array<Row<J>>({
    {J::detached,               {J::pending_attach, J::attached, J::manual_inbound, J::inbound}},
    {J::pending_attach,         {J::attached, J::detached}},
    {J::attached,               {J::detached, J::end, J::pending_movement, J::pending_inbound, J::inbound,
                                 J::pending_manual_inbound, J::manual_inbound}},
    {J::end,                    {J::detached, J::pending_movement, J::pending_inbound, J::pending_manual_inbound}},
    {J::pending_movement,       {J::attached, J::detached, J::end, J::pending_manual_inbound, J::pending_inbound}},
    {J::pending_inbound,        {J::inbound, J::attached, J::end, J::detached, J::pending_manual_inbound, J::pending_movement}},
    {J::inbound,                {J::detached, J::manual_inbound}},
    {J::pending_manual_inbound, {J::manual_inbound, J::attached, J::end, J::detached, J::pending_movement}},
    {J::manual_inbound,         {J::detached}},
});

// What may be at one time.
constexpr Set<A> kLoggedOn{A::not_ready, A::ready, A::busy, A::pending_not_ready, A::work_not_ready};
constexpr Set<A> kWithCall{A::busy, A::pending_not_ready};
constexpr Set<N> kAnyNail{N::not_nailed, N::pending, N::nailed};
constexpr Set<J> kWorks{J::attached, J::end, J::pending_movement, J::pending_inbound, J::pending_manual_inbound};
struct Together { C call; Set<A> agent; Set<N> nail; Set<J> job; };
constexpr Together kTogether[] = {
    {C::idle,               {A::logged_out, A::not_ready, A::ready},   kAnyNail,
                            {J::detached, J::pending_attach, J::attached, J::inbound, J::manual_inbound}},
    {C::preview,            kWithCall,                                 kAnyNail,                kWorks},
    {C::callback,           kWithCall,                                 kAnyNail,                kWorks},
    {C::dialing,            kWithCall,                                 {N::pending, N::nailed}, kWorks},
    {C::pending_call,       kWithCall,                                 {N::pending, N::nailed}, kWorks},
    {C::talking,            kWithCall,                                 {N::nailed},             kWorks},
    {C::held,               kWithCall,                                 {N::nailed},             kWorks},
    {C::consult,            kWithCall,                                 {N::nailed},             kWorks},
    {C::conference_owner,   kWithCall,                                 {N::nailed},             kWorks},
    {C::conference_passive, kWithCall,                                 {N::nailed},             kWorks},
    {C::wrapup,             {A::work_not_ready, A::pending_not_ready}, kAnyNail,                kWorks},
};

// Which order fits which state.
constexpr Set<C> kAnyCall{C::idle, C::preview, C::dialing, C::pending_call, C::talking, C::held, C::consult, C::conference_owner,
                          C::conference_passive, C::callback, C::wrapup};
constexpr Set<C> kAtRest{C::idle, C::preview, C::callback, C::wrapup};
constexpr Set<C> kHasContact{C::preview, C::callback, C::dialing, C::talking, C::held, C::consult, C::conference_owner, C::wrapup};
constexpr Set<C> kHearsContact{C::talking, C::held, C::consult, C::conference_owner};
constexpr Set<A> kAnyAgent{A::logged_out, A::not_ready, A::ready, A::busy, A::pending_not_ready, A::work_not_ready};
struct Fits { std::string_view order; Set<A> agent; Set<C> call; bool steers = false; };
constexpr Fits kFits[] = {  // as the alternatives of AgentOrder
    {"log_on",                  {A::logged_out},                        {C::idle}},
    {"log_off",                 {A::not_ready, A::ready},               {C::idle}},
    {"log_off_later",           kLoggedOn,                              kAnyCall},
    {"ready",                   {A::not_ready, A::ready, A::busy, A::pending_not_ready, A::work_not_ready}, kAnyCall},
    {"not_ready",               kLoggedOn,                              kAnyCall},
    {"set_skills",              kLoggedOn,                              kAnyCall},
    {"say_states",              kAnyAgent,                              kAnyCall},
    {"nail_up",                 kLoggedOn,                              kAtRest},
    {"drop_line",               kLoggedOn,                              kAtRest},
    {"dial_preview",            kLoggedOn,                              {C::preview, C::callback}},
    {"skip_preview",            kLoggedOn,                              {C::preview}},
    {"cancel_preview",          kLoggedOn,                              {C::preview, C::callback}},
    {"hold",                    kLoggedOn,                              {C::talking}, true},
    {"resume",                  kLoggedOn,                              {C::held}, true},
    {"send_digits",             kLoggedOn,                              {C::talking, C::conference_owner}, true},
    {"release",                 kLoggedOn,                              {C::talking, C::held, C::conference_owner,
                                                                         C::conference_passive}, true},
    {"redial",                  kLoggedOn,                              {C::wrapup}},
    {"consult",                 kLoggedOn,                              {C::talking}, true},
    {"cancel_consult",          kLoggedOn,                              {C::consult}, true},
    {"complete_transfer",       kLoggedOn,                              {C::consult}, true},
    {"transfer",                kLoggedOn,                              {C::talking}, true},
    {"start_conference",        kLoggedOn,                              {C::consult}, true},
    {"end_conference",          kLoggedOn,                              {C::conference_owner}, true},
    {"change_conference_owner", kLoggedOn,                              {C::conference_owner}, true},
    {"wrap_up",                 kLoggedOn,                              {C::wrapup}},
    {"extend_wrap_up",          kLoggedOn,                              {C::wrapup}},
    {"create_callback",         kLoggedOn,                              kHasContact},
    {"add_to_dnc",              kLoggedOn,                              kHasContact},
    {"set_attribute",           kLoggedOn,                              kHasContact},
    {"add_note",                kLoggedOn,                              kHasContact},
    {"blend_to_inbound",        kLoggedOn,                              kAnyCall},
    {"blend_to_outbound",       kLoggedOn,                              kAnyCall},
    {"move_to_job",             kLoggedOn,                              kAnyCall},
    {"force_state",             kLoggedOn,                              kAnyCall},
    {"monitor",                 kLoggedOn,                              kHearsContact, true},
};
// clang-format on
static_assert(std::size(kFits) == std::variant_size_v<AgentOrder>);

template <class E>
std::string named(Set<E> set) {
  std::string out;
  for (const auto& [value, name] : enum_names<E>)
    if (set.has(value)) out += (out.empty() ? "" : " or ") + std::string(name);
  return out;
}

}  // namespace

bool may_follow(AgentState from, AgentState to) { return allows(kAgent, from, to); }
bool may_follow(NailState from, NailState to) { return allows(kNail, from, to); }
bool may_follow(AgentCallState from, AgentCallState to) { return allows(kCall, from, to); }
bool may_follow(AgentJobState from, AgentJobState to) { return allows(kJob, from, to); }
bool may_follow(const AgentStates& from, const AgentStates& to) {
  if (to.agent == A::logged_out) return true;
  return may_follow(from.agent, to.agent) && may_follow(from.nail, to.nail) && may_follow(from.call, to.call) &&
         may_follow(from.job, to.job);
}

bool together(const AgentStates& s) {
  if (s.agent == A::logged_out) return s == AgentStates{};
  const auto row = std::find_if(std::begin(kTogether), std::end(kTogether), [&](const Together& t) { return t.call == s.call; });
  return row->agent.has(s.agent) && row->nail.has(s.nail) && row->job.has(s.job);
}

AgentStates with_call(AgentStates s, AgentCallState call) {
  s.call = call;
  if (call == C::idle) {
    if (s.agent == A::pending_not_ready) s.agent = A::not_ready;
    else if (s.agent == A::busy || s.agent == A::work_not_ready) s.agent = A::ready;
    // What waited for the call's end comes now.
    if (s.job == J::end) s.job = J::detached;
    else if (s.job == J::pending_movement) s.job = J::attached;
    else if (s.job == J::pending_inbound) s.job = J::inbound;
    else if (s.job == J::pending_manual_inbound) s.job = J::manual_inbound;
  } else if (s.agent != A::pending_not_ready) {
    s.agent = call == C::wrapup ? A::work_not_ready : A::busy;
  }
  return s;
}

bool steers(const AgentOrder& order) { return kFits[order.index()].steers; }

std::optional<AgentAnswer> refusal(const Agent& agent, const AgentOrder& order) {
  const Fits& fits = kFits[order.index()];
  const AgentStates& s = agent.states;
  const std::string name{fits.order};
  if (!fits.agent.has(s.agent)) {
    if (s.agent == A::logged_out) return AgentAnswer{AgentError::not_logged_on, "'" + name + "': log on first", s};
    if (std::holds_alternative<agent_command::LogOn>(order))
      return AgentAnswer{AgentError::already_logged_on, "'log_on': logged on at another desktop; log off there, or log on by force", s};
    return AgentAnswer{AgentError::wrong_agent_state,
                       "'" + name + "': the agent is " + std::string(to_string(s.agent)) + ", and must be " + named(fits.agent), s};
  }
  if (!fits.call.has(s.call))
    return AgentAnswer{AgentError::wrong_call_state,
                       "'" + name + "': the call is " + std::string(to_string(s.call)) + ", and must be " + named(fits.call), s};
  return std::nullopt;
}

}  // namespace everdial::zone
