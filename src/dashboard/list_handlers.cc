#include "dashboard/handlers.h"
#include "dashboard/list_store.h"
#include "model/csv_text.h"
#include "model/local_time.h"

namespace everdial {
namespace {

using nlohmann::json;

bool is_region(const std::string& name) {
  return name.size() == 2 && std::all_of(name.begin(), name.end(), [](char c) { return c >= 'A' && c <= 'Z'; });
}

void check_region(BodyReader& body, const std::string& region) {
  if (!is_region(region)) body.fail("default_region", "must be two capital letters (ISO 3166), as GB");
}

std::string csv_rows(const std::vector<json>& rejects) {
  std::string out;
  for (const json& r : rejects)
    out += std::to_string(r["row"].get<int64_t>()) + "," +
           csv_row({r["column"].get<std::string>(), r["value"].get<std::string>(), r["reason"].get<std::string>()});
  return out;
}

/// All rejects of an import, page by page, as they are sent.
class RejectsFile {
 public:
  RejectsFile(pg::Pool& pool, int64_t import) : pool_(pool), import_(import) {}

  std::optional<std::string> next() {
    if (ended_) return std::nullopt;
    auto connection = pool_.take();
    if (!connection.ok()) return std::nullopt;
    const auto page = list_store::rejects(**connection, import_, page_);
    pool_.give_back(std::move(*connection));
    if (!page.ok()) return std::nullopt;
    ended_ = !page->next;
    if (page->next) page_.after = *page->next;
    return csv_rows(page->items);
  }

 private:
  pg::Pool& pool_;
  int64_t import_;
  PageRequest page_{.limit = 5000, .after = {}};
  bool ended_ = false;
};

std::optional<Problem> wrong_phone(const Call& call) {
  if (is_phone(call.parameters.find("phone")->second)) return std::nullopt;
  return invalid_problem({{"{phone}", "must be E.164: + and 7 to 15 digits"}});
}

}  // namespace

// The same keys as the list manager reads (src/list_manager/import_json.h).
json read_import_options(BodyReader& body) {
  const json* given = body.member("options");
  if (!given) return json::object();
  BodyReader options(*given, "/options");
  if (const auto separator = options.optional_text("separator", {.least = 1, .most = 1});
      separator && std::string(",;|\t").find(*separator) == std::string::npos)
    options.fail("separator", "must be one of , ; | and tab");
  if (const json* header = options.member("header"); header && !header->is_boolean()) options.fail("header", "must be true or false");
  for (const char* column : {"phone_column", "ref_column", "time_zone_column"}) options.optional_text(column, {.least = 1});
  if (const auto region = options.optional_text("default_region", {}); region) check_region(options, *region);
  if (auto wrong = options.finish())
    for (FieldError& e : wrong->errors) body.fail(e.pointer.substr(1), e.detail);
  return *given;
}

Answer list_lists(const Call& call) {
  QueryReader query(call.query);
  const PageRequest page = read_page(query, 1);
  if (auto wrong = query.finish()) return std::move(*wrong);
  return list_store::lists(call.db(), page);
}

Answer create_list(const Call& call) {
  BodyReader body(call.body);
  const list_store::NewList list{body.text("name", {.least = 1}), body.text_or("zone", kZoneName, "default"),
                                 body.text_or("default_region", {}, "US"), body.text_or("time_zone", {}, "UTC")};
  check_region(body, list.default_region);
  if (!is_time_zone(list.time_zone)) body.fail("time_zone", "must be an IANA time zone, as Europe/Berlin");
  if (auto wrong = body.finish()) return std::move(*wrong);
  const auto made = list_store::create_list(call.db(), list);
  return made.ok() ? created(made) : pointed(made.error(), ErrorKind::conflict, "/name");
}

Answer get_list(const Call& call) { return list_store::list(call.db(), call.number("list_id")); }

Answer list_contacts(const Call& call) {
  QueryReader query(call.query);
  const PageRequest page = read_page(query, 1);
  const auto phone = query.phone("phone");
  if (auto wrong = query.finish()) return std::move(*wrong);
  return list_store::contacts(call.db(), call.number("list_id"), phone, page);
}

Answer list_imports(const Call& call) {
  QueryReader query(call.query);
  const PageRequest page = read_page(query, 1);
  const auto list = query.id("list_id");
  if (auto wrong = query.finish()) return std::move(*wrong);
  return list_store::imports(call.db(), list, page);
}

Answer create_import(const Call& call) {
  BodyReader body(call.body);
  list_store::NewImport import;
  import.kind = body.text_or("kind", {}, "contacts");
  if (import.kind != "contacts" && import.kind != "dnc") body.fail("kind", "must be one of contacts, dnc");
  if (import.kind == "contacts") import.list = body.integer("list_id", 1, INT64_MAX);
  import.file_name = body.text("file_name", {.least = 1});
  import.source = body.choice("source", ImportSource::upload, false);
  if (import.source == ImportSource::upload) import.size_bytes = body.integer("size_bytes", 1, most_import_bytes);
  else if (!is_plain_file_name(import.file_name)) body.fail("file_name", std::string(plain_file_name_rule));
  import.options = read_import_options(body).dump();
  if (auto wrong = body.finish()) return std::move(*wrong);
  const auto made = list_store::create_import(call.db(), import);
  if (!made.ok() && made.error().kind == ErrorKind::not_found) return invalid_problem({{"/list_id", made.error().message}});
  return created(made);
}

Answer get_import(const Call& call) { return list_store::import(call.db(), call.number("import_id")); }

Answer put_import_chunk(const Call& call) {
  if (call.request.body.empty()) return invalid_problem({{"", "a chunk must have at least one byte"}});
  return list_store::put_chunk(call.db(), call.number("import_id"), call.number("first_byte"), call.request.body);
}

Answer complete_import(const Call& call) {
  const auto done = list_store::complete_import(call.db(), call.number("import_id"));
  if (!done.ok()) return done.error();
  if (!done->missing_from) return json_response(200, done->import);
  const std::string missing = "bytes are missing from " + std::to_string(*done->missing_from) + " on";
  return conflict_problem("The upload is not complete: " + missing + ".", {{"", missing}});
}

Answer cancel_import(const Call& call) { return list_store::cancel_import(call.db(), call.number("import_id")); }

Answer list_import_rejects(const Call& call) {
  QueryReader query(call.query);
  const PageRequest page = read_page(query, 2, true);
  if (auto wrong = query.finish()) return std::move(*wrong);
  return list_store::rejects(call.db(), call.number("import_id"), page);
}

Answer download_import_rejects(const Call& call) {
  const int64_t id = call.number("import_id");
  if (const auto found = list_store::import(call.db(), id); !found.ok()) return found.error();
  Response response = text_response(200, "text/csv; charset=utf-8", "row,column,value,reason\r\n");
  response.headers.emplace_back("Content-Disposition", "attachment; filename=\"import-" + std::to_string(id) + "-rejects.csv\"");
  response.next_piece = [file = std::make_shared<RejectsFile>(call.world.pool, id)] { return file->next(); };
  return response;
}

Answer list_dnc(const Call& call) {
  QueryReader query(call.query);
  const PageRequest page = read_page(query, 1, true);
  const std::string prefix = query.text("starts_with").value_or("");
  if (!prefix.empty() && (prefix[0] != '+' || prefix.size() > 16 || prefix.find_first_not_of("0123456789", 1) != std::string::npos))
    query.fail("starts_with", "must be + and up to 15 digits");
  if (auto wrong = query.finish()) return std::move(*wrong);
  return list_store::dnc(call.db(), prefix, page);
}

Answer add_dnc(const Call& call) {
  BodyReader body(call.body);
  const auto phones = body.phones("phones", 10'000);
  if (auto wrong = body.finish()) return std::move(*wrong);
  const auto added = list_store::add_dnc(call.db(), phones);
  if (!added.ok()) return added.error();
  return json_response(200, {{"added", added->added}, {"already_there", added->already_there}});
}

Answer get_dnc(const Call& call) {
  if (auto wrong = wrong_phone(call)) return std::move(*wrong);
  return list_store::dnc_number(call.db(), call.parameters.find("phone")->second);
}

Answer remove_dnc(const Call& call) {
  if (auto wrong = wrong_phone(call)) return std::move(*wrong);
  return list_store::remove_dnc(call.db(), call.parameters.find("phone")->second);
}

}  // namespace everdial
