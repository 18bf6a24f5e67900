#include "list_manager/export_store_memory.h"

#include <algorithm>

namespace everdial {
namespace {

bool waits(const Export& e) { return e.state == ExportState::queued || e.state == ExportState::running; }

const Error kOver{ErrorKind::conflict, "the export is over, or not where it was left"};

}  // namespace

ExportId MemoryExportStore::add(ExportKind kind, std::vector<std::string> columns, std::vector<ExportRow> rows) {
  const std::lock_guard lock(mutex_);
  const ExportId id{static_cast<int64_t>(exports_.size()) + 1};
  exports_[id] = {Export{id, kind, ExportState::queued, std::move(columns), {}}, std::move(rows), ""};
  return id;
}

void MemoryExportStore::cancel(ExportId id) {
  const std::lock_guard lock(mutex_);
  exports_.at(id).row.state = ExportState::cancelled;
}

std::string MemoryExportStore::file(ExportId id) {
  const std::lock_guard lock(mutex_);
  return exports_.at(id).file;
}

Result<std::vector<LeasedWork::Task>> MemoryExportStore::waiting_exports() {
  const std::lock_guard lock(mutex_);
  std::vector<LeasedWork::Task> out;
  for (const auto& [id, kept] : exports_) {
    if (!waits(kept.row)) continue;
    const auto leases = leases_.leases({});
    if (!leases.ok()) return leases.error();
    const bool held =
        std::any_of(leases->begin(), leases->end(), [&](const LeaseRow& l) { return l.resource == export_resource(id) && l.holder; });
    out.push_back({export_resource(id), held});
  }
  return out;
}

Result<Export> MemoryExportStore::load_export(ExportId id) {
  const std::lock_guard lock(mutex_);
  const auto found = exports_.find(id);
  if (found == exports_.end()) return Error{ErrorKind::not_found, "there is no export " + to_string(id)};
  return found->second.row;
}

Result<MemoryExportStore::Kept*> MemoryExportStore::open(const LeaseGrant& grant, ExportId id) {
  if (Status mine = leases_.fence(grant); !mine.ok()) return mine.error();
  const auto found = exports_.find(id);
  if (found == exports_.end() || !waits(found->second.row)) return kOver;
  return &found->second;
}

Status MemoryExportStore::begin_export(const LeaseGrant& grant, ExportId id) {
  const std::lock_guard lock(mutex_);
  auto opened = open(grant, id);
  if (!opened.ok()) return opened.error();
  if ((*opened)->row.state != ExportState::queued) return kOver;
  (*opened)->row.state = ExportState::running;
  return success();
}

Result<std::vector<ExportRow>> MemoryExportStore::read_rows(const Export& from, int limit) {
  const std::lock_guard lock(mutex_);
  std::vector<ExportRow> out;
  const std::pair after{from.checkpoint.contact, from.checkpoint.number};
  for (const ExportRow& row : exports_.at(from.id).rows)
    if (std::pair{row.contact, row.number} > after && static_cast<int>(out.size()) < limit) out.push_back(row);
  return out;
}

Status MemoryExportStore::save_chunk(const LeaseGrant& grant, const Export& from, const std::string& data, const ExportCheckpoint& to) {
  const std::lock_guard lock(mutex_);
  auto opened = open(grant, from.id);
  if (!opened.ok()) return opened.error();
  if ((*opened)->row.checkpoint != from.checkpoint) return kOver;
  (*opened)->file += data;
  (*opened)->row.checkpoint = to;
  return success();
}

Status MemoryExportStore::finish_export(const LeaseGrant& grant, ExportId id, ExportState state, const std::string&) {
  const std::lock_guard lock(mutex_);
  auto opened = open(grant, id);
  if (!opened.ok()) return opened.error();
  (*opened)->row.state = state;
  return success();
}

}  // namespace everdial
