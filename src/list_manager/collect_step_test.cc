#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <fstream>

#include "list_manager/list_store_memory.h"

// One import of a file in a real folder, step by step.

namespace everdial {
namespace {

using testing::HasSubstr;
using testing::StartsWith;

class CollectStep : public testing::Test {
 protected:
  CollectStep() {
    std::filesystem::create_directories(folder);
    for (const Incarnation& me : {one, two}) EXPECT_TRUE(leases.open_session(Session{me, ServerName{"as1"}, "list_manager"}).ok());
  }
  ~CollectStep() override { std::filesystem::remove_all(folder); }

  void write(const std::string& name, const std::string& text) { std::ofstream(folder / name, std::ios::binary) << text; }
  ImportId ask(const std::string& name) { return store.add_collection({}, name); }
  LeaseGrant acquire(ImportId id, const Incarnation& me) {
    const Resource resource = collect_resource(id);
    EXPECT_TRUE(leases.ensure({resource}).ok());
    const std::vector<LeaseRow> seen = leases.leases({resource}).value();
    const auto row = std::find_if(seen.begin(), seen.end(), [&](const LeaseRow& one) { return one.resource == resource; });
    return leases.acquire({*row, me, "test", 0ms}).value().value();
  }
  Result<bool> step(const LeaseGrant& grant) { return collect_step(store, folder, grant, limits); }
  Import import(ImportId id) { return store.load_import(id).value(); }
  std::string bytes(ImportId id) { return store.read_bytes(id, 0, 1'000).value(); }
  /// What a file is refused for, once the first step has seen it.
  std::string refused(const std::string& name) {
    const ImportId id = ask(name);
    EXPECT_TRUE(step(acquire(id, one)).value());
    EXPECT_EQ(import(id).state, ImportState::failed);
    return import(id).error;
  }

  const Incarnation one{"00000000-0000-4000-8000-000000000001"}, two{"00000000-0000-4000-8000-000000000002"};
  const std::filesystem::path folder = std::filesystem::path(testing::TempDir()) / ("collect_step_" + std::to_string(getpid()));
  MemoryLeaseStore leases{[] { return Instant{}; }};
  MemoryListStore store{leases, [] { return Instant{}; }};
  CollectLimits limits{.bytes_per_step = 4, .most_bytes = 20};
};

TEST_F(CollectStep, C_17_goes_on_at_the_exact_byte_under_another_holder_and_queues_the_file) {
  const std::string text("phone\n\0\xff\n12", 11);
  write("people.csv", text);
  const ImportId id = ask("people.csv");
  const LeaseGrant first = acquire(id, one);
  EXPECT_FALSE(step(first).value());
  EXPECT_EQ(bytes(id), text.substr(0, 4));
  const LeaseGrant second = acquire(id, two);
  EXPECT_EQ(step(first).error().kind, ErrorKind::fenced);
  int steps = 1;
  while (!step(second).value()) ++steps;
  EXPECT_EQ(steps, 3) << "two pieces and the end";
  EXPECT_EQ(bytes(id), text);
  EXPECT_EQ(import(id).state, ImportState::queued);
  EXPECT_EQ(import(id).size_bytes, 11);
  EXPECT_TRUE(step(second).value()) << "nothing is left to be done";
}

TEST_F(CollectStep, C_17_fails_a_file_that_is_not_the_one_that_was_begun) {
  const auto change_after_a_step = [&](const std::string& name, const std::function<void()>& change) {
    write(name, "phone\n12125550100\n");
    const ImportId id = ask(name);
    const LeaseGrant grant = acquire(id, one);
    EXPECT_FALSE(step(grant).value());
    change();
    EXPECT_TRUE(step(grant).value());
    return import(id).error;
  };
  const std::string changed = "was changed while it was collected";
  EXPECT_THAT(change_after_a_step("longer.csv", [&] { std::ofstream(folder / "longer.csv", std::ios::app) << "1"; }), HasSubstr(changed));
  EXPECT_THAT(
      change_after_a_step("touched.csv",
                          [&] { last_write_time(folder / "touched.csv", std::filesystem::file_time_type{} + std::chrono::hours(1)); }),
      HasSubstr(changed));
  EXPECT_THAT(change_after_a_step("removed.csv", [&] { remove(folder / "removed.csv"); }),
              StartsWith("removed.csv is not in the import folder"));
}

TEST_F(CollectStep, C_17_says_what_is_wrong_with_a_file_that_cannot_be_imported) {
  write("empty.csv", "");
  write("large.csv", std::string(21, '1'));
  write("outside.csv", "phone\n");
  create_directory(folder / "folder.csv");
  create_symlink(folder / "outside.csv", folder / "link.csv");
  ASSERT_EQ(mkfifo((folder / "pipe.csv").c_str(), 0600), 0);
  EXPECT_EQ(refused("none.csv"), "none.csv is not in the import folder; put it there and import it again");
  EXPECT_EQ(refused("empty.csv"), "empty.csv is empty");
  EXPECT_THAT(refused("large.csv"), StartsWith("large.csv is larger than"));
  EXPECT_THAT(refused("link.csv"), StartsWith("link.csv is a symbolic link"));
  EXPECT_EQ(refused("folder.csv"), "folder.csv in the import folder is not a plain file");
  EXPECT_EQ(refused("pipe.csv"), "pipe.csv in the import folder is not a plain file");
  for (const std::string& path :
       std::vector<std::string>{"../outside.csv", "a/b.csv", ".hidden", "..", std::string("a\0b", 3), std::string(256, 'a')})
    EXPECT_THAT(refused(path), StartsWith("the file's name must be")) << path;
}

TEST_F(CollectStep, C_17_waits_while_the_folder_is_away_and_ends_when_the_import_is_cancelled) {
  write("people.csv", "phone\n12125550100\n");
  const ImportId id = ask("people.csv");
  const LeaseGrant grant = acquire(id, one);
  EXPECT_FALSE(step(grant).value());
  const std::filesystem::path elsewhere = folder.string() + "_away";
  EXPECT_TRUE(import_folder_there(folder));
  rename(folder, elsewhere);
  EXPECT_FALSE(import_folder_there(folder));
  EXPECT_EQ(step(grant).error().kind, ErrorKind::unavailable);
  EXPECT_EQ(import(id).state, ImportState::collecting);
  rename(elsewhere, folder);
  EXPECT_FALSE(step(grant).value());
  EXPECT_EQ(bytes(id), "phone\n12");
  store.cancel(id);
  EXPECT_TRUE(step(grant).value());
  EXPECT_EQ(bytes(id), "phone\n12");
}

}  // namespace
}  // namespace everdial
