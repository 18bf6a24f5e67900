#pragma once

#include <functional>
#include <nlohmann/json.hpp>
#include <string>

#include "ctl/settings.h"
#include "runtime/http_client.h"

namespace everdial::ctl {

/// The REST API (api/openapi.yaml) for commands: JSON in, JSON out, the next server when one does not answer, and a changing request done
/// once however often it had to be sent. What the server refuses is thrown as Failure.
class ApiClient {
 public:
  /// `notice` is told, in words for people, when it takes longer than one would expect.
  ApiClient(Settings settings, std::function<void(const std::string&)> notice);

  nlohmann::json get(const std::string& path) { return call("GET", path); }
  /// `body` null: none. Null comes back from an answer without a body.
  nlohmann::json call(const std::string& method, const std::string& path, const nlohmann::json& body = nullptr);
  /// One piece of an upload.
  void put_bytes(const std::string& path, std::string bytes);
  std::string get_text(const std::string& path);
  /// Items of as many pages as it takes, at most `most`.
  std::vector<nlohmann::json> items(const std::string& path, size_t most);
  /// The id of what is named so: its number, or its name among the items of `path`.
  int64_t id_of(const std::string& path, const std::string& name_or_id);
  /// A token for `name`, made for `purpose`.
  std::string make_token(const std::string& name, const std::string& password, const std::string& purpose);

  const Settings& settings() const { return settings_; }

 private:
  HttpAnswer send(HttpRequest request);
  HttpAnswer send_somewhere(const HttpRequest& request);

  Settings settings_;
  std::function<void(const std::string&)> notice_;
  std::vector<Url> urls_;
  size_t at_ = 0;  ///< the server that answered last
};

/// A text as a part of a path or a query.
std::string encoded(const std::string& text);

}  // namespace everdial::ctl
