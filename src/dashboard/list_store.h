#pragma once

#include <nlohmann/json_fwd.hpp>
#include <optional>
#include <string>
#include <vector>

#include "base/result.h"
#include "dashboard/page.h"
#include "model/import_file.h"

namespace everdial::pg {
class Connection;
}

/// Contact lists, imports and their uploads, do-not-call numbers (schema/0002_contacts.sql, 0005_dnc_import.sql).
namespace everdial::list_store {

/// No piece of an upload is larger.
inline constexpr int64_t kMostChunkBytes = int64_t{8} << 20;

struct NewList {
  std::string name, zone, default_region, time_zone;
};
Result<Page> lists(pg::Connection& db, const PageRequest& page);
Result<nlohmann::json> list(pg::Connection& db, int64_t id);
/// ErrorKind::conflict when the name is taken.
Result<nlohmann::json> create_list(pg::Connection& db, const NewList& list);
Result<Page> contacts(pg::Connection& db, int64_t list, const std::optional<std::string>& phone, const PageRequest& page);

struct NewImport {
  std::string kind;
  std::optional<int64_t> list;
  std::string file_name;
  int64_t size_bytes = 0;  ///< of an upload
  std::string options;     ///< JSON
  ImportSource source = ImportSource::upload;
};
Result<Page> imports(pg::Connection& db, std::optional<int64_t> list, const PageRequest& page);
/// Those under way, and those that ended within the last minute.
Result<std::vector<nlohmann::json>> live_imports(pg::Connection& db);
Result<nlohmann::json> import(pg::Connection& db, int64_t id);
/// `uploading`, or `collecting` when a list manager is to read the file. ErrorKind::not_found when the list does not exist.
Result<nlohmann::json> create_import(pg::Connection& db, const NewImport& import);
Status put_chunk(pg::Connection& db, int64_t import, int64_t first_byte, const std::string& data);

/// Queues the import when its upload is complete; `missing_from` says which byte is the first that is missing.
struct Completion {
  nlohmann::json import;
  std::optional<int64_t> missing_from;
};
Result<Completion> complete_import(pg::Connection& db, int64_t id);
Result<nlohmann::json> cancel_import(pg::Connection& db, int64_t id);
Result<Page> rejects(pg::Connection& db, int64_t import, const PageRequest& page);

struct DncAdded {
  int64_t added = 0, already_there = 0;
};
Result<Page> dnc(pg::Connection& db, const std::string& starts_with, const PageRequest& page);
Result<nlohmann::json> dnc_number(pg::Connection& db, const std::string& phone);
Result<DncAdded> add_dnc(pg::Connection& db, const std::vector<std::string>& phones);
Status remove_dnc(pg::Connection& db, const std::string& phone);

}  // namespace everdial::list_store
