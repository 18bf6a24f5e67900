#include "dashboard/test_dashboard.h"

#include <arpa/inet.h>
#include <sys/socket.h>
#include <unistd.h>
#include <yaml-cpp/yaml.h>

#include "dashboard/access_store.h"
#include "dashboard/api_message.h"
#include "dashboard/secrets.h"
#include "runtime/secret.h"

namespace everdial {

using nlohmann::json;

namespace {

std::string lower(std::string text) {
  for (char& c : text) c = static_cast<char>(std::tolower(static_cast<unsigned char>(c)));
  return text;
}

std::string unchunked(const std::string& body) {
  std::string out;
  size_t at = 0;
  while (at < body.size()) {
    const size_t line = body.find("\r\n", at);
    const size_t size = std::stoul(body.substr(at, line - at), nullptr, 16);
    if (size == 0) break;
    out += body.substr(line + 2, size);
    at = line + 2 + size + 2;
  }
  return out;
}

TestAnswer parse_answer(const std::string& text) {
  TestAnswer answer;
  const size_t end = text.find("\r\n\r\n");
  if (!text.starts_with("HTTP/1.1 ") || end == std::string::npos) return answer;
  answer.status = std::stoi(text.substr(9, 3));
  for (size_t at = text.find("\r\n") + 2; at < end;) {
    const size_t line_end = std::min(text.find("\r\n", at), end);
    const size_t colon = text.find(": ", at);
    if (colon < line_end) answer.headers.emplace(lower(text.substr(at, colon - at)), text.substr(colon + 2, line_end - colon - 2));
    at = line_end + 2;
  }
  answer.body = text.substr(end + 4);
  if (answer.header("transfer-encoding") == "chunked") answer.body = unchunked(answer.body);
  if (answer.header("content-type").find("json") != std::string::npos) answer.json = json::parse(answer.body, nullptr, false);
  return answer;
}

json to_json(const YAML::Node& node) {
  if (node.IsMap()) {
    json out = json::object();
    for (const auto& entry : node) out[entry.first.as<std::string>()] = to_json(entry.second);
    return out;
  }
  if (node.IsSequence()) {
    json out = json::array();
    for (const auto& entry : node) out.push_back(to_json(entry));
    return out;
  }
  return node.IsScalar() ? json(node.as<std::string>()) : json();
}

}  // namespace

std::string TestAnswer::header(const std::string& name) const {
  const auto found = headers.find(name);
  return found == headers.end() ? "" : found->second;
}

std::vector<std::string> TestAnswer::errors() const {
  std::vector<std::string> out;
  for (const auto& e : json.value("errors", nlohmann::json::array()))
    out.push_back(e["pointer"].get<std::string>() + ": " + e["detail"].get<std::string>());
  return out;
}

TestStream::TestStream(uint16_t port, const std::string& bytes) : fd_(socket(AF_INET, SOCK_STREAM, 0)) {
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_port = htons(port);
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  const timeval patience{20, 0};
  setsockopt(fd_, SOL_SOCKET, SO_RCVTIMEO, &patience, sizeof patience);
  if (connect(fd_, reinterpret_cast<sockaddr*>(&address), sizeof address) != 0) return;
  for (size_t sent = 0; sent < bytes.size();) {
    const ssize_t n = ::send(fd_, bytes.data() + sent, bytes.size() - sent, MSG_NOSIGNAL);
    if (n <= 0) break;
    sent += static_cast<size_t>(n);
  }
}

TestStream::~TestStream() { close(fd_); }

std::string TestStream::until(const std::string& text) {
  std::string out;
  char buffer[65536];
  while (text.empty() || out.find(text) == std::string::npos) {
    const ssize_t n = recv(fd_, buffer, sizeof buffer, 0);
    if (n <= 0) break;
    out.append(buffer, static_cast<size_t>(n));
  }
  return out;
}

std::string send_raw(uint16_t port, const std::string& bytes, const std::string& until) { return TestStream(port, bytes).until(until); }

TestAnswer send_request(uint16_t port, const std::string& method, const std::string& path, const std::string& body,
                        const std::map<std::string, std::string>& headers) {
  std::string text =
      method + " " + path + " HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\nContent-Length: " + std::to_string(body.size()) + "\r\n";
  for (const auto& [name, value] : headers) text += name + ": " + value + "\r\n";
  return parse_answer(send_raw(port, text + "\r\n" + body));
}

TestDashboard::TestDashboard()
    : service_({.server = "as1", .version = "test", .listen_port = 0, .workers = 4, .agent_origins = {"https://desk.example"}},
               database_.pool()) {
  const Status started = service_.start();
  if (!started.ok()) throw std::runtime_error(started.error().message);
}

const std::string& TestDashboard::token(Role role) {
  auto [entry, fresh] = tokens_.try_emplace(role);
  if (fresh) {
    entry->second = random_secret();
    const auto made = database_.pool().transaction<std::monostate>([&](pg::Connection& db) -> Status {
      const auto account = access_store::create_account(db, "the_" + std::string(to_string(role)), nobodys_password_hash(), role);
      if (!account.ok()) return account.error();
      const auto token = access_store::create_token(db, (*account)["id"].get<int64_t>(), "test", sha256(entry->second));
      if (!token.ok()) return token.error();
      return success();
    });
    EXPECT_TRUE(made.ok()) << made.error().message;
  }
  return entry->second;
}

TestAnswer TestDashboard::send(const std::string& method, const std::string& path, const std::string& body,
                               std::map<std::string, std::string> headers) {
  const TestAnswer answer = send_request(service_.port(), method, "/api/v1" + path, body, headers);
  EXPECT_EQ(ApiDescription::get().fault(method, path, answer), "") << method << " " << path << ": " << answer.body;
  return answer;
}

TestAnswer TestDashboard::as(Role role, const std::string& method, const std::string& path, const json& body,
                             std::map<std::string, std::string> headers) {
  headers.emplace("Authorization", "Bearer " + token(role));
  if (!body.is_null()) headers.emplace("Content-Type", "application/json");
  return send(method, path, body.is_null() ? "" : body.dump(), std::move(headers));
}

std::string TestDashboard::sql(const std::string& statement) {
  const auto rows = database_.pool().query(statement);
  EXPECT_TRUE(rows.ok()) << statement << ": " << (rows.ok() ? "" : rows.error().message);
  return rows.ok() && !rows->empty() ? rows->string(0, 0) : "";
}

int64_t TestDashboard::make_list(const std::string& name) { return post("/lists", {{"name", name}}).json.value("id", int64_t{0}); }

int64_t TestDashboard::make_campaign(const std::string& name) {
  return post("/campaigns", {{"name", name}, {"list_id", make_list("List of " + name)}}).json.value("id", int64_t{0});
}

int64_t TestDashboard::make_job() { return post("/campaigns/" + std::to_string(make_campaign()) + "/jobs").json.value("id", int64_t{0}); }

std::vector<json> TestDashboard::all_pages(const std::string& path, int limit) {
  std::vector<json> out;
  const std::string first = path + (path.find('?') == std::string::npos ? "?" : "&") + "limit=" + std::to_string(limit);
  std::string cursor;
  for (int pages = 0; pages < 100; ++pages) {
    const TestAnswer answer = as(Role::administrator, "GET", first + (cursor.empty() ? "" : "&cursor=" + cursor));
    EXPECT_EQ(answer.status, 200) << answer.body;
    if (answer.status != 200) return out;
    EXPECT_LE(answer.json["items"].size(), static_cast<size_t>(limit));
    for (const json& item : answer.json["items"]) out.push_back(item);
    if (!answer.json.contains("next")) return out;
    cursor = answer.json["next"].get<std::string>();
  }
  ADD_FAILURE() << "the pages of " << path << " do not end";
  return out;
}

// ---- ApiDescription ----------------------------------------------------------------------------------------------------------

const ApiDescription& ApiDescription::get() {
  static const ApiDescription description;
  return description;
}

ApiDescription::ApiDescription() : document_(to_json(YAML::LoadFile(EVERDIAL_API_FILE))) {}

std::vector<ApiDescription::Operation> ApiDescription::operations() const {
  std::vector<Operation> out;
  for (const auto& [path, item] : document_["paths"].items())
    for (const auto& [method, operation] : item.items()) {
      if (method == "parameters") continue;
      std::string name = method;
      for (char& c : name) c = static_cast<char>(std::toupper(static_cast<unsigned char>(c)));
      out.push_back({operation["operationId"], name, path, operation.value("x-role", "")});
    }
  return out;
}

const json& ApiDescription::resolved(const json& schema) const {
  if (!schema.contains("$ref")) return schema;
  return resolved(document_.at(json::json_pointer(schema["$ref"].get<std::string>().substr(1))));
}

std::string ApiDescription::fault(const std::string& method, const std::string& path, const TestAnswer& answer) const {
  if (answer.status == 0) return "no answer";
  if (answer.header("x-request-id").empty()) return "no X-Request-Id";
  const json* operation = nullptr;
  const auto target = parse_target(path);
  for (const Operation& o : operations()) {
    const auto steps = parse_target(o.path)->path;
    bool same = o.method == method && target && steps.size() == target->path.size();
    for (size_t i = 0; same && i < steps.size(); ++i) same = steps[i].starts_with("{") || steps[i] == target->path[i];
    if (same) operation = &document_["paths"][o.path][lower(method)];
  }
  if (!operation) return answer.status == 404 || answer.status == 405 || answer.status == 400 ? "" : "an operation that is not described";
  const json& responses = (*operation)["responses"];
  const std::string status = std::to_string(answer.status);
  const json& response = resolved(responses.contains(status) ? responses[status] : responses["default"]);
  if (!responses.contains(status) && answer.status < 400) return "a status that is not described: " + status;
  if (!response.contains("content")) return answer.body.empty() ? "" : "a body where none is described";
  std::string type = answer.header("content-type");
  type = type.substr(0, type.find(';'));
  if (!response["content"].contains(type)) return "the content type " + type + " is not described for " + status;
  if (type.find("json") == std::string::npos) return "";
  return fault(response["content"][type]["schema"], answer.json, "");
}

std::string ApiDescription::fault(const json& given, const json& value, const std::string& where) const {
  const json& schema = resolved(given);
  const std::string type = schema.value("type", "");
  const bool fits = type.empty() || (type == "object" && value.is_object()) || (type == "array" && value.is_array()) ||
                    (type == "string" && value.is_string()) || (type == "integer" && value.is_number_integer()) ||
                    (type == "number" && value.is_number()) || (type == "boolean" && value.is_boolean());
  if (!fits) return where + " is not of type " + type + ": " + value.dump();
  if (schema.contains("enum") && std::find(schema["enum"].begin(), schema["enum"].end(), value) == schema["enum"].end())
    return where + " has the undescribed value " + value.dump();
  if (schema.value("format", "") == "date-time" && !parse_iso8601(value.get<std::string>())) return where + " is no time: " + value.dump();
  if (type == "array")
    for (size_t i = 0; i < value.size(); ++i)
      if (std::string wrong = fault(schema.value("items", json::object()), value[i], where + "/" + std::to_string(i)); !wrong.empty())
        return wrong;
  if (type != "object") return "";
  for (const json& name : schema.value("required", json::array()))
    if (!value.contains(name)) return where + "/" + name.get<std::string>() + " is missing";
  for (const auto& [name, member] : value.items()) {
    const bool named = schema.contains("properties") && schema["properties"].contains(name);
    if (!named && !(schema.contains("additionalProperties") && schema["additionalProperties"].is_object()))
      return where + "/" + name + " is not described";
    if (std::string wrong = fault(named ? schema["properties"][name] : schema["additionalProperties"], member, where + "/" + name);
        !wrong.empty())
      return wrong;
  }
  return "";
}

}  // namespace everdial
