#include "mpp/sip_trunk_test_support.h"

// Conversations for real: customers are SIPp with a telephone of the test's own, the agent's phone is baresip.

namespace everdial {
namespace {

const AttemptId line = line_of(AgentId{5}, 1), second_customer{JobId{7}, ContactId{2}, 1};

/// An agent's phone: picks up by itself, says a tone, keeps what it hears.
class AgentPhone {
 public:
  explicit AgentPhone(std::string host) : host_(std::move(host)) {
    write_tone(folder_.path() / "tone.wav", 60s);
    std::ofstream(folder_.path() / "accounts") << "<sip:agent5@127.0.0.1>;regint=0;answermode=auto\n";
    std::ofstream(folder_.path() / "config") << "sip_listen " << host_ << ":" << port_ << "\nmodule_path /usr/lib/baresip/modules\n"
                                             << "module g711.so\nmodule aufile.so\nmodule sndfile.so\n"
                                             << "module_tmp account.so\nmodule_app menu.so\n"
                                             << "audio_source aufile," << (folder_.path() / "tone.wav").string() << "\n"
                                             << "snd_path " << folder_.path().string() << "\n";
    pid_ = fork();
    if (pid_ == 0) {
      prctl(PR_SET_PDEATHSIG, SIGKILL);
      if (!std::freopen((folder_.path() / "log").c_str(), "w", stdout)) _exit(127);
      dup2(1, 2);
      execlp("baresip", "baresip", "-f", folder_.path().c_str(), nullptr);
      _exit(127);
    }
    for (int i = 0; i < 500 && !listens(); ++i) std::this_thread::sleep_for(20ms);
  }
  ~AgentPhone() { end(); }
  void end() {
    if (pid_ <= 0) return;
    kill(pid_, SIGTERM);
    waitpid(std::exchange(pid_, 0), nullptr, 0);
  }
  std::string address() const { return "sip:agent5@" + host_ + ":" + std::to_string(port_); }

  /// How many samples it heard that are no silence.
  size_t loud_samples() {
    end();
    std::string wav;
    for (const auto& each : std::filesystem::directory_iterator(folder_.path())) {
      if (!each.path().filename().string().ends_with("-dec.wav")) continue;
      std::ifstream file(each.path(), std::ios::binary);
      wav.append(std::istreambuf_iterator<char>(file), {});
    }
    size_t loud = 0;
    for (size_t i = 44; i + 1 < wav.size(); i += 2)
      loud += std::abs(static_cast<int16_t>(static_cast<unsigned char>(wav[i]) | wav[i + 1] << 8)) > 1000;
    return loud;
  }

 private:
  /// The port is taken once it listens.
  bool listens() const {
    const int probe = socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0);
    sockaddr_in at{
        .sin_family = AF_INET, .sin_port = htons(static_cast<uint16_t>(port_)), .sin_addr = {inet_addr(host_.c_str())}, .sin_zero = {}};
    const bool taken = bind(probe, reinterpret_cast<const sockaddr*>(&at), sizeof at) != 0;
    close(probe);
    return taken;
  }

  Folder folder_;
  const std::string host_;
  int port_ = free_port();
  pid_t pid_ = 0;
};

/// This machine's own address: the phone writes it into its SDP, whatever it listens on.
std::string own_address() {
  const int probe = socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0);
  sockaddr_in to{.sin_family = AF_INET, .sin_port = htons(9), .sin_addr = {inet_addr("198.51.100.1")}, .sin_zero = {}};
  socklen_t size = sizeof to;
  std::string text(INET_ADDRSTRLEN, '\0');
  const bool found = connect(probe, reinterpret_cast<const sockaddr*>(&to), size) == 0 &&
                     getsockname(probe, reinterpret_cast<sockaddr*>(&to), &size) == 0 &&
                     inet_ntop(AF_INET, &to.sin_addr, text.data(), INET_ADDRSTRLEN);
  close(probe);
  return found ? std::string(text.c_str()) : "127.0.0.1";
}

class SipConversationTest : public SipTrunkTest {
 protected:
  SipConversationTest() { address_ = own_address(); }

  void place_line(const std::string& address) {
    LegOrder order{.attempt = line};
    order.plan.phone = address;
    order.plan.analyse = false;
    order.plan.party = Party::agent;
    on_loop([this, order] { trunk_->place(order); });
  }
  void place_customer(const AttemptId& customer, int number) {
    LegOrder order{.attempt = customer, .trunk = "carrier"};
    order.plan.phone = "+1555012" + std::to_string(number);
    order.plan.analyse = false;
    order.plan.agents = Resource{"agent_manager/zone/3"};
    on_loop([this, order] { trunk_->place(order); });
  }
  void converse(const std::string& id, std::vector<Conversation::Member> members) {
    on_loop([this, said = Conversation{ConversationId{id}, std::move(members)}] { trunk_->converse(said); });
  }
  void expect_answered() {
    for (;;) {
      const auto event = next();
      ASSERT_TRUE(event) << "waiting for an answer";
      if (event->kind == Kind::ringing) continue;
      ASSERT_EQ(to_string(event->kind), "answered") << event->sip_status;
      return;
    }
  }
};

TEST_F(SipConversationTest, an_agent_talks_with_one_customer_after_the_other_on_one_line) {
  Telephone telephone;
  AgentPhone agent{address_};
  write_tone(folder_.path() / "hold.wav", 300ms);
  Sipp carrier("answer_with_media_at", {"-m", "2", "-key", "rtp_port", std::to_string(telephone.port())});
  start(carrier.port());
  place_line(agent.address());
  expect_answered();
  place_customer(attempt, 1);
  expect_answered();
  EXPECT_EQ(telephone.talk(300ms), 0) << "nobody talks with the customer yet";

  converse("c", {{attempt}, {line}});
  EXPECT_GE(telephone.talk(2s), 70) << "the agent's tone";
  converse("c", {{attempt}});
  EXPECT_GE(telephone.talk(1s), 35) << "held: music, which is 300 ms long and begins again";
  converse("c", {{attempt}, {line}});
  EXPECT_GE(telephone.talk(1s), 35) << "resumed";
  on_loop([this] { trunk_->hang_up(attempt); });
  expect(Kind::ended);

  place_customer(second_customer, 2);
  expect_answered();
  converse("d", {{second_customer}, {line}});
  EXPECT_GE(telephone.talk(1s), 35) << "a second customer on the same line";
  on_loop([this] { trunk_->hang_up(second_customer); });
  expect(Kind::ended);
  EXPECT_GT(agent.loud_samples(), 8000u) << "the customers' tone";
  expect(Kind::ended);  // the phone hung up its line
}

}  // namespace
}  // namespace everdial
