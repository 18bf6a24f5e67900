#include <arpa/inet.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sys/socket.h>
#include <unistd.h>

#include <thread>

#include "campaign_director/alarm_service.h"
#include "campaign_director/alarm_webhook.h"
#include "ha/lease_store.h"
#include "runtime/loop.h"
#include "runtime/test_database.h"

// Alarms on a real database, told to a real socket.

namespace everdial {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;

/// Answers each request with the next status, and keeps what it was sent.
class Receiver {
 public:
  explicit Receiver(std::vector<int> statuses) : statuses_(std::move(statuses)) {
    sockaddr_in address{};
    address.sin_family = AF_INET;
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    EXPECT_EQ(bind(fd_, reinterpret_cast<sockaddr*>(&address), sizeof address), 0);
    EXPECT_EQ(listen(fd_, 8), 0);
    socklen_t length = sizeof address;
    EXPECT_EQ(getsockname(fd_, reinterpret_cast<sockaddr*>(&address), &length), 0);
    port = ntohs(address.sin_port);
    thread_ = std::thread([this] { run(); });
  }
  ~Receiver() {
    shutdown(fd_, SHUT_RDWR);
    thread_.join();
    close(fd_);
  }
  std::vector<std::string> heard() {
    const std::lock_guard lock{mutex_};
    return heard_;
  }
  int port = 0;

 private:
  void run() {
    for (size_t i = 0;; ++i) {
      const int peer = accept(fd_, nullptr, nullptr);
      if (peer < 0) return;
      std::string text(65536, '\0');
      size_t got = 0;
      // A request of this client comes with its length; it ends with the brace of its body.
      while (got == 0 || text[got - 1] != '}') {
        const ssize_t more = recv(peer, text.data() + got, text.size() - got, 0);
        if (more <= 0) break;
        got += static_cast<size_t>(more);
      }
      const std::string answer =
          "HTTP/1.1 " + std::to_string(statuses_[std::min(i, statuses_.size() - 1)]) + " X\r\nContent-Length: 0\r\n\r\n";
      (void)!write(peer, answer.data(), answer.size());
      close(peer);
      const std::lock_guard lock{mutex_};
      heard_.push_back(text.substr(0, got));
    }
  }
  const std::vector<int> statuses_;
  const int fd_ = socket(AF_INET, SOCK_STREAM, 0);
  std::mutex mutex_;
  std::vector<std::string> heard_;
  std::thread thread_;
};

class AlarmContract : public testing::Test {
 protected:
  void SetUp() override {
    const Resource director{"campaign_director"};
    ASSERT_TRUE(leases_->open_session({.incarnation = me_, .server = ServerName{"as1"}, .component = "campaign_director"}).ok());
    ASSERT_TRUE(leases_->ensure({director}).ok());
    grant_ = **leases_->acquire({.seen = leases_->leases({director})->at(0), .me = me_, .reason = "free"});
  }
  int64_t count(const std::string& sql) { return database_.pool().query("select count(*) from " + sql)->integer(0, 0); }

  TestDatabase database_;
  std::unique_ptr<LeaseStore> leases_ = make_pg_lease_store(database_.pool());
  std::unique_ptr<AlarmStore> store_ = make_pg_alarm_store(database_.pool());
  const Incarnation me_{"00000000-0000-4000-8000-000000000001"};
  LeaseGrant grant_;
  const AlarmName lost_{AlarmKind::server_lost, "as2"};
};

TEST_F(AlarmContract, a_record_of_alarms_is_raised_once_cleared_once_and_fenced) {
  ASSERT_TRUE(store_->commit(grant_, {RaiseAlarm{lost_, "as2 is lost"}}, true).ok());
  ASSERT_TRUE(store_->commit(grant_, {RaiseAlarm{lost_, "as2 is lost"}}, true).ok());
  EXPECT_EQ(count("alarm"), 1);
  EXPECT_THAT(store_->facts()->open, ElementsAre(lost_));
  ASSERT_TRUE(store_->commit(grant_, {ClearAlarm{lost_}}, true).ok());
  EXPECT_TRUE(store_->facts()->open.empty());
  const auto due = store_->due(10);
  ASSERT_EQ(due->size(), 2u);
  EXPECT_THAT(due->at(0).body, HasSubstr("\"event\": \"raised\""));
  ASSERT_TRUE(store_->not_delivered(grant_, due->at(0).id, "refused", 1h).ok());
  ASSERT_TRUE(store_->delivered(grant_, due->at(1).id).ok());
  EXPECT_TRUE(store_->due(10)->empty());
  EXPECT_EQ(count("alarm_delivery where tries = 1 and error = 'refused'"), 1);
  ASSERT_TRUE(store_->not_delivered(grant_, due->at(0).id, "refused", std::nullopt).ok());
  EXPECT_EQ(count("alarm_delivery"), 0) << "given up";
  LeaseGrant stale = grant_;
  stale.epoch = Epoch{0};
  EXPECT_EQ(store_->commit(stale, {RaiseAlarm{lost_, ""}}, false).error().kind, ErrorKind::fenced);
}

TEST_F(AlarmContract, L_02_the_record_has_what_alarms_are_about) {
  const auto sql = [&](const std::string& statement) { EXPECT_TRUE(database_.pool().query(statement).ok()) << statement; };
  sql("insert into server (name, components) values ('as2', '{mpp}')");
  sql("insert into server_report (server, incarnation, version, clock_offset_ms, database_ms, peers, deaths) values ('as2', "
      "gen_random_uuid(), '1', "
      "700, 1, '[{\"name\": \"as3\", \"heard\": true, \"database_age_ms\": 9000}]', '{\"mpp\": 4}')");
  // What load monitors told last; nobody needs to be left to say that it is old.
  sql("insert into load_sample (server, cpu, memory, run_queue, sampled_at) values ('as1', 0, 0, 0, now()), "
      "('as2', 0, 0, 0, now() - interval '31 s')");
  const auto facts = store_->facts();
  ASSERT_TRUE(facts.ok()) << facts.error().message;
  EXPECT_EQ(facts->reports.at(0).clock_offset_ms, 700);
  EXPECT_EQ(facts->deaths.at(0).count, 4);
  EXPECT_EQ(facts->database_ages.at(0).server, ServerName{"as3"});
  EXPECT_EQ(facts->masters.at(0).holder, me_);
  EXPECT_THAT(facts->load_silent, ElementsAre(ServerName{"as2"}));
  EXPECT_TRUE(facts->mpp_wanted);
}

TEST_F(AlarmContract, the_webhook_is_told_with_a_signature_and_again_until_it_has_heard) {
  Receiver receiver({503, 204});
  const AlarmWebhook webhook{"http://127.0.0.1:" + std::to_string(receiver.port) + "/hooks/everdial", "a secret", ""};
  class NoNetwork final : public Network {
    void request(const Address&, Request, Duration, ReplyFn) override {}
    void serve(RequestHandler) override {}
  } network;
  Loop loop;
  StoreThreads threads{loop, 2};
  SystemRandom random;
  Seams seams{loop, random, threads, network};
  Directory directory;
  AlarmService::Settings settings;
  settings.look_every = 10ms;
  settings.first_wait = 20ms;
  settings.post = [webhook](const std::string& body) { return webhook.post(body); };
  AlarmService service(
      seams, *store_, directory, [](const LeaseGrant&) {}, settings);
  ASSERT_TRUE(store_->commit(grant_, {RaiseAlarm{lost_, "as2 is lost"}}, true).ok());
  service.acquired(grant_);

  std::unique_ptr<Timer> look, end = loop.after(10s, [&] { loop.stop(); });
  std::function<void()> ask = [&] {
    if (count("alarm_delivery") == 0) return loop.stop();
    look = loop.after(5ms, ask);
  };
  loop.post(ask);
  loop.run();
  service.lost();

  // What is raised while no server is known is cleared at the first look, which is told as well.
  const auto heard = receiver.heard();
  ASSERT_GE(heard.size(), 2u);
  const std::string& last = heard[1];
  EXPECT_THAT(last, HasSubstr("POST /hooks/everdial HTTP/1.1"));
  const std::string body = last.substr(last.find("\r\n\r\n") + 4);
  const size_t stamp = last.find("X-Everdial-Timestamp: ") + 22;
  const std::string timestamp = last.substr(stamp, last.find("\r\n", stamp) - stamp);
  EXPECT_THAT(last, HasSubstr("X-Everdial-Signature: sha256=" + webhook_signature("a secret", timestamp, body)));
  EXPECT_THAT(heard[0].substr(heard[0].find("\r\n\r\n") + 4), HasSubstr("\"kind\": \"server_lost\""));
}

}  // namespace
}  // namespace everdial
