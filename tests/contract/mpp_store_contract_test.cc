#include <gmock/gmock.h>

#include "ha/lease_store.h"
#include "mpp/mpp_store.h"
#include "runtime/test_database.h"

// What an MPP's store keeps to; run on PostgreSQL and in memory.

namespace everdial {
namespace {

/// A store with three leases: acquired twice, acquired once and released, never acquired.
class Backend {
 public:
  virtual ~Backend() = default;
  virtual MppStore& store() = 0;
  virtual std::vector<std::string> names() = 0;
};

class MemoryBackend final : public Backend {
 public:
  MppStore& store() override { return store_; }
  std::vector<std::string> names() override {
    const auto names = store_.names();
    return {names.begin(), names.end()};
  }

 private:
  MemoryMppStore store_{[] { return std::vector{std::pair(Resource{"job/1"}, Epoch{2}), std::pair(Resource{"job/2"}, Epoch{1})}; }};
};

class PgBackend final : public Backend {
 public:
  PgBackend() {
    const auto leases = make_pg_lease_store(database_.pool());
    const Incarnation one{"00000000-0000-4000-8000-000000000001"}, two{"00000000-0000-4000-8000-000000000002"};
    for (const auto& me : {one, two})
      EXPECT_TRUE(leases->open_session({.incarnation = me, .server = ServerName{"as1"}, .component = "campaign_manager"}).ok());
    const Resource first{"job/1"}, second{"job/2"}, third{"job/3"};
    EXPECT_TRUE(leases->ensure({first, second, third}).ok());
    const auto acquire = [&](const Resource& resource, const Incarnation& me) {
      const auto rows = leases->leases({resource});
      const auto row = std::find_if(rows->begin(), rows->end(), [&](const LeaseRow& r) { return r.resource == resource; });
      return **leases->acquire({*row, me, "test", {}});
    };
    acquire(first, one);
    acquire(first, two);
    EXPECT_TRUE(leases->release(acquire(second, one), "test").ok());
  }
  MppStore& store() override { return *store_; }
  std::vector<std::string> names() override {
    std::vector<std::string> out;
    const auto rows = database_.pool().query("select name from mpp order by name");
    for (size_t r = 0; r < rows->size(); ++r) out.push_back(rows->string(r, 0));
    return out;
  }

 private:
  TestDatabase database_;
  std::unique_ptr<MppStore> store_ = make_pg_mpp_store(database_.pool());
};

using MakeBackend = std::unique_ptr<Backend> (*)();
class MppStoreContract : public testing::TestWithParam<std::pair<const char*, MakeBackend>> {
 protected:
  const std::unique_ptr<Backend> backend_ = GetParam().second();
};

TEST_P(MppStoreContract, M_08_an_mpp_is_asked_from_its_first_start_on) {
  EXPECT_THAT(backend_->names(), testing::IsEmpty());
  for (const char* name : {"as1/mpp/1", "as1/mpp/2", "as1/mpp/1"}) ASSERT_TRUE(backend_->store().enter(name, false).ok());
  EXPECT_THAT(backend_->names(), testing::ElementsAre("as1/mpp/1", "as1/mpp/2")) << "once each, however often it starts";
}

TEST_P(MppStoreContract, M_06_an_mpp_that_was_here_before_and_has_no_records_has_lost_them_then) {
  const auto enter = [&](const char* name, bool without_records) { return backend_->store().enter(name, without_records).value(); };
  EXPECT_FALSE(enter("as1/mpp/1", true)) << "it is new";
  EXPECT_FALSE(enter("as1/mpp/1", false));
  const auto lost_at = enter("as1/mpp/1", true);
  ASSERT_TRUE(lost_at);
  EXPECT_EQ(enter("as1/mpp/1", false), lost_at) << "for ever after";
  EXPECT_GE(*enter("as1/mpp/1", true), *lost_at) << "and once more";
  EXPECT_FALSE(enter("as1/mpp/2", false)) << "others have theirs";
}

TEST_P(MppStoreContract, tells_the_epoch_of_each_lease_that_was_ever_held) {
  const auto epochs = backend_->store().epochs();
  ASSERT_TRUE(epochs.ok());
  EXPECT_THAT(*epochs,
              testing::UnorderedElementsAre(testing::Pair(Resource{"job/1"}, Epoch{2}), testing::Pair(Resource{"job/2"}, Epoch{1})))
      << "whether it is held now or not: an order of its last holder may be on its way";
}

INSTANTIATE_TEST_SUITE_P(
    Stores, MppStoreContract,
    testing::Values(std::pair<const char*, MakeBackend>{"memory",
                                                        []() -> std::unique_ptr<Backend> { return std::make_unique<MemoryBackend>(); }},
                    std::pair<const char*, MakeBackend>{"pg", []() -> std::unique_ptr<Backend> { return std::make_unique<PgBackend>(); }}),
    [](const auto& info) { return std::string(info.param.first); });

TEST(PgMppStore, says_that_the_database_is_out_of_reach) {
  pg::Pool pool({.uri = "postgresql://nobody@127.0.0.1:1/nothing"});
  const auto store = make_pg_mpp_store(pool);
  EXPECT_EQ(store->enter("as1/mpp/1", false).error().kind, ErrorKind::unavailable);
  EXPECT_EQ(store->epochs().error().kind, ErrorKind::unavailable);
}

}  // namespace
}  // namespace everdial
