#include "list_manager/list_store_memory.h"

namespace everdial {
namespace {

const std::set kWaiting{ImportState::queued, ImportState::running};
const std::set kCollecting{ImportState::collecting};

}  // namespace

ImportId MemoryListStore::add(Upload upload) {
  const std::lock_guard lock(mutex_);
  const ImportId id{static_cast<int64_t>(uploads_.size()) + 1};
  upload.import.id = id;
  uploads_[id] = std::move(upload);
  return id;
}

ImportId MemoryListStore::add_import(Import import, std::string file) {
  import.state = ImportState::queued;
  import.size_bytes = static_cast<int64_t>(file.size());
  return add({.import = std::move(import), .file = std::move(file)});
}

ImportId MemoryListStore::add_collection(Import import, const std::string& file_name) {
  import.state = ImportState::collecting;
  return add({.import = std::move(import), .file_name = file_name});
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

std::vector<ImportId> MemoryListStore::in_states(const std::set<ImportState>& states) {
  const std::lock_guard lock(mutex_);
  std::vector<ImportId> ids;
  for (const auto& [id, upload] : uploads_)
    if (states.contains(upload.import.state)) ids.push_back(id);
  return ids;
}

Result<std::set<ImportId>> MemoryListStore::held(const std::vector<ImportId>& ids, Resource (*resource)(ImportId)) {
  std::vector<Resource> resources;
  for (const ImportId id : ids) resources.push_back(resource(id));
  auto leases = leases_.leases(resources);
  if (!leases.ok()) return leases.error();
  std::set<ImportId> out;
  for (const ImportId id : ids)
    if (std::any_of(leases->begin(), leases->end(), [&](const LeaseRow& l) { return l.resource == resource(id) && l.holder; }))
      out.insert(id);
  return out;
}

Result<std::vector<ListStore::Waiting>> MemoryListStore::waiting_imports() {
  const std::vector<ImportId> ids = in_states(kWaiting);
  const auto taken = held(ids, import_resource);
  if (!taken.ok()) return taken.error();
  std::vector<Waiting> waiting;
  for (const ImportId id : ids) waiting.push_back({id, taken->contains(id)});
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

Result<MemoryListStore::Upload*> MemoryListStore::open(const LeaseGrant& grant, ImportId id, const std::set<ImportState>& states) {
  if (Status mine = leases_.fence(grant); !mine.ok()) return mine.error();
  const auto found = uploads_.find(id);
  if (found == uploads_.end() || !states.contains(found->second.import.state))
    return Error{ErrorKind::conflict, "the import is over, or not where it was left"};
  return &found->second;
}

Status MemoryListStore::save_rows(const LeaseGrant& grant, const Import& import, const SaveRows& rows) {
  const std::lock_guard lock(mutex_);
  auto opened = open(grant, import.id, kWaiting);
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
  auto opened = open(grant, import.id, kWaiting);
  if (!opened.ok()) return opened.error();
  (*opened)->import.state = finish.state;
  (*opened)->import.error = finish.error;
  (*opened)->ended_at = now_();
  return success();
}

Status MemoryListStore::delete_files() {
  const std::lock_guard lock(mutex_);
  for (auto& [id, upload] : uploads_)
    if (!kWaiting.contains(upload.import.state) && !kCollecting.contains(upload.import.state) && upload.ended_at < now_() - keep_files)
      upload.file.clear();
  return success();
}

Result<std::vector<LeasedWork::Task>> MemoryListStore::waiting_collections() {
  const std::vector<ImportId> ids = in_states(kCollecting);
  const auto taken = held(ids, collect_resource);
  if (!taken.ok()) return taken.error();
  std::vector<LeasedWork::Task> waiting;
  for (const ImportId id : ids) waiting.push_back({collect_resource(id), taken->contains(id)});
  return waiting;
}

Result<Collection> MemoryListStore::load_collection(ImportId id) {
  const std::lock_guard lock(mutex_);
  const auto found = uploads_.find(id);
  if (found == uploads_.end()) return Error{ErrorKind::not_found, "there is no import " + to_string(id)};
  const Upload& upload = found->second;
  return Collection{id, upload.file_name, upload.import.state, upload.stamp, static_cast<int64_t>(upload.file.size())};
}

Status MemoryListStore::save_piece(const LeaseGrant& grant, const Collection& from, const FileStamp& file, const std::string& data) {
  const std::lock_guard lock(mutex_);
  auto opened = open(grant, from.id, kCollecting);
  if (!opened.ok()) return opened.error();
  Upload& upload = **opened;
  if (static_cast<int64_t>(upload.file.size()) != from.bytes)
    return Error{ErrorKind::conflict, "the import is over, or not where it was left"};
  upload.stamp = file;
  upload.import.size_bytes = file.size_bytes;
  upload.file += data;
  return success();
}

Status MemoryListStore::end_collection(const LeaseGrant& grant, ImportId id, const std::string& error) {
  const std::lock_guard lock(mutex_);
  auto opened = open(grant, id, kCollecting);
  if (!opened.ok()) return opened.error();
  (*opened)->import.state = error.empty() ? ImportState::queued : ImportState::failed;
  (*opened)->import.error = error;
  (*opened)->ended_at = now_();
  return success();
}

}  // namespace everdial
