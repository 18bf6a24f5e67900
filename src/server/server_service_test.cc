#include "server/server_service.h"

#include <gtest/gtest.h>

#include <csignal>
#include <filesystem>
#include <fstream>
#include <sstream>

#include "runtime/incarnation.h"
#include "runtime/test_database.h"

namespace everdial {
namespace {

using server::ChildName;

/// A real server over a real database; its children are shells that show progress.
class ServerProcess : public testing::Test {
 protected:
  class NoNetwork final : public Network {
    void request(const Address&, Request, Duration, ReplyFn) override {}
    void serve(RequestHandler) override {}
  };

  std::unique_ptr<ServerService> make(std::string script) {
    ServerService::Settings settings;
    settings.name = ServerName{"as1"};
    settings.children = {mpp_, dashboard_};
    settings.program = "/bin/sh";
    settings.arguments = [script](const ChildName&) { return std::vector<std::string>{"sh", "-c", script}; };
    settings.exit = [this] { exited_ = true; };
    settings.refuse = [this](const Error& error) { refused_ = error.message; };
    settings.note = [](const std::string&, const ChildName&) {};
    return std::make_unique<ServerService>(seams_, loop_, *leases_, *store_, new_incarnation(random_), std::move(settings));
  }

  /// Runs the loop until `condition`, asked again and again; false after `at_most`.
  bool await(std::function<bool()> condition, Duration at_most = 10s) {
    bool met = false;
    std::unique_ptr<Timer> look, end = loop_.after(at_most, [&] { loop_.stop(); });
    std::function<void()> ask = [&] {
      if ((met = condition())) return loop_.stop();
      look = loop_.after(2ms, ask);
    };
    loop_.post(ask);
    loop_.run();
    return met;
  }

  std::optional<LeaseRow> lease(const Resource& resource) {
    const auto rows = leases_->leases({resource});
    for (const LeaseRow& row : *rows)
      if (row.resource == resource) return row;
    return std::nullopt;
  }
  bool has_session(const Incarnation& incarnation) {
    const auto sessions = leases_->sessions();
    return std::any_of(sessions->begin(), sessions->end(), [&](const Session& session) { return session.incarnation == incarnation; });
  }

  static constexpr const char* kAlive = "while :; do printf . >&$EVERDIAL_LINK_FD; sleep 0.02; done";
  const ChildName mpp_{"mpp", "1"}, dashboard_{"dashboard", ""};
  TestDatabase database_;
  std::unique_ptr<LeaseStore> leases_ = make_pg_lease_store(database_.pool());
  std::unique_ptr<ServerStore> store_ = make_pg_server_store(database_.pool());
  Loop loop_;
  StoreThreads threads_{loop_, 2};
  SystemRandom random_;
  NoNetwork network_;
  Seams seams_{loop_, random_, threads_, network_};
  bool exited_ = false;
  std::string refused_;
};

TEST_F(ServerProcess, S_03_a_killed_child_runs_again_and_its_leases_are_free_within_300_ms) {
  const auto service = make(kAlive);
  service->start();
  ASSERT_TRUE(await([&] { return service->serving() == 2; }));
  const Resource resource{"rule_engine"};
  const Incarnation first = service->incarnation_of(mpp_);
  ASSERT_TRUE(leases_->open_session({.incarnation = first, .server = ServerName{"as1"}, .component = "mpp"}).ok());
  ASSERT_TRUE(leases_->ensure({resource}).ok());
  ASSERT_TRUE(leases_->acquire({.seen = *lease(resource), .me = first, .reason = "released"})->has_value());
  // Old enough not to be taken for one that cannot start.
  const Instant grown_up = loop_.steady() + 2s;
  ASSERT_TRUE(await([&] { return loop_.steady() > grown_up; }));

  const pid_t pid = service->pid_of(mpp_);
  const Instant killed = loop_.steady();
  kill(pid, SIGKILL);
  ASSERT_TRUE(await([&] { return service->pid_of(mpp_) != pid && service->pid_of(mpp_) != 0 && !lease(resource)->holder; }));
  EXPECT_LT(loop_.steady() - killed, 300ms);
  EXPECT_NE(service->incarnation_of(mpp_), first);
  EXPECT_EQ(leases_->history(resource)->back().reason, "died");
  EXPECT_FALSE(has_session(first));
}

TEST_F(ServerProcess, S_02_carries_out_once_what_people_ask_of_a_component) {
  const auto sql = [&](const std::string& statement) {
    const auto done = database_.pool().query(statement);
    ASSERT_TRUE(done.ok()) << done.error().message;
  };
  {
    const auto service = make(kAlive);
    service->start();
    ASSERT_TRUE(await([&] { return service->serving() == 2; }));
    sql("update server set stopped = '{mpp}'");
    ASSERT_TRUE(await([&] { return service->pid_of(mpp_) == 0 && service->serving() == 1; }));
    EXPECT_EQ(service->wanted(), 1u);
    const pid_t dashboard = service->pid_of(dashboard_);
    sql("insert into component_order (server, component, action, asked_by) values ('as1', 'dashboard', 'kill', 'ada')");
    ASSERT_TRUE(await([&] { return service->pid_of(dashboard_) != dashboard && service->serving() == 1; }));
    EXPECT_EQ(database_.pool().query("select count(*) from component_order where taken_at is null")->integer(0, 0), 0);
  }
  sql("insert into component_order (server, component, action, asked_by) values ('as1', 'dashboard', 'kill', 'ada')");
  const auto next_life = make(kAlive);
  next_life->start();
  ASSERT_TRUE(await([&] { return next_life->serving() == 1; }));
  EXPECT_EQ(next_life->pid_of(mpp_), 0) << "stopped over a restart of its server";
  EXPECT_EQ(database_.pool().query("select count(*) from component_order where taken_at is null")->integer(0, 0), 0)
      << "asked of processes that are gone";
  sql("update server set stopped = '{}'");
  EXPECT_TRUE(await([&] { return next_life->serving() == 2; }));
}

TEST_F(ServerProcess, S_02_what_the_service_manager_has_stopped_stays_so_over_a_crash_and_not_over_a_good_end) {
  const auto sql = [&](const std::string& statement) { EXPECT_TRUE(database_.pool().query(statement).ok()); };
  const auto announce = [&](bool crash) { return *store_->announce(ServerName{"as1"}, {"mpp", "dashboard"}, {}, crash); };
  EXPECT_EQ(announce(false), std::set<std::string>{});
  sql("update server set stopped = '{mpp,dashboard}'");
  sql("insert into component_order (server, component, action, asked_by) values ('as1', 'mpp', 'stop', 'systemd'), "
      "('as1', 'dashboard', 'stop', 'systemd'), ('as1', 'dashboard', 'stop', 'ada'), ('as2', 'mpp', 'stop', 'ada')");
  EXPECT_EQ(announce(true), (std::set<std::string>{"dashboard", "mpp"}));
  EXPECT_EQ(announce(false), std::set<std::string>{"dashboard"}) << "a person has stopped it";
}

TEST_F(ServerProcess, a_stopped_child_is_killed_and_runs_again) {
  const auto service = make(kAlive);
  service->start();
  ASSERT_TRUE(await([&] { return service->serving() == 2; }));
  const pid_t pid = service->pid_of(mpp_);
  kill(pid, SIGSTOP);
  EXPECT_TRUE(await([&] { return service->pid_of(mpp_) != pid && service->serving() == 2; }));
}

TEST_F(ServerProcess, tells_its_children_whom_the_detector_doubts) {
  const std::string heard = testing::TempDir() + "heard-" + std::to_string(getpid());
  // Each message that comes is one line; the progress goes the other way over the same socket.
  const auto service = make(
      "python3 -c 'import os, socket, sys\n"
      "s = socket.socket(fileno=int(os.environ[\"EVERDIAL_LINK_FD\"]))\n"
      "s.setblocking(True)\n"
      "s.send(b\".\")\n"
      "while True: open(\"" +
      heard + "\", \"a\").write(s.recv(9999).decode()); s.send(b\".\")' 2>/dev/null");
  service->start();
  ASSERT_TRUE(await([&] { return service->serving() == 2; }));
  service->tell({.doubts = {{Incarnation{"lost"}, DoubtKind::server_silent, 1s, "{}"}}});
  EXPECT_TRUE(await([&] {
    std::stringstream text;
    text << std::ifstream(heard).rdbuf();
    return text.str().find("lost server_silent 1000000 {}") != std::string::npos;
  }));
  std::filesystem::remove(heard);
}

TEST_F(ServerProcess, drains_and_leaves_no_session) {
  const auto service = make(kAlive);
  service->start();
  ASSERT_TRUE(await([&] { return service->serving() == 2; }));
  EXPECT_EQ(leases_->sessions()->size(), 1u);
  service->drain();
  EXPECT_TRUE(await([&] { return exited_; }));
  EXPECT_TRUE(leases_->sessions()->empty());
}

TEST_F(ServerProcess, buries_what_its_last_life_left_but_refuses_to_start_beside_a_living_twin) {
  const Incarnation old = new_incarnation(random_);
  ASSERT_TRUE(leases_->open_session({.incarnation = old, .server = ServerName{"as1"}, .component = "mpp"}).ok());
  {
    const auto service = make(kAlive);
    service->start();
    ASSERT_TRUE(await([&] { return service->serving() == 2; }));
    EXPECT_FALSE(has_session(old));
    // The first one goes on renewing its sessions meanwhile.
    const auto twin = make(kAlive);
    twin->start();
    EXPECT_TRUE(await([&] { return !refused_.empty(); }));
    EXPECT_EQ(twin->serving(), 0u);
  }
  EXPECT_NE(refused_.find("as1 is running already"), std::string::npos);
}

}  // namespace
}  // namespace everdial
