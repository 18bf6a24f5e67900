#include "mpp/mpp_service.h"

#include <algorithm>

#include "base/overloaded.h"

namespace everdial {

using namespace mpp;

namespace {

constexpr uint64_t journal_lane = 1;
constexpr uint64_t database_lane = 2;

/// What the disk must have before anything else is done; the rest of the journal is written in passing.
bool is_save(const Effect& effect) {
  const auto* write = std::get_if<WriteJournal>(&effect);
  return write ? write->durable : std::holds_alternative<CompactJournal>(effect);
}

/// One write and one sync for all that has gathered; a compaction makes what was to be written before it superfluous.
Status commit(JournalStore& journal, const std::vector<Effect>& saves) {
  std::vector<JournalEntry> entries;
  entries.reserve(saves.size());
  bool compacted = false;
  for (const Effect& save : saves) {
    if (const auto* write = std::get_if<WriteJournal>(&save)) {
      entries.push_back(write->entry);
    } else {
      entries = std::get<CompactJournal>(save).entries;
      compacted = true;
    }
  }
  return compacted ? journal.rewrite(entries) : journal.append(entries, true);
}

}  // namespace

MppService::MppService(Seams& seams, MppStore& store, JournalStore& journal, Trunk& trunk, const Directory& directory, Incarnation me,
                       Settings settings)
    : seams_(seams),
      store_(store),
      journal_(journal),
      trunk_(trunk),
      directory_(directory),
      me_(std::move(me)),
      settings_(std::move(settings)),
      machine_(settings_.machine),
      courier_(seams, directory, settings_.events),
      runner_(seams.store, journal_lane,
              {.is_save = is_save,
               .commit = [&journal](const std::vector<Effect>& saves) { return commit(journal, saves); },
               .perform = [this](Effect& effect) { perform(effect); },
               .failed = [this](const Error& error) { journal_failed(error); }}) {}

MppService::~MppService() = default;

// ---- the start ---------------------------------------------------------------------------------------------------------------------

void MppService::start() {
  wall_ahead_ = seams_.clock.now() - seams_.clock.steady();
  trunk_.listen([this](std::vector<TrunkEvent> events) { feed(TrunkReported{std::move(events)}); },
                [&journal = journal_](const AttemptId& attempt, const std::string& snapshot) {
                  // Should it fail, the next write of the machine's own fails as well, and it starts over from what the journal has.
                  (void)journal.append({DialogWritten{attempt, snapshot}}, false);
                });
  load();
}

void MppService::load() {
  run_store(
      seams_.store, journal_lane, [this] { return journal_.load(); },
      [this, alive = std::weak_ptr(alive_)](Result<std::vector<JournalEntry>> loaded) {
        if (alive.expired()) return;
        if (!loaded.ok()) return begin_again(loaded.error(), &MppService::load);
        without_records_ = loaded->empty();
        feed(JournalLoaded{std::move(*loaded)});
        enter();
      });
}

void MppService::enter() {
  run_store(
      seams_.store, database_lane, [this] { return store_.enter(settings_.machine.name, without_records_); },
      [this, alive = std::weak_ptr(alive_)](Result<std::optional<Instant>> entered) {
        if (alive.expired()) return;
        if (!entered.ok()) return begin_again(entered.error(), &MppService::enter);
        forgot_at_ = *entered;
        wait_to_be_seen();
      });
}

void MppService::wait_to_be_seen() {
  for (const Session& session : directory_.sessions()) {
    if (session.incarnation != me_ || session.address.value.empty()) continue;
    courier_.set_return_address(session.address);
    return read_epochs();
  }
  start_timer_ = seams_.clock.after(10ms, [this] { wait_to_be_seen(); });
}

void MppService::read_epochs() {
  run_store(
      seams_.store, database_lane, [this] { return store_.epochs(); },
      [this, alive = std::weak_ptr(alive_)](Result<std::vector<std::pair<Resource, Epoch>>> epochs) {
        if (alive.expired()) return;
        if (!epochs.ok()) return begin_again(epochs.error(), &MppService::read_epochs);
        feed(EpochsRead{std::move(*epochs), forgot_at_});
      });
}

void MppService::begin_again(const Error& error, void (MppService::*step)()) {
  if (settings_.trouble) settings_.trouble(error);
  start_timer_ = seams_.clock.after(settings_.start_again, [this, step] { (this->*step)(); });
}

void MppService::journal_failed(const Error& error) {
  // The machine is ahead of its record. What the record has is the truth: begin again from there, as after a death.
  serving_ = false;
  alive_ = std::make_shared<char>();
  machine_ = MppMachine(settings_.machine);
  timer_.reset();
  courier_.clear();
  for (auto& [id, reply] : std::exchange(replies_, {}))
    reply(Error{ErrorKind::unknown, "mpp: its journal cannot be written: " + error.message});
  begin_again(error, &MppService::load);
}

// ---- at work -----------------------------------------------------------------------------------------------------------------------

void MppService::handle(Request request, ReplyFn reply) {
  if (!serving_) {
    if (auto* execute = std::get_if<ExecuteCalls>(&request)) feed(OrdersRefused{std::move(*execute)});
    return reply(Error{ErrorKind::overloaded, "mpp: still starting, nothing was done"});
  }
  const ReplyId id = ++last_reply_;
  const auto take = [&](Input input) {
    replies_.emplace(id, std::move(reply));
    feed(input);
  };
  std::visit(Overloaded{
                 [&](RaiseBarrier& r) {
                   take(BarrierAsked{id, std::move(r)});
                 },
                 [&](ExecuteCalls& r) {
                   take(OrdersArrived{id, std::move(r)});
                 },
                 [&](ControlCalls& r) {
                   take(CommandsArrived{id, std::move(r)});
                 },
                 [&](ForgetCalls& r) {
                   take(ForgetAsked{id, std::move(r)});
                 },
                 [&](auto&) {
                   reply(Error{ErrorKind::invalid, "mpp: not a request for an MPP"});
                 },
             },
             request);
}

void MppService::drain(std::function<void()> done) {
  drained_ = std::move(done);
  feed(DrainBegun{});
  watch_drain(seams_.clock.steady() + settings_.drain_for);
}

void MppService::watch_drain(Instant until) {
  if (machine_.alive() == 0 && runner_.idle()) return std::exchange(drained_, nullptr)();
  if (seams_.clock.steady() >= until) feed(DrainEnded{});
  drain_timer_ = seams_.clock.after(20ms, [this, until] { watch_drain(until); });
}

void MppService::feed(const Input& input) {
  const Instant at = now();
  runner_.run(machine_.step(input, at));
}

Instant MppService::now() {
  const Instant wall = seams_.clock.now();
  const Duration ahead = wall - seams_.clock.steady();
  const Duration by = ahead - wall_ahead_;
  // Slewing is not setting: only a jump is told, and both clocks are read a moment apart.
  if (by > 200ms || by < -200ms) {
    wall_ahead_ = ahead;
    runner_.run(machine_.step(ClockStepped{by}, wall));
  }
  return wall;
}

void MppService::write(JournalEntry entry) {
  const Status written = journal_.append({std::move(entry)}, false);
  if (written.ok()) return;
  runner_.reset();
  journal_failed(written.error());
}

void MppService::arm(Instant at) {
  timer_ = seams_.clock.after(std::max(Duration{}, Duration{at - seams_.clock.now()}), [this] { feed(TimePassed{}); });
}

void MppService::perform(Effect& effect) {
  std::visit(Overloaded{
                 [this](WriteJournal& e) { write(std::move(e.entry)); },
                 [](CompactJournal&) {},
                 [this](Serve&) { serving_ = true; },
                 [this](Answer& e) {
                   if (auto waiting = replies_.extract(e.reply)) waiting.mapped()(std::move(e.body));
                 },
                 [this](PlaceOnTrunk& e) { trunk_.place(std::move(e.order)); },
                 [this](PlayOnTrunk& e) { trunk_.play(e.attempt, e.prompt); },
                 [this](ConverseOnTrunk& e) { trunk_.converse(e.conversation); },
                 [this](PressOnTrunk& e) { trunk_.press(e.attempt, e.digits); },
                 [this](HangUpOnTrunk& e) { trunk_.hang_up(e.attempt); },
                 [this](EndRestored& e) { trunk_.end_restored(e.attempt, e.snapshot); },
                 [this](SendEvent& e) { courier_.send(e.to, std::move(e.event)); },
                 [this](ArmTimer& e) { arm(e.at); },
             },
             effect);
}

}  // namespace everdial
