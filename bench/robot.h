#pragma once

#include <map>
#include <nlohmann/json_fwd.hpp>
#include <optional>
#include <random>
#include <string>
#include <vector>

#include "model/agent.h"
#include "robot_figures.h"

namespace everdial::robots {

/// How all robots work.
struct Habits {
  Duration talk = 5s, work = 1s;  ///< with a contact, and after the call; means of what is drawn
  std::string code = "done";      ///< of each contact
  std::optional<Duration> pause;  ///< without calls: ready and not ready in turn, one command each `pause`
};

/// An agent with its desktop, as api/agent.asyncapi.yaml has it, without a network: says what is to be sent, and is told what came.
/// Times are of a clock that never jumps.
class Robot {
 public:
  Robot(std::string phone, const Habits& habits, Figures& figures, uint64_t seed);

  /// Without a session and without a ticket for one there is nothing to connect for.
  bool wants_ticket() const { return token_.empty() && ticket_.empty(); }
  void take_ticket(std::string ticket) { ticket_ = std::move(ticket); }

  void connected(Instant now);
  void heard(const std::string& text, Instant now);
  void disconnected(Instant now);
  void tick(Instant now);
  std::vector<std::string> take_out() { return std::exchange(out_, {}); }

  /// Nothing comes over this connection any more, or not all of it: another is needed.
  bool gives_up(Instant now) const;
  /// This process did not run for a while: silence until now is no sign.
  void excuse(Instant now) { heard_at_ = now; }

  /// To work no more: ends the call, and logs off.
  void leave() { leaving_ = true; }
  bool gone() const { return leaving_ && !command_ && (!on() || !enrolled_); }
  bool on() const { return states_.agent != AgentState::logged_out; }
  /// Adds the time until now to the figures.
  void account(Instant now);
  /// Addresses of servers, once they have been told anew.
  std::vector<std::string> take_servers() { return std::exchange(servers_, {}); }

 private:
  struct Wish {
    std::string method;
    std::string params = "{}";
  };
  struct Command {
    std::string id, method, text;
    Instant asked_at, not_before;
    AgentStates in;  ///< what the agent was when it was asked
    bool under_way = false;
  };

  void say(std::string text) { out_.push_back(std::move(text)); }
  void say_states();
  void lose_session();
  void greeted(const nlohmann::json& welcome, Instant now);
  void not_welcome(const nlohmann::json& error);
  void answered(const nlohmann::json& answer, Instant now);
  void told(const nlohmann::json& notice, Instant now);
  void take_notice(const nlohmann::json& notice, Instant now);
  void become(const AgentStates& states, Instant now);
  std::optional<Wish> wish(Instant now) const;
  void act(Instant now);
  Duration drawn(Duration mean);
  std::string new_id();

  const std::string phone_;
  const Habits& habits_;
  Figures& figures_;
  std::mt19937_64 chance_;
  bool leaving_ = false;

  std::string ticket_, token_;
  std::vector<std::string> servers_, out_;
  bool connected_ = false, welcome_ = false, turned_away_ = false;
  bool enrolled_ = false;  ///< logged on in this session
  bool away_ = false;      ///< the zone's manager
  Instant connected_at_{}, heard_at_{};
  std::optional<Instant> lost_at_;

  int64_t received_ = 0;  ///< up to this notice all are here
  int64_t told_ = 0;      ///< up to this one all were sent
  int64_t situation_at_ = 0;
  std::map<int64_t, std::string> early_;
  std::optional<Instant> gap_since_;

  AgentStates states_{};
  std::string attempt_;
  Instant accounted_at_{};
  Instant until_{};  ///< of the conversation, of the work after it, or of the pause
  uint64_t last_id_ = 0;
  std::optional<Command> command_;
  AgentStates settled_in_{};  ///< the last command was answered, and its notice may still be on its way
  Instant settled_until_{};
};

}  // namespace everdial::robots
