#include "mpp/mpp_machine.h"

#include <gtest/gtest.h>
#include <rapidcheck/gtest.h>

#include <map>
#include <set>

#include "base/those_of.h"

namespace everdial {
namespace {

using namespace mpp;

const Instant start = from_micros(1'800'000'000'000'000);
const Resource job = job_resource(JobId{7});

AttemptId attempt(int64_t contact, int number = 1) { return {JobId{7}, ContactId{contact}, number}; }

ExecuteCalls::Order order(const AttemptId& id, int64_t epoch = 1, std::vector<std::string> trunks = {"a", "b"}) {
  CallOrder order{.attempt = id, .resource = job, .epoch = Epoch{epoch}, .not_after = start + 1h};
  order.plan.phone = "+15551230001";
  order.plan.opt_out_digit = '9';
  return {order, std::move(trunks)};
}

/// A machine with a journal that keeps what was written, and everything that came out of it.
struct Bench {
  MppMachine::Settings settings{.name = "as1/mpp/1"};
  MppMachine machine{settings};
  Instant now = start;
  std::vector<JournalEntry> journal;
  std::vector<Effect> effects;  ///< of the last step

  explicit Bench(std::vector<JournalEntry> left_behind = {}, std::vector<std::pair<Resource, Epoch>> epochs = {}) : journal(left_behind) {
    step(JournalLoaded{std::move(left_behind)});
    auto first = effects;
    step(EpochsRead{std::move(epochs)});
    effects.insert(effects.begin(), first.begin(), first.end());
  }
  explicit Bench(MppMachine::Settings with) : settings(with), machine(with) {}

  void step(const Input& input) {
    effects = machine.step(input, now);
    for (const Effect& effect : effects) {
      if (const auto* write = std::get_if<WriteJournal>(&effect)) journal.push_back(write->entry);
      if (const auto* compact = std::get_if<CompactJournal>(&effect)) journal = compact->entries;
    }
  }
  template <class T>
  std::vector<T> all() const {
    return those_of<T>(effects);
  }
  OrderVerdict place(const ExecuteCalls::Order& one) {
    step(OrdersArrived{1, {Address{"as:1"}, {one}}});
    return std::get<CallsExecuted>(*all<Answer>().at(0).body).verdicts.at(0);
  }
  void trunk(TrunkEvent::Kind kind, const AttemptId& id, TrunkEvent more = {}) {
    more.kind = kind;
    more.attempt = id;
    step(TrunkReported{{more}});
  }
  void command(const CallCommand& one) { step(CommandsArrived{2, {{one}}}); }
  std::vector<CallRecord> barrier(int64_t epoch) {
    step(BarrierAsked{3, {job, Epoch{epoch}}});
    return std::get<BarrierRaised>(*all<Answer>().at(0).body).executed;
  }
  void pass(Duration time) {
    now += time;
    step(TimePassed{});
  }
  std::vector<CallRecord> ended() const {
    std::vector<CallRecord> records;
    for (const SendEvent& sent : all<SendEvent>())
      if (sent.event.kind == CallEvents::Kind::ended) records.push_back(sent.event.record);
    return records;
  }
  const CallRecord& record(const AttemptId& id) const { return *machine.find(id); }
};

using Kind = TrunkEvent::Kind;

TEST(MppMachine, writes_an_attempt_durably_before_its_invite) {
  Bench bench;
  EXPECT_EQ(bench.place(order(attempt(1))), OrderVerdict::accepted);
  size_t written = bench.effects.size(), placed = 0;
  for (size_t i = 0; i < bench.effects.size(); ++i) {
    if (const auto* write = std::get_if<WriteJournal>(&bench.effects[i]); write && std::holds_alternative<CallWritten>(write->entry)) {
      EXPECT_TRUE(write->durable);
      written = i;
    }
    if (std::holds_alternative<PlaceOnTrunk>(bench.effects[i])) placed = i;
  }
  EXPECT_LT(written, placed);
  EXPECT_EQ(bench.all<PlaceOnTrunk>().at(0).order.trunk, "a");
}

TEST(MppMachine, executes_a_repeated_order_once) {
  Bench bench;
  EXPECT_EQ(bench.place(order(attempt(1))), OrderVerdict::accepted);
  EXPECT_EQ(bench.place(order(attempt(1))), OrderVerdict::duplicate);
  EXPECT_TRUE(bench.all<PlaceOnTrunk>().empty());
}

TEST(MppMachine, knows_a_forgotten_attempt_when_a_late_copy_of_its_order_comes) {
  Bench bench;
  bench.place(order(attempt(1)));
  bench.trunk(Kind::failed, attempt(1), {.sip_status = 486});
  bench.step(ForgetAsked{9, {{attempt(1)}}});
  EXPECT_EQ(bench.place(order(attempt(1))), OrderVerdict::duplicate);
  Bench restarted(bench.journal);
  EXPECT_EQ(restarted.place(order(attempt(1))), OrderVerdict::duplicate);
}

// Found by the simulator (seed 88): the owner had settled a refused attempt as never executed when a copy of its order came.
TEST(MppMachine, M_06_refuses_a_late_copy_of_an_order_that_it_has_refused) {
  Bench bench;
  bench.step(OrdersRefused{{.orders = {order(attempt(1))}}});
  EXPECT_EQ(bench.place(order(attempt(1))), OrderVerdict::overloaded);
  EXPECT_TRUE(bench.all<PlaceOnTrunk>().empty());
}

TEST(MppMachine, refuses_the_orders_of_an_owner_past_the_barrier) {
  Bench bench;
  bench.place(order(attempt(1), 4));
  const auto executed = bench.barrier(5);
  ASSERT_EQ(executed.size(), 1u);
  EXPECT_EQ(executed[0].attempt, attempt(1));
  EXPECT_EQ(bench.place(order(attempt(2), 4)), OrderVerdict::stale_epoch);
  EXPECT_TRUE(bench.all<PlaceOnTrunk>().empty());
  Bench restarted(bench.journal);
  EXPECT_EQ(restarted.place(order(attempt(2), 4)), OrderVerdict::stale_epoch);
}

TEST(MppMachine, writes_the_barrier_durably_before_it_answers) {
  Bench bench;
  bench.barrier(5);
  const auto writes = bench.all<WriteJournal>();
  ASSERT_EQ(writes.size(), 1u);
  EXPECT_TRUE(writes[0].durable);
  EXPECT_EQ(std::get<EpochRaised>(writes[0].entry).epoch, Epoch{5});
  bench.barrier(5);
  EXPECT_TRUE(bench.all<WriteJournal>().empty()) << "raised already";
}

TEST(MppMachine, raises_the_barrier_by_an_order_of_a_newer_owner) {
  Bench bench;
  bench.place(order(attempt(1), 6));
  EXPECT_EQ(bench.place(order(attempt(2), 5)), OrderVerdict::stale_epoch);
}

TEST(MppMachine, refuses_past_owners_from_the_start_by_the_epochs_it_has_read) {
  Bench bench({}, {{job, Epoch{8}}});
  EXPECT_EQ(bench.all<Serve>().size(), 1u);
  EXPECT_EQ(bench.place(order(attempt(1), 7)), OrderVerdict::stale_epoch);
  EXPECT_EQ(bench.place(order(attempt(1), 8)), OrderVerdict::accepted);
}

TEST(MppMachine, drops_an_order_that_comes_too_late) {
  Bench bench;
  auto late = order(attempt(1));
  late.order.not_after = start - 1us;
  EXPECT_EQ(bench.place(late), OrderVerdict::too_late);
  EXPECT_EQ(bench.place(order(attempt(1))), OrderVerdict::accepted) << "it was not executed";
}

TEST(MppMachine, goes_on_over_the_next_trunk_when_a_trunk_fails_before_any_ringing_M_08) {
  Bench bench;
  bench.place(order(attempt(1), 1, {"a", "b", "c"}));
  bench.trunk(Kind::failed, attempt(1), {.sip_status = 503});
  ASSERT_EQ(bench.all<PlaceOnTrunk>().size(), 1u);
  EXPECT_EQ(bench.all<PlaceOnTrunk>()[0].order.trunk, "b");
  bench.trunk(Kind::ringing, attempt(1));
  EXPECT_EQ(bench.record(attempt(1)).trunk, "b");
  bench.trunk(Kind::failed, attempt(1), {.sip_status = 503});
  ASSERT_EQ(bench.ended().size(), 1u) << "it rang: nobody is rung twice";
  EXPECT_EQ(bench.ended()[0].code, CompletionCode::general_failure);
  EXPECT_EQ(bench.ended()[0].sip_status, 503);
}

TEST(MppMachine, uses_no_trunk_that_is_down) {
  Bench bench;
  bench.trunk(Kind::trunk_down, {}, {.trunk = "a"});
  bench.place(order(attempt(1)));
  EXPECT_EQ(bench.all<PlaceOnTrunk>().at(0).order.trunk, "b");
  bench.trunk(Kind::trunk_down, {}, {.trunk = "b"});
  EXPECT_EQ(bench.place(order(attempt(2))), OrderVerdict::no_trunk);
  EXPECT_EQ(std::get<CallsExecuted>(*bench.all<Answer>()[0].body).trunks_down, (std::vector<std::string>{"a", "b"}));
  bench.trunk(Kind::trunk_up, {}, {.trunk = "a"});
  EXPECT_EQ(bench.place(order(attempt(3))), OrderVerdict::accepted);
}

TEST(MppMachine, tells_how_a_call_that_was_not_answered_ended_M_05) {
  const std::map<int, CompletionCode> expected = {{486, CompletionCode::call_busy},
                                                  {480, CompletionCode::ring_no_answer},
                                                  {404, CompletionCode::invalid_number},
                                                  {603, CompletionCode::call_rejected},
                                                  {500, CompletionCode::general_failure}};
  Bench bench;
  for (const auto& [status, code] : expected) {
    bench.place(order(attempt(status)));
    bench.trunk(Kind::failed, attempt(status), {.sip_status = status});
    ASSERT_EQ(bench.ended().size(), 1u);
    EXPECT_EQ(bench.ended()[0].code, code) << status;
  }
}

TEST(MppMachine, cancels_a_call_that_rings_out) {
  Bench bench;
  auto one = order(attempt(1));
  one.order.plan.ring_timeout = 20s;
  bench.place(one);
  bench.now += 5s;
  bench.trunk(Kind::ringing, attempt(1));
  bench.pass(19s);
  EXPECT_TRUE(bench.all<HangUpOnTrunk>().empty()) << "the ring time-out counts from the first ring";
  bench.pass(1s);
  EXPECT_EQ(bench.all<HangUpOnTrunk>().size(), 1u);
  bench.trunk(Kind::failed, attempt(1), {.sip_status = 487});
  ASSERT_EQ(bench.ended().size(), 1u);
  EXPECT_EQ(bench.ended()[0].code, CompletionCode::ring_no_answer);
}

TEST(MppMachine, takes_a_call_for_answered_that_was_picked_up_while_it_was_cancelled) {
  Bench bench;
  bench.place(order(attempt(1)));
  bench.trunk(Kind::ringing, attempt(1));
  bench.pass(45s);
  bench.trunk(Kind::ended, attempt(1));
  ASSERT_EQ(bench.ended().size(), 1u);
  EXPECT_EQ(bench.ended()[0].code, CompletionCode::answer_human);
  EXPECT_TRUE(bench.ended()[0].answered_at);
}

TEST(MppMachine, counts_a_call_as_over_when_the_trunk_says_nothing_more) {
  Bench bench;
  bench.place(order(attempt(1)));
  bench.pass(45s);
  bench.pass(bench.settings.hang_up_wait);
  EXPECT_EQ(bench.ended().size(), 1u);
  EXPECT_EQ(bench.machine.alive(), 0u);
}

TEST(MppMachine, hangs_up_on_the_longest_call_and_on_silence) {
  Bench bench;
  bench.place(order(attempt(1)));
  bench.trunk(Kind::answered, attempt(1));
  bench.pass(60min);
  EXPECT_EQ(bench.all<HangUpOnTrunk>().size(), 1u);
  bench.place(order(attempt(2)));
  bench.trunk(Kind::answered, attempt(2));
  bench.trunk(Kind::media_silent, attempt(2));
  EXPECT_EQ(bench.all<HangUpOnTrunk>().size(), 1u);
  bench.trunk(Kind::ended, attempt(2));
  EXPECT_EQ(bench.ended().at(0).code, CompletionCode::answer_human);
}

TEST(MppMachine, ends_a_call_as_it_was_told_to_or_as_the_far_end_left_it) {
  Bench bench;
  for (int64_t id : {1, 2}) {
    bench.place(order(attempt(id)));
    bench.trunk(Kind::answered, attempt(id));
    bench.trunk(Kind::classified, attempt(id), {.analysis = CompletionCode::answer_machine});
  }
  bench.command({attempt(1), CallCommand::Kind::hang_up, "", CompletionCode::fax});
  EXPECT_EQ(bench.all<HangUpOnTrunk>().size(), 1u);
  bench.trunk(Kind::ended, attempt(1));
  EXPECT_EQ(bench.ended().at(0).code, CompletionCode::fax);
  bench.trunk(Kind::ended, attempt(2));
  EXPECT_EQ(bench.ended().at(0).code, CompletionCode::answer_machine);
}

TEST(MppMachine, keeps_an_opt_out_though_the_caller_hangs_up_at_once) {
  Bench bench;
  bench.place(order(attempt(1)));
  bench.trunk(Kind::answered, attempt(1));
  bench.trunk(Kind::digit, attempt(1), {.digit = '9'});
  bench.trunk(Kind::ended, attempt(1));
  EXPECT_EQ(bench.ended().at(0).code, CompletionCode::opted_out);
  EXPECT_EQ(bench.ended()[0].digits, "9");
}

TEST(MppMachine, starts_a_prompt_once_though_it_is_told_twice) {
  Bench bench;
  bench.place(order(attempt(1)));
  bench.command({attempt(1), CallCommand::Kind::play, "hello.wav"});
  EXPECT_TRUE(bench.all<PlayOnTrunk>().empty()) << "nobody has answered";
  bench.trunk(Kind::answered, attempt(1));
  bench.command({attempt(1), CallCommand::Kind::play, "hello.wav"});
  EXPECT_EQ(bench.all<PlayOnTrunk>().size(), 1u);
  bench.command({attempt(1), CallCommand::Kind::play, "hello.wav"});
  EXPECT_TRUE(bench.all<PlayOnTrunk>().empty());
}

TEST(MppMachine, lets_the_message_be_left_when_no_beep_is_heard) {
  Bench bench;
  auto one = order(attempt(1));
  one.order.plan.machine_action = MachineAction::leave_message;
  bench.place(one);
  bench.trunk(Kind::answered, attempt(1));
  bench.trunk(Kind::classified, attempt(1), {.analysis = CompletionCode::answer_machine});
  bench.pass(bench.settings.beep_wait);
  ASSERT_EQ(bench.all<SendEvent>().size(), 1u);
  EXPECT_EQ(bench.all<SendEvent>()[0].event.kind, CallEvents::Kind::beep);
  EXPECT_TRUE(bench.all<HangUpOnTrunk>().empty());
}

TEST(MppMachine, tells_an_end_again_until_it_is_forgotten) {
  Bench bench;
  bench.place(order(attempt(1)));
  bench.trunk(Kind::failed, attempt(1), {.sip_status = 486});
  EXPECT_EQ(bench.ended().size(), 1u);
  bench.pass(1s);
  EXPECT_EQ(bench.ended().size(), 1u);
  EXPECT_EQ(bench.barrier(2).size(), 1u);
  bench.step(ForgetAsked{9, {{attempt(1), attempt(77)}}});
  bench.pass(1min);
  EXPECT_TRUE(bench.ended().empty());
  EXPECT_TRUE(bench.barrier(3).empty());
}

TEST(MppMachine, tells_of_every_living_call_now_and_then) {
  Bench bench;
  for (int64_t id = 1; id <= 10; ++id) bench.place(order(attempt(id)));
  std::set<AttemptId> heard;
  for (int second = 0; second < 20; ++second) {
    bench.pass(1s);
    for (const SendEvent& sent : bench.all<SendEvent>()) heard.insert(sent.event.record.attempt);
  }
  EXPECT_EQ(heard.size(), 10u);
}

TEST(MppMachine, forgets_no_call_that_lives) {
  Bench bench;
  bench.place(order(attempt(1)));
  bench.step(ForgetAsked{9, {{attempt(1)}}});
  EXPECT_EQ(bench.barrier(2).size(), 1u);
}

TEST(MppMachine, ends_what_an_earlier_process_left_alive) {
  Bench before;
  for (int64_t id : {1, 2, 3, 4}) before.place(order(attempt(id)));
  before.journal.push_back(DialogWritten{attempt(1), "dialog 1"});
  before.trunk(Kind::ringing, attempt(2));
  before.trunk(Kind::answered, attempt(3));
  before.trunk(Kind::answered, attempt(4));
  before.command({attempt(4), CallCommand::Kind::hang_up, "", CompletionCode::answer_human});

  Bench after(before.journal);
  std::map<AttemptId, CallRecord> ended;
  for (const CallRecord& record : after.ended()) ended[record.attempt] = record;
  ASSERT_EQ(ended.size(), 2u) << "of the other two the far end knows better";
  EXPECT_EQ(ended[attempt(3)].code, CompletionCode::call_lost);
  EXPECT_TRUE(ended[attempt(3)].answered_at);
  EXPECT_EQ(ended[attempt(4)].code, CompletionCode::answer_human) << "it was being ended already, and so it ended";
  std::map<AttemptId, std::string> restored;
  for (const EndRestored& each : after.all<EndRestored>()) restored[each.attempt] = each.snapshot;
  EXPECT_EQ(restored.size(), 4u);
  EXPECT_EQ(restored[attempt(1)], "dialog 1");

  for (int64_t id : {1, 2}) {
    after.trunk(Kind::failed, attempt(id), {.sip_status = 487});
    ASSERT_EQ(after.ended().size(), 1u);
    EXPECT_EQ(after.ended()[0].code, CompletionCode::ring_no_answer);
    EXPECT_FALSE(after.ended()[0].never_sent);
  }
  EXPECT_EQ(Bench(after.journal).all<EndRestored>().size(), 0u) << "a third process finds them ended";
}

TEST(MppMachine, believes_the_far_end_about_calls_that_rang_while_no_process_lived_M_06) {
  struct {
    bool given_up;
    TrunkEvent word;
    CompletionCode code;
  } const cases[] = {
      {false, {.kind = Kind::ended}, CompletionCode::call_lost},
      {false, {.kind = Kind::failed, .sip_status = 486}, CompletionCode::call_busy},
      {false, {.kind = Kind::failed}, CompletionCode::call_lost},
      {true, {.kind = Kind::ended}, CompletionCode::answer_human},
      {true, {.kind = Kind::failed, .sip_status = 487}, CompletionCode::ring_no_answer},
      {true, {.kind = Kind::failed}, CompletionCode::call_lost},
  };
  for (const auto& [given_up, word, code] : cases) {
    Bench before;
    before.place(order(attempt(1)));
    before.journal.push_back(DialogWritten{attempt(1), "dialog"});
    before.trunk(Kind::ringing, attempt(1));
    if (given_up) before.pass(45s);
    Bench after(before.journal);
    EXPECT_TRUE(after.ended().empty());
    after.trunk(word.kind, attempt(1), word);
    ASSERT_EQ(after.ended().size(), 1u);
    EXPECT_EQ(after.ended()[0].code, code);
    EXPECT_EQ(after.ended()[0].answered_at.has_value(), word.kind == Kind::ended);
  }
}

TEST(MppMachine, knows_after_a_restart_that_a_call_given_up_as_unanswered_was_picked_up_M_06) {
  // Or the person would be called again (simulator, seed 1428).
  Bench before;
  before.place(order(attempt(1)));
  before.trunk(Kind::ringing, attempt(1));
  before.pass(45s);
  before.trunk(Kind::answered, attempt(1));
  Bench after(before.journal);
  ASSERT_EQ(after.ended().size(), 1u);
  EXPECT_EQ(after.ended()[0].code, CompletionCode::answer_human);
}

TEST(MppMachine, calls_a_call_lost_that_rang_and_whose_end_is_never_heard_M_06) {
  Bench bench;
  bench.place(order(attempt(1)));
  bench.trunk(Kind::ringing, attempt(1));
  bench.pass(45s);
  EXPECT_EQ(bench.all<HangUpOnTrunk>().size(), 1u);
  bench.pass(45s);
  ASSERT_EQ(bench.ended().size(), 1u);
  EXPECT_EQ(bench.ended()[0].code, CompletionCode::call_lost) << "somebody may have picked up, and is not to be called again for it";
}

TEST(MppMachine, says_of_a_call_whose_invite_never_left_that_nobody_was_called_F_07) {
  Bench before;
  before.place(order(attempt(1)));
  Bench after(before.journal);
  ASSERT_EQ(after.ended().size(), 1u);
  EXPECT_TRUE(after.ended()[0].never_sent);
  EXPECT_EQ(after.place(order(attempt(1))), OrderVerdict::duplicate) << "its owner places another attempt";
}

TEST(MppMachine, takes_no_new_calls_while_it_drains) {
  Bench bench;
  bench.place(order(attempt(1)));
  bench.step(DrainBegun{});
  EXPECT_EQ(bench.place(order(attempt(2))), OrderVerdict::overloaded);
  EXPECT_EQ(bench.place(order(attempt(1))), OrderVerdict::duplicate);
  bench.step(DrainEnded{});
  EXPECT_EQ(bench.all<HangUpOnTrunk>().size(), 1u);
}

TEST(MppMachine, keeps_the_length_of_time_outs_when_the_clock_is_set) {
  Bench bench;
  bench.place(order(attempt(1)));
  bench.now += 1h;
  bench.step(ClockStepped{1h});
  bench.step(TimePassed{});
  EXPECT_TRUE(bench.all<HangUpOnTrunk>().empty());
  bench.pass(45s);
  EXPECT_EQ(bench.all<HangUpOnTrunk>().size(), 1u);
}

TEST(MppMachine, compacts_its_journal_to_what_is_worth_keeping) {
  Bench bench(MppMachine::Settings{.name = "m", .compact_after = 50});
  bench.place(order(attempt(1000)));
  bench.trunk(Kind::answered, attempt(1000));
  for (int i = 0; i < 60; ++i) bench.trunk(Kind::digit, attempt(1000), {.digit = '1'});
  for (int64_t id = 1; id <= 10; ++id) {
    bench.place(order(attempt(id)));
    bench.trunk(Kind::failed, attempt(id), {.sip_status = 486});
  }
  EXPECT_LT(bench.journal.size(), 45u);
  Bench after(bench.journal);
  EXPECT_EQ(after.machine.unsettled(), 11u);
  EXPECT_EQ(after.machine.epoch_of(job), Epoch{1});
}

// ---- whatever comes, in whatever order ---------------------------------------------------------------------------------------------

/// Random orders and copies of them, barriers, trunk events, time and deaths, with the two promises checked from what reached the trunk.
RC_GTEST_PROP(MppMachine, never_executes_twice_nor_below_the_barrier, ()) {
  Bench bench;
  std::map<AttemptId, int> invites;                 // over all lives, on the first trunk
  std::map<AttemptId, ExecuteCalls::Order> orders;  // each attempt has one, under the epoch its intent was committed under
  int64_t promised = 0;                             // the highest epoch a barrier was answered for
  const int steps = *rc::gen::inRange(20, 120);
  for (int i = 0; i < steps; ++i) {
    const AttemptId id = attempt(*rc::gen::inRange(1, 6), *rc::gen::inRange(1, 3));
    const int64_t epoch = *rc::gen::inRange(1, 6);
    const int what = *rc::gen::inRange(0, 10);
    if (what <= 2) {
      auto one = order(id, epoch);
      one.order.not_after = start + std::chrono::seconds(*rc::gen::inRange(0, 300));
      bench.place(orders.emplace(id, one).first->second);
    } else if (what == 3) {
      bench.barrier(epoch);
      promised = std::max(promised, epoch);
    } else if (what == 4) {
      bench.step(ForgetAsked{1, {{id}}});
    } else if (what == 5) {
      bench.pass(std::chrono::seconds(*rc::gen::inRange(0, 60)));
    } else if (what == 6) {
      // Death at any point: what was written is all that is left; a new life also reads the leases' epochs.
      bench = Bench(bench.journal, {{job, Epoch{promised}}});
    } else {
      TrunkEvent event{.sip_status = *rc::gen::element(0, 408, 486, 503)};
      event.digit = '9';
      bench.trunk(static_cast<Kind>(*rc::gen::inRange<int>(0, static_cast<int>(Kind::trunk_up))), id, event);
    }
    for (const PlaceOnTrunk& placed : bench.all<PlaceOnTrunk>()) {
      if (placed.order.trunk != "a") continue;
      RC_ASSERT(++invites[placed.order.attempt] == 1);
      RC_ASSERT(orders.at(placed.order.attempt).order.epoch >= Epoch{promised});
    }
  }
  // And every call that was executed is either still known to the owner or was forgotten on its word: none is left alive for ever.
  for (int i = 0; i < 40; ++i) bench.pass(60min);
  RC_ASSERT(bench.machine.alive() == 0u);
}

}  // namespace
}  // namespace everdial
