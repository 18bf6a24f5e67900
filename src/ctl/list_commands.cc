#include <CLI/CLI.hpp>
#include <chrono>
#include <filesystem>
#include <fstream>
#include <thread>

#include "ctl/ctl.h"
#include "ctl/file_options.h"

namespace everdial::ctl {
namespace {

using nlohmann::json;

constexpr int64_t kChunkBytes = int64_t{2} << 20;

const std::vector<Column> kImports = {{"ID", "/id"},
                                      {"KIND", "/kind"},
                                      {"LIST", "/list_id"},
                                      {"FILE", "/file_name"},
                                      {"STATE", "/state"},
                                      {"ACCEPTED", "/accepted"},
                                      {"DUPLICATES", "/duplicates"},
                                      {"REJECTED", "/rejected"},
                                      {"CREATED", "/created_at"}};

std::string path_of(const json& import) { return "/imports/" + std::to_string(import["id"].get<int64_t>()); }

/// Sends what the server does not have yet and ends the upload.
json upload(Ctl& ctl, const std::string& file, const json& import) {
  std::ifstream stream(file, std::ios::binary);
  const auto size = import["size_bytes"].get<int64_t>();
  int64_t at = import.value("missing_from", size);
  // The chunk before it is sent once more: the server takes it only if the file is still the one that was begun.
  if (at % kChunkBytes == 0) at = std::max<int64_t>(0, at - kChunkBytes);
  stream.seekg(at);
  std::string chunk;
  for (; at < size; at += static_cast<int64_t>(chunk.size())) {
    chunk.resize(static_cast<size_t>(std::min(kChunkBytes, size - at)));
    if (!stream.read(chunk.data(), static_cast<std::streamsize>(chunk.size())))
      throw Failure(kUsage, "the file " + file + " has become shorter while it was read");
    ctl.progress("uploading  " + bar(at, size));
    ctl.api().put_bytes(path_of(import) + "/chunks/" + std::to_string(at), chunk);
  }
  return ctl.api().call("POST", path_of(import) + "/complete");
}

bool over(const json& import) {
  const auto state = import["state"].get<std::string>();
  return state == "completed" || state == "failed" || state == "cancelled";
}

json wait_for(Ctl& ctl, json import) {
  while (!over(import)) {
    if (import["state"] == "collecting")
      ctl.progress("collecting  " + bar(import["uploaded_bytes"].get<int64_t>(), import["size_bytes"].get<int64_t>()));
    else
      ctl.progress("importing  " + bar(import["read_bytes"].get<int64_t>(), import["size_bytes"].get<int64_t>()) + "  " +
                   human(import["accepted"]) + " accepted, " + human(import["duplicates"]) + " duplicates, " + human(import["rejected"]) +
                   " rejected");
    std::this_thread::sleep_for(kLookEach);
    import = ctl.api().get(path_of(import));
  }
  ctl.end_progress();
  if (import["state"] != "completed") ctl.code = kEndedBadly;
  return import;
}

/// Which file, and how.
struct ImportOptions {
  explicit ImportOptions(Command& command)
      : file(command.optional_argument("FILE", "the CSV file")),
        from_folder(command.option("--from-folder", "name of a file in the servers' import folder, in place of FILE")),
        options(command),
        no_wait(command.flag("--no-wait", "return when the file is uploaded, or is to be collected")) {}

  Command::Text file, from_folder;
  FileOptions options;
  std::shared_ptr<bool> no_wait;
};

int64_t size_of(const std::string& file) {
  std::error_code error;
  const auto size = std::filesystem::file_size(file, error);
  if (error) throw Failure(kUsage, "the file " + file + " cannot be read: " + error.message());
  return static_cast<int64_t>(size);
}

/// From wherever the upload stands to the end of the import.
void finish_import(Ctl& ctl, const std::string& file, json import, bool wait) {
  if (import["state"] == "uploading") {
    try {
      import = upload(ctl, file, import);
    } catch (const Failure& failure) {
      throw Failure(failure.code,
                    failure.what() + ("\n  to go on with it: everdialctl imports resume " + human(import["id"]) + " " + file));
    }
  }
  if (wait) import = wait_for(ctl, std::move(import));
  ctl.end_progress();
  ctl.show(import);
  if (import["rejected"].get<int64_t>() > 0) ctl.say("see: everdialctl imports rejects " + human(import["id"]));
}

void import_file(Ctl& ctl, const ImportOptions& given, json request) {
  const std::string &file = *given.file, &from_folder = *given.from_folder;
  if (file.empty() == from_folder.empty())
    throw Failure(kUsage, "give a FILE of this machine, or --from-folder with the name of one in the servers' import folder");
  if (file.empty()) {
    request["source"] = "folder";
    request["file_name"] = from_folder;
  } else {
    request["size_bytes"] = size_of(file);
    request["file_name"] = std::filesystem::path(file).filename().string();
  }
  request["options"] = given.options.to_json();
  finish_import(ctl, file, ctl.api().call("POST", "/imports", request), !*given.no_wait);
}

void resume_import(Ctl& ctl, const std::string& id, const std::string& file, bool wait) {
  json import = ctl.api().get("/imports/" + encoded(id));
  const int64_t size = size_of(file);
  if (import["size_bytes"] != size)
    throw Failure(kUsage, "the upload was begun with " + human(import["file_name"]) + " of " + human(import["size_bytes"]) +
                              " bytes, and " + file + " has " + std::to_string(size));
  finish_import(ctl, file, std::move(import), wait);
}

void add_lists(CLI::App& app, Ctl& ctl) {
  auto& lists = group(app, "lists", "contact lists");
  Command(lists, "list", "all contact lists").run([&ctl] {
    ctl.show_rows({{"ID", "/id"},
                   {"NAME", "/name"},
                   {"CONTACTS", "/contacts"},
                   {"ZONE", "/zone"},
                   {"REGION", "/default_region"},
                   {"TIME ZONE", "/time_zone"}},
                  ctl.api().items("/lists", ctl.most_items));
  });

  Command create(lists, "create", "make an empty contact list");
  const auto name = create.argument("NAME", "of the list");
  const auto zone = create.option("--zone", "zone whose servers handle it", "default");
  const auto region = create.option("--default-region", "country of numbers without one, ISO 3166", "US");
  const auto time_zone = create.option("--time-zone", "IANA time zone of numbers that tell none", "UTC");
  create.run([&ctl, name, zone, region, time_zone] {
    ctl.show(ctl.api().call("POST", "/lists", {{"name", *name}, {"zone", *zone}, {"default_region", *region}, {"time_zone", *time_zone}}));
  });

  Command show(lists, "show", "one contact list");
  const auto shown = show.argument("LIST", "id or name");
  show.run([&ctl, shown] { ctl.show(ctl.api().get("/lists/" + std::to_string(ctl.api().id_of("/lists", *shown)))); });

  Command contacts(lists, "contacts", "the contacts of a list");
  const auto of = contacts.argument("LIST", "id or name");
  const auto phone = contacts.option("--phone", "only this number, E.164");
  contacts.run([&ctl, of, phone] {
    ctl.show_rows({{"ID", "/id"}, {"PHONE", "/phone"}, {"TIME ZONE", "/time_zone"}, {"REF", "/ref"}, {"ROW", "/import_row"}},
                  ctl.api().items("/lists/" + std::to_string(ctl.api().id_of("/lists", *of)) + "/contacts" + query({{"phone", *phone}}),
                                  ctl.most_items));
  });

  Command import(lists, "import", "import a CSV file into a list and wait for its end");
  const auto into = import.argument("LIST", "id or name");
  const ImportOptions given(import);
  import.run([&ctl, into, given] { import_file(ctl, given, {{"kind", "contacts"}, {"list_id", ctl.api().id_of("/lists", *into)}});
});
}  // namespace

void add_imports(CLI::App& app, Ctl& ctl) {
  auto& imports = group(app, "imports", "imports of files");
  Command list(imports, "list", "imports, newest first");
  const auto of = list.option("--list", "only into this contact list");
  list.run([&ctl, of] {
    const std::string id = of->empty() ? "" : std::to_string(ctl.api().id_of("/lists", *of));
    ctl.show_rows(kImports, ctl.api().items("/imports" + query({{"list_id", id}}), ctl.most_items));
  });

  Command show(imports, "show", "one import and how far it is");
  const auto shown = show.argument("ID", "of the import");
  show.run([&ctl, shown] { ctl.show(ctl.api().get("/imports/" + encoded(*shown))); });

  Command wait(imports, "wait", "wait until an import has ended");
  const auto waited = wait.argument("ID", "of the import");
  wait.run([&ctl, waited] { ctl.show(wait_for(ctl, ctl.api().get("/imports/" + encoded(*waited)))); });

  Command resume(imports, "resume", "go on with an upload that broke off, and wait for the end of the import");
  const auto resumed = resume.argument("ID", "of the import");
  const auto file = resume.argument("FILE", "the same file");
  const auto no_wait = resume.flag("--no-wait", "return when the file is uploaded");
  resume.run([&ctl, resumed, file, no_wait] { resume_import(ctl, *resumed, *file, !*no_wait); });

  Command cancel(imports, "cancel", "stop an import; rows imported before stay");
  const auto cancelled = cancel.argument("ID", "of the import");
  cancel.run([&ctl, cancelled] { ctl.show(ctl.api().call("POST", "/imports/" + encoded(*cancelled) + "/cancel")); });

  Command rejects(imports, "rejects", "rows that were not taken, and why");
  const auto of_import = rejects.argument("ID", "of the import");
  const auto csv = rejects.flag("--csv", "all of them, as a CSV file");
  rejects.run([&ctl, of_import, csv] {
    const std::string path = "/imports/" + encoded(*of_import) + "/rejects";
    if (*csv) ctl.out << ctl.api().get_text(path + ".csv");
    else
      ctl.show_rows({{"ROW", "/row"}, {"COLUMN", "/column"}, {"VALUE", "/value"}, {"REASON", "/reason"}},
                    ctl.api().items(path, ctl.most_items));
  });
}

void add_dnc(CLI::App& app, Ctl& ctl) {
  auto& dnc = group(app, "dnc", "numbers that must not be called");
  Command list(dnc, "list", "the numbers");
  const auto prefix = list.option("--starts-with", "only numbers that begin so, as +4420");
  list.run([&ctl, prefix] {
    ctl.show_rows({{"PHONE", "/phone"}, {"SOURCE", "/source"}, {"ATTEMPT", "/attempt"}, {"ADDED", "/added_at"}},
                  ctl.api().items("/dnc" + query({{"starts_with", *prefix}}), ctl.most_items));
  });

  Command add(dnc, "add", "add numbers");
  const auto added = add.arguments("PHONE", "E.164");
  add.run([&ctl, added] { ctl.show(ctl.api().call("POST", "/dnc", {{"phones", *added}})); });

  Command check(dnc, "check", "is this number on the list? Exit code 4 when it is not");
  const auto checked = check.argument("PHONE", "E.164");
  check.run([&ctl, checked] { ctl.show(ctl.api().get("/dnc/" + encoded(*checked))); });

  Command remove(dnc, "remove", "allow calls to a number again");
  const auto removed = remove.argument("PHONE", "E.164");
  remove.run([&ctl, removed] {
    ctl.api().call("DELETE", "/dnc/" + encoded(*removed));
    ctl.say(*removed + " may be called again");
  });

  Command import(dnc, "import", "import a CSV file of numbers and wait for its end");
  const ImportOptions given(import);
  import.run([&ctl, given] { import_file(ctl, given, {{"kind", "dnc"}});
});
}  // namespace everdial::ctl

bool export_over(const json& made) { return made["state"] != "queued" && made["state"] != "running"; }

/// Waits for an export's end and writes its file.
void fetch_export(Ctl& ctl, json made, const std::string& file) {
  const std::string path = "/exports/" + human(made["id"]);
  while (!export_over(made)) {
    ctl.progress("exporting  " + bar(made["rows"].get<int64_t>(), made.value("total_rows", int64_t{0})) + "  " + human(made["rows"]) +
                 " rows");
    std::this_thread::sleep_for(kLookEach);
    made = ctl.api().get(path);
  }
  ctl.end_progress();
  if (made["state"] != "completed") {
    ctl.code = kEndedBadly;
    return ctl.show(made);
  }
  if (file.empty()) return ctl.show(made);
  const std::string text = ctl.api().get_text(path + "/file.csv");
  if (file == "-") {
    ctl.out << text;
    return;
  }
  std::ofstream stream(file, std::ios::binary | std::ios::trunc);
  if (!(stream << text << std::flush)) throw Failure(kUsage, "the file " + file + " cannot be written");
  ctl.show(made);
}

void add_exports(CLI::App& app, Ctl& ctl) {
  auto& exports = group(app, "exports", "contacts and attempts as CSV files");
  Command(exports, "list", "exports, newest first").run([&ctl] {
    ctl.show_rows({{"ID", "/id"},
                   {"KIND", "/kind"},
                   {"OF", "/name"},
                   {"STATE", "/state"},
                   {"ROWS", "/rows"},
                   {"BYTES", "/size_bytes"},
                   {"CREATED", "/created_at"}},
                  ctl.api().items("/exports", ctl.most_items));
  });

  Command contacts(exports, "contacts", "export a contact list and wait for the file");
  const auto list = contacts.argument("LIST", "id or name");
  const auto to = contacts.option("--file", "where to write it; - for standard output");
  contacts.run([&ctl, list, to] {
    fetch_export(ctl, ctl.api().call("POST", "/exports", {{"kind", "contacts"}, {"list_id", ctl.api().id_of("/lists", *list)}}), *to);
  });

  Command attempts(exports, "attempts", "export a job's attempts and wait for the file");
  const auto job = attempts.argument("JOB", "id");
  const auto into = attempts.option("--file", "where to write it; - for standard output");
  attempts.run([&ctl, job, into] {
    const auto id = static_cast<int64_t>(number("JOB", *job));
    fetch_export(ctl, ctl.api().call("POST", "/exports", {{"kind", "attempts"}, {"job_id", id}}), *into);
  });

  Command show(exports, "show", "one export and how far it is");
  const auto shown = show.argument("ID", "of the export");
  show.run([&ctl, shown] { ctl.show(ctl.api().get("/exports/" + encoded(*shown))); });

  Command fetch(exports, "fetch", "wait for an export and write its file");
  const auto fetched = fetch.argument("ID", "of the export");
  const auto file = fetch.argument("FILE", "where to; - for standard output");
  fetch.run([&ctl, fetched, file] { fetch_export(ctl, ctl.api().get("/exports/" + encoded(*fetched)), *file); });

  Command cancel(exports, "cancel", "stop an export");
  const auto cancelled = cancel.argument("ID", "of the export");
  cancel.run([&ctl, cancelled] { ctl.show(ctl.api().call("POST", "/exports/" + encoded(*cancelled) + "/cancel")); });
}

}  // namespace

void add_list_commands(CLI::App& app, Ctl& ctl) {
  add_lists(app, ctl);
  add_exports(app, ctl);
  add_imports(app, ctl);
  add_dnc(app, ctl);
}

}  // namespace everdial::ctl
