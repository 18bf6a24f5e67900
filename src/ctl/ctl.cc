#include "ctl/ctl.h"

#include <CLI/CLI.hpp>
#include <charconv>
#include <fstream>
#include <functional>
#include <iostream>
#include <set>
#include <sstream>

namespace everdial::ctl {

using nlohmann::json;

ApiClient& Ctl::api() {
  if (!client)
    client = std::make_unique<ApiClient>(load_settings(given, environment), [this](const std::string& text) { err << text << std::endl; });
  return *client;
}

void Ctl::show(const json& value) {
  switch (format) {
    case Format::json:
      out << value.dump(2) << "\n";
      break;
    case Format::yaml:
      out << yaml(value);
      break;
    case Format::human:
      out << members(value);
      break;
  }
}

void Ctl::show_rows(const std::vector<Column>& columns, const std::vector<json>& rows) {
  if (format == Format::human) out << table(columns, rows);
  else show(json(rows));
}

void Ctl::say(const std::string& text) {
  if (format == Format::human) out << text << "\n";
}

void Ctl::progress(const std::string& line) {
  if (!err_is_terminal || line == shown_progress) return;
  err << "\r" << line << std::string(shown_progress.size() > line.size() ? shown_progress.size() - line.size() : 0, ' ') << std::flush;
  shown_progress = line;
}

void Ctl::end_progress() {
  if (!shown_progress.empty()) err << "\n";
  shown_progress.clear();
}

Command::Command(CLI::App& parent, const std::string& name, const std::string& help) : command_(parent.add_subcommand(name, help)) {}

Command::Text Command::argument(const std::string& name, const std::string& help) {
  auto text = std::make_shared<std::string>();
  command_->add_option(name, *text, help)->required();
  return text;
}

Command::Text Command::optional_argument(const std::string& name, const std::string& help) {
  auto text = std::make_shared<std::string>();
  command_->add_option(name, *text, help);
  return text;
}

std::shared_ptr<std::vector<std::string>> Command::arguments(const std::string& name, const std::string& help) {
  auto texts = std::make_shared<std::vector<std::string>>();
  command_->add_option(name, *texts, help)->required();
  return texts;
}

Command::Text Command::option(const std::string& name, const std::string& help, const std::string& otherwise) {
  auto text = std::make_shared<std::string>(otherwise);
  command_->add_option(name, *text, otherwise.empty() ? help : help + " [" + otherwise + "]");
  return text;
}

Command::Text Command::required_option(const std::string& name, const std::string& help) {
  auto text = std::make_shared<std::string>();
  command_->add_option(name, *text, help)->required();
  return text;
}

std::shared_ptr<bool> Command::flag(const std::string& name, const std::string& help) {
  auto value = std::make_shared<bool>(false);
  command_->add_flag(name, *value, help);
  return value;
}

void Command::run(std::function<void()> action) { command_->callback(std::move(action)); }

CLI::App& group(CLI::App& parent, const std::string& name, const std::string& help) {
  auto* app = parent.add_subcommand(name, help);
  app->require_subcommand(1);
  return *app;
}

CLI::App& listing(CLI::App& parent, const std::string& name, const std::string& help, std::function<void()> action) {
  auto* app = parent.add_subcommand(name, help);
  app->require_subcommand(0, 1);
  app->callback([app, action = std::move(action)] {
    if (app->get_subcommands().empty()) action();
  });
  return *app;
}

std::string query(const std::vector<std::pair<std::string, std::string>>& parameters) {
  std::string out;
  for (const auto& [name, value] : parameters)
    if (!value.empty()) out += (out.empty() ? "?" : "&") + name + "=" + encoded(value);
  return out;
}

double number(const std::string& option, const std::string& text) {
  double value = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
  if (error != std::errc{} || end != text.data() + text.size()) throw Failure(kUsage, option + ": \"" + text + "\" is not a number");
  return value;
}

std::vector<std::string> split(const std::string& text) {
  std::vector<std::string> out;
  std::istringstream parts(text);
  for (std::string part; std::getline(parts, part, ',');) out.push_back(part);
  return out;
}

std::string read_input(Ctl& ctl, const std::string& file) {
  std::ostringstream text;
  if (file == "-") {
    text << ctl.in.rdbuf();
    return text.str();
  }
  std::ifstream stream(file, std::ios::binary);
  if (!stream) throw Failure(kUsage, "the file " + file + " cannot be read");
  text << stream.rdbuf();
  return text.str();
}

namespace {

using Visitor = std::function<void(const CLI::App& app, const std::string& path)>;

void visit_commands(const CLI::App& app, const std::string& path, const Visitor& visit) {
  visit(app, path);
  for (const CLI::App* sub : app.get_subcommands([](const CLI::App*) { return true; }))
    visit_commands(*sub, path + " " + sub->get_name(), visit);
}

/// All names of an option, as they are typed.
std::vector<std::string> names_of(const CLI::Option& option) {
  std::vector<std::string> names;
  for (const auto& name : option.get_snames()) names.push_back("-" + name);
  for (const auto& name : option.get_lnames()) names.push_back("--" + name);
  return names;
}

void describe(CLI::App& app, Ctl& ctl) {
  app.require_subcommand(1);
  app.fallthrough();
  app.add_option("--server", ctl.given.servers, "URL of a server; several, with commas or again, are tried in turn (EVERDIAL_URL)")
      ->allow_extra_args(false);
  app.add_option("--token-file", ctl.given.token_file, "file with the API token (EVERDIAL_TOKEN is the token itself)");
  app.add_option("--ca-file", ctl.given.ca_file, "certificates to trust beside the system's (EVERDIAL_CA_FILE)");
  app.add_option("--config", ctl.given.file, "configuration file with servers, ca_file, token_file (~/.config/everdial/ctl.yaml)");
  app.add_option("--limit", ctl.most_items, "most items of a list to show [1000]");
  app.add_option_function<std::string>(
         "-o,--output", [&ctl](const std::string& name) { ctl.format = *parse_enum<Format>(name); }, "how to answer")
      ->check(CLI::IsMember({"human", "json", "yaml"}));
  app.footer(
      "Exit codes: 0 done; 1 the server refused; 2 wrong command line or configuration; 3 not logged in or not allowed;\n"
      "4 no such thing; 5 no server reached; 6 what was waited for ended badly (a failed import, a stopped job).");
}

}  // namespace

std::string completion_script(const CLI::App& app) {
  std::string cases;
  std::set<std::string> with_value;
  visit_commands(app, app.get_name(), [&](const CLI::App& command, const std::string& path) {
    cases += "    \"" + path + "\") echo \"";
    for (const CLI::App* sub : command.get_subcommands([](const CLI::App*) { return true; })) cases += sub->get_name() + " ";
    for (const CLI::Option* option : command.get_options())
      for (const auto& name : names_of(*option)) {
        if (name.starts_with("--")) cases += name + " ";
        if (option->get_items_expected_max() > 0) with_value.insert(name);
      }
    cases += "\" ;;\n";
  });
  std::string options;
  for (const auto& name : with_value) options += (options.empty() ? "" : "|") + name;
  return "# bash completion for everdialctl; for zsh: autoload -U bashcompinit; bashcompinit\n"
         "_everdialctl_words() {\n"
         "  case \"$1\" in\n" +
         cases +
         "  esac\n"
         "}\n"
         "_everdialctl() {\n"
         "  local path=everdialctl option= word words\n"
         "  for word in \"${COMP_WORDS[@]:1:COMP_CWORD-1}\"; do\n"
         "    if [[ -n $option ]]; then\n"
         "      [[ $word == = ]] || option=  # its value; bash takes --option=value for three words\n"
         "      continue\n"
         "    fi\n"
         "    case \"$word\" in\n"
         "    " +
         options +
         ") option=$word ;;\n"
         "    -*) ;;\n"
         "    *) [[ \" $(_everdialctl_words \"$path\") \" == *\" $word \"* ]] && path=\"$path $word\" ;;\n"
         "    esac\n"
         "  done\n"
         "  case \"$option\" in\n"
         "  \"\") words=$(_everdialctl_words \"$path\") ;;\n"
         "  -o|--output) words=\"human json yaml\" ;;\n"
         "  *) words= ;;  # then bash completes names of files\n"
         "  esac\n"
         "  COMPREPLY=($(compgen -W \"$words\" -- \"${COMP_WORDS[COMP_CWORD]#=}\"))\n"
         "}\n"
         "complete -o default -F _everdialctl everdialctl\n";
}

int run(const std::vector<std::string>& arguments, Ctl& ctl) {
  CLI::App app{"Everdial from the command line, through the REST API of any of its servers.", "everdialctl"};
  describe(app, ctl);
  add_status_commands(app, ctl);
  add_server_commands(app, ctl);
  add_failover_commands(app, ctl);
  add_list_commands(app, ctl);
  add_campaign_commands(app, ctl);
  add_agent_commands(app, ctl);
  add_inbound_commands(app, ctl);
  add_schedule_commands(app, ctl);
  add_history_commands(app, ctl);
  add_account_commands(app, ctl);
  Command(app, "completion", "print a completion script for bash").run([&] { ctl.out << completion_script(app); });
  try {
    app.parse(std::vector<std::string>(arguments.rbegin(), arguments.rend()));
    return ctl.code;
  } catch (const CLI::ParseError& error) {
    return app.exit(error, ctl.out, ctl.err) == 0 ? kDone : kUsage;
  } catch (const Failure& failure) {
    ctl.end_progress();
    ctl.err << "everdialctl: " << failure.what() << "\n";
    return failure.code;
  }
}

}  // namespace everdial::ctl
