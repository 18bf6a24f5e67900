#include "mpp/journal.h"

namespace everdial {

Result<std::vector<mpp::JournalEntry>> MemoryJournal::load() {
  const std::lock_guard lock(mutex_);
  return entries_;
}

Status MemoryJournal::append(const std::vector<mpp::JournalEntry>& entries, bool) {
  const std::lock_guard lock(mutex_);
  entries_.insert(entries_.end(), entries.begin(), entries.end());
  return success();
}

Status MemoryJournal::rewrite(const std::vector<mpp::JournalEntry>& entries) {
  const std::lock_guard lock(mutex_);
  entries_ = entries;
  return success();
}

}  // namespace everdial
