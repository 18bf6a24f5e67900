#pragma once

#include <filesystem>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "base/result.h"
#include "ha/leased_work.h"
#include "list_manager/import_types.h"
#include "model/import_file.h"

namespace everdial {

namespace pg {
class Pool;
}

/// Not the import's own lease: a folder that hangs must hold up nothing that comes after the file is collected.
inline const std::string collect_resource_prefix = "collect/";
inline Resource collect_resource(ImportId id) { return Resource{collect_resource_prefix + to_string(id)}; }

/// With another size or time it is another file.
struct FileStamp {
  int64_t size_bytes = 0;
  int64_t modified_ns = 0;  ///< since 1970, by the folder's clock
  bool operator==(const FileStamp&) const = default;
};

/// What is known of an import whose file is copied from the import folder.
struct Collection {
  ImportId id;
  std::string file_name;
  ImportState state = ImportState::collecting;
  std::optional<FileStamp> file;  ///< as it was when its first piece was read
  int64_t bytes = 0;              ///< checkpoint: so many are in the chunks
};

/// contact_import while it is `collecting`, and its chunks. Blocking; called on store threads. Changes are fenced by the lease
/// `collect/ID`.
class CollectStore {
 public:
  virtual ~CollectStore() = default;

  /// Oldest first.
  virtual Result<std::vector<LeasedWork::Task>> waiting_collections() = 0;
  /// ErrorKind::not_found when it does not exist.
  virtual Result<Collection> load_collection(ImportId id) = 0;
  /// The next piece and the checkpoint behind it. ErrorKind::conflict when the checkpoint is not `from.bytes`, or it is `collecting` no
  /// more.
  virtual Status save_piece(const LeaseGrant& grant, const Collection& from, const FileStamp& file, const std::string& data) = 0;
  /// `queued`, as an upload is that is complete; `failed` when there is an error. ErrorKind::conflict when it is `collecting` no more.
  virtual Status end_collection(const LeaseGrant& grant, ImportId id, const std::string& error) = 0;
};

std::unique_ptr<CollectStore> make_pg_collect_store(pg::Pool& pool);

struct CollectLimits {
  size_t bytes_per_step = 2 << 20;
  int64_t most_bytes = most_import_bytes;
};

/// False while the folder cannot be looked into, as on a server that has not mounted it: its files are for others to collect.
bool import_folder_there(const std::filesystem::path& folder);

/// One step of a collection under its lease: a piece of the file, or the end. True when nothing is left to be done. Where it is broken off
/// changes nothing: the bytes are the file's, or the import fails because the file is not the one that was begun.
Result<bool> collect_step(CollectStore& store, const std::filesystem::path& folder, const LeaseGrant& grant, const CollectLimits& limits);

}  // namespace everdial
