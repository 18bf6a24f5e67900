#include <CLI/CLI.hpp>
#include <cstdlib>
#include <filesystem>
#include <iostream>

#include "dashboard/dashboard_service.h"
#include "main/component_main.h"
#include "main/components.h"
#include "main/server_main.h"
#include "main/version.h"
#include "runtime/config.h"
#include "runtime/incarnation.h"
#include "runtime/log.h"
#include "runtime/migrate.h"

namespace everdial {
namespace {

constexpr const char* kUsualConfig = "/etc/everdial/everdial.yaml";
constexpr int kFailed = 1, kWrong = 2;  ///< exit codes: it did not work; the command or the configuration is wrong

int fail(const Error& error) {
  std::cerr << "everdial: " << error.message << "\n";
  return error.kind == ErrorKind::invalid || error.kind == ErrorKind::not_found ? kWrong : kFailed;
}

std::filesystem::path config_file(const std::string& given) {
  if (!given.empty()) return std::filesystem::absolute(given);
  return std::filesystem::exists(kUsualConfig) ? kUsualConfig : "";
}

void begin_log(const Config& config, const std::string& component) {
  everdial::start_log({config.log.format, config.log.level, config.server.name, component});
}

int run_component(const std::string& component, const std::string& instance, const Config& config) {
  begin_log(config, instance.empty() ? component : component + "/" + instance);
  auto process = Process::open(component, instance, config);
  if (!process.ok()) {
    log_error(process.error().message);
    return kFailed;
  }
  auto duties = make_duties(component, **process);
  if (!duties.ok()) {
    log_error(duties.error().message);
    return kFailed;
  }
  return (*process)->run(std::move(*duties));
}

/// A pool for a command.
Result<std::unique_ptr<pg::Pool>> open_pool(const Config& config) {
  SystemRandom random;
  auto settings = database_settings(config, "everdial command", new_incarnation(random));
  if (!settings.ok()) return settings.error();
  return std::make_unique<pg::Pool>(std::move(*settings));
}

int run_migrate(const Config& config) {
  auto pool = open_pool(config);
  if (!pool.ok()) return fail(pool.error());
  auto connection = (*pool)->take();
  if (!connection.ok()) return fail(connection.error());
  const auto applied = migrate(**connection);
  if (!applied.ok()) return fail(applied.error());
  for (const auto& name : *applied) std::cout << "applied " << name << "\n";
  std::cout << "the database is up to date\n";
  return 0;
}

int run_account_create(const Config& config, const std::string& name, Role role) {
  auto pool = open_pool(config);
  if (!pool.ok()) return fail(pool.error());
  const char* given = std::getenv("EVERDIAL_PASSWORD");
  const std::string password = given ? given : random_password();
  if (Status made = put_account(**pool, name, password, role); !made.ok()) return fail(made.error());
  std::cout << "account " << name << " is " << to_string(role) << "\n";
  if (!given) std::cout << "password: " << password << "\n";
  return 0;
}

int run(int argc, char** argv) {
  CLI::App app{"Everdial: outbound dialing that does not stop. Each component is a process; `everdial server` runs those of one server."};
  app.require_subcommand(1);
  app.fallthrough();
  std::string file, instance;
  app.add_option("--config", file, std::string("configuration file (") + kUsualConfig + " when it is there)");

  int code = 0;
  const auto with_config = [&](auto act) {
    return [&, act] {
      const auto path = config_file(file);
      const auto config = load_config(path, process_environment());
      code = config.ok() ? act(*config, path) : fail(config.error());
    };
  };

  app.add_subcommand("server", "start, watch and restart this server's components")
      ->callback(with_config([](const Config& config, const std::filesystem::path& path) {
        begin_log(config, "server");
        return run_server(config, path);
      }));
  for (const auto& component : known_components()) {
    auto* command = app.add_subcommand(component, "run this component alone, in the foreground")->group("Components");
    command->add_option("--instance", instance, "which of several on this server, from 1");
    command->callback(with_config(
        [&, component](const Config& config, const std::filesystem::path&) { return run_component(component, instance, config); }));
  }
  app.add_subcommand("migrate", "bring the database to this version's schema; safe to repeat and from several servers at once")
      ->callback(with_config([](const Config& config, const std::filesystem::path&) { return run_migrate(config); }));

  std::string component;
  auto* component_command = app.add_subcommand("component", "one component of this server, for a service manager")->require_subcommand(1);
  const auto of_component = [&](const char* verb, const char* meaning, auto act) {
    auto* command = component_command->add_subcommand(verb, meaning);
    command->add_option("component", component, "name of the component")->required()->check(CLI::IsMember(known_components()));
    command->callback(with_config([&, act](const Config& config, const std::filesystem::path&) {
      auto pool = open_pool(config);
      return pool.ok() ? act(**pool, ServerName{config.server.name}, component) : fail(pool.error());
    }));
  };
  of_component("watch", "start it if it was stopped so, and stay while it runs; SIGTERM stops it", watch_component);
  of_component("kill", "kill -9; its server starts it again", [](pg::Pool& pool, const ServerName& server, const std::string& name) {
    const Status killed = kill_component(pool, server, name);
    return killed.ok() ? 0 : fail(killed.error());
  });

  auto* config_command = app.add_subcommand("config", "the configuration")->require_subcommand(1);
  config_command->add_subcommand("print", "each key with its meaning, default and present value, as a configuration file")
      ->callback(with_config([](const Config& config, const std::filesystem::path&) {
        std::cout << print_config(config);
        return 0;
      }));

  std::string name, role = "administrator";
  auto* account = app.add_subcommand("account", "who may use the console and the API")->require_subcommand(1);
  auto* create = account->add_subcommand(
      "create", "make an account, or give it a new password and role; EVERDIAL_PASSWORD, or a random one that is printed");
  create->add_option("name", name, "name of the account")->required();
  create->add_option("--role", role, "viewer, supervisor or administrator")
      ->check(CLI::IsMember({"viewer", "supervisor", "administrator"}));
  create->callback(with_config(
      [&](const Config& config, const std::filesystem::path&) { return run_account_create(config, name, *parse_enum<Role>(role)); }));

  app.add_subcommand("version", "print the version")->callback([] { std::cout << "everdial " << kVersion << "\n"; });

  try {
    app.parse(argc, argv);
  } catch (const CLI::ParseError& error) {
    return app.exit(error) == 0 ? 0 : kWrong;
  }
  return code;
}

}  // namespace
}  // namespace everdial

int main(int argc, char** argv) { return everdial::run(argc, argv); }
