#pragma once

#include <map>
#include <optional>
#include <string>
#include <variant>
#include <vector>

#include "base/enum_names.h"
#include "list_manager/csv_machine.h"
#include "model/ids.h"

namespace everdial {

inline const std::string import_resource_prefix = "import/";
inline Resource import_resource(ImportId id) { return Resource{import_resource_prefix + to_string(id)}; }

/// What a file's rows become.
enum class FileKind { contacts, dnc };
template <>
inline constexpr auto enum_names<FileKind> = std::to_array<std::pair<FileKind, std::string_view>>({
    {FileKind::contacts, "contacts"},
    {FileKind::dnc, "dnc"},
});

enum class ImportState { uploading, collecting, queued, running, completed, failed, cancelled };
template <>
inline constexpr auto enum_names<ImportState> = std::to_array<std::pair<ImportState, std::string_view>>({
    {ImportState::uploading, "uploading"},
    {ImportState::collecting, "collecting"},
    {ImportState::queued, "queued"},
    {ImportState::running, "running"},
    {ImportState::completed, "completed"},
    {ImportState::failed, "failed"},
    {ImportState::cancelled, "cancelled"},
});

/// What the person who uploaded the file fixed (contact_import.options); what is left out is detected.
struct ImportOptions {
  CsvChoices csv;
  std::string phone_column, ref_column, time_zone_column;
  std::string default_region;  ///< empty: the list's
  bool operator==(const ImportOptions&) const = default;
};

/// Which column is what; the others become attributes.
struct ColumnRoles {
  size_t phone = 0;
  std::optional<size_t> ref, time_zone;
  bool operator==(const ColumnRoles&) const = default;
};

/// How this file is read, fixed by its first chunk (contact_import.layout).
struct ImportLayout {
  CsvLayout csv;
  ColumnRoles roles;
  bool operator==(const ImportLayout&) const = default;
};

/// Everything before `byte` is committed; row `row` begins there.
struct ImportCheckpoint {
  int64_t byte = 0;
  int64_t row = 1;
  bool operator==(const ImportCheckpoint&) const = default;
};

/// One row of contact_import with what it takes from its list.
struct Import {
  ImportId id;
  FileKind kind = FileKind::contacts;
  ContactListId list;  ///< with contacts only
  std::string default_region = "US";
  std::string time_zone = "UTC";
  ImportState state = ImportState::uploading;
  ImportOptions options;
  std::optional<ImportLayout> layout;
  int64_t size_bytes = 0;
  ImportCheckpoint checkpoint;
  int64_t accepted = 0, duplicates = 0, rejected = 0;
  std::string error;
};

/// Accepted rows, by column as they go to the database. A DNC file fills `phones` and `rows` alone.
struct AcceptedRows {
  std::vector<std::string> phones;      ///< E.164
  std::vector<std::string> time_zones;  ///< IANA
  std::vector<std::optional<std::string>> refs;
  std::vector<std::string> attributes;  ///< JSON objects
  std::vector<int64_t> rows;
  bool operator==(const AcceptedRows&) const = default;
};

struct Reject {
  int64_t row = 0;
  std::string column;
  std::string value;  ///< the start of it, see reject_value_characters
  std::string reason;
  bool operator==(const Reject&) const = default;
};
inline constexpr size_t reject_value_characters = 200;

// ---- inputs ------------------------------------------------------------------------------------------------------------------

/// The next bytes of the file: those after what was read before, from the checkpoint on.
struct BytesRead {
  std::string data;
};
/// No byte is left.
struct FileEnded {};
using ImportInput = std::variant<BytesRead, FileEnded>;

// ---- effects -----------------------------------------------------------------------------------------------------------------

/// Commits rows and the checkpoint after them at once.
struct SaveRows {
  ImportCheckpoint from, to;
  AcceptedRows accepted;  ///< each number once
  int64_t repeats = 0;    ///< rows left out because one before them among these has the same number
  std::vector<Reject> rejects;
  ImportLayout layout;
};
/// After all that was saved: `completed`, or `failed` with an error that says where and what to do.
struct FinishImport {
  ImportState state = ImportState::completed;
  std::string error;
};
/// Performed when the SaveRows before it is committed: there is room for another.
struct RowsKept {};
/// Performed when the FinishImport before it is committed: the lease is of no further use.
struct LeaveImport {};
using ImportEffect = std::variant<SaveRows, FinishImport, RowsKept, LeaveImport>;

}  // namespace everdial
