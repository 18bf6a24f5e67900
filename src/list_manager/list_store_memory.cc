#include "list_manager/list_store_memory.h"

namespace everdial {
namespace {

bool waits(const Import& import) { return import.state == ImportState::queued || import.state == ImportState::running; }

}  // namespace

ImportId MemoryListStore::add_import(Import import, std::string file) {
  const std::lock_guard lock(mutex_);
  import.id = ImportId{static_cast<int64_t>(uploads_.size()) + 1};
  import.state = ImportState::queued;
  import.size_bytes = static_cast<int64_t>(file.size());
  uploads_[import.id] = Upload{import, std::move(file), {}, {}};
  return import.id;
}

void MemoryListStore::cancel(ImportId id) {
  const std::lock_guard lock(mutex_);
  uploads_.at(id).import.state = ImportState::cancelled;
  uploads_.at(id).ended_at = now_();
}

std::vector<MemoryListStore::Contact> MemoryListStore::contacts(ContactListId list) {
  const std::lock_guard lock(mutex_);
  return lists_[list].contacts;
}

std::vector<std::string> MemoryListStore::dnc() {
  const std::lock_guard lock(mutex_);
  return {dnc_.begin(), dnc_.end()};
}

std::vector<Reject> MemoryListStore::rejects(ImportId id) {
  const std::lock_guard lock(mutex_);
  return uploads_.at(id).rejects;
}

Result<std::vector<ListStore::Waiting>> MemoryListStore::waiting_imports() {
  std::vector<ImportId> ids;
  std::vector<Resource> resources;
  {
    const std::lock_guard lock(mutex_);
    for (const auto& [id, upload] : uploads_) {
      if (!waits(upload.import)) continue;
      ids.push_back(id);
      resources.push_back(import_resource(id));
    }
  }
  auto leases = leases_.leases(resources);
  if (!leases.ok()) return leases.error();
  std::vector<Waiting> waiting;
  for (const ImportId id : ids) {
    const bool held =
        std::any_of(leases->begin(), leases->end(), [&](const LeaseRow& l) { return l.resource == import_resource(id) && l.holder; });
    waiting.push_back({id, held});
  }
  return waiting;
}

Result<Import> MemoryListStore::load_import(ImportId id) {
  const std::lock_guard lock(mutex_);
  const auto found = uploads_.find(id);
  if (found == uploads_.end()) return Error{ErrorKind::not_found, "there is no import " + to_string(id)};
  return found->second.import;
}

Result<std::string> MemoryListStore::read_bytes(ImportId id, int64_t first_byte, size_t at_most) {
  const std::lock_guard lock(mutex_);
  const std::string& file = uploads_.at(id).file;
  const auto from = static_cast<size_t>(first_byte);
  return from >= file.size() ? std::string{} : file.substr(from, at_most);
}

Result<MemoryListStore::Upload*> MemoryListStore::open(const LeaseGrant& grant, ImportId id) {
  if (Status mine = leases_.fence(grant); !mine.ok()) return mine.error();
  const auto found = uploads_.find(id);
  if (found == uploads_.end() || !waits(found->second.import))
    return Error{ErrorKind::conflict, "the import is over, or not where it was left"};
  return &found->second;
}

Status MemoryListStore::save_rows(const LeaseGrant& grant, const Import& import, const SaveRows& rows) {
  const std::lock_guard lock(mutex_);
  auto opened = open(grant, import.id);
  if (!opened.ok()) return opened.error();
  Upload& upload = **opened;
  if (upload.import.checkpoint != rows.from) return Error{ErrorKind::conflict, "the import is over, or not where it was left"};
  const AcceptedRows& a = rows.accepted;
  for (size_t i = 0; i < a.rows.size(); ++i) {
    bool fresh;
    if (upload.import.kind == FileKind::contacts) {
      List& list = lists_[upload.import.list];
      fresh = list.phones.insert(a.phones[i]).second;
      if (fresh) list.contacts.push_back({a.phones[i], a.time_zones[i], a.refs[i], a.attributes[i], import.id, a.rows[i]});
    } else {
      fresh = dnc_.insert(a.phones[i]).second;
    }
    ++(fresh ? upload.import.accepted : upload.import.duplicates);
  }
  upload.import.duplicates += rows.repeats;
  upload.rejects.insert(upload.rejects.end(), rows.rejects.begin(), rows.rejects.end());
  upload.import.rejected += static_cast<int64_t>(rows.rejects.size());
  upload.import.state = ImportState::running;
  upload.import.layout = rows.layout;
  upload.import.checkpoint = rows.to;
  return success();
}

Status MemoryListStore::finish_import(const LeaseGrant& grant, const Import& import, const FinishImport& finish) {
  const std::lock_guard lock(mutex_);
  auto opened = open(grant, import.id);
  if (!opened.ok()) return opened.error();
  (*opened)->import.state = finish.state;
  (*opened)->import.error = finish.error;
  (*opened)->ended_at = now_();
  return success();
}

Status MemoryListStore::delete_files() {
  const std::lock_guard lock(mutex_);
  for (auto& [id, upload] : uploads_)
    if (!waits(upload.import) && upload.ended_at < now_() - keep_files) upload.file.clear();
  return success();
}

}  // namespace everdial
