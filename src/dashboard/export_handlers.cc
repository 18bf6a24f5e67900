#include "dashboard/export_store.h"
#include "dashboard/handlers.h"

namespace everdial {
namespace {

/// A finished export's file, chunk by chunk, as it is sent.
class ExportFile {
 public:
  ExportFile(pg::Pool& pool, int64_t id) : pool_(pool), id_(id) {}

  std::optional<std::string> next() {
    auto connection = pool_.take();
    if (!connection.ok()) return std::nullopt;
    auto chunk = export_store::chunk(**connection, id_, at_);
    pool_.give_back(std::move(*connection));
    if (!chunk.ok() || !*chunk) return std::nullopt;
    at_ += static_cast<int64_t>((*chunk)->size());
    return std::move(**chunk);
  }

 private:
  pg::Pool& pool_;
  int64_t id_;
  int64_t at_ = 0;
};

}  // namespace

Answer list_exports(const Call& call) {
  QueryReader query(call.query);
  const PageRequest page = read_page(query, 1);
  if (auto wrong = query.finish()) return std::move(*wrong);
  return export_store::exports(call.db(), page);
}

Answer create_export(const Call& call) {
  BodyReader body(call.body);
  export_store::NewExport made{body.text("kind", {}), std::nullopt, std::nullopt};
  if (made.kind == "contacts") made.list = body.integer("list_id", 1, INT64_MAX);
  else if (made.kind == "attempts") made.job = body.integer("job_id", 1, INT64_MAX);
  else body.fail("kind", "must be one of contacts, attempts");
  if (auto wrong = body.finish()) return std::move(*wrong);
  const auto done = export_store::create_export(call.db(), made);
  return done.ok() ? created(done) : pointed(done.error(), ErrorKind::invalid, made.list ? "/list_id" : "/job_id");
}

Answer get_export(const Call& call) { return export_store::data_export(call.db(), call.number("export_id")); }

Answer cancel_export(const Call& call) { return export_store::cancel_export(call.db(), call.number("export_id")); }

Answer download_export(const Call& call) {
  const int64_t id = call.number("export_id");
  const auto found = export_store::data_export(call.db(), id);
  if (!found.ok()) return found.error();
  if ((*found)["state"] != "completed")
    return conflict_problem("The export is " + (*found)["state"].get<std::string>() + ": it has no file.", {});
  Response response = text_response(200, "text/csv; charset=utf-8", "");
  response.headers.emplace_back("Content-Disposition", "attachment; filename=\"export-" + std::to_string(id) + ".csv\"");
  response.next_piece = [file = std::make_shared<ExportFile>(call.world.pool, id)] { return file->next(); };
  return response;
}

}  // namespace everdial
