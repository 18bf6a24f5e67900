#pragma once

#include <deque>
#include <map>
#include <set>
#include <string>
#include <vector>

#include "agent_sdk/desk_types.h"

namespace everdial::desk {

/// One connection of one desktop, from its first message to its end: who it is, requests under way, numbered notices, beats, limits.
/// `now` never steps.
class SessionMachine {
 public:
  struct Settings {
    Duration hello_within = 5s;
    Duration beat_every = 500ms;
    Duration silence = 2500ms;         ///< then the connection is dead
    Duration listening = 1s;           ///< a desktop heard within this time is there
    Duration take_every = 3s;          ///< ask the manager whether there is more, in case word of it was lost
    Duration again_every = 100ms;      ///< a command whose answer was lost
    Duration done_within = 10s;        ///< such a command; later it is only asked whether it was done
    Duration ask_again_every = 300ms;  ///< for notices that are missing
    Duration gap_patience = 1s;        ///< then they are lost
    Duration wanted_every = 3s;        ///< while the manager waits for what desktops believe
    size_t requests_at_once = 20;
    int requests_a_second = 50;
    size_t bytes_waiting = 256 * 1024;
    size_t notices_waiting = 200;
  };

  SessionMachine(Settings settings, Instant now) : settings_(settings), opened_at_(now), heard_at_(now), bucket_at_(now) {}

  std::vector<Effect> step(const Input& input, Instant now);

  bool open() const { return stage_ == Stage::open; }
  bool closed() const { return stage_ == Stage::closed; }
  int64_t said_up_to() const { return said_; }  ///< number of the last notice

 private:
  enum class Stage { hello, finding, open, closed };

  void text_came(const TextCame& input);
  void request(const RpcMessage& message);
  void hello(const RpcMessage& message);
  void beat_came(const RpcMessage& message);
  void order(const RpcMessage& message);
  void ask(const RpcMessage& message);
  bool within_rate();

  void session_found(const SessionFound& input);
  void session_refused(const SessionRefused& input);
  void command_answered(const CommandAnswered& input);
  void question_answered(const QuestionAnswered& input);
  void notices_came(const NoticesCame& input);
  void tell(const AgentNotice& notice, int64_t number);
  void news(const ZoneNews& news);
  void servers_are(const ServersAre& input);
  void scripts_are(const ScriptsAre& input);
  void written();
  void time_passed(const TimePassed& input);
  void commands_again();

  void take(bool again);
  void say(std::string text, bool is_notice = false);
  void refuse(const std::string& id, const Refusal& refusal);
  void close(int code, std::string reason);

  const Settings settings_;
  Instant now_;
  Stage stage_ = Stage::hello;
  Instant opened_at_, heard_at_;
  std::string hello_id_;
  std::optional<int64_t> resumed_;  ///< up to this notice the desktop had all

  std::string session_, zone_;
  AgentId agent_;
  bool supervisor_ = false;
  std::vector<std::string> servers_;
  Scripts scripts_;
  bool manager_here_ = true, states_wanted_ = false;
  Instant wanted_at_;

  // Requests under way.
  struct UnderWay {
    AgentCommand command;
    Instant since, said_at;
    bool lost = false;  ///< its answer; it is said again
  };
  std::map<std::string, UnderWay> commands_;
  std::set<std::string> questions_;
  double bucket_ = 0;  ///< of requests, emptied so many a second
  Instant bucket_at_;

  // Notices.
  int64_t said_ = 0, received_ = 0;  ///< to the desktop; by it
  std::optional<Instant> gap_since_;
  Instant beat_at_, took_at_;

  // What was said and has not left: its size, and whether it is a notice.
  std::deque<std::pair<size_t, bool>> waiting_;
  size_t bytes_waiting_ = 0, notices_waiting_ = 0;

  std::vector<Effect> out_;
};

}  // namespace everdial::desk
