// How fast a list manager imports a CSV file, beside a raw COPY of the same file into a table of texts in the same PostgreSQL.
// import_bench [--rows N] [--json]; EVERDIAL_TEST_PG names the server.

#include <cstdio>
#include <cstdlib>
#include <random>

#include "list_manager/list_manager_service.h"
#include "runtime/loop.h"
#include "runtime/test_database.h"

namespace everdial {
namespace {

constexpr const char* columns = "ref,phone,first_name,last_name,street,city,state,zip,email,balance,due,segment,note";

/// Thirteen columns; numbers in the ways people write them; every hundredth row a duplicate, every two hundredth not a number.
struct File {
  std::string text;
  int64_t rows = 0, duplicates = 0, rejects = 0;

  explicit File(int64_t count) : rows(count) {
    static constexpr int area_codes[] = {201, 212, 213, 305, 312, 404, 415, 512, 602, 617, 702, 713, 808, 907};
    std::mt19937 random{1};
    text = std::string(columns) + "\n";
    char line[400];
    char phone[32];
    for (int64_t i = 0; i < count; ++i) {
      const bool duplicate = i % 100 == 99, reject = i % 200 == 150;
      duplicates += duplicate;
      rejects += reject;
      const int64_t n = duplicate ? i - 1 : i;
      const int area = area_codes[n % 14], exchange = 200 + static_cast<int>(n / 14 % 710),
                subscriber = static_cast<int>(n / 14 / 710 % 10000);
      static constexpr const char* forms[] = {"+1%d%03d%04d", "%d%03d%04d", "(%d) %03d-%04d", "%d-%03d-%04d"};
      std::snprintf(phone, sizeof phone, forms[random() % 4], area, exchange == 555 ? 910 : exchange, subscriber);
      std::snprintf(line, sizeof line,
                    "c%lld,%s,First%d,O'Last%d,\"%d Main Street, Apt "
                    "%d\",Springfield,IL,%05d,first.last%d@example.org,%d.%02d,2026-%02d-%02d,%c,\"said \"\"later\"\"\"\n",
                    static_cast<long long>(i), reject ? "none" : phone, static_cast<int>(random() % 5000),
                    static_cast<int>(random() % 9000), static_cast<int>(random() % 9999), static_cast<int>(random() % 99),
                    static_cast<int>(random() % 99999), static_cast<int>(random() % 99999), static_cast<int>(random() % 9999),
                    static_cast<int>(random() % 100), static_cast<int>(1 + random() % 12), static_cast<int>(1 + random() % 28),
                    static_cast<char>('A' + random() % 5));
      text += line;
    }
  }
};

[[noreturn]] void fail(const std::string& what) {
  std::fprintf(stderr, "import_bench: %s\n", what.c_str());
  std::exit(1);
}
template <class T>
T must(Result<T> result) {
  if (!result.ok()) fail(result.error().message);
  return std::move(result).value();
}

double seconds_since(std::chrono::steady_clock::time_point start) {
  return std::chrono::duration<double>(std::chrono::steady_clock::now() - start).count();
}

double raw_copy(TestDatabase& database, const File& file) {
  auto connection = must(database.pool().take());
  std::string table = "create table raw_copy (";
  for (const char* c = columns; *c; ++c) table += *c == ',' ? std::string(" text, ") : std::string(1, *c);
  must(connection->execute(table + " text)"));
  const auto start = std::chrono::steady_clock::now();
  must(connection->copy_in("copy raw_copy from stdin (format csv, header)", file.text));
  const double seconds = seconds_since(start);
  must(connection->execute("drop table raw_copy"));
  return static_cast<double>(file.rows) / seconds;
}

class NoNetwork final : public Network {
 public:
  void request(const Address&, Request, Duration, ReplyFn reply) override { reply(Error{ErrorKind::unavailable, "no network"}); }
  void serve(RequestHandler) override {}
};

struct Imported {
  double rows_per_second = 0;
  int64_t accepted = 0, duplicates = 0, rejected = 0;
};

Imported import(TestDatabase& database, const File& file) {
  pg::Pool& pool = database.pool();
  const int64_t list = must(pool.query("insert into contact_list (name) values ('bench') returning id")).integer(0, 0);
  const int64_t id =
      must(pool.query("insert into contact_import (list_id, file_name, size_bytes) values ($1, 'bench.csv', $2) returning id",
                      pg::Params{}.add(list).add(static_cast<int64_t>(file.text.size()))))
          .integer(0, 0);
  constexpr size_t chunk = 1 << 20;
  for (size_t at = 0; at < file.text.size(); at += chunk)
    must(pool.query("insert into contact_import_chunk values ($1, $2, $3)",
                    pg::Params{}.add(id).add(static_cast<int64_t>(at)).add_bytes(std::string_view{file.text}.substr(at, chunk))));

  Loop loop;
  StoreThreads threads(loop, 3);
  SystemRandom random;
  NoNetwork network;
  Seams seams{loop, random, threads, network};
  const auto lease_store = make_pg_lease_store(pool);
  const auto list_store = make_pg_list_store(pool);
  const Incarnation me{"00000000-0000-4000-8000-00000000000b"};
  must(lease_store->open_session(Session{me, ServerName{"bench"}, "list_manager"}));
  LeaseService leases(seams, *lease_store, me);
  ListManagerService service(seams, *list_store, leases);

  must(pool.query("update contact_import set state = 'queued' where id = $1", pg::Params{}.add(id)));
  const auto start = std::chrono::steady_clock::now();
  double seconds = 0;
  std::unique_ptr<Timer> timer;
  const std::function<void()> look = [&] {
    const Import now = must(list_store->load_import(ImportId{id}));
    if (now.state == ImportState::failed) fail(now.error);
    if (now.state == ImportState::completed) {
      seconds = seconds_since(start);
      return loop.stop();
    }
    timer = loop.after(20ms, look);
  };
  // As a server does for its children: who is not renewed stops acting.
  std::unique_ptr<Timer> renewal;
  const std::function<void()> renew = [&] {
    (void)lease_store->renew({me});
    renewal = loop.after(500ms, renew);
  };
  renew();
  leases.start();
  service.start();
  look();
  loop.run();
  const Import done = must(list_store->load_import(ImportId{id}));
  return {static_cast<double>(file.rows) / seconds, done.accepted, done.duplicates, done.rejected};
}

int run(int64_t rows, bool json) {
  const File file(rows);
  TestDatabase database;
  double baseline = raw_copy(database, file);
  const Imported imported = import(database, file);
  baseline = std::max(baseline, raw_copy(database, file));
  const int64_t expected = rows - file.duplicates - file.rejects;
  const int64_t lost =
      std::abs(expected - imported.accepted) + std::abs(file.duplicates - imported.duplicates) + std::abs(file.rejects - imported.rejected);
  if (!json)
    std::printf("%lld rows, %.1f MB: imported at %.0f rows/s, raw COPY at %.0f rows/s; accepted %lld, duplicates %lld, rejected %lld\n",
                static_cast<long long>(rows), static_cast<double>(file.text.size()) / 1e6, imported.rows_per_second, baseline,
                static_cast<long long>(imported.accepted), static_cast<long long>(imported.duplicates),
                static_cast<long long>(imported.rejected));
  std::printf("{\"bench\":\"import\",\"value\":%.0f,\"baseline\":%.0f,\"ratio\":%.3f,\"unit\":\"rows/s\",\"lost\":%lld}\n",
              imported.rows_per_second, baseline, imported.rows_per_second / baseline, static_cast<long long>(lost));
  return lost == 0 ? 0 : 1;
}

}  // namespace
}  // namespace everdial

int main(int argc, char** argv) {
  int64_t rows = 500'000;
  bool json = false;
  for (int i = 1; i < argc; ++i) {
    const std::string_view argument = argv[i];
    if (argument == "--json") {
      json = true;
    } else if (argument == "--rows" && i + 1 < argc) {
      rows = std::atoll(argv[++i]);
    } else {
      std::fprintf(stderr, "usage: import_bench [--rows N] [--json]\n");
      return 2;
    }
  }
  return everdial::run(rows, json);
}
