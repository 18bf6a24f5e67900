#include "runtime/migrate.h"

#include <gtest/gtest.h>

#include <thread>

#include "runtime/test_database.h"

namespace everdial {
namespace {

const std::vector<Migration> kTwo = {{1, "0001_one.sql", "create table one (id int); select 1;"},
                                     {2, "0002_two.sql", "create table two (id int);"}};

class Migrate : public testing::Test {
 protected:
  std::unique_ptr<pg::Connection> open() {
    auto connection = pg::Connection::open({.uri = database_.uri(), .application_name = "migrate_test"});
    EXPECT_TRUE(connection.ok());
    return std::move(*connection);
  }

  TestDatabase database_{TestDatabase::empty};
};

TEST_F(Migrate, applies_each_file_once_in_order) {
  const auto db = open();
  EXPECT_EQ(*migrate(*db, std::span(kTwo).first(1)), std::vector<std::string>{"0001_one.sql"});
  EXPECT_FALSE(check_schema(*db, kTwo).ok());
  EXPECT_EQ(*migrate(*db, kTwo), std::vector<std::string>{"0002_two.sql"});
  EXPECT_EQ(*migrate(*db, kTwo), std::vector<std::string>{});
  EXPECT_TRUE(check_schema(*db, kTwo).ok());
}

TEST_F(Migrate, brings_the_schema_of_this_binary) {
  const auto db = open();
  ASSERT_GE(embedded_migrations().size(), 4u);
  const auto applied = migrate(*db);
  ASSERT_TRUE(applied.ok()) << applied.error().message;
  EXPECT_EQ(applied->size(), embedded_migrations().size());
  EXPECT_EQ(db->query("select count(*) from attempt")->integer(0, 0), 0);
}

TEST_F(Migrate, history_from_before_it_kept_names_gets_those_that_are_still_known) {
  const auto db = open();
  ASSERT_TRUE(migrate(*db, embedded_migrations().first(8)).ok());
  ASSERT_TRUE(db->execute("insert into ha_session (incarnation, server, component) values "
                          "('00000000-0000-0000-0000-000000000001', 'as1', 'rule_engine');"
                          "insert into ha_history (res_id, epoch, from_incarnation, to_incarnation, reason) values (1, 2, "
                          "'00000000-0000-0000-0000-000000000009', '00000000-0000-0000-0000-000000000001', 'died')")
                  .ok());
  ASSERT_TRUE(migrate(*db).ok());
  const auto row = db->query("select to_server, to_component, from_server is null from ha_history");
  EXPECT_EQ(row->text(0, 0), "as1");
  EXPECT_EQ(row->text(0, 1), "rule_engine");
  EXPECT_TRUE(row->boolean(0, 2));
}

TEST_F(Migrate, refuses_a_changed_file) {
  const auto db = open();
  ASSERT_TRUE(migrate(*db, kTwo).ok());
  auto changed = kTwo;
  changed[0].sql = "create table one (id bigint);";
  const auto refused = migrate(*db, changed);
  ASSERT_FALSE(refused.ok());
  EXPECT_EQ(refused.error().kind, ErrorKind::conflict);
  EXPECT_NE(refused.error().message.find("0001_one.sql"), std::string::npos) << refused.error().message;
}

TEST_F(Migrate, refuses_a_newer_database) {
  const auto db = open();
  ASSERT_TRUE(migrate(*db, kTwo).ok());
  const auto refused = migrate(*db, std::span(kTwo).first(1));
  ASSERT_FALSE(refused.ok());
  EXPECT_NE(refused.error().message.find("newer"), std::string::npos) << refused.error().message;
}

TEST_F(Migrate, S_01_a_program_of_the_release_before_goes_on_with_a_newer_database) {
  const auto db = open();
  ASSERT_TRUE(migrate(*db, std::span(kTwo).first(1)).ok());
  EXPECT_EQ(check_schema(*db, kTwo).error().kind, ErrorKind::conflict) << "a newer program waits for its schema";
  ASSERT_TRUE(migrate(*db, kTwo).ok());
  EXPECT_TRUE(check_schema(*db, kTwo).ok());
  EXPECT_TRUE(check_schema(*db, std::span(kTwo).first(1)).ok());
}

TEST_F(Migrate, leaves_nothing_of_a_file_that_fails) {
  const auto db = open();
  auto bad = kTwo;
  bad[1].sql = "create table two (id int); select 1 / 0;";
  const auto failed = migrate(*db, bad);
  ASSERT_FALSE(failed.ok());
  EXPECT_NE(failed.error().message.find("0002_two.sql"), std::string::npos) << failed.error().message;
  EXPECT_FALSE(db->query("select to_regclass('two') is not null")->boolean(0, 0));
  EXPECT_EQ(*migrate(*db, kTwo), std::vector<std::string>{"0002_two.sql"});
}

TEST_F(Migrate, works_from_several_servers_at_once) {
  std::vector<std::thread> servers;
  std::atomic<size_t> applied = 0, failed = 0;
  for (int i = 0; i < 6; ++i)
    servers.emplace_back([&, db = std::shared_ptr(open())] {
      const auto done = migrate(*db);
      done.ok() ? applied += done->size() : ++failed;
    });
  for (auto& server : servers) server.join();
  EXPECT_EQ(failed, 0u);
  EXPECT_EQ(applied, embedded_migrations().size());
}

}  // namespace
}  // namespace everdial
