#include <gmock/gmock.h>

#include "dashboard/test_dashboard.h"

namespace everdial {
namespace {

using nlohmann::json;
using testing::ElementsAre;

class InboundQueues : public TestDashboard {
 protected:
  InboundQueues() { sql("insert into agent (login, zone) values ('ann', 'west'), ('bob', 'west')"); }
  json make(const std::string& name, json settings = kSettings) {
    const auto made = post("/inbound-queues", {{"zone", "west"}, {"name", name}, {"settings", std::move(settings)}});
    EXPECT_EQ(made.status, 201) << made.body;
    return made.json;
  }
  TestAnswer tell(const json& queues, const std::string& key = "") {
    std::map<std::string, std::string> headers;
    if (!key.empty()) headers["Idempotency-Key"] = key;
    return as(Role::supervisor, "PUT", "/inbound-figures", {{"zone", "west"}, {"queues", queues}}, headers);
  }
  json queue(int64_t id) { return get("/inbound-queues/" + std::to_string(id)).json; }

  inline static const json kSettings = {{"length", {{"limit", 5}, {"back", 1}}}};
};

TEST_F(InboundQueues, are_made_changed_and_removed) {
  const json made = make("support");
  EXPECT_EQ(made["need"], "unknown");
  EXPECT_EQ(made["settings"]["outbound_least"], 1) << "left out: the default";
  EXPECT_FALSE(made.contains("figures"));
  const json again = {{"zone", "west"}, {"name", "support"}, {"settings", kSettings}};
  EXPECT_THAT(post("/inbound-queues", again).errors(), ElementsAre("/name: The zone has an inbound queue of this name already."));
  EXPECT_EQ(post("/inbound-queues", again).status, 409);
  EXPECT_THAT(post("/inbound-queues", {{"zone", "moon"}, {"name", "a"}, {"settings", kSettings}}).errors(),
              ElementsAre("/zone: There is no such zone of agents."));
  EXPECT_THAT(
      post("/inbound-queues", {{"zone", "west"}, {"name", "a b"}, {"settings", {{"length", {{"limit", 5}, {"back", 5}}}}}}).errors(),
      ElementsAre("/name: must hold letters, digits and _.- only", "/settings/length/back: must be below the limit"));
  EXPECT_EQ(as(Role::viewer, "POST", "/inbound-queues", again).status, 403);

  const json settings = {{"service_level", {{"limit", 80}, {"back", 90}}}, {"skill", "Spanish"}};
  const auto changed = as(Role::supervisor, "PUT", "/inbound-queues/1", {{"settings", settings}});
  EXPECT_EQ(changed.json["settings"]["skill"], "Spanish") << changed.body;
  EXPECT_FALSE(changed.json["settings"].contains("length"));
  EXPECT_EQ(as(Role::supervisor, "PUT", "/inbound-queues/9", {{"settings", settings}}).status, 404);
  make("sales");
  EXPECT_EQ(all_pages("/inbound-queues", 1).size(), 2);
  EXPECT_EQ(all_pages("/inbound-queues?zone=east", 1).size(), 0);
  EXPECT_EQ(as(Role::supervisor, "DELETE", "/inbound-queues/1").status, 204);
  EXPECT_EQ(as(Role::supervisor, "DELETE", "/inbound-queues/1").status, 404);
}

TEST_F(InboundQueues, are_told_of_all_at_once_and_what_is_older_changes_nothing) {
  make("support");
  make("sales");
  EXPECT_EQ(tell({{{"queue", "support"}, {"length", 6}}, {{"queue", "sales"}, {"length", 0}, {"service_level", 99.5}}}, "k").status, 204);
  EXPECT_EQ(queue(1)["need"], "more");
  EXPECT_EQ(queue(2)["need"], "fewer");
  EXPECT_EQ(queue(2)["figures"]["service_level"], 99.5);
  EXPECT_EQ(tell(json::array({{{"queue", "support"}, {"length", 0}, {"at", "2020-01-01T00:00:00Z"}}})).status, 204);
  EXPECT_EQ(queue(1)["figures"]["length"], 6.0);
  EXPECT_EQ(tell(json::array({{{"queue", "support"}, {"length", 3}, {"at", "2090-01-01T00:00:00Z"}}})).status, 204);
  EXPECT_EQ(queue(1)["need"], "same");
  EXPECT_EQ(sql("select told_at <= now() from inbound_queue where id = 1"), "t") << "later than now is now";
  sql("update inbound_queue set told_at = now() - interval '61 seconds' where id = 1");
  EXPECT_EQ(queue(1)["need"], "unknown");
  EXPECT_THAT(
      tell({{{"queue", "support"}, {"length", -1}}, {{"queue", "support"}}, {{"queue", "x"}, {"length", 1}, {"at", "noon"}}}).errors(),
      testing::UnorderedElementsAre("/queues/0/length: must be from 0.0 to 1000000.0",
                                    "/queues/1/length: or expected_wait_s or service_level must be there",
                                    "/queues/1/queue: stands in the list before", "/queues/2/at: must be a time as 2026-03-01T12:00:00Z"));
  EXPECT_THAT(tell({{{"queue", "support"}, {"length", 1}}, {{"queue", "x"}, {"length", 1}}}).errors(),
              ElementsAre("/queues/1/queue: There is no inbound queue of this name in the zone."));
  EXPECT_EQ(queue(1)["figures"]["length"], 3.0) << "all or none";
  EXPECT_EQ(as(Role::viewer, "PUT", "/inbound-figures", {{"zone", "west"}, {"queues", json::array()}}).status, 403);
}

TEST_F(InboundQueues, show_how_many_agents_they_have_and_will_have) {
  make("support");
  sql("insert into agent_state (agent_id, agent_state, job_state, since, record) values (1, 'ready', 'inbound', now(), '{\"queue\": 1}'), "
      "(2, 'ready', 'pending_inbound', now(), '{\"queue\": 1}')");
  EXPECT_EQ(queue(1)["agents"], 1);
  EXPECT_EQ(queue(1)["agents_coming"], 1);
}

}  // namespace
}  // namespace everdial
