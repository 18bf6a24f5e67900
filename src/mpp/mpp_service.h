#pragma once

#include <functional>
#include <memory>
#include <optional>
#include <unordered_map>

#include "mpp/event_courier.h"
#include "mpp/journal.h"
#include "mpp/mpp_machine.h"
#include "mpp/mpp_store.h"
#include "mpp/trunk.h"
#include "runtime/directory.h"
#include "runtime/effect_runner.h"
#include "runtime/seams.h"

namespace everdial {

/// The shell around one MPP worker's machine (M-08, R-01). It serves only after the journal is read, whoever becomes owner of a job will
/// ask this MPP too, and the leases' epochs are known: until then every request is refused as `overloaded`, which means not done.
class MppService {
 public:
  struct Settings {
    MppMachine::Settings machine;  ///< its name is mpp_name(session)
    EventCourier::Settings events;
    Duration start_again = 200ms;               ///< when journal or database cannot be reached
    Duration drain_for = 30s;                   ///< then whoever still talks is hung up on
    std::function<void(const Error&)> trouble;  ///< told, for the log, when the journal or the start fails
  };

  MppService(Seams& seams, MppStore& store, JournalStore& journal, Trunk& trunk, const Directory& directory, Incarnation me,
             Settings settings);
  ~MppService();

  void start();
  void handle(Request request, ReplyFn reply);  ///< RaiseBarrier, ExecuteCalls, ControlCalls, ForgetCalls
  /// Takes no new calls; `done` when none is left.
  void drain(std::function<void()> done);

  bool serving() const { return serving_; }
  size_t calls_alive() const { return machine_.alive(); }
  size_t calls_unsettled() const { return machine_.unsettled(); }

 private:
  void load();
  void enter();
  void wait_to_be_seen();
  void read_epochs();
  void begin_again(const Error& error, void (MppService::*step)());
  void journal_failed(const Error& error);
  void feed(const mpp::Input& input);
  void perform(mpp::Effect& effect);
  Instant now();
  void write(mpp::JournalEntry entry);
  void arm(Instant at);
  void watch_drain(Instant until);

  Seams& seams_;
  MppStore& store_;
  JournalStore& journal_;
  Trunk& trunk_;
  const Directory& directory_;
  Incarnation me_;
  Settings settings_;
  MppMachine machine_;
  EventCourier courier_;
  EffectRunner<mpp::Effect> runner_;
  bool serving_ = false;
  bool without_records_ = false;      ///< the journal that was loaded had nothing in it
  std::optional<Instant> forgot_at_;  ///< as the store knows it
  Duration wall_ahead_{};             ///< of the steady clock, when last looked
  mpp::ReplyId last_reply_ = 0;
  std::unordered_map<mpp::ReplyId, ReplyFn> replies_;
  std::unique_ptr<Timer> timer_, start_timer_, drain_timer_;
  std::function<void()> drained_;
  std::shared_ptr<char> alive_ = std::make_shared<char>();
};

}  // namespace everdial
