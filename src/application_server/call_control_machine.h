#pragma once

#include <map>
#include <optional>
#include <set>
#include <string>
#include <unordered_map>
#include <vector>

#include "application_server/call_control_types.h"
#include "application_server/trunk_allotment.h"

namespace everdial {

/// Finds an MPP and a trunk for each order, steers the calls by what the MPPs tell, and passes results on to the owners of the jobs.
/// What it knows of calls is a matter of counting only: it is lost with the process and comes back with the calls' next events.
class CallControlMachine {
 public:
  struct Settings {
    std::vector<TrunkLimits> trunks;      ///< in order of preference
    Duration avoid_for = 5s;              ///< an MPP that did not answer; whoever watches it has restarted it by then
    Duration avoid_starting_for = 300ms;  ///< one that said it does not take calls now
    Duration answer_within = 300ms;       ///< one that has answered nothing for so long: what it is sent may stay undecided for minutes
    Duration silent_for = 60s;            ///< a call that no MPP has told of for so long is not counted any more
  };

  explicit CallControlMachine(Settings settings) : settings_(std::move(settings)), trunks_(settings_.trunks) {}

  std::vector<call_control::Effect> step(const call_control::Input& input, Instant now);

  size_t calls_in_air() const { return in_air_; }
  int occupied(const std::string& trunk) const { return trunks_.occupied(trunk); }
  bool orders_under_way() const { return !batches_.empty(); }

 private:
  struct Mpp {
    std::string name;
    int calls = 0;
    Instant avoid_until;
    int owing = 0;        ///< batches that it has not answered
    Instant owing_since;  ///< the first of them, or its last answer
    std::set<std::string> trunks_down;
  };
  struct Call {
    Address mpp;
    std::string trunk;
    bool in_air = true;
    bool settled = false;
    Instant heard_of;
    uint64_t batch = 0;                   ///< the one it is ordered with; none of batches_ once the MPP has answered
    std::optional<OrderVerdict> verdict;  ///< on its order; empty: not known, or never to be
  };
  /// One PlaceCalls, until the MPPs have answered for each of its orders.
  struct Placement {
    CallsPlaced answer;
    size_t open = 0;
    bool unknown = false;
  };
  /// Who waits for the verdict on an order: which PlaceCalls, and which order of it. Several, when a request came twice.
  struct Asker {
    call_control::ReplyId placement;
    size_t place;
  };
  struct Batch {
    Address mpp;
    std::vector<std::pair<AttemptId, std::vector<Asker>>> orders;
  };

  void on(const call_control::PeersSeen& input);
  void on(const call_control::OrdersArrived& input);
  void on(const call_control::ExecuteAnswered& input);
  void on(const call_control::EventsArrived& input);
  void on(const call_control::SteerArrived& input);
  void on(const call_control::SettledArrived& input);
  void on(const call_control::TimePassed& input);

  const Address* choose_mpp(const CallOrder& order) const;
  std::vector<std::string> choose_trunks(const CallOrder& order, const Mpp& mpp);
  std::vector<Address> mpps_of(const AttemptId& attempt) const;
  bool takes_calls(const Mpp& mpp) const;
  void hear_of(const CallRecord& record, const Address& mpp);
  void occupy(Call& call, const Address& mpp, const std::string& trunk);
  void vacate(Call& call);
  void refuse(const AttemptId& attempt, OrderVerdict verdict, Placement& placement);
  void repeat(const AttemptId& attempt, const Call& call, Asker asker, Placement& placement);
  void decide(const AttemptId& attempt, const std::vector<Asker>& askers, std::optional<OrderVerdict> verdict);
  void finish(call_control::ReplyId id, Placement& placement);

  Settings settings_;
  TrunkAllotment trunks_;
  std::map<Address, Mpp> mpps_;  ///< those that take calls
  /// Settled and refused ones stay for a while: a late copy of an order must not go to another MPP, which could not know it for one.
  std::unordered_map<AttemptId, Call> calls_;
  size_t in_air_ = 0;
  std::map<call_control::ReplyId, Placement> placements_;
  std::map<uint64_t, Batch> batches_;
  uint64_t last_batch_ = 0;

  Instant now_;                                ///< of the step under way
  std::vector<call_control::Effect> effects_;  ///< of the step under way
};

}  // namespace everdial
