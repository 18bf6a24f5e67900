#include <gtest/gtest.h>

#include "list_manager/collect_store.h"
#include "list_manager/list_store_memory.h"
#include "runtime/test_database.h"

// What every store of collections keeps to; run on PostgreSQL and in memory.

namespace everdial {
namespace {

const Incarnation kFirstCollector{"00000000-0000-4000-8000-000000000001"}, kOtherCollector{"00000000-0000-4000-8000-000000000002"};
constexpr FileStamp kPeopleFile{10, 1'700'000'000'123'456'789};

class CollectionsWorld {
 public:
  virtual ~CollectionsWorld() = default;
  virtual CollectStore& store() = 0;
  virtual ListStore& lists() = 0;
  virtual LeaseStore& leases() = 0;
  virtual ImportId ask(const std::string& file_name) = 0;
  virtual void cancel(ImportId id) = 0;

  LeaseGrant acquire(ImportId id, const Incarnation& me) {
    const Resource resource = collect_resource(id);
    EXPECT_TRUE(leases().ensure({resource}).ok());
    return leases().acquire({leases().leases({resource}).value().at(0), me, "test", 0ms}).value().value();
  }
};

class MemoryCollections final : public CollectionsWorld {
 public:
  CollectStore& store() override { return store_; }
  ListStore& lists() override { return store_; }
  LeaseStore& leases() override { return leases_; }
  ImportId ask(const std::string& file_name) override { return store_.add_collection({}, file_name); }
  void cancel(ImportId id) override { store_.cancel(id); }

 private:
  MemoryLeaseStore leases_{[] { return Instant{}; }};
  MemoryListStore store_{leases_, [] { return Instant{}; }};
};

class PgCollections final : public CollectionsWorld {
 public:
  PgCollections() { query("insert into contact_list (name) values ('l')"); }
  CollectStore& store() override { return *store_; }
  ListStore& lists() override { return *lists_; }
  LeaseStore& leases() override { return *leases_; }
  ImportId ask(const std::string& file_name) override {
    return ImportId{
        query("insert into contact_import (list_id, file_name, source, state) values (1, $1, 'folder', 'collecting') returning id",
              pg::Params{}.add(file_name))
            .integer(0, 0)};
  }
  void cancel(ImportId id) override { query("update contact_import set state = 'cancelled' where id = $1", pg::Params{}.add(id.value)); }

 private:
  pg::Rows query(const std::string& sql, const pg::Params& params = {}) {
    auto rows = database_.pool().query(sql, params);
    EXPECT_TRUE(rows.ok()) << rows.error().message;
    return rows.value();
  }

  TestDatabase database_;
  std::unique_ptr<LeaseStore> leases_ = make_pg_lease_store(database_.pool());
  std::unique_ptr<ListStore> lists_ = make_pg_list_store(database_.pool());
  std::unique_ptr<CollectStore> store_ = make_pg_collect_store(database_.pool());
};

class CollectStoreContract : public testing::TestWithParam<const char*> {
 protected:
  void SetUp() override {
    if (std::string(GetParam()) == "pg") world = std::make_unique<PgCollections>();
    else world = std::make_unique<MemoryCollections>();
    for (const Incarnation& one : {kFirstCollector, kOtherCollector})
      ASSERT_TRUE(world->leases().open_session(Session{one, ServerName{"as1"}, "list_manager"}).ok());
  }
  CollectStore& store() { return world->store(); }
  Collection load(ImportId id) { return store().load_collection(id).value(); }

  std::unique_ptr<CollectionsWorld> world;
};

TEST_P(CollectStoreContract, C_17_keep_a_piece_with_the_checkpoint_behind_it_and_with_what_the_file_was) {
  const ImportId id = world->ask("people.csv");
  EXPECT_EQ(load(id).file_name, "people.csv");
  EXPECT_EQ(load(id).bytes, 0);
  EXPECT_FALSE(load(id).file);
  const LeaseGrant grant = world->acquire(id, kFirstCollector);
  const Collection fresh = load(id);
  ASSERT_TRUE(store().save_piece(grant, fresh, kPeopleFile, std::string("a\0\xff\n", 4)).ok());
  EXPECT_EQ(load(id).bytes, 4);
  EXPECT_EQ(load(id).file, kPeopleFile);
  EXPECT_EQ(store().save_piece(grant, fresh, kPeopleFile, "again").error().kind, ErrorKind::conflict);
  ASSERT_TRUE(store().save_piece(grant, load(id), kPeopleFile, "tail.\n").ok());
  ASSERT_TRUE(store().end_collection(grant, id, "").ok());
  EXPECT_EQ(load(id).state, ImportState::queued);
  const Import import = world->lists().load_import(id).value();
  EXPECT_EQ(import.state, ImportState::queued);
  EXPECT_EQ(import.size_bytes, 10);
  EXPECT_EQ(world->lists().read_bytes(id, 0, 4).value() + world->lists().read_bytes(id, 4, 20).value(),
            std::string("a\0\xff\ntail.\n", 10));
}

TEST_P(CollectStoreContract, C_17_show_what_waits_and_who_is_at_it) {
  const ImportId first = world->ask("a.csv"), second = world->ask("b.csv");
  const LeaseGrant grant = world->acquire(first, kFirstCollector);
  auto waiting = store().waiting_collections().value();
  ASSERT_EQ(waiting.size(), 2u);
  EXPECT_EQ(waiting[0].resource, collect_resource(first));
  EXPECT_TRUE(waiting[0].held);
  EXPECT_EQ(waiting[1].resource, collect_resource(second));
  EXPECT_FALSE(waiting[1].held);
  EXPECT_TRUE(world->lists().waiting_imports().value().empty()) << "there is nothing to import yet";
  ASSERT_TRUE(store().end_collection(grant, first, "a.csv is empty").ok());
  EXPECT_EQ(world->lists().load_import(first)->state, ImportState::failed);
  EXPECT_EQ(world->lists().load_import(first)->error, "a.csv is empty");
  EXPECT_EQ(store().waiting_collections().value().size(), 1u);
  EXPECT_EQ(store().end_collection(grant, first, "").error().kind, ErrorKind::conflict);
  EXPECT_EQ(store().load_collection(ImportId{999}).error().kind, ErrorKind::not_found);
}

TEST_P(CollectStoreContract, C_17_take_nothing_from_a_holder_whose_lease_another_has_nor_for_a_cancelled_import) {
  const ImportId id = world->ask("a.csv");
  const LeaseGrant old = world->acquire(id, kFirstCollector), current = world->acquire(id, kOtherCollector);
  EXPECT_EQ(store().save_piece(old, load(id), kPeopleFile, "x").error().kind, ErrorKind::fenced);
  EXPECT_EQ(store().end_collection(old, id, "").error().kind, ErrorKind::fenced);
  ASSERT_TRUE(store().save_piece(current, load(id), kPeopleFile, "x").ok());
  world->cancel(id);
  EXPECT_EQ(store().save_piece(current, load(id), kPeopleFile, "y").error().kind, ErrorKind::conflict);
  EXPECT_EQ(store().end_collection(current, id, "").error().kind, ErrorKind::conflict);
  EXPECT_EQ(world->lists().read_bytes(id, 0, 9).value(), "x");
}

INSTANTIATE_TEST_SUITE_P(Stores, CollectStoreContract, testing::Values("memory", "pg"),
                         [](const auto& info) { return std::string(info.param); });

}  // namespace
}  // namespace everdial
