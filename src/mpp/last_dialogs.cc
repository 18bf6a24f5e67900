#include <unordered_set>

#include "mpp/journal.h"

namespace everdial {

using namespace mpp;

void LastDialogs::note(const std::vector<JournalEntry>& entries) {
  for (const JournalEntry& entry : entries) {
    if (const auto* dialog = std::get_if<DialogWritten>(&entry)) snapshots_[dialog->attempt] = dialog->snapshot;
    else if (const auto* call = std::get_if<CallWritten>(&entry); call && call->record.stage == CallStage::ended)
      snapshots_.erase(call->record.attempt);
  }
}

void LastDialogs::keep_living(const std::vector<JournalEntry>& entries) {
  std::unordered_set<AttemptId> living;
  for (const JournalEntry& entry : entries)
    if (const auto* call = std::get_if<CallWritten>(&entry); call && call->record.stage != CallStage::ended)
      living.insert(call->record.attempt);
  std::erase_if(snapshots_, [&](const auto& each) { return !living.contains(each.first); });
}

std::vector<JournalEntry> LastDialogs::entries() const {
  std::vector<JournalEntry> out;
  out.reserve(snapshots_.size());
  for (const auto& [attempt, snapshot] : snapshots_) out.push_back(DialogWritten{attempt, snapshot});
  return out;
}

}  // namespace everdial
