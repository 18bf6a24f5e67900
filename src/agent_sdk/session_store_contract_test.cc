#include <gtest/gtest.h>

#include "agent_sdk/session_store_memory.h"
#include "runtime/pg.h"
#include "runtime/secret.h"
#include "runtime/test_database.h"

// What every store of desktops' sessions keeps to; run on PostgreSQL and in memory.

namespace everdial::desk {
namespace {

/// One agent, ann, with the ticket "t"; and what passes.
class SessionBackend {
 public:
  virtual ~SessionBackend() = default;
  virtual SessionStore& store() = 0;
  virtual void pass(std::chrono::seconds time) = 0;
  /// ann works at this session's desktop: ready, with two notices kept of five.
  virtual void work_at(const std::string& session) = 0;
  virtual Incarnation life() = 0;  ///< of an agent_sdk
};

class InMemory final : public SessionBackend {
 public:
  InMemory() {
    store_.add_agent({.id = "", .agent = AgentId{1}, .login = "ann", .name = "Ann Baker", .zone = "default", .supervisor = true});
    store_.add_ticket("t", AgentId{1});
  }
  SessionStore& store() override { return store_; }
  void pass(std::chrono::seconds time) override { now_ += time; }
  void work_at(const std::string& session) override {
    Situation s{.states = {AgentState::ready, NailState::nailed, AgentCallState::idle, AgentJobState::detached}, .reason = "r"};
    s.leaving = true;
    store_.set_agent(session, AgentId{1}, s, {agent_notice::ConferenceEnded{}, agent_notice::NailingLost{"gone"}}, 5);
  }
  Incarnation life() override { return Incarnation{"00000000-0000-4000-8000-000000000001"}; }

 private:
  Instant now_{};
  MemorySessionStore store_{[this] { return now_; }};
};

class InPg final : public SessionBackend {
 public:
  InPg() {
    sql("insert into agent (login, name, supervisor) values ('ann', 'Ann Baker', true)");
    sql("insert into ha_session (incarnation, server, component) values ('" + life().value + "', 'as1', 'agent_sdk')");
    const auto made = database_.pool().query(
        "insert into agent_ticket (ticket_hash, agent_id, expires_at) values ($1::bytea, 1, clock_timestamp() + interval '60 s')",
        pg::Params{}.add_bytes(sha256("t")));
    EXPECT_TRUE(made.ok()) << made.error().message;
  }
  SessionStore& store() override { return *store_; }
  void pass(std::chrono::seconds time) override {
    const std::string interval = "interval '" + std::to_string(time.count()) + " s'";
    sql("update agent_ticket set expires_at = expires_at - " + interval);
    sql("update agent_session set seen_at = seen_at - " + interval);
  }
  void work_at(const std::string& session) override {
    sql(R"(insert into agent_state (agent_id, agent_state, nail_state, call_state, job_state, since, record) values
      (1, 'ready', 'nailed', 'idle', 'detached', clock_timestamp(), '{"session": ")" +
        session + R"(", "reason": "r", "leaving": true, "extensions": 0, "next_notice": 6,
        "notices": [{"notice": "conference_ended"}, {"notice": "nailing_lost", "reason": "gone"}]}'))");
  }
  Incarnation life() override { return Incarnation{"00000000-0000-4000-8000-000000000001"}; }

 private:
  void sql(const std::string& statement) {
    const auto done = database_.pool().query(statement);
    EXPECT_TRUE(done.ok()) << statement << ": " << done.error().message;
  }
  TestDatabase database_;
  std::unique_ptr<SessionStore> store_ = make_pg_session_store(database_.pool());
};

class SessionStoreContract : public testing::TestWithParam<const char*> {
 protected:
  void SetUp() override {
    if (std::string(GetParam()) == "memory") backend = std::make_unique<InMemory>();
    else backend = std::make_unique<InPg>();
  }
  SessionStore& store() { return backend->store(); }
  SessionRow begun() { return store().begin("t", "token", "c1").value().value(); }
  std::unique_ptr<SessionBackend> backend;
};

TEST_P(SessionStoreContract, A_04_a_ticket_makes_one_session) {
  const auto first = store().begin("t", "token", "c1");
  ASSERT_TRUE(first.ok()) << first.error().message;
  ASSERT_TRUE(*first);
  EXPECT_EQ((*first)->agent, AgentId{1});
  EXPECT_EQ((*first)->login, "ann");
  EXPECT_EQ((*first)->name, "Ann Baker");
  EXPECT_EQ((*first)->zone, "default");
  EXPECT_TRUE((*first)->supervisor);
  EXPECT_FALSE((*first)->owner);
  EXPECT_FALSE(store().begin("t", "token2", "c2").value());
  EXPECT_FALSE(store().begin("u", "token2", "c2").value());
}

TEST_P(SessionStoreContract, A_04_a_ticket_is_good_for_a_minute) {
  backend->pass(std::chrono::seconds(61));
  EXPECT_FALSE(store().begin("t", "token", "c1").value());
}

TEST_P(SessionStoreContract, A_04_a_session_is_resumed_where_its_agent_is) {
  const SessionRow row = begun();
  backend->work_at(row.id);
  const auto again = store().resume("token", "c2");
  ASSERT_TRUE(again.ok()) << again.error().message;
  ASSERT_TRUE(*again);
  EXPECT_EQ((*again)->id, row.id);
  EXPECT_TRUE((*again)->owner);
  EXPECT_EQ((*again)->situation.states.agent, AgentState::ready);
  EXPECT_EQ((*again)->situation.states.nail, NailState::nailed);
  EXPECT_EQ((*again)->situation.reason, "r");
  EXPECT_TRUE((*again)->situation.leaving);
  EXPECT_EQ((*again)->last, 5);
  ASSERT_EQ((*again)->kept.size(), 2u);
  EXPECT_EQ((*again)->kept[1], AgentNotice{agent_notice::NailingLost{"gone"}});
  EXPECT_FALSE(store().resume("another", "c2").value());
}

TEST_P(SessionStoreContract, A_04_the_last_connection_carries_the_session) {
  const SessionRow row = begun();
  EXPECT_EQ(store().keep({{row.id, "c1"}}).value().size(), 1u);
  EXPECT_TRUE(store().resume("token", "c2").value());
  EXPECT_TRUE(store().keep({{row.id, "c1"}}).value().empty());
  EXPECT_EQ(store().keep({{row.id, "c1"}, {row.id, "c2"}}).value(), (std::vector<SessionStore::Carried>{{row.id, "c2"}}));
}

TEST_P(SessionStoreContract, A_04_a_session_ends_half_an_hour_after_its_last_connection) {
  const SessionRow row = begun();
  backend->pass(std::chrono::minutes(29));
  EXPECT_EQ(store().keep({{row.id, "c1"}}).value().size(), 1u);
  backend->pass(std::chrono::minutes(29));
  EXPECT_TRUE(store().expired().value().empty());
  EXPECT_TRUE(store().resume("token", "c2").value());
  backend->pass(std::chrono::minutes(31));
  EXPECT_FALSE(store().resume("token", "c2").value());
  const auto expired = store().expired().value();
  ASSERT_EQ(expired.size(), 1u);
  EXPECT_EQ(expired[0].session, row.id);
  EXPECT_EQ(expired[0].agent, AgentId{1});
  EXPECT_EQ(expired[0].zone, "default");
  ASSERT_TRUE(store().end(row.id).ok());
  EXPECT_TRUE(store().expired().value().empty());
}

TEST_P(SessionStoreContract, knows_where_desktops_are_taken) {
  ASSERT_TRUE(store().listen(backend->life(), "ws://as1/agent/v1").ok());
  ASSERT_TRUE(store().listen(backend->life(), "ws://as1:2/agent/v1").ok());
  EXPECT_EQ(store().listeners().value(), (std::map<Incarnation, std::string>{{backend->life(), "ws://as1:2/agent/v1"}}));
}

INSTANTIATE_TEST_SUITE_P(Stores, SessionStoreContract, testing::Values("memory", "pg"),
                         [](const auto& info) { return std::string(info.param); });

}  // namespace
}  // namespace everdial::desk
