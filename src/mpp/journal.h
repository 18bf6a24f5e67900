#pragma once

#include <filesystem>
#include <memory>
#include <mutex>
#include <string>
#include <unordered_map>
#include <vector>

#include "base/result.h"
#include "mpp/mpp_types.h"

namespace everdial {

/// Where an MPP writes what it must still know after it died. Blocking; called on one store thread, but for `append` without `durable`,
/// which any thread may call.
class JournalStore {
 public:
  virtual ~JournalStore() = default;

  /// All whole entries in the order written. What was being written when the process died is dropped.
  virtual Result<std::vector<mpp::JournalEntry>> load() = 0;

  /// All of `entries` or, with an error, none of them. They outlive the process; with `durable` the machine's loss of power too.
  virtual Status append(const std::vector<mpp::JournalEntry>& entries, bool durable) = 0;

  /// Puts `entries` in place of everything but the last dialog of each call that lives in them, durably, and all at once: a death in the
  /// middle leaves the old or the new.
  virtual Status rewrite(const std::vector<mpp::JournalEntry>& entries) = 0;
};

/// The last dialog of each living call. They are written from other threads than the rest: whoever rewrites the journal cannot know which
/// have come meanwhile, so the journal itself carries them over.
class LastDialogs {
 public:
  void note(const std::vector<mpp::JournalEntry>& entries);
  /// Drops those of calls that do not live in `entries`, which are all there is.
  void keep_living(const std::vector<mpp::JournalEntry>& entries);
  std::vector<mpp::JournalEntry> entries() const;

 private:
  std::unordered_map<AttemptId, std::string> snapshots_;
};

/// One append-only file, a checksum per entry. A second process that opens it is refused, so that two MPPs never share one.
std::unique_ptr<JournalStore> make_file_journal(std::filesystem::path file);

/// Outlives the machines that use it, as a disk does; for tests and the simulator.
class MemoryJournal : public JournalStore {
 public:
  Result<std::vector<mpp::JournalEntry>> load() override;
  Status append(const std::vector<mpp::JournalEntry>& entries, bool durable) override;
  Status rewrite(const std::vector<mpp::JournalEntry>& entries) override;

 private:
  std::mutex mutex_;
  std::vector<mpp::JournalEntry> entries_;
  LastDialogs dialogs_;
};

}  // namespace everdial
