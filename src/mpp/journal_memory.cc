#include "mpp/journal.h"

namespace everdial {

Result<std::vector<mpp::JournalEntry>> MemoryJournal::load() {
  const std::lock_guard lock(mutex_);
  return entries_;
}

Status MemoryJournal::append(const std::vector<mpp::JournalEntry>& entries, bool) {
  const std::lock_guard lock(mutex_);
  entries_.insert(entries_.end(), entries.begin(), entries.end());
  dialogs_.note(entries);
  return success();
}

Status MemoryJournal::rewrite(const std::vector<mpp::JournalEntry>& entries) {
  const std::lock_guard lock(mutex_);
  dialogs_.keep_living(entries);
  entries_ = entries;
  const auto dialogs = dialogs_.entries();
  entries_.insert(entries_.end(), dialogs.begin(), dialogs.end());
  return success();
}

}  // namespace everdial
