#include <gtest/gtest.h>
#include <signal.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

#include <fstream>
#include <sstream>

#include "sip/sip_test_support.h"

// A process with a call is killed with SIGKILL; another one, with nothing but the stored snapshot, ends the call.

namespace everdial::sip {
namespace {

using testing::Events;
using testing::free_port;
using testing::Sipp;

class KilledCaller {
 public:
  explicit KilledCaller(const std::string& uri) : port_(free_port()), file_("/tmp/everdial-snapshot-" + std::to_string(getpid())) {
    int out[2];
    EXPECT_EQ(pipe(out), 0);
    pid_ = fork();
    if (pid_ == 0) {
      prctl(PR_SET_PDEATHSIG, SIGKILL);
      dup2(out[1], STDOUT_FILENO);
      const std::string port = std::to_string(port_);
      execl(EVERDIAL_KILL_TEST_CALLER, "caller", uri.c_str(), port.c_str(), file_.c_str(), nullptr);
      _exit(127);
    }
    close(out[1]);
    from_child_ = fdopen(out[0], "r");
  }
  ~KilledCaller() {
    fclose(from_child_);
    unlink(file_.c_str());
  }

  void kill_when(const std::string& word) {
    char line[64];
    while (fgets(line, sizeof line, from_child_) != nullptr && word + "\n" != line) {
    }
    kill(pid_, SIGKILL);
    waitpid(pid_, nullptr, 0);
  }

  int port() const { return port_; }
  DialogSnapshot snapshot() const {
    std::ostringstream bytes;
    bytes << std::ifstream(file_, std::ios::binary).rdbuf();
    auto decoded = decode_snapshot(bytes.str());
    EXPECT_TRUE(decoded.ok());
    return decoded.ok() ? *decoded : DialogSnapshot{};
  }

 private:
  int port_;
  int pid_ = -1;
  std::string file_;
  FILE* from_child_ = nullptr;
};

TEST(KilledProcess, its_answered_call_is_ended_by_a_successor) {
  Sipp sipp("answer");
  KilledCaller caller(sipp.uri());
  caller.kill_when("answered");
  Events events;
  auto successor = UserAgent::start({.udp_port = caller.port()}, events.handler());
  ASSERT_TRUE(successor.ok()) << successor.error().message;
  (*successor)->hang_up((*successor)->restore(caller.snapshot()));
  EXPECT_TRUE(events.next<Ended>());
  EXPECT_TRUE(sipp.happy());
}

TEST(KilledProcess, its_answered_call_is_ended_from_another_port) {
  Sipp sipp("answer");
  KilledCaller caller(sipp.uri());
  caller.kill_when("answered");
  Events events;
  auto successor = UserAgent::start({}, events.handler());
  ASSERT_TRUE(successor.ok());
  (*successor)->hang_up((*successor)->restore(caller.snapshot()));
  EXPECT_TRUE(events.next<Ended>());
  EXPECT_TRUE(sipp.happy());
}

TEST(KilledProcess, its_ringing_call_is_cancelled_by_a_successor) {
  Sipp sipp("ring_until_cancelled");
  KilledCaller caller(sipp.uri());
  caller.kill_when("ringing");
  Events events;
  auto successor = UserAgent::start({.udp_port = caller.port()}, events.handler());
  ASSERT_TRUE(successor.ok());
  (*successor)->hang_up((*successor)->restore(caller.snapshot()));
  const auto failed = events.next<Failed>();
  ASSERT_TRUE(failed);
  EXPECT_EQ(failed->status, 487);
  EXPECT_TRUE(sipp.happy());
}

TEST(KilledProcess, its_ringing_call_goes_on_when_it_is_answered_after_the_restart) {
  Sipp sipp("answer_after_a_second");
  KilledCaller caller(sipp.uri());
  caller.kill_when("ringing");
  Events events;
  auto successor = UserAgent::start({.udp_port = caller.port()}, events.handler());
  ASSERT_TRUE(successor.ok());
  const CallHandle call = (*successor)->restore(caller.snapshot());
  const auto answered = events.next<Answered>();
  ASSERT_TRUE(answered);
  EXPECT_EQ(answered->call, call);
  (*successor)->hang_up(call);
  EXPECT_TRUE(events.next<Ended>());
  EXPECT_TRUE(sipp.happy());
}

}  // namespace
}  // namespace everdial::sip
