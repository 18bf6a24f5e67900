#include "runtime/pg.h"
#include "server/server_store.h"

namespace everdial {
namespace {

class PgServerStore final : public ServerStore {
 public:
  explicit PgServerStore(pg::Pool& pool) : pool_(pool) {}

  Result<std::set<std::string>> announce(const ServerName& server, const std::vector<std::string>& components,
                                         const std::vector<std::string>& zones, bool crash) override {
    return pool_.transaction<std::set<std::string>>([&](pg::Connection& c) -> Result<std::set<std::string>> {
      const auto rows = c.pipeline({{R"(
insert into server (name, components, zones) values ($1, $2, $3)
on conflict (name) do update set components = excluded.components, zones = excluded.zones)",
                                     pg::Params{}.add(server.value).add(components).add(zones)},
                                    {"update component_order set taken_at = clock_timestamp() where server = $1 and taken_at is null",
                                     pg::Params{}.add(server.value)},
                                    {R"(
update server set stopped = array(
    select halted from unnest(stopped) halted
     where (select asked_by from component_order o where o.server = name and o.component = halted and action = 'stop'
             order by id desc limit 1) is distinct from $2)
 where name = $1 and not $3)",
                                     pg::Params{}.add(server.value).add(kServiceManager).add(crash)},
                                    {"select unnest(stopped) from server where name = $1", pg::Params{}.add(server.value)}});
      if (!rows.ok()) return rows.error();
      std::set<std::string> stopped;
      const pg::Rows& kept = rows->back();
      for (size_t r = 0; r < kept.size(); ++r) stopped.insert(kept.string(r, 0));
      return stopped;
    });
  }

  Result<server::WishesSeen> take_wishes(const ServerName& server) override {
    const auto rows = pool_.query(R"(
with taken as (
  update component_order set taken_at = clock_timestamp() where server = $1 and taken_at is null returning id, component, action)
select 0 as id, unnest(stopped) as component, null as action from server where name = $1
union all select 0, unnest(components), null from drill where server = $1 and ends_at > clock_timestamp()
union all select id, component, action from taken order by id)",
                                  pg::Params{}.add(server.value));
    if (!rows.ok()) return rows.error();
    server::WishesSeen wishes;
    for (size_t r = 0; r < rows->size(); ++r) {
      if (rows->is_null(r, 2)) wishes.stopped.insert(rows->string(r, 1));
      else wishes.orders.push_back({rows->string(r, 1), parse_enum<ComponentAction>(rows->text(r, 2)).value_or(ComponentAction::restart)});
    }
    return wishes;
  }

  Status report(const ServerReport& r) override {
    const auto milliseconds = [](Duration d) { return std::chrono::duration<double, std::milli>(d).count(); };
    const auto done = pool_.query(R"(
insert into server_report (server, incarnation, version, clock_offset_ms, database_ms, peers, deaths)
values ($1, $2::uuid, $3, $4, $5, $6::jsonb, $7::jsonb)
on conflict (server) do update set incarnation = excluded.incarnation, version = excluded.version,
  clock_offset_ms = excluded.clock_offset_ms, database_ms = excluded.database_ms, peers = excluded.peers, deaths = excluded.deaths,
  at = clock_timestamp())",
                                  pg::Params{}
                                      .add(r.server.value)
                                      .add(r.incarnation.value)
                                      .add(r.version)
                                      .add(milliseconds(r.clock_offset))
                                      .add(milliseconds(r.database_time))
                                      .add(r.peers)
                                      .add(r.deaths));
    if (!done.ok()) return done.error();
    return success();
  }

 private:
  pg::Pool& pool_;
};

}  // namespace

std::unique_ptr<ServerStore> make_pg_server_store(pg::Pool& pool) { return std::make_unique<PgServerStore>(pool); }

}  // namespace everdial
