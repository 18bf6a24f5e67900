#include <gtest/gtest.h>

#include "load_monitor/host_load.h"
#include "load_monitor/load_monitor_service.h"
#include "load_monitor/load_store_memory.h"
#include "runtime/test_world.h"

namespace everdial {
namespace {

/// The level of one server after loads of its processors, one after the other.
LoadLevel level_after(const std::vector<double>& cpus) {
  ServerLoad server{ServerName{"as1"}, {}, 0ms, {}};
  for (const double cpu : cpus) {
    server.load.cpu = cpu;
    for (const LoadEffect& effect : LoadMachine{}.step(LoadsSeen{{server}, {}}, Instant{}))
      if (const auto* saved = std::get_if<SaveLevel>(&effect)) server.decided = saved->decided;
  }
  return server.decided->level;
}

TEST(LoadMachine, leaves_a_level_only_well_beyond_where_it_was_entered) {
  EXPECT_EQ(level_after({0.5}), LoadLevel::normal);
  EXPECT_EQ(level_after({0.5, 0.89}), LoadLevel::normal);
  EXPECT_EQ(level_after({0.5, 0.90}), LoadLevel::high);
  EXPECT_EQ(level_after({0.95, 0.76}), LoadLevel::high);
  EXPECT_EQ(level_after({0.95, 0.74}), LoadLevel::normal);
  EXPECT_EQ(level_after({0.5, 0.3}), LoadLevel::normal);
  EXPECT_EQ(level_after({0.2, 0.3}), LoadLevel::low);
  EXPECT_EQ(level_after({0.2, 0.41}), LoadLevel::normal);
}

TEST(LoadMachine, says_nothing_while_nothing_changes) {
  const LevelDecided decided{ServerName{"as1"}, LoadLevel::normal, false, "processors at 50 %"};
  EXPECT_TRUE(LoadMachine{}.step(LoadsSeen{{{ServerName{"as1"}, {0.6, 0.1, 1}, 1s, decided}}, {}}, Instant{}).empty());
}

TEST(LoadMachine, looks_at_memory_as_well) {
  const auto effects = LoadMachine{}.step(LoadsSeen{{{ServerName{"as1"}, {0.1, 0.95, 0}, 0s, {}}}, {}}, Instant{});
  EXPECT_EQ(std::get<SaveLevel>(effects.at(0)).decided, (LevelDecided{ServerName{"as1"}, LoadLevel::high, false, "memory at 95 %"}));
}

TEST(LoadMachine, L_02_alarms_after_30_s_without_data_and_uses_none_older_than_15_minutes) {
  const LevelDecided high{ServerName{"as1"}, LoadLevel::high, false, ""};
  const auto decide = [&](Duration age) {
    for (const LoadEffect& effect : LoadMachine{}.step(LoadsSeen{{{ServerName{"as1"}, {0.95, 0, 0}, age, high}}, {}}, Instant{}))
      if (const auto* saved = std::get_if<SaveLevel>(&effect)) return saved->decided;
    return high;
  };
  EXPECT_FALSE(decide(29s).silent);
  EXPECT_TRUE(decide(30s).silent);
  EXPECT_EQ(decide(30s).level, LoadLevel::high);
  EXPECT_EQ(decide(15min).level, LoadLevel::unknown);
}

/// A server as loaded as this; on its present level for a while, and last heard of a while ago.
ServerLoad loaded(const std::string& name, double cpu, Duration since = 61s, Duration age = 0s) {
  const LoadLevel level = cpu >= 0.9 ? LoadLevel::high : LoadLevel::normal;
  return {ServerName{name}, {cpu, 0, 0}, age, LevelDecided{ServerName{name}, level, false, ""}, since};
}
/// What becomes restricted (+) and free again (-).
std::string restrictions(std::vector<ServerLoad> servers, std::set<Restriction> before = {}) {
  std::string out;
  for (const LoadEffect& effect : LoadMachine{}.step(LoadsSeen{std::move(servers), std::move(before)}, Instant{})) {
    if (const auto* restricted = std::get_if<Restrict>(&effect)) out += "+" + std::string(to_string(restricted->what));
    if (const auto* lifted = std::get_if<LiftRestriction>(&effect)) out += "-" + std::string(to_string(lifted->what));
  }
  return out;
}
const std::set kEvery{Restriction::imports, Restriction::exports, Restriction::job_starts};
const std::string kAll = "+imports+exports+job_starts", kLifted = "-imports-exports-job_starts";

TEST(LoadMachine, L_03_restricts_what_can_wait_once_all_servers_have_been_under_high_load_for_a_minute) {
  EXPECT_EQ(restrictions({loaded("as1", 0.95), loaded("as2", 0.5)}), "");
  EXPECT_EQ(restrictions({loaded("as1", 0.95), loaded("as2", 0.92)}), kAll);
  EXPECT_EQ(restrictions({loaded("as1", 0.95), loaded("as2", 0.92, 59s)}), "") << "a burst";
  EXPECT_EQ(restrictions({loaded("as1", 0.95), loaded("as2", 0.92)}, kEvery), "");
  EXPECT_EQ(restrictions({loaded("as1", 0.95), loaded("as2", 0.92, 1s)}, kEvery), "");
  EXPECT_EQ(restrictions({loaded("as1", 0.95), loaded("as2", 0.5)}, kEvery), kLifted);
}

TEST(LoadMachine, L_02_restricts_nothing_by_what_is_not_known) {
  EXPECT_EQ(restrictions({loaded("as1", 0.95, 61s, 16min)}), "");
  EXPECT_EQ(restrictions({loaded("as1", 0.95, 61s, 16min)}, kEvery), kLifted);
  EXPECT_EQ(restrictions({loaded("as1", 0.95), loaded("as2", 0.1, 61s, 31s)}), kAll) << "the idle one has not been heard for 31 s";
  EXPECT_EQ(restrictions({}), "");
}

TEST(HostLoad, is_read_from_proc) {
  const auto times = cpu_times_of("cpu  100 20 30 800 50 1 2 3 7 0\ncpu0 1 2 3\n");
  ASSERT_TRUE(times);
  EXPECT_EQ(times->total, 1006u);
  EXPECT_EQ(times->busy, 156u);
  EXPECT_DOUBLE_EQ(*memory_use_of("MemTotal:       1000 kB\nMemFree:  1 kB\nMemAvailable:    250 kB\n"), 0.75);
  EXPECT_DOUBLE_EQ(*run_queue_of("1.50 0.80 0.40 2/300 1234\n"), 1.5);
  EXPECT_FALSE(cpu_times_of("cpu 1 2"));
  EXPECT_FALSE(memory_use_of(""));
}

TEST(HostLoad, of_this_machine_is_within_bounds) {
  HostMeter meter;
  std::optional<HostLoad> load = meter.read();
  while (!load) load = meter.read();  // until the processors' clock has ticked
  EXPECT_GE(load->cpu, 0);
  EXPECT_LE(load->cpu, 1);
  EXPECT_GT(load->memory, 0);
  EXPECT_LT(load->memory, 1);
}

class LoadMonitor : public testing::Test {
 protected:
  LeaseGrant acquire(const std::string& name) {
    const Incarnation me{name};
    EXPECT_TRUE(leases.open_session(Session{me, ServerName{name}, "load_monitor"}).ok());
    EXPECT_TRUE(leases.ensure({LoadMonitorService::resource()}).ok());
    return leases.acquire({leases.leases({LoadMonitorService::resource()}).value().at(0), me, "test", 0ms}).value().value();
  }
  std::map<std::string, LoadLevel> levels() {
    std::map<std::string, LoadLevel> out;
    for (const ServerLoad& server : store.loads().value().servers)
      if (server.decided) out[server.server.value] = server.decided->level;
    return out;
  }

  TestWorld world;
  TestWorld::Wire wire{world, Address{"load"}};
  Seams seams{world, world, world, wire};
  MemoryLeaseStore leases{[this] { return world.now(); }};
  MemoryLoadStore store{leases, [this] { return world.now(); }};
  std::map<std::string, HostLoad> hosts{{"a", {0.95, 0.1, 1}}, {"b", {0.1, 0.1, 0}}};
  std::vector<LeaseGrant> fenced;
  LoadMonitorService a = make("a"), b = make("b");

 private:
  LoadMonitorService make(const std::string& name) {
    return {seams,
            store,
            ServerName{name},
            [this, name] { return std::optional{hosts.at(name)}; },
            [this](const LeaseGrant& g) { fenced.push_back(g); },
            {}};
  }
};

TEST_F(LoadMonitor, L_01_one_master_decides_the_levels_of_all_servers) {
  a.start();
  b.start();
  world.pass(3s);
  EXPECT_TRUE(levels().empty()) << "all are dormant";
  b.acquired(acquire("b"));
  world.pass(3s);
  EXPECT_EQ(levels(), (std::map<std::string, LoadLevel>{{"a", LoadLevel::high}, {"b", LoadLevel::low}}));
}

TEST_F(LoadMonitor, decides_nothing_when_another_is_master) {
  b.acquired(acquire("b"));
  acquire("a");
  b.start();
  world.pass(2s);
  EXPECT_TRUE(levels().empty());
  EXPECT_FALSE(fenced.empty());
}

}  // namespace
}  // namespace everdial
