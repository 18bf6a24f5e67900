#pragma once

#include <nlohmann/json_fwd.hpp>
#include <optional>
#include <string>

#include "base/result.h"
#include "dashboard/page.h"

namespace everdial::pg {
class Connection;
}

/// Exports (schema/0018_exports.sql), as people ask for them; list managers make them.
namespace everdial::export_store {

struct NewExport {
  std::string kind;                  ///< "contacts" or "attempts"
  std::optional<int64_t> list, job;  ///< one of them, by the kind
};
Result<Page> exports(pg::Connection& db, const PageRequest& page);
Result<nlohmann::json> data_export(pg::Connection& db, int64_t id);
/// ErrorKind::invalid when the list or job does not exist.
Result<nlohmann::json> create_export(pg::Connection& db, const NewExport& made);
/// ErrorKind::conflict when it is over.
Result<nlohmann::json> cancel_export(pg::Connection& db, int64_t id);

/// The chunk that begins at this byte; empty behind the last.
Result<std::optional<std::string>> chunk(pg::Connection& db, int64_t id, int64_t first_byte);

}  // namespace everdial::export_store
