#include "mpp/journal.h"

namespace everdial {

Result<std::vector<mpp::JournalEntry>> MemoryJournal::load() { return entries_; }

Status MemoryJournal::append(const std::vector<mpp::JournalEntry>& entries, bool) {
  entries_.insert(entries_.end(), entries.begin(), entries.end());
  return success();
}

Status MemoryJournal::rewrite(const std::vector<mpp::JournalEntry>& entries) {
  entries_ = entries;
  return success();
}

}  // namespace everdial
