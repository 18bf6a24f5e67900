#include <termios.h>
#include <unistd.h>

#include <CLI/CLI.hpp>
#include <iostream>

#include "ctl/ctl.h"

namespace everdial::ctl {
namespace {

using nlohmann::json;

/// Turns off that the terminal shows what is typed, while it lives.
class Unseen {
 public:
  Unseen() : terminal_(tcgetattr(STDIN_FILENO, &before_) == 0) {
    termios quiet = before_;
    quiet.c_lflag &= ~static_cast<tcflag_t>(ECHO);
    if (terminal_) tcsetattr(STDIN_FILENO, TCSAFLUSH, &quiet);
  }
  ~Unseen() {
    if (terminal_) tcsetattr(STDIN_FILENO, TCSAFLUSH, &before_);
  }
  Unseen(const Unseen&) = delete;
  Unseen& operator=(const Unseen&) = delete;

 private:
  termios before_{};
  bool terminal_;
};

const std::vector<Column> kAccounts = {{"ID", "/id"}, {"NAME", "/name"}, {"ROLE", "/role"}, {"CREATED", "/created_at"}};
const std::vector<Column> kTokens = {{"ID", "/id"}, {"NAME", "/name"}, {"CREATED", "/created_at"}, {"REVOKED", "/revoked_at"}};

void add_session(CLI::App& app, Ctl& ctl) {
  Command login(app, "login", "get an API token and keep it for the next commands");
  const auto name = login.argument("NAME", "of the account");
  const auto file = login.option("--password-file", "file with the password; - for standard input");
  login.run([&ctl, name, file] {
    char host[256] = "";
    gethostname(host, sizeof host - 1);
    const std::string token =
        ctl.api().make_token(*name, read_password(ctl, *file, "Password of " + *name), "everdialctl on " + std::string(host));
    save_token(ctl.api().settings().token_file, token);
    ctl.say("logged in as " + *name + "; the token is in " + ctl.api().settings().token_file);
  });
  Command(app, "whoami", "the account behind the token").run([&ctl] { ctl.show(ctl.api().get("/session")["account"]); });
}

void add_accounts(CLI::App& app, Ctl& ctl) {
  auto& accounts = group(app, "accounts", "who may do what (for administrators)");
  Command(accounts, "list", "all accounts").run([&ctl] { ctl.show_rows(kAccounts, ctl.api().items("/accounts", ctl.most_items)); });

  Command create(accounts, "create", "make an account");
  const auto name = create.argument("NAME", "of the account");
  const auto role = create.option("--role", "viewer, supervisor or administrator", "viewer");
  const auto file = create.option("--password-file", "file with the password; - for standard input");
  create.run([&ctl, name, role, file] {
    ctl.show(ctl.api().call("POST", "/accounts",
                            {{"name", *name}, {"role", *role}, {"password", read_password(ctl, *file, "Password for " + *name)}}));
  });

  Command update(accounts, "update", "change an account's role or password");
  const auto updated = update.argument("ACCOUNT", "id or name");
  const auto new_role = update.option("--role", "viewer, supervisor or administrator");
  const auto new_file = update.option("--password-file", "file with the new password; - for standard input");
  update.run([&ctl, updated, new_role, new_file] {
    json body = json::object();
    if (!new_role->empty()) body["role"] = *new_role;
    if (!new_file->empty()) body["password"] = read_password(ctl, *new_file, "");
    ctl.show(ctl.api().call("PUT", "/accounts/" + std::to_string(ctl.api().id_of("/accounts", *updated)), body));
  });

  Command remove(accounts, "delete", "remove an account, its sessions and tokens");
  const auto removed = remove.argument("ACCOUNT", "id or name");
  remove.run([&ctl, removed] {
    ctl.api().call("DELETE", "/accounts/" + std::to_string(ctl.api().id_of("/accounts", *removed)));
    ctl.say("account " + *removed + " is removed");
  });
}

void add_tokens(CLI::App& app, Ctl& ctl) {
  auto& tokens = group(app, "tokens", "one's own API tokens");
  Command(tokens, "list", "all of them").run([&ctl] { ctl.show_rows(kTokens, ctl.api().items("/tokens", ctl.most_items)); });

  Command create(tokens, "create", "make a token; it is told this once");
  const auto name = create.argument("NAME", "what it is for");
  create.run([&ctl, name] { ctl.show(ctl.api().call("POST", "/tokens", {{"name", *name}})); });

  Command revoke(tokens, "revoke", "take a token's power away");
  const auto revoked = revoke.argument("TOKEN", "id or name");
  revoke.run([&ctl, revoked] {
    ctl.api().call("DELETE", "/tokens/" + std::to_string(ctl.api().id_of("/tokens", *revoked)));
    ctl.say("token " + *revoked + " is revoked");
  });
}

}  // namespace

std::string read_password(Ctl& ctl, const std::string& file, const std::string& prompt) {
  std::string text;
  if (!file.empty()) {
    text = read_input(ctl, file);
  } else {
    const Unseen unseen;
    ctl.err << prompt << ": " << std::flush;
    std::getline(ctl.in, text);
    ctl.err << "\n";
  }
  return text.substr(0, text.find_first_of("\r\n"));
}

void add_account_commands(CLI::App& app, Ctl& ctl) {
  add_session(app, ctl);
  add_accounts(app, ctl);
  add_tokens(app, ctl);
}

}  // namespace everdial::ctl
