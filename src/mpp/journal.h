#pragma once

#include <filesystem>
#include <memory>
#include <mutex>
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

  /// Puts `entries` in place of everything, durably, and all at once: a death in the middle leaves the old or the new.
  virtual Status rewrite(const std::vector<mpp::JournalEntry>& entries) = 0;
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
};

}  // namespace everdial
