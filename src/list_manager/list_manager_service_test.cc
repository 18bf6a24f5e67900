#include "list_manager/list_manager_service.h"

#include <gtest/gtest.h>
#include <rapidcheck/gtest.h>

#include <limits>

#include "list_manager/list_store_memory.h"
#include "runtime/test_world.h"

namespace everdial {
namespace {

/// A store whose database can be out of reach, and may lose the answer to a commit that it has made.
class FaultyStore final : public ListStore {
 public:
  explicit FaultyStore(MemoryListStore& store) : store_(store) {}
  Result<std::vector<Waiting>> waiting_imports() override { return store_.waiting_imports(); }
  Result<Import> load_import(ImportId id) override { return store_.load_import(id); }
  Result<std::string> read_bytes(ImportId id, int64_t first_byte, size_t at_most) override {
    return store_.read_bytes(id, first_byte, at_most);
  }
  Status save_rows(const LeaseGrant& grant, const Import& import, const SaveRows& rows) override {
    if (rows.to.row > last_row) return Error{ErrorKind::unavailable, "out of reach"};
    Status saved = store_.save_rows(grant, import, rows);
    if (saved.ok() && lose_answers && ++saves_ % 2 == 0) return Error{ErrorKind::unknown, "connection lost in commit"};
    return saved;
  }
  Status finish_import(const LeaseGrant& grant, const Import& import, const FinishImport& finish) override {
    return store_.finish_import(grant, import, finish);
  }
  Status delete_files() override { return store_.delete_files(); }

  int64_t last_row = std::numeric_limits<int64_t>::max();  ///< nothing beyond it can be saved
  bool lose_answers = false;

 private:
  MemoryListStore& store_;
  int saves_ = 0;
};

/// Servers that share one database; each process dies when it is destroyed, without a word.
class Cluster {
 public:
  class Process {
   public:
    Process(Cluster& cluster, int number)
        : cluster_(cluster),
          me_{"p" + std::to_string(number)},
          wire_(cluster.world, Address{me_.value}),
          seams_{cluster.world, cluster.world, cluster.world, wire_},
          leases_(seams_, cluster.leases, me_),
          service_(seams_, cluster.faulty, leases_, cluster.settings) {
      EXPECT_TRUE(cluster.leases.open_session(Session{me_, ServerName{"as1"}, "list_manager"}).ok());
      leases_.start();
      service_.start();
    }
    /// As its server does on SIGCHLD.
    ~Process() { EXPECT_TRUE(cluster_.leases.bury({me_}, "process died").ok()); }
    size_t imports() const { return leases_.acting().size(); }

   private:
    Cluster& cluster_;
    Incarnation me_;
    TestWorld::Wire wire_;
    Seams seams_;
    LeaseService leases_;
    ListManagerService service_;
  };

  std::unique_ptr<Process> start() { return std::make_unique<Process>(*this, ++processes_); }

  ImportId upload(const std::string& file, FileKind kind = FileKind::contacts) {
    Import import;
    import.kind = kind;
    import.list = ContactListId{1};
    return store.add_import(import, file);
  }
  Import import(ImportId id) { return store.load_import(id).value(); }

  TestWorld world;
  MemoryLeaseStore leases{[this] { return world.now(); }};
  MemoryListStore store{leases, [this] { return world.now(); }};
  FaultyStore faulty{store};
  ListManagerService::Settings settings{.bytes_per_read = 100, .limits = {.rows_per_save = 3, .csv = {.sample = 64}}};

 private:
  int processes_ = 0;
};

std::string file_of(int rows) {
  std::string file = "phone,name\n";
  for (int i = 0; i < rows; ++i)
    file += (i % 10 == 9 ? "12" : "212555" + std::to_string(1000 + i * 7 % 97)) + ",n" + std::to_string(i) + "\n";
  return file;
}

TEST(ListManagerService, imports_a_queued_file_and_gives_its_lease_back) {
  Cluster cluster;
  const ImportId id = cluster.upload(file_of(20));
  const auto process = cluster.start();
  cluster.world.pass(2s);
  EXPECT_EQ(cluster.import(id).state, ImportState::completed);
  EXPECT_EQ(cluster.import(id).accepted, 18);
  EXPECT_EQ(cluster.import(id).rejected, 2);
  EXPECT_EQ(cluster.import(id).checkpoint, (ImportCheckpoint{cluster.import(id).size_bytes, 21}));
  EXPECT_EQ(process->imports(), 0u);
  const auto leases = cluster.leases.leases({import_resource(id)}).value();
  EXPECT_FALSE(leases.at(0).holder);
}

TEST(ListManagerService, leaves_room_for_other_servers_when_many_files_wait) {
  Cluster cluster;
  cluster.settings.imports_at_once = 1;
  std::vector<ImportId> ids;
  for (int i = 0; i < 6; ++i) ids.push_back(cluster.upload(file_of(20 + i)));
  const auto one = cluster.start(), two = cluster.start();
  for (int i = 0; i < 100; ++i) {
    cluster.world.pass(100ms);
    EXPECT_LE(one->imports(), 1u);
    EXPECT_LE(two->imports(), 1u);
  }
  for (const ImportId id : ids) EXPECT_EQ(cluster.import(id).state, ImportState::completed);
}

TEST(ListManagerService, deletes_a_file_some_time_after_its_import) {
  Cluster cluster;
  const ImportId id = cluster.upload(file_of(5));
  const auto process = cluster.start();
  cluster.world.pass(2s);
  ASSERT_EQ(cluster.import(id).state, ImportState::completed);
  EXPECT_FALSE(cluster.store.read_bytes(id, 0, 10)->empty());
  cluster.store.keep_files = 1h;
  cluster.world.pass(50min);
  EXPECT_FALSE(cluster.store.read_bytes(id, 0, 10)->empty());
  cluster.world.pass(30min);
  EXPECT_TRUE(cluster.store.read_bytes(id, 0, 10)->empty());
}

TEST(ListManagerService, stops_when_the_import_is_cancelled) {
  Cluster cluster;
  const ImportId id = cluster.upload(file_of(200));
  cluster.faulty.last_row = 100;
  const auto process = cluster.start();
  cluster.world.pass(1s);
  ASSERT_EQ(process->imports(), 1u);
  cluster.store.cancel(id);
  cluster.world.pass(3s);
  EXPECT_EQ(process->imports(), 0u);
  EXPECT_EQ(cluster.import(id).state, ImportState::cancelled);
}

TEST(ListManagerService, fails_a_file_that_cannot_be_read_and_says_why) {
  Cluster cluster;
  const ImportId id = cluster.upload("name\nAnn\n");
  cluster.upload("+12125550100\n", FileKind::dnc);
  const auto process = cluster.start();
  cluster.world.pass(3s);
  EXPECT_EQ(cluster.import(id).state, ImportState::failed);
  EXPECT_NE(cluster.import(id).error.find("no column holds telephone numbers"), std::string::npos);
  EXPECT_EQ(cluster.store.dnc(), std::vector<std::string>{"+12125550100"});
}

RC_GTEST_PROP(ListManagerService, killed_at_any_time_imports_each_row_once_as_if_undisturbed, ()) {
  const std::string file = file_of(200);
  Cluster calm;
  const ImportId calm_id = calm.upload(file);
  const auto calm_process = calm.start();
  calm.world.pass(5s);

  Cluster cluster;
  const ImportId id = cluster.upload(file);
  auto one = cluster.start(), two = cluster.start();
  cluster.faulty.lose_answers = *rc::gen::arbitrary<bool>();
  auto rows = *rc::gen::container<std::vector<int64_t>>(rc::gen::inRange<int64_t>(0, 200));
  std::sort(rows.begin(), rows.end());
  for (const int64_t row : rows) {
    cluster.faulty.last_row = row;
    cluster.world.pass(std::chrono::milliseconds{*rc::gen::inRange(0, 3'000)});
    one = cluster.start();
    std::swap(one, two);
  }
  cluster.faulty.last_row = 1'000;
  for (int i = 0; i < 300 && cluster.import(id).state != ImportState::completed; ++i) cluster.world.pass(1s);
  RC_ASSERT(cluster.import(id).state == ImportState::completed);
  RC_ASSERT(cluster.store.contacts(ContactListId{1}) == calm.store.contacts(ContactListId{1}));
  RC_ASSERT(cluster.store.rejects(id) == calm.store.rejects(calm_id));
  RC_ASSERT(cluster.import(id).accepted == calm.import(calm_id).accepted);
  RC_ASSERT(cluster.import(id).duplicates == calm.import(calm_id).duplicates);
}

}  // namespace
}  // namespace everdial
