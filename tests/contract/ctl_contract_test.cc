#include <gmock/gmock.h>
#include <spawn.h>
#include <sys/wait.h>
#include <unistd.h>
#include <yaml-cpp/yaml.h>

#include <filesystem>
#include <fstream>
#include <set>
#include <sstream>
#include <thread>

#include "ctl/ctl.h"
#include "dashboard/dashboard_service.h"
#include "ha/lease_service.h"
#include "list_manager/collect_store.h"
#include "list_manager/export_store.h"
#include "list_manager/list_manager_service.h"
#include "runtime/incarnation.h"
#include "runtime/loop.h"
#include "runtime/test_certificates.h"
#include "runtime/test_database.h"

// everdialctl against a real dashboard, PostgreSQL and, for imports, a real list manager.

namespace everdial::ctl {
namespace {

using nlohmann::json;
using testing::HasSubstr;
using testing::StartsWith;

/// A list manager in a thread of its own.
class RunningListManager {
 public:
  explicit RunningListManager(pg::Pool& pool, std::filesystem::path folder = {})
      : leases_store_(make_pg_lease_store(pool)),
        store_(make_pg_list_store(pool)),
        export_store_(make_pg_export_store(pool)),
        collect_store_(make_pg_collect_store(pool)),
        folder_(std::move(folder)) {
    EXPECT_TRUE(leases_store_->open_session({.incarnation = me_, .server = ServerName{"as1"}, .component = "list_manager"}).ok());
    leases_.start();
    service_.start();
    exports_.start();
    collections_.start();
    thread_ = std::thread([this] { loop_.run(); });
  }
  ~RunningListManager() {
    loop_.stop();
    thread_.join();
  }

 private:
  class NoNetwork final : public Network {
    void request(const Address&, Request, Duration, ReplyFn) override {}
    void serve(RequestHandler) override {}
  };

  // Before the threads that work with them.
  std::unique_ptr<LeaseStore> leases_store_;
  std::unique_ptr<ListStore> store_;
  std::unique_ptr<ExportStore> export_store_;
  std::unique_ptr<CollectStore> collect_store_;
  const std::filesystem::path folder_;
  Loop loop_;
  StoreThreads threads_{loop_, 2};
  SystemRandom random_;
  NoNetwork network_;
  Seams seams_{loop_, random_, threads_, network_};
  Incarnation me_ = new_incarnation(random_);
  LeaseService leases_{seams_, *leases_store_, me_};
  ListManagerService service_{seams_, *store_, leases_, {.poll_every = 20ms}};
  SteppedWork exports_{seams_,
                       leases_,
                       {[this] { return export_store_->waiting_exports(); },
                        [this](const LeaseGrant& grant) { return export_step(*export_store_, grant, {}); }},
                       uint64_t{1} << 40,
                       {.poll_every = 20ms}};
  SteppedWork collections_{seams_,
                           leases_,
                           {[this] { return collect_store_->waiting_collections(); },
                            [this](const LeaseGrant& grant) { return collect_step(*collect_store_, folder_, grant, {}); }},
                           uint64_t{1} << 42,
                           {.poll_every = 20ms}};
  std::thread thread_;
};

class CtlOnDashboard : public testing::Test {
 protected:
  CtlOnDashboard() : service_({.server = "as1", .version = "test", .listen_port = 0}, database_.pool()) {
    std::filesystem::create_directories(folder_);
    EXPECT_TRUE(service_.start().ok());
    EXPECT_TRUE(put_account(database_.pool(), "ada", "correct horse battery", Role::administrator).ok());
    servers_ = "http://127.0.0.1:" + std::to_string(service_.port());
  }
  ~CtlOnDashboard() override { std::filesystem::remove_all(folder_); }

  struct Ran {
    int code = 0;
    std::string out, err;
    json value() const { return json::parse(out, nullptr, false); }
  };
  Ran ctl(const std::vector<std::string>& arguments, const std::string& input = "") {
    std::ostringstream out, err;
    std::istringstream in(input);
    Ctl context{.out = out, .err = err, .in = in, .environment = [this](const std::string& name) -> std::optional<std::string> {
                  if (name == "XDG_CONFIG_HOME") return folder_;
                  if (name == "EVERDIAL_URL") return servers_;
                  return std::nullopt;
                }};
    const int code = run(arguments, context);
    return {code, out.str(), err.str()};
  }
  void log_in() { ASSERT_EQ(ctl({"login", "ada", "--password-file", "-"}, "correct horse battery\n").code, kDone); }
  std::string sql(const std::string& statement) {
    const auto rows = database_.pool().query(statement);
    EXPECT_TRUE(rows.ok()) << statement << ": " << (rows.ok() ? "" : rows.error().message);
    return rows.ok() && !rows->empty() ? rows->string(0, 0) : "";
  }
  std::string write(const std::string& name, const std::string& text) {
    std::ofstream(folder_ + "/" + name, std::ios::binary) << text;
    return folder_ + "/" + name;
  }
  static std::string people(int count) {
    std::string text = "phone\n";
    for (int i = 0; i < count; ++i) text += "+49301" + std::to_string(1'000'000 + i) + "\n";
    return text;
  }
  /// A job with one finished attempt, as its components would have left it.
  void make_job() {
    ctl({"lists", "create", "People"});
    ctl({"campaigns", "create", "Spring", "--list", "People"});
    ASSERT_EQ(ctl({"jobs", "start", "Spring"}).code, kDone);
    sql("insert into contact (list_id, phone, time_zone, import_id, import_row) values (1, '+12025550001', 'UTC', 1, 1)");
    sql("insert into attempt (job_id, contact_id, number, phone, state, code, intent_epoch, intent_by, intent_at, done_at) "
        "values (1, 1, 1, '+12025550001', 'done', 'call_busy', 1, gen_random_uuid(), now(), now())");
    sql("insert into job_result values (1, 'call_busy', 1)");
  }

  /// Two servers with a rule engine each, of which the one of as2 has become master; and a zone. They give signs of life for an hour.
  void make_servers() {
    sql("insert into server (name, components) values ('as1', '{rule_engine}'), ('as2', '{rule_engine}')");
    for (const std::string server : {"as1", "as2"})
      for (const std::string component : {"server", "rule_engine"})
        sql("insert into ha_session (incarnation, server, component, last_seen) values (gen_random_uuid(), '" + server + "', '" +
            component + "', now() + interval '1 h')");
    sql("update ha_session set last_seen = now() + interval '1 h'");
    for (const auto& [server, peer] : {std::pair{"as1", "as2"}, std::pair{"as2", "as1"}})
      sql("insert into server_report (server, incarnation, version, clock_offset_ms, database_ms, peers, deaths) values ('" +
          std::string(server) + "', gen_random_uuid(), '', 3, 2, '[{\"name\": \"" + peer + "\", \"heard\": true}]', '{}')");
    sql("insert into ha_lease (resource, epoch, preferred) values ('zone_director/west', 1, 'as1'), ('rule_engine', 2, null)");
    sql("insert into ha_history (id, res_id, epoch, from_incarnation, to_incarnation, reason) overriding system value "
        "select 1000, res_id, 2, one.incarnation, two.incarnation, 'server_silent' from ha_lease, ha_session one, ha_session two where "
        "resource = "
        "'rule_engine' and one.server = 'as1' and one.component = 'rule_engine' and two.server = 'as2' and two.component = 'rule_engine'");
  }

  const std::string folder_ = std::filesystem::temp_directory_path() / ("ctl_contract_" + std::to_string(getpid()));
  TestDatabase database_;
  DashboardService service_;
  std::string servers_;
};

TEST_F(CtlOnDashboard, logs_in_once_and_is_known_then) {
  EXPECT_EQ(ctl({"lists", "list"}).code, kNotAllowed);
  const auto wrong = ctl({"login", "ada", "--password-file", "-"}, "wrong\n");
  EXPECT_EQ(wrong.code, kNotAllowed);
  EXPECT_THAT(wrong.err, HasSubstr("Name or password is wrong."));
  log_in();
  EXPECT_THAT(ctl({"whoami"}).out, HasSubstr("administrator"));
  EXPECT_EQ(ctl({"-o", "json", "tokens", "list"}).value().size(), 1);
}

TEST_F(CtlOnDashboard, S_03_shows_the_matrix_of_components_and_servers) {
  log_in();
  sql("insert into ha_session (incarnation, server, component) values (gen_random_uuid(), 'as1', 'mpp'), "
      "(gen_random_uuid(), 'as2', 'rule_engine')");
  EXPECT_EQ(ctl({"status"}).out,
            "COMPONENT    as1      as2\n"
            "rule_engine  -        DORMANT\n"
            "mpp          RUNNING  -\n");
  EXPECT_EQ(ctl({"status", "-o", "json"}).value()["server"], "as1");
  EXPECT_THAT(ctl({"servers"}).out, HasSubstr("as2     RUNNING"));
  EXPECT_EQ(ctl({"leases", "job/7"}).code, kNotFound);
  sql("insert into ha_lease (resource, epoch) values ('job/7', 1)");
  sql("insert into ha_history (res_id, epoch, to_incarnation, reason) select 1, 1, incarnation, 'released' from ha_session where server = "
      "'as2'");
  sql("delete from ha_session");
  EXPECT_THAT(ctl({"leases", "job/7"}).out, HasSubstr("as2  rule_engine  released")) << "although its session is gone";
}

TEST_F(CtlOnDashboard, S_02_orders_a_component_and_tells_who_asked) {
  log_in();
  sql("insert into server (name, components) values ('as1', '{mpp}')");
  EXPECT_EQ(ctl({"component", "stop", "as1", "mpp"}).code, kDone);
  EXPECT_EQ(sql("select stopped::text from server"), "{mpp}");
  EXPECT_THAT(ctl({"component", "orders", "--of", "as1"}).out, HasSubstr("1  as1     mpp        stop    ada"));
  EXPECT_EQ(ctl({"component", "kill", "as1", "mpp"}).code, kRefused);
  EXPECT_EQ(ctl({"component", "start", "as1", "dashboard"}).code, kNotFound);
}

TEST_F(CtlOnDashboard, A_12_A_13_shows_and_moves_zones_and_parks_servers_after_a_dry_run) {
  log_in();
  sql("insert into server (name) values ('as1'), ('as2')");
  sql("insert into ha_session (incarnation, server, component) values ('00000000-0000-4000-8000-000000000001', 'as1', "
      "'campaign_director'), "
      "('00000000-0000-4000-8000-000000000002', 'as2', 'campaign_director')");
  sql("insert into ha_lease (resource, epoch, incarnation, preferred) values ('zone_director/west', 1, "
      "'00000000-0000-4000-8000-000000000001', 'as1')");
  EXPECT_THAT(ctl({"zones"}).out, HasSubstr("west  owned  as1   as1        1.0     0      1"));
  EXPECT_THAT(ctl({"zones", "set", "west", "--home", "as2", "--dry-run"}).out, HasSubstr("west  as1   as2  it goes home"));
  EXPECT_EQ(sql("select count(*) from zone"), "0");
  EXPECT_EQ(ctl({"zones", "set", "west", "--home", "as2", "-o", "json"}).value()[0]["saved_home"], "as2");
  EXPECT_EQ(ctl({"zones", "apply", "west", "-o", "json"}).value()[0]["home"], "as2");
  EXPECT_EQ(ctl({"zones", "set", "west"}).code, kUsage);
  EXPECT_THAT(ctl({"servers", "park", "as1", "--dry-run"}).out, HasSubstr("nothing is changed"));
  EXPECT_EQ(ctl({"servers", "park", "as1", "-o", "json"}).value()[0]["parked"], true);
  EXPECT_EQ(ctl({"servers", "unpark", "as1", "-o", "json"}).value()[0]["parked"], false);
  EXPECT_EQ(ctl({"servers", "capacity", "as2", "2", "-o", "json"}).value()[0]["capacity"], 2.0);
  EXPECT_THAT(ctl({"servers"}).out, HasSubstr("as2"));
}

TEST_F(CtlOnDashboard, imports_a_file_and_shows_what_became_of_it) {
  const RunningListManager list_manager(database_.pool());
  log_in();
  ASSERT_EQ(ctl({"lists", "create", "People", "--default-region", "DE"}).code, kDone);
  const auto imported = ctl({"lists", "import", "People", write("people.csv", people(3) + "12\n"), "--phone-column", "phone"});
  EXPECT_EQ(imported.code, kDone) << imported.err;
  EXPECT_THAT(imported.out, HasSubstr("see: everdialctl imports rejects 1"));
  EXPECT_EQ(ctl({"lists", "contacts", "People", "-o", "json"}).value().size(), 3);
  EXPECT_EQ(ctl({"imports", "list", "--list", "People", "-o", "json"}).value()[0]["accepted"], 3);
  EXPECT_THAT(ctl({"imports", "rejects", "1", "--csv"}).out, StartsWith("row,column,value,reason\r\n4,\"phone\",\"12\","));
  EXPECT_EQ(ctl({"imports", "cancel", "1"}).code, kRefused) << "it has ended";
  EXPECT_EQ(ctl({"imports", "wait", "1"}).code, kDone);
  EXPECT_EQ(ctl({"lists", "import", "Nobody", folder_ + "/people.csv"}).code, kNotFound);
  EXPECT_EQ(ctl({"lists", "import", "People", folder_ + "/none.csv"}).code, kUsage);
  const auto failed = ctl({"lists", "import", "People", folder_ + "/people.csv", "--phone-column", "mobile"});
  EXPECT_EQ(failed.code, kEndedBadly) << failed.out;
}

TEST_F(CtlOnDashboard, C_17_imports_a_file_of_the_servers_import_folder) {
  const RunningListManager list_manager(database_.pool(), folder_);
  log_in();
  ASSERT_EQ(ctl({"lists", "create", "People", "--default-region", "DE"}).code, kDone);
  write("people.csv", people(3));
  const auto imported = ctl({"lists", "import", "People", "--from-folder", "people.csv"});
  EXPECT_EQ(imported.code, kDone) << imported.err;
  EXPECT_EQ(ctl({"imports", "show", "1", "-o", "json"}).value()["accepted"], 3);
  const auto none = ctl({"dnc", "import", "--from-folder", "none.csv"});
  EXPECT_EQ(none.code, kEndedBadly);
  EXPECT_THAT(none.out, HasSubstr("none.csv is not in the import folder"));
  EXPECT_EQ(ctl({"lists", "import", "People", "--from-folder", "../people.csv"}).code, kRefused);
  EXPECT_EQ(ctl({"lists", "import", "People"}).code, kUsage);
  EXPECT_EQ(ctl({"lists", "import", "People", folder_ + "/people.csv", "--from-folder", "people.csv"}).code, kUsage);

  const auto nightly = ctl(
      {"schedules", "create", "Nightly", "--import", "People", "--file", "people.csv", "--at", "03:00", "--separator", ";", "-o", "json"});
  EXPECT_EQ(nightly.value()["file_name"], "people.csv") << nightly.err;
  const json disabled = ctl({"schedules", "disable", "Nightly", "-o", "json"}).value();
  EXPECT_EQ(disabled["file_name"], "people.csv");
  EXPECT_EQ(disabled["options"], json({{"separator", ";"}}));
  EXPECT_EQ(ctl({"schedules", "create", "Other", "--import", "People", "--at", "03:00"}).code, kUsage);
}

TEST_F(CtlOnDashboard, D_06_goes_on_with_an_upload_that_was_killed) {
  log_in();
  ASSERT_EQ(ctl({"lists", "create", "People"}).code, kDone);
  const std::string text = people(3'000'000), file = write("people.csv", text);

  std::vector<std::string> words = {EVERDIALCTL, "--server", servers_, "lists", "import", "People", file};
  std::vector<std::string> variables = {"XDG_CONFIG_HOME=" + folder_};
  const auto pointers = [](std::vector<std::string>& texts) {
    std::vector<char*> out;
    for (std::string& one : texts) out.push_back(one.data());
    out.push_back(nullptr);
    return out;
  };
  pid_t pid = 0;
  ASSERT_EQ(posix_spawn(&pid, EVERDIALCTL, nullptr, nullptr, pointers(words).data(), pointers(variables).data()), 0);
  while (sql("select count(*) > 2 from contact_import_chunk") != "t") std::this_thread::sleep_for(1ms);
  kill(pid, SIGKILL);
  int status = 0;
  waitpid(pid, &status, 0);
  ASSERT_TRUE(WIFSIGNALED(status)) << "it was through before it was killed";

  EXPECT_EQ(ctl({"imports", "show", "1", "-o", "json"}).value()["state"], "uploading");
  EXPECT_EQ(ctl({"imports", "resume", "1", write("other.csv", "phone\n")}).code, kUsage) << "another length";
  const auto other = ctl({"imports", "resume", "1", write("other.csv", std::string(text.size(), '1')), "--no-wait"});
  EXPECT_EQ(other.code, kRefused) << "of the same length, but not the file that was begun";
  EXPECT_THAT(other.err, HasSubstr("to go on with it: everdialctl imports resume 1 "));
  const auto resumed = ctl({"imports", "resume", "1", file, "--no-wait"});
  EXPECT_EQ(resumed.code, kDone) << resumed.err;
  EXPECT_EQ(ctl({"imports", "show", "1", "-o", "json"}).value()["state"], "queued");
  EXPECT_EQ(sql("select count(*) from contact_import_chunk"), std::to_string((text.size() + (2 << 20) - 1) / (2 << 20)));
  EXPECT_TRUE(
      database_.pool()
          .query("select string_agg(data, '' order by first_byte) = $1::bytea from contact_import_chunk", pg::Params{}.add_bytes(text))
          ->boolean(0, 0));
  EXPECT_EQ(ctl({"imports", "resume", "1", file, "--no-wait"}).code, kDone) << "nothing is left to be sent";
}

TEST_F(CtlOnDashboard, runs_a_campaign_and_watches_it_to_its_end) {
  log_in();
  ctl({"lists", "create", "People"});
  const std::string strategy = write("strategy.json", R"({"ring_timeout_s": 20})");
  EXPECT_EQ(ctl({"campaigns", "create", "Summer", "--list", "People", "--strategy", strategy, "--calls-per-second", "2.5"}).code, kDone);
  EXPECT_EQ(ctl({"campaigns", "show", "Summer", "-o", "json"}).value()["strategy"]["ring_timeout_s"], 20.0);
  EXPECT_EQ(ctl({"campaigns", "update", "Summer", "--max-calls", "7", "-o", "json"}).value()["calls_per_second"], 2.5);
  const auto wrong = ctl({"campaigns", "update", "Summer", "--strategy", "-"}, R"({"ring_timeout_s": 500})");
  EXPECT_EQ(wrong.code, kRefused);
  EXPECT_THAT(wrong.err, HasSubstr("  /strategy/ring_timeout_s: must be from 1.0 to 120.0"));

  make_job();
  EXPECT_EQ(ctl({"jobs", "start", "Spring"}).code, kRefused) << "it runs already";
  EXPECT_EQ(ctl({"jobs", "pause", "1", "-o", "json"}).value()["requested"], "pause");
  EXPECT_EQ(ctl({"jobs", "attempts", "1", "--code", "call_busy", "-o", "json"}).value()[0]["id"], "1-1-1");
  EXPECT_THAT(ctl({"attempt", "show", "1-1-1"}).out, HasSubstr("settled"));
  std::jthread director([&] { sql("update job set state = 'completed', finished_at = now(), requested = null"); });
  const auto watched = ctl({"jobs", "watch", "1"});
  EXPECT_EQ(watched.code, kDone);
  EXPECT_THAT(watched.out, HasSubstr("call_busy      1"));
  sql("update job set state = 'stopped'");
  EXPECT_EQ(ctl({"jobs", "watch", "1"}).code, kEndedBadly);
}

TEST_F(CtlOnDashboard, keeps_the_do_not_call_list) {
  log_in();
  EXPECT_EQ(ctl({"dnc", "add", "+12025550101", "+12025550102", "-o", "json"}).value()["added"], 2);
  EXPECT_EQ(ctl({"dnc", "check", "+12025550101"}).code, kDone);
  EXPECT_EQ(ctl({"dnc", "remove", "+12025550101"}).code, kDone);
  EXPECT_EQ(ctl({"dnc", "check", "+12025550101"}).code, kNotFound);
  EXPECT_THAT(ctl({"dnc", "list", "--starts-with", "+1", "-o", "yaml"}).out, StartsWith("- added_at: "));
  const auto wrong = ctl({"dnc", "add", "0123"});
  EXPECT_EQ(wrong.code, kRefused);
  EXPECT_THAT(wrong.err, HasSubstr("/phones/0: must be E.164"));
}

TEST_F(CtlOnDashboard, tells_by_its_exit_code_who_may_not) {
  log_in();
  ASSERT_EQ(ctl({"accounts", "create", "bob", "--role", "viewer", "--password-file", "-"}, "a long password\n").code, kDone);
  ASSERT_EQ(ctl({"login", "bob", "--password-file", "-"}, "a long password\n").code, kDone);
  EXPECT_EQ(ctl({"lists", "list"}).code, kDone);
  const auto refused = ctl({"lists", "create", "People"});
  EXPECT_EQ(refused.code, kNotAllowed);
  EXPECT_THAT(refused.err, HasSubstr("supervisor"));
}

enum class Kind { reads, changes, file };  ///< `file`: its own format, whatever is asked for
struct Step {
  std::string command;
  Kind kind;
  std::vector<std::string> arguments = {};
  std::string input = {};
};

/// Each command once, in an order in which each has what it needs.
std::vector<Step> all_commands(const std::string& csv, const std::string& strategy) {
  using enum Kind;
  return {
      {"config", reads},
      {"completion", file},
      {"whoami", reads},
      {"status", reads},
      {"alarms", reads, {"--all"}},
      {"load", reads},
      {"servers", reads},
      {"servers park", changes, {"as1"}},
      {"servers unpark", changes, {"as1"}},
      {"servers upgrade-check", reads, {"as2"}},
      {"servers capacity", changes, {"as1", "2"}},
      {"zones", reads},
      {"zones set", changes, {"west", "--weight", "2"}},
      {"zones apply", changes, {"west"}},
      {"component stop", changes, {"as1", "rule_engine"}},
      {"component start", changes, {"as1", "rule_engine"}},
      {"component restart", changes, {"as1", "rule_engine"}},
      {"component kill", changes, {"as1", "rule_engine"}},
      {"component orders", reads},
      {"failover history", reads},
      {"failover show", reads, {"1000"}},
      {"failover what-if", reads, {"as1"}},
      {"failover readiness", reads},
      {"failover drill", changes, {"as1/rule_engine", "--seconds", "1", "--without-spare"}},
      {"failover drills", reads},
      {"failover abort", changes, {"2"}},
      {"leases", reads},
      {"lists create", changes, {"Others"}},
      {"lists list", reads},
      {"lists show", reads, {"Others"}},
      {"lists import", changes, {"Others", csv}},
      {"lists contacts", reads, {"Others"}},
      {"imports list", reads},
      {"imports show", reads, {"1"}},
      {"imports wait", reads, {"1"}},
      {"imports resume", changes, {"1", csv}},
      {"imports rejects", reads, {"1"}},
      {"exports contacts", changes, {"Others"}},
      {"exports attempts", changes, {"1", "--file", "-"}},
      {"exports list", reads},
      {"exports show", reads, {"1"}},
      {"exports fetch", file, {"1", "-"}},
      {"dnc import", changes, {csv}},
      {"imports cancel", changes, {"3"}},
      {"dnc add", changes, {"+12025550101"}},
      {"dnc check", reads, {"+12025550101"}},
      {"dnc list", reads},
      {"dnc remove", changes, {"+12025550101"}},
      {"exports cancel", changes, {"3"}},
      {"campaigns create", changes, {"Autumn", "--list", "Others", "--strategy", strategy}},
      {"campaigns list", reads},
      {"campaigns show", reads, {"Autumn"}},
      {"campaigns update", changes, {"Autumn", "--max-calls", "3"}},
      {"jobs start", changes, {"Autumn"}},
      {"jobs list", reads},
      {"jobs show", reads, {"1"}},
      {"jobs pause", changes, {"1"}},
      {"jobs resume", changes, {"2"}},
      {"jobs stop", changes, {"1"}},
      {"jobs attempts", reads, {"1"}},
      {"jobs watch", reads, {"1"}},
      {"attempt show", reads, {"1-1-1"}},
      {"history job", reads, {"1"}},
      {"history trend", reads, {"Autumn"}},
      {"history nuisance", reads},
      {"retention set", changes, {"--attempts-days", "90", "--exports-days", "forever"}},
      {"retention show", reads},
      {"purges start", changes},
      {"purges list", reads},
      {"schedules create", changes, {"Mornings", "--start", "Autumn", "--at", "09:00,17:30", "--weekdays", "mon,fri"}},
      {"schedules list", reads},
      {"schedules show", reads, {"Mornings"}},
      {"schedules firings", reads, {"Mornings"}},
      {"schedules disable", changes, {"Mornings"}},
      {"schedules enable", changes, {"Mornings"}},
      {"schedules delete", changes, {"Mornings"}},
      {"campaigns create", changes, {"Winter", "--list", "Others"}},
      {"campaigns delete", changes, {"Winter"}},
      {"agents create", changes, {"ann", "--skills", "Spanish=7", "--password-file", "-"}, "a long password\n"},
      {"agents list", reads},
      {"agents show", reads, {"ann"}},
      {"agents watch", reads, {"--seconds", "0.1"}},
      {"agents zones", reads},
      {"campaigns create", changes, {"Talk", "--list", "Others", "--pacing", "manual"}},
      {"jobs start", changes, {"Talk"}},
      {"agents job", reads, {"3"}},
      {"agents update", changes, {"ann", "--name", "Ann"}},
      {"agents password", changes, {"ann", "--password-file", "-"}, "another long password\n"},
      {"agents reasons", changes, {"default", "lunch=Lunch break", "training"}},
      {"inbound create", changes, {"default", "support", "--length", "5:1", "--level", "80:90", "--stay", "60"}},
      {"inbound list", reads},
      {"inbound show", reads, {"default/support"}},
      {"inbound update", changes, {"1", "--wait", "60:20", "--level", "none", "--skill", "Spanish"}},
      {"inbound tell", changes, {"default", "support", "--length", "6"}},
      {"inbound delete", changes, {"default/support"}},
      {"agents move", changes, {"ann", "--wait", "0"}},
      {"agents release", changes, {"ann", "--wait", "0"}},
      {"agents force", changes, {"ann", "--to", "logged_out", "--reason", "late", "--wait", "0"}},
      {"agents withdraw", changes, {"1", "--wait", "0"}},
      {"agents orders", reads, {"--agent", "ann"}},
      {"agents move-zone", changes, {"default", "--to", "as2"}},
      {"agents delete", changes, {"ann"}},
      {"accounts create", changes, {"bob", "--password-file", "-"}, "a long password\n"},
      {"accounts list", reads},
      {"accounts update", changes, {"bob", "--role", "supervisor"}},
      {"accounts delete", changes, {"bob"}},
      {"tokens create", changes, {"ci"}},
      {"tokens list", reads},
      {"tokens revoke", changes, {"ci"}},
      {"login", changes, {"ada", "--password-file", "-"}, "correct horse battery\n"},
  };
}

/// Those that only read are asked in each format.
TEST_F(CtlOnDashboard, each_command_answers_in_each_format) {
  const RunningListManager list_manager(database_.pool());
  log_in();
  make_job();
  sql("insert into ha_history (res_id, epoch, reason) select res_id, 1, 'free' from ha_lease");
  make_servers();
  const std::string csv = write("people.csv", people(2)), strategy = write("strategy.json", "{}");
  std::set<std::string> done;
  for (const Step& step : all_commands(csv, strategy)) {
    done.insert(step.command);
    if (step.command == "imports cancel") sql("insert into contact_import (list_id, file_name, size_bytes) values (1, 'x.csv', 9)");
    if (step.command == "failover abort")
      sql("insert into drill (server, components, most_calls, calls, asked_by, ends_at) values ('as1', '{}', 0, 0, 'ada', now() + interval "
          "'1 h')");
    if (step.command == "exports cancel") sql("insert into data_export (kind, list_id) values ('contacts', 1)");
    if (step.command == "jobs resume") sql("update job set state = 'paused' where id = 2");
    if (step.command == "jobs watch") sql("update job set state = 'completed' where id = 1");
    std::vector<std::string> words;
    std::istringstream names(step.command);
    for (std::string word; names >> word;) words.push_back(word);
    words.insert(words.end(), step.arguments.begin(), step.arguments.end());
    for (const std::string format : {"human", "json", "yaml"}) {
      if (step.kind != Kind::reads && format != "human") continue;
      words.insert(words.begin(), {"-o", format});
      const Ran ran = ctl(words, step.input);
      words.erase(words.begin(), words.begin() + 2);
      EXPECT_EQ(ran.code, kDone) << step.command << ": " << ran.err << ran.out;
      EXPECT_NE(ran.out, "") << step.command;
      const bool readable = format == "json" ? !ran.value().is_discarded() : format == "human" || YAML::Load(ran.out).IsDefined();
      EXPECT_TRUE(readable) << step.command << ": " << ran.out;
    }
  }

  // A command is what the completion script has no further commands for.
  std::istringstream script(ctl({"completion"}).out);
  for (std::string line; std::getline(script, line);) {
    const size_t end = line.find("\") echo \"");
    if (end == std::string::npos || line.substr(end + 9, 1) != "-") continue;
    const std::string command = line.substr(line.find('"') + 1, end - line.find('"') - 1);
    EXPECT_TRUE(done.erase(command.substr(std::string("everdialctl ").size()))) << command << " is not tried here";
  }
  EXPECT_THAT(done, testing::ElementsAre("servers", "zones")) << "which do something by themselves, and have further commands";
}

TEST_F(CtlOnDashboard, D_06_goes_on_at_the_next_server) {
  log_in();
  servers_ = "http://127.0.0.1:1," + servers_;
  EXPECT_EQ(ctl({"lists", "create", "People"}).code, kDone);
  EXPECT_EQ(ctl({"-o", "json", "lists", "list"}).value().size(), 1);
  servers_ = "http://127.0.0.1:1";
  EXPECT_EQ(ctl({"lists", "list"}).code, kUnreachable);
}

TEST_F(CtlOnDashboard, speaks_tls_and_trusts_only_whom_it_should) {
  TestAuthority authority, other;
  const auto files = authority.issue("IP:127.0.0.1");
  DashboardService secure(
      {.server = "as1", .version = "test", .listen_host = "0.0.0.0", .listen_port = 0, .tls_certificate = files.cert, .tls_key = files.key},
      database_.pool());
  ASSERT_TRUE(secure.start().ok());
  log_in();
  servers_ = "https://127.0.0.1:" + std::to_string(secure.port());
  EXPECT_EQ(ctl({"--ca-file", authority.ca(), "whoami"}).code, kDone);
  for (const std::vector<std::string>& unknown : std::vector<std::vector<std::string>>{{"whoami"}, {"--ca-file", other.ca(), "whoami"}}) {
    const auto refused = ctl(unknown);
    EXPECT_EQ(refused.code, kUnreachable);
    EXPECT_THAT(refused.err, HasSubstr("its certificate cannot be trusted: unable to get local issuer certificate"));
  }
  servers_ = "https://localhost:" + std::to_string(secure.port());
  const auto other_name = ctl({"--ca-file", authority.ca(), "whoami"});
  EXPECT_EQ(other_name.code, kUnreachable);
  EXPECT_THAT(other_name.err, HasSubstr("its certificate cannot be trusted: it is not for the name localhost"));
}

}  // namespace
}  // namespace everdial::ctl
