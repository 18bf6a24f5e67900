#include "ctl/api_client.h"

#include <charconv>
#include <random>
#include <thread>

#include "ctl/failure.h"

namespace everdial::ctl {
namespace {

using nlohmann::json;

constexpr auto kTimeout = std::chrono::seconds(30);
constexpr int kRounds = 8;  ///< over all servers, before giving up
constexpr auto kFirstPause = std::chrono::milliseconds(100);
constexpr auto kRestrictedPause = std::chrono::seconds(5);
constexpr int kRestrictedRounds = 180;  ///< a quarter of an hour, after which nothing is restricted by old data (L-02)

std::string random_key() {
  std::random_device source;
  std::string key;
  for (int i = 0; i < 8; ++i) key += std::to_string(source()) + (i < 7 ? "-" : "");
  return key;
}

/// What a problem says, with each field's fault on a line of its own.
Failure failure_of(const HttpAnswer& answer) {
  const json problem = json::parse(answer.body, nullptr, false);
  std::string text = "the server answered " + std::to_string(answer.status);
  if (problem.is_object()) {
    text = problem.value("title", text);
    const auto errors = problem.value("errors", json::array());
    if (errors.empty() && problem.contains("detail")) text += ": " + problem["detail"].get<std::string>();
    for (const json& e : errors)
      text += "\n  " + e.value("pointer", "") + (e.value("pointer", "").empty() ? "" : ": ") + e.value("detail", "");
  }
  switch (answer.status) {
    case 401:
      return {kNotAllowed, text + "\n  everdialctl login NAME gets a token; EVERDIAL_TOKEN or --token-file give one"};
    case 403:
      return {kNotAllowed, text};
    case 404:
      return {kNotFound, text};
    default:
      return {answer.status >= 500 ? kUnreachable : kRefused, text};
  }
}

/// Held back by load (L-03): every server would say the same.
bool is_restricted(const HttpAnswer& answer) {
  return answer.status == 503 && answer.body.find("urn:everdial:problem:restricted_by_load") != std::string::npos;
}

}  // namespace

std::string encoded(const std::string& text) {
  static constexpr char digits[] = "0123456789ABCDEF";
  std::string out;
  for (const char c : text) {
    const auto byte = static_cast<unsigned char>(c);
    if (std::isalnum(byte) || c == '-' || c == '_' || c == '.' || c == '~') out += c;
    else out += {'%', digits[byte >> 4], digits[byte & 15]};
  }
  return out;
}

ApiClient::ApiClient(Settings settings, std::function<void(const std::string&)> notice)
    : settings_(std::move(settings)), notice_(std::move(notice)) {
  for (const auto& text : settings_.servers) {
    auto url = parse_url(text);
    if (!url.ok()) throw Failure(kUsage, url.error().message);
    urls_.push_back(std::move(*url));
  }
}

HttpAnswer ApiClient::send_somewhere(const HttpRequest& request) {
  std::string last = "no server is configured";
  auto pause = kFirstPause;
  bool may_get_better = true;
  for (int round = 0; round < kRounds && may_get_better; ++round) {
    may_get_better = false;
    for (size_t i = 0; i < urls_.size(); ++i) {
      const Url& url = urls_[at_];
      const auto answer = send_http(url, request, settings_.ca_file, kTimeout);
      if (!answer.ok() && answer.error().kind == ErrorKind::invalid) throw Failure(kUsage, answer.error().message);
      if (answer.ok() && (answer->status != 503 || is_restricted(*answer))) return *answer;
      last = answer.ok() ? failure_of(*answer).what() : answer.error().message;
      may_get_better = may_get_better || answer.ok() || answer.error().kind != ErrorKind::conflict;
      at_ = (at_ + 1) % urls_.size();
    }
    if (may_get_better) std::this_thread::sleep_for(pause);
    pause = std::min(pause * 2, std::chrono::milliseconds(1000));
  }
  throw Failure(kUnreachable, "no server can do this now: " + last);
}

HttpAnswer ApiClient::send(HttpRequest request) {
  request.target = "/api/v1" + request.target;
  if (!settings_.token.empty()) request.headers.emplace_back("Authorization", "Bearer " + settings_.token);
  // With the key each server does the same request once, so it may be sent again whatever became of it.
  if (request.method != "GET") request.headers.emplace_back("Idempotency-Key", random_key());
  for (int round = 0;; ++round) {
    HttpAnswer answer = send_somewhere(request);
    if (!is_restricted(answer) || round == kRestrictedRounds) return answer;
    if (round == 0) notice_(failure_of(answer).what() + std::string("\n  trying again until it is taken; Ctrl-C gives up"));
    std::this_thread::sleep_for(kRestrictedPause);
  }
}

json ApiClient::call(const std::string& method, const std::string& path, const json& body) {
  HttpRequest request{method, path, {}, ""};
  if (!body.is_null()) {
    request.headers.emplace_back("Content-Type", "application/json");
    request.body = body.dump();
  }
  const HttpAnswer answer = send(std::move(request));
  if (answer.status >= 300) throw failure_of(answer);
  if (answer.body.empty()) return nullptr;
  json out = json::parse(answer.body, nullptr, false);
  if (out.is_discarded()) throw Failure(kUnreachable, "what answers at " + settings_.servers[at_] + " is not an Everdial server");
  return out;
}

void ApiClient::put_bytes(const std::string& path, std::string bytes) {
  const HttpAnswer answer = send({"PUT", path, {{"Content-Type", "application/octet-stream"}}, std::move(bytes)});
  if (answer.status >= 300) throw failure_of(answer);
}

std::string ApiClient::get_text(const std::string& path) {
  HttpAnswer answer = send({"GET", path, {}, ""});
  if (answer.status >= 300) throw failure_of(answer);
  return std::move(answer.body);
}

std::vector<json> ApiClient::items(const std::string& path, size_t most) {
  std::vector<json> out;
  std::string cursor;
  while (out.size() < most) {
    const std::string join = path.find('?') == std::string::npos ? "?" : "&";
    json page = get(path + join + "limit=" + std::to_string(std::min<size_t>(most - out.size(), 500)) +
                    (cursor.empty() ? "" : "&cursor=" + cursor));
    for (json& item : page["items"]) out.push_back(std::move(item));
    if (!page.contains("next")) break;
    cursor = page["next"].get<std::string>();
  }
  return out;
}

int64_t ApiClient::id_of(const std::string& path, const std::string& name_or_id) {
  int64_t id = 0;
  const auto [end, error] = std::from_chars(name_or_id.data(), name_or_id.data() + name_or_id.size(), id);
  if (error == std::errc{} && end == name_or_id.data() + name_or_id.size()) return id;
  for (const json& item : items(path, SIZE_MAX))
    if (item["name"] == name_or_id) return item["id"].get<int64_t>();
  throw Failure(kNotFound, "there is no \"" + name_or_id + "\" among " + path.substr(1));
}

std::string ApiClient::make_token(const std::string& name, const std::string& password, const std::string& purpose) {
  settings_.token.clear();
  const HttpAnswer in =
      send({"POST", "/login", {{"Content-Type", "application/json"}}, json{{"name", name}, {"password", password}}.dump()});
  if (in.status >= 300) throw failure_of(in);
  std::string cookies;
  for (const auto& cookie : in.cookies) cookies += (cookies.empty() ? "" : "; ") + cookie.substr(0, cookie.find(';'));
  const std::string csrf = json::parse(in.body, nullptr, false).value("csrf_token", "");
  const std::vector<std::pair<std::string, std::string>> session = {
      {"Cookie", cookies}, {"X-CSRF-Token", csrf}, {"Content-Type", "application/json"}};
  const HttpAnswer made = send({"POST", "/tokens", session, json{{"name", purpose}}.dump()});
  if (made.status >= 300) throw failure_of(made);
  send({"POST", "/logout", session, ""});
  return json::parse(made.body, nullptr, false).value("token", "");
}

}  // namespace everdial::ctl
