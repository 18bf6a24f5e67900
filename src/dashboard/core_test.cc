#include <gmock/gmock.h>

#include <nlohmann/json.hpp>

#include "dashboard/api_message.h"
#include "dashboard/job_rates.h"
#include "dashboard/live_feed.h"
#include "dashboard/login_limiter.h"
#include "dashboard/page.h"
#include "dashboard/request_reader.h"
#include "dashboard/router.h"
#include "dashboard/system_status.h"

namespace everdial {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;

TEST(Target, is_taken_apart_and_decoded) {
  const auto target = parse_target("/api/v1/dnc/%2B1202/x%20y?phone=+12&q=%C3%BC&&empty&empty=2");
  ASSERT_TRUE(target);
  EXPECT_THAT(target->path, ElementsAre("api", "v1", "dnc", "+1202", "x y"));
  EXPECT_EQ(target->query, (TextMap{{"phone", "+12"}, {"q", "ü"}, {"empty", "2"}}));
  EXPECT_THAT(parse_target("/")->path, ElementsAre());
}

TEST(Target, is_refused_when_it_cannot_be_read) {
  for (const char* wrong : {"", "jobs", "*", "/%", "/%2", "/%zz", "/a%00b", "/%ff", "/a?b=%c3", "/a?%c0%80=1"})
    EXPECT_FALSE(parse_target(wrong)) << wrong;
}

TEST(Cookies, are_read_with_their_blanks_around_them) {
  EXPECT_EQ(parse_cookies("a=1; b=x=y;c ; d= "), (TextMap{{"a", "1"}, {"b", "x=y"}, {"d", ""}}));
}

TEST(Base64url, is_read_back) {
  for (const std::string& text : {std::string(), std::string("a"), std::string("ab"), std::string("abc"), std::string("\0\xff\x10", 3)})
    EXPECT_EQ(from_base64url(base64url(text)), text);
  for (const char* wrong : {"a", "ab=", "a b", "AB"})
    EXPECT_FALSE(from_base64url(wrong).has_value() && base64url(*from_base64url(wrong)) != wrong) << wrong;
  EXPECT_FALSE(from_base64url("AB")) << "bits that no text has";
}

TEST(Cursor, is_read_back_and_none_other_is) {
  EXPECT_EQ(from_cursor(to_cursor({"12", "x y"})), (std::vector<std::string>{"12", "x y"}));
  EXPECT_EQ(from_cursor(to_cursor({""})), (std::vector<std::string>{""}));
  for (const char* wrong : {"", "MQ", "Mh8x", "x", "1"}) EXPECT_FALSE(from_cursor(wrong)) << wrong;
}

TEST(Text, is_storable_when_it_is_utf8_without_nul) {
  EXPECT_TRUE(is_storable_text("grün €"));
  for (const std::string& wrong : {std::string("\0", 1), std::string("\xc0\x80"), std::string("\xed\xa0\x80"),
                                   std::string("\xf5\x80\x80\x80"), std::string("\xe2\x82")})
    EXPECT_FALSE(is_storable_text(wrong));
}

TEST(Router, prefers_a_fixed_step_and_tells_the_methods_of_a_path) {
  Router router;
  router.add(Method::get, "/jobs/{job_id}", 0);
  router.add(Method::get, "/jobs/latest", 1);
  router.add(Method::del, "/jobs/{job_id}", 2);
  EXPECT_EQ(router.find("GET", {"jobs", "latest"})->operation, 1U);
  EXPECT_EQ(router.find("GET", {"jobs", "7"})->parameters, (TextMap{{"job_id", "7"}}));
  EXPECT_EQ(router.find("DELETE", {"jobs", "7"})->operation, 2U);
  EXPECT_EQ(router.find("PUT", {"jobs", "7"})->operation, std::nullopt);
  EXPECT_THAT(router.find("PUT", {"jobs", "7"})->allowed, ElementsAre(Method::get, Method::del));
  EXPECT_FALSE(router.find("GET", {"jobs"}));
  EXPECT_FALSE(router.find("GET", {"jobs", ""}));
}

TEST(BodyReader, collects_all_faults_with_their_pointers) {
  const auto body = nlohmann::json::parse(R"({"name": 7, "size": 18446744073709551615, "rate": 0, "a/b~c": 1})");
  BodyReader reader(body);
  reader.text("name", {});
  reader.integer("size", 1, 10);
  reader.number_or("rate", 0, 5, 1);
  reader.text("missing", {});
  std::vector<std::string> faults;
  const auto problem = reader.finish();
  for (const auto& e : problem->errors) faults.push_back(e.pointer + " " + e.detail);
  EXPECT_THAT(faults, ElementsAre("/name must be a text", "/size must be from 1 to 10", "/rate must be above 0.0 and at most 5.0",
                                  "/missing is missing", "/a~1b~0c is not known here"));
}

TEST(LoginLimiter, makes_each_further_guess_wait_longer_and_forgets) {
  LoginLimiter limiter;
  Instant now = from_micros(1'000'000'000'000'000);
  for (int i = 0; i < LoginLimiter::kFreeFailuresOfName; ++i) {
    EXPECT_EQ(limiter.wait("ada", "10.0.0.1", now), Duration::zero());
    limiter.failed("ada", "10.0.0.1", now);
  }
  EXPECT_EQ(limiter.wait("ada", "10.0.0.1", now), 1s);
  EXPECT_EQ(limiter.wait("ada", "10.0.0.2", now), Duration::zero()) << "nobody locks another out";
  now += 1s;
  EXPECT_EQ(limiter.wait("ada", "10.0.0.1", now), Duration::zero());
  limiter.failed("ada", "10.0.0.1", now);
  EXPECT_EQ(limiter.wait("ada", "10.0.0.1", now), 2s);
  for (int i = 0; i < 100; ++i) limiter.failed("ada", "10.0.0.1", now);
  EXPECT_EQ(limiter.wait("ada", "10.0.0.1", now), LoginLimiter::kLongestWait);
  EXPECT_GT(limiter.wait("bob", "10.0.0.1", now), Duration::zero()) << "many names from one address";
  limiter.succeeded("ada", "10.0.0.1");
  limiter.failed("ada", "10.0.0.1", now + LoginLimiter::kForgetAfter + 1s);
  EXPECT_EQ(limiter.wait("ada", "10.0.0.1", now + LoginLimiter::kForgetAfter + 1s), Duration::zero());
}

TEST(LoginLimiter, keeps_its_memory_bounded) {
  LoginLimiter limiter;
  for (int i = 0; i < 30'000; ++i) limiter.failed("n", std::to_string(i), from_micros(i));
  EXPECT_EQ(limiter.wait("n", "1", from_micros(30'000)), Duration::zero());
}

TEST(LiveFeed, gives_each_listener_what_is_new_to_it) {
  LiveFeed feed("life");
  feed.publish(LiveTopic::job_progress, 1, "{}", "a");
  feed.publish(LiveTopic::status, 0, "{}", "a");
  LiveFeed::Position position;
  EXPECT_EQ(feed.take({}, position), "id: life-1\nevent: job_progress\ndata: {}\n\nid: life-2\nevent: status\ndata: {}\n\n");
  EXPECT_EQ(feed.take({}, position), "");
  feed.publish(LiveTopic::job_progress, 1, "{\"at\": 2}", "a");
  EXPECT_EQ(feed.take({}, position), "") << "the same state";
  feed.publish(LiveTopic::job_progress, 1, "{\"b\": 1}", "b");
  feed.publish(LiveTopic::job_progress, 1, "{\"b\": 2}", "c");
  EXPECT_EQ(feed.take({}, position), "id: life-4\nevent: job_progress\ndata: {\"b\": 2}\n\n") << "the newest alone";
  LiveFeed::Position resumed = feed.position_of("life-2");
  EXPECT_THAT(feed.take({}, resumed), HasSubstr("life-4"));
  EXPECT_EQ(feed.position_of("other-2").seen, 0U);
  EXPECT_EQ(feed.position_of("life-x").seen, 0U);
  feed.retain(LiveTopic::job_progress, [](int64_t) { return false; });
  LiveFeed::Position fresh;
  EXPECT_THAT(feed.take({}, fresh), testing::Not(HasSubstr("job_progress")));
}

TEST(LiveFeed, lets_through_what_the_filter_says) {
  EXPECT_TRUE(LiveFeed::passes({.job = 7}, LiveTopic::job_progress, 7));
  EXPECT_FALSE(LiveFeed::passes({.job = 7}, LiveTopic::job_progress, 8));
  EXPECT_FALSE(LiveFeed::passes({.imports = false}, LiveTopic::import_progress, 1));
  EXPECT_FALSE(LiveFeed::passes({.status = false}, LiveTopic::status, 0));
}

TEST(LiveFeed, wakes_listeners_until_they_end) {
  LiveFeed feed("life");
  int woken = 0;
  auto subscription = feed.subscribe([&] { ++woken; });
  feed.wake();
  subscription.reset();
  feed.wake();
  EXPECT_EQ(woken, 1);
}

TEST(JobRates, measures_over_the_last_seconds) {
  JobRates rates;
  Instant now = from_micros(0);
  rates.observe(1, 100, now);
  EXPECT_EQ(rates.rate(1), std::nullopt);
  for (int i = 1; i <= 10; ++i) rates.observe(1, 100 + i * 20, now + i * 1s);
  EXPECT_EQ(rates.rate(1), 20.0);
  for (int i = 11; i <= 20; ++i) rates.observe(1, 300, now + i * 1s);
  EXPECT_EQ(rates.rate(1), 0.0);
  rates.retain({});
  EXPECT_EQ(rates.rate(1), std::nullopt);
}

class SystemStatusTest : public testing::Test {
 protected:
  void add(const std::string& server, const std::string& component, Duration silent = 100ms, bool draining = false) {
    Session session;
    session.incarnation = Incarnation{server + component + std::to_string(seen_.sessions.size())};
    session.server = ServerName{server};
    session.component = component;
    session.draining = draining;
    seen_.sessions.push_back({session, silent});
  }
  void lease(const std::string& resource) {
    LeaseRow row;
    row.resource = Resource{resource};
    row.holder = seen_.sessions.back().session.incarnation;
    seen_.leases.push_back({row, std::nullopt});
  }
  std::vector<std::string> cells() const {
    std::vector<std::string> out;
    for (const auto& server : system_status(seen_).servers) {
      out.push_back(server.name + " " + std::string(to_string(server.state)));
      for (const auto& c : server.components) out.push_back("  " + c.component + " " + std::string(to_string(c.state)));
    }
    return out;
  }
  SystemSeen seen_;
};

TEST_F(SystemStatusTest, S_03_uses_the_words_of_the_modes) {
  add("as1", "server");
  add("as1", "campaign_director");
  lease("campaign_director");
  add("as1", "campaign_manager");
  lease("job/1");
  add("as2", "campaign_director");
  add("as2", "rule_engine", 100ms, true);
  EXPECT_THAT(cells(), ElementsAre("as1 RUNNING", "  campaign_director MASTER", "  campaign_manager RUNNING", "as2 RUNNING",
                                   "  campaign_director DORMANT", "  rule_engine STOPPING"));
  EXPECT_EQ(system_status(seen_).servers[0].components[1].leases, 1);
}

TEST_F(SystemStatusTest, A_01_an_agent_manager_is_master_when_it_has_a_zone_and_else_dormant) {
  add("as1", "agent_manager");
  lease("agent_manager/zone/east");
  lease("agent_manager/zone/west");
  add("as2", "agent_manager");
  add("as2", "agent_sdk");
  EXPECT_THAT(cells(),
              ElementsAre("as1 RUNNING", "  agent_manager MASTER", "as2 RUNNING", "  agent_manager DORMANT", "  agent_sdk RUNNING"));
}

TEST_F(SystemStatusTest, M_04_never_shows_a_silent_component_as_running) {
  add("as1", "campaign_manager", 3s);
  add("as1", "rule_engine", 3s);
  lease("rule_engine");
  EXPECT_THAT(cells(), ElementsAre("as1 STOPPED", "  campaign_manager STOPPED", "  rule_engine STOPPED"));
  EXPECT_EQ(system_status(seen_).servers[0].components[0].silent, 3s);
}

TEST_F(SystemStatusTest, tells_what_is_being_started_from_what_is_stopped) {
  seen_.servers = {{"as1", {.components = {"mpp", "dashboard"}}}, {"as2", {.components = {"mpp"}}}};
  add("as1", "server");
  add("as1", "dashboard", 10s);
  add("as1", "dashboard");
  EXPECT_THAT(cells(), ElementsAre("as1 RUNNING", "  mpp STARTING", "  dashboard RUNNING", "as2 STOPPED", "  mpp STOPPED"));
  EXPECT_THAT(system_status(seen_).components, ElementsAre("mpp", "dashboard"));
}

}  // namespace
}  // namespace everdial
