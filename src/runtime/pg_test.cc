#include "runtime/pg.h"

#include <gtest/gtest.h>

#include "runtime/test_database.h"

namespace everdial::pg {
namespace {

using namespace std::chrono_literals;

Instant at(const char* text) { return *parse_iso8601(text); }

class Pg : public testing::Test {
 protected:
  Connection& open() {
    auto connection = Connection::open({.uri = database_.uri(), .application_name = "pg_test"});
    EXPECT_TRUE(connection.ok()) << (connection.ok() ? "" : connection.error().message);
    connections_.push_back(std::move(*connection));
    return *connections_.back();
  }
  void end_backends_but(Connection& mine) {
    ASSERT_TRUE(mine.query("select pg_terminate_backend(pid, 5000) from pg_stat_activity where datname = current_database() and pid <> "
                           "pg_backend_pid()")
                    .ok());
  }

  TestDatabase database_;
  std::vector<std::unique_ptr<Connection>> connections_;
};

TEST_F(Pg, values_come_back_as_they_were_given) {
  Connection& db = open();
  const std::string odd = "a \"quoted\" \\ back, {curly} \xc3\xa9\n";
  const auto rows = db.query("select $1::text, $2::bigint, $3::double precision, $4::boolean, $5::timestamptz, $6::bytea, $7::text",
                             Params{}
                                 .add(odd)
                                 .add(int64_t{-9'000'000'000})
                                 .add(0.1)
                                 .add(true)
                                 .add(at("2026-03-01T12:00:00.000123Z"))
                                 .add_bytes({"\0\x01\xff", 3})
                                 .add_null());
  ASSERT_TRUE(rows.ok()) << rows.error().message;
  EXPECT_EQ(rows->string(0, 0), odd);
  EXPECT_EQ(rows->integer(0, 1), -9'000'000'000);
  EXPECT_EQ(rows->real(0, 2), 0.1);
  EXPECT_TRUE(rows->boolean(0, 3));
  EXPECT_EQ(rows->instant(0, 4), at("2026-03-01T12:00:00.000123Z"));
  EXPECT_EQ(rows->bytes(0, 5), std::string("\0\x01\xff", 3));
  EXPECT_TRUE(rows->is_null(0, 6));
  EXPECT_EQ(rows->optional_string(0, 6), std::nullopt);
}

TEST_F(Pg, vectors_become_arrays_for_unnest) {
  Connection& db = open();
  const auto rows =
      db.query("select * from unnest($1::text[], $2::bigint[], $3::boolean[], $4::timestamptz[], $5::text[], $6::bigint[]) as t",
               Params{}
                   .add(std::vector<std::string>{"plain", "", "NULL", "q\"u\\o,te{}"})
                   .add(std::vector<int64_t>{1, 2, 3, 4})
                   .add(std::vector<bool>{true, false, true, false})
                   .add(std::vector<Instant>(4, at("2026-03-01T12:00:00Z")))
                   .add(std::vector<std::optional<std::string>>{std::nullopt, "x", std::nullopt, "NULL"})
                   .add(std::vector<std::optional<int64_t>>{std::nullopt, 7, 8, 9}));
  ASSERT_TRUE(rows.ok()) << rows.error().message;
  ASSERT_EQ(rows->size(), 4u);
  EXPECT_EQ(rows->string(1, 0), "");
  EXPECT_EQ(rows->string(2, 0), "NULL");
  EXPECT_EQ(rows->string(3, 0), "q\"u\\o,te{}");
  EXPECT_EQ(rows->integer(3, 1), 4);
  EXPECT_FALSE(rows->boolean(1, 2));
  EXPECT_EQ(rows->instant(0, 3), at("2026-03-01T12:00:00Z"));
  EXPECT_TRUE(rows->is_null(0, 4));
  EXPECT_EQ(rows->string(3, 4), "NULL");
  EXPECT_EQ(rows->optional_integer(0, 5), std::nullopt);
}

TEST_F(Pg, errors_say_whether_it_is_the_input_the_state_or_the_database) {
  Connection& db = open();
  ASSERT_TRUE(db.execute("create table t (id int primary key check (id < 10)); insert into t values (1);"
                         "create function refuse() returns void language plpgsql as "
                         "$$ begin raise exception 'not yours' using errcode = 'ED001'; end $$")
                  .ok());
  const auto kind = [&](const char* sql) { return db.query(sql).error().kind; };
  EXPECT_EQ(kind("insert into t values (1)"), ErrorKind::conflict);
  EXPECT_EQ(kind("insert into t values (11)"), ErrorKind::invalid);
  EXPECT_EQ(kind("insert into t values (null)"), ErrorKind::invalid);
  EXPECT_EQ(kind("select 'x'::text::int"), ErrorKind::invalid);
  EXPECT_EQ(kind("select refuse()"), ErrorKind::fenced);
  EXPECT_EQ(kind("select * from missing"), ErrorKind::internal);
  EXPECT_EQ(db.query("select $1::text", Params{}.add(std::string("a\0b", 3))).error().kind, ErrorKind::invalid);
  ASSERT_TRUE(db.execute("set statement_timeout = 20").ok());
  EXPECT_EQ(kind("select pg_sleep(5)"), ErrorKind::unavailable);
  EXPECT_FALSE(db.broken());
}

TEST_F(Pg, a_lock_time_out_is_told_apart) {
  Connection& one = open();
  Connection& two = open();
  ASSERT_TRUE(one.execute("begin").ok());
  ASSERT_TRUE(one.query("select pg_advisory_xact_lock(7)").ok());
  ASSERT_TRUE(two.execute("set lock_timeout = 20").ok());
  EXPECT_EQ(two.query("select pg_advisory_xact_lock(7)").error().kind, ErrorKind::overloaded);
}

TEST_F(Pg, a_lost_connection_is_unavailable_inside_a_transaction_and_unknown_in_its_commit_or_outside) {
  Connection& killer = open();
  Connection& inside = open();
  Connection& committing = open();
  Connection& outside = open();
  for (Connection* db : {&inside, &committing}) ASSERT_TRUE(db->execute("begin").ok());
  end_backends_but(killer);
  EXPECT_EQ(inside.query("select 1").error().kind, ErrorKind::unavailable);
  EXPECT_EQ(committing.execute("commit").error().kind, ErrorKind::unknown);
  EXPECT_EQ(outside.execute("select 1").error().kind, ErrorKind::unknown);
  EXPECT_TRUE(inside.broken() && committing.broken() && outside.broken());
}

TEST_F(Pg, no_database_is_unavailable_in_time) {
  const auto connection = Connection::open({.uri = "postgresql://postgres@127.0.0.1:1/none"});
  ASSERT_FALSE(connection.ok());
  EXPECT_EQ(connection.error().kind, ErrorKind::unavailable);
  EXPECT_EQ(connection.error().message.find('\n'), std::string::npos);
}

TEST_F(Pg, connects_to_whichever_of_several_hosts_takes_writes) {
  // Nobody listens at the first; PostgreSQL, as after a failover, is at the second.
  std::string uri = database_.uri();
  const size_t host = uri.find('@') + 1;
  const auto connection = Connection::open({.uri = uri.insert(host, "127.0.0.1:1,")});
  ASSERT_TRUE(connection.ok()) << connection.error().message;
  EXPECT_TRUE((*connection)->query("select 1").ok());
}

TEST_F(Pg, commit_of_a_failed_transaction_is_an_error) {
  Connection& db = open();
  ASSERT_TRUE(db.execute("begin").ok());
  ASSERT_FALSE(db.query("select 1 / 0").ok());
  EXPECT_FALSE(db.execute("commit").ok());
}

TEST_F(Pg, pipeline_answers_each_statement_in_order) {
  Connection& db = open();
  ASSERT_TRUE(db.execute("create table t (id int primary key)").ok());
  const std::string insert = "insert into t select * from unnest($1::int[])";
  for (int round = 0; round < 3; ++round) {
    const auto rows = db.pipeline({{insert, Params{}.add(std::vector<int64_t>{round * 2, round * 2 + 1})},
                                   {"select count(*) from t", {}},
                                   {insert, Params{}.add(std::vector<int64_t>{100 + round})}});
    ASSERT_TRUE(rows.ok()) << rows.error().message;
    ASSERT_EQ(rows->size(), 3u);
    EXPECT_EQ((*rows)[0].affected(), 2);
    EXPECT_EQ((*rows)[1].integer(0, 0), round * 3 + 2);
  }
}

TEST_F(Pg, the_first_error_of_a_pipeline_fails_all_of_it_and_the_connection_lives_on) {
  Connection& db = open();
  ASSERT_TRUE(db.execute("create table t (id int primary key)").ok());
  const auto failed = db.pipeline({{"insert into t values (1)", {}}, {"insert into t values (1) returning id", {}}, {"select 2", {}}});
  ASSERT_FALSE(failed.ok());
  EXPECT_EQ(failed.error().kind, ErrorKind::conflict);
  const auto after = db.pipeline({{"select count(*) from t", {}}, {"select 2", {}}});
  ASSERT_TRUE(after.ok()) << after.error().message;
  EXPECT_EQ((*after)[0].integer(0, 0), 0);
  EXPECT_EQ((*after)[1].integer(0, 0), 2);
}

TEST_F(Pg, a_pipeline_larger_than_the_socket_buffers_does_not_block) {
  Connection& db = open();
  const std::string large(200'000, 'x');
  std::vector<Connection::Statement> statements(100, {"select $1::text", Params{}.add(large)});
  const auto rows = db.pipeline(statements);
  ASSERT_TRUE(rows.ok()) << rows.error().message;
  ASSERT_EQ(rows->size(), 100u);
  EXPECT_EQ((*rows)[99].text(0, 0), large);
}

TEST_F(Pg, copy_stores_rows_and_refuses_bad_ones) {
  Connection& db = open();
  ASSERT_TRUE(db.execute("create table t (id int, name text)").ok());
  ASSERT_TRUE(db.copy_in("copy t from stdin (format csv)", "1,one\n2,\"t,wo\"\n").ok());
  EXPECT_EQ(db.copy_in("copy t from stdin (format csv)", "x,one\n").error().kind, ErrorKind::invalid);
  EXPECT_EQ(db.query("select name from t where id = 2")->string(0, 0), "t,wo");
}

TEST_F(Pg, notify_wakes_the_listener) {
  Connection& listener = open();
  Connection& sender = open();
  ASSERT_TRUE(listener.execute("listen bell").ok());
  EXPECT_FALSE(*listener.wait_for_notify(1ms));
  ASSERT_TRUE(sender.execute("notify bell").ok());
  EXPECT_TRUE(*listener.wait_for_notify(5s));
}

TEST_F(Pg, pool_rolls_back_what_fails_and_commits_what_does_not) {
  Pool& pool = database_.pool();
  ASSERT_TRUE(pool.query("create table t (id int)").ok());
  const auto failed = pool.transaction<int>([](Connection& db) -> Result<int> {
    if (auto rows = db.query("insert into t values (1)"); !rows.ok()) return rows.error();
    return Error{ErrorKind::conflict, "no"};
  });
  EXPECT_EQ(failed.error().message, "no");
  EXPECT_EQ(pool.query("select count(*) from t")->integer(0, 0), 0);
  const auto kept = pool.transaction<int>([](Connection& db) -> Result<int> {
    if (auto rows = db.query("insert into t values (1)"); !rows.ok()) return rows.error();
    return 5;
  });
  EXPECT_EQ(*kept, 5);
  EXPECT_EQ(pool.query("select count(*) from t")->integer(0, 0), 1);
}

TEST_F(Pg, pool_gives_no_connection_the_server_has_closed) {
  Pool& pool = database_.pool();
  ASSERT_TRUE(pool.query("select 1").ok());
  end_backends_but(open());
  const auto rows = pool.query("select 2");
  ASSERT_TRUE(rows.ok()) << rows.error().message;
  EXPECT_EQ(rows->integer(0, 0), 2);
}

TEST_F(Pg, the_server_notices_within_seconds_that_a_host_has_gone_without_a_word) {
  Connection& db = open();
  for (const auto& [setting, wanted] : {std::pair{"tcp_keepalives_idle", "5"},
                                        {"tcp_keepalives_interval", "2"},
                                        {"tcp_keepalives_count", "3"},
                                        {"tcp_user_timeout", "10000"}})
    EXPECT_EQ(db.query(std::string("show ") + setting)->text(0, 0), wanted) << setting;
}

TEST_F(Pg, failures_are_told_to_whoever_counts_them) {
  std::vector<ErrorKind> told;
  Settings settings{.uri = database_.uri(), .failed = [&](ErrorKind kind) { told.push_back(kind); }};
  Pool pool(settings);
  EXPECT_TRUE(pool.query("create table t (n int primary key)").ok());
  EXPECT_TRUE(pool.query("insert into t values (1)").ok());
  EXPECT_FALSE(pool.query("insert into t values (1)").ok());
  EXPECT_FALSE(pool.query("select nonsense").ok());
  settings.uri = "postgresql://nobody@127.0.0.1:1/nothing";
  EXPECT_FALSE(Pool(settings).take().ok());
  EXPECT_EQ(told, (std::vector{ErrorKind::conflict, ErrorKind::internal, ErrorKind::unavailable}));
}

}  // namespace
}  // namespace everdial::pg
