#pragma once

#include <map>
#include <mutex>

#include "ha/lease_store_memory.h"
#include "list_manager/export_store.h"

namespace everdial {

/// The export tables in memory, for tests: the rows of each export are given with it.
class MemoryExportStore final : public ExportStore {
 public:
  explicit MemoryExportStore(MemoryLeaseStore& leases) : leases_(leases) {}

  ExportId add(ExportKind kind, std::vector<std::string> columns, std::vector<ExportRow> rows);
  void cancel(ExportId id);
  std::string file(ExportId id);

  Result<std::vector<LeasedWork::Task>> waiting_exports() override;
  Result<Export> load_export(ExportId id) override;
  Status begin_export(const LeaseGrant& grant, ExportId id) override;
  Result<std::vector<ExportRow>> read_rows(const Export& from, int limit) override;
  Status save_chunk(const LeaseGrant& grant, const Export& from, const std::string& data, const ExportCheckpoint& to) override;
  Status finish_export(const LeaseGrant& grant, ExportId id, ExportState state, const std::string& error) override;

 private:
  struct Kept {
    Export row;
    std::vector<ExportRow> rows;
    std::string file;
  };
  Result<Kept*> open(const LeaseGrant& grant, ExportId id);

  MemoryLeaseStore& leases_;
  std::mutex mutex_;
  std::map<ExportId, Kept> exports_;
};

}  // namespace everdial
