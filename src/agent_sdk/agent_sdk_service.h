#pragma once

#include <functional>
#include <map>
#include <memory>
#include <set>
#include <string>

#include "agent_sdk/question_store.h"
#include "agent_sdk/record_watch.h"
#include "agent_sdk/session_machine.h"
#include "agent_sdk/session_store.h"
#include "agent_sdk/zone_watch.h"
#include "runtime/directory.h"
#include "runtime/seams.h"

namespace everdial {

using ConnectionId = uint64_t;  ///< of a desktop; never reused within a process

/// The shell around all desktops that are connected to this server: a SessionMachine each, a ZoneWatch for each of their zones.
/// It keeps nothing that another server could not begin with.
class AgentSdkService {
 public:
  struct Settings {
    desk::SessionMachine::Settings session;
    desk::ZoneWatch::Settings zone;
    desk::RecordWatch::Settings record;
    Duration tick = 100ms;
    Duration look_every = 1s;     ///< at the addresses of all servers
    Duration keep_every = 5s;     ///< note which sessions are connected here
    Duration clear_every = 1min;  ///< end sessions whose desktop has not come back
    Duration request_timeout = 1s;
    Duration drain_within = 300ms;
    std::string url;  ///< where desktops reach this process
    /// A new session's token: one that nobody can guess.
    std::function<std::string()> make_token;
    // For counting.
    std::function<void(const std::string& method, Duration took)> answered = [](const std::string&, Duration) {};
    std::function<void(int code)> closed = [](int) {};
    std::function<void(const std::string& why)> trouble = [](const std::string&) {};
  };
  /// What carries texts to and from desktops.
  struct Wire {
    std::function<void(ConnectionId, std::string text)> say;
    std::function<void(ConnectionId, int code, const std::string& reason)> close;  ///< after what was said
  };

  AgentSdkService(Seams& seams, desk::SessionStore& sessions, desk::QuestionStore& questions, const Directory& directory, Incarnation me,
                  ServerName server, Wire wire, Settings settings);
  ~AgentSdkService();

  void start();
  void handle(Request request, ReplyFn reply);  ///< AgentNotices
  /// Desktops are told to go on with another server; `done` when they have left.
  void drain(std::function<void()> done);

  // What the wire tells, on the loop.
  void opened(ConnectionId id);
  void heard(ConnectionId id, std::string text);
  void written(ConnectionId id);
  void lost(ConnectionId id);

  size_t connections() const { return desks_.size(); }
  size_t sessions() const { return by_session_.size(); }
  /// Addresses of all servers that have been seen: a lost one's pages go on here.
  std::vector<std::string> servers_seen() const { return {seen_.begin(), seen_.end()}; }

 private:
  struct Desk;
  using DeskPtr = std::shared_ptr<Desk>;

  DeskPtr find(ConnectionId id) const;
  void feed(const DeskPtr& desk, const desk::Input& input);
  void perform(const DeskPtr& desk, desk::Effect& effect);
  void forget(const Desk& desk);
  void find_session(const DeskPtr& desk, const desk::FindSession& effect);
  void found(const DeskPtr& desk, const std::string& token, desk::SessionRow row);
  void find_scripts(const DeskPtr& desk);
  void send(const DeskPtr& desk, const AgentCommand& command);
  void ask(const DeskPtr& desk, const desk::AskRecord& effect);
  void tell_taken();
  desk::ZoneWatch& zone(const std::string& name);
  void tell_zone(const std::string& name, const std::vector<desk::ZoneNews>& news);
  void look_at_zones();
  void look_at_record();
  void look();
  void tell_servers();
  std::vector<std::string> servers_for(AgentId agent) const;
  void keep();
  void clear();
  void end_expired(const desk::SessionStore::Expired& expired);
  void tick();
  std::optional<Address> self() const;

  Seams& seams_;
  desk::SessionStore& sessions_;
  desk::QuestionStore& questions_;
  const Directory& directory_;
  const Incarnation me_;
  const ServerName server_;
  const Wire wire_;
  const Settings settings_;
  std::map<ConnectionId, DeskPtr> desks_;
  std::map<std::string, ConnectionId> by_session_;
  std::map<std::string, desk::ZoneWatch> zones_;
  desk::RecordWatch record_;
  std::map<std::string, std::vector<NoticesTaken>> taken_;  ///< by zone, told together
  std::map<Incarnation, std::string> listeners_;            ///< as recorded
  struct Listener {
    Incarnation incarnation;
    std::string url;
    bool doubted = false;
    bool operator==(const Listener&) const = default;
  };
  std::vector<Listener> living_;  ///< those of them that serve as far as the record shows
  std::set<std::string> seen_;    ///< addresses of theirs, lost ones', too
  bool noted_ = false;            ///< that we are one of them
  bool draining_ = false;
  std::function<void()> drained_;
  std::unique_ptr<Timer> tick_, look_, keep_, clear_, drain_, tell_taken_;
};

}  // namespace everdial
