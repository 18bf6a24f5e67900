#include <gtest/gtest.h>

#include <thread>

#include "list_manager/import_json.h"
#include "list_manager/list_store_memory.h"
#include "runtime/test_database.h"

// What every list store keeps to; run on PostgreSQL and in memory.

namespace everdial {
namespace {

const Incarnation kOne{"00000000-0000-4000-8000-000000000001"}, kTwo{"00000000-0000-4000-8000-000000000002"};

/// A store, and the ways around it that the upload, the leases and a curious test use.
class World {
 public:
  virtual ~World() = default;
  virtual ListStore& store() = 0;
  virtual LeaseStore& leases() = 0;
  virtual ImportId upload(Import import, const std::string& file) = 0;
  virtual void cancel(ImportId id) = 0;
  virtual void pass(Duration time) = 0;  ///< as far as ended imports are concerned
  /// "phone zone ref attributes row" of each contact, in order of their ids.
  virtual std::vector<std::string> contacts() = 0;
  virtual std::vector<std::string> dnc() = 0;
  virtual std::vector<Reject> rejects(ImportId id) = 0;

  LeaseGrant acquire(ImportId id, const Incarnation& me) {
    const Resource resource = import_resource(id);
    EXPECT_TRUE(leases().ensure({resource}).ok());
    const LeaseRow seen = leases().leases({resource}).value().at(0);
    return leases().acquire({seen, me, "test", 0ms}).value().value();
  }
};

class MemoryWorld final : public World {
 public:
  ListStore& store() override { return store_; }
  LeaseStore& leases() override { return leases_; }
  ImportId upload(Import import, const std::string& file) override {
    if (import.kind == FileKind::contacts) import.list = ContactListId{1};
    return store_.add_import(import, file);
  }
  void cancel(ImportId id) override { store_.cancel(id); }
  void pass(Duration time) override { now_ += time; }
  std::vector<std::string> contacts() override {
    std::vector<std::string> out;
    for (const auto& c : store_.contacts(ContactListId{1}))
      out.push_back(c.phone + " " + c.time_zone + " " + c.ref.value_or("-") + " " + c.attributes + " " + std::to_string(c.row));
    return out;
  }
  std::vector<std::string> dnc() override { return store_.dnc(); }
  std::vector<Reject> rejects(ImportId id) override { return store_.rejects(id); }

 private:
  Instant now_;
  MemoryLeaseStore leases_{[this] { return now_; }};
  MemoryListStore store_{leases_, [this] { return now_; }};
};

class PgWorld final : public World {
 public:
  TestDatabase& database() { return database_; }
  PgWorld() {
    list_ =
        query("insert into contact_list (name, default_region, time_zone) values ('l', 'GB', 'Europe/London') returning id").integer(0, 0);
  }
  ListStore& store() override { return *store_; }
  LeaseStore& leases() override { return *leases_; }
  ImportId upload(Import import, const std::string& file) override {
    const bool has_list = import.kind == FileKind::contacts;
    const auto rows = query(
        "insert into contact_import (list_id, file_name, file_kind, state, size_bytes, options) values ($1, 'f.csv', $2, 'queued', $3, "
        "$4::jsonb) returning id",
        pg::Params{}
            .add(has_list ? std::optional{list_} : std::nullopt)
            .add(to_string(import.kind))
            .add(static_cast<int64_t>(file.size()))
            .add(to_json(import.options)));
    const ImportId id{rows.integer(0, 0)};
    constexpr size_t chunk = 7;
    for (size_t at = 0; at < file.size(); at += chunk)
      query("insert into contact_import_chunk values ($1, $2, $3)",
            pg::Params{}.add(id.value).add(static_cast<int64_t>(at)).add_bytes(file.substr(at, chunk)));
    return id;
  }
  void cancel(ImportId id) override { query("update contact_import set state = 'cancelled' where id = $1", pg::Params{}.add(id.value)); }
  void pass(Duration time) override {
    query("update contact_import set finished_at = finished_at - $1::bigint * interval '1 microsecond'",
          pg::Params{}.add(static_cast<int64_t>(time.count())));
  }
  std::vector<std::string> contacts() override {
    return texts(
        "select phone || ' ' || time_zone || ' ' || coalesce(ref, '-') || ' ' || replace(attributes::text, ': ', ':') || ' ' || import_row "
        "from contact order by id");
  }
  std::vector<std::string> dnc() override {
    return texts("select phone from dnc where source = 'import' and import_id is not null order by phone");
  }
  std::vector<Reject> rejects(ImportId id) override {
    const auto rows = query("select row_number, column_name, value, reason from contact_import_reject where import_id = $1 order by 1",
                            pg::Params{}.add(id.value));
    std::vector<Reject> out;
    for (size_t r = 0; r < rows.size(); ++r) out.push_back({rows.integer(r, 0), rows.string(r, 1), rows.string(r, 2), rows.string(r, 3)});
    return out;
  }

 private:
  pg::Rows query(const std::string& sql, const pg::Params& params = {}) {
    auto rows = database_.pool().query(sql, params);
    EXPECT_TRUE(rows.ok()) << rows.error().message;
    return rows.value();
  }
  std::vector<std::string> texts(const std::string& sql) {
    const auto rows = query(sql);
    std::vector<std::string> out;
    for (size_t r = 0; r < rows.size(); ++r) out.push_back(rows.string(r, 0));
    return out;
  }

  TestDatabase database_;
  std::unique_ptr<LeaseStore> leases_ = make_pg_lease_store(database_.pool());
  std::unique_ptr<ListStore> store_ = make_pg_list_store(database_.pool());
  int64_t list_ = 0;
};

using MakeWorld = std::unique_ptr<World> (*)();

class ListStoreContract : public testing::TestWithParam<std::pair<const char*, MakeWorld>> {
 public:
  static SaveRows two_contacts();

 protected:
  void SetUp() override {
    world = GetParam().second();
    for (const Incarnation& one : {kOne, kTwo})
      ASSERT_TRUE(world->leases().open_session(Session{one, ServerName{"as1"}, "list_manager"}).ok());
  }
  ListStore& store() { return world->store(); }
  Import load(ImportId id) {
    auto import = store().load_import(id);
    EXPECT_TRUE(import.ok()) << import.error().message;
    return *import;
  }
  std::unique_ptr<World> world;
};

SaveRows ListStoreContract::two_contacts() {
  return {.from = {0, 1},
          .to = {20, 4},
          .accepted = {.phones = {"+12125550100", "+12125550101"},
                       .time_zones = {"America/New_York", "UTC"},
                       .refs = {"r\"1\\", std::nullopt},
                       .attributes = {R"({"name":"Ann, {\"x\"} NULL"})", "{}"},
                       .rows = {1, 3}},
          .rejects = {{2, "phone", "x", "not a telephone number"}},
          .layout = {.csv = {.separator = ';', .header = true, .columns = {"phone", "na\"me"}}, .roles = {.phone = 0, .ref = 1}}};
}

TEST_P(ListStoreContract, gives_back_an_uploaded_import_with_its_options) {
  Import import;
  import.options = {.csv = {.separator = ';', .header = false}, .phone_column = "Mobile", .default_region = "DE"};
  const ImportId id = world->upload(import, "phone\n1\n");
  const Import loaded = load(id);
  EXPECT_EQ(loaded.options, import.options);
  EXPECT_EQ(loaded.state, ImportState::queued);
  EXPECT_EQ(loaded.size_bytes, 8);
  EXPECT_EQ(loaded.checkpoint, ImportCheckpoint{});
  EXPECT_FALSE(loaded.layout);
  EXPECT_EQ(store().load_import(ImportId{999}).error().kind, ErrorKind::not_found);
}

TEST_P(ListStoreContract, gives_the_bytes_of_the_file_from_any_place) {
  const std::string file{"phone\n1234567\n\0\xFF binary", 23};
  const ImportId id = world->upload({}, file);
  for (size_t from = 0; from < file.size(); ++from) {
    std::string read;
    while (true) {
      const auto bytes = store().read_bytes(id, static_cast<int64_t>(from + read.size()), 5).value();
      ASSERT_LE(bytes.size(), 5u);
      if (bytes.empty()) break;
      read += bytes;
    }
    EXPECT_EQ(read, file.substr(from));
  }
}

TEST_P(ListStoreContract, saves_rows_rejects_counts_and_checkpoint_together) {
  const ImportId id = world->upload({}, "x");
  const LeaseGrant grant = world->acquire(id, kOne);
  ASSERT_TRUE(store().save_rows(grant, load(id), two_contacts()).ok());
  const Import saved = load(id);
  EXPECT_EQ(saved.state, ImportState::running);
  EXPECT_EQ(saved.checkpoint, (ImportCheckpoint{20, 4}));
  EXPECT_EQ(saved.layout, two_contacts().layout);
  EXPECT_EQ(saved.accepted, 2);
  EXPECT_EQ(saved.rejected, 1);
  EXPECT_EQ(world->contacts(),
            (std::vector<std::string>{R"(+12125550100 America/New_York r"1\ {"name":"Ann, {\"x\"} NULL"} 1)", "+12125550101 UTC - {} 3"}));
  EXPECT_EQ(world->rejects(id), two_contacts().rejects);
}

TEST_P(ListStoreContract, counts_a_number_the_list_has_as_a_duplicate_and_keeps_the_first) {
  const ImportId id = world->upload({}, "x");
  const LeaseGrant grant = world->acquire(id, kOne);
  ASSERT_TRUE(store().save_rows(grant, load(id), two_contacts()).ok());
  SaveRows more = two_contacts();
  more.from = {20, 4};
  more.to = {30, 7};
  more.accepted = {.phones = {"+12125550101", "+12125550102"},
                   .time_zones = {"UTC", "UTC"},
                   .refs = {"again", "new"},
                   .attributes = {"{}", "{}"},
                   .rows = {4, 5}};
  more.repeats = 1;
  more.rejects.clear();
  ASSERT_TRUE(store().save_rows(grant, load(id), more).ok());
  EXPECT_EQ(load(id).accepted, 3);
  EXPECT_EQ(load(id).duplicates, 2);
  ASSERT_EQ(world->contacts().size(), 3u);
  EXPECT_EQ(world->contacts()[2], "+12125550102 UTC new {} 5");
}

TEST_P(ListStoreContract, refuses_rows_that_do_not_begin_at_the_checkpoint) {
  const ImportId id = world->upload({}, "x");
  const LeaseGrant grant = world->acquire(id, kOne);
  ASSERT_TRUE(store().save_rows(grant, load(id), two_contacts()).ok());
  EXPECT_EQ(store().save_rows(grant, load(id), two_contacts()).error().kind, ErrorKind::conflict);
  EXPECT_EQ(load(id).rejected, 1);
  EXPECT_EQ(load(id).duplicates, 0);
}

TEST_P(ListStoreContract, refuses_a_holder_whose_lease_another_has) {
  const ImportId id = world->upload({}, "x");
  const LeaseGrant old = world->acquire(id, kOne);
  const LeaseGrant current = world->acquire(id, kTwo);
  EXPECT_EQ(store().save_rows(old, load(id), two_contacts()).error().kind, ErrorKind::fenced);
  EXPECT_EQ(store().finish_import(old, load(id), {}).error().kind, ErrorKind::fenced);
  EXPECT_TRUE(world->contacts().empty());
  EXPECT_TRUE(store().save_rows(current, load(id), two_contacts()).ok());
}

TEST_P(ListStoreContract, finishes_once_and_then_waits_no_more) {
  const ImportId first = world->upload({}, "x"), second = world->upload({}, "x");
  const LeaseGrant grant = world->acquire(first, kOne);
  auto waiting = store().waiting_imports().value();
  ASSERT_EQ(waiting.size(), 2u);
  EXPECT_EQ(waiting[0].id, first);
  EXPECT_TRUE(waiting[0].held);
  EXPECT_EQ(waiting[1].id, second);
  EXPECT_FALSE(waiting[1].held);
  ASSERT_TRUE(store().finish_import(grant, load(first), {ImportState::failed, "row 7: bad"}).ok());
  EXPECT_EQ(load(first).state, ImportState::failed);
  EXPECT_EQ(load(first).error, "row 7: bad");
  EXPECT_EQ(store().finish_import(grant, load(first), {}).error().kind, ErrorKind::conflict);
  EXPECT_EQ(store().waiting_imports().value().size(), 1u);
}

TEST_P(ListStoreContract, takes_nothing_more_for_a_cancelled_import) {
  const ImportId id = world->upload({}, "x");
  const LeaseGrant grant = world->acquire(id, kOne);
  world->cancel(id);
  EXPECT_EQ(store().save_rows(grant, load(id), two_contacts()).error().kind, ErrorKind::conflict);
  EXPECT_EQ(store().finish_import(grant, load(id), {}).error().kind, ErrorKind::conflict);
  EXPECT_TRUE(world->contacts().empty());
  EXPECT_TRUE(store().waiting_imports().value().empty());
}

TEST_P(ListStoreContract, deletes_the_bytes_of_files_that_ended_long_ago) {
  const ImportId ended = world->upload({}, "old"), waiting = world->upload({}, "new");
  ASSERT_TRUE(store().finish_import(world->acquire(ended, kOne), load(ended), {}).ok());
  ASSERT_TRUE(store().delete_files().ok());
  EXPECT_EQ(store().read_bytes(ended, 0, 10).value(), "old");
  world->pass(25h);
  ASSERT_TRUE(store().delete_files().ok());
  EXPECT_EQ(store().read_bytes(ended, 0, 10).value(), "");
  EXPECT_EQ(load(ended).state, ImportState::completed);
  EXPECT_EQ(store().read_bytes(waiting, 0, 10).value(), "new");
}

TEST_P(ListStoreContract, adds_dnc_numbers_once) {
  Import import;
  import.kind = FileKind::dnc;
  const ImportId id = world->upload(import, "x");
  EXPECT_EQ(load(id).kind, FileKind::dnc);
  const LeaseGrant grant = world->acquire(id, kOne);
  SaveRows rows = two_contacts();
  rows.accepted = {.phones = {"+12125550100", "+12125550101"}, .rows = {1, 2}};
  ASSERT_TRUE(store().save_rows(grant, load(id), rows).ok());
  EXPECT_EQ(world->dnc(), (std::vector<std::string>{"+12125550100", "+12125550101"}));
  rows.to = {30, 6};
  rows.from = {20, 4};
  rows.rejects.clear();
  rows.accepted.phones[0] = "+12125550102";
  ASSERT_TRUE(store().save_rows(grant, load(id), rows).ok());
  EXPECT_EQ(load(id).accepted, 3);
  EXPECT_EQ(load(id).duplicates, 1);
}

TEST(PgListStore, gives_way_to_an_import_that_adds_the_same_number_in_the_same_moment) {
  PgWorld world;
  ASSERT_TRUE(world.leases().open_session(Session{kOne, ServerName{"as1"}, "list_manager"}).ok());
  const ImportId id = world.upload({}, "x");
  const LeaseGrant grant = world.acquire(id, kOne);
  const Import import = world.store().load_import(id).value();

  auto other = world.database().pool().take().value();
  ASSERT_TRUE(other->execute("begin").ok());
  ASSERT_TRUE(other
                  ->query("insert into contact (list_id, phone, time_zone, import_id, import_row) values ($1, '+12125550100', 'UTC', 0, 1)",
                          pg::Params{}.add(import.list.value))
                  .ok());
  std::thread saving([&] { EXPECT_TRUE(world.store().save_rows(grant, import, ListStoreContract::two_contacts()).ok()); });
  const std::string blocked = "select count(*) from pg_stat_activity where datname = current_database() and wait_event_type = 'Lock'";
  while (world.database().pool().query(blocked).value().integer(0, 0) == 0) std::this_thread::yield();
  ASSERT_TRUE(other->execute("commit").ok());
  saving.join();
  EXPECT_EQ(world.store().load_import(id)->accepted, 1);
  EXPECT_EQ(world.store().load_import(id)->duplicates, 1);
}

INSTANTIATE_TEST_SUITE_P(Stores, ListStoreContract,
                         testing::Values(std::pair<const char*, MakeWorld>{"memory",
                                                                           [] { return std::unique_ptr<World>(new MemoryWorld); }},
                                         std::pair<const char*, MakeWorld>{"pg", [] { return std::unique_ptr<World>(new PgWorld); }}),
                         [](const auto& info) { return info.param.first; });

}  // namespace
}  // namespace everdial
