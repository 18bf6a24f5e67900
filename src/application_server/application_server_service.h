#pragma once

#include <functional>
#include <memory>
#include <unordered_map>

#include "application_server/call_control_machine.h"
#include "application_server/result_courier.h"
#include "runtime/directory.h"
#include "runtime/seams.h"

namespace everdial {

/// The shell around one application server's call control (F_07): it writes nothing down, so any other can go on with any call.
class ApplicationServerService {
 public:
  struct Settings {
    CallControlMachine::Settings calls;
    ResultCourier::Settings results;
    Duration look_every = 100ms;       ///< at the directory
    Duration manager_timeout = 700ms;  ///< of agents; shorter than the MPP's own for its events
    Duration mpp_timeout = 1s;         ///< shorter than that of whoever waits for us
  };

  ApplicationServerService(Seams& seams, const Directory& directory, Incarnation me, Settings settings);
  ~ApplicationServerService();

  void start();
  void handle(Request request, ReplyFn reply);  ///< PlaceCalls, CallEvents, SteerCalls, AttemptsSettled
  /// Takes no more orders; `done` when those under way are answered. Its calls go on with another application server.
  void drain(std::function<void()> done);

  size_t calls_in_air() const { return machine_.calls_in_air(); }

 private:
  void look();
  void feed(const call_control::Input& input);
  void perform(call_control::Effect& effect);
  void execute(call_control::Execute& execute);
  void steer(call_control::Steer& steer);
  void answer(call_control::ReplyId id, Result<Reply> reply);
  void watch_drain();

  Seams& seams_;
  const Directory& directory_;
  Incarnation me_;
  Settings settings_;
  CallControlMachine machine_;
  ResultCourier results_;
  call_control::ReplyId last_reply_ = 0;
  std::unordered_map<call_control::ReplyId, ReplyFn> replies_;
  std::unique_ptr<Timer> look_timer_, drain_timer_;
  std::function<void()> drained_;
  std::shared_ptr<char> alive_ = std::make_shared<char>();
};

}  // namespace everdial
