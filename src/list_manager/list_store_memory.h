#pragma once

#include <functional>
#include <map>
#include <mutex>
#include <set>

#include "ha/lease_store_memory.h"
#include "list_manager/list_store.h"

namespace everdial {

/// The list tables in memory, for tests and the simulator.
class MemoryListStore final : public ListStore {
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

 private:
  struct Upload {
    Import import;
    std::string file;
    std::vector<Reject> rejects;
    Instant ended_at;
  };
  struct List {
    std::vector<Contact> contacts;
    std::set<std::string> phones;
  };
  Result<Upload*> open(const LeaseGrant& grant, ImportId id);

  MemoryLeaseStore& leases_;
  std::function<Instant()> now_;
  std::mutex mutex_;
  std::map<ImportId, Upload> uploads_;
  std::map<ContactListId, List> lists_;
  std::set<std::string> dnc_;
};

}  // namespace everdial
