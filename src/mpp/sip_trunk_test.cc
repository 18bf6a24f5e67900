#include "mpp/sip_trunk_test_support.h"

// The real trunk: signalling against SIPp, sound against a socket of the test's own.

namespace everdial {
namespace {

TEST_F(SipTrunkTest, plays_a_prompt_to_who_answers_and_hangs_up_R_01) {
  Telephone telephone;
  write_tone(folder_.path() / "hello.wav", 400ms);
  Sipp callee("answer_with_media_at", {"-key", "rtp_port", std::to_string(telephone.port())});
  start(callee.port());
  place();
  expect(Kind::ringing);
  expect(Kind::answered);
  on_loop([this] { trunk_->play(attempt, "hello.wav"); });
  EXPECT_GE(telephone.hear(15), 15);
  expect(Kind::prompt_done);
  on_loop([this] { trunk_->hang_up(attempt); });
  expect(Kind::ended);
  EXPECT_TRUE(callee.happy());
}

TEST_F(SipTrunkTest, hears_the_key_that_is_pressed_M_05) {
  Telephone telephone;
  Sipp callee("answer_with_media_at", {"-key", "rtp_port", std::to_string(telephone.port())});
  start(callee.port());
  place();
  expect(Kind::ringing);
  expect(Kind::answered);
  telephone.press('9');
  const auto digit = next();
  ASSERT_TRUE(digit);
  EXPECT_EQ(digit->kind, Kind::digit);
  EXPECT_EQ(digit->digit, '9');
}

TEST_F(SipTrunkTest, says_that_a_prompt_is_over_which_is_not_there) {
  Sipp callee("answer");
  start(callee.port());
  place();
  expect(Kind::ringing);
  expect(Kind::answered);
  on_loop([this] { trunk_->play(attempt, "../../etc/passwd"); });
  expect(Kind::prompt_done);
}

TEST_F(SipTrunkTest, records_what_is_said) {
  Telephone telephone;
  write_tone(folder_.path() / "hello.wav", 300ms);
  Sipp callee("answer_with_media_at", {"-key", "rtp_port", std::to_string(telephone.port())});
  start(callee.port());
  place(false, "7-1-1.wav");
  expect(Kind::ringing);
  expect(Kind::answered);
  on_loop([this] { trunk_->play(attempt, "hello.wav"); });
  expect(Kind::prompt_done);
  on_loop([this] { trunk_->hang_up(attempt); });
  expect(Kind::ended);
  on_loop([this] { trunk_.reset(); });  // completes what is being written
  ASSERT_TRUE(callee.happy());
  std::promise<void> done;
  on_loop([&] { done.set_value(); });
  done.get_future().wait();
  EXPECT_GT(std::filesystem::file_size(folder_.path() / "recordings" / "7-1-1.wav"), 4000u);
}

TEST_F(SipTrunkTest, tells_that_the_line_is_busy_M_05) {
  Sipp callee("busy");
  start(callee.port());
  place();
  const auto failed = next();
  ASSERT_TRUE(failed);
  EXPECT_EQ(failed->kind, Kind::failed);
  EXPECT_EQ(failed->sip_status, 486);
}

TEST_F(SipTrunkTest, cancels_a_call_that_nobody_answers_M_05) {
  Sipp callee("ring_until_cancelled");
  start(callee.port());
  place();
  expect(Kind::ringing);
  on_loop([this] { trunk_->hang_up(attempt); });
  const auto failed = next();
  ASSERT_TRUE(failed);
  EXPECT_EQ(failed->kind, Kind::failed);
  EXPECT_EQ(failed->sip_status, 487);
  EXPECT_TRUE(callee.happy());
}

TEST_F(SipTrunkTest, tells_that_somebody_picked_up_while_the_call_was_cancelled) {
  Sipp callee("cancel_crosses_answer");
  start(callee.port());
  place();
  expect(Kind::ringing);
  on_loop([this] { trunk_->hang_up(attempt); });
  expect(Kind::ended);
  EXPECT_TRUE(callee.happy());
}

TEST_F(SipTrunkTest, tells_that_the_far_end_has_hung_up) {
  Sipp callee("answer_and_end");
  start(callee.port());
  place();
  expect(Kind::ringing);
  expect(Kind::answered);
  expect(Kind::ended);
}

TEST_F(SipTrunkTest, tells_that_nothing_is_heard_any_more) {
  rtp_timeout_ = 500ms;
  Sipp callee("answer");
  start(callee.port());
  place();
  expect(Kind::ringing);
  expect(Kind::answered);
  expect(Kind::media_silent);
}

TEST_F(SipTrunkTest, fails_a_call_over_a_trunk_that_is_not_configured) {
  start(free_port());
  place(false, {}, "another");
  const auto failed = next();
  ASSERT_TRUE(failed);
  EXPECT_EQ(failed->kind, Kind::failed);
  EXPECT_EQ(failed->sip_status, 0);
}

TEST_F(SipTrunkTest, knows_that_a_trunk_is_down_and_that_a_call_cannot_be_placed_M_08) {
  options_interval_ = 1s;
  start(free_port());
  place();
  const auto failed = next();
  ASSERT_TRUE(failed);
  EXPECT_EQ(failed->kind, Kind::failed);
  EXPECT_TRUE(failed->sip_status == 0 || failed->sip_status == 503) << failed->sip_status;
  const auto health = next(false, 20s);
  ASSERT_TRUE(health);
  EXPECT_EQ(health->kind, Kind::trunk_down);
  EXPECT_EQ(health->trunk, "carrier");
}

// ---- a worker that dies --------------------------------------------------------------------------------------------------------------

/// All of an MPP worker but its process: real trunk, real journal. Commands come from the test, events go to it.
class Worker : public Network {
 public:
  Worker(SipTrunk::Settings settings, const std::filesystem::path& journal)
      : journal_(make_file_journal(journal)), executor_(loop_, 2), store_([] { return std::vector<std::pair<Resource, Epoch>>{}; }) {
    auto trunk = SipTrunk::start(loop_, std::move(settings));
    EVERDIAL_CHECK(trunk.ok());
    trunk_ = std::move(*trunk);
    directory_.update({{.incarnation = Incarnation{"me"}, .component = "mpp", .address = Address{"mpp:1"}},
                       {.incarnation = Incarnation{"as"}, .component = "application_server", .address = Address{"as:1"}}},
                      {});
    service_ = std::make_unique<MppService>(seams_, store_, *journal_, *trunk_, directory_, Incarnation{"me"},
                                            MppService::Settings{.machine = {.name = "as1/mpp/1"}});
    loop_.post([this] { service_->start(); });
  }

  void serve(RequestHandler) override {}
  void request(const Address&, Request request, Duration, ReplyFn reply) override {
    for (const auto& event : std::get<CallEvents>(request).events)
      if (on_event) on_event(event);
    loop_.post([reply] { reply(Reply{Done{}}); });
  }

  /// Places one call as soon as the worker serves.
  void place() {
    loop_.post([this] {
      if (!service_->serving()) {
        retry_ = loop_.after(5ms, [this] { place(); });
        return;
      }
      CallOrder order{.attempt = attempt, .resource = job_resource(JobId{7}), .epoch = Epoch{1}, .not_after = loop_.now() + 10s};
      order.plan.phone = "+15550123";
      order.plan.analyse = false;
      service_->handle(ExecuteCalls{Address{"as:1"}, {{order, {"carrier"}}}}, [](Result<Reply>) {});
    });
  }
  void run() { loop_.run(); }
  void stop() { loop_.stop(); }

  std::function<void(const CallEvents::Event&)> on_event;

 private:
  Loop loop_;
  std::unique_ptr<JournalStore> journal_;
  StoreThreads executor_;
  SystemRandom random_;
  MemoryMppStore store_;
  Directory directory_;
  std::unique_ptr<SipTrunk> trunk_;
  Seams seams_{loop_, random_, executor_, *this};
  std::unique_ptr<Timer> retry_;
  std::unique_ptr<MppService> service_;
};

class DyingWorker : public SipTrunkTest {
 protected:
  /// A worker in a process of its own, killed without a word once its call has come as far as `until`.
  void live_and_die(const SipTrunk::Settings& settings, CallEvents::Kind until) {
    int pipe_ends[2];
    ASSERT_EQ(pipe(pipe_ends), 0);
    const pid_t child = fork();
    ASSERT_GE(child, 0);
    if (child == 0) {
      prctl(PR_SET_PDEATHSIG, SIGKILL);
      Worker worker(settings, journal());
      worker.on_event = [&](const CallEvents::Event& event) {
        if (event.kind == until && write(pipe_ends[1], "x", 1) != 1) _exit(1);
      };
      worker.place();
      worker.run();
      _exit(0);
    }
    close(pipe_ends[1]);
    pollfd wait{pipe_ends[0], POLLIN, 0};
    EXPECT_EQ(poll(&wait, 1, 10000), 1) << "the call never came so far";
    kill(child, SIGKILL);
    waitpid(child, nullptr, 0);
    close(pipe_ends[0]);
  }
  std::filesystem::path journal() const { return folder_.path() / "journal"; }

  /// What the next worker tells of the call.
  CallRecord live_again(const SipTrunk::Settings& settings) {
    CallRecord ended;
    Worker worker(settings, journal());
    worker.on_event = [&](const CallEvents::Event& event) {
      if (event.kind != CallEvents::Kind::ended) return;
      ended = event.record;
      worker.stop();
    };
    worker.run();
    return ended;
  }
};

TEST_F(DyingWorker, leaves_a_call_that_its_successor_ends_F_04) {
  Sipp callee("answer");
  auto with = settings(callee.port());
  with.sip_port = free_port();
  live_and_die(with, CallEvents::Kind::answered);
  const CallRecord record = live_again(with);
  EXPECT_EQ(record.attempt, attempt);
  EXPECT_EQ(record.code, CompletionCode::call_lost);
  EXPECT_TRUE(record.answered_at);
  EXPECT_TRUE(callee.happy()) << "it has got its BYE";
}

TEST_F(DyingWorker, leaves_a_ringing_call_that_its_successor_cancels_F_04) {
  Sipp callee("ring_until_cancelled");
  auto with = settings(callee.port());
  with.sip_port = free_port();
  live_and_die(with, CallEvents::Kind::ringing);
  const CallRecord record = live_again(with);
  EXPECT_EQ(record.code, CompletionCode::ring_no_answer);
  EXPECT_EQ(record.sip_status, 487);
  EXPECT_TRUE(callee.happy()) << "it has got its CANCEL";
}

TEST_F(DyingWorker, leaves_a_ringing_call_that_is_picked_up_before_its_successor_lives_M_06) {
  sip::testing::HandPeer callee;
  auto with = settings(callee.port());
  with.sip_port = free_port();
  std::string invite;
  std::thread far_end([&] {
    invite = callee.receive("INVITE");
    callee.respond(invite, "180 Ringing", "a");
  });
  live_and_die(with, CallEvents::Kind::ringing);
  far_end.join();
  std::thread picks_up([&] {
    // Nobody hears the first one; as RFC 3261 section 13.3.1.4 has it, it is said again until somebody does.
    const std::string contact = "Contact: <" + callee.uri() + ">\r\n";
    do callee.respond(invite, "200 OK", "a", contact, sip::testing::kOffer);
    while (callee.receive("ACK", 500ms).empty());
    callee.respond(callee.receive("BYE"), "200 OK", "a");
  });
  const CallRecord record = live_again(with);
  picks_up.join();
  EXPECT_EQ(record.code, CompletionCode::call_lost);
  EXPECT_TRUE(record.answered_at);
}

}  // namespace
}  // namespace everdial
