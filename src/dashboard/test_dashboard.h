#pragma once

#include <gtest/gtest.h>

#include <map>
#include <memory>
#include <nlohmann/json.hpp>
#include <string>
#include <vector>

#include "dashboard/access.h"
#include "dashboard/dashboard_service.h"
#include "runtime/pg.h"
#include "runtime/test_database.h"

namespace everdial {

struct TestAnswer {
  int status = 0;
  std::multimap<std::string, std::string> headers;  ///< names in lower case
  std::string body;
  nlohmann::json json;  ///< of a JSON body

  std::string header(const std::string& name) const;
  /// The problem's errors, each as "pointer: detail".
  std::vector<std::string> errors() const;
};

/// Sends one request on a connection of its own.
TestAnswer send_request(uint16_t port, const std::string& method, const std::string& path, const std::string& body,
                        const std::map<std::string, std::string>& headers);
/// A connection on which `bytes` have been sent as they are.
class TestStream {
 public:
  TestStream(uint16_t port, const std::string& bytes);
  ~TestStream();
  TestStream(const TestStream&) = delete;
  TestStream& operator=(const TestStream&) = delete;

  /// What comes from now on, up to `text`; or to the end of the stream, or of 20 s of silence.
  std::string until(const std::string& text);

 private:
  int fd_;
};
/// Sends bytes as they are and reads until the other side closes, or `until` has come.
std::string send_raw(uint16_t port, const std::string& bytes, const std::string& until = "");

/// A running dashboard on a real database and a real socket. Every answer is held against api/openapi.yaml.
class TestDashboard : public testing::Test {
 public:
  TestDashboard();

 protected:
  /// As an account of this role, by token.
  TestAnswer as(Role role, const std::string& method, const std::string& path, const nlohmann::json& body = nullptr,
                std::map<std::string, std::string> headers = {});
  TestAnswer send(const std::string& method, const std::string& path, const std::string& body, std::map<std::string, std::string> headers);
  TestAnswer get(const std::string& path) { return as(Role::viewer, "GET", path); }
  TestAnswer post(const std::string& path, const nlohmann::json& body = nullptr, std::map<std::string, std::string> headers = {}) {
    return as(Role::supervisor, "POST", path, body, std::move(headers));
  }
  const std::string& token(Role role);
  /// The value in the first column of the first row.
  std::string sql(const std::string& statement);
  int64_t make_list(const std::string& name = "List");
  int64_t make_campaign(const std::string& name = "Campaign");
  int64_t make_job();
  /// All items of all pages, and each page no longer than `limit`.
  std::vector<nlohmann::json> all_pages(const std::string& path, int limit);

  TestDatabase database_;
  DashboardService service_;
  std::map<Role, std::string> tokens_;
};

/// What api/openapi.yaml says.
class ApiDescription {
 public:
  static const ApiDescription& get();
  struct Operation {
    std::string id, method, path, role;
    bool operator<(const Operation& other) const { return id < other.id; }
  };
  std::vector<Operation> operations() const;
  /// What is wrong with an answer; empty when all is as described.
  std::string fault(const std::string& method, const std::string& path, const TestAnswer& answer) const;

 private:
  ApiDescription();
  std::string fault(const nlohmann::json& schema, const nlohmann::json& value, const std::string& where) const;
  const nlohmann::json& resolved(const nlohmann::json& schema) const;
  nlohmann::json document_;
};

}  // namespace everdial
