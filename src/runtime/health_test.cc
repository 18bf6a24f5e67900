#include "runtime/health.h"

#include <arpa/inet.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <netinet/in.h>
#include <sys/socket.h>
#include <unistd.h>

#include <thread>

namespace everdial {
namespace {

using testing::HasSubstr;
using testing::StartsWith;

class Health : public testing::Test {
 protected:
  Health() {
    auto opened = HealthServer::open(loop_, "127.0.0.1", 0,
                                     {.ready = [this]() -> Status {
                                        if (ready_) return success();
                                        return Error{ErrorKind::unavailable, "no database"};
                                      },
                                      .role = [](const std::string& component) -> std::optional<bool> {
                                        if (component == "rule_engine") return true;
                                        if (component == "campaign_director") return false;
                                        return std::nullopt;
                                      },
                                      .metrics =
                                          [this](std::function<void(std::string)> done) {
                                            // Later, as when other processes are asked.
                                            loop_.post([done = std::move(done)] { done("everdial_up 1\n"); });
                                          }});
    EXPECT_TRUE(opened.ok());
    server_ = std::move(*opened);
    thread_ = std::thread([this] { loop_.run(); });
  }
  ~Health() override {
    loop_.stop();
    thread_.join();
  }

  std::string ask(const std::string& request) {
    const int fd = socket(AF_INET, SOCK_STREAM, 0);
    sockaddr_in to{.sin_family = AF_INET, .sin_port = htons(server_->port()), .sin_addr = {htonl(INADDR_LOOPBACK)}, .sin_zero = {}};
    EXPECT_EQ(connect(fd, reinterpret_cast<sockaddr*>(&to), sizeof to), 0);
    EXPECT_EQ(write(fd, request.data(), request.size()), static_cast<ssize_t>(request.size()));
    std::string all;
    char buffer[4096];
    for (ssize_t got; (got = read(fd, buffer, sizeof buffer)) > 0;) all.append(buffer, static_cast<size_t>(got));
    close(fd);
    return all;
  }
  std::string get(const std::string& path) { return ask("GET " + path + " HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n"); }

  Loop loop_;
  std::atomic<bool> ready_ = true;
  std::unique_ptr<HealthServer> server_;
  std::thread thread_;
};

TEST_F(Health, is_alive_as_long_as_it_answers_and_ready_when_nothing_is_missing) {
  EXPECT_THAT(get("/livez"), StartsWith("HTTP/1.1 200"));
  EXPECT_THAT(get("/readyz"), StartsWith("HTTP/1.1 200"));
  ready_ = false;
  EXPECT_THAT(get("/livez"), StartsWith("HTTP/1.1 200"));
  EXPECT_THAT(get("/readyz?verbose"), AllOf(StartsWith("HTTP/1.1 503"), HasSubstr("no database")));
}

TEST_F(Health, tells_the_role_of_a_component_by_the_status) {
  EXPECT_THAT(get("/role/rule_engine"), StartsWith("HTTP/1.1 200"));
  EXPECT_THAT(get("/role/campaign_director"), StartsWith("HTTP/1.1 503"));
  EXPECT_THAT(get("/role/pbx"), StartsWith("HTTP/1.1 404"));
}

TEST_F(Health, gives_metrics_and_refuses_what_it_does_not_know) {
  EXPECT_THAT(get("/metrics"), AllOf(HasSubstr("version=0.0.4"), HasSubstr("everdial_up 1")));
  EXPECT_THAT(get("/"), StartsWith("HTTP/1.1 404"));
  EXPECT_THAT(ask("POST /livez HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n"), StartsWith("HTTP/1.1 405"));
}

}  // namespace
}  // namespace everdial
