#include "list_manager/list_manager_service.h"

#include "base/overloaded.h"
#include "runtime/effect_runner.h"

namespace everdial {
namespace {

// Reading runs beside saving: each import has two lanes of its own, above those of the leases.
constexpr uint64_t poll_lane = 100;
uint64_t read_lane(ImportId id) { return 1000 + 2 * static_cast<uint64_t>(id.value); }
uint64_t save_lane(ImportId id) { return read_lane(id) + 1; }

// One save under way and one ready: enough to keep database and parser both busy.
constexpr int saves_at_once = 2;

std::vector<LeasedWork::Task> tasks_of(const std::vector<ListStore::Waiting>& waiting) {
  std::vector<LeasedWork::Task> tasks;
  for (const auto& [id, held] : waiting) tasks.push_back({import_resource(id), held});
  return tasks;
}

bool is_save(const ImportEffect& effect) {
  return std::holds_alternative<SaveRows>(effect) || std::holds_alternative<FinishImport>(effect);
}

/// Each save in a transaction of its own: a checkpoint between two is as good as one after both.
Status commit(ListStore& store, const LeaseGrant& grant, const Import& import, const std::vector<ImportEffect>& effects) {
  for (const ImportEffect& effect : effects) {
    Status done = success();
    if (const auto* rows = std::get_if<SaveRows>(&effect)) done = store.save_rows(grant, import, *rows);
    if (const auto* finish = std::get_if<FinishImport>(&effect)) done = store.finish_import(grant, import, *finish);
    if (!done.ok()) return done;
  }
  return success();
}

}  // namespace

/// One import under one grant.
class ListManagerService::Worker {
 public:
  Worker(ListManagerService& owner, ImportId id, LeaseGrant grant) : owner_(owner), id_(id), grant_(std::move(grant)) { load(); }

 private:
  void load() {
    run_store(
        owner_.seams_.store, read_lane(id_), [&store = owner_.store_, id = id_] { return store.load_import(id); },
        [this, alive = std::weak_ptr(alive_)](Result<Import> import) {
          if (alive.expired()) return;
          if (import.ok()) {
            begin(std::move(*import));
          } else if (import.error().kind == ErrorKind::invalid) {
            give_up(import.error());
          } else if (import.error().kind == ErrorKind::not_found) {
            leave();
          } else {
            retry();
          }
        });
  }

  void begin(Import import) {
    unsaved_ = 0;
    at_end_ = false;
    next_byte_ = import.checkpoint.byte;
    machine_.emplace(import, owner_.settings_.limits);
    make_runner(std::move(import));
    read_on();
  }

  /// What goes to a store thread holds nothing of this worker, which may end meanwhile.
  void make_runner(Import import) {
    runner_ = std::make_unique<EffectRunner<ImportEffect>>(
        owner_.seams_.store, save_lane(id_),
        EffectRunner<ImportEffect>::Shell{
            .is_save = is_save,
            .commit = [&store = owner_.store_, grant = grant_, import = std::move(import)](
                          const std::vector<ImportEffect>& effects) { return commit(store, grant, import, effects); },
            .perform =
                [this](ImportEffect& effect) {
                  if (std::holds_alternative<LeaveImport>(effect)) return leave();
                  --unsaved_;
                  read_on();
                },
            .failed = [this](const Error& error) { failed(error); }});
  }

  void read_on() {
    if (reading_ || at_end_ || machine_->ended() || unsaved_ >= saves_at_once) return;
    reading_ = true;
    run_store(
        owner_.seams_.store, read_lane(id_),
        [&store = owner_.store_, id = id_, from = next_byte_, count = owner_.settings_.bytes_per_read] {
          return store.read_bytes(id, from, count);
        },
        [this, alive = std::weak_ptr(alive_), life = life_](Result<std::string> bytes) {
          if (alive.expired() || life != life_) return;
          reading_ = false;
          if (!bytes.ok()) return retry();
          // The next piece is read while this one is parsed.
          at_end_ = bytes->empty();
          next_byte_ += static_cast<int64_t>(bytes->size());
          read_on();
          take(std::move(*bytes));
        });
  }

  void take(std::string bytes) {
    const ImportInput input = bytes.empty() ? ImportInput{FileEnded{}} : ImportInput{BytesRead{std::move(bytes)}};
    std::vector<ImportEffect> effects = machine_->step(input, owner_.seams_.clock.now());
    for (const ImportEffect& effect : effects) unsaved_ += std::holds_alternative<SaveRows>(effect);
    runner_->run(std::move(effects));
    read_on();
  }

  void failed(const Error& error) {
    switch (error.kind) {
      case ErrorKind::fenced:
        return owner_.seams_.clock.post([&leases = owner_.leases_, grant = grant_] { leases.fenced(grant); });
      case ErrorKind::conflict:
        return leave();  // cancelled
      case ErrorKind::invalid:
        return give_up(error);
      default:
        return retry();
    }
  }

  /// The database refuses the data itself: trying again cannot help.
  void give_up(const Error& error) {
    if (!runner_) {
      Import import;
      import.id = id_;
      make_runner(std::move(import));
    }
    runner_->run({FinishImport{ImportState::failed, error.message}, LeaveImport{}});
  }

  /// What was under way may or may not be committed: the checkpoint knows.
  void retry() {
    ++life_;
    reading_ = false;
    timer_ = owner_.seams_.clock.after(owner_.settings_.retry_after, [this] { load(); });
  }

  /// Later, because it ends this worker, which is on the stack.
  void leave() {
    owner_.seams_.clock.post([&owner = owner_, id = id_, alive = std::weak_ptr(owner_.alive_)] {
      if (!alive.expired()) owner.work_.leave(import_resource(id));
    });
  }

  ListManagerService& owner_;
  const ImportId id_;
  const LeaseGrant grant_;
  std::optional<ImportMachine> machine_;
  std::unique_ptr<EffectRunner<ImportEffect>> runner_;
  std::unique_ptr<Timer> timer_;
  int64_t next_byte_ = 0;
  int unsaved_ = 0;
  int life_ = 0;  ///< counts reloads, so that what was read for an earlier one is dropped
  bool reading_ = false;
  bool at_end_ = false;
  std::shared_ptr<char> alive_ = std::make_shared<char>();
};

ListManagerService::ListManagerService(Seams& seams, ListStore& store, LeaseService& leases)
    : ListManagerService(seams, store, leases, Settings{}) {}

ListManagerService::ListManagerService(Seams& seams, ListStore& store, LeaseService& leases, Settings settings)
    : seams_(seams),
      store_(store),
      leases_(leases),
      settings_(settings),
      work_(leases, settings.imports_at_once,
            [this](const LeaseGrant& grant) { return std::make_shared<Worker>(*this, ImportId{number_of(grant.resource)}, grant); }) {}

ListManagerService::~ListManagerService() = default;

void ListManagerService::start() {
  poll();
  clean();
}

void ListManagerService::clean() {
  run_store(
      seams_.store, poll_lane, [&store = store_] { return store.delete_files(); },
      [this, alive = std::weak_ptr(alive_)](Status) {
        if (!alive.expired()) clean_timer_ = seams_.clock.after(settings_.clean_every, [this] { clean(); });
      });
}

void ListManagerService::poll() {
  run_store(
      seams_.store, poll_lane, [&store = store_] { return store.waiting_imports(); },
      [this, alive = std::weak_ptr(alive_)](Result<std::vector<ListStore::Waiting>> waiting) {
        if (alive.expired()) return;
        if (waiting.ok()) work_.choose(tasks_of(*waiting));
        timer_ = seams_.clock.after(settings_.poll_every, [this] { poll(); });
      });
}

}  // namespace everdial
