#include <gtest/gtest.h>
#include <signal.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

#include <fstream>
#include <thread>

#include "list_manager/collect_store.h"
#include "list_manager/export_store.h"
#include "list_manager/list_manager_service.h"
#include "list_manager/purge_store.h"
#include "runtime/loop.h"
#include "runtime/test_database.h"

// List managers as real processes on a real database, killed without warning.

namespace everdial {
namespace {

class NoNetwork final : public Network {
 public:
  void request(const Address&, Request, Duration, ReplyFn reply) override { reply(Error{ErrorKind::unavailable, "no network"}); }
  void serve(RequestHandler) override {}
};

/// One life of a list manager; returns only by being killed.
[[noreturn]] void run_list_manager(const std::string& uri, const Incarnation& me, const std::filesystem::path& folder) {
  Loop loop;
  StoreThreads threads(loop, 3);
  SystemRandom random;
  NoNetwork network;
  Seams seams{loop, random, threads, network};
  pg::Pool pool({.uri = uri, .application_name = "list manager under test"});
  const auto lease_store = make_pg_lease_store(pool);
  const auto list_store = make_pg_list_store(pool);
  if (!lease_store->open_session(Session{me, ServerName{"as1"}, "list_manager"}).ok()) _exit(1);
  LeaseService leases(seams, *lease_store, me, {}, 20ms);
  ListManagerService service(seams, *list_store, leases,
                             {.poll_every = 20ms, .bytes_per_read = 3'000, .limits = {.rows_per_save = 100, .csv = {.sample = 1'000}}});
  const auto export_store = make_pg_export_store(pool);
  SteppedWork exports(seams, leases,
                      {[&] { return export_store->waiting_exports(); },
                       [&](const LeaseGrant& grant) { return export_step(*export_store, grant, {.rows_per_chunk = 50}); }},
                      uint64_t{1} << 40, {.poll_every = 20ms});
  const auto purge_store = make_pg_purge_store(pool);
  SteppedWork purges(seams, leases,
                     {[&] { return purge_store->waiting_purges(); },
                      [&](const LeaseGrant& grant) { return purge_store->purge_step(grant, {.contacts_per_step = 50}); }},
                     uint64_t{1} << 41, {.poll_every = 20ms});
  const auto collect_store = make_pg_collect_store(pool);
  SteppedWork collections(seams, leases,
                          {[&] { return collect_store->waiting_collections(); },
                           [&](const LeaseGrant& grant) { return collect_step(*collect_store, folder, grant, {.bytes_per_step = 500}); }},
                          uint64_t{1} << 42, {.poll_every = 20ms});
  std::unique_ptr<Timer> timer;
  const std::function<void()> renew = [&] {
    (void)lease_store->renew({me});
    timer = loop.after(200ms, renew);
  };
  renew();
  leases.start();
  service.start();
  exports.start();
  purges.start();
  collections.start();
  loop.run();
  _exit(1);
}

class ListManagerProcess : public testing::Test {
 protected:
  ListManagerProcess() { std::filesystem::create_directories(folder); }
  ~ListManagerProcess() override { std::filesystem::remove_all(folder); }

  ImportId upload(const std::string& name, const std::string& file) {
    const int64_t list = query("insert into contact_list (name) values ($1) returning id", pg::Params{}.add(name)).integer(0, 0);
    const auto id = query("insert into contact_import (list_id, file_name, size_bytes) values ($1, 'f.csv', $2) returning id",
                          pg::Params{}.add(list).add(static_cast<int64_t>(file.size())))
                        .integer(0, 0);
    constexpr size_t chunk = 10'000;
    for (size_t at = 0; at < file.size(); at += chunk)
      query("insert into contact_import_chunk values ($1, $2, $3)",
            pg::Params{}.add(id).add(static_cast<int64_t>(at)).add_bytes(file.substr(at, chunk)));
    query("update contact_import set state = 'queued' where id = $1", pg::Params{}.add(id));
    return ImportId{id};
  }
  void start() {
    me_ = Incarnation{"00000000-0000-4000-8000-00000000000" + std::to_string(++lives_)};
    process_ = fork();
    ASSERT_GE(process_, 0);
    if (process_ == 0) {
      prctl(PR_SET_PDEATHSIG, SIGKILL);
      run_list_manager(database.uri(), me_, folder);
    }
  }
  void kill() {
    ASSERT_EQ(::kill(process_, SIGKILL), 0);
    int status = 0;
    ASSERT_EQ(waitpid(process_, &status, 0), process_);
    ASSERT_TRUE(WIFSIGNALED(status)) << "it had ended by itself";
    ASSERT_TRUE(leases->bury({me_}, "process died").ok());
  }
  Import import(ImportId id) { return store->load_import(id).value(); }
  void await_row(ImportId id, int64_t row) {
    while (import(id).checkpoint.row < row) std::this_thread::yield();
  }
  void await_end(ImportId id) {
    const std::set ended{ImportState::completed, ImportState::failed};
    while (!ended.contains(import(id).state)) std::this_thread::yield();
  }
  std::vector<std::string> texts(const std::string& sql, ImportId id) {
    const pg::Rows rows = query(sql, pg::Params{}.add(id.value));
    std::vector<std::string> out;
    for (size_t r = 0; r < rows.size(); ++r) out.push_back(rows.string(r, 0));
    return out;
  }
  pg::Rows query(const std::string& sql, const pg::Params& params) {
    auto rows = database.pool().query(sql, params);
    EXPECT_TRUE(rows.ok()) << rows.error().message;
    return rows.value();
  }

  const std::filesystem::path folder = std::filesystem::path(testing::TempDir()) / ("list_manager_kill_test_" + std::to_string(getpid()));
  TestDatabase database;
  std::unique_ptr<LeaseStore> leases = make_pg_lease_store(database.pool());
  std::unique_ptr<ListStore> store = make_pg_list_store(database.pool());
  std::unique_ptr<CollectStore> collections = make_pg_collect_store(database.pool());
  std::unique_ptr<ExportStore> exports = make_pg_export_store(database.pool());

 private:
  pid_t process_ = 0;
  Incarnation me_;
  int lives_ = 0;
};

TEST_F(ListManagerProcess, F_01_killed_three_times_ends_with_exactly_the_rows_of_an_undisturbed_import) {
  constexpr int rows = 12'000;
  std::string file = "ref,phone,note\n";
  for (int i = 0; i < rows; ++i)
    file += "c" + std::to_string(i) + "," + (i % 50 == 20 ? "none" : "212" + std::to_string(5550000 + i % 11'000)) + ",\"row\n" +
            std::to_string(i) + "\"\n";

  start();
  const ImportId calm = upload("calm", file);
  await_end(calm);
  const ImportId disturbed = upload("disturbed", file);
  for (const int row : {rows / 4, rows / 2, rows * 3 / 4}) {
    await_row(disturbed, row);
    kill();
    EXPECT_EQ(import(disturbed).state, ImportState::running);
    start();
  }
  await_end(disturbed);
  kill();

  const std::string contacts =
      "select phone || time_zone || ref || attributes::text || import_row from contact where import_id = $1 order by import_row";
  const std::string rejects =
      "select row_number || column_name || value || reason from contact_import_reject where import_id = $1 order by row_number";
  EXPECT_EQ(texts(contacts, disturbed), texts(contacts, calm));
  EXPECT_EQ(texts(rejects, disturbed), texts(rejects, calm));
  EXPECT_EQ(import(disturbed).state, ImportState::completed);
  EXPECT_EQ(import(disturbed).accepted, import(calm).accepted);
  EXPECT_EQ(import(disturbed).duplicates, import(calm).duplicates);
  EXPECT_EQ(import(disturbed).rejected, import(calm).rejected);
  EXPECT_EQ(import(calm).accepted + import(calm).duplicates + import(calm).rejected, rows);
}

TEST_F(ListManagerProcess, C_17_killed_three_times_collects_the_very_bytes_of_the_folders_file_and_imports_them) {
  constexpr int rows = 60'000;  // a quarter takes longer than a look and a kill
  std::string text = "phone\n";
  for (int i = 0; i < rows; ++i) text += "212" + std::to_string(5550000 + i) + "\n";
  std::ofstream(folder / "people.csv", std::ios::binary) << text;
  query("insert into contact_list (name) values ('l')", {});

  start();
  const ImportId id{
      query("insert into contact_import (list_id, file_name, source, state) values (1, 'people.csv', 'folder', 'collecting') returning id",
            {})
          .integer(0, 0)};
  const auto load = [&] { return collections->load_collection(id).value(); };
  for (const size_t share : {1, 2, 3}) {
    while (load().bytes < static_cast<int64_t>(text.size() * share / 4)) std::this_thread::yield();
    kill();
    EXPECT_EQ(load().state, ImportState::collecting);
    start();
  }
  await_end(id);
  kill();
  EXPECT_TRUE(query("select string_agg(data, '' order by first_byte) = $1::bytea from contact_import_chunk", pg::Params{}.add_bytes(text))
                  .boolean(0, 0));
  EXPECT_EQ(import(id).state, ImportState::completed) << import(id).error;
  EXPECT_EQ(import(id).size_bytes, static_cast<int64_t>(text.size()));
  EXPECT_EQ(import(id).accepted, rows);
}

TEST_F(ListManagerProcess, C_08_killed_three_times_makes_the_very_bytes_of_an_undisturbed_export) {
  constexpr int rows = 80'000;  // a quarter takes longer than a look and a kill
  query("insert into contact_list (name) values ('l')", {});
  query(
      "insert into contact_import (list_id, file_name, state, accepted, layout) values (1, 'f.csv', 'completed', $1, "
      R"('{"separator": ",", "header": true, "columns": ["phone", "note"], "phone": 0}'))",
      pg::Params{}.add(rows));
  query(
      "insert into contact (list_id, phone, time_zone, attributes, import_id, import_row) select 1, '+1' || (2125550000 + n), 'UTC', "
      "json_build_object('note', 'row \"' || n || E'\"\\n'), 1, n from generate_series(1, $1::bigint) n",
      pg::Params{}.add(rows));
  const auto ask = [&] {
    return ExportId{query("insert into data_export (kind, list_id) values ('contacts', 1) returning id", {}).integer(0, 0)};
  };
  const auto load = [&](ExportId id) { return exports->load_export(id).value(); };
  const auto await = [&](ExportId id, int64_t row) {
    while (load(id).checkpoint.rows < row || (row == rows && load(id).state == ExportState::running)) std::this_thread::yield();
  };
  const auto file = [&](ExportId id) {
    return query("select string_agg(convert_from(data, 'UTF8'), '' order by first_byte) from data_export_chunk where export_id = $1",
                 pg::Params{}.add(id.value))
        .string(0, 0);
  };

  start();
  const ExportId calm = ask();
  await(calm, rows);
  const ExportId disturbed = ask();
  for (const int row : {rows / 4, rows / 2, rows * 3 / 4}) {
    await(disturbed, row);
    kill();
    EXPECT_EQ(load(disturbed).state, ExportState::running);
    query("insert into contact (list_id, phone, time_zone, import_id, import_row) values (1, $1, 'UTC', 1, 0)",
          pg::Params{}.add("+1303555" + std::to_string(row)));
    start();
  }
  await(disturbed, rows);
  kill();
  EXPECT_EQ(load(disturbed).state, ExportState::completed);
  EXPECT_EQ(load(disturbed).checkpoint, load(calm).checkpoint);
  EXPECT_EQ(file(disturbed), file(calm)) << "contacts that came meanwhile are not in it";
}

TEST_F(ListManagerProcess, C_09_killed_three_times_purges_each_contact_whole_and_once) {
  constexpr int rows = 9'000;
  const auto number = [&](const std::string& sql) { return query(sql, {}).integer(0, 0); };
  query("insert into contact_list (name) values ('l')", {});
  query(
      "insert into contact (list_id, phone, time_zone, import_id, import_row) select 1, '+1' || n, 'UTC', 1, n from generate_series(1, "
      "$1::bigint) n",
      pg::Params{}.add(rows));
  query("insert into campaign (name, list_id, strategy) values ('c', 1, '{}')", {});
  query("insert into job (campaign_id, state, finished_at) values (1, 'completed', now() - interval '9 days')", {});
  query("insert into job_contact (job_id, contact_id, state) select 1, id, 'done' from contact", {});
  query(
      "insert into attempt (job_id, contact_id, number, phone, state, intent_epoch, intent_by) select 1, id, n, phone, 'done', 1, "
      "gen_random_uuid() from contact, generate_series(1, 2) n",
      {});
  query("update history_state set until = now()", {});
  query("insert into purge (begun_by, contacts_days) values ('test', 5)", {});

  start();
  for (const int row : {rows / 4, rows / 2, rows * 3 / 4}) {
    while (number("select contacts from purge") < row) std::this_thread::yield();
    kill();
    EXPECT_EQ(number("select count(*) from contact"), rows - number("select contacts from purge"));
    EXPECT_EQ(number("select count(*) from job_contact"), number("select count(*) from contact"));
    EXPECT_EQ(number("select count(*) from attempt"), number("select 2 * count(*) from contact"));
    EXPECT_EQ(number("select count(*) from purge where state = 'running'"), 1);
    start();
  }
  while (number("select count(*) from purge where state = 'completed'") == 0) std::this_thread::yield();
  kill();
  EXPECT_EQ(number("select count(*) from contact"), 0);
  EXPECT_EQ(number("select contacts from purge"), rows);
  EXPECT_EQ(number("select attempts from purge"), 2 * rows);
  EXPECT_EQ(number("select queue_rows from purge"), rows);
}

}  // namespace
}  // namespace everdial
