#pragma once

#include <deque>
#include <map>
#include <optional>
#include <set>
#include <string>
#include <unordered_map>
#include <unordered_set>
#include <utility>
#include <vector>

#include "mpp/mpp_types.h"

namespace everdial {

/// The executing side of the dial protocol: refuses orders of past owners, executes an attempt at most once, keeps every call's record
/// until its owner has committed the result, and ends what an earlier process left behind.
class MppMachine {
 public:
  struct Settings {
    std::string name;                    ///< "as1/mpp/1", put into records
    size_t max_calls = 4000;             ///< alive at once
    Duration remember_forgotten = 1min;  ///< an id whose order no copy can be in time of; for clocks that differ
    Duration retell_every = 1s;          ///< an ended call, until it is forgotten; stretches to retell_at_most when nobody listens
    Duration retell_at_most = 5s;
    int tell_alive_every_s = 20;      ///< so that whoever counts and steers calls knows of each, and finds a leaked one
    Duration beep_wait = 30s;         ///< then the message is left without having heard a beep
    Duration unattended_after = 10s;  ///< a call for agents is answered, and nobody has steered it
    Duration longest = 24h * 365;     ///< of a line, or a conversation: people end those
    Duration hang_up_wait = 40s;      ///< for the trunk's last word, longer than SIP's own time-outs; then the call counts as over
    size_t compact_after = 20'000;    ///< journal entries, when they are also three times what is worth keeping
  };

  explicit MppMachine(Settings settings) : settings_(std::move(settings)) {}

  std::vector<mpp::Effect> step(const mpp::Input& input, Instant now);

  size_t alive() const { return alive_; }
  size_t unsettled() const { return calls_.size() - alive_; }
  Epoch epoch_of(const Resource& resource) const;
  const CallRecord* find(const AttemptId& attempt) const;

 private:
  struct Call {
    CallRecord record;
    Address application_server;
    std::vector<std::string> next_trunks;
    std::string prompt;                        ///< the last one started
    std::optional<CompletionCode> hanging_up;  ///< we have asked the trunk to end it, and so it is to end
    bool awaiting_beep = false;
    bool awaiting_manager = false;
    int told = 0;        ///< how often its end was told
    Instant not_after;   ///< of its order
    Instant give_up_at;  ///< no other trunk is tried after this
    Instant deadline;
  };
  using Calls = std::unordered_map<AttemptId, Call>;

  void on(const mpp::JournalLoaded& input);
  void on(const mpp::EpochsRead& input);
  void on(const mpp::BarrierAsked& input);
  void on(const mpp::OrdersArrived& input);
  void on(const mpp::OrdersRefused& input);
  void on(const mpp::CommandsArrived& input);
  void on(const mpp::ForgetAsked& input);
  void on(const mpp::TrunkReported& input);
  void on(const mpp::TimePassed& input);
  void on(const mpp::ClockStepped& input);
  void on(const mpp::DrainBegun& input);
  void on(const mpp::DrainEnded& input);

  OrderVerdict judge(const ExecuteCalls::Order& order) const;
  void execute(const ExecuteCalls::Order& order, const Address& application_server);
  void command(const CallCommand& command);
  bool steer(const ControlCalls& request);
  void converse(const Conversation& conversation, const std::set<AttemptId>& fresh);
  void leave_conversation(Call& call);
  void await_manager(Call& call);
  void await_beep(Call& call);
  Instant longest_end(const Call& call) const;
  void report(const TrunkEvent& event);
  void leg_failed(Call& call, int sip_status);
  void leg_ended(Call& call);
  void given_up(Call& call);
  bool place_on_next_trunk(Call& call, bool durably);
  void deadline_passed(Call& call);

  void raise(const Resource& resource, Epoch epoch);
  bool set_epoch(const Resource& resource, Epoch epoch);
  void hang_up(Call& call, CompletionCode code);
  void end(Call& call, CompletionCode code);
  void tell_end(Call& call);
  void tell_alive();
  void tell(const Call& call, CallEvents::Kind kind, char digit = 0);
  void write(mpp::JournalEntry entry, bool durable);
  void write(const Call& call, bool durable) { write(mpp::CallWritten{call.record, call.hanging_up, call.not_after}, durable); }
  void set_deadline(Call& call, Instant at);
  void replay(const mpp::JournalEntry& entry, std::unordered_map<AttemptId, std::string>& dialogs);
  void take_up(Call& call, const std::string& dialog);
  void remember_forgotten(mpp::CallForgotten forgotten);
  void drop_old_memories();
  void compact_if_worthwhile();
  void arm_timer();
  bool is_up(const std::string& trunk) const { return !trunks_down_.contains(trunk); }

  Settings settings_;
  std::unordered_map<Resource, Epoch> epochs_;
  std::optional<Instant> forgot_at_;  ///< its journal was lost then
  Calls calls_;                       ///< alive, or ended and not yet forgotten
  size_t alive_ = 0;
  std::map<ConversationId, std::set<AttemptId>> conversations_;  ///< living calls, each in the last one said
  std::unordered_set<AttemptId> forgotten_;
  std::deque<mpp::CallForgotten> forgotten_order_;  ///< oldest first
  std::unordered_map<AttemptId, Instant> refused_;  ///< until a copy of the order would be too late
  std::set<std::pair<Instant, AttemptId>> deadlines_;
  Instant tell_alive_at_;
  std::set<std::string> trunks_down_;
  bool draining_ = false;
  size_t journal_entries_ = 0;
  std::optional<Instant> armed_;

  Instant now_;                       ///< of the step under way
  std::vector<mpp::Effect> effects_;  ///< of the step under way
};

}  // namespace everdial
