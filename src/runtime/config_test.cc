#include "runtime/config.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace everdial {
namespace {

using testing::HasSubstr;

Result<Config> parse(const std::string& yaml, const std::map<std::string, std::string>& environment = {}) {
  return parse_config(yaml, "everdial.yaml", environment);
}
std::string error_of(const std::string& yaml, const std::map<std::string, std::string>& environment = {}) {
  const auto config = parse(yaml, environment);
  return config.ok() ? "no error" : config.error().message;
}

TEST(Config, an_empty_file_gives_the_defaults) {
  const auto config = parse("");
  ASSERT_TRUE(config.ok()) << config.error().message;
  EXPECT_EQ(config->mpp.workers, 2);
  EXPECT_FALSE(config->server.name.empty());
  EXPECT_EQ(config->http.listen, (Listen{"127.0.0.1", 8080}));
}

TEST(Config, reads_the_file_and_then_the_environment) {
  const auto config = parse(R"(
server: {name: as1, components: [mpp, dashboard]}
mpp:
  workers: 3
dialing: {tick_ms: 50}
log: {format: json, level: warning}
trunks:
  - {name: a, uri: "sip:10.0.0.1:5060", transport: tcp, calls_per_second: 2.5}
  - {name: b, uri: "sip:10.0.0.2:5060"}
)",
                            {{"EVERDIAL_MPP_WORKERS", "5"}, {"EVERDIAL_SERVER_COMPONENTS", "[rule_engine]"}, {"EVERDIAL_LINK_FD", "3"}});
  ASSERT_TRUE(config.ok()) << config.error().message;
  EXPECT_EQ(config->server.name, "as1");
  EXPECT_EQ(config->server.components, std::vector<std::string>{"rule_engine"});
  EXPECT_EQ(config->mpp.workers, 5);
  EXPECT_EQ(config->dialing.tick, 50ms);
  EXPECT_EQ(config->log.format, LogFormat::json);
  ASSERT_EQ(config->trunks.size(), 2u);
  EXPECT_EQ(config->trunks[0].transport, TrunkTransport::tcp);
  EXPECT_EQ(config->trunks[0].calls_per_second, 2.5);
  EXPECT_EQ(config->trunks[1].channels, 100);
}

TEST(Config, errors_name_the_line_the_key_and_what_is_allowed) {
  EXPECT_EQ(error_of("server:\n  name: a\nmpp:\n  wrokers: 2\n"),
            "everdial.yaml:4: mpp.wrokers: there is no such key; `everdial config print` shows all");
  EXPECT_EQ(error_of("mpp:\n  workers: 99\n"), "everdial.yaml:2: mpp.workers: it must be from 1 to 32, not 99");
  EXPECT_EQ(error_of("mpp:\n  workers: two\n"), "everdial.yaml:2: mpp.workers: 'two' is not a number");
  EXPECT_EQ(error_of("mpp: 3\n"), "everdial.yaml:1: mpp: a section is expected here");
  EXPECT_EQ(error_of("log:\n  level: loud\n"), "everdial.yaml:2: log.level: it must be debug or info or warning or error, not 'loud'");
  EXPECT_EQ(error_of("server:\n  components: [mpp, pbx]\n"), "everdial.yaml:2: server.components: 'pbx' is not known");
  EXPECT_THAT(error_of("server: [\n"), HasSubstr("everdial.yaml:"));
  EXPECT_EQ(error_of("", {{"EVERDIAL_MPP_WORKERS", "0"}}), "EVERDIAL_MPP_WORKERS: it must be from 1 to 32, not 0");
  EXPECT_THAT(error_of("trunks:\n  - name: a\n    url: x\n"), HasSubstr("everdial.yaml:3: url: there is no such key"));
  EXPECT_THAT(error_of("trunks:\n  - name: a\n"), HasSubstr("a needs uri"));
  EXPECT_THAT(error_of("server: {name: 'a b'}"), HasSubstr("server.name"));
  EXPECT_EQ(error_of("lists: {import_folder: imports}"), "everdial.yaml: lists.import_folder: 'imports' must be an absolute path");
  EXPECT_THAT(error_of("alarms: {webhook: 'http://pager.example/x'}"), HasSubstr("must begin with https://"));
}

TEST(Config, a_listener_that_leaves_the_machine_needs_tls) {
  EXPECT_THAT(error_of("rpc: {listen_host: 10.0.0.1}"), HasSubstr("rpc listens on 10.0.0.1"));
  EXPECT_THAT(error_of("http: {listen: '0.0.0.0:443'}"), HasSubstr("http listens on 0.0.0.0"));
  EXPECT_THAT(error_of("agents: {listen: '10.0.0.1:8081'}"), HasSubstr("agents listens on 10.0.0.1"));
  EXPECT_EQ(error_of("http: {tls_cert: a, tls_key: b}\nagents: {listen: '10.0.0.1:8081'}"), "no error") << "http's serves both";
  EXPECT_THAT(error_of("rpc: {tls_cert: a.pem}"), HasSubstr("must be given together"));
  EXPECT_EQ(error_of("rpc: {listen_host: 10.0.0.1, tls_cert: a, tls_key: b, tls_ca: c}"), "no error");
}

TEST(Config, what_is_printed_is_read_back_the_same_and_shows_no_password) {
  auto config = parse("trunks: [{name: a, uri: 'sip:h:5060', channels: 7}]\ndatabase: {uri: 'postgresql://me:secret@h/db'}\n");
  ASSERT_TRUE(config.ok());
  const std::string printed = print_config(*config);
  EXPECT_THAT(printed, testing::Not(HasSubstr("secret")));
  EXPECT_THAT(printed, HasSubstr("Environment: EVERDIAL_MPP_WORKERS"));
  const auto again = parse(printed);
  ASSERT_TRUE(again.ok()) << again.error().message << "\n" << printed;
  EXPECT_EQ(print_config(*again), printed);
  EXPECT_EQ(again->trunks[0].channels, 7);
}

}  // namespace
}  // namespace everdial
