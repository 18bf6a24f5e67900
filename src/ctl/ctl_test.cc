#include "ctl/ctl.h"

#include <gmock/gmock.h>
#include <sys/stat.h>

#include <CLI/CLI.hpp>
#include <filesystem>
#include <fstream>
#include <sstream>

namespace everdial::ctl {
namespace {

using nlohmann::json;

TEST(Table, puts_words_left_and_numbers_right) {
  EXPECT_EQ(table({{"NAME", "/name"}, {"N", "/in/n"}},
                  {{{"name", "größe"}, {"in", {{"n", 7}}}}, {{"name", "b"}, {"in", {{"n", 1234}}}}, {{"name", "c"}}}),
            "NAME      N\n"
            "größe     7\n"
            "b      1234\n"
            "c\n");
  EXPECT_EQ(table({{"A", "/a"}}, {}), "A\n");
}

TEST(Human, shortens_times_and_defuses_control_characters) {
  EXPECT_EQ(human("2026-03-01T12:00:00.123456Z"), "2026-03-01 12:00:00");
  EXPECT_EQ(human("\x1b[31mred"), "?[31mred");
  EXPECT_EQ(human(true), "yes");
  EXPECT_EQ(human(nullptr), "");
}

TEST(Yaml, reads_back_as_the_same_values) {
  const json value = {
      {"name", "true"},       {"empty", ""}, {"number", 3.5}, {"plain", "as1/mpp/1"}, {"list", {1, "two", {{"a", 1}, {"b", {1, 2}}}}},
      {"none", json::array()}};
  EXPECT_EQ(yaml(value),
            "empty: \"\"\n"
            "list:\n"
            "  - 1\n"
            "  - two\n"
            "  - a: 1\n"
            "    b:\n"
            "      - 1\n"
            "      - 2\n"
            "name: \"true\"\n"
            "none: []\n"
            "number: 3.5\n"
            "plain: as1/mpp/1\n");
  EXPECT_EQ(yaml(json::array()), "[]\n");
}

TEST(Bar, shows_a_share) {
  EXPECT_EQ(bar(1, 2), "[###############               ]  50 %");
  EXPECT_EQ(bar(0, 0), "[                              ]   0 %");
  EXPECT_EQ(bar(7, 5), "[##############################] 100 %");
}

TEST(Url, is_taken_apart) {
  const auto url = parse_url("https://as1.example:8443/");
  ASSERT_TRUE(url.ok());
  EXPECT_TRUE(url->tls);
  EXPECT_EQ(url->host, "as1.example");
  EXPECT_EQ(url->port, "8443");
  EXPECT_EQ(parse_url("http://[::1]:80")->host, "::1");
  EXPECT_EQ(parse_url("https://as1")->port, "443");
  for (const char* wrong : {"", "as1", "ftp://as1", "http://", "http://a b", "http://as1:x", "http://as1:", "http://[::1", "http://u@as1"})
    EXPECT_FALSE(parse_url(wrong).ok()) << wrong;
}

class SettingsTest : public testing::Test {
 protected:
  SettingsTest() { std::filesystem::create_directories(folder_ + "/everdial"); }
  ~SettingsTest() override { std::filesystem::remove_all(folder_); }
  Environment environment() {
    return [this](const std::string& name) {
      const auto found = variables_.find(name);
      return found == variables_.end() ? std::nullopt : std::optional(found->second);
    };
  }
  std::string write(const std::string& name, const std::string& text) {
    const std::string file = folder_ + "/everdial/" + name;
    std::ofstream(file) << text;
    return file;
  }
  const std::string folder_ = std::filesystem::temp_directory_path() / ("ctl_" + std::to_string(getpid()));
  std::map<std::string, std::string> variables_ = {{"XDG_CONFIG_HOME", folder_}};
};

TEST_F(SettingsTest, come_from_the_command_line_then_the_environment_then_the_file) {
  EXPECT_THAT(load_settings({}, environment()).servers, testing::ElementsAre("http://127.0.0.1:8080"));
  write("ctl.yaml", "servers: [https://a, https://b]\nca_file: /ca.pem\n");
  write("token", "of-the-file\n");
  auto settings = load_settings({}, environment());
  EXPECT_THAT(settings.servers, testing::ElementsAre("https://a", "https://b"));
  EXPECT_EQ(settings.token, "of-the-file");
  variables_["EVERDIAL_URL"] = "http://c,http://d";
  variables_["EVERDIAL_TOKEN"] = "of-the-environment";
  settings = load_settings({}, environment());
  EXPECT_THAT(settings.servers, testing::ElementsAre("http://c", "http://d"));
  EXPECT_EQ(settings.token, "of-the-environment");
  EXPECT_EQ(settings.ca_file, "/ca.pem");
  const std::string file = write("other", "of-the-line\n");
  settings = load_settings({.token_file = file, .servers = {"http://e"}}, environment());
  EXPECT_THAT(settings.servers, testing::ElementsAre("http://e"));
  EXPECT_EQ(settings.token, "of-the-line");
}

TEST_F(SettingsTest, name_the_line_that_is_wrong) {
  const std::string file = write("ctl.yaml", "servers: [https://a]\ntokn_file: /x\n");
  try {
    load_settings({}, environment());
    FAIL() << "an unknown key was taken";
  } catch (const Failure& failure) {
    EXPECT_EQ(failure.code, kUsage);
    EXPECT_THAT(failure.what(), testing::StartsWith(file + ":2: tokn_file is not known"));
  }
  EXPECT_THROW(load_settings({.file = folder_ + "/none.yaml"}, environment()), Failure);
}

TEST_F(SettingsTest, a_saved_token_is_its_owners_alone) {
  const std::string file = folder_ + "/new/folder/token";
  save_token(file, "first");
  save_token(file, "second");
  struct stat about {};
  ASSERT_EQ(stat(file.c_str(), &about), 0);
  EXPECT_EQ(about.st_mode & 0777, 0600U);
  EXPECT_EQ(load_settings({.token_file = file}, environment()).token, "second");
}

TEST(CommandLine, answers_mistakes_with_exit_code_2) {
  for (const std::vector<std::string>& wrong : std::vector<std::vector<std::string>>{
           {}, {"dance"}, {"lists"}, {"lists", "show"}, {"-o", "xml", "status"}, {"--server", "nonsense", "status"}}) {
    std::ostringstream out, err;
    std::istringstream in;
    Ctl ctl{.out = out, .err = err, .in = in, .environment = [](const std::string&) { return std::nullopt; }};
    EXPECT_EQ(run(wrong, ctl), kUsage);
    EXPECT_NE(err.str(), "");
  }
}

class Completion : public testing::Test {
 protected:
  Completion() {
    std::ostringstream out, err;
    std::istringstream in;
    Ctl ctl{.out = out, .err = err, .in = in, .environment = [](const std::string&) { return std::nullopt; }};
    EXPECT_EQ(run({"completion"}, ctl), kDone) << err.str();
    script_ = out.str();
  }
  ~Completion() override { std::filesystem::remove(file_); }

  /// What bash offers for the last of these words.
  std::string offered(const std::string& words) {
    std::ofstream(file_) << script_ << "COMP_WORDS=(" << words
                         << ")\nCOMP_CWORD=$((${#COMP_WORDS[@]} - 1))\n_everdialctl\necho ${COMPREPLY[*]}\n";
    FILE* shell = popen(("bash -u " + file_).c_str(), "r");
    std::string text;
    for (int c; (c = std::fgetc(shell)) != EOF;) text += static_cast<char>(c);
    EXPECT_EQ(pclose(shell), 0) << text;
    return text.substr(0, text.find('\n'));
  }

  std::string script_;
  const std::string file_ = std::filesystem::temp_directory_path() / ("completion_" + std::to_string(getpid()));
};

TEST_F(Completion, offers_commands_and_options) {
  EXPECT_EQ(offered("everdialctl jo"), "jobs");
  EXPECT_EQ(offered("everdialctl jobs ''"), "list start show watch pause resume stop attempts --help");
  EXPECT_EQ(offered("everdialctl jobs attempts --c"), "--code");
  EXPECT_EQ(offered("everdialctl jobs attempts 7 --c"), "--code");
  EXPECT_EQ(offered("everdialctl jobs attempts --nothing-like-it ''"), "--help --code --state --phone");
  EXPECT_EQ(offered("everdialctl campaigns show li"), "") << "a campaign may be named so";
}

TEST_F(Completion, is_not_led_astray_by_the_value_of_an_option) {
  EXPECT_EQ(offered("everdialctl -o json jobs wa"), "watch");
  EXPECT_EQ(offered("everdialctl --server https://as1 jobs wa"), "watch");
  EXPECT_EQ(offered("everdialctl --server = https://as1 jobs wa"), "watch") << "--server=https://as1, as bash takes it apart";
  EXPECT_EQ(offered("everdialctl imports list --list show --li"), "--list");
  EXPECT_EQ(offered("everdialctl imports list --list sh"), "") << "a value, not a command";
  EXPECT_EQ(offered("everdialctl status -o j"), "json");
  EXPECT_EQ(offered("everdialctl status --output = j"), "json");
  EXPECT_EQ(offered("everdialctl lists import --no-header --no-w"), "--no-wait") << "a flag has no value";
}

}  // namespace
}  // namespace everdial::ctl
