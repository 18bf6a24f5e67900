#include "ha/fence_pg.h"
#include "load_monitor/load_store.h"
#include "runtime/pg.h"

namespace everdial {
namespace {

using pg::Params;

class PgLoadStore final : public LoadStore {
 public:
  explicit PgLoadStore(pg::Pool& pool) : pool_(pool) {}

  Status report(const ServerName& server, const HostLoad& load) override {
    return done(
        pool_.query("insert into load_sample (server, cpu, memory, run_queue) values ($1, $2, $3, $4) on conflict (server) do update set "
                    "cpu = excluded.cpu, memory = excluded.memory, run_queue = excluded.run_queue, sampled_at = excluded.sampled_at",
                    Params{}.add(server.value).add(load.cpu).add(load.memory).add(load.run_queue)));
  }

  Result<std::vector<ServerLoad>> loads() override {
    auto rows = pool_.query(
        "select s.server, s.cpu, s.memory, s.run_queue, (extract(epoch from clock_timestamp() - s.sampled_at) * 1000000)::bigint, l.level, "
        "l.silent, l.reason "
        "from load_sample s left join load_level l using (server) order by s.server");
    if (!rows.ok()) return rows.error();
    std::vector<ServerLoad> out;
    for (size_t r = 0; r < rows->size(); ++r) {
      ServerLoad server{
          ServerName{rows->string(r, 0)}, {rows->real(r, 1), rows->real(r, 2), rows->real(r, 3)}, Duration{rows->integer(r, 4)}, {}};
      if (!rows->is_null(r, 5))
        server.decided =
            LevelDecided{server.server, parse_enum<LoadLevel>(rows->text(r, 5)).value(), rows->boolean(r, 6), rows->string(r, 7)};
      out.push_back(std::move(server));
    }
    return out;
  }

  Status save_levels(const LeaseGrant& grant, const std::vector<LevelDecided>& levels) override {
    std::vector<std::string> servers, names, reasons;
    std::vector<bool> silent;
    for (const LevelDecided& level : levels) {
      servers.push_back(level.server.value);
      names.emplace_back(to_string(level.level));
      silent.push_back(level.silent);
      reasons.push_back(level.reason);
    }
    return pool_.transaction<std::monostate>([&](pg::Connection& connection) -> Status {
      auto results = connection.pipeline({fence(grant),
                                          {"insert into load_level (server, level, silent, reason) select * from unnest($1::text[], "
                                           "$2::text[], $3::boolean[], $4::text[]) "
                                           "on conflict (server) do update set level = excluded.level, silent = excluded.silent, reason = "
                                           "excluded.reason, since = excluded.since",
                                           Params{}.add(servers).add(names).add(silent).add(reasons)}});
      if (!results.ok()) return results.error();
      return success();
    });
  }

 private:
  static Status done(Result<pg::Rows> result) {
    if (!result.ok()) return result.error();
    return success();
  }

  pg::Pool& pool_;
};

}  // namespace

std::unique_ptr<LoadStore> make_pg_load_store(pg::Pool& pool) { return std::make_unique<PgLoadStore>(pool); }

}  // namespace everdial
