#include <fcntl.h>
#include <gmock/gmock.h>
#include <netinet/in.h>
#include <spawn.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include <csignal>
#include <filesystem>
#include <fstream>
#include <regex>
#include <thread>

#include "runtime/http_client.h"
#include "runtime/test_certificates.h"
#include "runtime/test_database.h"

// A real server: its own processes, with TLS on all listeners and a database that asks for a password.

namespace everdial {
namespace {

using testing::HasSubstr;
using namespace std::chrono_literals;

/// A port that was free a moment ago.
int free_port() {
  const int fd = socket(AF_INET, SOCK_STREAM, 0);
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  socklen_t length = sizeof address;
  EXPECT_EQ(bind(fd, reinterpret_cast<sockaddr*>(&address), length), 0);
  EXPECT_EQ(getsockname(fd, reinterpret_cast<sockaddr*>(&address), &length), 0);
  close(fd);
  return ntohs(address.sin_port);
}

std::string text_of(const std::filesystem::path& file) {
  std::ifstream in(file);
  return {std::istreambuf_iterator<char>(in), {}};
}

class RealServer : public testing::Test {
 protected:
  RealServer() {
    std::filesystem::create_directories(folder_);
    std::ofstream(folder_ / "password") << "open sesame\n";
    sql("do $$ begin create role with_password login; exception when duplicate_object then null; end $$");
    sql("alter role with_password password 'open sesame'");
    const std::string name = database_.uri().substr(database_.uri().rfind('/') + 1);
    sql("alter database " + name + " owner to with_password");
    uri_ = std::regex_replace(database_.uri(), std::regex("//[^@]*@"), "//with_password@");
    const auto tls = authority_.issue();
    std::ofstream(folder_ / "everdial.yaml")
        << "server: {name: as1, components: [rule_engine, load_monitor, application_server, mpp, dashboard]}\n"
        << "data_dir: " << folder_ << "\n"
        << "database: {uri: \"" << uri_ << "\", password_file: " << folder_ / "password"
        << ", threads: 2}\n"
        << "rpc: {tls_cert: " << tls.cert << ", tls_key: " << tls.key << ", tls_ca: " << tls.ca << "}\n"
        << "http: {listen: \"127.0.0.1:" << http_port_ << "\", tls_cert: " << tls.cert << ", tls_key: " << tls.key << "}\n"
        << "health: {listen: \"127.0.0.1:" << health_port_ << "\"}\n"
        << "mpp: {workers: 1, sip_port: " << free_port() << "}\n"
        << "trunks: [{name: carrier, uri: \"sip:127.0.0.1:9\"}]\n";
  }
  ~RealServer() override {
    if (server_ > 0) {
      kill(server_, SIGTERM);
      waitpid(server_, nullptr, 0);
    }
    std::filesystem::remove_all(folder_);
  }

  void sql(const std::string& statement) {
    const auto done = database_.pool().query(statement);
    EXPECT_TRUE(done.ok()) << statement << ": " << (done.ok() ? "" : done.error().message);
  }

  /// Runs the program; its output goes to the file "log".
  pid_t start(std::vector<std::string> arguments) {
    arguments.insert(arguments.begin(), EVERDIAL);
    arguments.insert(arguments.end(), {"--config", folder_ / "everdial.yaml"});
    std::vector<char*> pointers;
    for (std::string& argument : arguments) pointers.push_back(argument.data());
    pointers.push_back(nullptr);
    posix_spawn_file_actions_t actions;
    posix_spawn_file_actions_init(&actions);
    posix_spawn_file_actions_addopen(&actions, STDOUT_FILENO, (folder_ / "log").c_str(), O_WRONLY | O_CREAT | O_APPEND, 0600);
    posix_spawn_file_actions_adddup2(&actions, STDOUT_FILENO, STDERR_FILENO);
    pid_t pid = 0;
    EXPECT_EQ(posix_spawn(&pid, EVERDIAL, &actions, nullptr, pointers.data(), environ), 0);
    posix_spawn_file_actions_destroy(&actions);
    return pid;
  }
  int run(const std::vector<std::string>& arguments) {
    int status = 0;
    waitpid(start(arguments), &status, 0);
    return WIFEXITED(status) ? WEXITSTATUS(status) : -1;
  }
  void start_server() {
    ASSERT_EQ(run({"migrate"}), 0) << text_of(folder_ / "log");
    server_ = start({"server"});
    ASSERT_TRUE(await([&] { return get("/readyz").status == 200; })) << get("/readyz").body << text_of(folder_ / "log");
    for (const std::string component : {"rule_engine", "load_monitor", "application_server", "mpp/1", "dashboard"})
      ASSERT_TRUE(await([&] { return answers(component); })) << component << get("/metrics").body << text_of(folder_ / "log");
  }

  static bool await(const std::function<bool()>& condition) {
    const auto end = std::chrono::steady_clock::now() + 60s;
    while (!condition()) {
      if (std::chrono::steady_clock::now() > end) return false;
      std::this_thread::sleep_for(20ms);
    }
    return true;
  }
  HttpAnswer get(const std::string& path) const {
    const auto answer = send_http({false, "127.0.0.1", std::to_string(health_port_)}, {"GET", path, {}, ""}, "", 10s);
    return answer.ok() ? *answer : HttpAnswer{0, "", answer.error().message, {}};
  }
  bool answers(const std::string& component) const {
    return get("/metrics").body.find("child=\"" + component + "\"} 1") != std::string::npos;
  }
  /// The process of a component of our server.
  pid_t pid_of(const std::string& component) const {
    for (const auto& entry : std::filesystem::directory_iterator("/proc/" + std::to_string(server_) + "/task/" + std::to_string(server_))) {
      if (entry.path().filename() != "children") continue;
      std::istringstream pids(text_of(entry.path()));
      for (pid_t pid = 0; pids >> pid;)
        if (text_of("/proc/" + std::to_string(pid) + "/cmdline").find(component) != std::string::npos) return pid;
    }
    return 0;
  }

  const std::filesystem::path folder_ = std::filesystem::temp_directory_path() / ("real_server_" + std::to_string(getpid()));
  const int http_port_ = free_port(), health_port_ = free_port();
  TestDatabase database_{TestDatabase::empty};
  TestAuthority authority_;
  std::string uri_;
  pid_t server_ = 0;
};

TEST_F(RealServer, gives_the_password_of_its_file_to_a_database_that_asks) {
  EXPECT_EQ(run({"migrate"}), 0) << text_of(folder_ / "log");
  std::ofstream(folder_ / "password") << "open barley\n";
  EXPECT_EQ(run({"migrate"}), 1) << "a database that takes any password: start the test's with tests/pg.sh";
  EXPECT_THAT(text_of(folder_ / "log"), HasSubstr("password authentication failed for user \"with_password\""));
  std::filesystem::remove(folder_ / "password");
  EXPECT_EQ(run({"migrate"}), 2);
  EXPECT_THAT(text_of(folder_ / "log"), HasSubstr("cannot read a secret from " + (folder_ / "password").string()));
}

TEST_F(RealServer, S_02_shows_the_metrics_of_each_component_over_mutual_tls) {
  ASSERT_NO_FATAL_FAILURE(start_server());
  const auto shown = [&](const std::string& line) { return std::regex_search(get("/metrics").body, std::regex(line)); };
  ASSERT_TRUE(await([&] { return shown("everdial_leases_acting\\{.*component=\"load_monitor\".*kind=\"load_monitor\"\\} 1"); }))
      << get("/metrics").body;
  const std::string page = get("/metrics").body;
  EXPECT_THAT(page, HasSubstr("everdial_components_serving{component=\"server\",server=\"as1\"} 5"));
  for (const std::string component : {"rule_engine", "load_monitor", "application_server", "mpp", "dashboard"})
    EXPECT_TRUE(shown("everdial_loop_lag_seconds_count\\{component=\"" + component + "\",instance=\"1?\",server=\"as1\"\\} [1-9]")) << page;
  EXPECT_TRUE(shown("everdial_invites_total\\{component=\"mpp\",instance=\"1\",server=\"as1\",trunk=\"carrier\"\\} 0")) << page;
  EXPECT_TRUE(shown("everdial_orders_total\\{component=\"application_server\".*verdict=\"no_mpp\"\\} 0")) << page;
  EXPECT_EQ(page.find("# TYPE everdial_loop_lag_seconds "), page.rfind("# TYPE everdial_loop_lag_seconds ")) << "described once";
}

TEST_F(RealServer, a_frozen_component_does_not_hold_up_the_page) {
  ASSERT_NO_FATAL_FAILURE(start_server());
  const pid_t frozen = pid_of("load_monitor");
  ASSERT_GT(frozen, 0);
  kill(frozen, SIGSTOP);
  const auto begun = std::chrono::steady_clock::now();
  const std::string page = get("/metrics").body;
  EXPECT_LT(std::chrono::steady_clock::now() - begun, 2s);
  EXPECT_THAT(page, HasSubstr("child=\"load_monitor\"} 0"));
  EXPECT_THAT(page, HasSubstr("child=\"rule_engine\"} 1"));
  EXPECT_THAT(page, HasSubstr("everdial_loop_lag_seconds_count{component=\"rule_engine\""));
  kill(frozen, SIGCONT);
}

TEST_F(RealServer, serves_the_dashboard_over_https_alone) {
  ASSERT_NO_FATAL_FAILURE(start_server());
  const HttpRequest health{"GET", "/api/v1/health", {}, ""};
  const auto ask = [&](bool tls, const std::string& ca) {
    return send_http({tls, "127.0.0.1", std::to_string(http_port_)}, health, ca, 10s);
  };
  const auto answer = ask(true, authority_.ca());
  ASSERT_TRUE(answer.ok()) << answer.error().message;
  EXPECT_EQ(answer->status, 200);
  EXPECT_THAT(ask(true, "").error().message, HasSubstr("its certificate cannot be trusted"));
  EXPECT_FALSE(ask(false, "").ok());
}

TEST_F(RealServer, says_what_is_wrong_with_its_certificates) {
  ASSERT_EQ(run({"migrate"}), 0);
  TestAuthority other;
  EXPECT_EQ(setenv("EVERDIAL_RPC_TLS_CA", other.ca().c_str(), 1), 0);
  EXPECT_EQ(run({"rule_engine"}), 1);
  EXPECT_EQ(unsetenv("EVERDIAL_RPC_TLS_CA"), 0);
  EXPECT_THAT(text_of(folder_ / "log"), HasSubstr("rpc: the authority does not vouch for the certificate"));
}

}  // namespace
}  // namespace everdial
