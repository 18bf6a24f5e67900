#include "ctl/ctl.h"

#include <CLI/CLI.hpp>
#include <charconv>
#include <fstream>
#include <iostream>
#include <sstream>

namespace everdial::ctl {

using nlohmann::json;

ApiClient& Ctl::api() {
  if (!client) client = std::make_unique<ApiClient>(load_settings(given, environment));
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

/// One function per group of commands completes it: the words after it, by what the words before it are.
void complete(const CLI::App& app, const std::string& path, std::string& out) {
  std::string words;
  for (const CLI::App* sub : app.get_subcommands([](const CLI::App*) { return true; })) words += sub->get_name() + " ";
  for (const CLI::Option* option : app.get_options())
    for (const auto& name : option->get_lnames()) words += "--" + name + " ";
  out += "    \"" + path + "\") words=\"" + words + "\" ;;\n";
  for (const CLI::App* sub : app.get_subcommands([](const CLI::App*) { return true; })) complete(*sub, path + " " + sub->get_name(), out);
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
  complete(app, app.get_name(), cases);
  return "# bash completion for everdialctl; for zsh: autoload -U bashcompinit; bashcompinit\n"
         "_everdialctl() {\n"
         "  local cur=\"${COMP_WORDS[COMP_CWORD]}\" path=\"everdialctl\" words word\n"
         "  for word in \"${COMP_WORDS[@]:1:COMP_CWORD-1}\"; do\n"
         "    [[ $word == -* ]] || path=\"$path $word\"\n"
         "  done\n"
         "  while :; do\n"
         "    case \"$path\" in\n" +
         cases +
         "    *) words=\"\" ;;\n"
         "    esac\n"
         "    [[ -n $words || $path != *\" \"* ]] && break\n"
         "    path=\"${path% *}\"\n"
         "  done\n"
         "  COMPREPLY=($(compgen -W \"$words\" -- \"$cur\"))\n"
         "}\n"
         "complete -o default -F _everdialctl everdialctl\n";
}

int run(const std::vector<std::string>& arguments, Ctl& ctl) {
  CLI::App app{"Everdial from the command line, through the REST API of any of its servers.", "everdialctl"};
  describe(app, ctl);
  add_status_commands(app, ctl);
  add_list_commands(app, ctl);
  add_campaign_commands(app, ctl);
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
