#pragma once

#include <functional>
#include <map>
#include <memory>
#include <string>
#include <vector>

#include "mpp/trunk.h"
#include "sim/simulation.h"

namespace everdial::sim {

/// The telephone network and the people at its far end. It outlives every process and remembers each INVITE it saw: what was dialed is
/// read from here, never from Everdial's own word.
class Carrier {
 public:
  struct Leg {
    std::string mpp;
    AttemptId attempt;
    std::string phone;
    Instant invited_at;
    bool answered = false;
    bool over = false;
  };

  explicit Carrier(Timeline& timeline) : timeline_(timeline) {}

  /// A check of each INVITE as it arrives: the text of what is wrong, or empty.
  std::function<std::string(const AttemptId&, const std::string& phone)> check;
  /// The first thing that was wrong, if any.
  const std::string& violation() const { return violation_; }

  /// Who hears whom, as the MPPs were last told.
  std::map<ConversationId, Conversation> said;

  size_t invite(const std::string& mpp, const AttemptId& attempt, const std::string& phone);
  Leg& leg(size_t index) { return legs_.at(index); }
  const std::vector<Leg>& legs() const { return legs_; }
  bool was_invited(JobId job, const std::string& phone) const { return by_callee_.contains({job, phone}); }

 private:
  Timeline& timeline_;
  std::vector<Leg> legs_;
  std::map<std::pair<JobId, std::string>, std::vector<size_t>> by_callee_;  ///< two jobs may well call one number at a time
  std::string violation_;
};

/// How the callee of a number behaves; the number decides, so that each call to it goes the same way.
enum class Callee { human, machine, busy, no_answer, invalid, congested, opts_out, late };
Callee callee_of(const std::string& phone);

/// The trunk seam of one MPP's process.
class SimTrunk final : public Trunk {
 public:
  SimTrunk(Carrier& carrier, Process& process, Timeline& timeline, std::string mpp)
      : carrier_(carrier), process_(process), timeline_(timeline), mpp_(std::move(mpp)) {}

  void listen(Handler handler, Keep keep) override {
    handler_ = std::make_shared<Handler>(std::move(handler));
    keep_ = std::move(keep);
  }
  void place(LegOrder order) override;
  void play(const AttemptId& attempt, const std::string& prompt) override;
  void converse(const Conversation& conversation) override { carrier_.said[conversation.id] = conversation; }
  void press(const AttemptId&, const std::string&) override {}
  void hang_up(const AttemptId& attempt) override;
  void end_restored(const AttemptId& attempt, const std::string& snapshot) override;

 private:
  /// After `delay`, if the leg is not over: `change` happens at the far end, and the process hears of it if it lives.
  void later(size_t index, Duration delay, std::function<void(Carrier::Leg&)> change, TrunkEvent event);
  /// CANCEL or BYE on its way; the callee may be faster.
  void end(size_t index, const AttemptId& attempt);

  Carrier& carrier_;
  Process& process_;
  Timeline& timeline_;
  std::string mpp_;
  std::shared_ptr<Handler> handler_;
  Keep keep_;
  std::map<AttemptId, size_t> legs_;
};

}  // namespace everdial::sim
