#include "runtime/test_database.h"

#include <unistd.h>

#include <cstdio>
#include <cstdlib>

#include "runtime/migrate.h"

namespace everdial {
namespace {

std::string server_uri() {
  const char* uri = std::getenv("EVERDIAL_TEST_PG");
  if (!uri || !*uri) {
    std::fprintf(stderr,
                 "EVERDIAL_TEST_PG is not set: run `./dev test contract`, or `tests/pg.sh start DIR PORT` and set it to the printed URI\n");
    std::abort();
  }
  return uri;
}

std::string with_database(const std::string& uri, const std::string& name) {
  // postgresql://user@host:port/postgres -> .../name
  const size_t slash = uri.find('/', uri.find("//") + 2);
  const size_t query = uri.find('?');
  return uri.substr(0, slash) + "/" + name + (query == std::string::npos ? "" : uri.substr(query));
}

void must(const Status& status) {
  if (status.ok()) return;
  std::fprintf(stderr, "test database: %s\n", status.error().message.c_str());
  std::abort();
}

std::unique_ptr<pg::Connection> connect(const std::string& uri) {
  auto connection = pg::Connection::open({.uri = uri, .application_name = "everdial test"});
  if (!connection.ok()) must(connection.error());
  return std::move(*connection);
}

/// A migrated database that the tests of this process copy; made by the first, dropped at exit.
class Template {
 public:
  Template() : name_("everdial_template_" + std::to_string(getpid())) {
    auto server = connect(server_uri());
    must(server->execute("create database " + name_));
    auto database = connect(with_database(server_uri(), name_));
    if (auto applied = migrate(*database); !applied.ok()) must(applied.error());
  }
  ~Template() { must(connect(server_uri())->execute("drop database " + name_ + " with (force)")); }
  const std::string& name() const { return name_; }

 private:
  std::string name_;
};

}  // namespace

TestDatabase::TestDatabase(Contents contents) {
  static int count = 0;
  name_ = "everdial_test_" + std::to_string(getpid()) + "_" + std::to_string(++count);
  std::string create = "create database " + name_;
  if (contents == migrated) {
    static const Template copied;
    create += " template " + copied.name();
  }
  must(connect(server_uri())->execute(create));
  uri_ = with_database(server_uri(), name_);
  pool_ = std::make_unique<pg::Pool>(pg::Settings{.uri = uri_, .application_name = "everdial test"});
}

TestDatabase::~TestDatabase() {
  pool_.reset();
  must(connect(server_uri())->execute("drop database " + name_ + " with (force)"));
}

}  // namespace everdial
