#pragma once

#include <functional>
#include <iterator>
#include <memory>
#include <utility>
#include <vector>

#include "runtime/seams.h"

namespace everdial {

/// Carries out the effects of one machine: first what must be saved, in one fenced transaction, then everything else, in order.
/// Effects that come while a commit is under way wait and share the next one (group commit). When a commit fails, nothing that
/// waited is performed and `failed` is told: the machine's memory is then ahead of the record, so the shell must load it anew.
template <class Effect>
class EffectRunner {
 public:
  struct Shell {
    std::function<bool(const Effect&)> is_save;                ///< does it belong in the transaction?
    std::function<Status(const std::vector<Effect>&)> commit;  ///< on a store thread; blocking
    std::function<void(Effect&)> perform;                      ///< sends and timers, on the loop
    std::function<void(const Error&)> failed;
  };

  EffectRunner(StoreExecutor& store, uint64_t lane, Shell shell)
      : store_(store), lane_(lane), shell_(std::make_shared<Shell>(std::move(shell))) {}
  EffectRunner(const EffectRunner&) = delete;
  EffectRunner& operator=(const EffectRunner&) = delete;

  void run(std::vector<Effect> effects) {
    if (effects.empty()) return;
    waiting_.insert(waiting_.end(), std::make_move_iterator(effects.begin()), std::make_move_iterator(effects.end()));
    if (!busy_) next();
  }

  /// Forgets all that has not been committed; what is under way may still commit, but is not performed.
  void reset() {
    waiting_.clear();
    busy_ = false;
    alive_ = std::make_shared<char>();
  }

  bool idle() const { return !busy_ && waiting_.empty(); }

 private:
  void next() {
    // `perform` may call run() again: those effects join waiting_ and are taken by this same loop.
    busy_ = true;
    const std::weak_ptr<char> alive = alive_;
    while (!waiting_.empty()) {
      auto batch = std::make_shared<std::vector<Effect>>(std::exchange(waiting_, {}));
      auto saves = std::make_shared<std::vector<Effect>>();
      for (const Effect& effect : *batch)
        if (shell_->is_save(effect)) saves->push_back(effect);
      if (!saves->empty()) {
        run_store(
            store_, lane_, [shell = shell_, saves] { return shell->commit(*saves); },
            [this, alive, batch](Status status) {
              if (alive.expired()) return;
              if (!status.ok()) {
                reset();
                return shell_->failed(status.error());
              }
              if (perform(*batch, alive)) next();
            });
        return;
      }
      if (!perform(*batch, alive)) return;
    }
    busy_ = false;
  }

  bool perform(std::vector<Effect>& batch, const std::weak_ptr<char>& alive) {
    const auto shell = shell_;
    for (Effect& effect : batch) {
      if (shell->is_save(effect)) continue;
      shell->perform(effect);
      if (alive.expired()) return false;
    }
    return true;
  }

  StoreExecutor& store_;
  uint64_t lane_;
  std::shared_ptr<Shell> shell_;
  std::vector<Effect> waiting_;
  bool busy_ = false;
  std::shared_ptr<char> alive_ = std::make_shared<char>();
};

}  // namespace everdial
