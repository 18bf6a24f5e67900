#include <gtest/gtest.h>

#include "agent_manager/agent_record.h"
#include "agent_manager/agent_store_memory.h"
#include "runtime/test_database.h"

// What every store of agents keeps to; run on PostgreSQL and in memory.

namespace everdial::zone {
namespace {

const Incarnation kOne{"00000000-0000-4000-8000-000000000001"}, kTwo{"00000000-0000-4000-8000-000000000002"};
const Resource kZone = agent_zone_resource("default");
const AttemptId kCall{JobId{7}, ContactId{5}, 1};

/// What a supervisor has asked of agents 1 and 2.
const std::map<int64_t, std::string> kOrders{{1, R"({"order": "move_to_job", "job": 7})"},
                                             {2, R"({"order": "force_state", "state": "logged_out", "reason": "late"})"}};

InboundQueue queue() {
  return {1,
          {.skill = "Spanish", .length = BlendLimits{5, 1}},
          InboundFigures{.length = 6, .service_level = 79.5, .at = *parse_iso8601("2026-03-01T12:00:00.5Z")}};
}

struct World {
  std::unique_ptr<TestDatabase> database;  // PostgreSQL only
  std::unique_ptr<LeaseStore> leases;
  std::unique_ptr<AgentStore> agents;
  std::function<void(AgentId, const std::string& zone)> move_agent;  ///< from zone default, as an administrator does
  std::function<void(int64_t order)> withdraw;
};
World in_memory() {
  auto leases = std::make_unique<MemoryLeaseStore>([] { return Instant{}; });
  auto agents = std::make_unique<MemoryAgentStore>(*leases);
  for (const int64_t id : {1, 2}) agents->add_agent("default", Agent{.id = AgentId{id}, .skills = {{"Spanish", 3}}});
  for (const auto& [id, wanted] : kOrders)
    agents->put_order("default", {id, AgentId{id}, agent_order_from_json(wanted).value(), *parse_iso8601("2030-01-01T00:00:00Z")});
  agents->put_queue("default", queue());
  agents->jobs = [](const std::string& zone) {
    return zone == "default" ? std::vector<AgentJob>{{JobId{1}, "spring", false, {.answer_within = 3s}}} : std::vector<AgentJob>{};
  };
  auto& store = *agents;
  return {nullptr, std::move(leases), std::move(agents),
          [&store](AgentId id, const std::string& zone) { store.move_agent(id, "default", zone); },
          [&store](int64_t id) {
            KeptOrder order = store.zone("default").orders.at(id);
            order.withdrawn = true;
            store.put_order("default", order);
          }};
}
World in_pg() {
  auto database = std::make_unique<TestDatabase>();
  auto leases = make_pg_lease_store(database->pool());
  for (const char* statement :
       {"insert into agent (login, zone, skills) values ('ann', 'default', '{\"Spanish\": 3}'), ('bob', 'default', '{\"Spanish\": 3}'), "
        "('eve', 'elsewhere', '{}')",
        "insert into contact_list (name) values ('all')",
        "insert into campaign (name, list_id, strategy, agents) values ('spring', 1, '{}', '{\"answer_within_s\": 3}'), "
        "('alone', 1, '{}', null)",
        "insert into job (campaign_id) values (1), (2)",
        "insert into inbound_queue (zone, name, settings, length, service_level, told_at) values ('default', 'support', "
        "'{\"skill\": \"Spanish\", \"length\": {\"limit\": 5, \"back\": 1}}', 6, 79.5, '2026-03-01T12:00:00.5Z')"})
    EXPECT_TRUE(database->pool().query(statement).ok()) << statement;
  for (const auto& [id, wanted] : kOrders)
    EXPECT_TRUE(database->pool()
                    .query("insert into agent_order (request, agent_id, wanted, asked_by, until) values (1, $1, $2::jsonb, 'eve', "
                           "'2030-01-01T00:00:00Z')",
                           pg::Params{}.add(id).add(wanted))
                    .ok());
  auto agents = make_pg_agent_store(database->pool());
  pg::Pool& pool = database->pool();
  return {std::move(database), std::move(leases), std::move(agents),
          [&pool](AgentId id, const std::string& zone) {
            EXPECT_TRUE(pool.query("update agent set zone = $2 where id = $1", pg::Params{}.add(id.value).add(zone)).ok());
          },
          [&pool](int64_t id) {
            EXPECT_TRUE(pool.query("update agent_order set withdrawn_by = 'eve' where id = $1", pg::Params{}.add(id)).ok());
          }};
}
using MakeWorld = World (*)();

class AgentStoreContract : public testing::TestWithParam<std::pair<const char*, MakeWorld>> {
 protected:
  void SetUp() override {
    world = GetParam().second();
    for (const Incarnation& one : {kOne, kTwo})
      ASSERT_TRUE(world.leases->open_session(Session{one, ServerName{"as1"}, "agent_manager"}).ok());
    ASSERT_TRUE(world.leases->ensure({kZone}).ok());
  }
  LeaseGrant acquire(const Incarnation& me) {
    return world.leases->acquire({world.leases->leases({kZone}).value().at(0), me, "test", 0ms}).value().value();
  }
  AgentStore::Rows load() { return world.agents->load({kZone, 1, Epoch{}, kOne}, "default").value(); }
  Agent busy() const {
    Agent agent{.id = AgentId{1}, .skills = {{"French", 9}}};
    agent.states = {AgentState::busy, NailState::nailed, AgentCallState::talking, AgentJobState::attached};
    agent.session = "s\"1";
    agent.phone = "sip:1@phones.example";
    agent.lines = 3;
    agent.job = JobId{7};
    agent.attempt = kCall;
    agent.monitors = {{AgentId{2}, Monitoring::whisper}};
    agent.since = *parse_iso8601("2026-03-01T12:00:00.000123Z");
    agent.until = agent.since + 60s;
    agent.answered = {{"c1", {AgentError::wrong_call_state, "no", agent.states}}};
    agent.next_notice = 8;
    agent.notices = {agent_notice::CallOffered{kCall, "+15550005"}, agent_notice::LoggedOff{"x", true}};
    return agent;
  }
  World world;
};

TEST_P(AgentStoreContract, has_the_zones_agents_and_jobs_before_anybody_logs_on) {
  const AgentStore::Rows rows = load();
  ASSERT_EQ(rows.agents.size(), 2u);
  EXPECT_EQ(rows.agents[0].skills, (Skills{{"Spanish", 3}}));
  EXPECT_EQ(rows.agents[0].states, AgentStates{});
  ASSERT_EQ(rows.jobs.size(), 1u);
  EXPECT_EQ(rows.jobs[0].campaign, "spring");
  EXPECT_FALSE(rows.jobs[0].running);
  EXPECT_EQ(rows.jobs[0].settings.answer_within, 3s);
}

TEST_P(AgentStoreContract, keeps_all_of_an_agent_and_the_last_of_several_saves) {
  const LeaseGrant grant = acquire(kOne);
  Agent first = busy();
  first.session = "older";
  ASSERT_TRUE(world.agents->commit(grant, "default", {SaveAgent{first}, SaveAgent{busy()}}).ok());
  ASSERT_TRUE(world.agents->commit(grant, "default", {SaveAgent{busy()}}).ok());
  EXPECT_EQ(to_json(load().agents.at(0)), to_json(busy()));
}

TEST_P(AgentStoreContract, A_14_refuses_a_manager_whose_zone_has_gone_on) {
  const LeaseGrant old = acquire(kOne), current = acquire(kTwo);
  EXPECT_EQ(world.agents->commit(old, "default", {SaveAgent{busy()}}).error().kind, ErrorKind::fenced);
  EXPECT_EQ(load().agents.at(0).states, AgentStates{});
  EXPECT_TRUE(world.agents->commit(current, "default", {SaveAgent{busy()}}).ok());
}

TEST_P(AgentStoreContract, A_06_keeps_a_live_call_until_it_has_ended) {
  const LeaseGrant grant = acquire(kOne);
  const Instant at = *parse_iso8601("2026-03-01T12:00:00.5Z");
  LiveCall call{kCall, "+15550005", at, at + 2s, false};
  ASSERT_TRUE(world.agents->commit(grant, "default", {SaveCall{call}}).ok());
  EXPECT_EQ(load().calls, std::vector{call});
  call.nuisance = true;
  ASSERT_TRUE(world.agents->commit(grant, "default", {SaveCall{call}}).ok());
  EXPECT_EQ(load().calls, std::vector{call});
  ASSERT_TRUE(world.agents->commit(grant, "default", {SaveCall{call}, RemoveCall{kCall}}).ok());
  EXPECT_TRUE(load().calls.empty());
}

TEST_P(AgentStoreContract, A_17_adds_up_each_agents_time_by_day_with_the_time_of_take_overs) {
  const LeaseGrant grant = acquire(kOne);
  const Instant midnight = *parse_iso8601("2026-03-02T00:00:00Z");
  ASSERT_TRUE(world.agents
                  ->commit(grant, "default",
                           {SaveTime{AgentId{1}, AgentState::ready, midnight - 10s, midnight + 5s},
                            SaveTime{AgentId{1}, AgentState::ready, midnight + 6s, midnight + 7s}, SaveAway{AgentId{1}, 300ms, midnight}})
                  .ok());
  ASSERT_TRUE(world.agents->commit(grant, "default", {SaveAway{AgentId{1}, 100ms, midnight + 1h}}).ok());
  using Time = AgentStore::Time;
  EXPECT_EQ(world.agents->times("default", midnight - 1s).value(), (std::vector<Time>{{AgentId{1}, "ready", 10s}}));
  EXPECT_EQ(world.agents->times("default", midnight + 2h).value(),
            (std::vector<Time>{{AgentId{1}, "ready", 6s}, {AgentId{1}, "total_ha_time", 400ms}}));
}

TEST_P(AgentStoreContract, takes_what_agents_make_of_contacts) {
  const LeaseGrant grant = acquire(kOne);
  const Instant at = *parse_iso8601("2026-03-02T00:00:00Z");
  EXPECT_TRUE(
      world.agents
          ->commit(grant, "default",
                   {SaveDisposition{kCall, AgentId{1}, "sold", "twice"}, SaveNote{kCall, AgentId{1}, "likes tea"},
                    SaveAttribute{kCall.contact, AgentId{1}, "tea", "green"}, SaveAttribute{kCall.contact, AgentId{1}, "tea", "black"},
                    SaveDnc{"+15550005", kCall}, SaveDnc{"+15550005", kCall},
                    SaveCallback{kCall, AgentId{1}, "+15550005", {CallbackKind::strict_agent, at, at + 1h, "", "call me"}}})
          .ok());
}

TEST_P(AgentStoreContract, shows_what_others_change_and_keeps_what_pacing_has_learned) {
  const LeaseGrant grant = acquire(kOne);
  const auto seen = world.agents->look("default", Instant{}).value();
  ASSERT_EQ(seen.agents.size(), 2u);
  EXPECT_EQ(seen.agents[0].skills, (Skills{{"Spanish", 3}}));
  EXPECT_EQ(seen.jobs.size(), 1u);
  EXPECT_TRUE(seen.jobs[0].analyse);
  for (const char* memory : {R"({"a": 1})", R"({"a": 2})"})
    ASSERT_TRUE(world.agents->commit(grant, "default", {SavePacing{JobId{1}, memory}}).ok());
  EXPECT_EQ(load().pacing, (std::map<JobId, std::string>{{JobId{1}, R"({"a": 2})"}}));
}

TEST_P(AgentStoreContract, A_07_shows_orders_until_their_end_is_committed_with_what_came_of_them) {
  const LeaseGrant old = acquire(kOne), grant = acquire(kTwo);
  const auto orders = [&] { return world.agents->look("default", Instant{}).value().orders; };
  ASSERT_EQ(orders().size(), 2u);
  world.withdraw(2);
  EXPECT_FALSE(orders()[0].withdrawn);
  EXPECT_TRUE(orders()[1].withdrawn);
  EXPECT_EQ(orders()[0].agent, AgentId{1});
  EXPECT_EQ(std::get<agent_command::MoveToJob>(orders()[0].order).job, JobId{7});
  EXPECT_EQ(std::get<agent_command::ForceState>(orders()[1].order).reason, "late");
  EXPECT_EQ(orders()[1].until, *parse_iso8601("2030-01-01T00:00:00Z"));
  EXPECT_TRUE(world.agents->look("elsewhere", Instant{}).value().orders.empty());
  EXPECT_EQ(world.agents->commit(old, "default", {SaveAgent{busy()}, SaveOrderEnd{1, "done"}}).error().kind, ErrorKind::fenced);
  EXPECT_EQ(orders().size(), 2u);
  ASSERT_TRUE(world.agents->commit(grant, "default", {SaveAgent{busy()}, SaveOrderEnd{1, "done"}, SaveOrderEnd{2, "refused", "no"}}).ok());
  EXPECT_TRUE(orders().empty());
  EXPECT_EQ(load().agents.at(0).states, busy().states);
}

TEST_P(AgentStoreContract, A_11_shows_inbound_queues_and_keeps_when_one_had_its_last_step_with_the_agent_who_was_moved) {
  const LeaseGrant old = acquire(kOne), grant = acquire(kTwo);
  const auto queues = [&](const std::string& zone) { return world.agents->look(zone, Instant{}).value().queues; };
  EXPECT_EQ(queues("default"), std::vector{queue()});
  EXPECT_TRUE(queues("elsewhere").empty());
  Agent moved = busy();
  moved.states.job = AgentJobState::pending_inbound;
  moved.queue = 1;
  moved.came_at = moved.since;
  const std::vector<Effect> step{SaveAgent{moved}, SaveQueueStep{1, moved.since}};
  EXPECT_EQ(world.agents->commit(old, "default", step).error().kind, ErrorKind::fenced);
  EXPECT_EQ(queues("default"), std::vector{queue()});
  ASSERT_TRUE(world.agents->commit(grant, "default", step).ok());
  EXPECT_EQ(queues("default").at(0).stepped_at, moved.since);
  EXPECT_EQ(to_json(load().agents.at(0)), to_json(moved));
}

TEST_P(AgentStoreContract, an_agent_of_another_zone_keeps_its_numbers_and_is_not_saved_by_its_former_manager) {
  const LeaseGrant grant = acquire(kOne);
  Agent left = busy();
  left.states = {};
  left.lines = 3;
  ASSERT_TRUE(world.agents->commit(grant, "default", {SaveAgent{left}}).ok());
  world.move_agent(AgentId{1}, "elsewhere");
  ASSERT_TRUE(world.agents->commit(grant, "default", {SaveAgent{busy()}}).ok());
  EXPECT_EQ(world.agents->look("default", Instant{}).value().agents.size(), 1u);
  const auto there = world.agents->look("elsewhere", Instant{}).value().agents;
  ASSERT_FALSE(there.empty());
  EXPECT_EQ(there[0].agent, AgentId{1});
  EXPECT_EQ(there[0].lines, 3);
  EXPECT_EQ(world.agents->load({kZone, 1, Epoch{}, kOne}, "elsewhere").value().agents.at(0).states, AgentStates{});
}

INSTANTIATE_TEST_SUITE_P(Stores, AgentStoreContract,
                         testing::Values(std::pair<const char*, MakeWorld>{"memory", in_memory},
                                         std::pair<const char*, MakeWorld>{"pg", in_pg}),
                         [](const auto& info) { return info.param.first; });

}  // namespace
}  // namespace everdial::zone
