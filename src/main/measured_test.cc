#include "main/measured.h"

#include <gmock/gmock.h>

#include "main/component_metrics.h"
#include "runtime/test_world.h"

namespace everdial {
namespace {

using testing::HasSubstr;
using testing::Not;

class StoreThatMayFail final : public AttemptStore {
 public:
  explicit StoreThatMayFail(const bool& fails) : fails_(fails) {}
  Result<JobLoaded> load(const LeaseGrant&, JobId) override { return JobLoaded{}; }
  Result<DueFetched> fetch_due(JobId, const std::optional<DueKey>&, int, Instant) override { return DueFetched{}; }
  Result<std::optional<DueContact>> fetch_contact(JobId, ContactId) override { return std::optional<DueContact>{}; }
  Status commit(const LeaseGrant&, JobId, const std::vector<JobEffect>&, Instant) override {
    if (fails_) return Error{ErrorKind::unavailable, "away"};
    return success();
  }
  Result<std::map<JobId, JobStateSeen>> states(const std::vector<JobId>&) override { return std::map<JobId, JobStateSeen>{}; }
  Result<std::vector<AttemptId>> settled(const std::vector<AttemptId>&) override { return std::vector<AttemptId>{}; }

 private:
  const bool& fails_;
};

AttemptId attempt(int64_t contact) { return {JobId{1}, ContactId{contact}, 1}; }

TEST(Measured, counts_attempts_by_what_became_of_them_once_it_is_committed) {
  Metrics metrics{{}};
  bool fails = false;
  const auto store = measured(std::make_unique<StoreThatMayFail>(fails), metrics);
  SaveResult busy;
  busy.code = CompletionCode::call_busy;
  const std::vector<JobEffect> saves = {SaveIntent{attempt(1), "+1"},
                                        SaveIntent{attempt(2), "+1"},
                                        busy,
                                        SaveAborted{attempt(3), "no_trunk", {}},
                                        SaveUnknown{attempt(4)},
                                        SaveRestricted{ContactId{5}, CompletionCode::restricted_dnc, {}}};
  EXPECT_TRUE(store->commit({}, JobId{1}, saves, {}).ok());
  fails = true;
  EXPECT_FALSE(store->commit({}, JobId{1}, saves, {}).ok());
  const std::string text = metrics.text();
  EXPECT_THAT(text, HasSubstr("everdial_intents_total 2\n"));
  EXPECT_THAT(text, HasSubstr("everdial_attempts_done_total{code=\"call_busy\"} 1\n"));
  EXPECT_THAT(text, HasSubstr("everdial_attempts_done_total{code=\"fax\"} 0\n"));
  EXPECT_THAT(text, HasSubstr("everdial_attempts_aborted_total{reason=\"no_trunk\"} 1\n"));
  EXPECT_THAT(text, HasSubstr("everdial_attempts_unknown_total 1\n"));
  EXPECT_THAT(text, HasSubstr("everdial_contacts_restricted_total{code=\"restricted_dnc\"} 1\n"));
  EXPECT_THAT(text, HasSubstr("everdial_attempt_commit_seconds_count 2\n"));
}

/// Tells what the test lets it tell.
class SilentTrunk final : public Trunk {
 public:
  explicit SilentTrunk(Handler& handler) : handler_(handler) {}
  void listen(Handler handler, Keep) override { handler_ = std::move(handler); }
  void place(LegOrder) override {}
  void play(const AttemptId&, const std::string&) override {}
  void converse(const Conversation&) override {}
  void press(const AttemptId&, const std::string&) override {}
  void hang_up(const AttemptId&) override {}
  void end_restored(const AttemptId&, const std::string&) override {}

 private:
  Handler& handler_;
};

TEST(Measured, counts_invites_and_calls_of_each_trunk) {
  Metrics metrics{{}};
  Trunk::Handler tell;
  size_t passed_on = 0;
  const auto trunk = measured(std::make_unique<SilentTrunk>(tell), {"a", "b"}, metrics);
  trunk->listen([&](const std::vector<TrunkEvent>& events) { passed_on += events.size(); }, {});
  EXPECT_THAT(metrics.text(), HasSubstr("everdial_trunk_up{trunk=\"b\"} 1\n"));
  for (const int64_t contact : {1, 2, 3}) trunk->place({.attempt = attempt(contact), .trunk = "a"});
  trunk->place({.attempt = attempt(4), .trunk = "b"});
  EXPECT_THAT(metrics.text(), HasSubstr("everdial_calls_in_the_air{trunk=\"a\"} 3\n"));
  using Kind = TrunkEvent::Kind;
  tell({{.kind = Kind::ringing, .attempt = attempt(1)},
        {.kind = Kind::answered, .attempt = attempt(1)},
        {.kind = Kind::ended, .attempt = attempt(1)},
        {.kind = Kind::failed, .attempt = attempt(2), .sip_status = 486},
        {.kind = Kind::trunk_down, .trunk = "b"}});
  trunk->end_restored(attempt(4), "");
  trunk->end_restored(attempt(9), "");
  EXPECT_EQ(passed_on, 5u);
  const std::string text = metrics.text();
  EXPECT_THAT(text, HasSubstr("everdial_invites_total{trunk=\"a\"} 3\n"));
  EXPECT_THAT(text, HasSubstr("everdial_invites_answered_total{trunk=\"a\"} 1\n"));
  EXPECT_THAT(text, HasSubstr("everdial_invites_failed_total{status=\"486\",trunk=\"a\"} 1\n"));
  EXPECT_THAT(text, HasSubstr("everdial_calls_in_the_air{trunk=\"a\"} 1\n"));
  EXPECT_THAT(text, HasSubstr("everdial_calls_in_the_air{trunk=\"b\"} 0\n"));
  EXPECT_THAT(text, HasSubstr("everdial_trunk_up{trunk=\"b\"} 0\n"));
}

TEST(Measured, counts_orders_by_verdict_as_they_are_answered) {
  Metrics metrics{{}};
  Result<Reply> answer = Reply{CallsPlaced{{OrderVerdict::accepted, OrderVerdict::no_trunk}}};
  int answered = 0;
  const auto handle = measured([&](Request, const ReplyFn& reply) { reply(answer); }, metrics);
  handle(PlaceCalls{}, [&](const Result<Reply>& reply) { answered += reply.ok(); });
  answer = Reply{CallsExecuted{{OrderVerdict::stale_epoch, OrderVerdict::accepted}, {}}};
  handle(ExecuteCalls{}, [&](const Result<Reply>& reply) { answered += reply.ok(); });
  answer = Error{ErrorKind::overloaded, "starting"};
  handle(ExecuteCalls{}, [&](const Result<Reply>& reply) { answered += reply.ok(); });
  EXPECT_EQ(answered, 2);
  EXPECT_THAT(metrics.text(), HasSubstr("everdial_orders_total{verdict=\"accepted\"} 2\n"));
  EXPECT_THAT(metrics.text(), HasSubstr("everdial_orders_total{verdict=\"stale_epoch\"} 1\n"));
  EXPECT_THAT(metrics.text(), HasSubstr("everdial_orders_total{verdict=\"too_late\"} 0\n"));
}

TEST(ComponentMetrics, one_that_is_silent_or_away_does_not_hold_up_the_page) {
  TestWorld world;
  TestWorld::Wire wire(world, Address{"server"});
  const Address well{"well:1"}, frozen{"frozen:1"};
  world.peers[well] = [](const Request&, const ReplyFn& reply) {
    reply(Reply{MetricsRead{"# HELP everdial_calls Calls.\n# TYPE everdial_calls gauge\neverdial_calls{component=\"mpp\"} 7\n"}});
  };
  world.peers[frozen] = [](const Request&, const ReplyFn&) {};
  Metrics own{{{"component", "server"}}};
  ComponentMetrics page(wire, own);
  std::string text;
  page.read({{"mpp/1", well}, {"rule_engine", frozen}, {"dashboard", {}}}, [&](std::string read) { text = std::move(read); });
  world.pass(400ms);
  EXPECT_EQ(text, "");
  world.pass(200ms);
  EXPECT_THAT(text, HasSubstr("everdial_calls{component=\"mpp\"} 7\n"));
  EXPECT_THAT(text, HasSubstr("everdial_component_answers{component=\"server\",child=\"mpp/1\"} 1\n"));
  EXPECT_THAT(text, HasSubstr("everdial_component_answers{component=\"server\",child=\"rule_engine\"} 0\n"));
  EXPECT_THAT(text, HasSubstr("everdial_component_answers{component=\"server\",child=\"dashboard\"} 0\n"));
  text.clear();
  page.read({}, [&](std::string read) { text = std::move(read); });
  EXPECT_THAT(text, Not(HasSubstr("everdial_calls"))) << "and nobody has to be there at all";
}

}  // namespace
}  // namespace everdial
