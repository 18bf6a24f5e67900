#include "ha/heartbeat_link.h"

#include <arpa/inet.h>
#include <gtest/gtest.h>
#include <netinet/in.h>
#include <sys/socket.h>
#include <unistd.h>

#include "runtime/loop.h"

namespace everdial {
namespace {

/// Servers on this machine, with real sockets and threads.
class Heartbeats : public testing::Test {
 protected:
  struct Server {
    std::vector<Doubt> doubts;
    std::unique_ptr<HeartbeatLink> link;
  };

  class NoNetwork final : public Network {
    void request(const Address&, Request, Duration, ReplyFn) override {}
    void serve(RequestHandler) override {}
  };

  Server& open(const std::string& name, const std::string& key = std::string(64, 'k')) {
    Server& server = *servers_.emplace(name, std::make_unique<Server>()).first->second;
    auto opened = HeartbeatLink::open(seams_, Incarnation{name}, ServerName{name}, "1.0", {host_, host_},
                                      [&server](const Outlook& outlook) { server.doubts = outlook.doubts; });
    EXPECT_TRUE(opened.ok()) << opened.error().message;
    server.link = std::move(*opened);
    server.link->start(key);
    return server;
  }
  void introduce() {
    std::vector<PeerServer> all;
    for (const auto& [name, server] : servers_)
      all.push_back({Incarnation{name}, ServerName{name}, server->link->address(), {Incarnation{name + "/director"}}});
    for (const auto& [name, server] : servers_) server->link->set_peers(all);
  }
  void observe() {
    for (const auto& [name, server] : servers_)
      if (server->link) server->link->observe(0s, {});
    observe_ = loop_.after(50ms, [this] { observe(); });
  }

  /// Runs the loop until `condition`; false after ten seconds.
  bool await(const std::function<bool()>& condition) {
    bool met = false;
    std::unique_ptr<Timer> look, end = loop_.after(10s, [&] { loop_.stop(); });
    std::function<void()> ask = [&] {
      if ((met = condition())) return loop_.stop();
      look = loop_.after(5ms, ask);
    };
    loop_.post(ask);
    observe();
    loop_.run();
    return met;
  }
  /// Do the two hear each other, both ways?
  static bool in_touch(const Server& server) {
    const auto peers = server.link->peers();
    return !peers.empty() && std::all_of(peers.begin(), peers.end(), [](const auto& peer) { return peer.heard && peer.round_trip; });
  }

  Loop loop_;
  StoreThreads threads_{loop_, 1};
  SystemRandom random_;
  NoNetwork network_;
  Seams seams_{loop_, random_, threads_, network_};
  std::map<std::string, std::unique_ptr<Server>> servers_;
  std::unique_ptr<Timer> observe_;
  std::string host_ = "127.0.0.1";
};

/// Does this machine have it at all?
bool has_ipv6() {
  const int fd = socket(AF_INET6, SOCK_DGRAM, 0);
  const sockaddr_in6 loopback{.sin6_family = AF_INET6, .sin6_addr = IN6ADDR_LOOPBACK_INIT};
  const bool has = bind(fd, reinterpret_cast<const sockaddr*>(&loopback), sizeof loopback) == 0;
  close(fd);
  return has;
}

TEST_F(Heartbeats, find_a_server_whose_process_is_gone_within_half_a_second) {
  for (const std::string host : {"127.0.0.1", "::1", "localhost"}) {
    if (host == "::1" && !has_ipv6()) continue;
    servers_.clear();
    host_ = host;
    Server &one = open("one"), &two = open("two");
    introduce();
    ASSERT_TRUE(await([&] { return in_touch(one) && in_touch(two); })) << host;
    one.link.reset();  // the kernel answers for it from now on
    const Instant gone = loop_.steady();
    ASSERT_TRUE(await([&] { return !two.doubts.empty(); })) << host;
    EXPECT_LT(loop_.steady() - gone, 500ms) << host;
    EXPECT_EQ(two.doubts[0].kind, DoubtKind::server_refused) << host;
    EXPECT_EQ(two.doubts[0].incarnation.value, "one/director");
  }
}

TEST_F(Heartbeats, S_04_tell_clock_offset_and_round_trip) {
  Server &one = open("one"), &two = open("two");
  introduce();
  ASSERT_TRUE(await([&] { return in_touch(one) && in_touch(two); }));
  const auto peer = one.link->peers().at(0);
  EXPECT_EQ(peer.version, "1.0");
  EXPECT_LT(std::chrono::abs(*peer.clock_offset), 50ms);
  EXPECT_LT(*peer.round_trip, 200ms);
}

TEST_F(Heartbeats, of_a_stranger_without_the_key_are_not_heard) {
  Server &one = open("one"), &two = open("two", std::string(64, 'x'));
  introduce();
  // As long as it takes until those that are not heard are doubted, nothing has been heard.
  ASSERT_TRUE(await([&] { return !one.doubts.empty() && !two.doubts.empty(); }));
  EXPECT_EQ(one.doubts[0].kind, DoubtKind::server_silent);
  EXPECT_FALSE(one.link->peers().at(0).heard);
}

TEST_F(Heartbeats, go_on_when_strangers_send_what_they_like) {
  Server &one = open("one"), &two = open("two");
  introduce();
  ASSERT_TRUE(await([&] { return in_touch(one) && in_touch(two); }));
  const int fd = socket(AF_INET, SOCK_DGRAM, 0);
  sockaddr_in to{.sin_family = AF_INET, .sin_addr = {.s_addr = htonl(INADDR_LOOPBACK)}};
  const std::string& address = one.link->address().value;
  to.sin_port = htons(static_cast<uint16_t>(std::stoi(address.substr(address.rfind(':') + 1))));
  std::string forged = std::string(16, 't') + encode(Heartbeat{.from = Incarnation{"two"}, .to = Incarnation{"one"}, .seq = 1'000'000'000});
  int sent = 0;
  const Instant start = loop_.steady();
  ASSERT_TRUE(await([&] {
    for (size_t size : {size_t{0}, size_t{5}, size_t{16}, size_t{17}, forged.size()})
      sent += sendto(fd, forged.data(), size, 0, reinterpret_cast<const sockaddr*>(&to), sizeof to) >= 0;
    return loop_.steady() - start > 1500ms;  // long enough to be doubted
  }));
  close(fd);
  EXPECT_GT(sent, 100);
  EXPECT_TRUE(one.doubts.empty());
  EXPECT_TRUE(two.doubts.empty());
}

}  // namespace
}  // namespace everdial
