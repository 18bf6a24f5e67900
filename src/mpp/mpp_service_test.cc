#include "mpp/mpp_service.h"

#include <gtest/gtest.h>

#include <algorithm>

#include "runtime/test_world.h"

namespace everdial {
namespace {

const Address mpp_address{"mpp:1"}, first_server{"as:1"}, second_server{"as:2"};
const Resource job = job_resource(JobId{7});

AttemptId attempt(int64_t contact) { return {JobId{7}, ContactId{contact}, 1}; }

/// Legs that do as the test says.
class ScriptedTrunk : public Trunk {
 public:
  explicit ScriptedTrunk(Clock& clock) : clock_(clock) {}
  void listen(Handler handler, Keep keep) override {
    handler_ = std::move(handler);
    keep_ = std::move(keep);
  }
  void place(LegOrder order) override {
    keep_(order.attempt, "dialog");
    placed.push_back(std::move(order));
  }
  void play(const AttemptId&, const std::string& prompt) override { played.push_back(prompt); }
  void converse(const Conversation& conversation) override { conversations.push_back(conversation); }
  void press(const AttemptId&, const std::string& digits) override { pressed += digits; }
  void hang_up(const AttemptId& attempt) override { tell({.kind = TrunkEvent::Kind::ended, .attempt = attempt}); }
  void end_restored(const AttemptId& attempt, const std::string&) override { restored.push_back(attempt); }
  void tell(TrunkEvent event) {
    clock_.post([this, event] { handler_({event}); });
  }

  std::vector<LegOrder> placed;
  std::vector<std::string> played;
  std::vector<AttemptId> restored;
  std::vector<Conversation> conversations;
  std::string pressed;

 private:
  Clock& clock_;
  Handler handler_;
  Keep keep_;
};

/// A disk that can be full.
class Disk : public MemoryJournal {
 public:
  Status append(const std::vector<mpp::JournalEntry>& entries, bool durable) override {
    if (full) return Error{ErrorKind::unavailable, "no space left"};
    syncs += durable;
    return MemoryJournal::append(entries, durable);
  }
  bool full = false;
  int syncs = 0;
};

struct Mpp {
  Mpp(TestWorld& world, Disk& disk, Directory& directory, std::vector<std::pair<Resource, Epoch>> epochs = {})
      : wire(world, mpp_address),
        store([epochs] { return epochs; }),
        trunk(world),
        seams{world, world, world, wire},
        service(seams, store, disk, trunk, directory, Incarnation{"me"}, {.machine = {.name = "as1/mpp/1"}}) {
    wire.serve([this](Request request, ReplyFn reply) { service.handle(std::move(request), std::move(reply)); });
    service.start();
  }
  TestWorld::Wire wire;
  MemoryMppStore store;
  ScriptedTrunk trunk;
  Seams seams;
  MppService service;
};

class MppServiceTest : public testing::Test {
 protected:
  MppServiceTest() {
    visible({mpp_address, first_server});
    for (const Address& server : {first_server, second_server})
      world.peers[server] = [this, server](Request request, ReplyFn reply) {
        for (const auto& event : std::get<CallEvents>(request).events) heard[server].push_back(event);
        ++messages;
        reply(Reply{Done{}});
      };
  }

  void visible(const std::vector<Address>& addresses) {
    std::vector<Session> sessions;
    for (const Address& address : addresses)
      sessions.push_back({.incarnation = Incarnation{address == mpp_address ? "me" : address.value},
                          .server = ServerName{"as1"},
                          .component = address == mpp_address ? "mpp" : "application_server",
                          .address = address});
    directory.update(std::move(sessions), {});
  }
  Mpp& start(std::vector<std::pair<Resource, Epoch>> epochs = {}) {
    mpp = std::make_unique<Mpp>(world, disk, directory, std::move(epochs));
    world.pass(100ms);
    return *mpp;
  }
  /// What the MPP answers, or the error.
  Result<Reply> ask(Request request) {
    std::optional<Result<Reply>> answer;
    mpp->service.handle(std::move(request), [&](Result<Reply> reply) { answer = std::move(reply); });
    world.pass(5ms);
    return answer.value_or(Error{ErrorKind::unavailable, "no answer"});
  }
  OrderVerdict place(int64_t contact, int64_t epoch = 1) {
    CallOrder order{.attempt = attempt(contact), .resource = job, .epoch = Epoch{epoch}, .not_after = world.now() + 5s};
    auto reply = ask(ExecuteCalls{first_server, {{order, {"a"}}}});
    return reply.ok() ? std::get<CallsExecuted>(*reply).verdicts.at(0) : OrderVerdict::no_mpp;
  }
  int count(const Address& server, CallEvents::Kind kind) {
    return static_cast<int>(std::count_if(heard[server].begin(), heard[server].end(), [&](const auto& e) { return e.kind == kind; }));
  }

  TestWorld world;
  Disk disk;
  Directory directory;
  std::map<Address, std::vector<CallEvents::Event>> heard;
  int messages = 0;
  std::unique_ptr<Mpp> mpp;
};

TEST_F(MppServiceTest, serves_only_when_it_is_seen_and_knows_the_epochs) {
  visible({first_server});
  start({{job, Epoch{4}}});
  EXPECT_FALSE(mpp->service.serving());
  auto refused = ask(RaiseBarrier{job, Epoch{3}});
  ASSERT_FALSE(refused.ok());
  EXPECT_EQ(refused.error().kind, ErrorKind::overloaded);
  visible({mpp_address, first_server});
  world.pass(50ms);
  EXPECT_TRUE(mpp->service.serving());
  EXPECT_EQ(mpp->store.names(), std::set<std::string>{"as1/mpp/1"});
  EXPECT_EQ(place(1, 3), OrderVerdict::stale_epoch);
  EXPECT_EQ(place(1, 4), OrderVerdict::accepted);
}

TEST_F(MppServiceTest, M_06_says_with_the_barrier_when_it_came_back_without_its_journal) {
  const auto forgot_at = [this] { return std::get<BarrierRaised>(*ask(RaiseBarrier{job, Epoch{3}})).forgot_at; };
  start();
  EXPECT_FALSE(forgot_at()) << "it is new here";
  MemoryMppStore& record = mpp->store;
  record.now = world.now();
  // What its next process says to the same record.
  EXPECT_FALSE(disk.load()->empty()) << "what is new is marked, so that an empty journal is a lost one";
  EXPECT_FALSE(*record.enter("as1/mpp/1", false));
  EXPECT_EQ(*record.enter("as1/mpp/1", true), world.now());
  EXPECT_EQ(*record.enter("as1/mpp/1", false), world.now()) << "for ever after";
}

TEST_F(MppServiceTest, tells_the_application_server_that_ordered_the_call_what_happens) {
  start();
  EXPECT_EQ(place(1), OrderVerdict::accepted);
  ASSERT_EQ(mpp->trunk.placed.size(), 1u);
  mpp->trunk.tell({.kind = TrunkEvent::Kind::answered, .attempt = attempt(1)});
  world.pass(10ms);
  EXPECT_EQ(count(first_server, CallEvents::Kind::answered), 1);
  EXPECT_TRUE(ask(ControlCalls{{{attempt(1), CallCommand::Kind::play, "hello.wav"}}}).ok());
  EXPECT_EQ(mpp->trunk.played, std::vector<std::string>{"hello.wav"});
}

TEST_F(MppServiceTest, gathers_the_events_of_a_moment_in_one_message) {
  start();
  for (int64_t id = 1; id <= 50; ++id) place(id);
  for (int64_t id = 1; id <= 50; ++id) mpp->trunk.tell({.kind = TrunkEvent::Kind::answered, .attempt = attempt(id)});
  world.pass(10ms);
  EXPECT_EQ(count(first_server, CallEvents::Kind::answered), 50);
  EXPECT_LE(messages, 2);
}

TEST_F(MppServiceTest, waits_for_the_disk_once_for_many_orders_and_never_for_what_happens_on_calls) {
  start();
  ExecuteCalls request{first_server, {}};
  for (int64_t id = 1; id <= 50; ++id)
    request.orders.push_back({{.attempt = attempt(id), .resource = job, .epoch = Epoch{1}, .not_after = world.now() + 5s}, {"a"}});
  const int syncs = disk.syncs;
  EXPECT_TRUE(ask(request).ok());
  EXPECT_EQ(mpp->trunk.placed.size(), 50u);
  for (int64_t id = 1; id <= 50; ++id) mpp->trunk.tell({.kind = TrunkEvent::Kind::failed, .attempt = attempt(id), .sip_status = 486});
  world.pass(10ms);
  EXPECT_EQ(mpp->service.calls_alive(), 0u);
  EXPECT_EQ(disk.syncs - syncs, 1);
}

TEST_F(MppServiceTest, goes_on_with_another_application_server_when_the_first_one_dies) {
  start();
  place(1);
  world.peers.erase(first_server);
  visible({mpp_address, first_server, second_server});
  mpp->trunk.tell({.kind = TrunkEvent::Kind::answered, .attempt = attempt(1)});
  world.pass(100ms);
  EXPECT_EQ(count(second_server, CallEvents::Kind::answered), 1);
}

TEST_F(MppServiceTest, keeps_what_happens_until_an_application_server_is_there) {
  start();
  place(1);
  visible({mpp_address});
  mpp->trunk.tell({.kind = TrunkEvent::Kind::answered, .attempt = attempt(1)});
  world.pass(2s);
  visible({mpp_address, second_server});
  world.pass(100ms);
  EXPECT_EQ(count(second_server, CallEvents::Kind::answered), 1);
}

TEST_F(MppServiceTest, tells_an_end_until_it_is_forgotten) {
  start();
  place(1);
  mpp->trunk.tell({.kind = TrunkEvent::Kind::failed, .attempt = attempt(1), .sip_status = 486});
  world.pass(3500ms);
  EXPECT_GE(count(first_server, CallEvents::Kind::ended), 2);
  EXPECT_TRUE(ask(ForgetCalls{{attempt(1)}}).ok());
  heard.clear();
  world.pass(10s);
  EXPECT_EQ(count(first_server, CallEvents::Kind::ended), 0);
}

TEST_F(MppServiceTest, ends_the_calls_of_the_process_before_it_and_tells_of_them) {
  start();
  place(1);
  mpp->trunk.tell({.kind = TrunkEvent::Kind::answered, .attempt = attempt(1)});
  world.pass(10ms);
  heard.clear();
  start();
  EXPECT_EQ(mpp->trunk.restored, std::vector<AttemptId>{attempt(1)});
  ASSERT_EQ(count(first_server, CallEvents::Kind::ended), 1);
  EXPECT_EQ(heard[first_server].back().record.code, CompletionCode::call_lost);
  EXPECT_EQ(place(1), OrderVerdict::duplicate);
}

TEST_F(MppServiceTest, executes_nothing_that_it_cannot_write) {
  start();
  place(1);
  mpp->trunk.placed.clear();
  disk.full = true;
  EXPECT_EQ(place(2), OrderVerdict::no_mpp) << "an error, not a verdict";
  EXPECT_TRUE(mpp->trunk.placed.empty());
  disk.full = false;
  world.pass(1s);
  EXPECT_TRUE(mpp->service.serving());
  EXPECT_EQ(mpp->trunk.restored, std::vector<AttemptId>{attempt(1)});
  EXPECT_EQ(place(2), OrderVerdict::accepted);
}

TEST_F(MppServiceTest, begins_again_from_its_journal_when_it_cannot_write_what_happens) {
  start();
  place(1);
  disk.full = true;
  mpp->trunk.tell({.kind = TrunkEvent::Kind::answered, .attempt = attempt(1)});
  world.pass(50ms);
  EXPECT_FALSE(mpp->service.serving());
  EXPECT_EQ(count(first_server, CallEvents::Kind::answered), 0);
  disk.full = false;
  world.pass(1s);
  EXPECT_TRUE(mpp->service.serving());
  EXPECT_EQ(mpp->trunk.restored, std::vector<AttemptId>{attempt(1)});
  mpp->trunk.tell({.kind = TrunkEvent::Kind::ended, .attempt = attempt(1)});
  world.pass(50ms);
  EXPECT_EQ(count(first_server, CallEvents::Kind::ended), 1);
}

TEST_F(MppServiceTest, lets_calls_end_before_it_says_it_is_drained) {
  start();
  place(1);
  bool drained = false;
  mpp->service.drain([&] { drained = true; });
  world.pass(5s);
  EXPECT_FALSE(drained);
  EXPECT_EQ(place(2), OrderVerdict::overloaded);
  mpp->trunk.tell({.kind = TrunkEvent::Kind::failed, .attempt = attempt(1), .sip_status = 486});
  world.pass(100ms);
  EXPECT_TRUE(drained);
}

TEST_F(MppServiceTest, rings_as_long_as_it_should_though_the_clock_is_set) {
  start();
  place(1);
  world.wall_ahead += 1h;
  world.pass(10s);
  EXPECT_EQ(mpp->service.calls_alive(), 1u);
  world.pass(40s);
  EXPECT_EQ(mpp->service.calls_alive(), 0u);
}

}  // namespace
}  // namespace everdial
