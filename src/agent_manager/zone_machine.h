#pragma once

#include <map>
#include <set>
#include <string>
#include <vector>

#include "agent_manager/reconcile.h"
#include "agent_manager/zone_pacing.h"
#include "agent_manager/zone_types.h"

namespace everdial::zone {

/// All agents and live calls of one zone in the hands of their master; made anew for each grant of the zone's lease. `now` is the wall
/// clock. Each change is saved before it is steered, told or answered; what its memory has is what the rows have.
class ZoneMachine {
 public:
  struct Settings {
    Duration mpps_answer_first = 500ms;  ///< after a take-over; then commands are taken, whoever has not answered
    Duration mpps_answer_within = 30s;   ///< lines and calls of an MPP that is silent for longer are lost
    Duration ask_again = 300ms;          ///< an MPP that has not answered
    Duration order_valid = 5s;           ///< not_after of a line's order
    Duration line_rings = 30s;
    Duration nail_again = 5s;        ///< after a line was lost or not answered
    Duration preview_again = 2s;     ///< a contact was asked for, and none has come
    Duration dial_limit = 3min;      ///< of a contact previewed; its end comes much earlier, unless it was never placed
    Duration claim_limit = 10s;      ///< of a contact asked for to be dialed at once
    Duration offer_again = 30s;      ///< a callback that an agent has let pass
    Duration reassign_after = 2min;  ///< a callback whose agent has no time goes to another
    Duration pace_every = 500ms;
    Duration save_pacing_every = 10s;
    Duration inquire_every = 10s;  ///< ask the MPPs about calls and lines, in case word of an end was lost
    size_t answers_kept = 8;
    size_t notices_kept = 200;
  };

  ZoneMachine(LeaseGrant grant, Settings settings) : grant_(std::move(grant)), settings_(settings) {}

  std::vector<Effect> step(const Input& input, Instant now);

  const std::map<AgentId, Agent>& agents() const { return agents_; }
  const std::map<AttemptId, LiveCall>& calls() const { return calls_; }
  bool serving() const { return serving_; }  ///< reconciled: commands are taken

 private:
  // Inputs.
  void loaded(const ZoneLoaded& input);
  void jobs_seen(const std::vector<AgentJob>& jobs);
  void mpp_answered(const MppAnswered& input);
  void take_over();
  bool stays_unheard(const Agent& agent);
  bool heard(const AttemptId& attempt);
  void tell_of_line(Agent& agent, const AgentStates& after);
  void tell_of_end(Agent& agent, AgentCallState before, MppWord::Contact contact);
  void command_arrived(const CommandArrived& input);
  std::optional<AgentError> cannot_steer(const Agent& agent, const AgentOrder& order) const;
  void events_arrived(const EventsArrived& input);
  void line_told(const CallRecord& record);
  void contact_told(const CallEvents::Event& event);
  void notices_taken(const NoticesTaken& input);
  void preview_claimed(const PreviewClaimed& input);
  void preview_refused(const PreviewRefused& input);
  void agent_seen(const AgentSeen& input);
  void agent_gone(AgentId id);
  void callbacks_seen(const std::vector<Callback>& callbacks);
  void orders_seen(const std::vector<KeptOrder>& orders);
  void queues_seen(std::vector<InboundQueue> queues);
  void time_passed();

  void inquire();
  void end_inquiry();
  void pace();

  // Orders (zone_orders.cc): each gives its answer, or what is wrong.
  using Wrong = std::optional<std::pair<AgentError, std::string>>;
  Wrong carry_out(Agent& agent, const agent_command::LogOn& order);
  Wrong carry_out(Agent& agent, const agent_command::LogOff& order);
  Wrong carry_out(Agent& agent, const agent_command::LogOffLater& order);
  Wrong carry_out(Agent& agent, const agent_command::Ready& order);
  Wrong carry_out(Agent& agent, const agent_command::NotReady& order);
  Wrong carry_out(Agent& agent, const agent_command::SetSkills& order);
  Wrong carry_out(Agent& agent, const agent_command::SayStates& order);
  Wrong carry_out(Agent& agent, const agent_command::NailUp& order);
  Wrong carry_out(Agent& agent, const agent_command::DropLine& order);
  Wrong carry_out(Agent& agent, const agent_command::DialPreview& order);
  Wrong carry_out(Agent& agent, const agent_command::SkipPreview& order);
  Wrong carry_out(Agent& agent, const agent_command::CancelPreview& order);
  Wrong carry_out(Agent& agent, const agent_command::Hold& order);
  Wrong carry_out(Agent& agent, const agent_command::Resume& order);
  Wrong carry_out(Agent& agent, const agent_command::SendDigits& order);
  Wrong carry_out(Agent& agent, const agent_command::Release& order);
  Wrong carry_out(Agent& agent, const agent_command::Redial& order);
  Wrong carry_out(Agent& agent, const agent_command::Consult& order);
  Wrong carry_out(Agent& agent, const agent_command::CancelConsult& order);
  Wrong carry_out(Agent& agent, const agent_command::CompleteTransfer& order);
  Wrong carry_out(Agent& agent, const agent_command::Transfer& order);
  Wrong carry_out(Agent& agent, const agent_command::StartConference& order);
  Wrong carry_out(Agent& agent, const agent_command::EndConference& order);
  Wrong carry_out(Agent& agent, const agent_command::ChangeConferenceOwner& order);
  Wrong carry_out(Agent& agent, const agent_command::WrapUp& order);
  Wrong carry_out(Agent& agent, const agent_command::ExtendWrapUp& order);
  Wrong carry_out(Agent& agent, const agent_command::CreateCallback& order);
  Wrong carry_out(Agent& agent, const agent_command::AddToDnc& order);
  Wrong carry_out(Agent& agent, const agent_command::SetAttribute& order);
  Wrong carry_out(Agent& agent, const agent_command::AddNote& order);
  Wrong carry_out(Agent& agent, const agent_command::BlendToInbound& order);
  Wrong carry_out(Agent& agent, const agent_command::BlendToOutbound& order);
  Wrong carry_out(Agent& agent, const agent_command::MoveToJob& order);
  Wrong carry_out(Agent& agent, const agent_command::ForceState& order);
  Wrong carry_out(Agent& agent, const agent_command::Monitor& order);
  Wrong leave_job(Agent& agent);
  void to_inbound(Agent& agent, std::optional<int64_t> queue);
  Wrong to_outbound(Agent& agent, const std::string& reason = {});
  AgentAnswer obey(Agent& agent, const AgentOrder& order);

  // What is done to one agent (zone_agents.cc).
  void move(Agent& agent, const AgentStates& to, const std::string& reason = {});
  void call_becomes(Agent& agent, AgentCallState call, const std::string& reason = {});
  void left_call(Agent& agent, AgentCallState from);
  void at_rest(Agent& agent, AgentJobState from);
  void tell_job(Agent& agent);  ///< that it is attached to it
  void apply(Agent& agent, const Reconciled& result, const std::string& reason);
  void log_out(Agent& agent, const std::string& reason, bool forced);
  void nail(Agent& agent, AgentCallState call = AgentCallState::idle);
  void line_answered(Agent& agent);
  void drop_line(Agent& agent);
  void take_call(Agent& agent, const AttemptId& attempt, const std::string& phone);
  void hand_call(Agent& from, Agent& to);
  void part(Agent& agent);
  Agent* partner(const Agent& agent);
  void converse(const Agent& agent);
  void alone(const Agent& agent);
  void hang_up(const AttemptId& call, CompletionCode code = CompletionCode::answer_human);
  void tell(Agent& agent, AgentNotice notice);
  void dispose(const Agent& agent, const std::string& code, const std::string& note);

  // What the zone does by itself, after each input.
  void attach_agents();
  void nail_agents();
  void assign_calls();
  void ask_previews();
  void offer_callbacks();
  Agent* agent_for(const Callback& callback);
  void end_callback(int64_t id, const std::string& how);
  void judge_calls();
  void send_away(const AttemptId& attempt);
  void save_and_tell();

  Agent* find(AgentId id);
  Agent* owner_of(const AttemptId& attempt);
  const AgentJob* job(const std::optional<JobId>& id) const;
  const AgentSettings& settings_of(const Agent& agent) const;
  static bool converses(const Agent& agent);
  bool free_for_call(const Agent& agent) const;
  bool may_nail(const Agent& agent) const;
  void touch(const Agent& agent) { touched_.insert(agent.id); }
  void emit(Effect effect) { out_.push_back(std::move(effect)); }

  LeaseGrant grant_;
  Settings settings_;
  Instant now_;
  std::map<AgentId, Agent> agents_;
  std::map<AttemptId, LiveCall> calls_;
  std::map<AttemptId, AgentId> owners_;  ///< of contacts' calls, from the first word of them to their end or the agent's
  std::map<JobId, AgentJob> jobs_;

  // Until the zone is taken over.
  bool loaded_ = false, serving_ = false;
  Instant loaded_at_, asked_at_;
  Duration away_{};
  std::set<std::string> unanswered_;
  std::map<AttemptId, CallRecord> found_;  ///< at the MPPs
  /// Lines and calls of the take-over that an MPP may carry that has not answered yet: they stay as their rows say, and get nothing new.
  std::set<AttemptId> unheard_;
  std::map<AgentId, agent_command::SayStates> words_;

  std::vector<std::string> mpps_;
  std::set<AttemptId> inquired_;  ///< calls and lines that the MPPs are being asked about
  Instant inquired_at_;

  std::map<AttemptId, AgentError> stalled_;  ///< calls and lines of which nothing that is said arrives

  struct Offer {
    Callback callback;
    std::optional<AgentId> asked_for;  ///< its contact is being claimed for this agent
    Instant not_before;
    bool over = false;  ///< until the record shows it no more
  };
  std::map<int64_t, Offer> offers_;
  std::set<int64_t> orders_ended_;             ///< until the record shows them no more
  std::map<int64_t, Instant> queues_stepped_;  ///< as the record will show soon
  ZonePacing pacing_;
  int64_t grants_ = 0;
  Instant paced_at_, pacing_saved_at_;

  std::map<AgentId, Instant> nail_not_before_, preview_not_before_;

  // Of this step.
  std::vector<Effect> out_;
  std::set<AgentId> touched_;
  std::map<AgentId, int64_t> first_new_;  ///< notice
  SteerCalls steering_;
  int64_t steered_ = 0;
};

}  // namespace everdial::zone
