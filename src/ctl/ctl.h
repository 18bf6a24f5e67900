#pragma once

#include <chrono>
#include <functional>
#include <iosfwd>
#include <memory>
#include <string>
#include <vector>

#include "ctl/api_client.h"
#include "ctl/failure.h"
#include "ctl/output.h"
#include "ctl/settings.h"

namespace CLI {
class App;
}

namespace everdial::ctl {

/// Between two looks at work that a command waits for.
constexpr auto kLookEach = std::chrono::milliseconds(300);

/// What all commands share.
struct Ctl {
  std::ostream& out;
  std::ostream& err;
  std::istream& in;
  bool err_is_terminal = false;  ///< then progress is one line that changes
  Environment environment;

  GivenSettings given{};
  Format format = Format::human;
  size_t most_items = 1000;  ///< of a list
  int code = kDone;
  std::unique_ptr<ApiClient> client{};  ///< made by the first who needs it
  std::string shown_progress{};

  ApiClient& api();
  /// One thing: its members for people, or as it is.
  void show(const nlohmann::json& value);
  void show_rows(const std::vector<Column>& columns, const std::vector<nlohmann::json>& rows);
  /// For people only: what was done.
  void say(const std::string& text);
  /// A line of progress on the error stream; the next one takes its place on a terminal.
  void progress(const std::string& line);
  void end_progress();
};

/// One command and its arguments. The pointers that it gives are filled when the command runs, and are kept by whoever captures them.
class Command {
 public:
  Command(CLI::App& parent, const std::string& name, const std::string& help);

  using Text = std::shared_ptr<std::string>;
  Text argument(const std::string& name, const std::string& help);
  Text optional_argument(const std::string& name, const std::string& help);
  std::shared_ptr<std::vector<std::string>> arguments(const std::string& name, const std::string& help);
  Text option(const std::string& name, const std::string& help, const std::string& otherwise = "");
  Text required_option(const std::string& name, const std::string& help);
  std::shared_ptr<bool> flag(const std::string& name, const std::string& help);
  void run(std::function<void()> action);

 private:
  CLI::App* command_;
};

/// A command that only groups others.
CLI::App& group(CLI::App& parent, const std::string& name, const std::string& help);
/// One that does something by itself, and groups others.
CLI::App& listing(CLI::App& parent, const std::string& name, const std::string& help, std::function<void()> action);

/// "?a=1&b=2" of those that are not empty.
std::string query(const std::vector<std::pair<std::string, std::string>>& parameters);
/// The number an option gives, or Failure(kUsage).
double number(const std::string& option, const std::string& text);
/// The parts between commas.
std::vector<std::string> split(const std::string& text);
/// A file's content; "-" is standard input.
std::string read_input(Ctl& ctl, const std::string& file);
/// The first line of the file, or what is typed without being seen. Never from the command line, which others can read.
std::string read_password(Ctl& ctl, const std::string& file, const std::string& prompt);

void add_status_commands(CLI::App& app, Ctl& ctl);
void add_server_commands(CLI::App& app, Ctl& ctl);
void add_failover_commands(CLI::App& app, Ctl& ctl);
void add_list_commands(CLI::App& app, Ctl& ctl);
void add_campaign_commands(CLI::App& app, Ctl& ctl);
void add_agent_commands(CLI::App& app, Ctl& ctl);
void add_inbound_commands(CLI::App& app, Ctl& ctl);
void add_schedule_commands(CLI::App& app, Ctl& ctl);
void add_history_commands(CLI::App& app, Ctl& ctl);
void add_account_commands(CLI::App& app, Ctl& ctl);

/// A script for bash (zsh takes it too, through bashcompinit) that completes the commands and options of `app`.
std::string completion_script(const CLI::App& app);

/// The whole program, its surroundings given: returns the exit code.
int run(const std::vector<std::string>& arguments, Ctl& ctl);

}  // namespace everdial::ctl
