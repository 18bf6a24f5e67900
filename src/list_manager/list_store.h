#pragma once

#include <memory>

#include "base/result.h"
#include "list_manager/import_types.h"
#include "model/lease.h"

namespace everdial {

namespace pg {
class Pool;
}

/// contact_import, its chunks and rejects, contact and dnc. Blocking; called on store threads. Changes are fenced by the lease
/// `import/ID`.
class ListStore {
 public:
  struct Waiting {
    ImportId id;
    bool held = false;  ///< some process holds the import's lease
  };

  virtual ~ListStore() = default;

  /// Imports to be done or under way, oldest first.
  virtual Result<std::vector<Waiting>> waiting_imports() = 0;
  /// ErrorKind::not_found when it does not exist.
  virtual Result<Import> load_import(ImportId id) = 0;
  /// Bytes of the uploaded file from `first_byte` on, at least one and at most `at_most`; none at its end.
  virtual Result<std::string> read_bytes(ImportId id, int64_t first_byte, size_t at_most) = 0;
  /// Rows, rejects, counts and checkpoint in one transaction. A number the list or the DNC list has already is a duplicate; the first
  /// wins. ErrorKind::conflict when the checkpoint is not `rows.from` or the import is over (cancelled): nothing is changed.
  virtual Status save_rows(const LeaseGrant& grant, const Import& import, const SaveRows& rows) = 0;
  /// ErrorKind::conflict when it is over already.
  virtual Status finish_import(const LeaseGrant& grant, const Import& import, const FinishImport& finish) = 0;
  /// Deletes the bytes of files whose import ended as long ago as `retention` says; the import, its counts and rejects stay. Needs no
  /// grant: nobody works on what is over, and whoever comes second finds nothing.
  virtual Status delete_files() = 0;
};

std::unique_ptr<ListStore> make_pg_list_store(pg::Pool& pool);

}  // namespace everdial
