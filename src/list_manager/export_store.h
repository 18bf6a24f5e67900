#pragma once

#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "base/result.h"
#include "ha/leased_work.h"
#include "model/ids.h"

namespace everdial {

namespace pg {
class Pool;
}

inline const std::string export_resource_prefix = "export/";
inline Resource export_resource(ExportId id) { return Resource{export_resource_prefix + to_string(id)}; }

enum class ExportKind { contacts, attempts };
template <>
inline constexpr auto enum_names<ExportKind> = std::to_array<std::pair<ExportKind, std::string_view>>({
    {ExportKind::contacts, "contacts"},
    {ExportKind::attempts, "attempts"},
});

enum class ExportState { queued, running, completed, failed, cancelled };
template <>
inline constexpr auto enum_names<ExportState> = std::to_array<std::pair<ExportState, std::string_view>>({
    {ExportState::queued, "queued"},
    {ExportState::running, "running"},
    {ExportState::completed, "completed"},
    {ExportState::failed, "failed"},
    {ExportState::cancelled, "cancelled"},
});

/// How far an export is: everything up to this contact and attempt stands in its first `bytes` bytes.
struct ExportCheckpoint {
  int64_t contact = 0;
  int64_t number = 0;
  int64_t rows = 0, bytes = 0;
  bool operator==(const ExportCheckpoint&) const = default;
};

/// One row of data_export.
struct Export {
  ExportId id;
  ExportKind kind = ExportKind::contacts;
  ExportState state = ExportState::queued;
  std::vector<std::string> columns;  ///< attributes of contacts
  ExportCheckpoint checkpoint;
};

/// One row of the file; its key leads the checkpoint on.
struct ExportRow {
  int64_t contact = 0;
  int64_t number = 0;
  std::vector<std::optional<std::string>> fields;
};

/// data_export and its chunks. Blocking; called on store threads. Changes are fenced by the lease `export/ID`.
class ExportStore {
 public:
  virtual ~ExportStore() = default;

  /// Exports to be done or under way, oldest first.
  virtual Result<std::vector<LeasedWork::Task>> waiting_exports() = 0;
  /// ErrorKind::not_found when it does not exist.
  virtual Result<Export> load_export(ExportId id) = 0;
  /// Fixes which rows and columns are in it; it is `running` then.
  virtual Status begin_export(const LeaseGrant& grant, ExportId id) = 0;
  /// The next rows behind the checkpoint in the order of contacts and attempts; fewer than `limit` are the last.
  virtual Result<std::vector<ExportRow>> read_rows(const Export& from, int limit) = 0;
  /// A chunk and the checkpoint behind it. ErrorKind::conflict when the checkpoint is not `from.checkpoint`, or the export is over.
  virtual Status save_chunk(const LeaseGrant& grant, const Export& from, const std::string& data, const ExportCheckpoint& to) = 0;
  virtual Status finish_export(const LeaseGrant& grant, ExportId id, ExportState state, const std::string& error) = 0;
};

std::unique_ptr<ExportStore> make_pg_export_store(pg::Pool& pool);

struct ExportLimits {
  int rows_per_chunk = 5'000;
  size_t bytes_per_chunk = 4 << 20;  ///< rows may be long: a chunk is cut at either
  int64_t most_bytes = int64_t{4} << 30;
};

/// One step of an export under its lease: the header, a chunk of rows, or its end. True when nothing is left to be done. Where it is broken
/// off changes nothing: the bytes are those of an undisturbed one.
Result<bool> export_step(ExportStore& store, const LeaseGrant& grant, const ExportLimits& limits);

}  // namespace everdial
