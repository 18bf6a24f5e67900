#pragma once

#include <functional>
#include <map>
#include <mutex>
#include <set>

#include "ha/lease_store_memory.h"
#include "list_manager/collect_store.h"
#include "list_manager/list_store.h"

namespace everdial {

/// The list tables in memory, for tests and the simulator.
class MemoryListStore final : public ListStore, public CollectStore {
 public:
  struct Contact {
    std::string phone, time_zone;
    std::optional<std::string> ref;
    std::string attributes;
    ImportId import;
    int64_t row = 0;
    bool operator==(const Contact&) const = default;
  };

  MemoryListStore(MemoryLeaseStore& leases, std::function<Instant()> now) : leases_(leases), now_(std::move(now)) {}

  /// Uploads a file whole; its import is queued. Its id is set here.
  ImportId add_import(Import import, std::string file);
  /// One whose file is still to be collected.
  ImportId add_collection(Import import, const std::string& file_name);
  void cancel(ImportId id);
  std::vector<Contact> contacts(ContactListId list);  ///< in the order they were added
  std::vector<std::string> dnc();
  std::vector<Reject> rejects(ImportId id);
  Duration keep_files = 24h;

  Result<std::vector<Waiting>> waiting_imports() override;
  Result<Import> load_import(ImportId id) override;
  Result<std::string> read_bytes(ImportId id, int64_t first_byte, size_t at_most) override;
  Status save_rows(const LeaseGrant& grant, const Import& import, const SaveRows& rows) override;
  Status finish_import(const LeaseGrant& grant, const Import& import, const FinishImport& finish) override;
  Status delete_files() override;

  Result<std::vector<LeasedWork::Task>> waiting_collections() override;
  Result<Collection> load_collection(ImportId id) override;
  Status save_piece(const LeaseGrant& grant, const Collection& from, const FileStamp& file, const std::string& data) override;
  Status end_collection(const LeaseGrant& grant, ImportId id, const std::string& error) override;

 private:
  struct Upload {
    Import import;
    std::string file;
    std::vector<Reject> rejects;
    Instant ended_at;
    std::string file_name;
    std::optional<FileStamp> stamp;
  };
  struct List {
    std::vector<Contact> contacts;
    std::set<std::string> phones;
  };
  ImportId add(Upload upload);
  std::vector<ImportId> in_states(const std::set<ImportState>& states);
  /// Those of `ids` whose lease is held.
  Result<std::set<ImportId>> held(const std::vector<ImportId>& ids, Resource (*resource)(ImportId));
  Result<Upload*> open(const LeaseGrant& grant, ImportId id, const std::set<ImportState>& states);

  MemoryLeaseStore& leases_;
  std::function<Instant()> now_;
  std::mutex mutex_;
  std::map<ImportId, Upload> uploads_;
  std::map<ContactListId, List> lists_;
  std::set<std::string> dnc_;
};

}  // namespace everdial
