#pragma once

#include <functional>
#include <map>
#include <memory>
#include <string>
#include <vector>

#include "ha/lease_store.h"
#include "runtime/loop.h"
#include "server/child_link.h"
#include "server/child_process.h"
#include "server/server_machine.h"
#include "server/server_store.h"

namespace everdial {

/// The shell around a server's machine: processes, their progress, their sessions.
class ServerService {
 public:
  struct Settings {
    ServerName name;
    std::string address, version;  ///< of its session: where its health listener is
    std::vector<server::ChildName> children;
    std::vector<std::string> zones;  ///< that it serves
    std::string program = "/proc/self/exe";
    std::function<std::vector<std::string>(const server::ChildName&)> arguments;
    server::ServerMachine::Settings machine;
    Duration look_for_twin = 1200ms;           ///< old sessions under our name that are renewed within this belong to a living server
    Duration look_for_wishes = 500ms;          ///< of people, in the record
    std::function<void()> exit;                ///< all is drained
    std::function<void(const Error&)> refuse;  ///< cannot be started here: a server of this name lives
    std::function<void(const std::string& message, const server::ChildName&)> note;  ///< for the log
    std::function<void()> ended = [] {};                                             ///< a child has; for counting
  };

  ServerService(Seams& seams, Loop& loop, LeaseStore& leases, ServerStore& store, Incarnation me, Settings settings);
  ~ServerService();

  void start();
  void drain();

  size_t serving() const { return machine_.serving(); }
  size_t wanted() const { return machine_.wanted(); }
  std::vector<Unfit> unfit() const { return machine_.unfit(loop_.steady()); }
  std::map<std::string, int> deaths() const { return machine_.deaths(loop_.steady()); }
  /// What the failure detector says, to all children. To be told again each 100 ms: one that was just started, or did not listen, has
  /// missed it.
  void tell(const Outlook& outlook);
  /// To all children: look at the leases now.
  void wake();
  /// 0 when it does not run.
  pid_t pid_of(const server::ChildName& child) const;
  Incarnation incarnation_of(const server::ChildName& child) const;

 private:
  void send_to_all(std::string_view text);
  struct Running {
    server::ChildProcess process;
    Incarnation incarnation;
    std::unique_ptr<Timer> watch;  ///< of its end of the link
  };

  void look_for_predecessor();
  void succeed(const std::vector<Session>& before);
  void enter(std::vector<Incarnation> dead);
  void begin(std::set<std::string> stopped);
  void look_for_wishes();
  void again(const Error& error, std::function<void()> step);
  void tick();
  void reap();
  void feed(const server::Input& input);
  void perform(const std::vector<server::Effect>& effects);
  void start_child(const server::ChildName& name);
  void hear(const server::ChildName& name, int fd);
  void signal_child(const server::ChildName& name, int number);
  void bury(const server::BuryDead& bury);
  void renew(const server::RenewSessions& renew);

  Seams& seams_;
  Loop& loop_;
  LeaseStore& leases_;
  ServerStore& store_;
  Incarnation me_;
  Settings settings_;
  server::ServerMachine machine_;
  std::map<server::ChildName, Running> running_;
  std::unique_ptr<Timer> timer_, wishes_timer_;
  bool begun_ = false;
  std::shared_ptr<char> alive_ = std::make_shared<char>();
};

}  // namespace everdial
