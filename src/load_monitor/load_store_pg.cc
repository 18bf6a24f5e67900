#include "base/overloaded.h"
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

  Result<LoadsSeen> loads() override {
    auto connection = pool_.take();
    if (!connection.ok()) return connection.error();
    auto answers = (*connection)
                       ->pipeline({
                           {"select s.server, s.cpu, s.memory, s.run_queue, (extract(epoch from clock_timestamp() - s.sampled_at) * "
                            "1000000)::bigint, l.level, "
                            "l.silent, l.reason, (extract(epoch from clock_timestamp() - l.since) * 1000000)::bigint from load_sample s "
                            "left join load_level l using (server) order by s.server",
                            {}},
                           {"select name from load_restriction", {}},
                       });
    pool_.give_back(std::move(*connection));
    if (!answers.ok()) return answers.error();
    LoadsSeen out;
    const pg::Rows& servers = (*answers)[0];
    for (size_t r = 0; r < servers.size(); ++r) {
      ServerLoad server{ServerName{servers.string(r, 0)},
                        {servers.real(r, 1), servers.real(r, 2), servers.real(r, 3)},
                        Duration{servers.integer(r, 4)},
                        {}};
      if (!servers.is_null(r, 5))
        server.decided =
            LevelDecided{server.server, parse_enum<LoadLevel>(servers.text(r, 5)).value(), servers.boolean(r, 6), servers.string(r, 7)};
      if (server.decided) server.decided_for = Duration{servers.integer(r, 8)};
      out.servers.push_back(std::move(server));
    }
    const pg::Rows& restricted = (*answers)[1];
    for (size_t r = 0; r < restricted.size(); ++r) out.restricted.insert(parse_enum<Restriction>(restricted.text(r, 0)).value());
    return out;
  }

  Status commit(const LeaseGrant& grant, const std::vector<LoadEffect>& effects) override {
    std::vector<std::string> servers, names, reasons, restricted, why, lifted;
    std::vector<bool> silent;
    for (const LoadEffect& effect : effects)
      std::visit(Overloaded{
                     [&](const SaveLevel& e) {
                       servers.push_back(e.decided.server.value);
                       names.emplace_back(to_string(e.decided.level));
                       silent.push_back(e.decided.silent);
                       reasons.push_back(e.decided.reason);
                     },
                     [&](const Restrict& e) {
                       restricted.emplace_back(to_string(e.what));
                       why.push_back(e.reason);
                     },
                     [&](const LiftRestriction& e) { lifted.emplace_back(to_string(e.what)); },
                 },
                 effect);
    return pool_.transaction<std::monostate>([&](pg::Connection& connection) -> Status {
      auto results = connection.pipeline(
          {fence(grant),
           {"insert into load_level (server, level, silent, reason) select * from unnest($1::text[], $2::text[], $3::boolean[], "
            "$4::text[]) on conflict (server) do update set level = excluded.level, silent = excluded.silent, reason = excluded.reason, "
            "since = case when load_level.level = excluded.level then load_level.since else excluded.since end",
            Params{}.add(servers).add(names).add(silent).add(reasons)},
           {"delete from load_restriction where name = any($1::text[])", Params{}.add(lifted)},
           {"insert into load_restriction (name, reason) select * from unnest($1::text[], $2::text[]) on conflict do nothing",
            Params{}.add(restricted).add(why)}});
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
