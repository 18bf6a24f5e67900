#include "rule_engine/rule_engine_service.h"

#include <gtest/gtest.h>

#include "rule_engine/rule_store_memory.h"
#include "runtime/test_world.h"

namespace everdial {
namespace {

using Verdict = ContactsChecked::Verdict;

class RuleEngineServiceTest : public testing::Test {
 protected:
  LeaseGrant acquire(const std::string& name) {
    const Incarnation me{name};
    EXPECT_TRUE(leases.open_session(Session{me, ServerName{"as1"}, "rule_engine"}).ok());
    EXPECT_TRUE(leases.ensure({RuleEngineService::resource()}).ok());
    return leases.acquire({leases.leases({RuleEngineService::resource()}).value().at(0), me, "test", 0ms}).value().value();
  }
  void ask(const std::string& phone) {
    CheckContacts request;
    request.contacts.push_back({ContactId{1}, phone, "UTC"});
    service.handle(request, [this](Result<Reply> reply) { replies.push_back(std::move(reply)); });
  }
  Verdict verdict(size_t i) { return std::get<ContactsChecked>(replies.at(i).value()).answers.at(0).verdict; }

  TestWorld world;
  TestWorld::Wire wire{world, Address{"rules"}};
  Seams seams{world, world, world, wire};
  MemoryLeaseStore leases{[this] { return world.now(); }};
  MemoryRuleStore store{leases};
  std::vector<LeaseGrant> fenced;
  RuleEngineService service{seams, store, [this](const LeaseGrant& grant) { fenced.push_back(grant); }, {}};
  std::vector<Result<Reply>> replies;
};

TEST_F(RuleEngineServiceTest, R_01_the_master_answers_and_a_dormant_one_refuses) {
  ask("+1");
  ASSERT_EQ(replies.size(), 1u);
  EXPECT_EQ(replies[0].error().kind, ErrorKind::unavailable);
  store.add("+1");
  service.acquired(acquire("a"));
  ask("+1");
  ask("+2");
  world.pass(1ms);
  ASSERT_EQ(replies.size(), 3u);
  EXPECT_EQ(verdict(1), Verdict::on_dnc);
  EXPECT_EQ(verdict(2), Verdict::allowed);
}

TEST_F(RuleEngineServiceTest, R_03_answers_nothing_once_another_is_master) {
  service.acquired(acquire("a"));
  acquire("b");
  ask("+1");
  world.pass(1ms);
  ASSERT_EQ(replies.size(), 1u);
  EXPECT_EQ(replies[0].error().kind, ErrorKind::unavailable);
  EXPECT_EQ(fenced.size(), 1u);
}

TEST_F(RuleEngineServiceTest, R_03_refuses_what_was_asked_before_it_lost_the_lease) {
  const LeaseGrant grant = acquire("a");
  service.acquired(grant);
  ask("+1");
  service.lost(grant);
  world.pass(1ms);
  ASSERT_EQ(replies.size(), 1u);
  EXPECT_FALSE(replies[0].ok());
}

TEST_F(RuleEngineServiceTest, refuses_what_is_not_for_it) {
  service.handle(PlaceCalls{}, [this](Result<Reply> reply) { replies.push_back(std::move(reply)); });
  EXPECT_EQ(replies.at(0).error().kind, ErrorKind::invalid);
}

}  // namespace
}  // namespace everdial
