#include "dashboard/static_files.h"

#include <array>
#include <filesystem>
#include <fstream>
#include <sstream>

#include "dashboard/problem.h"
#include "runtime/secret.h"

namespace everdial {
namespace {

constexpr size_t kMostBytes = size_t{64} << 20;

constexpr auto kTypes = std::to_array<std::pair<std::string_view, std::string_view>>({
    {".html", "text/html; charset=utf-8"},
    {".js", "text/javascript; charset=utf-8"},
    {".css", "text/css; charset=utf-8"},
    {".json", "application/json"},
    {".map", "application/json"},
    {".svg", "image/svg+xml"},
    {".png", "image/png"},
    {".ico", "image/x-icon"},
    {".webp", "image/webp"},
    {".woff2", "font/woff2"},
    {".wasm", "application/wasm"},
    {".txt", "text/plain; charset=utf-8"},
    {".webmanifest", "application/manifest+json"},
});

/// Scripts only from here and none inline; styles inline too, since the component library sets its variables so.
constexpr std::string_view kContentSecurityPolicy =
    "default-src 'self'; script-src 'self'; style-src 'self' 'unsafe-inline'; img-src 'self' data:; font-src 'self' data:; connect-src "
    "'self'; "
    "object-src 'none'; base-uri 'none'; form-action 'self'; frame-ancestors 'none'";

/// As the console's, but a desktop connects to all servers, and shows script pages of anybody, which it asks whether they are there.
constexpr std::string_view kDesktopPolicy =
    "default-src 'self'; script-src 'self'; style-src 'self' 'unsafe-inline'; img-src 'self' data:; font-src 'self' data:; connect-src "
    "'self' ws: wss: http: https:; frame-src http: https:; "
    "object-src 'none'; base-uri 'none'; form-action 'self'; frame-ancestors 'none'";

constexpr std::string_view kDesktopPrefix = "/agent";

constexpr std::string_view kNoDesktop =
    "<!doctype html><html lang=\"en\"><meta charset=\"utf-8\"><title>Everdial</title><h1>Everdial</h1>"
    "<p>The agent desktop is not installed here: build it with <code>./dev build</code> and set <code>agents.desktop</code> to its folder "
    "<code>web/apps/agent/dist</code>.</p></html>";

constexpr std::string_view kNoConsole =
    "<!doctype html><html lang=\"en\"><meta charset=\"utf-8\"><title>Everdial</title><h1>Everdial</h1>"
    "<p>The API answers under <a href=\"/api/v1/health\">/api/v1</a>. The console is not installed here: build it with <code>./dev "
    "build</code> and "
    "set <code>http.console</code> to its folder <code>web/apps/console/dist</code>.</p></html>";

std::string_view type_of(const std::string& name) {
  for (const auto& [ending, type] : kTypes)
    if (name.ends_with(ending)) return type;
  return "application/octet-stream";
}

}  // namespace

Result<StaticFiles> StaticFiles::load(const std::string& folder, Pages pages) {
  namespace fs = std::filesystem;
  StaticFiles out;
  out.pages_ = pages;
  std::error_code error;
  if (folder.empty() || !fs::is_directory(folder, error)) return out;
  size_t total = 0;
  for (auto entry = fs::recursive_directory_iterator(folder, error); !error && entry != fs::recursive_directory_iterator();
       entry.increment(error)) {
    if (!entry->is_regular_file(error)) continue;
    std::ostringstream data;
    data << std::ifstream(entry->path(), std::ios::binary).rdbuf();
    File file{std::make_shared<const std::string>(std::move(data).str()), "", "", false};
    if ((total += file.data->size()) > kMostBytes)
      return Error{ErrorKind::invalid, "the folder " + folder + " has more than 64 MiB: is it the right one?"};
    const std::string path = "/" + fs::relative(entry->path(), folder, error).generic_string();
    file.type = type_of(path);
    file.tag = '"' + base64url(sha256(*file.data)).substr(0, 22) + '"';
    file.forever = path.starts_with("/assets/");
    out.files_.emplace(path, std::move(file));
  }
  if (error) return Error{ErrorKind::unavailable, "the folder " + folder + " cannot be read: " + error.message()};
  return out;
}

bool StaticFiles::serves(const ApiRequest& request) const {
  if (pages_ == Pages::console) return true;
  const std::string_view path = std::string_view(request.target).substr(0, request.target.find('?'));
  return path == kDesktopPrefix || path.starts_with(std::string(kDesktopPrefix) + "/");
}

Response StaticFiles::handle(const ApiRequest& request) const {
  const bool desktop = pages_ == Pages::agent_desktop;
  if (request.method != "GET")
    return to_response({405, "method_not_allowed", "Not this method", "Files can only be read.", {}, {{"Allow", "GET, HEAD"}}},
                       request.request_id);
  std::string_view path = std::string_view(request.target).substr(0, request.target.find('?'));
  if (desktop) path.remove_prefix(kDesktopPrefix.size());
  if (desktop && path.empty()) {
    Response moved{308};  // its files are named beside it
    moved.headers = {{"Location", std::string(kDesktopPrefix) + "/"}};
    return moved;
  }
  auto found = files_.find(path);
  if (found == files_.end() && path.starts_with("/assets/"))
    return to_response(not_found_problem("There is no such file."), request.request_id);
  if (found == files_.end()) found = files_.find("/index.html");
  if (found == files_.end()) return text_response(200, "text/html; charset=utf-8", std::string(desktop ? kNoDesktop : kNoConsole));

  const File& file = found->second;
  Response response;
  response.headers = {{"ETag", file.tag},
                      {"Cache-Control", file.forever ? "public, max-age=31536000, immutable" : "no-cache"},
                      {"Content-Security-Policy", std::string(desktop ? kDesktopPolicy : kContentSecurityPolicy)}};
  if (request.header("if-none-match") == file.tag) {
    response.status = 304;
    return response;
  }
  response.content_type = file.type;
  response.body = file.data;
  return response;
}

}  // namespace everdial
