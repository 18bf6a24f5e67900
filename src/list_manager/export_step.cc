#include "list_manager/export_store.h"
#include "model/csv_text.h"

namespace everdial {
namespace {

std::vector<std::optional<std::string>> header_of(const Export& e) {
  if (e.kind == ExportKind::attempts)
    return {"attempt",   "contact_id", "number",     "phone",       "ref",      "state",    "code",   "sip_status", "trunk",  "mpp",
            "intent_at", "placed_at",  "ringing_at", "answered_at", "ended_at", "analysis", "digits", "recording",  "done_at"};
  std::vector<std::optional<std::string>> out{"phone", "ref", "time_zone"};
  out.insert(out.end(), e.columns.begin(), e.columns.end());
  return out;
}

}  // namespace

Result<bool> export_step(ExportStore& store, const LeaseGrant& grant, const ExportLimits& limits) {
  const ExportId id{number_of(grant.resource)};
  auto loaded = store.load_export(id);
  if (!loaded.ok()) return loaded.error().kind == ErrorKind::not_found ? Result<bool>(true) : loaded.error();
  const Export& e = *loaded;
  if (e.state == ExportState::queued) {
    const Status begun = store.begin_export(grant, id);
    return begun.ok() ? Result<bool>(false) : ended_by(begun);
  }
  if (e.state != ExportState::running) return true;

  std::string data;
  ExportCheckpoint to = e.checkpoint;
  bool last = false;
  if (e.checkpoint.bytes == 0) {
    data = csv_row(header_of(e));
  } else {
    const auto rows = store.read_rows(e, limits.rows_per_chunk);
    if (!rows.ok()) return rows.error();
    last = static_cast<int>(rows->size()) < limits.rows_per_chunk;
    for (const ExportRow& row : *rows) {
      if (data.size() >= limits.bytes_per_chunk) {
        last = false;
        break;
      }
      data += csv_row(row.fields);
      to.contact = row.contact;
      to.number = row.number;
      ++to.rows;
    }
  }
  to.bytes += static_cast<int64_t>(data.size());
  if (to.bytes > limits.most_bytes)
    return ended_by(store.finish_export(
        grant, id, ExportState::failed,
        "the file would be larger than " + std::to_string(limits.most_bytes >> 20) + " MiB; export smaller lists or jobs"));
  if (!data.empty())
    if (const Status saved = store.save_chunk(grant, e, data, to); !saved.ok()) return ended_by(saved);
  if (!last) return false;
  return ended_by(store.finish_export(grant, id, ExportState::completed, ""));
}

}  // namespace everdial
